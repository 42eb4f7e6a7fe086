/*
 * The phone's library of photos, as a scan sees it.
 */
package app.satchel.android.photos

import app.satchel.android.PhotoReach
import kotlin.time.Instant

/**
 * Where a photo stands in the order in which a scan looks: by the count of changes at which it last changed, then by id.
 *
 * @property generation `GENERATION_MODIFIED`; 0 on systems before API 30, which have none.
 */
internal data class Position(val generation: Long, val id: Long) : Comparable<Position> {
    override fun compareTo(other: Position): Int = compareValuesBy(this, other, Position::generation, Position::id)

    companion object {
        val START = Position(-1, -1)
    }
}

/**
 * What of the library may be seen: by another leave other things are seen, which changes no count.
 *
 * @property code its name in the marks of the scans.
 */
internal enum class Sight(val code: String) {
    /** Nothing. */
    None("none"),

    /** What a person selected by hand. */
    ByHand("selected"),

    /** All photos, and no videos. */
    Photos("photos"),

    /** All videos, and no photos. */
    Videos("videos"),

    /** All. */
    All("all"),
}

/**
 * A photo or video of the phone's library.
 *
 * @property uri its address, which opens it later too.
 * @property album the album that it is in.
 * @property added when it came to the library; [modified] when the file last changed. By clocks, which are set back and forward.
 * @property born the same by the library's own order: the count of changes at which it came, on systems before API 30 its id.
 */
internal data class PhotoItem(
    val position: Position,
    val uri: String,
    val name: String,
    val album: String?,
    val video: Boolean,
    val added: Instant,
    val modified: Instant,
    val born: Long,
)

/** The phone's library. Its methods may wait, and throw where it cannot tell: an answer is never taken for an empty one. */
internal interface PhotoShelf {
    /** How much of it may be seen. */
    fun reach(): PhotoReach

    /** What of it may be seen. */
    fun sight(): Sight = when (reach()) {
        PhotoReach.None -> Sight.None
        PhotoReach.Selected -> Sight.ByHand
        PhotoReach.All -> Sight.All
    }

    /** Its volumes that are there. */
    fun volumes(): List<String>

    /** Which library it is: another one after it was built anew, and then ids and generations mean nothing any more. */
    fun version(volume: String): String

    /** The count of its changes so far; null on systems that do not count. */
    fun generation(volume: String): Long?

    /** The next ones after a position, in order, without what is pending or in the bin; at most [limit]. */
    fun page(volume: String, after: Position, limit: Int): List<PhotoItem>
}
