@file:OptIn(ExperimentalTestApi::class)

package app.satchel.demo

import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.setValue
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getOrNull
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.assertIsEnabled
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.assertIsOff
import androidx.compose.ui.test.assertIsOn
import androidx.compose.ui.test.assertIsSelected
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.longClick
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performTextInput
import androidx.compose.ui.test.performTextReplacement
import androidx.compose.ui.test.performTouchInput
import app.satchel.AddOptions
import app.satchel.AssetState
import app.satchel.Link
import app.satchel.LinkKind
import app.satchel.Mark
import app.satchel.Policy
import app.satchel.PostEdit
import app.satchel.demo.state.Pretence
import app.satchel.demo.state.Tab
import app.satchel.demo.ui.ShareScreen
import app.satchel.demo.ui.ShareUi
import app.satchel.photo
import app.satchel.until
import kotlinx.coroutines.runBlocking
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue

private val hotel = Link(LinkKind.Wifi, metered = true, roaming = false, network = "hotel", bytesPerSecond = 500_000)

/** What is tapped does what it says, on the real outbox. */
internal class ScreensUiTest {
    @Test
    fun `an empty outbox leads to pairing and to the picker`() = onDesk(paired = false) {
        onScreen {
            that("Add photos").tap()
            waitUntil { errands.asked == listOf("pick") }
            that("Pair with a receiver").tap()
            waitUntil { demo.tab.value == Tab.Settings }
            that("Scan the code").tap()
            waitUntil { errands.asked == listOf("pick", "scan") }
        }
    }

    @Test
    fun `photos are selected and priced and sent`() = onDesk(link = hotel) {
        val satchel = phone.satchel()
        val first = satchel.add(photo(camera, "a.jpg", 200_000), AddOptions(PostEdit(caption = "Morning"))).id
        satchel.add(photo(camera, "b.jpg", 200_000), AddOptions(PostEdit(caption = "Evening")))
        until("they wait") { demo.outbox.ui.value.overall.open >= 2 }
        onScreen {
            awaits("your rules say to wait")
            that("Select photo Morning").assertIsOff().tap().assertIsOn()
            that("1 selected")
            that("Select photo Evening").tap()
            that("2 selected")
            that("Select photo Evening").tap()
            that("See what it costs").tap()
            that("Send 1 photo now?")
            awaits("Billed")
            that("Send now").tap()
            isGone("Send 1 photo now?")
            awaits("Delivered")
        }
        assertTrue(satchel.asset(first).state is AssetState.Delivered)
        assertEquals(1, receiver.completed().size)
    }

    @Test
    fun `a long press selects and a tap opens`() = onDesk(link = Link.None) {
        val id = phone.satchel().add(photo(camera, "a.jpg"), AddOptions(PostEdit(caption = "Morning"))).id
        onScreen {
            onNode(hasText("Morning").also { that("Morning") }).performTouchInput { longClick() }
            that("1 selected")
            that("Select nothing").tap()
            that("Morning").tap()
            that("Back to the outbox")
            assertEquals(id, demo.shown.value?.id)
            that("Back to the outbox").tap()
            waitUntil { demo.shown.value == null }
        }
    }

    @Test
    fun `sending is paused and goes on`() = onDesk(link = Link.None) {
        phone.satchel().add(photo(camera, "a.jpg"))
        onScreen {
            that("Pause sending").tap()
            that("Paused")
            waitUntil { runBlocking { phone.satchel().isPaused() } }
            onNode(hasText("Resume")).tap()
            isGone("Paused")
            waitUntil { runBlocking { !phone.satchel().isPaused() } }
        }
    }

    @Test
    fun `what is typed of a photo is kept`() = onDesk(link = Link.None) {
        val id = phone.satchel().add(photo(camera, "a.jpg")).id
        demo.show(id)
        onScreen(tall = 2_000) {
            awaits("Keep the original")
            onNode(hasSetTextAction() and hasText("Caption")).performTextInput("By the lake")
            that("Tell the place").tap()
            onNode(hasSetTextAction() and hasText("Place")).performTextInput("Hakone")
            that("Save").tap()
            isGone("Save")
        }
        val post = phone.satchel().asset(id).post
        assertEquals("By the lake" to "Hakone", post.caption to post.place?.name)
    }

    @Test
    fun `a photo is taken out after a question`() = onDesk(link = Link.None) {
        val id = phone.satchel().add(photo(camera, "a.jpg")).id
        demo.show(id)
        onScreen(tall = 2_000) {
            that("Remove from the outbox").tap()
            that("Cancel").tap()
            isGone("Cancel")
            assertNotNull(demo.shown.value)
            that("Remove from the outbox").tap()
            that("Remove").tap()
            waitUntil(timeoutMillis = 20_000) { demo.shown.value == null }
        }
        assertEquals(emptyList(), phone.satchel().list())
    }

