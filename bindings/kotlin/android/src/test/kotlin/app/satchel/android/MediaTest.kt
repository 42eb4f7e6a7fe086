package app.satchel.android

import android.Manifest.permission
import android.content.pm.ProviderInfo
import android.net.Uri
import android.os.ParcelFileDescriptor
import app.satchel.AddKind
import app.satchel.AddOptions
import app.satchel.AssetState
import app.satchel.LibraryItem
import app.satchel.OpenedItem
import app.satchel.Receiver
import app.satchel.Source
import app.satchel.android.photos.cleanName
import app.satchel.photo
import app.satchel.real
import app.satchel.until
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import java.io.File
import java.io.FileNotFoundException
import java.io.RandomAccessFile
import kotlin.concurrent.thread
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlin.time.Instant

/** The phone's photos, by MediaStore's contract, into the real outbox. */
internal class MediaTest : OnPhone() {
    private val media: FakeMedia by lazy { Robolectric.setupContentProvider(FakeMedia::class.java, "media") }
    private val other: OtherApp by lazy { Robolectric.setupContentProvider(OtherApp::class.java, "other") }
    private val staged get() = folder.resolve("staged").list().orEmpty().toList()

    private fun library() = AndroidMediaLibrary(app, folder.resolve("staged"), TestDescriptors)

    private fun allow(vararg permissions: String) = shadowOf(app).grantPermissions(*permissions)

    @Test
    fun `photos and videos are added with their album and what is hidden waits`() = real {
        allow(permission.READ_MEDIA_IMAGES, permission.READ_MEDIA_VIDEO)
        network()
        val host = start(HostOptions(photos = PhotoRules(since = Instant.DISTANT_PAST)))
        media.put(1, photo(folder, "one.jpg"))
        media.put(2, photo(folder, "two.mp4"), album = "Films", video = true)
        media.put(3, photo(folder, "three.jpg"))
        media.change(3) { it.copy(pending = true) }
        media.put(4, photo(folder, "four.jpg"))
        media.change(4) { it.copy(trashed = true) }
        val report = host.scanPhotos()
        assertEquals(2, report.added)
        val satchel = host.satchel()
        assertEquals(setOf("one.jpg", "two.mp4"), satchel.list().map { it.name }.toSet())
        assertEquals(0, host.scanPhotos().seen, "what is there was read again")
        media.change(3) { it.copy(pending = false) }
        media.change(4) { it.copy(trashed = false) }
        assertEquals(2, host.scanPhotos().added)
        assertEquals(4, satchel.list().size)
        // The addresses hold: the same items again are no new assets.
        media.version = "library 2"
        assertEquals(ScanReport(seen = 4, full = true), host.scanPhotos())
    }

    @Test
    fun `the read mode says whether the place is in it`() {
        media.put(1, photo(folder, "one.jpg"))
        assertEquals(0, assertIs<OpenedItem.Descriptor>(library().open(photoUri(1).toString())).also(::close).readMode)
        assertNull(media.opened.last().getQueryParameter("requireOriginal"))
        allow(permission.ACCESS_MEDIA_LOCATION)
        assertEquals(1, assertIs<OpenedItem.Descriptor>(library().open(photoUri(1).toString())).also(::close).readMode)
        assertEquals("1", media.opened.last().getQueryParameter("requireOriginal"))
        media.failure = { UnsupportedOperationException("Caller must hold ACCESS_MEDIA_LOCATION permission to access original") }
        media.opened.clear()
        runCatching { library().open(photoUri(1).toString()) }
        assertEquals(2, media.opened.size, "without the place it is not even tried")
    }

    /** Descriptors that nobody else closes. */
    private fun close(item: OpenedItem.Descriptor) = ParcelFileDescriptors.close(item.fd)

