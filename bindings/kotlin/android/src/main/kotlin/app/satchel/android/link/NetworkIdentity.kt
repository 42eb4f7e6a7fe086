/*
 * What tells one network from all others, without leave to know where the phone is.
 *
 * A person's word about a network ("this one is free") must never be taken for another network's. Most networks at home and in
 * hotels have the same addresses, 192.168.1.1 and the like, and the system hides a Wi-Fi's name from apps that may not know the
 * phone's place. So a network has an identity only by something that is surely its own:
 * - the Wi-Fi's name and access network, where the app has that leave;
 * - the router's own IPv6 address, made of its hardware's number (RFC 4291, appendix A);
 * - the network's own random IPv6 prefix (RFC 4193);
 * - for mobile data the operator of the SIM, and the one whose network it is in.
 * Else it has none, and nothing that was said of a network holds for it.
 */
package app.satchel.android.link

import android.net.NetworkCapabilities
import android.net.wifi.WifiInfo
import app.satchel.android.RequiresLevel
import java.net.Inet6Address
import java.net.InetAddress
import java.security.MessageDigest

/** The identity, hashed, so that nothing can be read from it. */
internal fun identityOf(kind: String, what: String): String {
    val digest = MessageDigest.getInstance("SHA-256").digest("satchel network\u0000$kind\u0000$what".toByteArray())
    return digest.take(16).joinToString("") { "%02x".format(it) }
}

/** What is surely this network's own, of its routers' addresses and the phone's in it; null where there is nothing. */
internal fun tellingAddress(routers: List<InetAddress>, mine: List<InetAddress>): String? =
    routers.six().filter(::isOfHardware).map(::hex).minOrNull()
        ?: mine.six().filter(::isUniqueLocal).map { hex(it.copyOf(PREFIX)) }.minOrNull()

private fun List<InetAddress>.six() = filterIsInstance<Inet6Address>().map { it.address }

/** A link-local address made of a hardware's number. */
private fun isOfHardware(address: ByteArray): Boolean =
    address[0] == 0xfe.toByte() && address[1] == 0x80.toByte() && address[11] == 0xff.toByte() && address[12] == 0xfe.toByte()

private fun isUniqueLocal(address: ByteArray): Boolean = address[0] == 0xfd.toByte()

private fun hex(bytes: ByteArray): String = bytes.joinToString("") { "%02x".format(it) }

private const val PREFIX = 6

@RequiresLevel(29)
internal fun wifiNameOf(capabilities: NetworkCapabilities): String? {
    val wifi = capabilities.transportInfo as? WifiInfo ?: return null
    val name = wifi.ssid?.takeIf { it.startsWith('"') } ?: return null
    return name
}
