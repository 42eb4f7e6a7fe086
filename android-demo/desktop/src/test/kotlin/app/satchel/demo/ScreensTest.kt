package app.satchel.demo

import androidx.compose.foundation.layout.Column
import androidx.compose.runtime.Composable
import androidx.compose.runtime.collectAsState
import app.satchel.Link
import app.satchel.demo.state.BLOCKS
import app.satchel.demo.state.Pretence
import app.satchel.demo.state.Tab
import app.satchel.demo.ui.Blocks
import app.satchel.demo.ui.DemoApp
import app.satchel.demo.ui.SectionHeading
import app.satchel.until
import org.jetbrains.skia.Bitmap
import org.jetbrains.skia.Image
import java.io.File
import kotlin.test.Test
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds

/**
 * Draws every screen, light and dark, at normal and at double text, from the state of a real outbox. With `-Dsatchel.screens=FOLDER`
 * the pictures are kept there; in any case they must not be blank, and the variants must differ.
 */
internal class ScreensTest {
    private val to = System.getProperty("satchel.screens").orEmpty().ifEmpty { null }?.let { File(it).apply { mkdirs() } }

    private fun draw(name: String, screen: @Composable () -> Unit) {
        val images = variants.associateWith { variant -> drawn(variant, screen) }
        images.forEach { (variant, image) ->
            val png = image.png()
            to?.let { File(it, "$name-${variant.name}.png").writeBytes(png) }
            assertTrue(colours(image) > 12, "$name, ${variant.name}: hardly anything is drawn")
        }
        assertTrue(images.values.map { it.png().contentHashCode() }.toSet().size == images.size, "$name looks the same in two variants")
    }

    private fun colours(image: Image): Int {
        val bitmap = Bitmap.makeFromImage(image)
        return (0 until bitmap.width step 3).flatMap { x -> (0 until bitmap.height step 3).map { y -> bitmap.getColor(x, y) } }.toSet().size
    }

    @Test
    fun `an outbox on a journey`() = journey { journey ->
        draw("outbox") { DemoApp(demo) }
        demo.outbox.toggle(journey.first[0])
        demo.outbox.toggle(journey.first[1])
        demo.outbox.askPrice()
        until("the price is told") { demo.outbox.ui.value.price?.price != null }
        assertTrue((demo.outbox.ui.value.price?.price?.uploads ?: 0) > 0, "the sheet has no price: these photos do not wait")
        draw("price") { DemoApp(demo) }
        demo.outbox.closePrice()
        demo.outbox.clearSelection()

        demo.show(journey.shown)
        until("the asset is shown") { demo.shown.value?.ui?.value?.asset != null }
        draw("asset") { DemoApp(demo) }
        demo.go(Tab.Link)
        draw("link") { DemoApp(demo) }
        demo.go(Tab.Settings)
        until("the target is shown") { demo.settings.ui.value.targets.isNotEmpty() }
        draw("settings") { DemoApp(demo) }
    }

    @Test
    fun `in a network that blocks`() = onStage { scene, target ->
        wayRound(scene, target)
        demo.go(Tab.Link)
        draw("link-blocked") { DemoApp(demo) }
        draw("blocks") {
            Column {
                SectionHeading(BLOCKS)
                Blocks(demo.link.ui.collectAsState().value, demo.link)
            }
        }
        demo.link.readPage(demo.link.ui.value.blocks.single()).join()
        draw("page") { DemoApp(demo) }
        demo.link.closePage()
        demo.go(Tab.Settings)
        demo.settings.addresses.edit(target).join()
        demo.settings.addresses.type(checkNotNull(demo.settings.addresses.ui.value.draft).copy(address = "files.example"))
        demo.settings.addresses.save().join()
        draw("address-error") { DemoApp(demo) }
    }

    @Test
    fun `before the journey`() = onDesk(paired = false, atMost = 240.seconds) {
        until("it is read") { demo.outbox.ui.value.loaded && demo.settings.ui.value.policies.isNotEmpty() }
        draw("empty") { DemoApp(demo) }
        demo.go(Tab.Settings)
        demo.settings.typeContributor("Ida")
        demo.settings.typeCode("satchel://127.0.0.1:8443/half-a-code")
        demo.settings.pair().join()
        draw("pairing-error") { DemoApp(demo) }
        demo.go(Tab.Tester)
        demo.tester.pretend(Pretence.Captive).join()
        until("the link is told") { phone.satchel().link.value.captive == true && phone.link.value == Link.FreeWifi }
        draw("tester") { DemoApp(demo) }
        demo.go(Tab.Link)
        until("it is shown") { demo.link.ui.value.told.captive == true }
        draw("link-captive") { DemoApp(demo) }
    }
}
