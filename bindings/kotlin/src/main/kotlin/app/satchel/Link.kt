/*
 * What the host sees of network and power, and what a person says of networks.
 */
package app.satchel

import app.satchel.internal.toApi
import app.satchel.internal.toRaw
import app.satchel.internal.ffi.linkClass as rawLinkClass

/**
 * One observation of the network. What the host does not know is null.
 *
 * @property kind what carries the bytes.
 * @property metered bytes cost money.
 * @property roaming on a foreign operator's network.
 * @property constrained the person asked the system to save data.
 * @property validated the system reached the internet through it.
 * @property captive a sign-in page stands in front of it.
 * @property network the network's name, hashed by the host: the same network gives the same text.
 * @property temporarilyUnmetered metered by nature, but free for now (Android's `NET_CAPABILITY_TEMPORARILY_NOT_METERED`).
 * @property bytesPerSecond what goes up, in bytes a second, as the system estimates it.
 * @property interfaceName the interface that sockets are bound to, by its name (`wlan0`).
 * @property handle Android's handle of the network (`Network.getNetworkHandle()`), to which sockets are bound.
 */
public data class Link(
    public val kind: LinkKind = LinkKind.Unknown,
    public val metered: Boolean? = null,
    public val roaming: Boolean? = null,
    public val constrained: Boolean? = null,
    public val validated: Boolean? = null,
    public val captive: Boolean? = null,
    public val network: String? = null,
    public val temporarilyUnmetered: Boolean? = null,
    public val bytesPerSecond: Long? = null,
    public val interfaceName: String? = null,
    public val handle: Long? = null,
) {
    /** Links that are often meant. */
    public companion object {
        /** No network. */
        public val None: Link = Link(LinkKind.None)

        /** Wi-Fi that costs nothing. */
        public val FreeWifi: Link = Link(LinkKind.Wifi, metered = false, roaming = false)
    }
}

/** What carries the bytes. */
public enum class LinkKind(
    /** Its name, the same in all languages. */
    public val code: String,
) {
    /** No network at all. */
    None("none"),

    /** Wi-Fi. */
    Wifi("wifi"),

    /** The phone's own mobile data. */
    Cellular("cellular"),

    /** A cable. */
    Ethernet("ethernet"),

    /** Another device's mobile data. */
    Hotspot("hotspot"),

    /** Something else. */
    Other("other"),

    /** The host cannot tell. */
    Unknown("unknown"),
}

/** The classes by which bytes are counted. */
public enum class LinkClass {
    /** Known to cost nothing. */
    Unmetered,

    /** Known to cost, or mobile data of which nothing is known. */
    Metered,

    /** On a foreign operator's network. */
    Roaming,

    /** Nobody knows. */
    Unknown,
}

/** The class by which bytes over it are counted. */
public val Link.linkClass: LinkClass get() = rawLinkClass(toRaw()).toApi()

/** A person's word about a network, which counts for more than the system's. */
public enum class Mark {
    /** It costs: a hotel's Wi-Fi by the megabyte. */
    Metered,

    /** It costs nothing: the laptop's hotspot that the office pays. */
    Free,
}

/**
 * How the device is fed. What the host does not know is null, and null is not charging.
 *
 * @property charging whether it is being charged.
 * @property batteryPercent what the battery holds, 0 to 100.
 * @property powerSave the person, or the system by itself, asked to save power.
 */
public data class Power(
    public val charging: Boolean? = null,
    public val batteryPercent: Int? = null,
    public val powerSave: Boolean? = null,
)
