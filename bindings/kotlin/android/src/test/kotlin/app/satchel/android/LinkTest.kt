package app.satchel.android

import android.content.Intent
import android.net.ConnectivityManager
import android.net.IpPrefix
import android.net.LinkAddress
import android.net.LinkProperties
import android.net.NetworkCapabilities
import android.net.RouteInfo
import android.os.BatteryManager
import android.os.PowerManager
import app.satchel.Link
import app.satchel.LinkKind
import app.satchel.Power
import app.satchel.android.jobs.JobInfos
import app.satchel.android.jobs.UploadJobService
import app.satchel.android.link.Carrier
import app.satchel.android.link.SeenNetwork
import app.satchel.android.link.linkOf
import app.satchel.android.link.tellingAddress
import app.satchel.real
import app.satchel.until
import org.junit.Test
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowNetwork
import java.net.InetAddress
import kotlin.test.assertEquals
import kotlin.test.assertNotEquals
import kotlin.test.assertNotNull
import kotlin.test.assertNull

/** What the phone says of network and power, and what the outbox is told. */
internal class LinkTest : OnPhone() {
    private fun lost(id: Int) {
        val gone = ShadowNetwork.newInstance(id)
        for (callback in shadowOf(connectivity).networkCallbacks) callback.onLost(gone)
    }

    @Test
    fun `what the system says of a network is what the outbox is told`() {
        network(7, upKilobits = 800)
        val host = start()
        val wifi = host.link.value
        assertEquals(LinkKind.Wifi, wifi.kind)
        assertEquals(listOf(false, false, true, false), listOf(wifi.metered, wifi.roaming, wifi.validated, wifi.captive))
        assertEquals(100_000, wifi.bytesPerSecond)
        assertEquals(ShadowNetwork.newInstance(7).networkHandle, wifi.handle)

        network(8, NetworkCapabilities.TRANSPORT_CELLULAR, listOf(INTERNET, VALIDATED))
        val abroad = host.link.value
        assertEquals(LinkKind.Cellular, abroad.kind)
        assertEquals(listOf(true, true), listOf(abroad.metered, abroad.roaming))
        assertNull(abroad.bytesPerSecond)

        network(9, capabilities = listOf(INTERNET, CAPTIVE, NOT_METERED, NOT_ROAMING))
        assertEquals(listOf(true, false), host.link.value.run { listOf(captive, validated) })

        lost(8)
        assertNotEquals(Link.None, host.link.value, "another network was lost")
        lost(9)
        assertEquals(Link.None, host.link.value)
    }

    @Test
    fun `without a network there is none from the first moment on`() {
        assertEquals(Link.None, start().link.value)
    }

    @Test
    fun `the outbox is told at once and a tester's word goes before`() = real {
        network(7)
        val host = start()
        val satchel = host.satchel()
        assertEquals(host.link.value, satchel.link.value)
        network(8, NetworkCapabilities.TRANSPORT_CELLULAR, COSTS)
        assertEquals(true, satchel.link.value.metered)
        host.pretendLink = Link.None
        assertEquals(Link.None, satchel.link.value)
        network(7)
        assertEquals(Link.None, satchel.link.value)
        host.pretendLink = null
        assertEquals(LinkKind.Wifi, satchel.link.value.kind)
    }

    @Test
    fun `what the system blocks or saves is said`() {
        val made = network(7)
        val host = start()
        for (callback in shadowOf(connectivity).networkCallbacks) callback.onBlockedStatusChanged(made, true)
        assertEquals(Link.None, host.link.value)
        for (callback in shadowOf(connectivity).networkCallbacks) callback.onBlockedStatusChanged(made, false)
        assertEquals(LinkKind.Wifi, host.link.value.kind)
        assertEquals(false, host.link.value.constrained)
        shadowOf(connectivity).setRestrictBackgroundStatus(ConnectivityManager.RESTRICT_BACKGROUND_STATUS_ENABLED)
        app.sendBroadcast(Intent(ConnectivityManager.ACTION_RESTRICT_BACKGROUND_CHANGED))
        idle()
        assertEquals(true, host.link.value.constrained)
    }

    @Test
    fun `carriers are kinds`() {
        fun kind(vararg carriers: Carrier) = linkOf(SeenNetwork(1, carriers.toSet()), null).kind
        assertEquals(LinkKind.Wifi, kind(Carrier.Wifi, Carrier.Vpn))
        assertEquals(LinkKind.Cellular, kind(Carrier.Wifi, Carrier.Cellular, Carrier.Vpn))
        assertEquals(LinkKind.Hotspot, kind(Carrier.Bluetooth))
        assertEquals(LinkKind.Ethernet, kind(Carrier.Usb))
        assertEquals(LinkKind.Other, kind(Carrier.Satellite))
        assertEquals(LinkKind.Unknown, kind(Carrier.Vpn))
        assertEquals(LinkKind.Unknown, kind())
        assertEquals(true, linkOf(SeenNetwork(1, narrow = true), false).constrained)
        assertEquals(Link(handle = 1), linkOf(SeenNetwork(1), null), "what is not known is not said")
    }

