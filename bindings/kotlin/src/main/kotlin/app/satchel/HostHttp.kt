/*
 * HTTP that the app's own system carries: the app asks for steps, carries them, and tells what came of each. And files that the app
 * writes into the outbox itself.
 */
package app.satchel

import java.io.File
import kotlin.time.Duration
import kotlin.time.Instant

/**
 * How much a host takes.
 *
 * @property mostSteps at most so many steps from this call.
 * @property mostBytesPerStep the longest body of a step in bytes, at least 65,536. What is left of an upload goes in its next steps.
 * @property budgetLeft what may still be sent, in bytes of bodies; steps that are out must be taken off before. No end when null.
 */
public data class HostLimits(
    public val mostSteps: Int = 8,
    public val mostBytesPerStep: Long = 16L shl 20,
    public val budgetLeft: Long? = null,
)

/**
 * What a host is given to do.
 *
 * @property steps the steps, the more pressing first.
 * @property wake when to ask again if no outcome comes before, and what must be true then.
 */
public data class HostSteps(public val steps: List<HostStep>, public val wake: Wake)

/**
 * A request for the host's system, under a lease. It holds the target's credential: [headers] are not for logs, and [toString]
 * leaves them out.
 *
 * @property lease names the step when its outcome is told; to be put on the system's task.
 * @property upload the upload that it belongs to; null where a target is asked what it has.
 * @property epoch grows each time that the upload is leased anew.
 * @property asset whose it is, the first of those that share it.
 * @property target where it goes.
 * @property method the method, in capitals.
 * @property url the address. Redirects must not be followed.
 * @property headers all headers but `host` and `content-length`.
 * @property body a file to send; null when the body is empty. It goes when the outcome is told or the lease is void.
 * @property stall how long nothing may move while the body is sent.
 * @property reply how long to wait for the reply after the body.
 * @property unmeteredOnly only over networks that cost nothing.
 * @property notConstrained not while the person asked the system to save data.
 * @property noCellular not over mobile data.
 * @property notRoaming not on a foreign operator's network.
 * @property notBefore not before this.
 * @property freshConnection must not go over a connection that was used before.
 * @property pin the key that the server's certificate must hold: SHA-256 of its SubjectPublicKeyInfo, base64url without padding.
 *   Null where the system's trusted roots vouch for it.
 */
public class HostStep internal constructor(
    public val lease: String,
    public val upload: Long?,
    public val epoch: Long,
    public val asset: AssetId?,
    public val target: TargetId,
    public val method: String,
    public val url: String,
    public val headers: List<Header>,
    public val body: HostBody?,
    public val stall: Duration,
    public val reply: Duration,
    public val unmeteredOnly: Boolean,
    public val notConstrained: Boolean,
    public val noCellular: Boolean,
    public val notRoaming: Boolean,
    public val notBefore: Instant?,
    public val freshConnection: Boolean,
    public val pin: String?,
) {
    override fun toString(): String = "HostStep(lease=$lease, method=$method)"
}

/**
 * A header. Its value may be a credential, so [toString] leaves it out.
 *
 * @property name in lower case.
 * @property value as it goes.
 */
public data class Header(public val name: String, public val value: String) {
    override fun toString(): String = "Header($name)"
}

/**
 * A body, staged for one step.
 *
 * @property path the file, whole.
 * @property length its length in bytes.
 */
public data class HostBody(public val path: File, public val length: Long)

/** How the host knows who answered. */
public enum class Peer {
    /** It cannot tell. */
    Unknown,

    /** TLS, and the certificate holds the step's pinned key. */
    Pin,

    /** TLS, and a root that the system trusts vouches for the certificate. */
    Root,
}

/** Why no reply came. */
public enum class HostCut {
    /** The name has no address. */
    NoAddress,

    /** No connection was made. */
    NoConnection,

    /** TLS failed over the peer's certificate. */
    Certificate,

    /** TLS failed otherwise. */
    Handshake,

    /** The connection broke. */
    Reset,

    /** Nothing moved for too long. */
    Stalled,

    /** The body was sent and no reply came. */
    NoReply,

    /** What came was not HTTP. */
    Garbage,

    /** The host or its system ended it. */
    Stopped,
}

/** What came of a step. */
public sealed interface HostOutcome {
    /**
     * A reply.
     *
     * @property status status code.
     * @property headers headers.
     * @property body the body; what is beyond its first 64 KiB does not count.
     * @property url the address that answered.
     * @property peer who answered.
     * @property sent bytes of the step's body that were sent, where the system says; else it counts as all.
     */
    public class Reply(
        public val status: Int,
        public val headers: List<Header>,
        public val body: ByteArray,
        public val url: String,
        public val peer: Peer,
        public val sent: Long? = null,
    ) : HostOutcome

    /**
     * None came.
     *
     * @property cut why.
     * @property sent bytes of the step's body that were sent, where the system says; else it counts as all.
     */
    public data class Cut(public val cut: HostCut, public val sent: Long? = null) : HostOutcome
}

/** What became of an outcome. */
public sealed interface Taken {
    /**
     * It is recorded.
     *
     * @property more the upload goes on with a step that is ready to be asked for.
     */
    public data class Recorded(public val more: Boolean) : Taken

    /** The lease is void, or its outcome was told before: nothing changed. */
    public data object Stale : Taken
}

/**
 * A place in the outbox where the host writes a file itself.
 *
 * @property id names it when it is committed or discarded.
 * @property path where to write. No file is there yet.
 */
public data class Stage(public val id: String, public val path: File)
