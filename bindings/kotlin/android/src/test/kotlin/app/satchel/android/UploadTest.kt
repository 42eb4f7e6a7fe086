package app.satchel.android

import android.Manifest.permission
import android.app.job.JobInfo
import android.content.Intent
import android.net.NetworkCapabilities
import app.satchel.AssetState
import app.satchel.BadLink
import app.satchel.Link
import app.satchel.LinkNeed
import app.satchel.Policy
import app.satchel.Receiver
import app.satchel.Satchel
import app.satchel.SatchelException
import app.satchel.WaitReason
import app.satchel.Wake
import app.satchel.android.jobs.BootReceiver
import app.satchel.android.jobs.JobInfos
import app.satchel.android.jobs.JobKind
import app.satchel.android.jobs.JobPlan
import app.satchel.android.jobs.PhotosJobService
import app.satchel.android.jobs.UploadJobService
import app.satchel.android.photos.MediaStoreShelf
import app.satchel.android.photos.PhotoMarks
import app.satchel.android.photos.PhotoShelf
import app.satchel.photo
import app.satchel.query
import app.satchel.real
import app.satchel.until
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf
import java.io.File
import java.util.concurrent.Semaphore
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.seconds
import kotlin.time.TimeSource

/** From a new photo to the receiver, by the calls of the system's jobs. */
internal class UploadTest : OnPhone() {
    private val media: FakeMedia by lazy { Robolectric.setupContentProvider(FakeMedia::class.java, "media") }

    private fun allowPhotos() {
        media
        shadowOf(app).grantPermissions(permission.READ_MEDIA_IMAGES, permission.READ_MEDIA_VIDEO, permission.ACCESS_MEDIA_LOCATION)
    }

    private suspend fun SatchelHost.pair(receiver: Receiver, through: String = receiver.address) {
        satchel().pair(receiver.pairingCode(through), "a phone")
    }

    @Test
    fun `a new photo is called, added, and uploaded by a job that the system keeps`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            allowPhotos()
            val wifi = network()
            val host = start()
            host.pair(receiver)
            host.watchPhotos(true)
            val trigger = set(JobKind.Photos).single()
            assertEquals(emptyList(), set(JobKind.Upload), "nothing is there to send")

            media.put(1, photo(folder, "one.jpg"))
            val call = call(PhotosJobService::class.java, trigger)
            until("the next photos are watched for") { set(JobKind.Photos).size == 2 }
            call.finished()
            assertEquals(1, set(JobKind.Photos).size, "photos are watched for no more")

