package app.satchel.internal

import app.satchel.LibraryItem
import app.satchel.MediaLibrary
import app.satchel.OpenedItem
import app.satchel.Source
import java.io.File
import app.satchel.internal.ffi.LibraryItem as RawLibraryItem
import app.satchel.internal.ffi.MediaLibrary as RawMediaLibrary
import app.satchel.internal.ffi.OpenedItem as RawOpenedItem
import app.satchel.internal.ffi.SatchelException as RawException
import app.satchel.internal.ffi.Source as RawSource

/** The app's media library as the library calls it. Whatever is thrown is caught, as by [HostCredentials]. */
internal class HostLibrary(private val library: MediaLibrary) : RawMediaLibrary {
    override fun openItem(id: String): RawOpenedItem = try {
        library.open(id).toRaw()
    } catch (thrown: Throwable) {
        // This ends in the log: what it says may name the item.
        throw RawException.Host("the app's media library threw ${thrown::class.java.simpleName}")
    }
}

private fun OpenedItem.toRaw(): RawOpenedItem = when (this) {
    is OpenedItem.Descriptor -> RawOpenedItem.Descriptor(fd, mode(readMode), modified?.toEpochMilliseconds())
    is OpenedItem.File -> RawOpenedItem.File(file.absolutePath, temporary, mode(readMode), modified?.toEpochMilliseconds())
    is OpenedItem.Gone -> RawOpenedItem.Gone
    is OpenedItem.Denied -> RawOpenedItem.Denied
    is OpenedItem.Away -> RawOpenedItem.Away
    is OpenedItem.InCloud -> RawOpenedItem.InCloud
}

private fun mode(readMode: Int): UByte {
    require(readMode in 0..UByte.MAX_VALUE.toInt()) { "a read mode is 0 to 255, not $readMode" }
    return readMode.toUByte()
}

internal fun LibraryItem.toRaw(): RawLibraryItem = RawLibraryItem(id, name)

internal fun RawSource.toApi(): Source = when (this) {
    is RawSource.File -> Source.File(File(path))
    is RawSource.Library -> Source.Library(id)
}
