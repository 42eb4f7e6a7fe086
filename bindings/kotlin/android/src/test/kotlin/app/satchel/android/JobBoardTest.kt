package app.satchel.android

import android.app.job.JobInfo
import android.net.NetworkCapabilities
import android.provider.MediaStore
import app.satchel.LinkNeed
import app.satchel.Wake
import app.satchel.android.jobs.JobBoard
import app.satchel.android.jobs.JobDescription
import app.satchel.android.jobs.JobInfos
import app.satchel.android.jobs.JobKind
import app.satchel.android.jobs.JobNetwork
import app.satchel.android.jobs.JobPlan
import org.junit.Test
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertNull
import kotlin.test.assertSame
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes

/** What the system is asked for. */
internal class JobBoardTest : OnPhone() {
    private val infos by lazy { JobInfos(app, 100) }
    private val board by lazy { JobBoard(scheduler, infos, clock) }

    private fun set(wake: Wake) = board.set(JobPlan.of(wake, clock.now(), RuntimeEnvironment.getApiLevel()))

    private fun job(wake: Wake): JobInfo {
        set(wake)
        return set(JobKind.Upload).single()
    }

    @Test
    @Suppress("DEPRECATION")
    @Config(sdk = [24, 29, 33, 35])
    fun `a wake is a job that the system keeps`() {
        val types =
            mapOf(
                LinkNeed.Any to JobInfo.NETWORK_TYPE_ANY,
                LinkNeed.NotRoaming to JobInfo.NETWORK_TYPE_NOT_ROAMING,
                LinkNeed.Unmetered to JobInfo.NETWORK_TYPE_UNMETERED,
            )
        for ((need, type) in types) {
            val job = job(Wake(needs = need, bytes = 3_000_000))
            assertEquals(type, job.networkType)
            assertTrue(job.isPersisted && !job.isRequireCharging && !job.isPeriodic)
            assertEquals(0, job.minLatencyMillis)
            assertEquals(JobInfo.BACKOFF_POLICY_EXPONENTIAL, job.backoffPolicy)
            val level = RuntimeEnvironment.getApiLevel()
            if (level >= 28) assertEquals(if (level >= 33) 3_000_000L else UNKNOWN, job.estimatedNetworkUploadBytes)
            if (level >= 33) assertEquals(1_000_000, job.minimumNetworkChunkBytes)
        }
        val later = job(Wake(clock.now() + 3.hours, charging = true))
        assertTrue(later.isRequireCharging)
        assertEquals(3.hours.inWholeMilliseconds, later.minLatencyMillis)
        assertEquals(JobInfo.NETWORK_TYPE_NONE, later.networkType)
    }

    @Test
    @Config(sdk = [33, 35])
    fun `a part of much is worth a call too and all of little`() {
        for ((bytes, chunk) in mapOf(3_000_000_000 to 1_000_000L, 700L to 700L, 0L to UNKNOWN)) {
            val estimate = if (bytes > 0) bytes else UNKNOWN
            val description = JobDescription(JobKind.Upload, JobNetwork.Any, bytes = bytes)
            for (job in listOf(infos.of(description, 100, clock.now()), infos.expedited(106, bytes))) {
                assertEquals(estimate to chunk, job.estimatedNetworkUploadBytes to job.minimumNetworkChunkBytes)
            }
        }
    }

    @Test
    @Config(sdk = [29, 35])
    fun `what is not to go over mobile data names what it may go over`() {
        val request = checkNotNull(job(Wake(needs = LinkNeed.NotCellular)).requiredNetwork)
        assertFalse(request.hasTransport(NetworkCapabilities.TRANSPORT_CELLULAR))
        assertTrue(request.hasTransport(NetworkCapabilities.TRANSPORT_WIFI) && request.hasTransport(NetworkCapabilities.TRANSPORT_ETHERNET))
        assertTrue(request.hasCapability(NetworkCapabilities.NET_CAPABILITY_INTERNET))
        assertFalse(request.hasCapability(NetworkCapabilities.NET_CAPABILITY_NOT_METERED), "a Wi-Fi that costs would do")
    }

