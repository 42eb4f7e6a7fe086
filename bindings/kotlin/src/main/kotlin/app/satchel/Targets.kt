/*
 * Where assets go, and what was sent there.
 */
package app.satchel

import kotlin.time.Instant

/**
 * A target's id in this outbox.
 *
 * @property value as the outbox counts them.
 */
@JvmInline
public value class TargetId(public val value: Long) {
    override fun toString(): String = value.toString()
}

/**
 * A target, as an app shows it.
 *
 * @property id its id in this outbox.
 * @property url as it was named.
 * @property receiver a paired Satchel receiver: it signs receipts, tells what it has, and takes posts.
 * @property redact what it is not to learn from files.
 * @property rest while it rests: until when, and why.
 */
public data class Target(
    public val id: TargetId,
    public val url: String,
    public val receiver: Boolean,
    public val redact: Redaction,
    public val rest: Rest?,
)

/** What a target is not to learn from a file. Whatever a person said is said to it all the same. */
public enum class Redaction {
    /** Nothing is kept from it: originals go as they are. */
    None,

    /** Where it was taken: originals go without their metadata, and posts without the place that the file told. */
    Location,

    /** As [Location], and posts go without the time that the file told, too. */
    All,
}

/**
 * A target is left alone for a while.
 *
 * @property until when it is tried again.
 * @property trouble what went wrong there.
 */
public data class Rest(public val until: Instant, public val trouble: Trouble)

/**
 * A line of the ledger.
 *
 * @property day local days since 1 January 1970.
 * @property link the link's class: `unmetered`, `metered`, `roaming`, `unknown`.
 * @property target which target.
 * @property sent bytes handed to the network, with TLS and headers.
 * @property acknowledged payload bytes that the server said it kept.
 * @property wasted payload bytes that were sent and not kept; below zero where bytes of one row were acknowledged in another.
 * @property received bytes taken from the network, likewise.
 */
public data class LedgerRow(
    public val day: Long,
    public val link: String,
    public val target: TargetId,
    public val sent: Long,
    public val acknowledged: Long,
    public val wasted: Long,
    public val received: Long,
)

/**
 * What a check found.
 *
 * @property confirmed the server confirmed them.
 * @property missing the server says that it does not have them.
 * @property unknown the server could not be asked, or cannot tell.
 */
public data class CheckReport(public val confirmed: Long, public val missing: Long, public val unknown: Long)
