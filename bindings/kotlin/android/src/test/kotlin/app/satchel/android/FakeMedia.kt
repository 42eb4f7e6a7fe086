/*
 * A provider in the place of the phone's library, by the contract of MediaStore's documentation: rows with a count of changes, and
 * files behind them. And one of another app, which shares files or pipes.
 */
package app.satchel.android

import android.content.ContentProvider
import android.content.ContentUris
import android.content.ContentValues
import android.content.Intent
import android.database.Cursor
import android.database.MatrixCursor
import android.net.Uri
import android.os.Bundle
import android.os.ParcelFileDescriptor
import android.provider.MediaStore
import java.io.File
import java.io.FileNotFoundException
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.ConcurrentSkipListMap
import java.util.concurrent.atomic.AtomicLong

/** A row of the phone's library. */
internal data class Row(
    val id: Long,
    val file: File,
    val generation: Long,
    val album: String = "Camera",
    val video: Boolean = false,
    val added: Long = System.currentTimeMillis() / 1_000,
    val modified: Long = added,
    val pending: Boolean = false,
    val trashed: Boolean = false,
)

/** `content://media`. */
internal class FakeMedia : ContentProvider() {
    private val rows = ConcurrentSkipListMap<Long, Row>()
    private val born = ConcurrentHashMap<Long, Long>()
    private val counted = AtomicLong(100)

    @Volatile
    var version = "library 1"

    /** What opening throws, where it is to fail. */
    @Volatile
    var failure: (() -> Exception)? = null

    /** Its process is gone for now: then the system answers a query with nothing at all. */
    @Volatile
    var isDead = false

    /** How many rows still come before its process is gone in the middle of an answer. */
    @Volatile
    var rowsLeft = Int.MAX_VALUE

    /** What was asked for when it was opened. */
    val opened: MutableList<Uri> = java.util.Collections.synchronizedList(mutableListOf())

    fun put(row: Row) {
        val generation = counted.incrementAndGet()
        born.putIfAbsent(row.id, generation)
        rows[row.id] = row.copy(generation = generation)
    }

    fun put(id: Long, file: File, album: String = "Camera", video: Boolean = false): Row = Row(id, file, 0, album, video).also(::put)

    fun change(id: Long, how: (Row) -> Row) = put(how(rows.getValue(id)))

    fun remove(id: Long) {
        rows.remove(id)
        counted.incrementAndGet()
    }

    override fun onCreate() = true

    override fun call(method: String, argument: String?, extras: Bundle?): Bundle = Bundle().apply {
        putString(Intent.EXTRA_TEXT, version)
        putLong(Intent.EXTRA_INDEX, counted.get())
    }

    override fun query(uri: Uri, columns: Array<String>?, where: String?, arguments: Array<String>?, order: String?): Cursor? {
        if (isDead) return null
        val wanted = columns ?: arrayOf("_id")
        val cursor =
            object : MatrixCursor(wanted) {
                // So a cursor behaves whose provider is gone: its count stays, and no row comes.
                override fun onMove(from: Int, to: Int) = rowsLeft-- > 0
            }
        val id = uri.lastPathSegment?.toLongOrNull()
        val visible = rows.values.filter { !it.pending && !it.trashed }
        val found =
            if (id !=
                null
            ) {
                visible.filter { it.id == id }
            } else {
                visible.filter { after(it, where.orEmpty(), arguments ?: emptyArray()) }
            }
        for (row in if (order?.startsWith("generation") == true) found.sortedWith(compareBy(Row::generation, Row::id)) else found) {
            cursor.addRow(wanted.map { value(row, it) })
        }
        return cursor
    }

    private fun after(row: Row, where: String, arguments: Array<String>): Boolean {
        check("media_type = 1" in where && "media_type = 3" in where) { "not only photos and videos are asked for: $where" }
        val numbers = arguments.map { it.toLong() }
        return if ("generation_modified" in where) {
            row.generation > numbers[0] || (row.generation == numbers[1] && row.id > numbers[2])
        } else {
            row.id > numbers[0]
        }
    }

    private fun value(row: Row, column: String): Any? = when (column) {
        "_id" -> row.id
        "_display_name" -> row.file.name
        "bucket_display_name" -> row.album
        "media_type" -> if (row.video) 3 else 1
        "date_added" -> row.added
        "date_modified" -> row.modified
        "generation_modified" -> row.generation
        "generation_added" -> born.getValue(row.id)
        else -> throw IllegalArgumentException("no column $column")
    }

    override fun openFile(uri: Uri, mode: String): ParcelFileDescriptor {
        opened += uri
        failure?.let { throw it() }
        val row = rows[ContentUris.parseId(uri.buildUpon().clearQuery().build())] ?: throw FileNotFoundException("no item")
        return ParcelFileDescriptor.open(row.file, ParcelFileDescriptor.MODE_READ_ONLY)
    }

    override fun getType(uri: Uri): String = "image/jpeg"

    override fun insert(uri: Uri, values: ContentValues?): Uri? = null

    override fun delete(uri: Uri, where: String?, arguments: Array<String>?): Int = 0

    override fun update(uri: Uri, values: ContentValues?, where: String?, arguments: Array<String>?): Int = 0
}

/** Another app, which shares. */
internal class OtherApp : ContentProvider() {
    /** What is opened. */
    @Volatile
    lateinit var open: () -> ParcelFileDescriptor

    @Volatile
    var name: String? = "from afar.jpg"

    override fun onCreate() = true

    override fun query(uri: Uri, columns: Array<String>?, where: String?, arguments: Array<String>?, order: String?): Cursor {
        val wanted = columns ?: arrayOf("_display_name")
        if (wanted.any { it != "_display_name" }) throw IllegalArgumentException("no such column")
        return MatrixCursor(wanted).apply { addRow(arrayOf(name)) }
    }

    override fun openFile(uri: Uri, mode: String): ParcelFileDescriptor = open()

    override fun getType(uri: Uri): String = "image/jpeg"

    override fun insert(uri: Uri, values: ContentValues?): Uri? = null

    override fun delete(uri: Uri, where: String?, arguments: Array<String>?): Int = 0

    override fun update(uri: Uri, values: ContentValues?, where: String?, arguments: Array<String>?): Int = 0
}

/** The address of a photo in the phone's library. */
internal fun photoUri(id: Long): Uri = ContentUris.withAppendedId(MediaStore.Images.Media.getContentUri("external_primary"), id)
