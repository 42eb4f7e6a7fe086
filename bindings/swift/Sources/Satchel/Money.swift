// What it costs: budgets, the price before sending, grants. Bytes are billed ones: of both directions, with headers, TLS and an
// allowance for TCP/IP.

import Foundation
internal import SatchelGenerated

/// So many bytes in a period over these links.
public struct Budget: Hashable, Sendable {
    /// Which links a budget counts.
    public enum Covers: Hashable, Sendable {
        /// A class. That of metered links counts those too of which nobody knows whether they cost.
        case links(Link.Class)
        /// The network of this id, as in ``Link/network``.
        case network(id: String)
    }

    /// For how long a budget is.
    public enum Period: Hashable, Sendable {
        /// Each day anew, from local midnight on.
        case day
        /// Once, from an instant until another. Before and after it, the budget neither allows nor forbids.
        case trip(from: Date, to: Date)
    }

    /// What the traveller calls it, 1 to 60 characters; one of each name.
    public var name: String
    /// What it counts.
    public var covers: Covers
    /// How many billed bytes, 1 to 2^50.
    public var bytes: Int
    /// In which time.
    public var period: Period

    /// A budget for each day, unless something else is said.
    public init(_ name: String, covers: Covers, bytes: Int, period: Period = .day) {
        self.name = name
        self.covers = covers
        self.bytes = bytes
        self.period = period
    }

    init(_ core: SatchelGenerated.Budget) {
        let covers: Covers =
            switch core.covers {
            case .class(let links): .links(Link.Class(links))
            case .network(let id): .network(id: id)
            }
        let period: Period =
            switch core.period {
            case .day: .day
            case .trip(let from, let to): .trip(from: Date(utcMs: from), to: Date(utcMs: to))
            }
        self.init(core.name, covers: covers, bytes: Int(count: core.bytes), period: period)
    }

    var core: SatchelGenerated.Budget {
        let covers: SatchelGenerated.Covers =
            switch covers {
            case .links(let links): .class(class: links.core)
            case .network(let id): .network(id: id)
            }
        let period: SatchelGenerated.Period =
            switch period {
            case .day: .day
            case .trip(let from, let to): .trip(fromUtcMs: from.utcMs, toUtcMs: to.utcMs)
            }
        return .init(name: name, covers: covers, bytes: UInt64(clamping: bytes), period: period)
    }
}

/// A budget and where it stands.
public struct BudgetState: Hashable, Sendable {
    /// What it is.
    public let budget: Budget
    /// Billed bytes of this period that are neither spent nor reserved.
    public let left: Int
    /// How long until there is a new one; none where there will be none.
    public let refillsIn: Duration?
    /// Whether it counts now; a trip's does only between its beginning and its end.
    public let countsNow: Bool

    init(_ core: SatchelGenerated.BudgetState) {
        budget = Budget(core.budget)
        left = Int(count: core.left)
        refillsIn = core.refillsInMs.map { .milliseconds(Int(count: $0)) }
        countsNow = core.countsNow
    }
}

/// The price of sending some things over the link that there is.
public struct Price: Hashable, Sendable {
    /// What a price is of a budget.
    public struct Share: Hashable, Sendable {
        /// The budget's name.
        public let name: String
        /// What it has left, in billed bytes.
        public let left: Int
        /// What it has in all, in billed bytes.
        public let of: Int
        /// The price in hundredths of what is left, rounded up; none where nothing is left.
        public let percent: Int?
        /// The largest single upload is more than the whole budget: it can never go by it.
        public let never: Bool

        init(_ core: SatchelGenerated.Share) {
            name = core.name
            left = Int(count: core.left)
            of = Int(count: core.of)
            percent = core.percent.map(Int.init(count:))
            never = core.never
        }
    }

    /// How many uploads.
    public let uploads: Int
    /// Their bytes that are not at the server yet.
    public let payloadBytes: Int
    /// Billed bytes.
    public let bytes: Int
    /// How long it takes at the link's rate; none where no rate is known.
    public let takes: Duration?
    /// The rate that was reckoned with, in bytes a second.
    public let bytesPerSecond: Int?
    /// Each budget that covers the link.
    public let budgets: [Share]

