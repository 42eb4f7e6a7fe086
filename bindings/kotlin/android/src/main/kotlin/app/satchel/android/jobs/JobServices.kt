/*
 * What the system calls. They find the host by the app's Application, and hand over to it.
 */
package app.satchel.android.jobs

import android.app.job.JobParameters
import android.app.job.JobService
import android.content.BroadcastReceiver
import android.content.Context
import android.content.Intent
import app.satchel.android.satchelHost

/** Uploads: called by the system when a network is there that the outbox waits for, and when a person sends now. */
public class UploadJobService : JobService() {
    override fun onStartJob(params: JobParameters): Boolean = satchelHost.jobCalls.begin(this, params)

    override fun onStopJob(params: JobParameters): Boolean = satchelHost.jobCalls.end(params)

    /** From API 34 on: the job goes on over another network. */
    override fun onNetworkChanged(params: JobParameters): Unit = satchelHost.jobCalls.networkChanged(params)
}

/** Looks for what is new: called by the system when the phone's library of photos changed. */
public class PhotosJobService : JobService() {
    override fun onStartJob(params: JobParameters): Boolean = satchelHost.jobCalls.begin(this, params)

    override fun onStopJob(params: JobParameters): Boolean = satchelHost.jobCalls.end(params)
}

/** Sets the jobs again after a start of the device and after an update of the app: not all of them are kept over these. */
public class BootReceiver : BroadcastReceiver() {
    override fun onReceive(context: Context, intent: Intent) {
        if (intent.action != Intent.ACTION_BOOT_COMPLETED && intent.action != Intent.ACTION_MY_PACKAGE_REPLACED) return
        val pending = goAsync()
        context.satchelHost.afterBoot { pending?.finish() }
    }
}

/** A press on a notification's action. */
public class NoticeReceiver : BroadcastReceiver() {
    override fun onReceive(context: Context, intent: Intent) {
        val pending = goAsync()
        context.satchelHost.notice(intent.action) { pending?.finish() }
    }
}
