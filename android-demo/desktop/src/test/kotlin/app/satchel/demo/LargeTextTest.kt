@file:OptIn(ExperimentalTestApi::class)

package app.satchel.demo

import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import app.satchel.AddOptions
import app.satchel.Budget
import app.satchel.Covers
import app.satchel.Link
import app.satchel.LinkClass
import app.satchel.LinkKind
import app.satchel.PostEdit
import app.satchel.demo.state.GalleryAccess
import app.satchel.demo.state.Opening
import app.satchel.demo.state.Pretence
import app.satchel.demo.state.Tab
import app.satchel.photo
import app.satchel.real
import app.satchel.until
import java.io.File
import kotlin.io.path.createTempDirectory
import kotlin.test.Test
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds

/** What holds for every screen: TalkBack finds its way, fingers have room, and double text is whole. */
internal class LargeTextTest {
    private val long = "A caption so long that two lines of a row are not enough for it at any size of text, and so it is shortened there"

    private fun onFullDesk(test: suspend Desk.(String) -> Unit) =
        onDesk(link = Link(LinkKind.Wifi, metered = true, captive = true, network = "hotel"), atMost = 180.seconds) {
            val satchel = phone.satchel()
            satchel.setBudget(Budget("mobile", Covers.Class(LinkClass.Metered), 1_000_000))
            photo(File(camera, "Camera"), "roll.jpg")
            gallery.access.value = GalleryAccess.All
            val id = satchel.add(photo(camera, "a.jpg"), AddOptions(PostEdit(caption = long))).id
            satchel.add(photo(camera, "b.jpg"), AddOptions(PostEdit(caption = "Platform 3")))
            until("all is shown") {
                demo.outbox.ui.value.entries.size == 3 && demo.link.ui.value.budgets.size == 1 && demo.settings.ui.value.albums.size == 1
            }
            demo.tester.pretend(Pretence.Captive).join()
            test(id.value)
        }

    private fun Desk.everywhere(text: Float, look: androidx.compose.ui.test.ComposeUiTest.(String) -> Unit) = onScreen(text, WHOLE) {
        Tab.entries.forEach { tab ->
            runOnIdle { demo.go(tab) }
            that("Pretending: Sign-in page")
            look("${tab.words} at $text")
        }
        runOnIdle {
            demo.go(Tab.Outbox)
            demo.show((demo.outbox.ui.value.entries[1] as app.satchel.demo.state.OutboxEntry.Item).row.id)
        }
        that("Caption")
        look("Asset at $text")
        runOnIdle { demo.closeAsset() }
        runOnIdle { demo.go(Tab.Link) }
        that("Change the budget mobile").performClick()
        that("Change the budget")
        look("Budget at $text")
    }

    @Test
    fun `TalkBack and fingers find their way`() = onFullDesk { everywhere(1f) { isAccessible(it) } }

    @Test
    fun `double text is whole`() = onFullDesk { everywhere(2f) { isWhole(it, but = setOf(long)) } }

    @Test
    fun `an empty outbox and a pairing that failed hold at double text`() = onDesk(paired = false) {
        until("it is read") { demo.outbox.ui.value.loaded }
        onScreen(2f, WHOLE) {
            that("Nothing here yet")
            isAccessible("empty")
            isWhole("empty")
            runOnIdle { demo.settings.typeCode("satchel://nonsense") }
            runOnIdle { demo.go(Tab.Settings) }
            runOnIdle { demo.settings.pair() }
            awaits("Not a pairing code")
            isAccessible("pairing")
            isWhole("pairing")
        }
    }

    @Test
    fun `what could not be opened is tried again on a low screen too`() {
        val folder = createTempDirectory("satchel-demo-").toFile()
        val inTheWay = File(folder, "outbox").apply { writeText("no folder") }
        val desk = Desk(folder, null)
        try {
            real {
                desk.demo.open()
                until("it failed") { desk.demo.opening.value is Opening.Failed }
                desk.onScreen(2f, 360) {
                    that("Try again").performScrollTo().assertIsDisplayed()
                    inTheWay.delete()
                    that("Try again").tap()
                    waitUntil("it is open", 20_000) { desk.demo.opening.value == Opening.Open }
                }
            }
        } finally {
            desk.end()
            folder.deleteRecursively()
        }
    }

    @Test
    fun `the price holds at double text`() = onDesk(link = Link(LinkKind.Cellular, metered = true, bytesPerSecond = 100_000)) {
        phone.satchel().setBudget(Budget("mobile", Covers.Class(LinkClass.Metered), 1_000_000))
        val id = phone.satchel().add(photo(camera, "a.jpg", 300_000)).id
        until("it was read") { demo.outbox.ui.value.overall.open > 0 }
        demo.outbox.askPrice(setOf(id)).join()
        assertTrue(demo.outbox.ui.value.price?.price != null)
        onScreen(2f, WHOLE) {
            awaits("what is left of “mobile”")
            isAccessible("price")
            isWhole("price")
        }
    }
}
