/*
 * Decodes pictures no larger than is wanted: a photo of 200 megapixels must not fill the memory.
 */
package app.satchel.android.previews

import android.content.Context
import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.graphics.ImageDecoder
import android.graphics.Matrix
import android.media.ExifInterface
import android.media.MediaMetadataRetriever
import android.net.Uri
import app.satchel.PreviewRequest
import app.satchel.Source
import app.satchel.android.RequiresLevel
import java.io.File
import java.io.IOException
import java.io.InputStream

/** By ImageDecoder, which turns it upright by itself. */
@RequiresLevel(28)
internal fun decodeNew(context: Context, request: PreviewRequest): Bitmap? {
    val source =
        when (val from = request.source) {
            is Source.File -> ImageDecoder.createSource(from.file)
            is Source.Library -> ImageDecoder.createSource(context.contentResolver, Uri.parse(from.id))
        }
    return try {
        ImageDecoder.decodeBitmap(source, Smaller(request.longest))
    } catch (_: IOException) {
        null
    }
}

/** Decodes no more than is wanted. */
@RequiresLevel(28)
private class Smaller(private val wanted: Int) : ImageDecoder.OnHeaderDecodedListener {
    override fun onHeaderDecoded(decoder: ImageDecoder, info: ImageDecoder.ImageInfo, source: ImageDecoder.Source) {
        decoder.setTargetSampleSize(sampleOf(maxOf(info.size.width, info.size.height), wanted))
        // Not in the graphics' memory, from where it could not be written.
        decoder.allocator = ImageDecoder.ALLOCATOR_SOFTWARE
    }
}

/** By BitmapFactory, and upright by what the file says. */
internal fun decodeOld(context: Context, request: PreviewRequest): Bitmap? = try {
    val bounds = BitmapFactory.Options().apply { inJustDecodeBounds = true }
    open(context, request)?.use { BitmapFactory.decodeStream(it, null, bounds) }
    if (bounds.outWidth <= 0) {
        null
    } else {
        val options = BitmapFactory.Options().apply { inSampleSize = sampleOf(maxOf(bounds.outWidth, bounds.outHeight), request.longest) }
        val turned = open(context, request)?.use(::turnOf) ?: Matrix()
        open(context, request)?.use { BitmapFactory.decodeStream(it, null, options) }?.let { upright(it, turned) }
    }
} catch (_: IOException) {
    null
} catch (_: SecurityException) {
    null
}

private fun upright(bitmap: Bitmap, how: Matrix): Bitmap {
    if (how.isIdentity) return bitmap
    return Bitmap.createBitmap(bitmap, 0, 0, bitmap.width, bitmap.height, how, true).also { if (it !== bitmap) bitmap.recycle() }
}

/** How a picture is to be turned, as Exif has it (its tag 0x0112). */
private fun turnOf(stream: InputStream): Matrix = Matrix().apply {
    when (ExifInterface(stream).getAttributeInt(ExifInterface.TAG_ORIENTATION, ExifInterface.ORIENTATION_NORMAL)) {
        ExifInterface.ORIENTATION_FLIP_HORIZONTAL -> postScale(-1f, 1f)
        ExifInterface.ORIENTATION_ROTATE_180 -> postRotate(180f)
        ExifInterface.ORIENTATION_FLIP_VERTICAL -> postScale(1f, -1f)
        ExifInterface.ORIENTATION_TRANSPOSE -> postRotate(90f).also { postScale(-1f, 1f) }
        ExifInterface.ORIENTATION_ROTATE_90 -> postRotate(90f)
        ExifInterface.ORIENTATION_TRANSVERSE -> postRotate(-90f).also { postScale(-1f, 1f) }
        ExifInterface.ORIENTATION_ROTATE_270 -> postRotate(270f)
    }
}

private fun open(context: Context, request: PreviewRequest): InputStream? = when (val from = request.source) {
    is Source.File -> from.file.inputStream()
    is Source.Library -> context.contentResolver.openInputStream(Uri.parse(from.id))
}

/** By how much a picture is made smaller while it is decoded: a power of two, so that it stays at least as long as is wanted. Pure. */
internal fun sampleOf(longer: Int, wanted: Int): Int {
    var sample = 1
    while (wanted > 0 && longer / (sample * 2) >= wanted) sample *= 2
    return sample
}

/** A frame of a film, made small while it is decoded. */
@RequiresLevel(27)
internal fun scaledFrame(retriever: MediaMetadataRetriever, longest: Int): Bitmap? =
    retriever.getScaledFrameAtTime(1_000_000L, MediaMetadataRetriever.OPTION_CLOSEST_SYNC, longest, longest)