    @Test
    fun `a network has an identity only by what is surely its own`() {
        fun at(vararg addresses: String) = addresses.map(InetAddress::getByName)
        val home = at("192.168.1.1", "fe80::1")
        assertNull(tellingAddress(home, at("192.168.1.20", "2001:db8::5", "fe80::211:22ff:fe33:4455")), "any network could have these")
        val router = assertNotNull(tellingAddress(at("192.168.1.1", "fe80::211:22ff:fe33:4455"), emptyList()))
        assertEquals(router, tellingAddress(at("fe80::211:22ff:fe33:4455", "10.0.0.1"), at("10.0.0.7")))
        assertNotEquals(router, tellingAddress(at("fe80::211:22ff:fe33:4456"), emptyList()))
        val prefix = assertNotNull(tellingAddress(home, at("fd12:3456:789a::1")))
        assertEquals(prefix, tellingAddress(home, at("fd12:3456:789a:5::99")))
        assertNotEquals(prefix, tellingAddress(home, at("fd12:3456:789b::1")))
    }

    @Test
    fun `the same network is the same again`() {
        val made = network(7)
        val host = start()
        network(7)
        assertNull(host.link.value.network)
        val router = InetAddress.getByName("fe80::211:22ff:fe33:4455")
        val properties =
            LinkProperties().apply {
                interfaceName = "wlan0"
                addRoute(RouteInfo(IpPrefix(InetAddress.getByName("::"), 0), router, "wlan0", RouteInfo.RTN_UNICAST))
                addLinkAddress(LinkAddress("192.168.1.7/24"))
            }
        for (callback in shadowOf(connectivity).networkCallbacks) callback.onLinkPropertiesChanged(made, properties)
        val named = assertNotNull(host.link.value.network)
        assertEquals(32, named.length)
        network(7, upKilobits = 5_000)
        assertEquals(named, host.link.value.network)
        network(8)
        assertNull(host.link.value.network, "another network has the first one's name")
    }

    @Test
    @Config(sdk = [24, 29, 33])
    fun `older systems are read by what they have`() {
        network(7)
        val host = start()
        assertEquals(LinkKind.Wifi, host.link.value.kind)
        assertEquals(false, host.link.value.metered)
        assertEquals(false, host.link.value.roaming)
    }

    @Test
    @Suppress("DEPRECATION")
    fun `charger battery and saver are told`() {
        fun battery(status: Int, plugged: Int, level: Int) {
            val intent =
                Intent(Intent.ACTION_BATTERY_CHANGED)
                    .putExtra(BatteryManager.EXTRA_STATUS, status)
                    .putExtra(BatteryManager.EXTRA_PLUGGED, plugged)
                    .putExtra(BatteryManager.EXTRA_LEVEL, level)
                    .putExtra(BatteryManager.EXTRA_SCALE, 200)
            app.sendStickyBroadcast(intent)
            idle()
        }
        battery(BatteryManager.BATTERY_STATUS_DISCHARGING, 0, 90)
        val host = start()
        idle()
        assertEquals(Power(charging = false, batteryPercent = 45, powerSave = false), host.power.value)
        battery(BatteryManager.BATTERY_STATUS_CHARGING, 1, 92)
        assertEquals(Power(charging = true, batteryPercent = 46, powerSave = false), host.power.value)
        battery(BatteryManager.BATTERY_STATUS_NOT_CHARGING, 1, 160)
        assertEquals(true, host.power.value.charging)
        shadowOf(app.getSystemService(PowerManager::class.java)).setIsPowerSaveMode(true)
        app.sendBroadcast(Intent(PowerManager.ACTION_POWER_SAVE_MODE_CHANGED))
        idle()
        assertEquals(Power(charging = true, batteryPercent = 80, powerSave = true), host.power.value)
    }

    @Test
    @Config(shadows = [ShadowRefusing::class])
    fun `a phone that refuses to tell of its networks is no crash`() = real {
        val wifi = network(7)
        val host = start()
        assertEquals(LinkKind.Wifi, host.link.value.kind, "what it says when it is asked, it may be asked")
        host.satchel()
        host.reschedule()
        val job = JobInfos(app, HostOptions().firstJobId).userInitiated(HostOptions().firstJobId + 6, 1)
        scheduler.schedule(job)
        val call = call(UploadJobService::class.java, job, wifi)
        call.service.onNetworkChanged(call.params)
        call.finished()
    }
}
