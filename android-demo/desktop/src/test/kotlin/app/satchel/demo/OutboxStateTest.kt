package app.satchel.demo

import app.satchel.AssetState
import app.satchel.Link
import app.satchel.LinkKind
import app.satchel.ParkReason
import app.satchel.Policy
import app.satchel.SatchelException
import app.satchel.WaitReason
import app.satchel.demo.state.OutboxEntry
import app.satchel.demo.state.OutboxUi
import app.satchel.demo.state.Standing
import app.satchel.photo
import app.satchel.until
import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.minutes
import kotlin.time.measureTime

private val OutboxUi.rows get() = entries.filterIsInstance<OutboxEntry.Item>().map { it.row }
private val hotspot = Link(LinkKind.Wifi, metered = true, roaming = false, network = "hotel", bytesPerSecond = 500_000)

/** What the Outbox screen shows and does, against the real outbox and the real receiver. */
internal class OutboxStateTest {
    @Test
    fun `what is added is shown at once and goes by itself while the app is on the screen`() = onDesk {
        val ui = demo.outbox.ui
        until("it is read") { ui.value.loaded }
        assertTrue(ui.value.entries.isEmpty() && ui.value.complete && ui.value.paired)
        phone.satchel().add(photo(camera, "a.jpg"))
        until("it is shown") { ui.value.rows.singleOrNull()?.title == "a.jpg" }
        until("it is there") { ui.value.rows.singleOrNull()?.standing == Standing.Delivered }
        assertEquals(1, receiver.completed().size)
        until("nothing is to go") { ui.value.overall.let { it.open == 0L && it.delivered == 1L && it.fraction == null } }
        val day = ui.value.entries.first().being<OutboxEntry.Day>()
        assertEquals(ui.value.today, day.day)
    }

    @Test
    fun `over a network that costs it waits with the core's words and goes at its price`() = onDesk(link = hotspot) {
        val ui = demo.outbox.ui
        val id = phone.satchel().add(photo(camera, "a.jpg", 300_000)).id
        until("it waits for the reason") { reasonOf(id) == WaitReason.LinkCosts }
        until("its words are shown") { ui.value.rows.singleOrNull()?.words?.contains("costs") == true }
        assertEquals(Standing.Waiting, ui.value.rows.single().standing)
        assertNotNull(ui.value.rows.single().whenWords)
        assertEquals(emptyList(), receiver.completed())

        demo.outbox.toggle(id)
        assertEquals(setOf(id), ui.value.selected)
        demo.outbox.askPrice()
        until("the price is told") { ui.value.price?.price != null }
        val price = assertNotNull(ui.value.price?.price)
        assertTrue(price.bytes > 300_000 && price.takes != null, "$price")
        demo.outbox.sendNow()
        until("it is there") { ui.value.rows.singleOrNull()?.standing == Standing.Delivered }
        assertNull(ui.value.price)
        assertTrue(ui.value.selected.isEmpty())
        assertEquals(1, receiver.completed().size)
    }

    private suspend fun Desk.reasonOf(id: app.satchel.AssetId) = (phone.satchel().asset(id).state as? AssetState.Waiting)?.reason

    @Test
    fun `a pause holds all and is said and ends`() = onDesk {
        demo.outbox.pause(true).join()
        until("it is paused") { demo.outbox.ui.value.paused }
        val id = phone.satchel().add(photo(camera, "a.jpg")).id
        until("it waits") { demo.outbox.ui.value.rows.singleOrNull()?.words == "Safe in the outbox" || reasonOf(id) == WaitReason.Paused }
        assertEquals(emptyList(), receiver.completed())
        demo.outbox.pause(false).join()
        until("it is there") { demo.outbox.ui.value.rows.singleOrNull()?.standing == Standing.Delivered }
        assertTrue(!demo.outbox.ui.value.paused)
    }

