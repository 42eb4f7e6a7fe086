/*
 * Pictures for testers who have none at hand: a sky over hills, another one for each number, as PNG (RFC 2083) written here so
 * that phone and desktop draw the same.
 */
package app.satchel.demo.state

import java.io.ByteArrayOutputStream
import java.io.DataOutputStream
import java.io.File
import java.util.zip.CRC32
import java.util.zip.Deflater
import java.util.zip.DeflaterOutputStream
import kotlin.math.PI
import kotlin.math.sin
import kotlin.random.Random

private const val WIDTH = 1_280
private const val HEIGHT = 960
private const val RIDGES = 3
private val SIGNATURE = byteArrayOf(0x89.toByte(), 'P'.code.toByte(), 'N'.code.toByte(), 'G'.code.toByte(), 13, 10, 26, 10)

/** Colours of the sky above, of the sky at the horizon, and of the nearest hill; three bytes each. */
private val HOURS =
    listOf(
        Triple(0x4A7FB5, 0xF6D8B8, 0x2E4A3F),
        Triple(0x2F6DA8, 0xCFE6F2, 0x3D5A34),
        Triple(0x5B4B8A, 0xF3A67C, 0x2B2A40),
        Triple(0x1C2B4A, 0x6D7FA8, 0x141B28),
        Triple(0x6E9CB0, 0xE9EDE6, 0x46574F),
        Triple(0x87586B, 0xF7C98B, 0x3B2C33),
    )

/** Draws the sample of this [number]; the same number gives the same bytes. About a megabyte, because of its grain. */
fun drawSample(number: Int, to: File) {
    val random = Random(number)
    val (above, below, near) = HOURS[number % HOURS.size]
    val ridges =
        List(RIDGES) { ridge ->
            val base = HEIGHT * (0.42 + 0.16 * ridge + 0.06 * random.nextDouble())
            val waves =
                List(4) { wave ->
                    Triple(
                        wave + 1 + random.nextInt(2),
                        random.nextDouble() * 2 * PI,
                        (70.0 - 12 * ridge) / (wave + 1),
                    )
                }
            IntArray(WIDTH) { x -> (base - waves.sumOf { (times, from, tall) -> tall * sin(from + times * 2 * PI * x / WIDTH) }).toInt() }
        }
    val sunX = WIDTH * (0.15 + 0.7 * random.nextDouble())
    val sunY = HEIGHT * (0.12 + 0.2 * random.nextDouble())
    val pixels = ByteArray(HEIGHT * (1 + 3 * WIDTH))
    var at = 0
    for (y in 0 until HEIGHT) {
        at += 1
        for (x in 0 until WIDTH) {
            val grain = random.nextInt(-3, 4)
            val ridge = ridges.indexOfLast { y >= it[x] }
            val glow = 0.8 / (1 + ((x - sunX) * (x - sunX) + (y - sunY) * (y - sunY)) / (70.0 * 70.0))
            for (shift in intArrayOf(16, 8, 0)) {
                // What is far away is nearer to the colour of the horizon.
                val value =
                    if (ridge < 0) {
                        val sky = between(above, below, shift, (y / (HEIGHT * 0.55)).coerceAtMost(1.0))
                        sky + (255 - sky) * glow
                    } else {
                        between(below, near, shift, 0.45 + 0.55 * ridge / (RIDGES - 1)) - 14.0 * (y - ridges[ridge][x]) / HEIGHT
                    }
                pixels[at++] = (value + grain).toInt().coerceIn(0, 255).toByte()
            }
        }
    }
    DataOutputStream(to.outputStream().buffered()).use { out ->
        out.write(SIGNATURE)
        out.chunk("IHDR") {
            writeInt(WIDTH)
            writeInt(HEIGHT)
            write(byteArrayOf(8, 2, 0, 0, 0))
        }
        out.chunk("IDAT") { DeflaterOutputStream(this, Deflater(Deflater.BEST_SPEED)).apply { write(pixels) }.finish() }
        out.chunk("IEND") {}
    }
}

private fun between(from: Int, to: Int, shift: Int, share: Double): Double {
    val first = from shr shift and 0xFF
    return first + ((to shr shift and 0xFF) - first) * share
}

private fun DataOutputStream.chunk(type: String, write: DataOutputStream.() -> Unit) {
    val body = ByteArrayOutputStream()
    DataOutputStream(body).apply(write).flush()
    val all = type.toByteArray(Charsets.US_ASCII) + body.toByteArray()
    writeInt(all.size - 4)
    this.write(all)
    writeInt(CRC32().apply { update(all) }.value.toInt())
}
