package app.satchel

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertNull

/** Policies as values, without an outbox. */
class PolicyTest {
    @Test
    fun `the ready-made ones are those of the library`() {
        val names = listOf(Policy.NEVER_ON_MOBILE_DATA, Policy.PREVIEWS_ON_MOBILE_DATA, Policy.WITHIN_MY_BUDGET)
        assertEquals(names, Policy.readyNames)
        assertEquals(Policy(listOf(Rule(Way()))), Policy.ready(Policy.NEVER_ON_MOBILE_DATA))
        val within = Way(Over.Any, roaming = true, withinBudget = true)
        assertEquals(listOf(Rule(within)), Policy.ready("Everything,  within MY budget")?.rules)
        assertNull(Policy.ready("anything goes"))
    }

    @Test
    fun `what is written is read again`() {
        val trip =
            Policy(
                rules =
                    listOf(
                        Rule(emptyList(), Scope(albums = listOf("Private"), urgent = false)),
                        Rule(
                            listOf(Way(Over.Kinds(LinkKind.Wifi, LinkKind.Hotspot), onlyWhileCharging = true, hours = "22:00-06:00")),
                            Scope(listOf(AssetKind.Video, AssetKind.Pair), listOf(Rendition.Original)),
                        ),
                        Rule(Way(Over.Any, whenSavingData = true, withinBudget = true, upToBytes = 400_000), Way()),
                    ),
                order = Order.Oldest,
                uploadsAtOnce = 3,
            )
        assertEquals(trip, Policy.fromJson(trip.toJson()))
        assertEquals(Policy.overAnyLink(), Policy.fromJson(Policy.overAnyLink().toJson()))
    }

    @Test
    fun `what is wrong is named by its field`() {
        fun field(policy: () -> Unit) = assertFailsWith<SatchelException.Invalid> { policy() }.field

        assertEquals("rules[0].allow[0].over", field { Policy.fromJson("""{"version":2,"rules":[{"allow":[{"over":"wifi"}]}]}""") })
        assertEquals("rules[0].allow[1].hours", field { Policy(listOf(Rule(Way(), Way(hours = "6 to 7")))).toJson() })
        assertEquals("rules[0].allow[0].up_to_bytes", field { Policy(listOf(Rule(Way(upToBytes = -1)))).toJson() })
        assertEquals("rules[0].allow[0].over", field { Policy(listOf(Rule(Way(Over.Kinds())))).toJson() })
    }
}
