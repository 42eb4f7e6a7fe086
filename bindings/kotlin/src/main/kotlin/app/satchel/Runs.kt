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
 * When to run next.
 *
 * @property at not before this; null when time alone changes nothing.
 * @property needs something waits for a link of this kind.
 */
public data class Wake(public val at: Instant?, public val needs: LinkNeed?)

/** The least that a link must be. */
public enum class LinkNeed {
    /** Any network. */
    Any,

    /** One that costs nothing. */
    Unmetered,
}
