// Budgets: where they stand, and their editor.

import Foundation
import Satchel

/// A budget and where it stands.
public struct BudgetLine: Identifiable, Hashable, Sendable {
    /// Its name.
    public let id: String
    /// `12 MB of 50 MB left`.
    public let left: String
    /// `Metered links, each day`.
    public let covers: String
    /// When there is a new one.
    public let refills: String?
    /// The part that is spent, 0 to 1.
    public let spent: Double
    let state: BudgetState

    init(_ state: BudgetState, now: Date) {
        self.state = state
        let budget = state.budget
        id = budget.name
        left = "\(Words.bytes(state.left)) of \(Words.bytes(budget.bytes)) left"
        let links: String
        switch budget.covers {
        case .links(let links_): links = "\(Words.links(links_)) links"
        case .network: links = "One network"
        }
        switch budget.period {
        case .day: covers = "\(links), each day"
        case .trip(let from, let to):
            covers = "\(links), \(Words.clock(from, now: now)) to \(Words.clock(to, now: now))"
        }
        if state.countsNow {
            refills = state.refillsIn.map { "A new one in \(Words.about($0))" }
        } else {
            refills = "Does not count now"
        }
        spent = 1 - Row.part(of: state.left, budget.bytes)
    }

    /// All that the line shows, as VoiceOver says it.
    public var spoken: String {
        [id, left, covers, refills].compactMap { $0 }.joined(separator: ", ")
    }
}

/// A budget while it is typed.
public struct BudgetDraft: Identifiable, Hashable, Sendable {
    /// What a budget may count.
    public enum Covers: Hashable, Sendable {
        /// Links of a class.
        case links(Link.Class)
        /// The network that the phone is in now.
        case thisNetwork
        /// Another network, which was named when the budget was made.
        case network(id: String)
    }

    /// One editor at a time.
    public let id = UUID()
    /// The name of the budget that it takes the place of.
    public let replaces: String?
    /// What the traveller calls it.
    public var name = "mobile"
    /// What it counts.
    public var covers = Covers.links(.metered)
    /// Megabytes, as typed.
    public var megabytes = "50"
    /// For a trip rather than each day.
    public var isTrip = false
    /// The trip's beginning.
    public var from: Date
    /// The trip's end.
    public var to: Date

    init(now: Date) {
        replaces = nil
        from = now
        to = now.addingTimeInterval(14 * 86_400)
    }

    init(_ budget: Budget, now: Date) {
        replaces = budget.name
        name = budget.name
        switch budget.covers {
        case .links(let links): covers = .links(links)
        case .network(let id): covers = .network(id: id)
        }
        let whole = budget.bytes % 1_000_000 == 0
        megabytes = whole ? "\(budget.bytes / 1_000_000)" : "\(Double(budget.bytes) / 1_000_000)"
        switch budget.period {
        case .day:
            from = now
            to = now.addingTimeInterval(14 * 86_400)
        case .trip(let first, let last):
            isTrip = true
            from = first
            to = last
        }
    }

    /// What is wrong with it, and what to do; `nil` where nothing is.
    public var fault: String? {
        let letters = name.trimmingCharacters(in: .whitespacesAndNewlines)
        if letters.isEmpty || letters.count > 60 { return "Give it a name, such as “mobile” or “Japan”." }
        guard let amount, amount >= 1 else { return "Say how many megabytes, such as 50." }
        if isTrip && to <= from { return "The trip must end after it begins." }
        return nil
    }

    /// In bytes; the core refuses what is too large.
    private var amount: Int? {
        let typed = megabytes.trimmingCharacters(in: .whitespaces).replacingOccurrences(of: ",", with: ".")
        return Double(typed).flatMap { Int(exactly: ($0 * 1_000_000).rounded()) }
    }

    func budget(network: String?) throws -> Budget {
        if let fault { throw SatchelError.invalid(words: fault) }
        let counted: Budget.Covers
        switch covers {
        case .links(let links): counted = .links(links)
        case .network(let id): counted = .network(id: id)
        case .thisNetwork:
            guard let network else {
                throw SatchelError.invalid(
                    words: "The phone does not know which network it is in. Choose a kind of link.")
            }
            counted = .network(id: network)
        }
        return Budget(
            name.trimmingCharacters(in: .whitespacesAndNewlines), covers: counted, bytes: amount ?? 0,
            period: isTrip ? .trip(from: from, to: to) : .day)
    }
}
