/*
 * What crossing into Kotlin costs: `Bench FOLDER`, for `cargo xtask bench ffi`. Its one line of JSON is read there; times are in
 * microseconds.
 */
package app.satchel.bench

import app.satchel.AssetId
import app.satchel.Config
import app.satchel.Link
import app.satchel.Policy
import app.satchel.RunOptions
import app.satchel.Satchel
import app.satchel.internal.ffi.Change
import app.satchel.internal.ffi.Observer
import com.google.gson.Gson
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.isActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import java.io.File
import java.util.concurrent.atomic.AtomicInteger
import kotlin.system.exitProcess
import kotlin.time.Duration
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource
import kotlin.time.measureTime
import app.satchel.internal.ffi.Satchel as RawSatchel

internal object Bench {
    private const val PHOTOS = 1_000

    @JvmStatic
    fun main(arguments: Array<String>) {
        val folder = File(arguments.single())
        val measured = mutableMapOf<String, Any>("language" to "kotlin")
        runBlocking(Dispatchers.Default) {
            Satchel.open(config(File(folder, "outbox"))).use { satchel ->
                fill(satchel, File(folder, "photos"))
                measured += pages(satchel)
            }
            measured += busy(File(folder, "kotlin"))
        }
        println(Gson().toJson(measured))
        exitProcess(0)
    }

    private fun config(folder: File) = Config(folder, Policy.overAnyLink(), Link.FreeWifi)

    private fun photo(folder: File, number: Int) =
        File(folder, "IMG_%05d.jpg".format(number)).apply { if (!exists()) writeText("photo $number") }

    /** The outbox that is listed, unless the program before made it. */
    private suspend fun fill(satchel: Satchel, photos: File) {
        if (satchel.list(limit = PHOTOS).size == PHOTOS) return
        photos.mkdirs()
        repeat(PHOTOS) { photo(photos, it) }
        satchel.setTusTarget("http://127.0.0.1:9/files/")
        satchel.addFolder(photos)
        satchel.run(RunOptions(linger = Duration.ZERO))
    }

    private suspend fun pages(satchel: Satchel): Map<String, Any> {
        var id: AssetId? = null
        val page =
            timed(50, warm = 300) {
                val assets = satchel.list(limit = PHOTOS)
                check(assets.size == PHOTOS)
                id = assets.first().id
            }
        val one = timed(200, warm = 1_000) { satchel.asset(checkNotNull(id)) }
        val counts = timed(200, warm = 1_000) { satchel.counts() }
        return mapOf("page_us" to page, "one_us" to one, "counts_us" to counts)
    }

    private inline fun timed(times: Int, warm: Int, work: () -> Unit): List<Double> {
        repeat(warm) { work() }
        return List(times) { measureTime(work).inWholeNanoseconds / 1_000.0 }
    }

    /** While photos are added and a run goes on, for five seconds: how often it is called back, and how long calls keep a thread. */
    private suspend fun busy(folder: File): Map<String, Any> = coroutineScope {
        val photos = File(folder, "photos").apply { mkdirs() }
        val calls = sortedMapOf<String, MutableList<Duration>>()
        val kept = { name: String, took: Duration -> calls.getOrPut(name) { mutableListOf() } += took }
        val callbacks = AtomicInteger()
        var seconds = 0.0
        Satchel.open(config(File(folder, "outbox"))).use { satchel ->
            val work = work(satchel, photos)
            val observation = raw(satchel).observe(Counting(callbacks))
            val began = TimeSource.Monotonic.markNow()
            while (began.elapsedNow() < 5.seconds) {
                kept("setLink", measureTime { satchel.setLink(if (callbacks.get() % 2 == 0) Link.FreeWifi else Link.None) })
                kept("setPolicy", measureTime { satchel.setPolicy(Policy.overAnyLink().copy(uploadsAtOnce = 1 + callbacks.get() % 3)) })
                kept("newHostId", measureTime { satchel.newHostId() })
                kept("changes", measureTime { satchel.changes })
                delay(2.milliseconds)
            }
            seconds = began.elapsedNow().inWholeMilliseconds / 1_000.0
            observation.shut()
            work.cancelAndJoin()
            println("kotlin: ${photos.list().orEmpty().size} photos were added in $seconds s meanwhile")
        }
        repeat(20) { round ->
            val satchel = Satchel.open(config(File(folder, "closed-$round")))
            val work = work(satchel, photos)
            delay(50.milliseconds)
            kept("close", measureTime { satchel.close() })
            work.cancelAndJoin()
        }
        for ((name, took) in calls) {
            took.sort()
            val (median, most) = took[took.size / 2] to took[took.size * 99 / 100]
            println("kotlin: $name, ${took.size} times: median $median, 99 of 100 within $most, longest ${took.last()}")
        }
        val longest = calls.values.maxOf { it.last() }
        mapOf("callbacks_per_s" to callbacks.get() / seconds, "longest_call_us" to longest.inWholeNanoseconds / 1_000.0)
    }

    /** Adds without an end, from four coroutines, and runs. */
    private fun CoroutineScope.work(satchel: Satchel, photos: File): Job = launch {
        val next = AtomicInteger()
        repeat(4) { launch { quietly { satchel.add(photo(photos, next.getAndIncrement())) } } }
        launch { quietly { satchel.run(RunOptions(linger = Duration.ZERO)) } }
    }

    /** Again and again; an outbox that was closed ends it. */
    private suspend fun CoroutineScope.quietly(work: suspend () -> Unit) = try {
        while (isActive) work()
    } catch (_: app.satchel.SatchelException.Closed) {
    }

    private class Counting(private val calls: AtomicInteger) : Observer {
        override fun changed(changes: List<Change>) {
            calls.incrementAndGet()
        }
    }

    /** The generated object, whose callbacks are counted as they come. */
    private fun raw(satchel: Satchel): RawSatchel =
        Satchel::class.java.getDeclaredField("raw").apply { isAccessible = true }.get(satchel) as RawSatchel
}
