@file:OptIn(ExperimentalTestApi::class)

package app.satchel.demo

import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.assertIsOff
import androidx.compose.ui.test.assertIsOn
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.performTextReplacement
import app.satchel.demo.state.ADD_ADDRESS
import app.satchel.demo.state.NEUTRAL
import app.satchel.demo.state.SHARED_STORE
import app.satchel.demo.state.SHARE_EVIDENCE
import app.satchel.demo.state.SIGN_IN
import app.satchel.demo.state.Tab
import app.satchel.until
import kotlinx.coroutines.runBlocking
import kotlin.test.Test
import kotlin.test.assertTrue

/** The ways to a server and its blocks, under the hands of a person. */
internal class WaysUiTest {
    private fun aField(name: String) = hasSetTextAction() and hasText(name)

    @Test
    fun `a page is read as text and the evidence is shared`() = onStage(visible = false) { scene, target ->
        demo.visible(true)
        blocked(scene, target)
        demo.visible(false)
        demo.go(Tab.Link)
        onScreen(tall = WHOLE) {
            awaits("A warning page stands in the service's place")
            awaits("Since ")
            val record = demo.link.ui.value.blocks.single()
            that("Read the page of: ${record.words}, ${record.times}").tap()
            awaits("<title>Notice: access restricted</title>")
            that("Close").tap()
            isGone("Close")
            that(SHARE_EVIDENCE).tap()
            waitUntil(timeoutMillis = 20_000) { errands.sharedFile != null }
        }
        assertTrue("Notice: access restricted" in checkNotNull(errands.sharedFile).first.readText())
    }

    @Test
    fun `a sign-in page that was found is opened`() = onStage { scene, target ->
        blocked(scene, target, "page 511")
        demo.go(Tab.Link)
        onScreen(tall = WHOLE) {
            awaits("This network wants you to sign in first")
            that(SIGN_IN).tap()
            waitUntil(timeoutMillis = 20_000) { errands.asked == listOf("sign in") }
        }
    }

    @Test
    fun `an address is typed wrong and right and removed`() = onStage(visible = false) { _, target ->
        demo.go(Tab.Settings)

        fun set() = runBlocking { phone.satchel().endpointsSet(target) }
        onScreen(tall = WHOLE) {
            that(ADD_ADDRESS).tap()
            that("Save")
            onNode(aField("Address")).performTextReplacement("files.example")
            that("Save").tap()
            awaits("is no address of a server")
            onNode(aField("Address")).performTextReplacement("https://files.example/")
            onNode(aField("IP addresses")).performTextReplacement("here")
            that("Save").tap()
            awaits("is no IP address")
            onNode(aField("IP addresses")).performTextReplacement("203.0.113.7")
            onNode(aField("Key")).performTextReplacement("short")
            that("Save").tap()
            awaits("Not a key pin")
            onNode(aField("Key")).performTextReplacement("")
            that("Save").tap()
            isGone("Save")
            awaits("Also at 203.0.113.7")
            that(SHARED_STORE).assertIsOff().tap()
            waitUntil(timeoutMillis = 20_000) { set().sharedStore }
            waitUntil(timeoutMillis = 20_000) { demo.settings.ui.value.targets.single().sharedStore }
            that(SHARED_STORE).assertIsOn()
            that("Change the address files.example").tap()
            that("Remove").tap()
            isGone("Remove")
            waitUntil(timeoutMillis = 20_000) { set().further.isEmpty() }
            isGone("Change the address files.example")
        }
    }

    @Test
    fun `a neutral address is typed`() = onStage(visible = false) { _, _ ->
        demo.go(Tab.Settings)
        onScreen(tall = WHOLE) {
            awaits("nobody has a reason to block")
            onNode(aField(NEUTRAL)).performTextReplacement("nowhere")
            that("Keep the neutral address").tap()
            awaits("nowhere is no address of a server")
            onNode(aField(NEUTRAL)).performTextReplacement("https://neutral.example/")
            that("Keep the neutral address").tap()
            waitUntil(timeoutMillis = 20_000) { runBlocking { phone.satchel().neutral() } == "https://neutral.example/" }
        }
    }

    @Test
    fun `ways and blocks and addresses hold at any size of text`() = onStage { scene, target ->
        wayRound(scene, target)
        demo.visible(false)
        val line = demo.link.ui.value.blocks.single()
        for (text in listOf(1f, 2f)) {
            demo.go(Tab.Link)
            onScreen(text, WHOLE) {
                awaits("The photos go this way")
                isAccessible("ways at $text")
                isWhole("ways at $text")
                runOnIdle { demo.link.readPage(line) }
                that("Close")
                isAccessible("a page at $text")
                isWhole("a page at $text")
                runOnIdle { demo.link.closePage() }
                isGone("Close")
            }
            demo.go(Tab.Settings)
            onScreen(text, WHOLE) {
                awaits("The one that it was set up with")
                isAccessible("addresses at $text")
                isWhole("addresses at $text")
                runOnIdle { demo.settings.addresses.edit(target, 0) }
                that("Remove")
                isAccessible("an address at $text")
                isWhole("an address at $text")
                runOnIdle { demo.settings.addresses.close() }
                isGone("Remove")
            }
        }
        until("nothing runs") { demo.link.ui.value.page == null }
    }
}
