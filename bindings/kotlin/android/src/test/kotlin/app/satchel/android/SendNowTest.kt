package app.satchel.android

import android.Manifest.permission
import android.app.NotificationManager
import android.content.Intent
import android.net.NetworkCapabilities
import app.satchel.AssetId
import app.satchel.AssetState
import app.satchel.BadLink
import app.satchel.Link
import app.satchel.Policy
import app.satchel.Receiver
import app.satchel.RunOptions
import app.satchel.android.jobs.JobKind
import app.satchel.android.jobs.NoticeReceiver
import app.satchel.android.jobs.SendNowService
import app.satchel.android.jobs.UploadJobService
import app.satchel.photo
import app.satchel.real
import app.satchel.until
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadow.api.Shadow
import org.robolectric.shadows.ShadowJobService
import org.robolectric.shadows.ShadowPowerManager
import org.robolectric.util.ReflectionHelpers
import java.io.File
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertIs
import kotlin.test.assertNotNull
import kotlin.test.assertTrue
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds

/** "Send now", by what each system has for it. */
internal class SendNowTest : OnPhone() {
    private val notices get() = shadowOf(app.getSystemService(NotificationManager::class.java))

    /** On mobile data that the rules do not allow. */
    private suspend fun SatchelHost.photoToSend(receiver: Receiver, through: String = receiver.address, bytes: Int = 20_000): AssetId {
        pretendLink = Link.FreeWifi
        satchel().pair(receiver.pairingCode(through), "a phone")
        val id = satchel().add(photo(folder, "one.jpg", bytes)).id
        satchel().run(RunOptions(linger = Duration.ZERO, targets = emptyList()))
        pretendLink = null
        return id
    }

    private fun onMobileData() = network(8, NetworkCapabilities.TRANSPORT_CELLULAR, COSTS)

    private fun mobileHost() = start(HostOptions(policy = Policy.ready(Policy.NEVER_ON_MOBILE_DATA)))

