/*
 * The phone's library by MediaStore.
 */
package app.satchel.android.photos

import android.content.ContentUris
import android.content.Context
import android.content.pm.PackageManager
import android.database.Cursor
import android.os.Build
import android.provider.MediaStore
import app.satchel.android.PhotoAccess
import app.satchel.android.PhotoReach
import app.satchel.android.RequiresLevel
import kotlin.time.Instant

/** MediaStore. What is pending or in the bin, it leaves out by itself; when that changes, the count of changes grows. */
internal class MediaStoreShelf(private val context: Context) : PhotoShelf {
    private val counts = Build.VERSION.SDK_INT >= 30

    fun access(): PhotoAccess = PhotoPermissions.access(Build.VERSION.SDK_INT, ::isGranted)

    override fun sight(): Sight = PhotoPermissions.sight(Build.VERSION.SDK_INT, ::isGranted)

    private fun isGranted(permission: String) = context.checkSelfPermission(permission) == PackageManager.PERMISSION_GRANTED

    override fun reach(): PhotoReach = access().reach

    override fun volumes(): List<String> = if (Build.VERSION.SDK_INT >= 29) volumeNames().sorted() else listOf("external")

    override fun version(volume: String): String = if (counts) versionOf(volume) else MediaStore.getVersion(context)

    override fun generation(volume: String): Long? = if (counts) generationOf(volume) else null

    override fun page(volume: String, after: Position, limit: Int): List<PhotoItem> {
        val (where, arguments) =
            if (counts) {
                val generation = after.generation.toString()
                "$GENERATION > ? OR ($GENERATION = ? AND $ID > ?)" to arrayOf(generation, generation, after.id.toString())
            } else {
                "$ID > ?" to arrayOf(after.id.toString())
            }
        val order = if (counts) "$GENERATION, $ID" else ID
        val columns = listOfNotNull(ID, NAME, ALBUM, TYPE, ADDED, MODIFIED, GENERATION.takeIf { counts }, BORN.takeIf { counts })
        val cursor =
            context.contentResolver.query(
                MediaStore.Files.getContentUri(volume),
                columns.toTypedArray(),
                "($TYPE = $IMAGE OR $TYPE = $VIDEO) AND ($where)",
                arguments,
                order,
            )
        // While the library's process is gone there is no answer, or one whose rows do not come. Neither says that nothing is there.
        return checkNotNull(cursor) { NO_ANSWER }.use { rows ->
            val page = buildList { while (size < limit && rows.moveToNext()) add(item(volume, rows)) }
            check(page.size == minOf(limit, rows.count)) { NO_ANSWER }
            page
        }
    }

    private fun item(volume: String, row: Cursor): PhotoItem {
        val id = row.getLong(0)
        val video = row.getInt(3) == VIDEO
        val shelf = if (video) MediaStore.Video.Media.getContentUri(volume) else MediaStore.Images.Media.getContentUri(volume)
        return PhotoItem(
            Position(if (counts) row.getLong(6) else 0, id),
            ContentUris.withAppendedId(shelf, id).toString(),
            row.getString(1)?.takeIf { it.isNotEmpty() } ?: if (video) "video" else "photo",
            row.getString(2),
            video,
            Instant.fromEpochSeconds(row.getLong(4)),
            Instant.fromEpochSeconds(row.getLong(5)),
            if (counts) row.getLong(7) else id,
        )
    }

    @RequiresLevel(29)
    private fun volumeNames(): Set<String> = MediaStore.getExternalVolumeNames(context)

    @RequiresLevel(30)
    private fun versionOf(volume: String): String = MediaStore.getVersion(context, volume)

    @RequiresLevel(30)
    private fun generationOf(volume: String): Long = MediaStore.getGeneration(context, volume)

    private companion object {
        const val ID = "_id"
        const val NAME = "_display_name"
        const val ALBUM = "bucket_display_name"
        const val TYPE = "media_type"
        const val ADDED = "date_added"
        const val MODIFIED = "date_modified"
        const val GENERATION = "generation_modified"
        const val BORN = "generation_added"
        const val NO_ANSWER = "the phone's library of photos does not answer"
        const val IMAGE = MediaStore.Files.FileColumns.MEDIA_TYPE_IMAGE
        const val VIDEO = MediaStore.Files.FileColumns.MEDIA_TYPE_VIDEO
    }
}
