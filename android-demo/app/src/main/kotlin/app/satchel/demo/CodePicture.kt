/*
 * A picture that the system's camera took of a pairing code.
 */
package app.satchel.demo

import android.content.Context
import android.graphics.BitmapFactory
import android.net.Uri
import androidx.core.content.FileProvider
import app.satchel.demo.state.readCode
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.withContext
import java.io.File

internal class CodePicture(private val context: Context) {
    private val file: File get() = File(context.cacheDir, "codes/code.jpg")

    /** Where the camera is to write it. */
    fun address(): Uri {
        file.parentFile?.mkdirs()
        return FileProvider.getUriForFile(context, "${context.packageName}.files", file)
    }

    /** The code in it; null where there is none. The picture is deleted: it shows a secret. */
    suspend fun read(): String? = withContext(Dispatchers.Default) {
        try {
            val size = BitmapFactory.Options().apply { inJustDecodeBounds = true }
            BitmapFactory.decodeFile(file.path, size)
            val options = BitmapFactory.Options().apply { inSampleSize = (maxOf(size.outWidth, size.outHeight) / LONGEST).coerceAtLeast(1) }
            val bitmap = BitmapFactory.decodeFile(file.path, options) ?: return@withContext null
            val pixels = IntArray(bitmap.width * bitmap.height)
            bitmap.getPixels(pixels, 0, bitmap.width, 0, 0, bitmap.width, bitmap.height)
            readCode(pixels, bitmap.width, bitmap.height)
        } finally {
            file.delete()
        }
    }

    private companion object {
        /** The longer side that a code is looked for in, in pixels, and up to twice that. */
        const val LONGEST = 1_200
    }
}
