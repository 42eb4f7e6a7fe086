/*
 * What a tester pretends of the network, for when there is no train tunnel at hand.
 */
package app.satchel.demo.state

import app.satchel.Link
import app.satchel.LinkKind
import app.satchel.Pretend
import app.satchel.Satchel
import app.satchel.StandIn
import kotlin.time.Duration.Companion.milliseconds

/**
 * One thing that can be pretended.
 *
 * @property words its name.
 * @property meaning what the outbox is told, or meets.
 * @property link what the outbox is told in place of what the phone sees; null where it is told the truth.
 * @property meets what its connections meet; null where they meet the real network.
 */
enum class Pretence(val words: String, val meaning: String, val link: Link? = null, val meets: Pretend? = null) {
    /** No network. */
    OffLine("Off-line", "No network at all, as in airplane mode", link = Link.None),

    /** Slow mobile data. */
    ThreeG(
        "3G",
        "Mobile data at 40 KB a second, with a third of a second of delay",
        link = Link(LinkKind.Cellular, metered = true, roaming = false, bytesPerSecond = 40_000),
        meets = Pretend(bytesPerSecond = 40_000, latency = 300.milliseconds),
    ),

    /** Wi-Fi that costs. */
    Metered(
        "Metered Wi-Fi",
        "A hotspot that costs by the megabyte",
        link = Link(LinkKind.Wifi, metered = true, roaming = false, network = "pretended-hotspot"),
    ),

    /** A foreign operator. */
    Roaming(
        "Roaming",
        "Mobile data of a foreign operator",
        link = Link(LinkKind.Cellular, metered = true, roaming = true),
    ),

    /** A sign-in page, as the system sees it. */
    Captive(
        "Sign-in page",
        "Wi-Fi that wants a sign-in first, and the phone knows",
        link = Link(LinkKind.Wifi, metered = false, roaming = false, validated = false, captive = true),
        meets = Pretend(stands = StandIn.Page),
    ),

    /** A page in the service's place, that the system does not see. */
    BlockPage(
        "Block page",
        "A web page answers in the server’s place, and the phone does not know",
        meets = Pretend(stands = StandIn.Page),
    ),

    /** A slow way. */
    Slow("Slow", "20 KB a second over the real network", meets = Pretend(bytesPerSecond = 20_000)),
}

/** Makes the outbox's connections meet what is pretended, or the real network again. */
internal fun Satchel.meet(pretence: Pretence?) {
    pretend(pretence?.meets)
}
