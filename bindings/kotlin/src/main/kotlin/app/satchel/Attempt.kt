package app.satchel

import kotlin.time.Instant

/**
 * A request for an asset that ended.
 *
 * @property target where to.
 * @property rendition what of the asset.
 * @property started when it began.
 * @property ended when it ended.
 * @property method the method, in capitals.
 * @property status the reply's HTTP status; null where none came.
 * @property sent bytes of the body that left.
 * @property words what came of it, for a person, in English.
 */
public data class Attempt(
    public val target: TargetId,
    public val rendition: Rendition,
    public val started: Instant,
    public val ended: Instant,
    public val method: String,
    public val status: Int?,
    public val sent: Long,
    public val words: String,
)
