package app.satchel

import app.satchel.internal.ffi.FfiConverterTypeObserver
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.cancel
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.count
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.newSingleThreadContext
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import java.io.File
import java.util.Collections
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime

/** Cancelling and closing while something is under way, over a link that is slow enough to be in the middle of it. */
internal class StoppingTest : InFolder() {
    private val keys = Keys()

    private fun overBadLink(test: suspend (Satchel, Receiver, BadLink) -> Unit) = real {
        Receiver(File(folder, "store")).use { receiver ->
            BadLink(receiver.address).use { link ->
                Satchel.open(config(folder), keys).use { satchel ->
                    satchel.pair(receiver.pairingCode(link.address), "a phone")
                    link.obey("rate 300KB")
                    test(satchel, receiver, link)
                }
            }
        }
    }

    private suspend fun Satchel.untilUnderWay() = progress.first { shown -> shown.uploads.any { it.sent > 0 } }

    @Test
    fun `a run that is cancelled in the middle of an upload stops and the next one completes it once`() =
        overBadLink { satchel, receiver, link ->
            val id = satchel.add(photo(folder, "large.jpg", 3_000_000)).id
            withContext(Dispatchers.Default) {
                val run = async { satchel.run() }
                satchel.untilUnderWay()
                val stopping = measureTime { run.cancelAndJoin() }
                assertFailsWith<CancellationException> { run.await() }
                println("a run in the middle of an upload stopped in $stopping")
            }
            assertTrue(satchel.progress.value.uploads.isEmpty())
            assertTrue(satchel.asset(id).state !is AssetState.Delivered)
            assertEquals(emptyList(), receiver.completed())
            // Rust has stopped: else this run would be refused.
            satchel.run(RunOptions(deadline = 100.milliseconds))
            link.obey("open")
            val asset = satchel.deliver(id)
            assertEquals(listOf(asset.hash), receiver.completed())
            assertEquals(AssetState.Delivered(Proof.Receipt), asset.state)
            assertTrue(asset.sent < 2 * asset.bytes, "what the server kept was not sent again: ${asset.sent} of ${asset.bytes}")
        }

    @Test
    fun `a timeout stops a run on a dispatcher of one thread`() = overBadLink { satchel, _, _ ->
        val id = satchel.add(photo(folder, "large.jpg", 3_000_000)).id
        @Suppress("OPT_IN_USAGE")
        newSingleThreadContext("main").use { main ->
            withContext(main) {
                assertFailsWith<TimeoutCancellationException> { withTimeout(500.milliseconds) { satchel.run() } }
            }
        }
        assertTrue(satchel.run(RunOptions(deadline = 100.milliseconds)).stopped)
        assertTrue(satchel.asset(id).state !is AssetState.Delivered)
    }

    @Test
    fun `a folder that is cancelled goes on where it was`() = real {
        val camera = File(folder, "camera")
        repeat(2_000) { photo(camera, "$it.jpg", 50) }
        Satchel.open(config(folder)).use { satchel ->
            val adding = launch(Dispatchers.Default) { satchel.addFolder(camera) }
            until("some are there") { satchel.list(limit = 1).isNotEmpty() || adding.isCompleted }
            adding.cancelAndJoin()
            val there = satchel.counts().unread
            val report = satchel.addFolder(camera)
            println("a folder was cancelled after $there of 2,000")
            assertEquals(2_000, report.added + report.unchanged)
            assertEquals(there, report.unchanged, "what was there when it was cancelled, and nothing after that")
        }
    }

    @Test
    fun `closing ends a run and every call after it says so`() = overBadLink { satchel, receiver, link ->
        val id = satchel.add(photo(folder, "large.jpg", 3_000_000)).id
        val changes = Collections.synchronizedList(mutableListOf<Change>())
        withContext(Dispatchers.Default) {
            val hearing = launch { satchel.changes.collect(changes::add) }
            val run = async { satchel.run() }
            satchel.untilUnderWay()
            satchel.close()
            val told = changes.size
            assertTrue(run.await().stopped)
            // The flow ends by itself. One change may have been on its way to the collector when it was closed.
            hearing.join()
            assertTrue(changes.size <= told + 1, "${changes.size - told} changes after the close")
        }
        satchel.close()
        assertFailsWith<SatchelException.Closed> { satchel.add(photo(folder, "b.jpg")) }
        assertFailsWith<SatchelException.Closed> { satchel.run() }
        assertFailsWith<SatchelException.Closed> { satchel.list() }
        assertFailsWith<SatchelException.Closed> { satchel.setLink(Link.None) }
        assertEquals(0, satchel.changes.count())
        link.obey("open")
        Satchel.open(config(folder), keys).use { again ->
            assertEquals(listOf(again.deliver(id).hash), receiver.completed())
        }
    }

    @Test
    fun `who was cancelled hears of that and not of the close that came with it`() = real {
        val satchel = Satchel.open(config(folder))
        val calls =
            listOf<suspend () -> Unit>(
                { satchel.run() },
                { satchel.counts() },
                { satchel.list() },
                { satchel.add(photo(folder, "a.jpg")) },
                { satchel.addFolder(folder) },
                { satchel.hostSteps("") },
            )
        satchel.close()
        for (call in calls) {
            // A failure that is no cancellation would cancel the scope that cancelled it.
            launch(start = CoroutineStart.UNDISPATCHED) {
                coroutineContext.cancel()
                assertFailsWith<CancellationException> { call() }
            }.join()
        }
    }

    @Test
    fun `an outbox that was cancelled while it opened is closed`() = real {
        repeat(20) { round ->
            val opening = launch(Dispatchers.Default) { Satchel.open(config(folder)).use { awaitCancellation() } }
            delay((round % 10).milliseconds)
            opening.cancelAndJoin()
        }
        until("no observer is left") { FfiConverterTypeObserver.handleMap.size == 0 }
        Satchel.open(config(folder)).use { assertIs<RunReport>(it.run(atOnce)) }
    }
}
