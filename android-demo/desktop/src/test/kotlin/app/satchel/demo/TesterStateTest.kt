package app.satchel.demo

import app.satchel.AssetState
import app.satchel.Block
import app.satchel.Link
import app.satchel.Trouble
import app.satchel.WaitReason
import app.satchel.demo.state.Pretence
import app.satchel.demo.state.drawSample
import app.satchel.photo
import app.satchel.until
import java.io.File
import javax.imageio.ImageIO
import kotlin.io.path.createTempDirectory
import kotlin.test.Test
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertNotNull
import kotlin.test.assertNull
import kotlin.test.assertTrue
import kotlin.time.Duration.Companion.seconds

/** What the Tester screen does. */
internal class TesterStateTest {
    @Test
    fun `what is pretended of the network is the reason and ends`() = onDesk {
        val satchel = phone.satchel()
        val reasons =
            mapOf(
                Pretence.OffLine to WaitReason.NoLink,
                Pretence.Metered to WaitReason.LinkCosts,
                Pretence.Roaming to WaitReason.Roaming,
                Pretence.Captive to WaitReason.SignIn,
            )
        reasons.forEach { (pretence, reason) ->
            demo.tester.pretend(pretence).join()
            assertEquals(pretence, demo.pretence.value)
            val id = satchel.add(photo(camera, "${pretence.name}.jpg")).id
            until("it waits because of $pretence") {
                val why = (satchel.asset(id).state as? AssetState.Waiting)?.reason
                why == reason || (pretence == Pretence.Roaming && why == WaitReason.LinkCosts)
            }
            until("the link screen tells it") { demo.link.ui.value.pretended && demo.link.ui.value.told == satchel.effectiveLink() }
            assertEquals(Link.FreeWifi, demo.link.ui.value.seen)
            demo.tester.pretend(null).join()
            assertNull(demo.pretence.value)
            until("it goes when that ends") { satchel.asset(id).state is AssetState.Delivered }
        }
        assertEquals(reasons.size, receiver.completed().size)
    }

    @Test
    fun `a block page is taken for no answer`() = onDesk {
        demo.tester.pretend(Pretence.BlockPage).join()
        val id = phone.satchel().add(photo(camera, "a.jpg")).id
        until("it waits for the target") {
            val why = (phone.satchel().asset(id).state as? AssetState.Waiting)?.reason
            val trouble = (why as? WaitReason.TargetRests)?.trouble ?: (why as? WaitReason.Retry)?.trouble
            trouble == Trouble.Blocked(Block.Page)
        }
        assertEquals(emptyList(), receiver.completed())
        demo.tester.pretend(null).join()
        until("it goes when that ends") { phone.satchel().asset(id).state is AssetState.Delivered }
    }

    @Test
    fun `a slow network is slow`() = onDesk {
        demo.tester.pretend(Pretence.Slow).join()
        val began = kotlin.time.TimeSource.Monotonic.markNow()
        val id = phone.satchel().add(photo(camera, "a.jpg", 80_000)).id
        until("it is there", 60.seconds) { phone.satchel().asset(id).state is AssetState.Delivered }
        assertTrue(began.elapsedNow() > 2.seconds, "${began.elapsedNow()} for 80 KB at 20 KB a second")
    }

    @Test
    fun `samples are drawn and added and each is another one`() = onDesk(link = Link.None) {
        demo.tester.fill(2).join()
        assertTrue("2 samples" in said())
        demo.tester.fill(1).join()
        val captions = phone.satchel().list().map { it.post.caption }
        assertEquals(listOf<String?>("Sample 3", "Sample 2", "Sample 1"), captions)
        assertNull(demo.tester.ui.value.filling)
        assertEquals(3, File(folder, "samples").list().orEmpty().size)
        phone.move(Link.FreeWifi)
        until("they are there") { receiver.completed().toSet().size == 3 }
    }

    @Test
    fun `a sample is a picture and the same each time`() {
        val folder = createTempDirectory("satchel-sample-").toFile()
        val files = listOf(1, 1, 2).mapIndexed { at, number -> File(folder, "$at.png").also { drawSample(number, it) } }
        val image = assertNotNull(ImageIO.read(files[0]))
        assertEquals(1_280 to 960, image.width to image.height)
        assertContentEquals(files[0].readBytes(), files[1].readBytes())
        assertTrue(!files[0].readBytes().contentEquals(files[2].readBytes()))
        assertTrue(files[0].length() in 500_000..4_000_000, "${files[0].length()}")
        folder.deleteRecursively()
    }

    @Test
    fun `a report is shared and names no photo`() = onDesk(link = Link.None) {
        phone.satchel().add(photo(camera, "secret-name.jpg"))
        demo.tester.shareReport().join()
        val report = assertNotNull(errands.shared)
        assertTrue(report.isNotBlank() && "secret-name" !in report, report)
    }

    @Test
    fun `the process is killed after a question`() = onDesk {
        demo.tester.askKill(true)
        assertTrue(demo.tester.ui.value.asksKill)
        demo.tester.kill()
        assertEquals(listOf("kill"), errands.asked)
    }
}