    @Test
    fun `new systems get a user-initiated job with a notification`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            val mobile = onMobileData()
            val host = mobileHost()
            val id = host.photoToSend(receiver)
            val sent = host.sendNow(listOf(id))
            assertTrue(sent.price.payloadBytes >= 20_000)
            val job = set(JobKind.SendNow).single()
            assertTrue(job.isUserInitiated)
            assertTrue(job.estimatedNetworkUploadBytes >= 20_000)
            assertEquals(1, set(JobKind.Upload).size, "should the system drop the first, nothing is set")
            val call = call(UploadJobService::class.java, job, mobile)
            call.finished()
            assertIs<AssetState.Delivered>(host.satchel().asset(id).state)
        }
    }

    @Test
    fun `a job that a person stops is not begun again`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            BadLink(receiver.address).use { link ->
                val mobile = onMobileData()
                val host = mobileHost()
                val id = host.photoToSend(receiver, link.address, 3_000_000)
                link.obey("rate 300KB")
                host.sendNow(listOf(id))
                val call = call(UploadJobService::class.java, set(JobKind.SendNow).single(), mobile)
                until("it is under way") { host.satchel().progress.value.uploads.isNotEmpty() }
                assertFalse(call.stop(reason = 13))
                assertEquals(StopReason.Person, host.lastStop.value?.reason)
                assertEquals(emptyList(), set(JobKind.SendNow))
            }
        }
    }

    @Test
    @Config(sdk = [33])
    fun `systems before get an expedited job`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            onMobileData()
            val host = mobileHost()
            host.sendNow(listOf(host.photoToSend(receiver)))
            val job = set(JobKind.SendNow).single()
            assertTrue(job.isExpedited)
        }
    }

    @Test
    fun `where the system refuses there is still a job`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            onMobileData()
            val host = mobileHost()
            val id = host.photoToSend(receiver)
            for (job in HostOptions().firstJobId + 6..HostOptions().firstJobId + 7) shadowOf(scheduler).failOnJob(job)
            host.sendNow(listOf(id))
            assertEquals(emptyList(), set(JobKind.SendNow))
            assertEquals(1, set(JobKind.Upload).size)
        }
    }

    @Test
    @Config(sdk = [24, 29])
    fun `old systems get a service in the foreground`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            onMobileData()
            val host = mobileHost()
            val id = host.photoToSend(receiver)
            host.sendNow(listOf(id))
            val intent = assertNotNull(shadowOf(app).nextStartedService)
            assertEquals(SendNowService::class.java.name, intent.component?.className)
            val service = Robolectric.buildService(SendNowService::class.java, intent).create().startCommand(0, 1)
            val shadow = shadowOf(service.get())
            val notice = assertNotNull(shadow.lastForegroundNotification)
            assertEquals(HostOptions().notices.id, shadow.lastForegroundNotificationId)
            assertEquals(listOf("Pause", "Stop"), notice.actions.map { it.title.toString() })
            if (RuntimeEnvironment.getApiLevel() >= 26) assertEquals("satchel.sending", notice.channelId)
            until("it is there") { host.satchel().asset(id).state is AssetState.Delivered }
            until("the service ends") { shadow.isStoppedBySelf }
        }
    }

    @Test
    fun `notices name no photo and their actions pause and stop`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            BadLink(receiver.address).use { link ->
                val mobile = onMobileData()
                val host = mobileHost()
                val id = host.photoToSend(receiver, link.address, 3_000_000)
                link.obey("rate 300KB")
                host.sendNow(listOf(id))
                val job = set(JobKind.SendNow).single()
                val params = parameters(job.id, job.extras, mobile)
                ReflectionHelpers.setField(params, "mIsUserInitiated", true)
                val service = Robolectric.buildService(UploadJobService::class.java).create().get()
                service.onStartJob(params)
                until("it tells how many are to go") {
                    notices.allNotifications.any {
                        it.extras.getString("android.text") == "1 to go" ||
                            it.extras.getString("android.text") == "One to go"
                    }
                }
                assertFalse(notices.allNotifications.any { "one.jpg" in it.extras.toString() })
                host.notice("app.satchel.android.STOP") {}
                until("it ends") { host.satchel().progress.value.uploads.isEmpty() }
                until("the system is told") { Shadow.extract<ShadowJobService>(service).isJobFinished }
                assertEquals(StopReason.Person, host.lastStop.value?.reason)
                until("the next job leaves the person alone") { set(JobKind.Upload).any { it.minLatencyMillis >= 60_000 } }
                NoticeReceiver().onReceive(app, Intent("app.satchel.android.PAUSE"))
                until("it is paused") { host.satchel().isPaused() }
            }
        }
    }

    @Test
    fun `what a person stops no other job takes over`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            BadLink(receiver.address).use { link ->
                val mobile = onMobileData()
                val host = mobileHost()
                val id = host.photoToSend(receiver, link.address, 3_000_000)
                link.obey("rate 100KB")
                host.sendNow(listOf(id))
                val call = call(UploadJobService::class.java, set(JobKind.SendNow).single(), mobile)
                until("it is under way") { host.satchel().progress.value.uploads.isNotEmpty() }
                // The system calls the other one as well. It has nothing to do, and must not use up the app's time by waiting.
                val other = call(UploadJobService::class.java, set(JobKind.Upload).single(), mobile)
                until("the other one ends", 5.seconds) { other.isFinished }
                scheduler.cancel(other.params.jobId)
                assertTrue(host.satchel().progress.value.uploads.isNotEmpty(), "it ended the first one")
                assertFalse(call.stop(reason = 13))
                until("it ends", 5.seconds) { host.satchel().progress.value.uploads.isEmpty() }
                until("the next job leaves the person alone") {
                    set(JobKind.Upload).let { set -> set.isNotEmpty() && set.all { it.minLatencyMillis >= 10 * 60_000 } }
                }
            }
        }
    }

    @Test
    @Config(sdk = [29])
    fun `a stop ends all that was asked for and the processor stays awake until then`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            BadLink(receiver.address).use { link ->
                onMobileData()
                val host = mobileHost()
                val id = host.photoToSend(receiver, link.address, 3_000_000)
                link.obey("rate 100KB")
                host.sendNow(listOf(id))
                host.sendNow(listOf(id))
                val intent = assertNotNull(shadowOf(app).nextStartedService)
                val service = Robolectric.buildService(SendNowService::class.java, intent).create().startCommand(0, 1)
                until("it is under way") { host.satchel().progress.value.uploads.isNotEmpty() }
                service.startCommand(0, 2)
                assertTrue(assertNotNull(ShadowPowerManager.getLatestWakeLock(), "the phone falls asleep in mid-transfer").isHeld)
                host.notice("app.satchel.android.STOP") {}
                until("all of it ends", 5.seconds) { shadowOf(service.get()).isStoppedBySelf }
                until("nothing is sent any more", 5.seconds) { host.satchel().progress.value.uploads.isEmpty() }
                until("the phone may sleep", 5.seconds) { !checkNotNull(ShadowPowerManager.getLatestWakeLock()).isHeld }
                assertFalse(host.satchel().asset(id).state is AssetState.Delivered)
            }
        }
    }
}
