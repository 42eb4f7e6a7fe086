/*
 * Pictures of assets by the phone's decoders. What was picked or shared cannot be opened again later, so a small picture of it is kept.
 */
package app.satchel.demo

import android.content.Context
import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.graphics.ImageDecoder
import android.media.MediaMetadataRetriever
import android.net.Uri
import android.os.Build
import android.util.LruCache
import android.util.Size
import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.graphics.asImageBitmap
import app.satchel.AssetId
import app.satchel.Source
import app.satchel.demo.ui.Pictures
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import java.io.File
import java.io.IOException

class AndroidPictures(private val context: Context) : Pictures {
    private val kept = File(context.noBackupFilesDir, "pictures")
    private val cache =
        object : LruCache<String, Bitmap>(CACHE) {
            override fun sizeOf(key: String, value: Bitmap): Int = value.byteCount
        }

    override fun ready(asset: AssetId, longest: Int): ImageBitmap? = cache.get("$asset/$longest")?.asImageBitmap()

    override suspend fun draw(asset: AssetId, source: Source, longest: Int): ImageBitmap? = withContext(Dispatchers.IO) {
        val bitmap =
            bitmapOrNull { ofSource(source, longest) } ?: bitmapOrNull { ofFile(File(kept, asset.value), longest) }
                ?: return@withContext null
        cache.put("$asset/$longest", bitmap)
        bitmap.asImageBitmap()
    }

    /** Keeps a small picture of what was picked or shared, while it can be read. */
    suspend fun keep(asset: AssetId, uri: Uri): Unit = withContext(Dispatchers.IO) {
        val bitmap = bitmapOrNull { ofAddress(uri, KEPT) } ?: return@withContext
        kept.mkdirs()
        File(kept, asset.value).outputStream().use { bitmap.compress(Bitmap.CompressFormat.JPEG, QUALITY, it) }
    }

    private fun ofSource(source: Source, longest: Int): Bitmap? = when (source) {
        is Source.File -> ofFile(source.file, longest)
        is Source.Library -> ofAddress(Uri.parse(source.id), longest)
    }

    private fun ofFile(file: File, longest: Int): Bitmap? = if (file.isFile) ofAddress(Uri.fromFile(file), longest) else null

    private fun ofAddress(uri: Uri, longest: Int): Bitmap? = when {
        Build.VERSION.SDK_INT >= 29 && uri.authority == "media" -> context.contentResolver.loadThumbnail(uri, Size(longest, longest), null)
        isFilm(uri) -> frame(uri)
        Build.VERSION.SDK_INT >= 28 -> decoded(uri, longest)
        else -> sampled(uri, longest)
    }

    private fun isFilm(uri: Uri): Boolean = context.contentResolver.getType(uri)?.startsWith("video/") == true

    private fun frame(uri: Uri): Bitmap? {
        val retriever = MediaMetadataRetriever()
        return try {
            retriever.setDataSource(context, uri)
            retriever.frameAtTime
        } finally {
            retriever.release()
        }
    }

    private fun decoded(uri: Uri, longest: Int): Bitmap =
        ImageDecoder.decodeBitmap(ImageDecoder.createSource(context.contentResolver, uri)) { decoder, info, _ ->
            val by = minOf(1f, longest.toFloat() / maxOf(info.size.width, info.size.height))
            decoder.setTargetSize((info.size.width * by).toInt().coerceAtLeast(1), (info.size.height * by).toInt().coerceAtLeast(1))
            decoder.allocator = ImageDecoder.ALLOCATOR_SOFTWARE
        }

    private fun sampled(uri: Uri, longest: Int): Bitmap? {
        val size = BitmapFactory.Options().apply { inJustDecodeBounds = true }
        open(uri).use { BitmapFactory.decodeStream(it, null, size) }
        val options = BitmapFactory.Options().apply { inSampleSize = (maxOf(size.outWidth, size.outHeight) / longest).coerceAtLeast(1) }
        return open(uri).use { BitmapFactory.decodeStream(it, null, options) }
    }

    private fun open(uri: Uri) = context.contentResolver.openInputStream(uri) ?: throw IOException("it cannot be opened")

    /** A picture that cannot be drawn is none: the row has a sign in its place. */
    private inline fun bitmapOrNull(draw: () -> Bitmap?): Bitmap? = try {
        draw()
    } catch (_: IOException) {
        null
    } catch (_: RuntimeException) {
        // Decoders and providers of other apps throw many kinds of these.
        null
    }

    private companion object {
        const val CACHE = 48 * 1_024 * 1_024
        const val KEPT = 1_280
        const val QUALITY = 80
    }
}
