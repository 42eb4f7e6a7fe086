/*
 * Pictures by the system's own decoders, which know HEIC, raw photos and films.
 */
package app.satchel.android

import android.content.Context
import android.graphics.Bitmap
import android.media.MediaMetadataRetriever
import android.net.Uri
import android.os.Build
import app.satchel.AssetKind
import app.satchel.PreviewRequest
import app.satchel.Previewer
import app.satchel.Source
import app.satchel.android.previews.decodeNew
import app.satchel.android.previews.decodeOld
import app.satchel.android.previews.scaledFrame
import java.io.File
import java.io.FileOutputStream

/** Makes pictures of photos and poster frames of films. Small versions of films it makes none: those go as they are. */
public class AndroidPreviewer(private val context: Context) : Previewer {
    override fun picture(request: PreviewRequest): Boolean {
        val bitmap =
            when {
                request.kind == AssetKind.Video || request.mediaType.startsWith("video/") -> frame(request)
                Build.VERSION.SDK_INT >= 28 -> decodeNew(context, request)
                else -> decodeOld(context, request)
            } ?: return false
        return try {
            FileOutputStream(request.to).use { bitmap.compress(Bitmap.CompressFormat.JPEG, QUALITY, it) }
        } finally {
            bitmap.recycle()
        }
    }

    /** The frame that stands for a film: near its beginning, where it is a whole picture by itself. */
    private fun frame(request: PreviewRequest): Bitmap? {
        val retriever = MediaMetadataRetriever()
        try {
            when (val source = request.source) {
                is Source.File -> retriever.setDataSource(source.file.path)
                is Source.Library -> retriever.setDataSource(context, Uri.parse(source.id))
            }
            if (Build.VERSION.SDK_INT >= 27) return scaledFrame(retriever, request.longest)
            return retriever.getFrameAtTime(FIRST_SECOND, MediaMetadataRetriever.OPTION_CLOSEST_SYNC)
        } catch (_: RuntimeException) {
            // A film that the system cannot read.
            return null
        } finally {
            retriever.release()
        }
    }

    private companion object {
        const val QUALITY = 90
        const val FIRST_SECOND = 1_000_000L
    }
}