    @Test
    fun `when the app goes its run ends and the jobs are set and when it comes it goes on`() = onDesk {
        demo.visible(false)
        until("the jobs are set") { phone.rescheduled == 1 }
        // Nobody runs any more, so another may.
        val report = phone.satchel().run(app.satchel.atOnce)
        assertEquals(0, report.counts.open)
        val id = phone.satchel().add(photo(camera, "a.jpg")).id
        demo.visible(true)
        until("it is there") { phone.satchel().asset(id).state is AssetState.Delivered }
    }

    @Test
    fun `what needs a person says what to do and goes after a retry`() = onDesk(visible = false) {
        val file = photo(camera, "a.jpg")
        val id = phone.satchel().add(file).id
        file.delete()
        demo.visible(true)
        until("it needs a person") { demo.outbox.ui.value.rows.singleOrNull()?.standing == Standing.NeedsYou }
        assertEquals(ParkReason.SourceGone, phone.satchel().asset(id).state.being<AssetState.Parked>().reason)
        assertTrue("retry" in demo.outbox.ui.value.rows.single().words)
        until("it is counted") { demo.outbox.ui.value.overall.needYou > 0 }
        photo(camera, "a.jpg")
        demo.outbox.toggle(id)
        demo.outbox.retrySelected().join()
        until("it is there") { demo.outbox.ui.value.rows.singleOrNull()?.standing == Standing.Delivered }
        assertEquals(1, receiver.completed().size)
    }

    @Test
    fun `what is removed goes from the list and its file stays`() = onDesk(link = hotspot) {
        val files = List(3) { photo(camera, "$it.jpg") }
        val ids = files.map { phone.satchel().add(it).id }
        until("they are shown") { demo.outbox.ui.value.rows.size == 3 }
        demo.outbox.toggle(ids[1])
        demo.outbox.removeSelected().join()
        until("it is gone") { demo.outbox.ui.value.rows.map { it.id } == listOf(ids[2], ids[0]) }
        assertTrue(files.all { it.exists() })
        assertTrue(demo.outbox.ui.value.selected.isEmpty())
        assertTrue("file" in said())
    }

    @Test
    fun `an error is said in the core's words`() = onDesk {
        phone.satchel().close()
        demo.outbox.pause(true).join()
        val words = said()
        assertTrue("open it again" in words, words)
        assertTrue(runCatching { phone.satchel().counts() }.exceptionOrNull() is SatchelException.Closed)
    }

    @Test
    fun `thirty thousand scroll page by page and news come in at the top`() =
        onDesk(policy = Policy(), link = Link.None, paired = false, visible = false, atMost = 5.minutes) {
            val many = 30_000
            File(camera, "roll").mkdirs()
            repeat(many) { File(camera, "roll/%05d.jpg".format(it)).writeText("photo $it") }
            val adding = measureTime { assertEquals(many.toLong(), phone.satchel().addFolder(File(camera, "roll")).added) }
            val ui = demo.outbox.ui
            until("the top is shown") { ui.value.rows.size >= 200 }
            var pages = 0
            val scrolling =
                measureTime {
                    while (!ui.value.complete) {
                        val before = ui.value.rows.size
                        val rows = ui.value.rows
                        demo.outbox.seen(rows[maxOf(0, rows.size - 20)].seq, rows.last().seq)
                        demo.outbox.more()
                        until("the next page is there") { ui.value.rows.size > before || ui.value.complete }
                        pages += 1
                    }
                }
            println("30,000 assets: added in $adding, scrolled through in $scrolling, $pages pages")
            val rows = ui.value.rows
            assertEquals(many, rows.size)
            assertEquals(rows.sortedByDescending { it.seq }, rows)
            val one = phone.satchel().add(photo(camera, "new.jpg")).id
            until("what is new stands first") { ui.value.rows.first().id == one }
            assertEquals(many + 1, ui.value.rows.size)
            // What is on the screen far below is read again, too.
            demo.outbox.seen(rows[20_010].seq, rows[20_020].seq)
            phone.satchel().remove(rows[20_015].id)
            until("it is gone far below") { ui.value.rows.none { it.id == rows[20_015].id } }
            assertEquals(many, ui.value.rows.size)
        }
}
