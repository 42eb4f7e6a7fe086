package app.satchel.demo

import app.satchel.AssetState
import app.satchel.Attempt
import app.satchel.Link
import app.satchel.Place
import app.satchel.PostEdit
import app.satchel.Rendition
import app.satchel.TargetId
import app.satchel.demo.state.ALL_TRIED
import app.satchel.demo.state.AssetScreenState
import app.satchel.demo.state.Draft
import app.satchel.demo.state.LATEST
import app.satchel.demo.state.LATEST_TRIED
import app.satchel.demo.state.OutboxEntry
import app.satchel.demo.state.Standing
import app.satchel.demo.state.attemptLine
import app.satchel.demo.state.sentence
import app.satchel.demo.state.words
import app.satchel.photo
import app.satchel.until
import java.time.LocalDate
import java.time.ZoneId
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlin.time.Instant

/** What the Asset screen shows and does. */
internal class AssetStateTest {
    private suspend fun Desk.shown(name: String = "a.jpg"): AssetScreenState {
        val id = phone.satchel().add(photo(camera, name)).id
        demo.show(id)
        val state = assertNotNull(demo.shown.value)
        until("it is shown") { state.ui.value.asset != null }
        return state
    }

    @Test
    fun `what is said of it reaches the receiver before and after it went`() = onDesk(link = Link.None) {
        val state = shown()
        state.edit(Draft(caption = "Morning at the lake", tags = "#lake, boat  boat", placeOn = true, placeName = "Lake Ashi"))
        assertTrue(state.ui.value.changed)
        state.save().join()
        assertTrue(!state.ui.value.changed)
        val post = phone.satchel().asset(state.id).post
        assertEquals(listOf("lake", "boat"), post.tags)
        assertEquals("Lake Ashi", post.place?.name)
        phone.move(Link.FreeWifi)
        until("it is there") { state.ui.value.asset?.state is AssetState.Delivered && receiver.captions() == listOf("Morning at the lake") }
        until("it is safe to free") { state.ui.value.safeToFree }
        assertTrue("may be deleted" in state.ui.value.safeWords)
        assertTrue(state.ui.value.deliveries.any { it.receipt && it.standing == Standing.Delivered && it.proof != null })
        state.edit(state.ui.value.draft.copy(caption = "Evening at the lake"))
        state.save().join()
        until("the receiver has the newer words") { receiver.captions() == listOf("Evening at the lake") }
        assertEquals(1, receiver.completed().size)
    }

    @Test
    fun `the place is taken off and put on again with its coordinates`() = onDesk(link = Link.None) {
        val state = shown()
        phone.satchel().editPost(state.id, PostEdit(place = Place(35.2, 139.0, "Hakone")))
        until("it is known") { state.ui.value.draft.placeOn }
        assertEquals("Hakone", state.ui.value.draft.placeName)
        state.edit(state.ui.value.draft.copy(placeOn = false))
        state.save().join()
        val off = phone.satchel().asset(state.id).post.place
        assertTrue(off == null || off == Place(), "$off")
        assertTrue(!state.ui.value.draft.placeOn)
        state.edit(state.ui.value.draft.copy(placeOn = true, placeName = "Hakone"))
        state.save().join()
        assertEquals(Place(35.2, 139.0, "Hakone"), phone.satchel().asset(state.id).post.place)
    }

    @Test
    fun `what is typed is not taken away by news of the upload`() = onDesk {
        val state = shown()
        state.edit(Draft(caption = "half a sen"))
        until("it is there") { state.ui.value.asset?.state is AssetState.Delivered }
        assertEquals("half a sen", state.ui.value.draft.caption)
    }

