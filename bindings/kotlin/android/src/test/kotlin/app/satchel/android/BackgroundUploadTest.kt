package app.satchel.android

import android.content.Intent
import app.satchel.AssetState
import app.satchel.Receiver
import app.satchel.android.jobs.BootReceiver
import app.satchel.android.jobs.JobKind
import app.satchel.android.jobs.NoticeReceiver
import app.satchel.android.jobs.PhotosJobService
import app.satchel.android.jobs.SendNowService
import app.satchel.android.jobs.UploadJobService
import app.satchel.android.photos.PhotoPermissions
import app.satchel.photo
import app.satchel.real
import app.satchel.until
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.annotation.Config
import org.w3c.dom.NamedNodeMap
import java.io.File
import javax.xml.parsers.DocumentBuilderFactory
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertTrue

/** The lines of the README, run; and the manifest that they stand on. */
@Config(application = TravelApp::class)
internal class BackgroundUploadTest : OnPhone() {
    @Test
    fun `the lines of the README upload a photo`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            FakeKeystore.install()
            val wifi = network()
            val host = (RuntimeEnvironment.getApplication() as TravelApp).satchelHost
            pair(host, receiver.pairingCode())
            val id = upload(host, photo(folder, "mine.jpg"), "First light")
            val job = set(JobKind.Upload).single()
            val params = parameters(job.id, job.extras, wifi)
            val service = Robolectric.buildService(UploadJobService::class.java).create().get()
            assertTrue(service.onStartJob(params))
            until("it is there") { host.satchel().asset(id).state is AssetState.Delivered }
            assertEquals(listOf("First light"), receiver.captions())
            host.end()
        }
    }

    @Test
    fun `the manifest has what the code stands on`() {
        val file = File(checkNotNull(System.getProperty("satchel.manifest")) { "-Dsatchel.manifest=FILE names the library's manifest" })
        val manifest = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file).documentElement

        fun all(tag: String) = manifest.getElementsByTagName(tag).let { list -> (0 until list.length).map { list.item(it).attributes } }

        fun NamedNodeMap.value(name: String) = getNamedItem("android:$name")?.nodeValue
        val services = all("service").associateBy { it.value("name") }
        for (job in listOf(UploadJobService::class, PhotosJobService::class)) {
            assertEquals("android.permission.BIND_JOB_SERVICE", services.getValue(job.java.name).value("permission"))
        }
        assertEquals("dataSync", services.getValue(SendNowService::class.java.name).value("foregroundServiceType"))
        assertEquals(
            setOf(BootReceiver::class.java.name, NoticeReceiver::class.java.name),
            all("receiver").map { it.value("name") }.toSet(),
        )
        assertTrue((all("service") + all("receiver")).all { it.value("exported") == "false" }, "another app could call it")
        assertEquals(setOf(Intent.ACTION_BOOT_COMPLETED, Intent.ACTION_MY_PACKAGE_REPLACED), all("action").map { it.value("name") }.toSet())
        val permissions = all("uses-permission").map { it.value("name") }
        val needed = listOf("INTERNET", "ACCESS_NETWORK_STATE", "RECEIVE_BOOT_COMPLETED", "RUN_USER_INITIATED_JOBS", "FOREGROUND_SERVICE")
        assertEquals(emptyList(), needed.map { "android.permission.$it" } - permissions.toSet())
        val photos =
            listOf(24, 29, 33, 34).flatMap { level -> PhotoPermissions.access(level) { false }.missing } + PhotoPermissions.SELECTED
        assertEquals(emptyList(), photos - permissions.toSet())
    }
}
