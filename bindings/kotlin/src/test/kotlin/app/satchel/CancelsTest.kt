package app.satchel

import app.satchel.internal.ffi.FfiConverterTypeCredentials
import app.satchel.internal.ffi.FfiConverterTypeObserver
import app.satchel.internal.ffi.uniffiContinuationHandleMap
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.take
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import java.io.File
import java.util.concurrent.atomic.AtomicInteger
import kotlin.random.Random
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue
import kotlin.time.Duration
import kotlin.time.Duration.Companion.microseconds
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.measureTime

/**
 * Random cancels and closes from 16 coroutines, while one outbox sends to the real receiver over a slow link. How many is said by
 * `-Dsatchel.cancels=…`.
 */
internal class CancelsTest : InFolder() {
    private val cancels = System.getProperty("satchel.cancels").toInt()

    /** What the process holds. */
    private data class Held(val files: Int, val threads: Int, val residentMb: Int) {
        companion object {
            fun now(): Held {
                System.gc()
                val status = File("/proc/self/status").readLines().associate { it.substringBefore(':') to it.substringAfter(':').trim() }
                return Held(
                    files = File("/proc/self/fd").list().orEmpty().size,
                    threads = status.getValue("Threads").toInt(),
                    residentMb = status.getValue("VmRSS").substringBefore(' ').toInt() / 1024,
                )
            }
        }
    }

    @Test
    fun `random cancels and closes leave nothing behind`() = real(2.minutes + 50.milliseconds * cancels) {
        Receiver(File(folder, "store")).use { receiver ->
            BadLink(receiver.address).use { link ->
                val keys = Keys()
                val photos = List(16) { photo(File(folder, "photos"), "$it.jpg", 200_000) }
                Satchel.open(config(folder), keys).use { it.pair(receiver.pairingCode(link.address), "a phone") }
                link.obey("rate 500KB")
                val marks = mutableListOf<Held>()
                val took =
                    measureTime {
                        repeat(4) { quarter ->
                            Satchel.open(config(folder), keys).use { shared -> storm(shared, photos, cancels / 4, quarter) }
                            nothingIsHeld()
                            marks += Held.now()
                        }
                    }
                println("$cancels cancels and closes in $took; held after each quarter: $marks")
                val (before, after) = marks[1] to marks[3]
                assertTrue(after.files <= before.files + 2, "open files level off: $marks")
                // The library has at most 64 threads that may wait, and each goes when it was idle for 10 s.
                assertTrue(after.threads <= marks.first().threads + 64, "threads level off: $marks")
                assertTrue(after.residentMb <= before.residentMb + 32 + before.residentMb / 10, "memory levels off: $marks")
                // And nothing was lost, and nothing sent twice.
                link.obey("open")
                Satchel.open(config(folder), keys).use { satchel ->
                    val ids = photos.map { satchel.add(it).id }
                    val hashes = ids.map { satchel.deliver(it).hash }.toSet()
                    assertEquals(hashes, receiver.completed().toSet())
                    assertEquals(hashes.size, receiver.completed().size)
                }
            }
        }
    }

    /** All that was given to Rust came back. */
    private suspend fun nothingIsHeld() {
        val held = {
            mapOf(
                "futures" to uniffiContinuationHandleMap.size,
                "observers" to FfiConverterTypeObserver.handleMap.size,
                "credentials" to FfiConverterTypeCredentials.handleMap.size,
            ).filterValues { it > 0 }
        }
        try {
            until("Rust lets go") { held().isEmpty() }
        } catch (_: IllegalStateException) {
            error("Rust still holds ${held()}")
        }
    }

    private suspend fun storm(shared: Satchel, photos: List<File>, count: Int, quarter: Int) = withContext(Dispatchers.Default) {
        val left = AtomicInteger(count)
        coroutineScope {
            val sending = launch { while (true) quietly { shared.run(RunOptions(linger = Duration.ZERO)) } }
            val all =
                List(16) { lane ->
                    launch {
                        val random = Random(quarter * 100 + lane)
                        while (left.decrementAndGet() >= 0) {
                            if (random.nextInt(8) == 0) openAndClose(lane, random) else cancel(shared, photos, random)
                        }
                    }
                }
            all.forEach { it.join() }
            sending.cancelAndJoin()
        }
    }

    /** Begins something, and cancels it at some moment. */
    private suspend fun CoroutineScope.cancel(satchel: Satchel, photos: List<File>, random: Random) {
        val photo = photos.random(random)
        val doing =
            launch {
                quietly {
                    when (random.nextInt(10)) {
                        0 -> satchel.run()
                        1 -> satchel.list(limit = 50)
                        2 -> satchel.counts()
                        3 -> satchel.changes.take(1 + random.nextInt(3)).collect {}
                        4 -> satchel.addFolder(photo.parentFile)
                        5 -> satchel.assets(5).collect {}
                        6 -> satchel.editPost(satchel.add(photo).id, PostEdit(caption = "${random.nextInt()}"))
                        7 -> satchel.targets().forEach { satchel.check(it.id) }
                        8 -> satchel.tryNow()
                        else -> satchel.add(photo, AddOptions(urgent = random.nextBoolean()))
                    }
                }
            }
        delay(random.nextInt(4_000).microseconds)
        doing.cancelAndJoin()
    }

    /** An outbox of its own, closed in the middle of what it does. */
    private suspend fun CoroutineScope.openAndClose(lane: Int, random: Random) {
        val own = Config(File(folder, "lane-$lane"), Policy.overAnyLink(), Link.FreeWifi)
        val opening =
            launch {
                quietly {
                    Satchel.open(own, Keys()).use { satchel ->
                        val doing = List(3) { launch { quietly { if (it == 0) satchel.run() else satchel.changes.collect {} } } }
                        satchel.counts()
                        delay(random.nextInt(2_000).microseconds)
                        satchel.close()
                        doing.forEach { it.join() }
                    }
                }
            }
        if (random.nextBoolean()) {
            delay(random.nextInt(10_000).microseconds)
            opening.cancelAndJoin()
        }
        opening.join()
    }

    /** What another coroutine's run or close leads to is no failure here; anything else is. */
    private suspend fun quietly(work: suspend () -> Unit) = try {
        work()
    } catch (_: SatchelException.AlreadyRunning) {
        delay(1_000.microseconds)
    } catch (_: SatchelException.Closed) {
    }
}
