/*
 * What it costs: budgets, the price before sending, grants. Bytes are billed ones: of both directions, with headers, TLS and an
 * allowance for TCP/IP.
 */
package app.satchel

import kotlin.time.Duration
import kotlin.time.Instant

/**
 * So many bytes in a period over these links.
 *
 * @property name what the traveller calls it, 1 to 60 characters; one of each name.
 * @property covers what it counts.
 * @property bytes how many billed bytes, 1 to 2^50.
 * @property period in which time.
 */
public data class Budget(
    public val name: String,
    public val covers: Covers,
    public val bytes: Long,
    public val period: Period = Period.Day,
)

/** Which links a budget counts. */
public sealed interface Covers {
    /**
     * A class. That of metered links counts those too of which nobody knows whether they cost.
     *
     * @property linkClass which.
     */
    public data class Class(public val linkClass: LinkClass) : Covers

    /**
     * A network.
     *
     * @property id as in [Link.network].
     */
    public data class Network(public val id: String) : Covers
}

/** For how long a budget is. */
public sealed interface Period {
    /** Each day anew, from local midnight on. */
    public data object Day : Period

    /**
     * Once, from an instant until another. Before and after it, the budget neither allows nor forbids.
     *
     * @property from its first instant.
     * @property to the first after it.
     */
    public data class Trip(public val from: Instant, public val to: Instant) : Period
}

/**
 * A budget and where it stands.
 *
 * @property budget what it is.
 * @property left billed bytes of this period that are neither spent nor reserved.
 * @property refillsIn how long until there is a new one; null where there will be none.
 * @property countsNow whether it counts now; a trip's does only between its beginning and its end.
 */
public data class BudgetState(
    public val budget: Budget,
    public val left: Long,
    public val refillsIn: Duration?,
    public val countsNow: Boolean,
)

/**
 * The price of sending some things over the link that there is.
 *
 * @property uploads how many uploads.
 * @property payloadBytes their bytes that are not at the server yet.
 * @property bytes billed bytes.
 * @property takes how long it takes at the link's rate; null where no rate is known.
 * @property bytesPerSecond the rate that was reckoned with, in bytes a second.
 * @property budgets each budget that covers the link.
 */
public data class Price(
    public val uploads: Long,
    public val payloadBytes: Long,
    public val bytes: Long,
    public val takes: Duration?,
    public val bytesPerSecond: Long?,
    public val budgets: List<Share>,
)

/**
 * What a price is of a budget.
 *
 * @property name the budget's name.
 * @property left what it has left, in billed bytes.
 * @property of what it has in all, in billed bytes.
 * @property percent the price in hundredths of what is left, rounded up; null where nothing is left.
 * @property never the largest single upload is more than the whole budget: it can never go by it.
 */
public data class Share(
    public val name: String,
    public val left: Long,
    public val of: Long,
    public val percent: Long?,
    public val never: Boolean,
)

/**
 * A grant's number in this outbox.
 *
 * @property value as the outbox counts them.
 */
@JvmInline
public value class GrantId(public val value: Long) {
    override fun toString(): String = value.toString()
}

/**
 * A grant that holds: one act of consent.
 *
 * @property id names it when it is ended.
 * @property kind the kind of link that it was given for.
 * @property network that link's network, where it was known.
 * @property left billed bytes that are neither spent nor reserved.
 * @property endsIn how long it still holds.
 */
public data class Grant(
    public val id: GrantId,
    public val kind: LinkKind,
    public val network: String?,
    public val left: Long,
    public val endsIn: Duration,
)

/**
 * A grant that was given for a price.
 *
 * @property grant the grant.
 * @property price what it was given for.
 */
public data class SentNow(public val grant: GrantId, public val price: Price)
