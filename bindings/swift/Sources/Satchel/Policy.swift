// The traveller's rules: what may go over which links, and what goes first.

internal import SatchelGenerated

/// The traveller's rules. What no rule fits goes only over links that are known to cost nothing, so `Policy()` sends nothing
/// over any other.
public struct Policy: Hashable, Sendable {
    /// What goes first when nothing else tells two assets apart.
    public enum Order: Hashable, Sendable, CaseIterable {
        /// What was added last.
        case newest
        /// What was added first.
        case oldest
    }

    /// Policies that are often meant, by their names.
    public enum Ready: String, Hashable, Sendable, CaseIterable {
        /// Everything over links that are known to cost nothing, and over no other.
        case neverOnMobileData = "never on mobile data"
        /// Text and preview over mobile data too, at home; all else over links that cost nothing.
        case previewsOnMobileData = "previews on mobile data, originals on Wi-Fi"
        /// Everything, where a budget covers what the link costs.
        case withinMyBudget = "everything, within my budget"
    }

    /// The first that fits a thing decides about it; at most 200.
    public var rules: [Rule]
    /// What goes first.
    public var order: Order
    /// Uploads side by side, 1 to 8; on links that cost or are slow it is one, whatever stands here.
    public var uploadsAtOnce: Int

    /// Only links that cost nothing, unless something else is said.
    public init(rules: [Rule] = [], order: Order = .newest, uploadsAtOnce: Int = 2) {
        self.rules = rules
        self.order = order
        self.uploadsAtOnce = uploadsAtOnce
    }

    /// Everything over any link, whatever it costs, abroad too.
    public static var overAnyLink: Policy { Policy(SatchelGenerated.policyOverAnyLink()) }

    /// A ready-made policy.
    public static func ready(_ name: Ready) -> Policy { ready(named: name.rawValue) ?? Policy() }

    /// A ready-made policy by its name, however it is spelled in capitals and spaces; none where there is no such.
    public static func ready(named name: String) -> Policy? {
        SatchelGenerated.readyPolicy(name: name).map(Policy.init)
    }

    /// The names of all ready-made policies, as the library has them.
    public static var readyNames: [String] { SatchelGenerated.readyPolicies() }

    /// Reads a policy document (JSON, at most 256 KB).
    ///
    /// - Throws: ``SatchelError/invalid(words:field:)`` with the field that is wrong.
    public init(json: String) throws(SatchelError) {
        do {
            self.init(try SatchelGenerated.policyFromJson(text: json))
        } catch {
            throw SatchelError(error)
        }
    }

    /// As a document.
    ///
    /// - Throws: ``SatchelError/invalid(words:field:)`` with the field that is out of its range.
    public func json() throws(SatchelError) -> String {
        do {
            return try SatchelGenerated.policyToJson(policy: core)
        } catch {
            throw SatchelError(error)
        }
    }

    init(_ core: SatchelGenerated.Policy) {
        let order: Order =
            switch core.order {
            case .newest: .newest
            case .oldest: .oldest
            }
        self.init(rules: core.rules.map(Rule.init), order: order, uploadsAtOnce: Int(core.uploadsAtOnce))
    }

    var core: SatchelGenerated.Policy {
        let order: SatchelGenerated.Order =
            switch order {
            case .newest: .newest
            case .oldest: .oldest
            }
        return .init(rules: rules.map(\.core), order: order, uploadsAtOnce: UInt8(clamping: uploadsAtOnce))
    }
}

/// One rule: what it is for, and how that may go.
public struct Rule: Hashable, Sendable {
    /// What it decides about.
    public var scope: Scope
    /// Each way is enough by itself; none means never. At most 200.
    public var allow: [Way]

    /// A rule for everything, unless a scope is given.
    public init(for scope: Scope = Scope(), allow: [Way]) {
        self.scope = scope
        self.allow = allow
    }

