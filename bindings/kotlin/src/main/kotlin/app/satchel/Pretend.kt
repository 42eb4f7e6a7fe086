/*
 * For testers: what connections meet in place of the network.
 */
package app.satchel

import kotlin.time.Duration

/**
 * What an outbox's own connections meet, so that a person at a desk sees what a traveller does. Nothing of it outlasts the process.
 * What there is for a link (none, one that costs, a foreign operator's, a sign-in page) is pretended by [Satchel.setLink].
 *
 * @property bytesPerSecond so much goes each way, over all connections together, in bytes a second, 100 or more; as the network is
 *   when null.
 * @property latency answers come no sooner than this after what was asked; at most 30 seconds.
 * @property stands this stands in the place of every server.
 */
public data class Pretend(
    public val bytesPerSecond: Long? = null,
    public val latency: Duration? = null,
    public val stands: StandIn? = null,
)

/** What stands in a server's place. None of its bytes leave the device, and none are in the ledger. */
public enum class StandIn(
    /** Its name, the same in all languages. */
    public val code: String,
) {
    /** A page that says that the service is blocked; where TLS is spoken, it comes in reply to the first word of that. */
    Page("page"),

    /** Nothing: no connection is made, and nobody says so. */
    Silence("silence"),

    /** Somebody who resets the connection once the first bytes went. */
    Reset("reset"),
}