    @Test
    fun `it is put first and that is taken back`() = onDesk(link = Link.None) {
        val state = shown()
        assertEquals(false, state.ui.value.asset?.urgent)
        state.setUrgent(true).join()
        assertEquals(true, state.ui.value.asset?.urgent)
        until("the list says so") { rows().singleOrNull()?.urgent == true }
        state.setUrgent(false).join()
        assertEquals(false, state.ui.value.asset?.urgent)
        until("the list says so") { rows().singleOrNull()?.urgent == false }
        // Said elsewhere, it is shown here.
        phone.satchel().setUrgent(state.id, true)
        until("it is shown") { state.ui.value.asset?.urgent == true }
    }

    private fun Desk.rows() = demo.outbox.ui.value.entries.filterIsInstance<OutboxEntry.Item>().map { it.row }

    @Test
    fun `what was tried is told in the core's words and the latest first`() = onStage { scene, _ ->
        phone.move(Link.None)
        val state = shown()
        assertEquals(emptyList(), state.ui.value.attempts)
        assertNull(state.ui.value.attemptsToggle)
        scene.first("page")
        phone.move(Link.FreeWifi)
        until("it was tried") { state.ui.value.attempts.isNotEmpty() }
        val refused = phone.satchel().attempts(state.id).last()
        val line = state.ui.value.attempts.last()
        assertEquals(sentence(refused.words), line.words)
        assertTrue(line.what.startsWith(refused.rendition.words + " to 127.0.0.1:"), line.what)
        scene.first("open")
        demo.settings.tryNow().join()
        until("it is there") { state.ui.value.asset?.state is AssetState.Delivered }
        until("that is told, too") { state.ui.value.attempts.first().words == "The server took it" }
        val took = state.ui.value.attempts.first()
        assertTrue(Regex("[A-Z]+: status 20[0-9], .+ sent").matches(took.details), took.details)
        assertTrue(Regex("[0-9]{2}:[0-9]{2} · .+ to 127.0.0.1:[0-9]+").matches(took.heading), took.heading)
    }

    @Test
    fun `of much that was tried the latest are shown at first`() = onStage(visible = false) { scene, _ ->
        val state = shown()
        triedOften(state, scene)
        assertEquals(state.ui.value.attempts.take(LATEST), state.ui.value.shownAttempts)
        assertEquals(ALL_TRIED, state.ui.value.attemptsToggle)
        state.showAll(true)
        assertEquals(state.ui.value.attempts, state.ui.value.shownAttempts)
        assertEquals(LATEST_TRIED, state.ui.value.attemptsToggle)
        state.showAll(false)
        assertEquals(LATEST, state.ui.value.shownAttempts.size)
    }

    @Test
    fun `without an answer that is told and a target that is gone has its number`() {
        val began = Instant.fromEpochMilliseconds(0)
        val attempt = Attempt(TargetId(7), Rendition.Original, began, began, "PATCH", null, 1_500, "the connection was cut")
        val line = attemptLine(attempt, null, ZoneId.of("UTC"), LocalDate.of(1970, 1, 2))
        assertEquals("1 Jan, 00:00 · Original to server 7", line.heading)
        assertEquals("The connection was cut", line.words)
        assertEquals("PATCH: no answer, 1.5 KB sent", line.details)
    }

    @Test
    fun `what needs a person is tried again`() = onDesk(visible = false) {
        val state = shown()
        camera.resolve("a.jpg").delete()
        demo.visible(true)
        until("it needs a person") { state.ui.value.asset?.state is AssetState.Parked }
        photo(camera, "a.jpg")
        state.retry().join()
        until("it is there") { state.ui.value.asset?.state is AssetState.Delivered }
    }

    @Test
    fun `it is taken out after a question`() = onDesk(link = Link.None) {
        val state = shown()
        state.askRemoval(true)
        assertTrue(state.ui.value.asksRemoval)
        state.remove().join()
        assertNull(demo.shown.value)
        assertEquals(emptyList(), phone.satchel().list())
        assertTrue(camera.resolve("a.jpg").exists())
    }

    @Test
    fun `one that was removed elsewhere says so`() = onDesk(link = Link.None) {
        val state = shown()
        phone.satchel().remove(state.id)
        until("it is gone") { state.ui.value.gone }
    }
}
