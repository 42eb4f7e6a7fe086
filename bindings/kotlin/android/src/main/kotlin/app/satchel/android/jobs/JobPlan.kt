/*
 * From what the outbox says of its next run to the jobs that the system is asked for. Pure.
 */
package app.satchel.android.jobs

import app.satchel.Link
import app.satchel.LinkKind
import app.satchel.LinkNeed
import app.satchel.Power
import app.satchel.Wake
import kotlin.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Instant

/** The kinds of jobs, each with two ids: while one runs, the next is set under the other, so that a kill in between loses none. */
internal enum class JobKind {
    /** What the outbox waits for. */
    Upload,

    /** A link that would let it go sooner. */
    Sooner,

    /** Photos came to the phone's library. */
    Photos,

    /** A person wants these now. */
    SendNow,
}

/** The network that a job asks for. */
internal enum class JobNetwork { None, Any, NotRoaming, NotCellular, Unmetered }

/**
 * A job that the system is to be asked for.
 *
 * @property notBefore not before this; at once when null.
 * @property bytes about so many go up; 0 where nobody knows.
 */
internal data class JobDescription(
    val kind: JobKind,
    val network: JobNetwork,
    val charging: Boolean = false,
    val notBefore: Instant? = null,
    val bytes: Long = 0,
)

/** Makes the jobs of a wake. */
internal object JobPlan {
    /**
     * Below level 28 no job can ask for "Wi-Fi or a cable": it asks for what costs nothing, and looks in at this interval on any
     * other network, since a Wi-Fi that costs would do.
     */
    val LOOK_IN: Duration = 30.minutes

    /**
     * A job is not asked for again before this when the network that it asks for is there already, and yet nothing went: the outbox
     * knows more of that network than the system does. Or the two would wake each other for ever.
     */
    val NOT_AGAIN: Duration = 15.minutes

    /** From when on [Wake.at] counts as a time to wait for: the system batches jobs more coarsely than this anyway. */
    private const val NOW_MS = 1_000L

    /**
     * The jobs for a wake; none when nothing that happens by itself changes anything.
     *
     * @param level the system's API level.
     * @param floor nothing before this, whatever the wake says: a quota that is spent, a job that would come at once and in vain.
     * @param over the link that there is, as the system sees it; null where nobody knows. A better one that is there already, and yet
     *   changes nothing, would come at once and in vain: the outbox takes that network for another, by a person's word, say. What is due
     *   by now goes over it, so its job asks for a network: an idle app may use one only in such a job.
     */
    fun of(wake: Wake, now: Instant, level: Int, floor: Instant? = null, over: Link? = null): List<JobDescription> {
        if (wake.at == null && wake.needs == null && !wake.charging) return emptyList()
        val at = wake.at?.takeIf { it.toEpochMilliseconds() > now.toEpochMilliseconds() + NOW_MS }
        val goesNow = wake.at != null && at == null && over != null && JobNetwork.Any.isThere(over)
        val asks = if (wake.needs == null && goesNow) JobNetwork.Any else wake.needs.network()
        val coarse = asks == JobNetwork.NotCellular && level < REQUESTS
        val earliest = listOfNotNull(at, floor?.takeIf { it > now }, if (coarse) now + LOOK_IN else null).maxOrNull()
        val network = if (coarse) JobNetwork.Any else asks
        val main = JobDescription(JobKind.Upload, network, wake.charging, earliest, wake.bytes)
        val soonerAsks = wake.sooner?.network(level) ?: if (coarse) JobNetwork.Unmetered else null
        // A better link changes nothing of a job that waits for no instant.
        if (soonerAsks == null || earliest == null) return listOf(main)
        val vain = (now + NOT_AGAIN).takeIf { over != null && soonerAsks.isThere(over) }
        val sooner = listOfNotNull(vain, floor?.takeIf { it > now }).maxOrNull()
        return listOf(main, JobDescription(JobKind.Sooner, soonerAsks, wake.charging && coarse, sooner, wake.bytes))
    }

    /** Since when a job can ask for a network by what it is (`JobInfo.Builder.setRequiredNetwork`). */
    private const val REQUESTS = 28

    private fun LinkNeed.network(level: Int): JobNetwork =
        network().let { if (it == JobNetwork.NotCellular && level < REQUESTS) JobNetwork.Unmetered else it }
}

/** When a job may be asked for again after a run. Pure. */
internal object AfterRun {
    /** After a run that had to end though there was more to do. */
    private val GO_ON: Duration = 1.minutes

    /** Not before this; null when the wake by itself keeps the next job from coming at once. */
    fun floor(wake: Wake, link: Link, power: Power, now: Instant): Instant? = when {
        wake.at.let { it != null && it <= now } -> now + GO_ON
        else -> vain(wake, link, power, now)
    }

    /** Not before this, since what it waits for is there as the system sees it, and would have it called at once and in vain. */
    fun vain(wake: Wake, link: Link, power: Power, now: Instant): Instant? {
        val isThere = wake.needs.network().isThere(link) && (!wake.charging || power.charging == true)
        return if (wake.at == null && isThere) now + JobPlan.NOT_AGAIN else null
    }
}

/** Whether the system would say that a network like this is there. */
private fun JobNetwork.isThere(link: Link): Boolean = when {
    this == JobNetwork.None -> true
    link.kind == LinkKind.None || link.validated == false -> false
    this == JobNetwork.Any -> true
    this == JobNetwork.NotRoaming -> link.roaming != true
    this == JobNetwork.NotCellular -> link.kind != LinkKind.Cellular
    else -> link.metered == false || link.temporarilyUnmetered == true
}

private fun LinkNeed?.network(): JobNetwork = when (this) {
    null -> JobNetwork.None
    LinkNeed.Any -> JobNetwork.Any
    LinkNeed.NotRoaming -> JobNetwork.NotRoaming
    LinkNeed.NotCellular -> JobNetwork.NotCellular
    LinkNeed.Unmetered -> JobNetwork.Unmetered
}
