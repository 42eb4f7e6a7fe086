package app.satchel.android

import app.satchel.AssetKind
import app.satchel.PreviewRequest
import app.satchel.Source
import app.satchel.android.previews.decodeOld
import app.satchel.android.previews.sampleOf
import org.junit.Test
import org.robolectric.annotation.Config
import org.robolectric.annotation.GraphicsMode
import java.awt.Color
import java.awt.image.BufferedImage
import java.io.File
import javax.imageio.ImageIO
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertNotNull
import kotlin.test.assertTrue

/** Pictures by the system's decoders, as far as Robolectric has them: JPEG, by ImageDecoder on API 29 only; no HEIC and no film. */
@GraphicsMode(GraphicsMode.Mode.NATIVE)
internal class PreviewTest : OnPhone() {
    private fun request(file: File, longest: Int, kind: AssetKind = AssetKind.Photo) =
        PreviewRequest(Source.File(file), kind, "image/jpeg", file.length(), longest, File(folder, "made.jpg").apply { createNewFile() })

    private fun jpeg(width: Int, height: Int): File {
        val image = BufferedImage(width, height, BufferedImage.TYPE_INT_RGB)
        image.createGraphics().run {
            color = Color.ORANGE
            fillRect(0, 0, width, height)
            dispose()
        }
        return File(folder, "large.jpg").also { ImageIO.write(image, "jpg", it) }
    }

    @Test
    @Config(sdk = [29])
    fun `a large photo is decoded no larger than is wanted`() {
        val request = request(jpeg(3_000, 2_000), 700)
        assertTrue(AndroidPreviewer(app).picture(request))
        val made = ImageIO.read(request.to)
        assertEquals(750 to 500, made.width to made.height)
        assertEquals(Color.ORANGE.red, Color(made.getRGB(10, 10)).red)
    }

    @Test
    fun `older decoders make it small and upright too`() {
        val file = jpeg(3_000, 2_000)
        val plain = file.readBytes()
        // Exif with the one entry "turn it right by 90 degrees" (tag 0x0112, value 6), after the file's first marker.
        val entry = byteArrayOf(0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0)
        val exif =
            "Exif".toByteArray() + byteArrayOf(0, 0) + "MM".toByteArray() + byteArrayOf(0, 42, 0, 0, 0, 8, 0, 1) + entry + ByteArray(4)
        val segment = byteArrayOf(0xff.toByte(), 0xe1.toByte(), 0, (exif.size + 2).toByte()) + exif
        file.writeBytes(plain.copyOf(2) + segment + plain.copyOfRange(2, plain.size))
        val made = assertNotNull(decodeOld(app, request(file, 700)))
        assertEquals(500 to 750, made.width to made.height)
    }

    @Test
    fun `what is no picture is none`() {
        val file = File(folder, "text.jpg").apply { writeText("no picture at all") }
        assertFalse(AndroidPreviewer(app).picture(request(file, 700)))
    }

    @Test
    fun `pictures stay at least as long as is wanted`() {
        assertEquals(listOf(1, 1, 2, 4, 8), listOf(700, 1_399, 1_400, 3_000, 6_000).map { sampleOf(it, 700) })
        assertEquals(1, sampleOf(5_000, 0))
    }
}