    @Test
    @Config(sdk = [24])
    fun `before there was a permission for it the place is always in it`() {
        media.put(1, photo(folder, "one.jpg"))
        val uri = "content://media/external/images/media/1"
        assertEquals(1, assertIs<OpenedItem.Descriptor>(library().open(uri)).also(::close).readMode)
    }

    @Test
    fun `gone denied and away are told apart`() {
        val library = library()
        media.put(1, photo(folder, "one.jpg"))
        val one = photoUri(1).toString()
        assertEquals(OpenedItem.Gone, library.open(photoUri(9).toString()))
        media.failure = { SecurityException("has no access to content://media/external/images/media/1") }
        assertEquals(OpenedItem.Denied, library.open(one))
        media.failure = { FileNotFoundException("EIO (I/O error)") }
        assertEquals(OpenedItem.Away, library.open(one), "the row is there, so it is not gone")
        media.failure = { IllegalStateException("the library is being built") }
        assertEquals(OpenedItem.Away, library.open(one))
        assertEquals(OpenedItem.Away, library.open("content://media/1a2b-3c4d/images/media/1"), "a card that was taken out")
        assertEquals(OpenedItem.Gone, library.open("file:///etc/passwd"))
        assertEquals(OpenedItem.Gone, library.open("content://nobody.knows/1"))
    }

