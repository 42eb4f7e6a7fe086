package app.satchel.demo

import app.satchel.Link
import app.satchel.Order
import app.satchel.Policy
import app.satchel.Redaction
import app.satchel.demo.state.GalleryAccess
import app.satchel.demo.state.SettingsScreenState
import app.satchel.demo.state.Tab
import app.satchel.photo
import app.satchel.until
import java.io.File
import java.io.IOException
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue

/** What the Settings screen shows and does. */
internal class SettingsStateTest {
    @Test
    fun `a wrong code gets words that say what to do and a right one pairs`() = onDesk(paired = false) {
        val ui = demo.settings.ui
        demo.settings.pair().join()
        assertTrue("satchel://" in assertNotNull(ui.value.pairing.problem))
        demo.settings.typeCode("satchel://nonsense")
        assertNull(ui.value.pairing.problem)
        demo.settings.pair().join()
        val bad = assertNotNull(ui.value.pairing.problem)
        assertTrue(bad.first().isUpperCase() && bad.length > 20, bad)
        assertEquals("satchel://nonsense", ui.value.pairing.code, "what was typed stays")

        val code = receiver.pairingCode()
        demo.settings.typeContributor("Ida")
        demo.settings.scanned(code)
        assertEquals(Tab.Settings, demo.tab.value)
        until("it is paired") { ui.value.targets.isNotEmpty() }
        assertTrue("Paired" in said())
        assertEquals("", ui.value.pairing.code)
        assertTrue(ui.value.targets.single().receiver)
        until("the outbox knows") { demo.outbox.ui.value.paired }

        // A code is for one device.
        demo.settings.typeCode(code)
        demo.settings.pair().join()
        val used = assertNotNull(ui.value.pairing.problem)
        assertTrue("code" in used, used)
        assertEquals("Ida", demo.memory.get(SettingsScreenState.CONTRIBUTOR))
    }

    @Test
    fun `a picture without a code says so`() = onDesk(paired = false) {
        demo.settings.scanned(null)
        assertTrue("type" in assertNotNull(demo.settings.ui.value.pairing.problem))
    }

    @Test
    fun `a link's code is shown and pairs nobody by itself`() = onDesk(paired = false) {
        val code = receiver.pairingCode()
        demo.settings.linked(code)
        assertEquals(Tab.Settings, demo.tab.value)
        assertEquals(code, demo.settings.ui.value.pairing.code)
        assertTrue("tap Pair" in said())
        assertTrue(!demo.settings.ui.value.pairing.busy)
        assertEquals(emptyList(), phone.satchel().targets())
        demo.settings.pair().join()
        assertEquals(1, phone.satchel().targets().size)
    }

    @Test
    fun `a ready policy and an order are kept for the next time`() = onDesk(policy = null) {
        val ui = demo.settings.ui
        until("the policies are there") { ui.value.policies.map { it.name } == Policy.readyNames }
        demo.settings.chooseOrder(Order.Oldest).join()
        demo.settings.choosePolicy(Policy.WITHIN_MY_BUDGET).join()
        assertEquals(listOf(Policy.WITHIN_MY_BUDGET), ui.value.policies.filter { it.chosen }.map { it.name })
        assertEquals(Order.Oldest, ui.value.order)
        assertEquals(Policy.ready(Policy.WITHIN_MY_BUDGET)?.copy(order = Order.Oldest), phone.satchel().policy())
        phone.satchel().setPolicy(Policy.overAnyLink())
        demo.settings.chooseOrder(Order.Newest).join()
        assertTrue(ui.value.ownRules)
    }

    @Test
    fun `what a server is not to learn is set`() = onDesk {
        until("the target is there") { demo.settings.ui.value.targets.isNotEmpty() }
        val id = demo.settings.ui.value.targets.single().id
        demo.settings.redact(id, Redaction.Location).join()
        assertEquals(Redaction.Location, demo.settings.ui.value.targets.single().redact)
        assertEquals(Redaction.Location, phone.satchel().targets().single().redact)
    }

    @Test
    fun `a target that cannot be reached says so and is tried again`() = onDesk {
        receiver.close()
        phone.satchel().add(photo(camera, "a.jpg"))
        until("it rests") { demo.settings.ui.value.targets.singleOrNull()?.rest != null }
        until("the core's words stand there") { "could not be reached" in demo.settings.ui.value.targets.single().rest.orEmpty() }
    }

    @Test
    fun `the camera roll is asked for and watched by albums`() = onDesk(link = Link.None) {
        photo(File(camera, "Camera"), "a.jpg")
        photo(File(camera, "Screenshots"), "b.jpg")
        demo.settings.watch(true).join()
        assertEquals(listOf("photos"), errands.asked)
        demo.settings.photosAnswered().join()
        assertTrue("by hand" in said())

        gallery.access.value = GalleryAccess.All
        until("the albums are there") { demo.settings.ui.value.albums.map { it.name } == listOf("Camera", "Screenshots") }
        demo.settings.watchAlbum("Screenshots", false).join()
        demo.settings.photosAnswered().join()
        assertTrue(demo.settings.ui.value.watching)
        assertEquals(listOf("a.jpg"), phone.satchel().list().map { it.name })
        demo.settings.watchAlbum("Screenshots", true).join()
        assertEquals(setOf("a.jpg", "b.jpg"), phone.satchel().list().map { it.name }.toSet())
    }

    @Test
    fun `a camera roll that cannot be read is said and ends nothing`() = onDesk(link = Link.None) {
        photo(File(camera, "Camera"), "a.jpg")
        gallery.failure = IOException("no space left")
        demo.settings.watchAlbum("Camera", false).join()
        assertEquals("No space left", said())
        gallery.access.value = GalleryAccess.All
        assertEquals("No space left", said())
        gallery.failure = null
        gallery.watching.value = true
        until("it is looked at again") { demo.settings.ui.value.albums.map { it.name } == listOf("Camera") }
    }
}
