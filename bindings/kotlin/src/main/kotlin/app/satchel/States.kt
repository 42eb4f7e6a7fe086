/*
 * Where an asset stands, and why. Each of these types may grow: `Other` is what a later version of the library says and this
 * one does not know, so a `when` over them needs no `else` and still meets nothing unforeseen.
 */
package app.satchel

import kotlin.time.Instant

/** Where an asset or a delivery stands. */
public sealed interface AssetState {
    /** Its name, the same in all languages. */
    public val code: String

    /** Safe in the outbox, not yet read. */
    public data object Accepted : AssetState {
        override val code: String get() = "accepted"
    }

    /** Being read. */
    public data object Hashing : AssetState {
        override val code: String get() = "hashing"
    }

    /**
     * Known by its content, and waiting. It goes on by itself.
     *
     * @property reason why.
     * @property words the reason for a person, in English.
     * @property goes when it will go, as far as that can be said: not before what this asks for is true.
     * @property whenWords when it will go, for a person, in local time, in English.
     */
    public data class Waiting(
        public val reason: WaitReason,
        public val words: String,
        public val goes: Wake,
        public val whenWords: String,
    ) : AssetState {
        override val code: String get() = "waiting"
    }

    /** On its way. */
    public data object Sending : AssetState {
        override val code: String get() = "sending"
    }

    /**
     * There.
     *
     * @property proof how well that is known: the weakest proof among its parts.
     */
    public data class Delivered(public val proof: Proof) : AssetState {
        override val code: String get() = "delivered"
    }

    /**
     * Needs a person; [Satchel.retry] sets it going again.
     *
     * @property reason why.
     * @property words the reason for a person, with what to do, in English.
     */
    public data class Parked(public val reason: ParkReason, public val words: String) : AssetState {
        override val code: String get() = "parked"
    }

    /** Taken out of the outbox. */
    public data object Removed : AssetState {
        override val code: String get() = "removed"
    }

    /** A state of a later version. */
    public data class Other(override val code: String) : AssetState
}

/** Why something is waiting; it goes on by itself. */
public sealed interface WaitReason {
    /** Its name, the same in all languages. */
    public val code: String

    /** Others go first. */
    public data object Turn : WaitReason {
        override val code: String get() = "turn"
    }

    /** No target is set up. */
    public data object NoTarget : WaitReason {
        override val code: String get() = "no_target"
    }

    /** There is no network. */
    public data object NoLink : WaitReason {
        override val code: String get() = "no_link"
    }

    /** The link costs, and the policy says no. */
    public data object LinkCosts : WaitReason {
        override val code: String get() = "link_costs"
    }

    /** Nobody knows whether the link costs. */
    public data object LinkPriceUnknown : WaitReason {
        override val code: String get() = "link_price_unknown"
    }

    /** The policy does not send this over links of this kind. */
    public data object LinkNotAllowed : WaitReason {
        override val code: String get() = "link_not_allowed"
    }

    /** A sign-in page stands in front of the network. */
    public data object SignIn : WaitReason {
        override val code: String get() = "sign_in"
    }

    /** The network is a foreign operator's, and the policy says no. */
    public data object Roaming : WaitReason {
        override val code: String get() = "roaming"
    }

    /** Mobile data, and nobody knows whether it is a foreign operator's; the policy does not allow that. */
    public data object RoamingUnknown : WaitReason {
        override val code: String get() = "roaming_unknown"
    }

    /** The person asked the system to save data, and bytes cost on this link. */
    public data object SavingData : WaitReason {
        override val code: String get() = "saving_data"
    }

    /** It goes over this link within a budget, and none covers it. */
    public data object NoBudget : WaitReason {
        override val code: String get() = "no_budget"
    }

    /**
     * What the budget has left is too little for it.
     *
     * @property budget the budget's name.
     * @property at when there is a new one; null where there will be none.
     */
    public data class BudgetSpent(public val budget: String, public val at: Instant?) : WaitReason {
        override val code: String get() = "budget_spent"
    }

