/*
 * Keeps the processor awake while a service in the foreground sends: with the screen off it would sleep in mid-transfer.
 */
package app.satchel.android.jobs

import android.content.Context
import android.os.PowerManager
import kotlin.time.Duration

/** Keeps the phone awake until it is closed, for [atMost]. Where the app took the permission out, the phone sleeps when it likes. */
internal class Awake(context: Context, atMost: Duration) : AutoCloseable {
    private val lock: PowerManager.WakeLock? =
        try {
            val power = context.getSystemService(PowerManager::class.java)
            power?.newWakeLock(PowerManager.PARTIAL_WAKE_LOCK, "satchel:sending")?.apply { acquire(atMost.inWholeMilliseconds) }
        } catch (_: SecurityException) {
            null
        }

    override fun close() {
        // Its time may have passed.
        if (lock?.isHeld == true) lock.release()
    }
}