            val upload = set(JobKind.Upload).single()
            assertTrue(upload.isPersisted)
            assertEquals(0, receiver.completed().size)
            call(UploadJobService::class.java, upload, wifi).finished()
            val asset = host.satchel().list().single()
            assertIs<AssetState.Delivered>(asset.state)
            assertEquals(listOfNotNull(asset.hash), receiver.completed().filter { it == asset.hash })
            assertEquals(emptyList(), set(JobKind.Upload), "all is done, and a job is set")
        }
    }

    @Test
    fun `a stop in mid-transfer ends within a second and a later job sends only the rest`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            BadLink(receiver.address).use { link ->
                val wifi = network()
                val host = start()
                host.pair(receiver, link.address)
                val satchel = host.satchel()
                val id = satchel.add(photo(folder, "large.jpg", LARGE)).id
                host.reschedule()
                link.obey("rate 300KB")
                val call = call(UploadJobService::class.java, set(JobKind.Upload).single(), wifi)
                satchel.untilSent(LARGE / 4)

                val began = TimeSource.Monotonic.markNow()
                assertTrue(call.stop(reason = 3), "the system is not to call it again")
                until("the run ends", 1.seconds) { satchel.progress.value.uploads.isEmpty() }
                println("the run ended ${began.elapsedNow()} after the system's word")
                assertFalse(call.isFinished, "the system knows that it ended")
                assertEquals(StopReason.Time, host.lastStop.value?.reason)
                assertEquals(0, receiver.completed().size)

                link.obey("open")
                var kept = 0L
                until("the receiver has put it on its disk") { offset().let { now -> (now > 0 && now == kept).also { kept = now } } }
                val before = satchel.asset(id).sent
                call(UploadJobService::class.java, set(JobKind.Upload).single(), wifi).finished()
                val asset = satchel.asset(id)
                assertIs<AssetState.Delivered>(asset.state)
                assertEquals(1, receiver.completed().count { it == asset.hash })
                println("the receiver had $kept of ${asset.bytes} bytes; the later job sent ${asset.sent - before}")
                assertEquals(asset.bytes - kept, asset.sent - before, "bytes that the receiver had were sent again")
            }
        }
    }

    /** How much of the one unfinished upload the receiver has on its disk. */
    private fun offset(): Long =
        query(File(folder, "store/receiver.sqlite"), "SELECT max(offset) FROM upload WHERE length = $LARGE").single().toLong()

    private suspend fun Satchel.untilSent(bytes: Int) = until("$bytes bytes are under way") {
        progress.value.uploads.any { it.sent >= bytes }
    }

    @Test
    fun `on a network that costs it waits and says why`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            val free = network()
            val host = start(HostOptions(policy = Policy.ready(Policy.NEVER_ON_MOBILE_DATA)))
            host.pair(receiver)
            val costs = network(8, NetworkCapabilities.TRANSPORT_CELLULAR, COSTS)
            val satchel = host.satchel()
            until("the outbox knows of the network") { satchel.effectiveLink().metered == true }
            val id = satchel.add(photo(folder, "one.jpg")).id
            host.reschedule()
            call(UploadJobService::class.java, set(JobKind.Upload).single(), costs).finished()
            val waiting = assertIs<AssetState.Waiting>(satchel.asset(id).state)
            assertEquals(WaitReason.LinkCosts, waiting.reason)
            assertEquals(0, receiver.completed().size)
            val next = set(JobKind.Upload).single()
            @Suppress("DEPRECATION")
            assertEquals(JobInfo.NETWORK_TYPE_UNMETERED, next.networkType)
            assertEquals(0, next.minLatencyMillis, "it comes as soon as such a network does")

            network(7)
            call(UploadJobService::class.java, next, free).finished()
            assertIs<AssetState.Delivered>(satchel.asset(id).state)
        }
    }

    @Test
    fun `a job sends over its own network and not over the phone's choice`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            val mobile = network(8, NetworkCapabilities.TRANSPORT_CELLULAR, COSTS)
            val host = start(HostOptions(policy = Policy.ready(Policy.NEVER_ON_MOBILE_DATA)))
            assertEquals(mobile.networkHandle, host.link.value.handle)
            host.satchel()
            host.pretendLink = Link.FreeWifi
            host.pair(receiver)
            host.pretendLink = null
            val id = host.satchel().add(photo(folder, "one.jpg")).id
            host.reschedule()
            val wifi = network(9, isChosen = false)
            assertEquals(mobile.networkHandle, host.link.value.handle)
            val call = call(UploadJobService::class.java, set(JobKind.Upload).single(), wifi)
            until("the job's network is gone by") { host.satchel().link.value.handle == wifi.networkHandle || call.isFinished }
            call.finished()
            assertIs<AssetState.Delivered>(host.satchel().asset(id).state)
            until("the phone's choice is gone by again") { host.satchel().link.value.handle == mobile.networkHandle }
        }
    }

    @Test
    fun `a quota that is spent is left alone until its window has passed`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            BadLink(receiver.address).use { link ->
                val wifi = network()
                val host = start()
                host.pair(receiver, link.address)
                host.satchel().add(photo(folder, "large.jpg", LARGE))
                host.reschedule()
                link.obey("rate 300KB")
                val first = call(UploadJobService::class.java, set(JobKind.Upload).single(), wifi)
                host.satchel().untilSent(1)
                assertFalse(first.stop(reason = 10), "the system would call it again as soon as it can")
                until("the run ends") { host.satchel().progress.value.uploads.isEmpty() }
                val stop = assertNotNull(host.lastStop.value)
                assertEquals(StopReason.Quota, stop.reason)
                assertTrue("time" in stop.words && "background" in stop.words)
                val next = set(JobKind.Upload).single()
                assertTrue(next.minLatencyMillis >= 1.hours.inWholeMilliseconds, "${next.minLatencyMillis} ms")
                repeat(3) { host.reschedule() }
                assertEquals(next.id to next.minLatencyMillis, set(JobKind.Upload).single().let { it.id to it.minLatencyMillis })
                assertTrue(checkNotNull(stop.notBefore) - clock.now() >= 1.hours)
            }
        }
    }

    @Test
    fun `a start of the phone sets again what it lost`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            allowPhotos()
            network()
            start().run {
                pair(receiver)
                watchPhotos(true)
                satchel().add(photo(folder, "one.jpg"))
                end()
            }
            scheduler.cancelAll()
            media.put(5, photo(folder, "while off.jpg"))
            val host = start()
            BootReceiver().onReceive(app, Intent(Intent.ACTION_BOOT_COMPLETED))
            until("jobs are set") { set(JobKind.Photos).size == 1 && set(JobKind.Upload).size == 1 }
            until("what came meanwhile is there") { host.satchel().list().size == 2 }
            scheduler.cancelAll()
            BootReceiver().onReceive(app, Intent("android.intent.action.SOMETHING"))
            BootReceiver().onReceive(app, Intent(Intent.ACTION_MY_PACKAGE_REPLACED))
            until("jobs are set after an update") { set(JobKind.Photos).size == 1 && set(JobKind.Upload).size == 1 }
        }
    }

    @Test
    fun `what the app adds itself gets its job`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            network()
            val host = start()
            host.pair(receiver)
            assertEquals(emptyList(), set(JobKind.Upload))
            host.satchel().add(photo(folder, "one.jpg"))
            until("a job is set") { set(JobKind.Upload).size == 1 }
        }
    }

    @Test
    fun `an outbox that cannot be opened is tried again later`() = real {
        network()
        folder.resolve("outbox").writeText("not a folder")
        val host = start()
        scheduler.schedule(job(Wake(needs = LinkNeed.Any)))
        val call = call(UploadJobService::class.java, set(JobKind.Upload).single())
        call.finished()
        assertTrue(set(JobKind.Upload).single().minLatencyMillis > 0)
        folder.resolve("outbox").delete()
        assertEquals(emptyList(), host.satchel().list())
        assertNull(host.lastStop.value)
        assertIs<SatchelException>(host.trouble.value)
    }

    @Test
    fun `two calls for new photos at once still leave one watching`() = real {
        allowPhotos()
        network()
        val gate = Semaphore(0)
        PhotoMarks(app.noBackupFilesDir.resolve("satchel-photos")).change { it.copy(on = true) }
        JobInfos(app, HostOptions().firstJobId).run { for (id in ids(JobKind.Photos)) scheduler.schedule(photos(id)) }
        val host = start(shelf = { context -> Slow(MediaStoreShelf(context), gate) })
        media.put(1, photo(folder, "one.jpg"))
        val calls = set(JobKind.Photos).map { call(PhotosJobService::class.java, it) }
        gate.release()
        until("one ends") { calls.any { it.isFinished } }
        val (ended, other) = calls.partition { it.isFinished }
        ended.single().finished()
        gate.release(2)
        other.single().finished()
        until("photos are watched for") { set(JobKind.Photos).size == 1 }
        assertEquals(1, host.satchel().list().size)
        assertNull(host.trouble.value)
    }

    /** A library that takes its time. */
    private class Slow(private val shelf: PhotoShelf, private val gate: Semaphore) : PhotoShelf by shelf {
        override fun volumes(): List<String> = shelf.volumes().also { gate.acquire() }
    }

    private fun job(wake: Wake): JobInfo {
        val plan = JobPlan.of(wake, clock.now(), 35).single()
        return JobInfos(app, HostOptions().firstJobId).run { of(plan, ids(JobKind.Upload)[0], clock.now()) }
    }

    private companion object {
        const val LARGE = 3_000_000
    }
}
