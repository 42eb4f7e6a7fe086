@file:OptIn(ExperimentalTestApi::class)

package app.satchel.demo

import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.assertIsOff
import androidx.compose.ui.test.assertIsOn
import app.satchel.Link
import app.satchel.demo.state.ALL_TRIED
import app.satchel.demo.state.LATEST_TRIED
import app.satchel.demo.state.NOTHING_TRIED
import app.satchel.demo.state.PUT_FIRST
import app.satchel.photo
import app.satchel.until
import kotlin.test.Test
import kotlin.test.assertEquals

/** What was tried, and the switch that puts a photo first, under the hands of a person. */
internal class AttemptsUiTest {
    @Test
    fun `a photo is put first and back`() = onDesk(link = Link.None, visible = false) {
        val id = phone.satchel().add(photo(camera, "a.jpg")).id
        demo.show(id)
        val state = checkNotNull(demo.shown.value)
        // Nothing runs, so that nothing moves below the finger.
        until("it is shown") { state.ui.value.asset != null }
        onScreen(tall = 3_000) {
            awaits(NOTHING_TRIED)
            that(PUT_FIRST).assertIsOff().tap()
            waitUntil(timeoutMillis = 20_000) { state.ui.value.asset?.urgent == true }
            that(PUT_FIRST).assertIsOn().tap()
            waitUntil(timeoutMillis = 20_000) { state.ui.value.asset?.urgent == false }
            that(PUT_FIRST).assertIsOff()
        }
        assertEquals(false, phone.satchel().asset(id).urgent)
    }

    @Test
    fun `what was tried is unfolded and folded again`() = onStage(visible = false) { scene, _ ->
        val id = phone.satchel().add(photo(camera, "a.jpg")).id
        demo.show(id)
        val state = checkNotNull(demo.shown.value)
        triedOften(state, scene)
        for (text in listOf(1f, 2f)) {
            onScreen(text, tall = WHOLE) {
                awaits(state.ui.value.attempts.first().words)
                that(ALL_TRIED).tap()
                that(LATEST_TRIED)
                isWhole("the Asset screen with all that was tried", but = setOf("a.jpg"))
                isAccessible("the Asset screen with all that was tried")
                that(LATEST_TRIED).tap()
                that(ALL_TRIED)
            }
        }
    }
}
