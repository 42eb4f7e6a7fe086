/*
 * From what the system says of a network to what the outbox is told. Pure.
 */
package app.satchel.android.link

import app.satchel.Link
import app.satchel.LinkKind

/** What carries a network, as the system names it. Several at once for a VPN. */
internal enum class Carrier { Wifi, Cellular, Ethernet, Bluetooth, Usb, Satellite, Vpn, Other }

/**
 * A network as the system describes it. What it does not say is null.
 *
 * @property handle `Network.getNetworkHandle()`.
 * @property carriers what carries it.
 * @property notMetered `NET_CAPABILITY_NOT_METERED`.
 * @property freeForNow `NET_CAPABILITY_TEMPORARILY_NOT_METERED`, API 30.
 * @property narrow too little for large things, as a satellite's: `NET_CAPABILITY_NOT_BANDWIDTH_CONSTRAINED` is missing, API 36.
 * @property upKilobits `getLinkUpstreamBandwidthKbps`; 0 where nobody knows.
 * @property blocked the system lets nothing of this app through, API 29.
 * @property identity what tells this network from all others, hashed; null where nothing surely does.
 */
internal data class SeenNetwork(
    val handle: Long,
    val carriers: Set<Carrier> = emptySet(),
    val notMetered: Boolean? = null,
    val freeForNow: Boolean? = null,
    val roaming: Boolean? = null,
    val validated: Boolean? = null,
    val captive: Boolean? = null,
    val narrow: Boolean = false,
    val upKilobits: Int = 0,
    val blocked: Boolean = false,
    val identity: String? = null,
)

/** What the outbox is told of a network; [savingData] is the phone's data saver, as it is for this app. */
internal fun linkOf(seen: SeenNetwork?, savingData: Boolean?): Link {
    if (seen == null || seen.blocked) return Link.None
    return Link(
        kind = kindOf(seen.carriers),
        metered = seen.notMetered?.not(),
        roaming = seen.roaming,
        constrained = if (seen.narrow) true else savingData,
        validated = seen.validated,
        captive = seen.captive,
        network = seen.identity,
        temporarilyUnmetered = seen.freeForNow,
        bytesPerSecond = seen.upKilobits.takeIf { it > 0 }?.let { it * BYTES_PER_KILOBIT },
        handle = seen.handle,
    )
}

/** The dearest of the carriers: a VPN over both goes over either. Whether a Wi-Fi is another phone's, no system tells. */
private fun kindOf(carriers: Set<Carrier>): LinkKind = when {
    Carrier.Cellular in carriers -> LinkKind.Cellular

    Carrier.Satellite in carriers -> LinkKind.Other

    // The modem of another device, which shares its own network.
    Carrier.Bluetooth in carriers -> LinkKind.Hotspot

    Carrier.Wifi in carriers -> LinkKind.Wifi

    Carrier.Ethernet in carriers || Carrier.Usb in carriers -> LinkKind.Ethernet

    Carrier.Other in carriers -> LinkKind.Other

    else -> LinkKind.Unknown
}

private const val BYTES_PER_KILOBIT = 125L