    @Test
    fun `the same wake again sets nothing`() {
        val wake = Wake(clock.now() + 2.hours, LinkNeed.Any, sooner = LinkNeed.Unmetered, bytes = 1_000)
        set(wake)
        val before = scheduler.allPendingJobs.sortedBy { it.id }
        assertEquals(2, before.size)
        repeat(5) {
            clock.instant += 5.minutes
            set(wake.copy(bytes = 1_001))
        }
        val after = scheduler.allPendingJobs.sortedBy { it.id }
        before.zip(after).forEach { (one, other) -> assertSame(one, other) }
        assertEquals(2, after.size)
        // An instant that has come: the job that waits for it is due by itself, and a better link is not waited for.
        clock.instant += 2.hours
        assertSame(before.first { it in set(JobKind.Upload) }, job(wake))
        assertEquals(emptyList(), set(JobKind.Sooner))
    }

    @Test
    fun `what is not needed any more is taken off`() {
        set(Wake(clock.now() + 2.hours, LinkNeed.Any, sooner = LinkNeed.Unmetered))
        set(Wake(needs = LinkNeed.Any))
        assertEquals(emptyList(), set(JobKind.Sooner))
        assertEquals(1, set(JobKind.Upload).size)
        set(Wake())
        assertEquals(emptyList(), scheduler.allPendingJobs)
    }

    @Test
    fun `the next job is set while one runs and does not end it`() {
        val running = job(Wake(needs = LinkNeed.Any))
        board.began(running.id)
        set(Wake(needs = LinkNeed.Unmetered))
        assertSame(running, scheduler.getPendingJob(running.id), "the one that runs was set anew, which ends it")
        assertEquals(
            JobInfo.NETWORK_TYPE_UNMETERED,
            (set(JobKind.Upload) - running).single().let {
                @Suppress("DEPRECATION")
                it.networkType
            },
        )
        set(Wake())
        assertSame(running, scheduler.getPendingJob(running.id))
        scheduler.cancel(running.id)
        board.ended(running.id)
        assertFalse(board.isUploadSet())
        set(Wake(needs = LinkNeed.Any))
        assertTrue(board.isUploadSet())
    }

    @Test
    @Config(sdk = [24, 35])
    fun `the library's changes are watched by a job that cannot be kept`() {
        board.setPhotos(true)
        val job = set(JobKind.Photos).single()
        val uris = job.triggerContentUris!!
        assertEquals(
            setOf(MediaStore.Images.Media.EXTERNAL_CONTENT_URI, MediaStore.Video.Media.EXTERNAL_CONTENT_URI),
            uris.map { it.uri }.toSet(),
        )
        assertTrue(uris.all { it.flags == JobInfo.TriggerContentUri.FLAG_NOTIFY_FOR_DESCENDANTS })
        assertFalse(job.isPersisted)
        assertTrue(job.triggerContentUpdateDelay in 1..60_000 && job.triggerContentMaxDelay in 1..600_000)
        board.setPhotos(true)
        assertSame(job, set(JobKind.Photos).single())
        board.setPhotos(false)
        assertNull(set(JobKind.Photos).firstOrNull())
    }

    @Test
    fun `a list of jobs that is full is no crash`() {
        shadowOf(scheduler).failOnJob(100)
        set(Wake(needs = LinkNeed.Any))
        assertFalse(board.isUploadSet())
    }

    @Test
    fun `with both jobs of a kind under way there is no third and no crash`() {
        for (kind in JobKind.entries) infos.ids(kind).forEach(board::began)
        set(Wake(needs = LinkNeed.Any))
        assertFalse(board.isUploadSet())
        board.setPhotos(true)
        assertTrue(board.setUserInitiated(1_000), "those that run send it")
        assertTrue(board.setExpedited(1_000))
        assertEquals(emptyList(), scheduler.allPendingJobs)
        for (kind in JobKind.entries) board.ended(infos.ids(kind)[0])
        set(Wake(needs = LinkNeed.Any))
        board.setPhotos(true)
        assertEquals(2, scheduler.allPendingJobs.size)
    }

    @Test
    @Config(shadows = [ShadowThrowing::class])
    fun `a scheduler that throws is no crash`() {
        set(Wake(needs = LinkNeed.Any))
        board.setPhotos(true)
        assertFalse(board.isUploadSet())
        assertFalse(board.setUserInitiated(1))
        board.clear()
    }

    private companion object {
        const val UNKNOWN = JobInfo.NETWORK_BYTES_UNKNOWN.toLong()
    }
}
