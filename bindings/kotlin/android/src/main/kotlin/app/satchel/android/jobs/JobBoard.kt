/*
 * The jobs that the system was asked for: sets what is not set yet, and takes off what nobody needs.
 */
package app.satchel.android.jobs

import android.app.job.JobInfo
import android.app.job.JobScheduler
import app.satchel.android.RequiresLevel
import java.util.Collections
import kotlin.time.Clock

/**
 * Sets jobs. Each kind has two ids: to set a job under the id of one that runs would end that one, so the next one goes under the
 * other id before the running one ends. Whenever the process is killed, at least one is set.
 */
internal class JobBoard(private val scheduler: JobScheduler, private val infos: JobInfos, private val clock: Clock) {
    private val running: MutableSet<Int> = Collections.synchronizedSet(mutableSetOf())

    /** A job's call has come. */
    fun began(id: Int) {
        running += id
    }

    /** It is over. */
    fun ended(id: Int) {
        running -= id
    }

    /** Whether anything is set that will send. */
    fun isUploadSet(): Boolean = infos.ids(JobKind.Upload).any { pending(it) != null }

    /** Sets the jobs that a plan names, and takes off the others of these kinds. */
    @Synchronized
    fun set(plan: List<JobDescription>) {
        for (kind in listOf(JobKind.Upload, JobKind.Sooner)) set(kind, plan.find { it.kind == kind })
    }

    private fun set(kind: JobKind, description: JobDescription?) {
        val now = clock.now()
        val kept =
            waiting(kind).filter { id ->
                val set = pending(id)?.let { describedBy(it.extras) }
                val stays = description != null && set != null && set.isMuchLike(description, now)
                if (!stays) cancel(id)
                stays
            }
        if (description == null || kept.isNotEmpty()) return
        // Where both run, the one that ends last sets the next; should the process be killed, the system calls them again.
        val id = free(kind) ?: return
        ask { infos.of(description, id, now) }
    }

    /** Sets the job for when the phone's library changes, or takes it off; true when none was set before. */
    @Synchronized
    fun setPhotos(on: Boolean): Boolean {
        val waiting = waiting(JobKind.Photos)
        if (!on) waiting.forEach(::cancel)
        if (!on || waiting.isNotEmpty()) return false
        val id = free(JobKind.Photos) ?: return false
        return ask { infos.photos(id) }
    }

    /** Asks for a job that a person waits for; false where the system refuses, because the app is not visible, say. */
    @Synchronized
    @RequiresLevel(34)
    fun setUserInitiated(bytes: Long): Boolean = askNow { infos.userInitiated(it, bytes) }

    /** Asks for a job that goes before others; false where the system refuses. */
    @Synchronized
    @RequiresLevel(31)
    fun setExpedited(bytes: Long): Boolean = askNow { infos.expedited(it, bytes) }

    /** Where both run, one of them has not begun to send: it takes what is new along. */
    private fun askNow(made: (Int) -> JobInfo): Boolean {
        val id = free(JobKind.SendNow) ?: return true
        return ask { made(id) }
    }

    /** Takes all off. */
    @Synchronized
    fun clear(): Unit = JobKind.entries.flatMap(::waiting).forEach(::cancel)

    private fun waiting(kind: JobKind) = infos.ids(kind).filter { it !in running && pending(it) != null }

    private fun free(kind: JobKind): Int? = infos.ids(kind).firstOrNull { it !in running }

    /**
     * The next start or run asks again. An `IllegalStateException`: the app's own jobs fill the list. A `SecurityException` or
     * `IllegalArgumentException`: a permission, or a service, that the app took out of the manifest. And makers' own schedulers throw
     * what they like, which is no reason to end the app.
     */
    private fun ask(made: () -> JobInfo): Boolean = try {
        scheduler.schedule(made()) == JobScheduler.RESULT_SUCCESS
    } catch (_: RuntimeException) {
        false
    }

    private fun pending(id: Int): JobInfo? = try {
        scheduler.getPendingJob(id)
    } catch (_: RuntimeException) {
        null
    }

    private fun cancel(id: Int) = try {
        scheduler.cancel(id)
    } catch (_: RuntimeException) {
        // It comes in vain.
    }
}
