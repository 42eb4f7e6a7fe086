/*
 * Originals that have an id instead of a path: what the app's media library keeps.
 */
package app.satchel

import kotlin.time.Instant

/** Where an original lives. */
public sealed interface Source {
    /** The file; null for an item of a media library. Not for logs. */
    public val file: java.io.File?

    /**
     * A file.
     *
     * @property file which. Not for logs.
     */
    public data class File(override val file: java.io.File) : Source

    /**
     * An item of the app's [MediaLibrary].
     *
     * @property id which.
     */
    public data class Library(public val id: String) : Source {
        override val file: java.io.File? get() = null
    }
}

/**
 * An item of the app's media library, to be added.
 *
 * @property id as [MediaLibrary.open] is to be given it; 1 to 1,024 bytes. On Android the item's `content://` address.
 * @property name the file's name, as the library calls it; without folders, 1 to 255 bytes.
 */
public data class LibraryItem(public val id: String, public val name: String)

/**
 * The app's media library, such as Android's MediaStore: it opens again what was added by its id, months later and in another
 * process too.
 */
public interface MediaLibrary {
    /**
     * Opens an item for reading. Called on threads of Satchel's own that may wait, several at once. When it throws, adding throws
     * [SatchelException.Host], and what was added before waits and is tried again.
     */
    public fun open(id: String): OpenedItem
}

/** What a library said when an item was to be opened. */
public sealed interface OpenedItem {
    /**
     * It is open, as a regular file.
     *
     * @property fd the descriptor; Satchel closes it. On Android: `ParcelFileDescriptor.detachFd()`.
     * @property readMode in which of several ways it is read, numbered by the app from 0 to 255: with or without its place, say,
     *   which gives other bytes.
     * @property modified when the item last changed; the file's own time when null.
     */
    public data class Descriptor(public val fd: Int, public val readMode: Int = 0, public val modified: Instant? = null) : OpenedItem

    /**
     * It is in a file.
     *
     * @property file which.
     * @property temporary it was exported for this once: it is removed as soon as it is open.
     * @property readMode as of a [Descriptor].
     * @property modified as of a [Descriptor]. An app that exports an item anew each time must say it, or each export counts as
     *   another original.
     */
    public data class File(
        public val file: java.io.File,
        public val temporary: Boolean = false,
        public val readMode: Int = 0,
        public val modified: Instant? = null,
    ) : OpenedItem

    /** The library has it no more: the asset is parked. */
    public data object Gone : OpenedItem

    /** The person did not allow it: the asset is parked. */
    public data object Denied : OpenedItem

    /** Not now: the phone is locked, the library is busy. It is tried again by itself. */
    public data object Away : OpenedItem

    /** It is only in the cloud, and the app does not fetch it over the link that there is. It is tried again by itself. */
    public data object InCloud : OpenedItem
}