    /**
     * It is larger than the whole budget: it cannot ever go by it.
     *
     * @property budget the budget's name.
     */
    public data class BudgetTooSmall(public val budget: String) : WaitReason {
        override val code: String get() = "budget_too_small"
    }

    /** The device is not being charged, as far as is known, and the policy wants that. */
    public data object NotCharging : WaitReason {
        override val code: String get() = "not_charging"
    }

    /**
     * It is outside of the policy's hours.
     *
     * @property at when they begin.
     */
    public data class OutsideHours(public val at: Instant) : WaitReason {
        override val code: String get() = "outside_hours"
    }

    /**
     * It is larger than what the policy sends over this link.
     *
     * @property most the most that goes, in bytes.
     */
    public data class TooLargeHere(public val most: Long) : WaitReason {
        override val code: String get() = "too_large_here"
    }

    /** The policy never sends it. */
    public data object Never : WaitReason {
        override val code: String get() = "never"
    }

    /** The person paused the outbox. */
    public data object Paused : WaitReason {
        override val code: String get() = "paused"
    }

    /**
     * It is tried again, after something went wrong that concerns this one only.
     *
     * @property at when.
     * @property trouble what went wrong.
     */
    public data class Retry(public val at: Instant, public val trouble: Trouble) : WaitReason {
        override val code: String get() = "retry"
    }

    /**
     * The target is tried again.
     *
     * @property at when.
     * @property trouble what went wrong.
     */
    public data class TargetRests(public val at: Instant, public val trouble: Trouble) : WaitReason {
        override val code: String get() = "target_rests"
    }

    /** The file was being written when it was read; it is read again shortly. */
    public data object SourceBusy : WaitReason {
        override val code: String get() = "source_busy"
    }

    /** The original cannot be opened just now: it is in the cloud, say, or the phone is locked. It is tried again by itself. */
    public data object SourceAway : WaitReason {
        override val code: String get() = "source_away"
    }

    /** The original is only in the cloud, and is not fetched over this link. */
    public data object InCloud : WaitReason {
        override val code: String get() = "in_cloud"
    }

    /** A reason of a later version. */
    public data class Other(override val code: String) : WaitReason
}

/** Why something is parked; it needs a person, and [Satchel.retry] sets it going again. */
public sealed interface ParkReason {
    /** Its name, the same in all languages. */
    public val code: String

    /** The source is not there any more. */
    public data object SourceGone : ParkReason {
        override val code: String get() = "source_gone"
    }

    /** The source may not be read. */
    public data object SourceUnreadable : ParkReason {
        override val code: String get() = "source_unreadable"
    }

    /** The source holds no byte. */
    public data object SourceEmpty : ParkReason {
        override val code: String get() = "source_empty"
    }

    /** The source changed each time while it was read or sent. */
    public data object SourceKeepsChanging : ParkReason {
        override val code: String get() = "source_keeps_changing"
    }

    /** The last answer was lost and the upload is gone: it may have arrived, and a second copy may be unwanted. */
    public data object FateUnknown : ParkReason {
        override val code: String get() = "fate_unknown"
    }

    /** It arrived with another hash, twice, though the source is unchanged. */
    public data object HashMismatch : ParkReason {
        override val code: String get() = "hash_mismatch"
    }

    /** The server takes nothing so large. */
    public data object TooLarge : ParkReason {
        override val code: String get() = "too_large"
    }

    /** The server keeps contradicting itself. */
    public data object Contradiction : ParkReason {
        override val code: String get() = "contradiction"
    }

    /** The server hands its uploads to an address that the target does not list. */
    public data object ForeignLocation : ParkReason {
        override val code: String get() = "foreign_location"
    }

    /**
     * The server refuses it.
     *
     * @property status HTTP status.
     */
    public data class Refused(public val status: Int) : ParkReason {
        override val code: String get() = "refused"
    }

    /** The receipt is signed by a key that does not follow from the pinned one, or says something else than was sent. */
    public data object BadReceipt : ParkReason {
        override val code: String get() = "bad_receipt"
    }

    /** Somebody deleted it at the server. */
    public data object DeletedThere : ParkReason {
        override val code: String get() = "deleted_there"
    }

