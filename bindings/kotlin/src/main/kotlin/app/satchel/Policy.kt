/*
 * The traveller's rules: what may go over which links, and what goes first.
 */
package app.satchel

import app.satchel.internal.crossing
import app.satchel.internal.toApi
import app.satchel.internal.toRaw
import app.satchel.internal.ffi.policyFromJson as rawPolicyFromJson
import app.satchel.internal.ffi.policyOverAnyLink as rawPolicyOverAnyLink
import app.satchel.internal.ffi.policyToJson as rawPolicyToJson
import app.satchel.internal.ffi.readyPolicies as rawReadyPolicies
import app.satchel.internal.ffi.readyPolicy as rawReadyPolicy

/**
 * The traveller's rules. What no rule fits goes only over links that are known to cost nothing, so `Policy()` sends nothing over
 * any other.
 *
 * @property rules the first that fits a thing decides about it; at most 200.
 * @property order what goes first.
 * @property uploadsAtOnce uploads side by side, 1 to 8; on links that cost or are slow it is one, whatever stands here.
 */
public data class Policy(
    public val rules: List<Rule> = emptyList(),
    public val order: Order = Order.Newest,
    public val uploadsAtOnce: Int = 2,
) {
    /** As a document (JSON). Throws [SatchelException.Invalid] with the field that is out of its range. */
    public fun toJson(): String = crossing { rawPolicyToJson(toRaw()) }

    /** Policies that are often meant, and those that are read. */
    public companion object {
        /** Everything over links that are known to cost nothing, and over no other. */
        public const val NEVER_ON_MOBILE_DATA: String = "never on mobile data"

        /** Text and preview over mobile data too, at home; all else over links that cost nothing. */
        public const val PREVIEWS_ON_MOBILE_DATA: String = "previews on mobile data, originals on Wi-Fi"

        /** Everything, where a budget covers what the link costs. */
        public const val WITHIN_MY_BUDGET: String = "everything, within my budget"

        /** The names of all ready-made policies. */
        public val readyNames: List<String> get() = rawReadyPolicies()

        /** Everything over any link, whatever it costs, abroad too. */
        public fun overAnyLink(): Policy = rawPolicyOverAnyLink().toApi()

        /** A ready-made policy by its [name], however it is spelled in capitals and spaces; null where there is no such. */
        public fun ready(name: String): Policy? = crossing { rawReadyPolicy(name) }?.toApi()

        /**
         * Reads a policy document (JSON, at most 256 KB). Throws [SatchelException.Invalid] with the
         * [field][SatchelException.Invalid.field] that is wrong.
         */
        public fun fromJson(text: String): Policy = crossing { rawPolicyFromJson(text) }.toApi()
    }
}

/**
 * One rule: what it is for, and how that may go.
 *
 * @property allow each way is enough by itself; none means never. At most 200.
 * @property scope what it decides about; everything when left out.
 */
public data class Rule(public val allow: List<Way>, public val scope: Scope = Scope()) {
    /** A rule with these ways, for everything. */
    public constructor(vararg allow: Way) : this(allow.toList())
}

/**
 * What a rule decides about: all that is named must fit, and an empty list fits everything.
 *
 * @property kinds kinds of assets.
 * @property renditions renditions.
 * @property albums albums, as they were named when assets were added ([AddOptions.album]).
 * @property urgent only what is urgent, or only what is not; both when null.
 */
public data class Scope(
    public val kinds: List<AssetKind> = emptyList(),
    public val renditions: List<Rendition> = emptyList(),
    public val albums: List<String> = emptyList(),
    public val urgent: Boolean? = null,
)

/**
 * One way in which something may go. All that it asks for must be true.
 *
 * @property over over which links.
 * @property roaming also on a foreign operator's network, and on mobile data of which nobody knows whether it is one.
 * @property whenSavingData also where bytes cost and the person asked the system to save data.
 * @property withinBudget only where a budget covers the link.
 * @property upToBytes only what has at most so many bytes, 1 or more; no limit when null.
 * @property onlyWhileCharging only while the device is known to be charged.
 * @property hours only in these hours, local time, written `HH:MM-HH:MM`; past midnight where the end is not after the start.
 */
public data class Way(
    public val over: Over = Over.Free,
    public val roaming: Boolean = false,
    public val whenSavingData: Boolean = false,
    public val withinBudget: Boolean = false,
    public val upToBytes: Long? = null,
    public val onlyWhileCharging: Boolean = false,
    public val hours: String? = null,
)

/** Which links. */
public sealed interface Over {
    /** Those that are known to cost nothing. */
    public data object Free : Over

    /** Any, whatever it costs. */
    public data object Any : Over

    /**
     * These kinds, whatever they cost.
     *
     * @property kinds at least one, without [LinkKind.None].
     */
    public data class Kinds(public val kinds: List<LinkKind>) : Over {
        /** These kinds. */
        public constructor(vararg kinds: LinkKind) : this(kinds.toList())
    }
}

/** What goes first when nothing else tells two assets apart. */
public enum class Order {
    /** What was added last. */
    Newest,

    /** What was added first. */
    Oldest,
}
