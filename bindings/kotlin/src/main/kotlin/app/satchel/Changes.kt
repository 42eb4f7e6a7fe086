/*
 * What an outbox tells while it works.
 */
package app.satchel

/** Something changed. Whoever shows a list asks for its page again. */
public sealed interface Change {
    /** Assets were added, revised, removed or set going again; or so much changed that not all of it could be told. */
    public data object Assets : Change

    /**
     * A part was read: its content is known.
     *
     * @property asset whose.
     */
    public data class Read(public val asset: AssetId) : Change

    /**
     * An upload moved.
     *
     * @property asset the first of the assets that share it.
     * @property rendition which rendition.
     * @property target where to.
     * @property sent bytes of the payload handed to the network, from its start.
     * @property bytes length of the payload in bytes.
     */
    public data class Progress(
        public val asset: AssetId,
        public val rendition: Rendition,
        public val target: TargetId,
        public val sent: Long,
        public val bytes: Long,
    ) : Change

    /**
     * A delivery is done.
     *
     * @property asset the first of the assets that share it; null when the server had it already.
     * @property rendition which rendition.
     * @property target where.
     * @property proof how well that is known.
     */
    public data class Delivered(
        public val asset: AssetId?,
        public val rendition: Rendition,
        public val target: TargetId,
        public val proof: Proof,
    ) : Change

    /**
     * A delivery needs a person.
     *
     * @property asset whose.
     * @property reason why.
     */
    public data class Parked(public val asset: AssetId?, public val reason: ParkReason) : Change

    /**
     * Something went wrong at a target; it is tried again.
     *
     * @property target which.
     * @property trouble what.
     */
    public data class Trouble(public val target: TargetId, public val trouble: app.satchel.Trouble) : Change

    /**
     * The ways to a target fare otherwise than before, or others are set up: [Satchel.endpoints] tells them.
     *
     * @property target which target.
     */
    public data class Endpoints(public val target: TargetId) : Change

    /**
     * Nothing can be done until then.
     *
     * @property wake when, and needing what.
     */
    public data class Idle(public val wake: Wake) : Change

    /**
     * A change of a later version.
     *
     * @property code its name.
     */
    public data class Other(public val code: String) : Change
}

/**
 * How far an outbox is.
 *
 * @property counts how many there are of each.
 * @property uploads the uploads under way in this process, in the order in which they began.
 */
public data class Progress(public val counts: Counts, public val uploads: List<Upload> = emptyList())

/**
 * An upload under way.
 *
 * @property asset the first of the assets that share it.
 * @property rendition which rendition.
 * @property target where to.
 * @property sent bytes of the payload handed to the network, from its start.
 * @property bytes length of the payload in bytes.
 */
public data class Upload(
    public val asset: AssetId,
    public val rendition: Rendition,
    public val target: TargetId,
    public val sent: Long,
    public val bytes: Long,
)
