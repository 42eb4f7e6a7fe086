/*
 * "Send now" on systems whose jobs cannot be hurried (below API 31).
 */
package app.satchel.android.jobs

import android.app.Service
import android.content.Intent
import android.content.pm.ServiceInfo
import android.os.Build
import android.os.IBinder
import app.satchel.android.RequiresLevel
import app.satchel.android.satchelHost

/** A service in the foreground, with its notification, for as long as something is due. */
public class SendNowService : Service() {
    override fun onBind(intent: Intent?): IBinder? = null

    override fun onStartCommand(intent: Intent?, flags: Int, startId: Int): Int {
        val host = satchelHost
        val notice = host.notices.sending(null)
        if (Build.VERSION.SDK_INT >= 29) inForeground(host.notices.serviceId, notice) else startForeground(host.notices.serviceId, notice)
        host.sendInForeground { stopSelf(startId) }
        // What a kill ends, the jobs go on with.
        return START_NOT_STICKY
    }

    override fun onDestroy() {
        satchelHost.foregroundEnded()
        super.onDestroy()
    }

    @RequiresLevel(29)
    private fun inForeground(id: Int, notice: android.app.Notification) {
        startForeground(id, notice, ServiceInfo.FOREGROUND_SERVICE_TYPE_DATA_SYNC)
    }
}
