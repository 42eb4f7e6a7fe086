package app.satchel.demo

import app.satchel.demo.state.readCode
import com.google.zxing.BarcodeFormat
import com.google.zxing.qrcode.QRCodeWriter
import kotlin.random.Random
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNull

/** Pairing codes out of pixels, as a camera gives them: somewhere in the picture, with noise, or light on dark. */
internal class CodeReadingTest {
    private val code = "satchel://192.168.43.17:8443/pair?pin=${"ab12".repeat(16)}&code=${"c0de".repeat(8)}"

    private fun picture(inverted: Boolean, noise: Int): IntArray {
        val random = Random(7)
        val matrix = QRCodeWriter().encode(code, BarcodeFormat.QR_CODE, 420, 420)
        return IntArray(WIDTH * HEIGHT) { at ->
            val (x, y) = at % WIDTH - 100 to at / WIDTH - 60
            val ink = x in 0 until 420 && y in 0 until 420 && matrix.get(x, y)
            val grey = ((if (ink != inverted) 40 else 215) + random.nextInt(-noise, noise + 1)).coerceIn(0, 255)
            0xFF shl 24 or (grey shl 16) or (grey shl 8) or grey
        }
    }

    @Test
    fun `a code is read from a picture`() {
        assertEquals(code, readCode(picture(inverted = false, noise = 30), WIDTH, HEIGHT))
        assertEquals(code, readCode(picture(inverted = true, noise = 10), WIDTH, HEIGHT))
    }

    @Test
    fun `a picture without a code gives none`() {
        assertNull(readCode(IntArray(WIDTH * HEIGHT) { Random(it).nextInt() }, WIDTH, HEIGHT))
    }

    private companion object {
        const val WIDTH = 640
        const val HEIGHT = 560
    }
}
