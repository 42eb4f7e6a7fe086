/*
 * What happens when the system calls a job, and when it ends one.
 */
package app.satchel.android.jobs

import android.app.job.JobParameters
import android.app.job.JobService
import android.net.Network
import android.os.Build
import app.satchel.Wake
import app.satchel.android.RequiresLevel
import app.satchel.android.SatchelHost
import app.satchel.android.StopReason
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Job
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.launch
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicReference
import kotlin.time.Clock
import kotlin.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Instant

/** The jobs of this process that the system called and that are not over. */
internal class JobCalls(
    private val host: SatchelHost,
    private val scope: CoroutineScope,
    private val board: JobBoard,
    private val clock: Clock,
) {
    private class Called(val service: JobService, val params: JobParameters) {
        lateinit var work: Job

        /** What holds the outbox to the job's network. */
        val link = AtomicReference<AutoCloseable?>()
    }

    private val under = ConcurrentHashMap<Int, Called>()

    /** A job's call: begins the work, and says that it goes on after the call. */
    fun begin(service: JobService, params: JobParameters): Boolean {
        val description = describedBy(params.extras) ?: return false
        board.began(params.jobId)
        val called = Called(service, params)
        called.work = scope.launch(start = CoroutineStart.LAZY) { call(called, description) }
        under[params.jobId] = called
        called.work.start()
        return true
    }

    private suspend fun call(called: Called, description: JobDescription) {
        val params = called.params
        try {
            if (Build.VERSION.SDK_INT >= 28) network(params)?.let { called.link.set(host.linkWatcher.bind(it)) }
            when (description.kind) {
                JobKind.Photos -> host.photosCame()
                JobKind.SendNow -> host.upload(called.service, params, ALL_DAY)
                JobKind.Upload, JobKind.Sooner -> host.upload(called.service, params, A_JOB, gives = true)
            }
        } catch (failure: Exception) {
            // Of one that the system ended, it knows. Any other end is told, or the system waits in vain.
            currentCoroutineContext().ensureActive()
            host.failed(failure)
            // The outbox cannot be used just now: no room, or the app's keys are shut. Nothing is lost, and it is tried again.
            board.set(JobPlan.of(Wake(at = clock.now() + AFTER_FAILURE), clock.now(), Build.VERSION.SDK_INT))
        } finally {
            called.link.getAndSet(null)?.close()
        }
        // One that was ended meanwhile was told of: the system may have called it again under the same id.
        if (!under.remove(params.jobId, called)) return
        called.service.jobFinished(params, false)
        board.ended(params.jobId)
    }

    /** The system ends a job: at once, and without waiting. Says whether the system is to call it again by itself. */
    fun end(params: JobParameters): Boolean {
        val reason = params.reason()
        under.remove(params.jobId)?.work?.cancel()
        // None of the others is to go on with what a person stopped.
        if (reason == StopReason.Person) stopAll()
        val again = again(params, reason)
        board.ended(params.jobId)
        return again
    }

    private fun again(params: JobParameters, reason: StopReason): Boolean {
        val stop = host.stopped(reason)
        val description = describedBy(params.extras)
        val notBefore = stop.notBefore
        if (description == null || reason == StopReason.App) return false
        if (description.kind == JobKind.Photos || notBefore == null) return true
        // Not by the system's own count, which would begin again at once: under the other id, not before the window has passed.
        board.set(listOf(description.copy(kind = JobKind.Upload, notBefore = later(description.notBefore, notBefore))))
        return false
    }

    private fun later(one: Instant?, other: Instant): Instant = if (one != null && one > other) one else other

    /** A job's network is another one now: what is under way goes on over that. */
    @RequiresLevel(28)
    fun networkChanged(params: JobParameters) {
        val called = under[params.jobId] ?: return
        val before = called.link.getAndSet(network(params)?.let(host.linkWatcher::bind))
        before?.close()
        if (!called.work.isActive) called.link.getAndSet(null)?.close()
    }

    /** Ends all work that the system called for, and tells it: a person wants that. */
    fun stopAll() {
        for (id in under.keys) {
            val called = under.remove(id) ?: continue
            called.work.cancel()
            called.service.jobFinished(called.params, false)
            board.ended(id)
        }
    }

    @RequiresLevel(28)
    private fun network(params: JobParameters): Network? = params.network

    private companion object {
        /** The system ends a job after ten minutes. Ours ends before, so that it ends in order. */
        val A_JOB: Duration = 9.minutes

        /** A job that a person waits for goes on as long as the system lets it. */
        val ALL_DAY: Duration = 24.hours

        val AFTER_FAILURE: Duration = 30.minutes
    }
}
