package app.satchel

import app.satchel.internal.Ear
import app.satchel.internal.translated
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.supervisorScope
import kotlinx.coroutines.withTimeoutOrNull
import java.io.File
import java.lang.reflect.InvocationTargetException
import java.util.Collections
import kotlin.coroutines.Continuation
import kotlin.coroutines.intrinsics.suspendCoroutineUninterceptedOrReturn
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertIs
import kotlin.test.assertSame
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds
import app.satchel.internal.ffi.Change as RawChange

/** The app's own code fails, or Rust does. */
internal class HostTest : InFolder() {
    private class Broken(val failure: () -> Throwable) : Credentials {
        override fun load(target: String): String? = throw failure()

        override fun store(target: String, token: String): Unit = throw failure()
    }

    @Test
    fun `what credentials throw comes back typed and the outbox is intact`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            val failures = listOf(IllegalStateException("the keystore is locked"), StackOverflowError(), AssertionError("no"))
            for (thrown in failures) {
                Satchel.open(config(folder), Broken { thrown }.takeIf { thrown == failures[0] } ?: Storing(thrown)).use { satchel ->
                    val failure = assertFailsWith<SatchelException.Host> { satchel.pair(receiver.pairingCode(), "a phone") }
                    assertSame(thrown, failure.cause)
                    assertEquals(AddKind.Added, satchel.add(photo(folder, "$thrown.jpg".replace('/', ' '))).kind)
                }
            }
            Satchel.open(config(folder), Keys()).use { satchel ->
                assertEquals(emptyList(), satchel.targets(), "a target whose token was not kept is not set up")
                satchel.pair(receiver.pairingCode(), "a phone")
            }
            // Now there is a target, and its token is asked for.
            assertFailsWith<SatchelException.Host> { Satchel.open(config(folder), Broken { failures[1] }) }
            Satchel.open(config(folder), Keys()).use { satchel ->
                satchel.pair(receiver.pairingCode(), "a phone")
                for (asset in satchel.list()) assertIs<AssetState.Delivered>(satchel.deliver(asset.id).state)
                assertEquals(3, receiver.completed().size)
            }
        }
    }

    /** Loads nothing, and fails when it is to store. */
    private class Storing(val thrown: Throwable) : Credentials {
        override fun load(target: String): String? = null

        override fun store(target: String, token: String): Unit = throw thrown
    }

    @Test
    fun `a collector that throws ends alone`() = real {
        Satchel.open(config(folder)).use { satchel ->
            val heard = Collections.synchronizedList(mutableListOf<Change>())
            supervisorScope {
                val well = launch(Dispatchers.Default) { satchel.changes.collect(heard::add) }
                val broken = async(Dispatchers.Default) { satchel.changes.collect { error("the app's own") } }
                until("the broken one fails") {
                    satchel.add(photo(folder, "${System.nanoTime()}.jpg", 100))
                    broken.isCompleted
                }
                assertEquals("the app's own", assertFailsWith<IllegalStateException> { broken.await() }.message)
                heard.clear()
                satchel.add(photo(folder, "after.jpg"))
                until("the other still hears") { heard.isNotEmpty() }
                well.cancel()
            }
            satchel.progress.first { it.counts.unread == satchel.counts().unread }
        }
    }

    @Test
    fun `a slow collector holds nothing back`() = real {
        Satchel.open(config(folder)).use { satchel ->
            val slow = launch(Dispatchers.Default) { satchel.changes.collect { awaitCancellation() } }
            repeat(50) { satchel.add(photo(folder, "$it.jpg", 100)) }
            satchel.run(atOnce)
            assertEquals(0, satchel.counts().unread)
            slow.cancel()
        }
    }

    @Test
    fun `a collector that missed something is told so`() = real {
        val ear = Ear()
        val many = 1_000
        repeat(many) { ear.changed(listOf(RawChange.Read("$it"))) }
        val heard = mutableListOf<Change>()
        withTimeoutOrNull(1.seconds) { ear.listen { heard += it } }
        assertEquals(Change.Read(AssetId("0")), heard.first())
        assertTrue(heard.size < many)
        assertTrue(Change.Assets in heard, "$heard")
        // Nothing was lost since, and nothing is said to be.
        heard.clear()
        ear.changed(listOf(RawChange.Read("after")))
        withTimeoutOrNull(1.seconds) { ear.listen { heard += it } }
        assertEquals(listOf<Change>(Change.Read(AssetId("after"))), heard)
        ear.end()
        ear.changed(listOf(RawChange.Assets))
        ear.listen { error("told after the end: $it") }
    }

    /** Only in a library with the feature `faults`. */
    private val faults: Class<*> = Class.forName("app.satchel.internal.ffi.Satchel_ffiKt")

    private fun fault(name: String) = checkNotNull(faults.methods.find { it.name == name }) {
        "the library was built without its feature `faults`: cargo build -p satchel-ffi --features bindgen,faults"
    }

    @Test
    fun `a panic in Rust becomes a typed error and the outbox is intact`() = real {
        Satchel.open(config(folder)).use { satchel ->
            val id = satchel.add(photo(folder, "a.jpg")).id
            assertIs<SatchelException.Internal>(translated(thrown { fault("panicAtOnce").invoke(null) }))
            val later =
                thrown {
                    suspendCoroutineUninterceptedOrReturn<Any?> { to: Continuation<Any?> ->
                        fault("panicOnRuntime").invoke(null, to)
                    }
                }
            assertIs<SatchelException.Internal>(translated(later))
            assertEquals(listOf(id), satchel.list().map { it.id })
            satchel.run(atOnce)
            assertIs<AssetState.Waiting>(satchel.asset(id).state)
        }
    }

    private suspend fun thrown(call: suspend () -> Unit): Exception = try {
        call()
        error("nothing was thrown")
    } catch (failure: InvocationTargetException) {
        failure.targetException as Exception
    } catch (failure: Exception) {
        failure
    }

    @Test
    fun `the log comes without a photo's name`() = real {
        val lines = Collections.synchronizedList(mutableListOf<String>())
        SatchelLog.set({ _, line -> lines += line }, LogLevel.Trace)
        try {
            Receiver(File(folder, "store")).use { receiver ->
                Satchel.open(config(folder), Keys()).use { satchel ->
                    satchel.pair(receiver.pairingCode(), "a phone")
                    satchel.deliver(satchel.add(photo(folder, "secret-name.jpg"), AddOptions(PostEdit("secret-name"))).id)
                }
            }
            until("something is logged", 5.seconds) { lines.isNotEmpty() }
            assertTrue(lines.none { "secret-name" in it }, "$lines")
            SatchelLog.set({ _, _ -> throw StackOverflowError() }, LogLevel.Trace)
            Satchel.open(config(folder)).use { it.run(atOnce) }
        } finally {
            SatchelLog.set(null)
        }
    }
}
