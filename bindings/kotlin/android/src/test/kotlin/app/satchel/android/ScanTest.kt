package app.satchel.android

import app.satchel.AddKind
import app.satchel.Policy
import app.satchel.SatchelException
import app.satchel.android.photos.PhotoItem
import app.satchel.android.photos.PhotoMarks
import app.satchel.android.photos.PhotoScan
import app.satchel.android.photos.PhotoShelf
import app.satchel.android.photos.Position
import app.satchel.real
import org.junit.Test
import java.io.File
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertFalse
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.days
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

/** Scans of a library that changes under them. */
internal class ScanTest : OnPhone() {
    private val began = Instant.fromEpochSeconds(1_800_000_000)
    private val shelf = Shelf()
    private val marks get() = PhotoMarks(File(folder, "marks"))

    /** What the outbox was given, and what it has. */
    private val given = mutableListOf<String>()
    private val has = mutableSetOf<String>()

    private inner class Shelf : PhotoShelf {
        val items = mutableMapOf<Long, PhotoItem>()
        val hidden = mutableSetOf<Long>()
        var reach = PhotoReach.All
        var version = "1"
        var counts = true
        var count = 10L
        var onPage: () -> Unit = {}

        fun put(
            id: Long,
            added: Instant = began + 10.seconds,
            modified: Instant = added,
            album: String = "Camera",
            video: Boolean = false,
        ) {
            count += 1
            val position = Position(if (counts) count else 0, id)
            val born = if (counts) items[id]?.born ?: count else id
            items[id] = PhotoItem(position, "content://photo/$id", "$id.jpg", album, video, added, modified, born)
        }

        override fun reach() = reach

        override fun volumes() = listOf("external_primary")

        override fun version(volume: String) = version

        override fun generation(volume: String) = count.takeIf { counts }

        override fun page(volume: String, after: Position, limit: Int): List<PhotoItem> {
            val page = items.filterKeys { it !in hidden }.values.filter { it.position > after }.sortedBy { it.position }.take(limit)
            onPage()
            return page
        }
    }

    private suspend fun scan(rules: PhotoRules = PhotoRules(), failing: (PhotoItem) -> Unit = {}): ScanReport =
        PhotoScan(shelf, marks, rules) { item ->
            failing(item)
            given += item.uri.substringAfterLast('/')
            if (has.add(item.uri)) AddKind.Added else AddKind.Unchanged
        }.scan(began)

    private fun took(): List<String> = given.toList().also { given.clear() }

    @Test
    fun `each scan looks at what changed since the last one`() = real {
        repeat(450) { shelf.put(it.toLong()) }
        assertEquals(450, scan().added)
        assertEquals(450, took().toSet().size)
        assertEquals(ScanReport(), scan())
        shelf.put(1_000)
        shelf.put(3)
        assertEquals(1, scan().added)
        assertEquals(listOf("1000", "3"), took())
    }

    @Test
    fun `what changes while a scan goes on is seen by the next one`() = real {
        shelf.put(1)
        shelf.put(2)
        var once = true
        shelf.onPage = {
            if (once) {
                once = false
                // A camera's picture with a smaller id, which was pending until now.
                shelf.put(0)
                shelf.put(2)
            }
        }
        scan()
        scan()
        assertTrue("0" in took())
        assertEquals(3, has.size)
    }

    @Test
    fun `pending and binned ones are seen when they are not that any more`() = real {
        shelf.put(1)
        shelf.hidden += 1
        shelf.put(2)
        scan()
        assertEquals(listOf("2"), took())
        shelf.hidden.clear()
        shelf.put(1)
        scan()
        assertEquals(listOf("1"), took())
    }

    @Test
    fun `a kill between adding and the mark misses nothing and adds nothing twice`() = real {
        repeat(500) { shelf.put(it.toLong()) }
        var left = 350
        assertFailsWith<IllegalStateException> { scan { if (left-- == 0) error("killed") } }
        assertEquals(350, has.size)
        val first = took()
        scan()
        assertEquals(500, has.size)
        // What was before the last mark is not even looked at again.
        assertEquals(300, took().size)
        assertEquals(350, first.size)
    }

