/*
 * Assets as an app shows them, and what is said of them.
 */
package app.satchel

import kotlin.time.Instant

/**
 * An asset's name in its outbox; it stays the same for ever.
 *
 * @property value as [toString] gives it.
 */
@JvmInline
public value class AssetId(public val value: String) {
    override fun toString(): String = value
}

/**
 * BLAKE3 of a content.
 *
 * @property value 64 hexadecimal digits.
 */
@JvmInline
public value class BlobHash(public val value: String) {
    override fun toString(): String = value
}

/** What kind of thing the camera made. */
public enum class AssetKind {
    /** A photo. */
    Photo,

    /** A video. */
    Video,

    /** A live photo: still and motion, one unit. */
    Pair,

    /** Something else that was named by itself. */
    Other,
}

/** Which form of an asset travels. */
public enum class Rendition {
    /** The post. */
    Text,

    /** About 20 KB. */
    Preview,

    /** 2048 px, at most 400 KB; a video at most 2 MB. */
    Press,

    /** Bit for bit. */
    Original,
}

/**
 * A place, by coordinates, name or both.
 *
 * @property latitude degrees north, −90 to 90 (WGS 84).
 * @property longitude degrees east, −180 to 180 (WGS 84).
 * @property name as a person would say it.
 */
public data class Place(public val latitude: Double? = null, public val longitude: Double? = null, public val name: String? = null)

/**
 * What a person says about an asset.
 *
 * @property caption free text.
 * @property tags tags without `#`.
 * @property place where it was taken.
 * @property author who made it.
 * @property time when it was taken: local time, with zone offset where that is known (RFC 3339).
 */
public data class Post(
    public val caption: String? = null,
    public val tags: List<String> = emptyList(),
    public val place: Place? = null,
    public val author: String? = null,
    public val time: String? = null,
)

/**
 * What is to be changed of a post; what is null stays.
 *
 * @property caption free text; empty takes it away.
 * @property tags all tags.
 * @property place the place.
 * @property author who made it; empty takes it away.
 * @property time when it was taken, RFC 3339 with zone offset where that is known.
 */
public data class PostEdit(
    public val caption: String? = null,
    public val tags: List<String>? = null,
    public val place: Place? = null,
    public val author: String? = null,
    public val time: String? = null,
)

/**
 * An asset as an app shows it.
 *
 * @property id which.
 * @property seq grows with each asset added: the key of the next page.
 * @property kind what kind of thing.
 * @property source where it was added from.
 * @property name the file's name. Not for logs.
 * @property hash the hash of its content, once it was read.
 * @property bytes length of the original in bytes, as far as known; of a pair, of both files.
 * @property motion of a pair: the motion beside the still, of which the properties above speak.
 * @property urgent goes before all that is not.
 * @property added when it was added.
 * @property post the latest post.
 * @property revision the post's revision, from 1.
 * @property state the state over all targets: the one that is furthest from done.
 * @property sent bytes handed to the network for its original, over all targets; twins share them.
 * @property acknowledged bytes of its original that servers said they kept.
 * @property deliveries each delivery.
 */
public data class Asset(
    public val id: AssetId,
    public val seq: Long,
    public val kind: AssetKind,
    public val source: Source,
    public val name: String,
    public val hash: BlobHash?,
    public val bytes: Long,
    public val motion: MotionView?,
    public val urgent: Boolean,
    public val added: Instant,
    public val post: Post,
    public val revision: Int,
    public val state: AssetState,
    public val sent: Long,
    public val acknowledged: Long,
    public val deliveries: List<Delivery>,
)

/**
 * The motion of a pair.
 *
 * @property source where it was added from.
 * @property name the file's name. Not for logs.
 * @property hash the hash of its content, once it was read.
 * @property bytes its length in bytes.
 */
public data class MotionView(public val source: Source, public val name: String, public val hash: BlobHash?, public val bytes: Long)

/**
 * One delivery of an asset.
 *
 * @property target where to.
 * @property rendition what.
 * @property state where it stands.
 * @property bytes payload bytes.
 * @property sent bytes handed to the network.
 * @property acknowledged bytes that the server said it kept.
 * @property receipt whether a verified receipt is stored.
 * @property redacted whether it is the original without what it says of itself: a payload of its own, that receipt and length speak
 *   of. The original itself is not there: whether that may be deleted, [Asset.state] says.
 */
public data class Delivery(
    public val target: TargetId,
    public val rendition: Rendition,
    public val state: AssetState,
    public val bytes: Long,
    public val sent: Long,
    public val acknowledged: Long,
    public val receipt: Boolean,
    public val redacted: Boolean,
)

/**
 * How many there are of each. Twins share a delivery, so there may be fewer of these than assets.
 *
 * @property unread parts that were accepted and not read yet.
 * @property unreadable parts that could not be read and need a person.
 * @property open deliveries of photos and videos that wait, rest or are under way.
 * @property openBytes their bytes.
 * @property parked deliveries of photos and videos that need a person.
 * @property delivered deliveries of photos and videos that are done.
 * @property deliveredBytes their bytes.
 * @property postsOpen posts that wait, rest or are under way.
 * @property postsParked posts that need a person.
 * @property postsDelivered posts that are there.
 */
public data class Counts(
    public val unread: Long,
    public val unreadable: Long,
    public val open: Long,
    public val openBytes: Long,
    public val parked: Long,
    public val delivered: Long,
    public val deliveredBytes: Long,
    public val postsOpen: Long,
    public val postsParked: Long,
    public val postsDelivered: Long,
)