    init(_ core: SatchelGenerated.Rule) {
        self.init(for: Scope(core.scope), allow: core.allow.map(Way.init))
    }

    var core: SatchelGenerated.Rule { .init(scope: scope.core, allow: allow.map(\.core)) }
}

/// What a rule decides about: all that is named must fit, and an empty list fits everything.
public struct Scope: Hashable, Sendable {
    /// Kinds of assets.
    public var kinds: [Asset.Kind]
    /// Renditions.
    public var renditions: [Rendition]
    /// Albums, as they were named when assets were added (``AddOptions/album``).
    public var albums: [String]
    /// Only what is urgent, or only what is not; both when left out.
    public var urgent: Bool?

    /// Everything, unless something is named.
    public init(
        kinds: [Asset.Kind] = [], renditions: [Rendition] = [], albums: [String] = [], urgent: Bool? = nil
    ) {
        self.kinds = kinds
        self.renditions = renditions
        self.albums = albums
        self.urgent = urgent
    }

    init(_ core: SatchelGenerated.Scope) {
        self.init(
            kinds: core.kinds.map(Asset.Kind.init), renditions: core.renditions.map(Rendition.init),
            albums: core.albums,
            urgent: core.urgent)
    }

    var core: SatchelGenerated.Scope {
        .init(kinds: kinds.map(\.core), renditions: renditions.map(\.core), albums: albums, urgent: urgent)
    }
}

/// Which links.
public enum Over: Hashable, Sendable {
    /// Those that are known to cost nothing.
    case free
    /// Any, whatever it costs.
    case any
    /// These kinds, whatever they cost: at least one, without ``Link/Kind/noNetwork``.
    case kinds([Link.Kind])
}

/// One way in which something may go. All that it asks for must be true.
public struct Way: Hashable, Sendable {
    /// Over which links.
    public var over: Over
    /// Also on a foreign operator's network, and on mobile data of which nobody knows whether it is one.
    public var roaming: Bool
    /// Also where bytes cost and the person asked the system to save data.
    public var whenSavingData: Bool
    /// Only where a budget covers the link.
    public var withinBudget: Bool
    /// Only what has at most so many bytes, 1 or more; no limit when left out.
    public var upToBytes: Int?
    /// Only while the device is known to be charged.
    public var onlyWhileCharging: Bool
    /// Only in these hours, local time, written `HH:MM-HH:MM`; past midnight where the end is not after the start.
    public var hours: String?

    /// Over links that cost nothing, unless something else is said.
    public init(
        over: Over = .free, roaming: Bool = false, whenSavingData: Bool = false, withinBudget: Bool = false,
        upToBytes: Int? = nil, onlyWhileCharging: Bool = false, hours: String? = nil
    ) {
        self.over = over
        self.roaming = roaming
        self.whenSavingData = whenSavingData
        self.withinBudget = withinBudget
        self.upToBytes = upToBytes
        self.onlyWhileCharging = onlyWhileCharging
        self.hours = hours
    }

    init(_ core: SatchelGenerated.Way) {
        let over: Over =
            switch core.over {
            case .free: .free
            case .any: .any
            case .kinds(let kinds): .kinds(kinds.map(Link.Kind.init))
            }
        self.init(
            over: over, roaming: core.roaming, whenSavingData: core.whenSavingData, withinBudget: core.withinBudget,
            upToBytes: core.upToBytes.map(Int.init(count:)), onlyWhileCharging: core.onlyWhileCharging,
            hours: core.hours)
    }

    var core: SatchelGenerated.Way {
        let over: SatchelGenerated.Over =
            switch over {
            case .free: .free
            case .any: .any
            case .kinds(let kinds): .kinds(kinds: kinds.map(\.core))
            }
        return .init(
            over: over, roaming: roaming, whenSavingData: whenSavingData, withinBudget: withinBudget,
            upToBytes: upToBytes.map { UInt64(clamping: $0) }, onlyWhileCharging: onlyWhileCharging, hours: hours)
    }
}
