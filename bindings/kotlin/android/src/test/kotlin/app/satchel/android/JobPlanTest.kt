package app.satchel.android

import app.satchel.Link
import app.satchel.LinkKind
import app.satchel.LinkNeed
import app.satchel.Power
import app.satchel.Wake
import app.satchel.android.jobs.AfterRun
import app.satchel.android.jobs.JobDescription
import app.satchel.android.jobs.JobKind
import app.satchel.android.jobs.JobNetwork
import app.satchel.android.jobs.JobPlan
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertNull
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Instant

/** What jobs a wake makes. */
internal class JobPlanTest {
    private val now = Instant.fromEpochSeconds(1_800_000_000)

    private fun main(network: JobNetwork, charging: Boolean = false, notBefore: Instant? = null, bytes: Long = 0) =
        JobDescription(JobKind.Upload, network, charging, notBefore, bytes)

    @Test
    fun `nothing that comes by itself is no job`() = assertEquals(emptyList(), JobPlan.of(Wake(), now, 35))

    @Test
    fun `each need is a network of its own`() {
        val networks = LinkNeed.entries.associateWith { JobPlan.of(Wake(needs = it, bytes = 9), now, 28).single() }
        val expected =
            mapOf(
                LinkNeed.Any to JobNetwork.Any,
                LinkNeed.NotRoaming to JobNetwork.NotRoaming,
                LinkNeed.NotCellular to JobNetwork.NotCellular,
                LinkNeed.Unmetered to JobNetwork.Unmetered,
            )
        assertEquals(expected.mapValues { main(it.value, bytes = 9) }, networks)
    }

    @Test
    fun `an instant and a better link are two jobs`() {
        val wake = Wake(now + 2.hours, LinkNeed.Any, charging = true, sooner = LinkNeed.NotCellular, bytes = 5)
        val jobs = JobPlan.of(wake, now, 30)
        assertEquals(main(JobNetwork.Any, charging = true, notBefore = now + 2.hours, bytes = 5), jobs[0])
        assertEquals(JobDescription(JobKind.Sooner, JobNetwork.NotCellular, bytes = 5), jobs[1])
        assertEquals(2, jobs.size)
    }

    @Test
    fun `what is due is due at once and needs no better link`() {
        val wake = Wake(now - 1.minutes, LinkNeed.Any, sooner = LinkNeed.Unmetered)
        assertEquals(listOf(main(JobNetwork.Any)), JobPlan.of(wake, now, 35))
        assertEquals(listOf(main(JobNetwork.Any)), JobPlan.of(wake.copy(at = now + 500.milliseconds), now, 35))
    }

    @Test
    fun `what is due over the link that there is asks for a network`() {
        val wifi = Link(LinkKind.Wifi, metered = false)
        val floor = now + 1.minutes
        assertEquals(listOf(main(JobNetwork.Any)), JobPlan.of(Wake(now), now, 35, over = wifi))
        assertEquals(listOf(main(JobNetwork.Any, notBefore = floor)), JobPlan.of(Wake(now), now, 35, floor, wifi))
        // What is to be done without a network, or over one that the system does not take for one, is not to wait for another.
        for (over in listOf(null, Link.None, wifi.copy(validated = false))) {
            assertEquals(listOf(main(JobNetwork.None)), JobPlan.of(Wake(now), now, 35, over = over))
        }
        assertEquals(listOf(main(JobNetwork.None, notBefore = now + 1.hours)), JobPlan.of(Wake(now + 1.hours), now, 35, over = wifi))
    }

    @Test
    fun `old systems look in where they cannot ask for what is not mobile`() {
        val jobs = JobPlan.of(Wake(needs = LinkNeed.NotCellular), now, 27)
        assertEquals(main(JobNetwork.Any, notBefore = now + JobPlan.LOOK_IN), jobs[0])
        assertEquals(JobDescription(JobKind.Sooner, JobNetwork.Unmetered), jobs[1])
    }

    @Test
    fun `a floor holds for all jobs`() {
        val floor = now + 8.hours
        for (job in JobPlan.of(
            Wake(now + 1.hours, LinkNeed.Any, sooner = LinkNeed.Unmetered),
            now,
            35,
            floor,
        )) {
            assertEquals(floor, job.notBefore)
        }
        assertEquals(now + 9.hours, JobPlan.of(Wake(now + 9.hours), now, 35, floor).single().notBefore)
        assertNull(JobPlan.of(Wake(needs = LinkNeed.Any), now, 35, now - 1.hours).single().notBefore)
    }

    @Test
    fun `a job whose network is there and that did nothing is not asked for at once`() {
        val wifi = Link(LinkKind.Wifi, metered = false)
        val again = now + JobPlan.NOT_AGAIN

        fun floor(wake: Wake, link: Link = wifi, power: Power = Power()) = AfterRun.floor(wake, link, power, now)
        assertEquals(again, floor(Wake(needs = LinkNeed.Unmetered)))
        assertNull(floor(Wake(needs = LinkNeed.Unmetered), Link(LinkKind.Cellular, metered = true)))
        assertEquals(again, floor(Wake(needs = LinkNeed.Any), Link(LinkKind.Cellular)))
        assertNull(floor(Wake(needs = LinkNeed.NotCellular), Link(LinkKind.Cellular)))
        assertNull(floor(Wake(needs = LinkNeed.NotRoaming), Link(LinkKind.Cellular, roaming = true)))
        assertNull(floor(Wake(needs = LinkNeed.Any, charging = true)))
        assertEquals(again, floor(Wake(needs = LinkNeed.Any, charging = true), power = Power(charging = true)))
        assertNull(floor(Wake(needs = LinkNeed.Any), Link.None))
        assertNull(floor(Wake(now + 1.hours, LinkNeed.Any)))
        assertEquals(now + 1.minutes, floor(Wake(now, LinkNeed.Any)))
    }

    @Test
    fun `a better link that is there and changed nothing is not asked for at once`() {
        val wifi = Link(LinkKind.Wifi, metered = false)
        val wake = Wake(now + 2.hours, LinkNeed.Any, sooner = LinkNeed.Unmetered)

        fun sooner(wake: Wake, over: Link?, level: Int = 35) = JobPlan.of(wake, now, level, over = over).last()
        assertEquals(now + JobPlan.NOT_AGAIN, sooner(wake, wifi).notBefore, "a network that a person marked as one that costs")
        assertEquals(now + 2.hours, JobPlan.of(wake, now, 35, over = wifi).first().notBefore, "what time alone changes waits longer")
        assertNull(sooner(wake, Link(LinkKind.Cellular, metered = true)).notBefore)
        assertNull(sooner(wake, null).notBefore)
        // Below 28 it asks for what costs nothing, in place of what is not mobile.
        assertEquals(now + JobPlan.NOT_AGAIN, sooner(Wake(needs = LinkNeed.NotCellular), wifi, 27).notBefore)
    }
}
