/*
 * A scheduler that throws. Makers' own throw what they like; the system's throws the first of these where the manifest was changed.
 */
package app.satchel.android

import android.app.job.JobInfo
import org.robolectric.annotation.Implementation
import org.robolectric.annotation.Implements
import org.robolectric.shadows.ShadowJobScheduler

@Implements(className = "android.app.JobSchedulerImpl")
internal class ShadowThrowing : ShadowJobScheduler.ShadowJobSchedulerImpl() {
    @Implementation
    public override fun schedule(job: JobInfo): Int =
        throw IllegalArgumentException("Requested job cannot be persisted without holding RECEIVE_BOOT_COMPLETED permission")

    @Implementation
    public override fun cancel(jobId: Int): Unit = throw NullPointerException("a null object reference")

    @Implementation
    public override fun getPendingJob(jobId: Int): JobInfo = throw NullPointerException("a null object reference")
}
