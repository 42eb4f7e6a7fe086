/*
 * What only a device, or an emulator, can show: the library loads, keys are kept by its key store, jobs are taken by its scheduler,
 * its media library is read, and the app opens. Run by `./gradlew connectedDebugAndroidTest`.
 */
package app.satchel.demo

import android.app.job.JobScheduler
import android.content.ContentValues
import android.content.Context
import android.graphics.Bitmap
import android.provider.MediaStore
import androidx.test.core.app.ActivityScenario
import androidx.test.core.app.ApplicationProvider
import androidx.test.ext.junit.runners.AndroidJUnit4
import app.satchel.AddOptions
import app.satchel.AssetState
import app.satchel.Link
import app.satchel.PostEdit
import app.satchel.WaitReason
import app.satchel.android.HasSatchel
import app.satchel.android.KeystoreCredentials
import app.satchel.android.SatchelHost
import kotlinx.coroutines.runBlocking
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNotNull
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith

@RunWith(AndroidJUnit4::class)
class OnDeviceTest {
    private val context: Context = ApplicationProvider.getApplicationContext()
    private val host: SatchelHost get() = (context as HasSatchel).satchelHost

    @Test
    fun tokensAreKeptByTheKeyStore() {
        val target = "https://receiver.example/tus/${System.nanoTime()}"
        assertNull(KeystoreCredentials(context).load(target))
        KeystoreCredentials(context).store(target, "a token")
        assertEquals("a token", KeystoreCredentials(context).load(target))
    }

    /** Added by its address in the media library, read through a descriptor, and kept with its reason while there is no network. */
    @Test
    fun aPictureOfTheMediaLibraryIsAddedAndWaits() = runBlocking {
        val values =
            ContentValues().apply {
                put(MediaStore.MediaColumns.DISPLAY_NAME, "satchel-${System.nanoTime()}.jpg")
                put(MediaStore.MediaColumns.MIME_TYPE, "image/jpeg")
            }
        val uri = checkNotNull(context.contentResolver.insert(MediaStore.Images.Media.EXTERNAL_CONTENT_URI, values))
        try {
            val picture = Bitmap.createBitmap(640, 480, Bitmap.Config.ARGB_8888)
            checkNotNull(context.contentResolver.openOutputStream(uri)).use { picture.compress(Bitmap.CompressFormat.JPEG, 90, it) }
            val satchel = host.satchel()
            host.pretendLink = Link.None
            val shared = host.addShared(listOf(uri), PostEdit(caption = "From the device"))
            val added = checkNotNull(shared.single().added) { shared.single().problem ?: "no word of it" }
            host.run()
            val state = satchel.asset(added.id).state
            assertTrue("$state", state is AssetState.Waiting && (state.reason == WaitReason.NoTarget || state.reason == WaitReason.NoLink))
            assertTrue((state as AssetState.Waiting).words.isNotEmpty())
        } finally {
            host.pretendLink = null
            context.contentResolver.delete(uri, null, null)
        }
    }

    @Test
    fun jobsAreTakenByTheSystem() = runBlocking {
        host.satchel().add(samplePicture(), AddOptions())
        host.watchPhotos(true)
        host.reschedule()
        val scheduler = checkNotNull(context.getSystemService(JobScheduler::class.java))
        assertNotNull("a content trigger", scheduler.allPendingJobs.firstOrNull { it.triggerContentUris != null })
    }

    @Test
    fun theAppOpens() {
        ActivityScenario.launch(MainActivity::class.java).use { it.onActivity { activity -> assertTrue(!activity.isFinishing) } }
    }

    private fun samplePicture() = java.io.File.createTempFile("satchel", ".jpg", context.filesDir).also { file ->
        val picture = Bitmap.createBitmap(320, 240, Bitmap.Config.ARGB_8888)
        file.outputStream().use { picture.compress(Bitmap.CompressFormat.JPEG, 80, it) }
    }
}
