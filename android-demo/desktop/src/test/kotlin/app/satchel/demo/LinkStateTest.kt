package app.satchel.demo

import app.satchel.AssetState
import app.satchel.LedgerRow
import app.satchel.Link
import app.satchel.LinkClass
import app.satchel.LinkKind
import app.satchel.Mark
import app.satchel.Period
import app.satchel.Policy
import app.satchel.TargetId
import app.satchel.WaitReason
import app.satchel.demo.state.BudgetDraft
import app.satchel.demo.state.classOf
import app.satchel.demo.state.ledgerDays
import app.satchel.demo.state.ledgerWords
import app.satchel.photo
import app.satchel.until
import java.time.LocalDate
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue

/** What the Link screen shows and does. */
internal class LinkStateTest {
    private val hotel = Link(LinkKind.Wifi, metered = true, roaming = false, network = "hotel")

    @Test
    fun `a person's word about a network counts and what waited for it goes`() = onDesk(link = hotel) {
        val ui = demo.link.ui
        until("it counts as metered") { ui.value.linkClass == LinkClass.Metered }
        val id = phone.satchel().add(photo(camera, "a.jpg")).id
        until("it waits") { (phone.satchel().asset(id).state as? AssetState.Waiting)?.reason == WaitReason.LinkCosts }
        demo.link.mark(Mark.Free).join()
        assertEquals(Mark.Free, ui.value.mark)
        assertEquals(LinkClass.Unmetered, ui.value.linkClass)
        assertEquals(true, ui.value.seen.metered, "what the phone sees is still told")
        until("it is there") { phone.satchel().asset(id).state is AssetState.Delivered }
        demo.link.mark(null).join()
        assertNull(ui.value.mark)
        assertEquals(LinkClass.Metered, ui.value.linkClass)
    }

    @Test
    fun `a network without a name cannot be marked and that is said`() = onDesk(link = hotel.copy(network = null)) {
        demo.link.mark(Mark.Free).join()
        assertTrue("which network" in said())
    }

    @Test
    fun `the class is the one under which the core counts`() {
        val links =
            listOf(
                Link.FreeWifi,
                hotel,
                Link(LinkKind.Cellular),
                Link(LinkKind.Cellular, metered = true, roaming = true),
                Link(LinkKind.Cellular, metered = true, roaming = false, temporarilyUnmetered = true),
                Link(LinkKind.Hotspot),
                Link(LinkKind.Wifi),
                Link(),
            )
        onDesk(policy = Policy.overAnyLink(), visible = false) {
            val satchel = phone.satchel()
            var before = satchel.ledger().associateBy { it.link }
            links.forEachIndexed { number, link ->
                phone.move(link)
                satchel.add(photo(camera, "$number.jpg"))
                until("it is there") {
                    satchel.run(app.satchel.atOnce)
                    satchel.list(limit = 1).single().state is AssetState.Delivered
                }
                val after = satchel.ledger().associateBy { it.link }
                val grown = after.filter { (name, row) -> row.sent > (before[name]?.sent ?: 0) }.keys
                assertEquals(setOf(classOf(link)?.name?.lowercase()), grown, "$link")
                before = after
            }
            assertNull(classOf(Link.None))
        }
    }

    @Test
    fun `a budget is typed with mistakes and then holds and when it is spent that is the reason`() =
        onDesk(policy = Policy.ready(Policy.WITHIN_MY_BUDGET), link = hotel) {
            val ui = demo.link.ui
            val first = phone.satchel().add(photo(camera, "a.jpg", 300_000)).id
            until("it has no budget") { (phone.satchel().asset(first).state as? AssetState.Waiting)?.reason == WaitReason.NoBudget }

            demo.link.editBudget()
            assertEquals("mobile", assertNotNull(ui.value.draft).name)
            demo.link.type(BudgetDraft(name = " ", megabytes = "0.5"))
            demo.link.saveBudget().join()
            assertTrue("name" in assertNotNull(ui.value.draft?.problem))
            demo.link.type(BudgetDraft(name = "mobile", megabytes = "much"))
            demo.link.saveBudget().join()
            assertTrue("megabytes" in assertNotNull(ui.value.draft?.problem))
            demo.link.type(BudgetDraft(name = "mobile", megabytes = "0,5"))
            demo.link.saveBudget().join()
            assertNull(ui.value.draft)
            assertEquals(500_000, ui.value.budgets.single().budget.bytes)

            until("it is there") { phone.satchel().asset(first).state is AssetState.Delivered }
            val second = phone.satchel().add(photo(camera, "b.jpg", 300_000)).id
            until("the budget is spent") { (phone.satchel().asset(second).state as? AssetState.Waiting)?.reason is WaitReason.BudgetSpent }
            until("that is shown") { ui.value.budgets.single().left < 300_000 && ui.value.ledger.size == 1 }
            assertTrue((ui.value.ledger.single().bytes[LinkClass.Metered] ?: 0) > 300_000)
            until("its words are shown") {
                demo.outbox.ui.value.entries.any {
                    (it as? app.satchel.demo.state.OutboxEntry.Item)?.row?.words?.contains(
                        "mobile",
                    ) == true
                }
            }

            demo.link.editBudget(ui.value.budgets.single().budget)
            val draft = assertNotNull(ui.value.draft)
            assertEquals("0.5" to "mobile", draft.megabytes to draft.old)
            demo.link.type(draft.copy(name = "hotels", megabytes = "2", daily = false, days = "3"))
            demo.link.saveBudget().join()
            val changed = ui.value.budgets.single().budget
            assertEquals("hotels" to 2_000_000L, changed.name to changed.bytes)
            assertTrue(changed.period is Period.Trip)
            until("it is there") { phone.satchel().asset(second).state is AssetState.Delivered }
            demo.link.removeBudget("hotels").join()
            assertTrue(ui.value.budgets.isEmpty())
        }

    @Test
    fun `a sign-in page is told and can be opened`() = onDesk(link = Link(LinkKind.Wifi, metered = false, captive = true)) {
        until("it is told") { demo.link.ui.value.told.captive == true }
        demo.link.openSignIn()
        assertEquals(listOf("sign in"), errands.asked)
    }

    @Test
    fun `days of the ledger have no gaps and words`() {
        val row = LedgerRow(100, "metered", TargetId(1), 900, 800, 50, 100)
        val days =
            ledgerDays(
                listOf(row, row.copy(link = "unmetered", sent = 5_000, wasted = -20), row.copy(day = 102, link = "newer")),
                LocalDate.ofEpochDay(103),
            )
        assertEquals(listOf(100L, 101L, 102L, 103L), days.map { it.day.toEpochDay() })
        assertEquals(mapOf(LinkClass.Metered to 1_000L, LinkClass.Unmetered to 5_100L), days[0].bytes)
        assertEquals(30, days[0].wasted)
        assertEquals(setOf(LinkClass.Unknown), days[2].bytes.keys)
        assertEquals("Today: nothing", ledgerWords(days[3], LocalDate.ofEpochDay(103)))
        assertEquals("Yesterday: price unknown 1.0 KB", ledgerWords(days[2], LocalDate.ofEpochDay(103)))
        assertTrue(ledgerDays(listOf(row), LocalDate.ofEpochDay(200)).isEmpty())
    }
}
