/*
 * A pairing code out of a picture's pixels.
 */
package app.satchel.demo.state

import com.google.zxing.BarcodeFormat
import com.google.zxing.BinaryBitmap
import com.google.zxing.DecodeHintType
import com.google.zxing.RGBLuminanceSource
import com.google.zxing.ReaderException
import com.google.zxing.common.HybridBinarizer
import com.google.zxing.qrcode.QRCodeReader

/** The text of the QR code in a picture of 0xAARRGGBB [pixels]; null where there is none that can be read. */
fun readCode(pixels: IntArray, width: Int, height: Int): String? {
    val source = RGBLuminanceSource(width, height, pixels)
    val hints = mapOf(DecodeHintType.TRY_HARDER to true, DecodeHintType.POSSIBLE_FORMATS to listOf(BarcodeFormat.QR_CODE))
    // Terminals with a dark ground show codes inverted.
    for (one in listOf(source, source.invert())) {
        try {
            return QRCodeReader().decode(BinaryBitmap(HybridBinarizer(one)), hints).text
        } catch (_: ReaderException) {
            continue
        }
    }
    return null
}
