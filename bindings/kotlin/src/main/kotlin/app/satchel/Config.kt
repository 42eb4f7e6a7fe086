/*
 * How an outbox is opened, and the traveller's rules.
 */
package app.satchel

import java.io.File
import kotlin.time.Duration

/**
 * How an outbox is opened.
 *
 * @property folder the outbox's own folder; made if it is missing. Not one that the system may empty, and not one that is
 *   backed up to another device.
 * @property policy the traveller's rules.
 * @property link the network as it is now; [Satchel.setLink] tells of later ones. As long as nothing is known of it, nothing is
 *   sent under [Links.Unmetered].
 * @property extraRoots certificates to trust beside the system's, in PEM.
 * @property connectTimeout how long a connection may take to be made; null for the library's own choice.
 */
public data class Config(
    public val folder: File,
    public val policy: Policy = Policy(),
    public val link: Link = Link(),
    public val extraRoots: List<String> = emptyList(),
    public val connectTimeout: Duration? = null,
)

/**
 * The traveller's rules.
 *
 * @property links which links may be used.
 * @property order what goes first.
 * @property uploadsAtOnce uploads side by side, 1 to 8.
 */
public data class Policy(
    public val links: Links = Links.Unmetered,
    public val order: Order = Order.Newest,
    public val uploadsAtOnce: Int = 2,
)

/** Which links may carry bytes. */
public enum class Links {
    /** Only links that are known to cost nothing. */
    Unmetered,

    /** Any link that there is. */
    Any,
}

/** What goes first when nothing else tells two assets apart. */
public enum class Order {
    /** What was added last. */
    Newest,

    /** What was added first. */
    Oldest,
}

/**
 * What opening an outbox found.
 *
 * @property recovered assets that the journal brought back after the database was damaged or lost.
 * @property damaged places in the journal that could not be read.
 * @property retold assets that the journal did not speak of any more, and does again.
 * @property saved copies in the outbox's spool whose records were all lost; they are kept there, as `*.saved`, for a person to look at.
 */
public data class Opened(public val recovered: Long, public val damaged: Long, public val retold: Long, public val saved: Long)

/**
 * One observation of the network. What the host does not know is null.
 *
 * @property kind what carries the bytes.
 * @property metered bytes cost money.
 * @property roaming on a foreign operator's network.
 * @property constrained the person asked the system to save data.
 * @property validated the system reached the internet through it.
 * @property captive a sign-in page stands in front of it.
 * @property network the network's name, hashed by the host.
 */
public data class Link(
    public val kind: LinkKind = LinkKind.Unknown,
    public val metered: Boolean? = null,
    public val roaming: Boolean? = null,
    public val constrained: Boolean? = null,
    public val validated: Boolean? = null,
    public val captive: Boolean? = null,
    public val network: String? = null,
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
public enum class LinkKind {
    /** No network at all. */
    None,

    /** Wi-Fi. */
    Wifi,

    /** The phone's own mobile data. */
    Cellular,

    /** A cable. */
    Ethernet,

    /** Another device's mobile data. */
    Hotspot,

    /** Something else. */
    Other,

    /** The host cannot tell. */
    Unknown,
}
