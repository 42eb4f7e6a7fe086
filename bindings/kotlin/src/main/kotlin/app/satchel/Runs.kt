/*
 * Runs: how long one goes on, how it ended, and when the next is due.
 */
package app.satchel

import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.Instant

/**
 * How long a run goes on, and for whom.
 *
 * @property deadline ends after this at the latest. With a deadline the run goes on as long as anything is open; without one it ends when
 *   nothing is due within [linger].
 * @property linger how long to wait for something that is due.
 * @property targets only these; all when null.
 */
public data class RunOptions(
    public val deadline: Duration? = null,
    public val linger: Duration = 30.seconds,
    public val targets: List<TargetId>? = null,
)

/**
 * How a run ended.
 *
 * @property counts what there is now.
 * @property wake when to run next, and what must be true then.
 * @property stopped ended by its deadline, or because the outbox was closed.
 */
public data class RunReport(public val counts: Counts, public val wake: Wake, public val stopped: Boolean)

/**
 * When to run next at the earliest, and what must be true then.
 *
 * @property at not before this; null when time alone changes nothing.
 * @property needs a link at least like this must be there.
 * @property charging the device must be charged then.
 * @property sooner sooner than [at] if a link at least like this one comes.
 * @property bytes payload bytes that wait for it, as far as known.
 */
public data class Wake(
    public val at: Instant? = null,
    public val needs: LinkNeed? = null,
    public val charging: Boolean = false,
    public val sooner: LinkNeed? = null,
    public val bytes: Long = 0,
)

/** The least that a link must be; later ones ask for more. */
public enum class LinkNeed(
    /** Its name, the same in all languages. */
    public val code: String,
) {
    /** Any network (Android's `NETWORK_TYPE_ANY`). */
    Any("any"),

    /** One that is not a foreign operator's (`NETWORK_TYPE_NOT_ROAMING`). */
    NotRoaming("not_roaming"),

    /** Not the phone's own mobile data (a `NetworkRequest` without `TRANSPORT_CELLULAR`). */
    NotCellular("not_cellular"),

    /** One that costs nothing (`NETWORK_TYPE_UNMETERED`). */
    Unmetered("unmetered"),
}
