/*
 * A system's transfer daemon: a process of its own that carries requests while the app that gave them may be dead.
 */
package app.satchel

import com.google.gson.Gson
import java.io.File
import java.io.FileOutputStream
import java.net.InetAddress
import java.net.ServerSocket
import java.net.Socket
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.ConcurrentSkipListMap
import java.util.concurrent.ExecutorService
import java.util.concurrent.Executors
import java.util.concurrent.atomic.AtomicInteger
import java.util.concurrent.atomic.AtomicLong
import kotlin.concurrent.thread
import kotlin.random.Random
import kotlin.system.exitProcess

/** What is asked of a carrier, a line of JSON each; it answers with a line of JSON. */
internal class Asked(
    val what: String,
    /** `carry`: what. */
    val transfer: Transfer? = null,
    /** `took`: which outcome. */
    val number: Long? = null,
)

/** What came of a transfer, as a carrier keeps it. */
internal class Kept(val number: Long, val lease: String, val reply: HostOutcome.Reply?, val cut: HostOutcome.Cut?) {
    val outcome: HostOutcome get() = reply ?: checkNotNull(cut)
}

/**
 * How much a carrier did.
 *
 * @property carried finished transfers.
 * @property alone those of them that finished while no app was there.
 * @property repeated those that were sent once more, at an offset that was stale by then.
 * @property refused repeats that met a 409.
 */
internal data class Sums(val carried: Int, val alone: Int, val repeated: Int, val refused: Int)

/** A carrier's answer; what was not asked for is null. */
internal class Answer(
    val leases: List<String>? = null,
    val outcomes: List<Kept>? = null,
    val sums: Sums? = null,
    val refused: String? = null,
)

/** `Carrier SPOOL SEED`: prints its port, and ends when its standard input does. */
internal object Carrier {
    @JvmStatic
    fun main(arguments: Array<String>) {
        val (spool, seed) = arguments
        val daemon = Daemon(File(spool), Random(seed.toInt()))
        val server = ServerSocket(0, 16, InetAddress.getLoopbackAddress())
        println(server.localPort)
        System.out.flush()
        thread(isDaemon = true) { while (true) server.accept().let { app -> thread(isDaemon = true) { daemon.serve(app) } } }
        System.`in`.readAllBytes()
        exitProcess(0)
    }
}

private class Daemon(private val spool: File, private val random: Random) {
    private val gson = Gson()
    private val wire = Wire()
    private val workers: ExecutorService = Executors.newFixedThreadPool(4)

    /** Transfers that are not finished, and those with an outcome that no app took: how many steps each has to go. */
    private val open = ConcurrentHashMap<String, Int>()

    /** Outcomes by their numbers, in files. */
    private val outcomes = ConcurrentSkipListMap<Long, File>()
    private val last = AtomicLong()
    private val apps = AtomicInteger()
    private val carried = AtomicInteger()
    private val alone = AtomicInteger()
    private val repeated = AtomicInteger()
    private val refused = AtomicInteger()

    init {
        spool.mkdirs()
    }

    fun serve(app: Socket) = app.use {
        apps.incrementAndGet()
        try {
            val writer = app.outputStream.bufferedWriter()
            app.inputStream.bufferedReader().forEachLine { line ->
                writer.write(gson.toJson(answer(gson.fromJson(line, Asked::class.java))) + "\n")
                writer.flush()
            }
        } catch (_: java.io.IOException) {
            // The app died; its transfers go on.
        } finally {
            apps.decrementAndGet()
        }
    }

    private fun answer(asked: Asked): Answer = when (asked.what) {
        "carry" -> handed(checkNotNull(asked.transfer))
        "running" -> Answer(leases = open.keys.toList())
        "outcomes" -> Answer(outcomes = outcomes.values.map { gson.fromJson(it.readText(), Kept::class.java) })
        "took" -> took(checkNotNull(asked.number))
        "sums" -> Answer(sums = Sums(carried.get(), alone.get(), repeated.get(), refused.get()))
        else -> Answer(refused = "no such thing is done: ${asked.what}")
    }

