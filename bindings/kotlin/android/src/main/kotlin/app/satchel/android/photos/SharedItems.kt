/*
 * What a person picked or shared from another app: the address is good only for now, so the bytes are copied into the outbox.
 */
package app.satchel.android.photos

import android.content.ContentResolver
import android.content.Context
import android.net.Uri
import android.provider.OpenableColumns

/** Why something that was shared cannot be taken; null when it can. */
internal fun refusal(context: Context, uri: Uri): String? {
    if (uri.scheme !=
        ContentResolver.SCHEME_CONTENT
    ) {
        return "only content:// addresses can be taken; the other app must share it by a provider"
    }
    // Another app may name this app's own files, and would have them sent by this app's own leave.
    val owner = uri.authority?.let { context.packageManager.resolveContentProvider(it.substringAfterLast('@'), 0) }
    return if (owner?.packageName == context.packageName) "it is this app's own; add it as a file" else null
}

/** The name under which another app shows it; without folders, 1 to 255 bytes. */
internal fun nameOf(context: Context, uri: Uri): String {
    val said =
        try {
            context.contentResolver.query(uri, arrayOf(OpenableColumns.DISPLAY_NAME), null, null, null)?.use { row ->
                if (row.moveToFirst() && row.columnCount > 0) row.getString(0) else null
            }
        } catch (_: RuntimeException) {
            null
        }
    return cleanName(said ?: uri.lastPathSegment ?: "shared", context.contentResolver.getType(uri))
}

/** The name that the phone's library has for it, such as the outbox takes: one that it refused would hold back the scan for good. */
internal fun nameOf(photo: PhotoItem): String = cleanName(photo.name, null, if (photo.video) "video" else "photo")

/** A name that the outbox takes; [nameless] where nothing is left of it. By its ending it is known what kind of thing it is. Pure. */
internal fun cleanName(said: String, type: String?, nameless: String = "shared"): String {
    val last = said.substring(said.lastIndexOfAny(charArrayOf('/', '\\')) + 1)
    val name = last.filterNot(Char::isISOControl).trim().trim('.').ifEmpty { nameless }
    val dot = name.lastIndexOf('.')
    val ending = if (dot > 0 && name.length - dot <= MOST_ENDING) name.substring(dot) else endingOf(type)
    var stem = if (dot > 0 && name.length - dot <= MOST_ENDING) name.substring(0, dot) else name
    while ((stem + ending).toByteArray().size > MOST_BYTES) stem = stem.substring(0, stem.offsetByCodePoints(stem.length, -1))
    return stem + ending
}

private fun endingOf(type: String?): String = when (type?.lowercase()) {
    "image/jpeg" -> ".jpg"
    "image/png" -> ".png"
    "image/webp" -> ".webp"
    "image/heic", "image/heif" -> ".heic"
    "image/gif" -> ".gif"
    "image/avif" -> ".avif"
    "image/x-adobe-dng" -> ".dng"
    "video/mp4" -> ".mp4"
    "video/quicktime" -> ".mov"
    "video/3gpp" -> ".3gp"
    "video/webm" -> ".webm"
    else -> ""
}

private const val MOST_BYTES = 200
private const val MOST_ENDING = 6
