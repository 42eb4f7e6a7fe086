/*
 * The work itself: one run of the outbox at a time, for whichever job, service or screen asks for it.
 */
package app.satchel.android.jobs

import app.satchel.RunOptions
import app.satchel.RunReport
import app.satchel.Satchel
import app.satchel.SatchelException
import app.satchel.Wake
import kotlinx.coroutines.delay
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withTimeoutOrNull
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** Runs the outbox. */
internal class Work(private val open: suspend () -> Satchel) {
    private val one = Mutex()

    /** Whether one goes just now, and not only the asking when the next is due. */
    @Volatile
    var isUnderWay: Boolean = false
        private set

    /** Runs until nothing is due, for [atMost]; when to run next. Cancelled, it ends what is under way, and loses nothing. */
    suspend fun run(atMost: Duration): Wake = one.withLock {
        isUnderWay = true
        try {
            val satchel = open()
            val report = withTimeoutOrNull(atMost) { runPatiently(satchel) }
            // Asked of the outbox, which tells it even while another process runs it.
            report?.wake ?: satchel.wake()
        } finally {
            isUnderWay = false
        }
    }

    /** When to run next; null while somebody runs it, who will know better. */
    suspend fun wake(): Wake? {
        val satchel = open()
        if (!one.tryLock()) return null
        return try {
            satchel.wake()
        } finally {
            one.unlock()
        }
    }

    /** The app itself may run it: what is set here waits for that. */
    private suspend fun runPatiently(satchel: Satchel): RunReport {
        while (true) {
            try {
                return satchel.run(RunOptions(linger = LINGER))
            } catch (_: SatchelException.AlreadyRunning) {
                delay(1.seconds)
            }
        }
    }

    private companion object {
        /** A job that waits for something longer than this ends, and is called again then. */
        val LINGER = 10.seconds
    }
}
