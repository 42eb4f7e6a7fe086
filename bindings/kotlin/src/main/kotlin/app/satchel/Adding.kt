/*
 * Adding, and what came of it.
 */
package app.satchel

import java.io.File

/**
 * How something is added.
 *
 * @property post what is said of it; for something that is there already, what changes.
 * @property urgent before all that is not urgent.
 * @property copy copy the bytes into the outbox, for sources that will not stay.
 * @property album the album that it comes from, as the app names it, at most 200 characters; rules may tell albums apart. What is there
 *   already stays in its own.
 * @property motion the motion of a live photo, of which the file that is added is the still: both are one asset, which travels as one
 *   and shows as one post. For a photo that is there already, it joins it. Not for a folder.
 */
public data class AddOptions(
    public val post: PostEdit = PostEdit(),
    public val urgent: Boolean = false,
    public val copy: Boolean = false,
    public val album: String? = null,
    public val motion: Motion? = null,
)

/** Where the motion of a pair is. */
public sealed interface Motion {
    /**
     * A file.
     *
     * @property file which. Not for logs.
     */
    public data class File(public val file: java.io.File) : Motion

    /**
     * An item of the app's [MediaLibrary].
     *
     * @property item which.
     */
    public data class Item(public val item: LibraryItem) : Motion

    /**
     * What the app wrote to a [Stage].
     *
     * @property stage which.
     * @property name the file's name, as the camera or the library calls it; without folders, 1 to 255 bytes.
     */
    public data class Staged(public val stage: Stage, public val name: String) : Motion
}

/**
 * What became of a file that was added.
 *
 * @property id the asset.
 * @property kind whether it is new.
 */
public data class Added(public val id: AssetId, public val kind: AddKind)

/** What became of a file that was added. */
public enum class AddKind(
    /** Its name, the same in all languages. */
    public val code: String,
) {
    /** It is new. */
    Added("added"),

    /** It was there already; its post or urgency changed. */
    Revised("revised"),

    /** It was there already, and nothing new was said. */
    Unchanged("unchanged"),
}

/**
 * What became of a folder.
 *
 * @property added new assets.
 * @property revised assets whose post or urgency changed.
 * @property unchanged assets of which nothing new was said.
 * @property skipped files that are neither photo nor video.
 * @property failed files that could not be taken.
 * @property faults the first hundred of these.
 */
public data class FolderReport(
    public val added: Long,
    public val revised: Long,
    public val unchanged: Long,
    public val skipped: Long,
    public val failed: Long,
    public val faults: List<FolderFault>,
)

/**
 * A file that could not be taken.
 *
 * @property path which. Not for logs.
 * @property fault what is wrong with it.
 * @property words for a person.
 */
public data class FolderFault(public val path: File, public val fault: SourceFault, public val words: String)

/** Why a source cannot be read. */
public sealed interface SourceFault {
    /** Its name, the same in all languages. */
    public val code: String

    /** It is not there. */
    public data object Gone : SourceFault {
        override val code: String get() = "gone"
    }

    /** It may not be read. */
    public data object Unreadable : SourceFault {
        override val code: String get() = "unreadable"
    }

    /** It holds no byte. */
    public data object Empty : SourceFault {
        override val code: String get() = "empty"
    }

    /** It changed while it was read. */
    public data object Changed : SourceFault {
        override val code: String get() = "changed"
    }

    /** It is a folder, a device or the like. */
    public data object NotAFile : SourceFault {
        override val code: String get() = "not_a_file"
    }

    /** It is a link that leads to itself. */
    public data object Loop : SourceFault {
        override val code: String get() = "loop"
    }

    /** It is in the app's media library, which cannot open it just now. */
    public data object Away : SourceFault {
        override val code: String get() = "away"
    }

    /** It is in the app's media library, which has it only in the cloud. */
    public data object InCloud : SourceFault {
        override val code: String get() = "in_cloud"
    }

    /** The system failed to read it. */
    public data object Io : SourceFault {
        override val code: String get() = "io"
    }

    /** A fault of a later version. */
    public data class Other(override val code: String) : SourceFault
}
