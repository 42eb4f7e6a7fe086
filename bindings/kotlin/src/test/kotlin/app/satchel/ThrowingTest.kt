package app.satchel

import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.launch
import kotlinx.coroutines.supervisorScope
import java.io.File
import java.io.IOException
import java.util.Collections
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertSame
import kotlin.test.assertTrue

/** Whatever the app's own methods throw: checked, unchecked, an [Error], or what means something to threads and coroutines. */
internal class ThrowingTest : InFolder() {
    private val kinds =
        listOf(
            IOException("the disk is gone"),
            IllegalStateException("the keystore is locked"),
            SecurityException("not without a finger"),
            NullPointerException(),
            InterruptedException("secret words"),
            CancellationException("secret words"),
            StackOverflowError(),
            OutOfMemoryError("secret words"),
            AssertionError("more secret words"),
            NoClassDefFoundError("app/Missing"),
            object : Throwable("secret words of no kind") {},
        )

    /** Throws where it is told to. */
    private class Moody(private val keys: Keys) : Credentials {
        var loading: Throwable? = null
        var storing: Throwable? = null

        override fun load(target: String): String? = loading?.let { throw it } ?: keys.load(target)

        override fun store(target: String, token: String) = storing?.let { throw it } ?: keys.store(target, token)
    }

    @Test
    fun `whatever credentials throw comes back from the call that asked and the outbox is intact`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            val keys = Keys()
            val credentials = Moody(keys)
            val target = Satchel.open(config(folder), credentials).use { it.pair(receiver.pairingCode(), "a phone") }
            val token = checkNotNull(keys.load(target.url))
            for ((number, kind) in kinds.withIndex()) {
                credentials.loading = kind
                assertThrown(kind) { Satchel.open(config(folder), credentials).close() }
                credentials.loading = null
                Satchel.open(config(folder), credentials).use { satchel ->
                    assertEquals(number, satchel.list().size, "nothing was lost")
                    credentials.storing = kind
                    assertThrown(kind) { satchel.setToken(target.id, "no-such-token") }
                    credentials.storing = null
                    // A token that was not kept is not used: what is added goes with the one before it.
                    val asset = satchel.deliver(satchel.add(photo(folder, "$number.jpg")).id)
                    assertTrue(asset.deliveries.any { it.target == target.id && it.receipt }, "$kind: $asset")
                }
            }
            credentials.storing = kinds.first()
            Satchel.open(config(folder), credentials).use { satchel ->
                assertThrown(kinds.first()) { satchel.pair(receiver.pairingCode(), "a phone") }
            }
            credentials.storing = null
            assertEquals(token, keys.load(target.url))
            Satchel.open(config(folder), credentials).use { satchel ->
                assertEquals(kinds.size, satchel.list().size)
                assertEquals(kinds.size, receiver.completed().size)
            }
        }
    }

    @Test
    fun `a target whose token could not be kept is set up by asking again`() = real {
        val keys = Keys()
        val credentials = Moody(keys)
        Satchel.open(config(folder), credentials).use { satchel ->
            val id = satchel.add(photo(folder, "a.jpg")).id
            for (kind in kinds) {
                credentials.storing = kind
                assertThrown(kind) { satchel.setTusTarget("http://127.0.0.1:9/files/", "a-token") }
                assertEquals(listOf(id), satchel.list().map { it.id })
            }
            credentials.storing = null
            val target = satchel.setTusTarget("http://127.0.0.1:9/files/", "a-token")
            assertEquals(listOf(target), satchel.targets().map { it.id })
            assertEquals("a-token", keys.load("http://127.0.0.1:9/files/"))
        }
    }

    private suspend fun assertThrown(kind: Throwable, call: suspend () -> Unit) {
        val failure = assertFailsWith<SatchelException.Host>("$kind") { call() }
        assertSame(kind, failure.cause)
        assertEquals("host", failure.code)
        assertTrue(kind.message == null || kind.message!! !in failure.message!!, "what the app said may be a secret: ${failure.message}")
    }

    @Test
    fun `whatever a log throws changes nothing and the next line comes`() = real {
        val lines = Collections.synchronizedList(mutableListOf<String>())
        try {
            for ((number, kind) in kinds.withIndex()) {
                var thrown = 0
                lines.clear()
                val sink =
                    LogSink { _, line ->
                        if (thrown++ < 3) throw kind
                        lines += line
                    }
                SatchelLog.set(sink, LogLevel.Trace)
                Satchel.open(config(folder)).use { satchel ->
                    satchel.setTusTarget("http://127.0.0.1:9/files/")
                    satchel.add(photo(folder, "$number.jpg"))
                    until("lines come after $kind") {
                        satchel.tryNow()
                        satchel.run(atOnce)
                        lines.isNotEmpty()
                    }
                    assertEquals(number + 1, satchel.list().size)
                }
            }
        } finally {
            SatchelLog.set(null)
        }
    }

    @Test
    fun `whatever a collector throws ends that collector alone`() = real {
        Satchel.open(config(folder)).use { satchel ->
            val heard = Collections.synchronizedList(mutableListOf<Change>())
            val well = launch(Dispatchers.Default) { satchel.changes.collect(heard::add) }
            // A coroutine that throws a cancellation was cancelled: nobody is told of it.
            for ((number, kind) in kinds.filter { it !is CancellationException }.withIndex()) {
                supervisorScope {
                    val broken = async(Dispatchers.Default) { satchel.changes.collect { throw kind } }
                    until("it fails with $kind") {
                        satchel.add(photo(folder, "$number-${System.nanoTime()}.jpg", 100))
                        broken.isCompleted
                    }
                    val failure = checkNotNull(runCatching { broken.await() }.exceptionOrNull())
                    // Coroutines copy what was thrown, where they can, to tell where it was awaited.
                    assertTrue(failure === kind || failure.cause === kind, "$failure")
                }
                heard.clear()
                satchel.add(photo(folder, "after-$number.jpg"))
                until("the other still hears after $kind") { heard.isNotEmpty() }
            }
            well.cancel()
            val added = satchel.list(limit = 1_000).size
            satchel.run(atOnce)
            assertEquals(0, satchel.counts().unread)
            assertEquals(added, satchel.list(limit = 1_000).size)
        }
    }
}