    @Test
    fun `a network is marked and a budget set`() = onDesk(link = hotel, policy = Policy.ready(Policy.WITHIN_MY_BUDGET)) {
        demo.go(Tab.Link)
        onScreen(tall = 2_000) {
            that("As detected").assertIsSelected()
            that("Free").tap()
            waitUntil { demo.link.ui.value.mark == Mark.Free }
            that("Free").assertIsSelected()
            that("As detected").tap()
            waitUntil { demo.link.ui.value.mark == null }
            that("Add a budget").tap()
            onNode(hasSetTextAction() and hasText("Megabytes")).performTextReplacement("nothing")
            that("Save").tap()
            awaits("Say how many megabytes")
            onNode(hasSetTextAction() and hasText("Megabytes")).performTextReplacement("25")
            that("Save").tap()
            awaits("25.0 MB left of 25.0 MB")
            that("Change the budget mobile").tap()
            that("Delete").tap()
            isGone("Delete")
            isGone("25.0 MB left of 25.0 MB")
        }
        assertEquals(emptyList(), phone.satchel().budgets())
    }

    @Test
    fun `the ledger is a chart and words`() = onDesk {
        phone.satchel().add(photo(camera, "a.jpg"))
        until("it went") { demo.link.ui.value.ledger.isNotEmpty() && demo.outbox.ui.value.overall.delivered == 1L }
        demo.go(Tab.Link)
        onScreen(tall = 2_500) {
            awaits("Today: free")
            that("Show the days in words").tap()
            that("Hide the days in words")
        }
    }

    @Test
    fun `a sign-in page is opened`() = onDesk(link = Link(LinkKind.Wifi, metered = false, captive = true)) {
        demo.go(Tab.Link)
        onScreen {
            that("Open the sign-in page").tap()
            waitUntil { errands.asked == listOf("sign in") }
        }
    }

    @Test
    fun `a code is typed wrong and the words stay until it is typed again`() = onDesk(paired = false) {
        demo.go(Tab.Settings)
        onScreen(tall = 2_500) {
            onNode(hasSetTextAction() and hasText("Your name")).performTextInput("Ida")
            onNode(hasSetTextAction() and hasText("Or type the code")).performTextInput("satchel://nonsense")
            that("Pair").tap()
            awaits("Not a pairing code")
            onNode(hasSetTextAction() and hasText("Or type the code")).performTextReplacement(receiver.pairingCode())
            that("Pair").tap()
            awaits("Pair with another receiver")
        }
        assertEquals(1, phone.satchel().targets().size)
    }

    @Test
    fun `rules and order and redaction are chosen`() = onDesk(policy = null) {
        demo.go(Tab.Settings)
        onScreen(tall = 2_500) {
            that("Everything, within my budget").tap()
            waitUntil { demo.settings.ui.value.policies.any { it.chosen && it.name == Policy.WITHIN_MY_BUDGET } }
            that("Everything, within my budget").assertIsSelected()
            that("The oldest").tap().also { waitUntil { demo.settings.ui.value.order == app.satchel.Order.Oldest } }
            that("Where photos were taken").tap()
            waitUntil { demo.settings.ui.value.targets.single().redact == app.satchel.Redaction.Location }
            that("Add new photos by themselves").assertIsOff().tap()
            waitUntil { errands.asked == listOf("photos") }
        }
    }

    @Test
    fun `what is pretended is told on every screen until it is ended`() = onDesk {
        demo.go(Tab.Tester)
        onScreen {
            that("Off-line").tap()
            that("Pretending: Off-line")
            Tab.entries.forEach { tab ->
                runOnIdle { demo.go(tab) }
                that("Pretending: Off-line")
            }
            that("End").tap()
            isGone("Pretending: Off-line")
            assertNull(demo.pretence.value)
        }
    }

    @Test
    fun `a tester gets samples and a report and a kill`() = onDesk(link = Link.None) {
        demo.go(Tab.Tester)
        onScreen(tall = 2_500) {
            that("Add 1").tap()
            waitUntil(timeoutMillis = 20_000) { runBlocking { phone.satchel().list().size == 1 } }
            that("Share a report").tap()
            waitUntil(timeoutMillis = 20_000) { errands.shared != null }
            that("Kill the process").tap()
            that("Cancel").tap()
            isGone("Cancel")
            assertEquals(emptyList(), errands.asked)
            that("Kill the process").tap()
            that("Kill").tap()
            waitUntil { errands.asked == listOf("kill") }
        }
    }

    @Test
    fun `what is shared gets a caption`() {
        var ui by mutableStateOf(ShareUi(3))
        var added = false
        onScreen(screen = { ShareScreen(ui, { ui = ui.copy(caption = it) }, { added = true }, {}) }) {
            awaits("3 photos from another app")
            onNode(hasSetTextAction()).performTextInput("x")
            that("Add").performScrollTo().tap()
            runOnIdle { assertTrue(added && ui.caption == "x") }
            that("Not into the outbox").assertIsEnabled()
            runOnIdle { ui = ui.copy(busy = true) }
            that("Copying…").assertIsNotEnabled()
            that("Not into the outbox").assertIsNotEnabled()
        }
        onScreen(screen = { ShareScreen(ShareUi(0), {}, {}, {}) }) { awaits("Nothing of what was shared") }
    }

    @Test
    fun `the banner of what is pretended is told to TalkBack when it comes`() = onDesk(paired = false) {
        onScreen {
            runOnIdle { demo.pretend(Pretence.Metered) }
            val banner = that("Pretending: Metered Wi-Fi").fetchSemanticsNode()
            assertTrue(generateSequence(banner) { it.parent }.any { it.config.getOrNull(SemanticsProperties.LiveRegion) != null })
        }
    }
}
