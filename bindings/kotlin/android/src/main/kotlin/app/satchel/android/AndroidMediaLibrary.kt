/*
 * Opens what was added by its `content://` address, and hands the descriptor over: no byte of it goes through Java, but for pipes below
 * API 29.
 */
package app.satchel.android

import android.content.ContentResolver
import android.content.Context
import android.content.pm.PackageManager
import android.net.Uri
import android.os.Build
import android.os.ParcelFileDescriptor
import android.provider.MediaStore
import app.satchel.MediaLibrary
import app.satchel.OpenedItem
import app.satchel.android.photos.Descriptors
import app.satchel.android.photos.PhotoPermissions
import app.satchel.android.photos.SystemDescriptors
import java.io.File
import java.io.FileNotFoundException
import java.io.IOException
import kotlin.time.Instant

/**
 * The phone's library and whatever else has a `content://` address. The original comes with the place where it was taken, if the app
 * may know that (`ACCESS_MEDIA_LOCATION`, and `MediaStore.setRequireOriginal`): that is read mode 1. Without, the system takes the
 * place out as it is read, and the bytes are others: read mode 0.
 *
 * @param staged a folder for what cannot be handed over as it is; what is in it is removed as soon as it was opened.
 */
public class AndroidMediaLibrary internal constructor(
    private val context: Context,
    private val staged: File,
    private val descriptors: Descriptors,
) : MediaLibrary {
    /** Opens items of this app's [context]. */
    public constructor(context: Context) : this(context, File(context.cacheDir, "satchel-staged"), SystemDescriptors)

    private val resolver: ContentResolver get() = context.contentResolver

    override fun open(id: String): OpenedItem {
        val uri = Uri.parse(id)
        if (uri.scheme != ContentResolver.SCHEME_CONTENT) return OpenedItem.Gone
        val isPhoto = uri.authority == MediaStore.AUTHORITY
        return try {
            val (opened, mode) = if (isPhoto) openPhoto(uri) else resolver.openFileDescriptor(uri, "r") to PLAIN
            if (opened == null) missing(uri, isPhoto) else hand(uri, opened, mode)
        } catch (_: FileNotFoundException) {
            missing(uri, isPhoto)
        } catch (_: SecurityException) {
            OpenedItem.Denied
        } catch (_: IllegalArgumentException) {
            // No such volume, or a provider that does not know the address any more.
            missing(uri, isPhoto)
        } catch (_: IOException) {
            OpenedItem.Away
        } catch (_: IllegalStateException) {
            // The library is being built anew, or a provider died.
            OpenedItem.Away
        }
    }

    private fun openPhoto(uri: Uri): Pair<ParcelFileDescriptor?, Int> {
        if (Build.VERSION.SDK_INT < 29) return resolver.openFileDescriptor(uri, "r") to WITH_PLACE
        if (context.checkSelfPermission(PhotoPermissions.PLACE) == PackageManager.PERMISSION_GRANTED) {
            try {
                return resolver.openFileDescriptor(original(uri), "r") to WITH_PLACE
            } catch (_: UnsupportedOperationException) {
                // The permission was taken back in between, or it is a film of a system that keeps its place to itself.
            }
        }
        return resolver.openFileDescriptor(uri, "r") to PLAIN
    }

    @RequiresLevel(29)
    private fun original(uri: Uri): Uri = MediaStore.setRequireOriginal(uri)

    /** Hands over a regular file as it is; what is none, such as another app's pipe, is written to a file first. */
    private fun hand(uri: Uri, opened: ParcelFileDescriptor, mode: Int): OpenedItem {
        if (descriptors.isRegular(opened)) return OpenedItem.Descriptor(descriptors.detach(opened), mode)
        staged.mkdirs()
        val file = File.createTempFile("item-", null, staged)
        try {
            opened.use { descriptors.copy(it, file) }
        } catch (failure: Exception) {
            file.delete()
            throw failure
        }
        // Each copy has a new time: the item's own says whether it is still the same.
        return OpenedItem.File(file, temporary = true, readMode = mode, modified = modified(uri))
    }

    private fun modified(uri: Uri): Instant = ask(uri, "last_modified")?.let(Instant::fromEpochMilliseconds)
        ?: ask(uri, "date_modified")?.let(Instant::fromEpochSeconds)
        ?: Instant.fromEpochMilliseconds(0)

    private fun ask(uri: Uri, column: String): Long? = try {
        resolver.query(uri, arrayOf(column), null, null, null)?.use { row ->
            if (row.moveToFirst() && row.columnCount > 0 && !row.isNull(0)) row.getLong(0) else null
        }
    } catch (_: RuntimeException) {
        // Providers need not know a column, and throw what they like.
        null
    }

    /** Whether what could not be opened is gone for good. */
    private fun missing(uri: Uri, isPhoto: Boolean): OpenedItem {
        if (!isPhoto) return OpenedItem.Gone
        if (Build.VERSION.SDK_INT >= 29 && !isVolumeThere(uri)) return OpenedItem.Away
        return try {
            val rows = resolver.query(uri, arrayOf("_id"), null, null, null)?.use { it.count }
            if (rows == 0) OpenedItem.Gone else OpenedItem.Away
        } catch (_: SecurityException) {
            OpenedItem.Denied
        } catch (_: RuntimeException) {
            OpenedItem.Away
        }
    }

    /** A card that was taken out comes back. */
    @RequiresLevel(29)
    private fun isVolumeThere(uri: Uri): Boolean {
        val volume = uri.pathSegments.firstOrNull() ?: return true
        return volume == MediaStore.VOLUME_EXTERNAL || volume in MediaStore.getExternalVolumeNames(context)
    }

    private companion object {
        const val PLAIN = 0
        const val WITH_PLACE = 1
    }
}
