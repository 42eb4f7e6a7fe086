/*
 * The ways to a target, how they fare, and what stood in services' places.
 */
package app.satchel

import kotlin.time.Instant

/**
 * The ways to a target, as they are set up.
 *
 * @property addresses IP addresses where the first endpoint, the one that the target was set up with, is reached when its name is not
 *   answered, or is answered wrongly. Its certificate must still be for the name.
 * @property further further endpoints, in the order in which they are tried.
 * @property sharedStore all of them lead to the same uploads: one that was begun at an endpoint goes on at another. Else an upload
 *   stays where bytes of it were sent; a Satchel receiver is asked first, and gets it anew if it does not have it.
 */
public data class Endpoints(
    public val addresses: List<String> = emptyList(),
    public val further: List<Endpoint> = emptyList(),
    public val sharedStore: Boolean = false,
)

/**
 * A further endpoint. It knows the same account, and takes the same token, as the first.
 *
 * @property url `http://…` or `https://…`: a receiver's address for a target that is a receiver; else where a tus server creates
 *   uploads. Without a name or password in it, and no other endpoint's of this target.
 * @property pin the certificate's key, as a pairing code holds it; without one the trusted roots vouch for it.
 * @property addresses IP addresses, as of the first endpoint.
 */
public data class Endpoint(public val url: String, public val pin: String? = null, public val addresses: List<String> = emptyList())

/**
 * A way to a target, and how it fares.
 *
 * @property url as it was named.
 * @property byAddress by its configured addresses; else by its name.
 * @property health how it fares on the network that there is.
 * @property words the same for a person, in English.
 * @property trouble what went wrong last; null while nothing is.
 * @property since since when it fares so; null for one that was not tried.
 * @property next when it is tried again; null where it is not resting.
 * @property carries the target's traffic goes by it now.
 */
public data class EndpointState(
    public val url: String,
    public val byAddress: Boolean,
    public val health: Health,
    public val words: String,
    public val trouble: Trouble?,
    public val since: Instant?,
    public val next: Instant?,
    public val carries: Boolean,
)

/** How an endpoint fares on the network that there is. */
public sealed interface Health {
    /** Its name, the same in all languages. */
    public val code: String

    /** Not tried yet. */
    public data object Unknown : Health {
        override val code: String get() = "unknown"
    }

    /** It answers. */
    public data object Open : Health {
        override val code: String get() = "open"
    }

    /** It answers, and what is sent to it hardly gets through. */
    public data object Slow : Health {
        override val code: String get() = "slow"
    }

    /** It does not answer, or its server fails, and nothing says that somebody is in the way. */
    public data object Down : Health {
        override val code: String get() = "down"
    }

    /**
     * Somebody is in the way.
     *
     * @property by how.
     */
    public data class Blocked(public val by: Block) : Health {
        override val code: String get() = "blocked"
    }

    /** The network wants a person to sign in first. */
    public data object Captive : Health {
        override val code: String get() = "captive"
    }

    /** What a later version says. */
    public data class Other(override val code: String) : Health
}

/** How an endpoint is blocked. */
public enum class Block(
    /** Its name, the same in all languages. */
    public val code: String,
) {
    /** A page, or something else that is not the service, answers in its place. */
    Page("page"),

    /** The network sends us elsewhere. */
    Redirect("redirect"),

    /** Somebody else's certificate: forged, or signed by itself. */
    Certificate("certificate"),

    /** The connection is broken off, once it shows where it is meant to go. */
    Reset("reset"),

    /** The name is not answered, or answered wrongly. */
    Name("name"),

    /** Nothing comes back from the service's port, though its host or the network answers otherwise. */
    Silence("silence"),
}

/**
 * A record's number in this outbox.
 *
 * @property value as the outbox counts them.
 */
@JvmInline
public value class BlockId(public val value: Long) {
    override fun toString(): String = value.toString()
}

/**
 * Something that stood in a service's place, on one network. Seen again, it is the same record.
 *
 * @property id names it when its page is asked for.
 * @property target of which target.
 * @property endpoint the address of the endpoint.
 * @property network the network, as the host names it ([Link.network]); null where it did not.
 * @property kind how.
 * @property status the reply's HTTP status; null where none came.
 * @property title the page's title, as the page has it: somebody else's words.
 * @property location where a redirect pointed.
 * @property pageBytes length of what is kept of the page, in bytes, at most 65,536.
 * @property pageType the page's media type, as it said.
 * @property certificate SHA-256 of a certificate that was not the server's, in hexadecimal.
 * @property issuer who signed that certificate, as it says.
 * @property address the address that answered.
 * @property first when it was first seen.
 * @property last when it was last seen.
 * @property times how often.
 */
public data class BlockRecord(
    public val id: BlockId,
    public val target: TargetId,
    public val endpoint: String,
    public val network: String?,
    public val kind: BlockKind,
    public val status: Int?,
    public val title: String?,
    public val location: String?,
    public val pageBytes: Long,
    public val pageType: String?,
    public val certificate: String?,
    public val issuer: String?,
    public val address: String?,
    public val first: Instant,
    public val last: Instant,
    public val times: Long,
)

/** What a record is of. */
public sealed interface BlockKind {
    /** Its name, the same in all languages. */
    public val code: String

    /**
     * A block.
     *
     * @property by how.
     */
    public data class Blocked(public val by: Block) : BlockKind {
        override val code: String get() = by.code
    }

    /** A network's sign-in page. */
    public data object Captive : BlockKind {
        override val code: String get() = "captive"
    }

    /** A kind of a later version. */
    public data class Other(override val code: String) : BlockKind
}
