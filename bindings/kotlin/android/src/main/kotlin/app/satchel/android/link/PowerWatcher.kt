/*
 * How the phone is fed, as the system tells of it.
 */
package app.satchel.android.link

import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import android.content.IntentFilter
import android.os.BatteryManager
import android.os.PowerManager
import app.satchel.Power
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow

/** Watches charger, battery and battery saver; [tell] is called with each change. */
internal class PowerWatcher(private val context: Context, private val tell: (Power) -> Unit) {
    private val state = MutableStateFlow(Power())
    private var battery: Intent? = null
    private var started = false

    /** The power as it is. */
    val power: StateFlow<Power> = state.asStateFlow()

    /** Begins to watch; again does nothing. */
    @Synchronized
    fun start() {
        if (started) return
        started = true
        val changes = IntentFilter(Intent.ACTION_BATTERY_CHANGED).apply { addAction(PowerManager.ACTION_POWER_SAVE_MODE_CHANGED) }
        // The battery's last word comes back at once.
        val last =
            context.registerReceiver(
                object : BroadcastReceiver() {
                    override fun onReceive(context: Context, intent: Intent) = change(intent)
                },
                changes,
            )
        change(last)
    }

    @Synchronized
    private fun change(intent: Intent?) {
        if (intent?.action == Intent.ACTION_BATTERY_CHANGED) battery = intent
        val saves = context.getSystemService(PowerManager::class.java)?.isPowerSaveMode
        val now = powerOf(battery, saves)
        if (now == state.value) return
        state.value = now
        tell(now)
    }
}

/** What the outbox is told of the battery's last word. */
internal fun powerOf(battery: Intent?, saves: Boolean?): Power {
    val status = battery?.getIntExtra(BatteryManager.EXTRA_STATUS, -1)
    val plugged = battery?.getIntExtra(BatteryManager.EXTRA_PLUGGED, -1)
    val level = battery?.getIntExtra(BatteryManager.EXTRA_LEVEL, -1) ?: -1
    val scale = battery?.getIntExtra(BatteryManager.EXTRA_SCALE, -1) ?: -1
    val charging =
        when (status) {
            null, -1, BatteryManager.BATTERY_STATUS_UNKNOWN -> null

            BatteryManager.BATTERY_STATUS_CHARGING, BatteryManager.BATTERY_STATUS_FULL -> true

            // Phones that spare their battery stop before it is full: they are fed all the same.
            BatteryManager.BATTERY_STATUS_NOT_CHARGING -> plugged != null && plugged > 0

            else -> false
        }
    return Power(charging, if (level >= 0 && scale > 0) level * 100 / scale else null, saves)
}