    init(_ core: SatchelGenerated.Price) {
        uploads = Int(count: core.uploads)
        payloadBytes = Int(count: core.payloadBytes)
        bytes = Int(count: core.bytes)
        takes = core.takesMs.map { .milliseconds(Int(count: $0)) }
        bytesPerSecond = core.bytesPerSecond.map(Int.init(count:))
        budgets = core.budgets.map(Share.init)
    }
}

/// Which grant of an outbox.
public struct GrantID: RawRepresentable, Hashable, Sendable {
    /// As a number, for an app's own records.
    public let rawValue: Int64

    /// From a number that ``rawValue`` gave.
    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }
}

/// A grant that holds: one act of consent.
public struct Grant: Identifiable, Hashable, Sendable {
    /// Names it when it is ended.
    public let id: GrantID
    /// The kind of link that it was given for.
    public let kind: Link.Kind
    /// That link's network, where it was known.
    public let network: String?
    /// Billed bytes that are neither spent nor reserved.
    public let left: Int
    /// How long it still holds.
    public let endsIn: Duration

    init(_ core: SatchelGenerated.Grant) {
        id = GrantID(rawValue: core.id)
        kind = Link.Kind(core.kind)
        network = core.network
        left = Int(count: core.left)
        endsIn = .milliseconds(Int(count: core.endsInMs))
    }
}

/// A grant that was given for a price.
public struct SentNow: Hashable, Sendable {
    /// The grant.
    public let grant: GrantID
    /// What it was given for.
    public let price: Price

    init(_ core: SatchelGenerated.SentNow) {
        grant = GrantID(rawValue: core.grant)
        price = Price(core.price)
    }
}

extension Satchel {
    // MARK: Money

    /// Sets a budget, or changes the one of this name. What was spent today by one that covers the same stays spent.
    public func setBudget(_ budget: Budget) async throws(SatchelError) {
        try await crossing { try await core.setBudget(budget: budget.core) }
    }

    /// Forgets a budget; throws ``SatchelError/invalid(words:field:)`` when there is none of this name.
    public func removeBudget(_ name: String) async throws(SatchelError) {
        try await crossing { try await core.removeBudget(name: name) }
    }

    /// The budgets, by name.
    public func budgets() async throws(SatchelError) -> [BudgetState] {
        try await crossing { try await core.budgets().map(BudgetState.init) }
    }

    /// What sending these would cost over the link that there is, told before a byte goes.
    ///
    /// - Parameter assets: Which; all that are in the outbox when left out.
    public func price(of assets: [AssetID]? = nil) async throws(SatchelError) -> Price {
        let ids = assets?.map(\.rawValue)
        return try await crossing { Price(try await core.price(assets: ids)) }
    }

    /// Gives leave: these assets may go over the link that there is now, whatever the rules and budgets say. Show the
    /// ``price(of:)`` before.
    ///
    /// - Parameters:
    ///   - bytes: For at most so many billed bytes, 1 or more.
    ///   - lasts: And so long, 1 second to 30 days.
    @discardableResult
    public func grant(_ assets: [AssetID], bytes: Int, lasts: Duration) async throws(SatchelError) -> GrantID {
        let ids = assets.map(\.rawValue)
        return try await crossing {
            GrantID(
                rawValue: try await core.grant(
                    assets: ids, bytes: UInt64(clamping: bytes), lastsMs: lasts.milliseconds))
        }
    }

    /// Sends these now, over the link that there is: a grant of their price and a tenth more, for an hour.
    ///
    /// They go with the run that is under way, or the next.
    @discardableResult
    public func sendNow(_ assets: [AssetID]) async throws(SatchelError) -> SentNow {
        let ids = assets.map(\.rawValue)
        return try await crossing { SentNow(try await core.sendNow(assets: ids)) }
    }

    /// The grants that hold.
    public func grants() async throws(SatchelError) -> [Grant] {
        try await crossing { try await core.grants().map(Grant.init) }
    }

    /// Ends a grant; throws ``SatchelError/invalid(words:field:)`` when there is none of this number.
    public func endGrant(_ grant: GrantID) async throws(SatchelError) {
        try await crossing { try await core.endGrant(grant: grant.rawValue) }
    }
}
