package app.satchel.internal

import app.satchel.Change
import kotlinx.coroutines.channels.Channel
import java.util.concurrent.atomic.AtomicBoolean
import app.satchel.internal.ffi.Change as RawChange
import app.satchel.internal.ffi.Observer as RawObserver

/**
 * Takes changes from the library and keeps them for one collector. The library's thread never waits for it: to a collector that
 * falls far behind, [Change.Assets] says that not everything was told.
 */
internal class Ear : RawObserver {
    private val heard = Channel<List<Change>>(KEPT)
    private val lost = AtomicBoolean(false)

    @Volatile
    private var ended = false

    override fun changed(changes: List<RawChange>) {
        if (ended) return
        // Nothing may be thrown into native code; what this version cannot read, it says as well as it can.
        val told = runCatching { changes.map { it.toApi() } }.getOrElse { listOf(Change.Assets) }
        val taken = heard.trySend(told)
        if (taken.isFailure && !taken.isClosed) {
            lost.set(true)
            // The collector may have caught up in between, and then needs a push to see it.
            heard.trySend(emptyList())
        }
    }

    /** Gives what is heard, until [end]. */
    suspend fun listen(tell: suspend (List<Change>) -> Unit) {
        for (changes in heard) {
            if (ended) return
            val told = if (lost.getAndSet(false)) changes + Change.Assets else changes
            if (told.isNotEmpty()) tell(told)
        }
    }

    /** Nothing is heard any more. */
    fun end() {
        ended = true
        heard.close()
    }

    private companion object {
        /** Batches; at ten a second, more than six seconds of them. */
        const val KEPT = 64
    }
}
