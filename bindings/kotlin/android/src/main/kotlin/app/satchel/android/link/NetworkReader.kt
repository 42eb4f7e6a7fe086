/*
 * Reads the system's descriptions of a network, by what each API level has.
 */
package app.satchel.android.link

import android.content.Context
import android.net.ConnectivityManager
import android.net.LinkProperties
import android.net.Network
import android.net.NetworkCapabilities
import android.os.Build
import android.telephony.TelephonyManager

internal class NetworkReader(private val context: Context, private val connectivity: ConnectivityManager) {
    /** A network as it is now; null where the system says nothing of it any more. */
    fun read(network: Network): SeenNetwork? {
        val capabilities = connectivity.getNetworkCapabilities(network) ?: return null
        val seen = read(network, capabilities, null)
        return connectivity.getLinkProperties(network)?.let { read(network, it, seen) } ?: seen
    }

    /** With other capabilities; the rest stays as it was [before]. */
    fun read(network: Network, capabilities: NetworkCapabilities, before: SeenNetwork?): SeenNetwork {
        val level = Build.VERSION.SDK_INT
        val carriers = CARRIERS.filter { (transport, _) -> capabilities.hasTransport(transport) }.values.toSet()
        val wifi = if (Carrier.Wifi in carriers) wifiName(capabilities) else null
        val identity =
            when {
                Carrier.Cellular in carriers -> cellular()
                wifi != null -> identityOf("wifi", wifi)
                else -> before?.identity
            }
        return SeenNetwork(
            handle = network.networkHandle,
            carriers = carriers,
            notMetered = capabilities.hasCapability(NetworkCapabilities.NET_CAPABILITY_NOT_METERED),
            freeForNow = if (level >= 30) capabilities.hasCapability(TEMPORARILY_NOT_METERED) else null,
            roaming = roaming(network, capabilities, carriers),
            validated = capabilities.hasCapability(NetworkCapabilities.NET_CAPABILITY_VALIDATED),
            captive = capabilities.hasCapability(NetworkCapabilities.NET_CAPABILITY_CAPTIVE_PORTAL),
            narrow = level >= 36 && !capabilities.hasCapability(NOT_BANDWIDTH_CONSTRAINED),
            upKilobits = capabilities.linkUpstreamBandwidthKbps,
            blocked = before?.blocked ?: false,
            identity = identity,
        )
    }

    /** With other properties. */
    fun read(network: Network, properties: LinkProperties, before: SeenNetwork): SeenNetwork {
        if (Carrier.Cellular in before.carriers || before.identity != null) return before
        val own = tellingAddress(properties.routes.mapNotNull { it.gateway }, properties.linkAddresses.map { it.address })
        val identity = own?.let { identityOf("router", it) }
        return before.copy(handle = network.networkHandle, identity = identity)
    }

    /** Whether the phone's data saver is on for this app. */
    fun isSavingData(): Boolean? = when (connectivity.restrictBackgroundStatus) {
        ConnectivityManager.RESTRICT_BACKGROUND_STATUS_ENABLED -> true
        ConnectivityManager.RESTRICT_BACKGROUND_STATUS_DISABLED, ConnectivityManager.RESTRICT_BACKGROUND_STATUS_WHITELISTED -> false
        else -> null
    }

    @Suppress("DEPRECATION")
    private fun roaming(network: Network, capabilities: NetworkCapabilities, carriers: Set<Carrier>): Boolean? = when {
        Build.VERSION.SDK_INT >= 28 -> !capabilities.hasCapability(NOT_ROAMING)
        Carrier.Cellular !in carriers -> false
        else -> connectivity.getNetworkInfo(network)?.isRoaming
    }

    /** Whose mobile network it is: the SIM's operator and the one that it is in now. Needs no permission. */
    private fun cellular(): String? {
        val telephony = context.getSystemService(TelephonyManager::class.java) ?: return null
        return try {
            val sim = telephony.simOperator?.takeIf { it.isNotEmpty() } ?: return null
            identityOf("cellular", "$sim ${telephony.networkOperator.orEmpty()}")
        } catch (_: UnsupportedOperationException) {
            // From API 35 on: a device that has mobile data, and no such thing as a SIM's operator.
            null
        }
    }

    /** The Wi-Fi's name, where the app may know it: that takes leave to know where the phone is. */
    private fun wifiName(capabilities: NetworkCapabilities): String? = if (Build.VERSION.SDK_INT >= 29) wifiNameOf(capabilities) else null

    private companion object {
        // By their numbers: the names are of later levels than some that the sources are compiled against.
        const val NOT_ROAMING = 18
        const val TEMPORARILY_NOT_METERED = 25
        const val NOT_BANDWIDTH_CONSTRAINED = 37

        val CARRIERS =
            mapOf(
                NetworkCapabilities.TRANSPORT_CELLULAR to Carrier.Cellular,
                NetworkCapabilities.TRANSPORT_WIFI to Carrier.Wifi,
                NetworkCapabilities.TRANSPORT_BLUETOOTH to Carrier.Bluetooth,
                NetworkCapabilities.TRANSPORT_ETHERNET to Carrier.Ethernet,
                NetworkCapabilities.TRANSPORT_VPN to Carrier.Vpn,
                5 to Carrier.Other,
                6 to Carrier.Other,
                8 to Carrier.Usb,
                9 to Carrier.Other,
                10 to Carrier.Satellite,
            )
    }
}
