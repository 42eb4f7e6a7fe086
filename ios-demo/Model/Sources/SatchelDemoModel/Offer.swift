// The price sheet: what sending some now costs, before a byte goes.

import Foundation
import Satchel

/// Some assets and what sending them now costs.
public struct Offer: Hashable, Sendable, Identifiable {
    /// Which.
    public let assets: [AssetID]
    /// What they cost over the link that there is.
    public let price: Price
    /// That link, as a person's word about it makes it.
    public let link: Link

    /// The same assets at the same price are the same offer.
    public var id: Self { self }

    /// `Send 3 photos now?`
    public var title: String { "Send \(Words.count(assets.count, "photo")) now?" }

    /// There is nothing to be sent: all is there, or under way already.
    public var isNothing: Bool { price.uploads == 0 }

    /// There is no network to send them over.
    public var hasNoLink: Bool { link.kind == .noNetwork }

    /// `1.2 MB`, as billed.
    public var bytes: String { Words.bytes(price.bytes) }

    /// `About 3 minutes`; that nobody knows, where no rate is known.
    public var takes: String {
        price.takes.map { Words.sentence(Words.about($0)) } ?? "Nobody knows how long: nothing went over this link yet"
    }

    /// `Wi-Fi`, and what it costs there.
    public var over: String {
        "\(Words.kind(link.kind)), \(Words.links(link.linkClass).lowercased())"
    }

    /// What it takes of each budget, in words.
    public var budgets: [BudgetShare] { price.budgets.map(BudgetShare.init) }

    /// What sending does, in words.
    public var consent: String {
        if isNothing { return "All of it is there or under way already." }
        if hasNoLink { return "There is no network. Try again when there is one." }
        return "Sending now overrides your rules and budgets: for these photos, on this network, for an hour, "
            + "and for at most a tenth more than this."
    }

    /// Whether there is something to say yes to.
    public var canBeSent: Bool { !isNothing && !hasNoLink }
}

/// What a price takes of a budget.
public struct BudgetShare: Identifiable, Hashable, Sendable {
    /// The budget's name.
    public let id: String
    /// `12 % of what is left today (38 MB)`.
    public let words: String
    /// The part of what is left that it takes, 0 to 1.
    public let part: Double
    /// It is more than what is left.
    public let isTooMuch: Bool

    init(_ share: Price.Share) {
        id = share.name
        let percent = share.percent ?? 100
        part = min(1, Double(percent) / 100)
        isTooMuch = share.left == 0 || percent > 100
        if share.left == 0 {
            words = "Nothing is left of \(Words.bytes(share.of)). Sending now overrides it."
        } else if percent > 100 {
            words = "More than the \(Words.bytes(share.left)) that are left. Sending now overrides it."
        } else {
            words = "\(percent)% of the \(Words.bytes(share.left)) that are left"
        }
    }
}
