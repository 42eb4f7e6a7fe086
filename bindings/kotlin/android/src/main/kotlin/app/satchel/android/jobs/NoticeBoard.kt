/*
 * The notification that a job which a person waits for must have. It tells how many are to go, and names no photo.
 */
package app.satchel.android.jobs

import android.app.Notification
import android.app.NotificationChannel
import android.app.NotificationManager
import android.app.PendingIntent
import android.app.job.JobParameters
import android.app.job.JobService
import android.content.Context
import android.content.Intent
import android.os.Build
import app.satchel.android.Notices
import app.satchel.android.RequiresLevel

/** Makes and shows notifications. That a person denied them changes nothing of the work. */
internal class NoticeBoard(private val context: Context, private val notices: Notices) {
    private val manager: NotificationManager? get() = context.getSystemService(NotificationManager::class.java)

    /** The id of the foreground service's notification. */
    val serviceId: Int get() = notices.id

    /** A notification for [open] photos and videos to go; null where that is not known yet. */
    fun sending(open: Long?): Notification {
        val builder = if (Build.VERSION.SDK_INT >= 26) inChannel() else lowPriority()
        builder.setSmallIcon(if (notices.icon != 0) notices.icon else android.R.drawable.stat_sys_upload)
        builder.setContentTitle(notices.title).setOngoing(true).setOnlyAlertOnce(true).setProgress(0, 0, true)
        builder.setCategory(Notification.CATEGORY_PROGRESS)
        open?.let { builder.setContentText(notices.progress(it)) }
        for ((action, label) in listOf(PAUSE to notices.pause, STOP to notices.stop)) {
            val intent = Intent(context, NoticeReceiver::class.java).setAction(action)
            val pending = PendingIntent.getBroadcast(context, 0, intent, PendingIntent.FLAG_UPDATE_CURRENT or PendingIntent.FLAG_IMMUTABLE)
            builder.addAction(Notification.Action.Builder(null, label, pending).build())
        }
        return builder.build()
    }

    /** Shows how many are to go. */
    fun show(id: Int, open: Long) {
        manager?.notify(id, sending(open))
    }

    /** Takes off what may have been shown in the moment in which the system took it off. Of one that still sends, nothing is taken off. */
    fun clear(id: Int) {
        manager?.cancel(id)
    }

    /** Gives a job its notification; null when it needs none. */
    fun of(service: JobService, params: JobParameters): Int? {
        if (Build.VERSION.SDK_INT < 34 || !isUserInitiated(params)) return null
        val id = notices.id + 1 + params.jobId % 2
        give(service, params, id)
        return id
    }

    @RequiresLevel(34)
    private fun isUserInitiated(params: JobParameters) = params.isUserInitiatedJob

    @RequiresLevel(34)
    private fun give(service: JobService, params: JobParameters, id: Int) {
        service.setNotification(params, id, sending(null), JobService.JOB_END_NOTIFICATION_POLICY_REMOVE)
    }

    @RequiresLevel(26)
    private fun inChannel(): Notification.Builder {
        manager?.createNotificationChannel(NotificationChannel(notices.channel, notices.channelName, NotificationManager.IMPORTANCE_LOW))
        return Notification.Builder(context, notices.channel)
    }

    @Suppress("DEPRECATION")
    private fun lowPriority() = Notification.Builder(context).setPriority(Notification.PRIORITY_LOW)

    companion object {
        const val PAUSE = "app.satchel.android.PAUSE"
        const val STOP = "app.satchel.android.STOP"
    }
}
