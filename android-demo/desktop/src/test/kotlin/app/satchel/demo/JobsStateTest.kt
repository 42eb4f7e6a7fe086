package app.satchel.demo

import app.satchel.AssetState
import app.satchel.Link
import app.satchel.LinkKind
import app.satchel.Mark
import app.satchel.Order
import app.satchel.Policy
import app.satchel.demo.state.BudgetDraft
import app.satchel.photo
import app.satchel.until
import kotlinx.coroutines.Job
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/** When the outbox runs, and when the system's jobs are set. */
internal class JobsStateTest {
    private val hotel = Link(LinkKind.Wifi, metered = true, roaming = false, network = "hotel")

    @Test
    fun `what changes when something may go sets the jobs`() = onDesk(link = hotel, paired = false, visible = false) {
        val id = phone.satchel().add(photo(camera, "a.jpg")).id
        demo.show(id)

        suspend fun sets(what: String, change: () -> Job) {
            val before = phone.rescheduled
            change().join()
            assertEquals(before + 1, phone.rescheduled, what)
        }
        sets("a pause") { demo.outbox.pause(true) }
        sets("the end of a pause") { demo.outbox.pause(false) }
        sets("a word about a network") { demo.link.mark(Mark.Free) }
        sets("rules") { demo.settings.choosePolicy(Policy.WITHIN_MY_BUDGET) }
        sets("an order") { demo.settings.chooseOrder(Order.Oldest) }
        sets("an urgent one") { checkNotNull(demo.shown.value).setUrgent(true) }
        demo.link.editBudget()
        demo.link.type(BudgetDraft(name = "mobile", megabytes = "5"))
        sets("a budget") { demo.link.saveBudget() }
        sets("no budget") { demo.link.removeBudget("mobile") }
        assertEquals(0, phone.runs, "nothing runs while the app is not on the screen")
    }

    @Test
    fun `while it is on the screen the phone runs it and the jobs are set when it goes`() = onDesk(visible = false) {
        demo.visible(true)
        until("it runs") { phone.runs > 0 }
        val id = phone.satchel().add(photo(camera, "a.jpg")).id
        until("it is there") { phone.satchel().asset(id).state is AssetState.Delivered }
        val before = phone.rescheduled
        demo.visible(false)
        until("the jobs are set") { phone.rescheduled > before }
        val runs = phone.runs
        val other = phone.satchel().add(photo(camera, "b.jpg")).id
        until("it is known") { demo.outbox.ui.value.entries.size > 2 }
        assertEquals(runs, phone.runs)
        assertTrue(phone.satchel().asset(other).state !is AssetState.Delivered)
    }
}
