package app.satchel.internal

import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext
import app.satchel.internal.ffi.CancelToken as RawCancelToken

/**
 * Calls what takes a cancel token. When the coroutine is cancelled, so is the token; this returns when the library has stopped, and
 * then throws the cancellation.
 */
internal suspend fun <T> stoppable(work: suspend (RawCancelToken) -> T): T {
    currentCoroutineContext().ensureActive()
    val token = RawCancelToken()
    try {
        return coroutineScope {
            // On whatever thread cancels: the caller's own may be busy, and this takes microseconds.
            val watch =
                launch(Dispatchers.Unconfined, CoroutineStart.UNDISPATCHED) {
                    try {
                        awaitCancellation()
                    } finally {
                        token.cancel()
                    }
                }
            try {
                withContext(NonCancellable) { work(token) }
            } catch (failure: Exception) {
                // Who cancelled hears of the cancellation, whatever the library said when it stopped.
                currentCoroutineContext().ensureActive()
                throw failure
            } finally {
                watch.cancel()
            }
        }
    } finally {
        token.destroy()
    }
}