    @Test
    fun `what is gone from the library is parked and the others go`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            allow(permission.READ_MEDIA_IMAGES, permission.READ_MEDIA_VIDEO)
            network()
            val host = start(HostOptions(photos = PhotoRules(since = Instant.DISTANT_PAST)))
            host.satchel().pair(receiver.pairingCode(), "a phone")
            media.put(1, photo(folder, "one.jpg"))
            media.put(2, photo(folder, "two.jpg"))
            assertEquals(2, host.scanPhotos().added)
            media.remove(1)
            val satchel = host.satchel()
            val (two, one) = satchel.list().sortedByDescending { it.name }
            assertIs<AssetState.Delivered>(host.deliver(two.id).state)
            assertIs<AssetState.Parked>(satchel.asset(one.id).state)
            assertTrue(two.hash in receiver.completed() || satchel.asset(two.id).hash in receiver.completed())
        }
    }

    @Test
    fun `a motion photo is one file and arrives bit for bit`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            allow(permission.READ_MEDIA_IMAGES, permission.READ_MEDIA_VIDEO)
            network()
            val host = start(HostOptions(photos = PhotoRules(since = Instant.DISTANT_PAST)))
            host.satchel().pair(receiver.pairingCode(), "a phone")
            val file = photo(folder, "still.jpg", 50_000)
            file.appendBytes(byteArrayOf(0, 0, 0, 24) + "ftypmp42".toByteArray() + ByteArray(30_000) { it.toByte() })
            media.put(1, file)
            host.scanPhotos()
            val asset = host.satchel().list().single()
            val delivered = host.deliver(asset.id)
            assertEquals(file.length(), delivered.bytes)
            assertNull(delivered.motion)
            assertTrue(delivered.hash in receiver.completed())
        }
    }

    @Test
    fun `what another app shares is copied at once`() = real {
        network()
        val host = start()
        val file = photo(folder, "theirs.jpg")
        val bytes = file.readBytes()
        other.open = { ParcelFileDescriptor.open(file, ParcelFileDescriptor.MODE_READ_ONLY) }
        val shared = host.addShared(listOf(Uri.parse("content://other/1")), album = "Shared").single()
        assertEquals(AddKind.Added, assertNotNull(shared.added, shared.problem).kind)
        assertTrue(file.delete())
        val satchel = host.satchel()
        host.run()
        val asset = satchel.asset(shared.added.id)
        assertEquals("from afar.jpg", asset.name)
        assertEquals(bytes.size.toLong(), asset.bytes)
        assertNotNull(asset.hash)
    }

    @Test
    @Config(sdk = [24, 35])
    fun `a pipe is shared whole and nothing of it stays behind`() = real {
        network()
        val host = start()
        val bytes = photo(folder, "piped.jpg", 300_000).readBytes()
        val fifo = File(folder, "fifo")
        check(ProcessBuilder("mkfifo", fifo.path).start().waitFor() == 0)
        other.open = {
            thread { RandomAccessFile(fifo, "rw").use { it.write(bytes) } }
            ParcelFileDescriptor.open(fifo, ParcelFileDescriptor.MODE_READ_ONLY)
        }
        val shared = host.addShared(listOf(Uri.parse("content://other/2"))).single()
        val satchel = host.satchel()
        host.run()
        val asset = satchel.asset(assertNotNull(shared.added, shared.problem).id)
        assertEquals(bytes.size.toLong(), asset.bytes)
        assertEquals(satchel.asset(satchel.add(File(folder, "piped.jpg")).id).also { host.run() }.bytes, asset.bytes)
        assertEquals(emptyList(), staged)
    }

    @Test
    fun `nobody can have this app's own files sent`() = real {
        network()
        val host = start()
        val secret = File(folder, "secret.jpg").apply { writeBytes(ByteArray(100)) }
        val own = Robolectric.buildContentProvider(OtherApp::class.java).create("${app.packageName}.files").get()
        val registered =
            ProviderInfo().apply {
                authority = "${app.packageName}.files"
                packageName = app.packageName
                name = OtherApp::class.java.name
            }
        shadowOf(app.packageManager).addOrUpdateProvider(registered)
        own.open = { ParcelFileDescriptor.open(secret, ParcelFileDescriptor.MODE_READ_ONLY) }
        val uris = listOf("file://$secret", "content://${app.packageName}.files/1", "content://0@${app.packageName}.files/1")
        for (shared in host.addShared(uris.map(Uri::parse))) {
            assertNull(shared.added)
            assertNotNull(shared.problem)
        }
        assertEquals(emptyList(), host.satchel().list())
    }

    @Test
    fun `one that cannot be read does not hold back the others`() = real {
        network()
        val host = start()
        val file = photo(folder, "theirs.jpg")
        var first = true
        other.open = {
            if (first) {
                first = false
                throw FileNotFoundException("gone")
            }
            ParcelFileDescriptor.open(file, ParcelFileDescriptor.MODE_READ_ONLY)
        }
        val (gone, taken) = host.addShared(listOf(Uri.parse("content://other/1"), Uri.parse("content://other/2")))
        assertNull(gone.added)
        assertNotNull(gone.problem)
        assertNotNull(taken.added)
    }

    @Test
    fun `names become such as the outbox takes`() {
        assertEquals("passwd", cleanName("../../etc/passwd", null))
        assertEquals("photo.heic", cleanName("photo", "image/heic"))
        assertEquals("a.JPG", cleanName("a.JPG", "image/png"))
        assertEquals("shared.mp4", cleanName("\u0000\n", "video/mp4"))
        assertEquals("b.jpg", cleanName("a/..\\b\u007f\u0085\u009f.jpg", null))
        assertEquals("video", cleanName("\\", null, "video"))
        assertTrue(cleanName("a" + "\ud83d\ude00".repeat(100) + ".jpg", null).endsWith("\ud83d\ude00.jpg"), "half a character is left")
        assertTrue(cleanName("ü".repeat(400) + ".jpg", null).let { it.endsWith("ü.jpg") && it.toByteArray().size <= 255 })
    }

    @Test
    fun `a name that the outbox does not take holds back nothing`() = real {
        allow(permission.READ_MEDIA_IMAGES, permission.READ_MEDIA_VIDEO)
        network()
        val host = start(HostOptions(photos = PhotoRules(since = Instant.DISTANT_PAST)))
        media.put(1, photo(folder, "a\\b\u0001.jpg"))
        media.put(2, photo(folder, "two.jpg"))
        assertEquals(ScanReport(seen = 2, added = 2, full = true), host.scanPhotos())
        assertEquals(setOf("b.jpg", "two.jpg"), host.satchel().list().map { it.name }.toSet())
        assertEquals(0, host.scanPhotos().seen, "what is there was read again")
    }

    @Test
    fun `an item that was added with its place and one without are different originals`() = real {
        allow(permission.READ_MEDIA_IMAGES, permission.READ_MEDIA_VIDEO)
        network()
        val host = start()
        val satchel = host.satchel()
        media.put(1, photo(folder, "one.jpg"))
        val item = LibraryItem(photoUri(1).toString(), "one.jpg")
        assertEquals(AddKind.Added, satchel.add(item, AddOptions()).kind)
        host.run()
        assertEquals(AddKind.Unchanged, satchel.add(item, AddOptions()).kind)
        allow(permission.ACCESS_MEDIA_LOCATION)
        assertEquals(AddKind.Added, satchel.add(item, AddOptions()).kind)
        assertEquals(setOf(Source.Library(item.id)), satchel.list().map { it.source }.toSet<Any>())
    }

    @Test
    fun `a library whose process dies in mid-scan hides nothing for good`() = real {
        allow(permission.READ_MEDIA_IMAGES, permission.READ_MEDIA_VIDEO)
        network()
        val host = start(HostOptions(photos = PhotoRules(since = Instant.DISTANT_PAST)))
        media.put(1, photo(folder, "one.jpg"))
        media.put(2, photo(folder, "two.jpg"))
        media.isDead = true
        assertNotNull(host.scanPhotos().held, "that nothing was answered is not said")
        media.isDead = false
        media.rowsLeft = 0
        assertNotNull(host.scanPhotos().held, "that nothing was answered is not said")
        media.rowsLeft = Int.MAX_VALUE
        assertEquals(2, host.scanPhotos().added)
    }

    @Test
    fun `leave for photos alone is no leave to take all that were there before`() = real {
        allow(permission.READ_MEDIA_IMAGES)
        network()
        val host = start(HostOptions(photos = PhotoRules(videos = false)))
        media.put(Row(1, photo(folder, "years ago.jpg"), 0, added = 1_000_000_000))
        host.watchPhotos(true)
        assertEquals(emptyList(), host.satchel().list().map { it.name })
        media.put(2, photo(folder, "new.jpg"))
        assertEquals(1, host.scanPhotos().added)
        assertEquals(0, host.scanPhotos().seen, "what is there was read again")
        // Films may be seen too now: what there is of them was not looked at yet.
        media.put(3, photo(folder, "film.mp4"), video = true)
        allow(permission.READ_MEDIA_VIDEO)
        assertTrue(host.scanPhotos().full)
    }

    @Test
    @Config(sdk = [29])
    fun `one that was still empty when it was seen is looked at again`() = real {
        allow(permission.READ_EXTERNAL_STORAGE)
        network()
        val host = start(HostOptions(photos = PhotoRules(since = Instant.DISTANT_PAST)))
        val file = File(folder, "being written.jpg").apply { writeBytes(ByteArray(0)) }
        media.put(1, file)
        assertEquals(1, host.scanPhotos().failed)
        photo(folder, "whole.jpg").copyTo(file, overwrite = true)
        assertEquals(1, host.scanPhotos().added)
        assertEquals(0, host.scanPhotos().added)
    }

    @Test
    fun `what a person selects in addition is taken when the app comes to the front`() = real {
        allow(permission.READ_MEDIA_VISUAL_USER_SELECTED)
        network()
        val host = start()
        host.watchPhotos(true)
        media.put(1, photo(folder, "selected.jpg"))
        val activity = Robolectric.buildActivity(android.app.Activity::class.java).setup()
        try {
            until("it is taken") { host.satchel().list().size == 1 }
        } finally {
            activity.pause().stop().destroy()
        }
    }
}