    @Test
    fun `one that cannot be added now holds the mark and not the others`() = real {
        repeat(3) { shelf.put(it.toLong()) }
        val full = failure()
        val held = scan { if (it.position.id == 1L) throw full }
        assertEquals(full, held.held)
        assertEquals(listOf("0", "2"), took())
        assertEquals(1, scan().added)
        assertEquals(listOf("0", "1", "2"), took())
        assertEquals(ScanReport(), scan())
    }

    /** No app makes one of these: one that the library made. */
    private fun failure(): SatchelException = assertFailsWith<SatchelException> { Policy.fromJson("{") }

    @Test
    fun `only what came since it is watched and what the rules want`() = real {
        shelf.put(1, added = began - 1.days)
        shelf.put(2)
        shelf.put(3, video = true)
        shelf.put(4, album = "Screenshots")
        // Copied from a card: an old file, that came now.
        shelf.put(5, modified = began - 900.days)
        scan(PhotoRules(videos = false, albums = setOf("Camera")))
        assertEquals(listOf("2", "5"), took())
    }

    @Test
    fun `all there is where the app says so`() = real {
        shelf.put(1, added = began - 900.days)
        scan(PhotoRules(since = Instant.DISTANT_PAST))
        assertEquals(listOf("1"), took())
    }

    @Test
    fun `a library that was built anew is looked through without what is old`() = real {
        shelf.put(1)
        scan()
        took()
        shelf.version = "2"
        shelf.count = 3
        shelf.items.clear()
        shelf.put(91, added = began + 50.seconds, modified = began + 10.seconds)
        shelf.put(92, added = began + 50.seconds, modified = began - 900.days)
        assertTrue(scan().full)
        assertEquals(listOf("91"), took())
        assertFalse(scan().full)
    }

    @Test
    fun `of what a person selected each scan looks at all and takes each once`() = real {
        shelf.reach = PhotoReach.Selected
        shelf.put(1, added = began - 900.days)
        shelf.put(2, added = began - 900.days)
        shelf.hidden += 1
        assertEquals(1, scan().added)
        assertEquals(listOf("2"), took())
        // Selected in addition: nothing of it changed.
        shelf.hidden.clear()
        scan()
        assertEquals(listOf("1"), took())
        scan()
        assertEquals(emptyList(), took())
        // Edited.
        shelf.put(2, added = began - 900.days)
        scan()
        assertEquals(listOf("2"), took())
        // All are allowed now.
        shelf.reach = PhotoReach.All
        shelf.put(3)
        assertTrue(scan().full)
        assertTrue("3" in took())
        assertFalse(scan().full)
    }

    @Test
    fun `systems that do not count changes go by ids and look at the last ones again`() = real {
        shelf.counts = false
        for (id in 1L..1_200) shelf.put(id)
        shelf.hidden += 1_100
        assertEquals(1_199, scan().added)
        took()
        scan()
        assertEquals(emptyList(), took())
        shelf.hidden.clear()
        shelf.put(1_201)
        assertEquals(2, scan().added)
        assertEquals(listOf("1100", "1201"), took())
    }

    @Test
    fun `without leave nothing is looked at and nothing is lost`() = real {
        shelf.reach = PhotoReach.None
        shelf.put(1)
        assertEquals(ScanReport(), scan())
        shelf.reach = PhotoReach.All
        assertEquals(1, scan().added)
    }

    @Test
    fun `a clock that was wrong when watching began hides nothing`() = real {
        for (counts in listOf(true, false)) {
            File(folder, "marks").delete()
            shelf.counts = counts
            shelf.items.clear()
            shelf.put(1, added = began - 1.days)
            scan()
            assertEquals(emptyList(), took())
            // The clock was set back: what is taken from here on is older than the first word, and new all the same.
            shelf.put(2, added = began - 30.days)
            scan()
            assertEquals(listOf("2"), took())
            // One that was there before stays out, though something of it changed.
            if (counts) shelf.put(1, added = began - 1.days)
            scan()
            assertEquals(emptyList(), took())
        }
    }
}