    /** Takes a copy of the body, as a system's daemon does, so that the app may clean up its own. */
    private fun handed(transfer: Transfer): Answer {
        val mine =
            try {
                transfer.body?.let { transfer.with(File(it).copyTo(File(spool, "${transfer.lease}.body")).path) } ?: transfer
            } catch (failure: java.io.IOException) {
                // An app that is alive keeps the body where it is until the outcome is told.
                return Answer(refused = "the body could not be taken: $failure")
            }
        open[mine.lease] = 1
        workers.execute { carry(mine) }
        return Answer()
    }

    private fun carry(transfer: Transfer) {
        val first = wire.carry(transfer)
        carried.incrementAndGet()
        if (apps.get() == 0) alone.incrementAndGet()
        val through = first is HostOutcome.Reply && first.status in 200..299
        val way = if (transfer.method == "PATCH" && through) synchronized(random) { random.nextInt(9) } else ONCE
        when (way) {
            // The first reply never came to the system, so it sent the request again: that is all it can tell.
            0 -> {
                tell(transfer.lease, listOf(again(transfer)))
            }

            1 -> {
                tell(transfer.lease, listOf(first, again(transfer)))
            }

            2 -> {
                tell(transfer.lease, listOf(again(transfer), first))
            }

            // The app goes on from the first while the repeat is under way.
            3 -> {
                open.computeIfPresent(transfer.lease) { _, left -> left + 1 }
                tell(transfer.lease, listOf(first))
                tell(transfer.lease, listOf(again(transfer)))
            }

            else -> {
                tell(transfer.lease, listOf(first))
            }
        }
        transfer.body?.let { File(it).delete() }
    }

    /** The same request at the same offset, which is stale. */
    private fun again(transfer: Transfer): HostOutcome {
        val outcome = wire.carry(transfer)
        repeated.incrementAndGet()
        if (outcome is HostOutcome.Reply && outcome.status == 409) refused.incrementAndGet()
        return outcome
    }

    private fun tell(lease: String, told: List<HostOutcome>) {
        open.computeIfPresent(lease) { _, left -> left - 1 + told.size }
        for (outcome in told) {
            val kept = Kept(last.incrementAndGet(), lease, outcome as? HostOutcome.Reply, outcome as? HostOutcome.Cut)
            val file = File(spool, "${kept.number}.outcome")
            FileOutputStream(file).use {
                it.write(gson.toJson(kept).toByteArray())
                it.fd.sync()
            }
            outcomes[kept.number] = file
        }
    }

    private fun took(number: Long): Answer {
        val file = outcomes.remove(number) ?: return Answer(refused = "no such outcome")
        val lease = gson.fromJson(file.readText(), Kept::class.java).lease
        file.delete()
        open.computeIfPresent(lease) { _, left -> (left - 1).takeIf { it > 0 } }
        return Answer()
    }

    private companion object {
        const val ONCE = 9
    }
}

/** An app's connection to the carrier at a port. */
internal class ToCarrier(port: Int) : AutoCloseable {
    private val gson = Gson()
    private val socket = Socket(InetAddress.getLoopbackAddress(), port)
    private val reader = socket.inputStream.bufferedReader()
    private val writer = socket.outputStream.bufferedWriter()

    /** Leases of what it still carries, or has outcomes of that were not taken. */
    fun running(): List<String> = checkNotNull(ask(Asked("running")).leases)

    fun outcomes(): List<Kept> = checkNotNull(ask(Asked("outcomes")).outcomes)

    fun sums(): Sums = checkNotNull(ask(Asked("sums")).sums)

    /** Hands a request over. When this returns, the carrier has its body. */
    fun carry(transfer: Transfer) {
        ask(Asked("carry", transfer))
    }

    /** The app knows of an outcome. */
    fun took(kept: Kept) {
        ask(Asked("took", number = kept.number))
    }

    private fun ask(asked: Asked): Answer {
        writer.write(gson.toJson(asked) + "\n")
        writer.flush()
        val answer = gson.fromJson(reader.readLine(), Answer::class.java)
        check(answer.refused == null) { "the carrier: ${answer.refused}" }
        return answer
    }

    override fun close() = socket.close()
}