    /** The target is not to learn what the file says of itself, and this kind of file cannot be freed of it. */
    public data object CannotRedact : ParkReason {
        override val code: String get() = "cannot_redact"
    }

    /** A reason of a later version. */
    public data class Other(override val code: String) : ParkReason
}

/** What went wrong between the outbox and a target. */
public sealed interface Trouble {
    /** Its name, the same in all languages. */
    public val code: String

    /** The target could not be reached. */
    public data object Unreachable : Trouble {
        override val code: String get() = "unreachable"
    }

    /** The connection broke or fell silent. */
    public data object Cut : Trouble {
        override val code: String get() = "cut"
    }

    /**
     * Something stood in the service's place.
     *
     * @property what what it was.
     */
    public data class Imposter(public val what: app.satchel.Imposter) : Trouble {
        override val code: String get() = "imposter"
    }

    /**
     * Somebody on the way is keeping us from the target.
     *
     * @property by how.
     */
    public data class Blocked(public val by: Block) : Trouble {
        override val code: String get() = "blocked"
    }

    /** The network wants a person to sign in first. */
    public data object SignIn : Trouble {
        override val code: String get() = "sign_in"
    }

    /** Nothing answers over this network at all. */
    public data object NoLink : Trouble {
        override val code: String get() = "no_link"
    }

    /** The server's certificate is good, and this device's date does not fit it. */
    public data object WrongClock : Trouble {
        override val code: String get() = "wrong_clock"
    }

    /**
     * The host answered, but not the service behind it.
     *
     * @property status HTTP status.
     */
    public data class Gateway(public val status: Int) : Trouble {
        override val code: String get() = "gateway"
    }

    /**
     * The service asked to come back later, or failed.
     *
     * @property status HTTP status.
     */
    public data class Busy(public val status: Int) : Trouble {
        override val code: String get() = "busy"
    }

    /** Another connection still holds the upload. */
    public data object Locked : Trouble {
        override val code: String get() = "locked"
    }

    /** The credential is missing, wrong or revoked: [Satchel.setToken] or [Satchel.pair] gives another. */
    public data object NeedsToken : Trouble {
        override val code: String get() = "needs_token"
    }

    /** The service contradicted itself. */
    public data object Contradiction : Trouble {
        override val code: String get() = "contradiction"
    }

    /**
     * The service refused.
     *
     * @property status HTTP status.
     */
    public data class Refused(public val status: Int) : Trouble {
        override val code: String get() = "refused"
    }

    /** Nothing of the target's: the original could not be opened just now. */
    public data object SourceAway : Trouble {
        override val code: String get() = "source_away"
    }

    /** Nothing of the target's: the original is only in the cloud, and is not fetched over this link. */
    public data object InCloud : Trouble {
        override val code: String get() = "in_cloud"
    }

    /** Nothing of the target's: there is no room on this device for what is to be made first. */
    public data object StorageFull : Trouble {
        override val code: String get() = "storage_full"
    }

    /** A trouble of a later version. */
    public data class Other(override val code: String) : Trouble
}

/** What stood in the service's place. */
public enum class Imposter(
    /** Its name, the same in all languages. */
    public val code: String,
) {
    /** A page for people. */
    Page("page"),

    /** A redirect to somewhere else; it was not followed. */
    Redirect("redirect"),

    /** A certificate that is not the service's. */
    Certificate("certificate"),

    /** Something that is not HTTP. */
    Garbage("garbage"),

    /** A reply of no known form without the protocol's marks. */
    Unmarked("unmarked"),
}

/** How well it is known that a target holds something whole; later ones are stronger. */
public enum class Proof(
    /** Its name, the same in all languages. */
    public val code: String,
) {
    /** Somebody who speaks the protocol said so over plain HTTP. */
    Unproven("unproven"),

    /** The service reported the whole length kept. */
    Size("size"),

    /** The service reported a whole-object checksum from its storage. */
    Checksum("checksum"),

    /** The server signed for it. */
    Receipt("receipt"),
}
