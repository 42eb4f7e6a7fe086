package app.satchel

import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertIs
import kotlin.test.assertTrue
import kotlin.time.Instant

/** What is shown of rules, budgets and prices, as it stands. */
internal class TripLinesTest : InFolder() {
    @Test
    fun `rules and budgets hold, and one photo goes for its price`() = real {
        Receiver(File(folder, "store")).use { receiver ->
            Satchel.open(config(folder).copy(policy = null), Keys()).use { satchel ->
                satchel.pair(receiver.pairingCode(), "a phone")
                setTheRules(satchel, "hotel")
                val trip = Period.Trip(Instant.fromEpochMilliseconds(0), Instant.fromEpochMilliseconds(1))
                setTheBudgets(satchel, trip)
                assertEquals(listOf("abroad", "mobile"), satchel.budgets().map { it.budget.name })
                assertEquals(trip, satchel.budgets().first().budget.period)
                satchel.setLink(Link.FreeWifi.copy(network = "hotel", bytesPerSecond = 40_000))
                val (one, other) = listOf("one.jpg", "other.jpg").map { satchel.add(photo(folder, it)).id }
                satchel.run(atOnce)
                for (id in listOf(one, other)) {
                    val waits = assertIs<AssetState.Waiting>(satchel.asset(id).state)
                    assertEquals(WaitReason.LinkCosts, waits.reason)
                    assertEquals(LinkNeed.Unmetered, waits.goes.needs)
                    assertTrue(waits.whenWords.isNotEmpty())
                }
                assertTrue(satchel.budgets().last().left < 50_000_000, "the posts went, within the budget")
                sendOneNow(satchel, one)
                assertEquals(LinkKind.Wifi, satchel.grants().single().kind)
                satchel.deliver(one)
                assertIs<AssetState.Waiting>(satchel.asset(other).state)
                assertEquals(1, receiver.completed().size)
            }
        }
    }
}
