// The Link screen: what the phone sees, what that costs, what is left of the budgets, and what went.

import Foundation
import Observation
import Satchel

/// The Link screen.
@MainActor @Observable
public final class LinkModel: Refreshing {
    /// The network as a person's word about it makes it; while something is pretended, that.
    public private(set) var link: Link
    /// What was said of this network.
    public private(set) var mark: Link.Mark?
    /// The budgets, by name.
    public private(set) var budgets: [BudgetLine] = []
    /// The consents that hold.
    public private(set) var grants: [GrantLine] = []
    /// What went over which links, by day.
    public private(set) var ledger = LedgerChart([])
    /// Each server's ways.
    public private(set) var ways: [TargetWays] = []
    /// What stood in the servers' place, the last seen first.
    public private(set) var blocks: [BlockLine] = []
    /// More than the latest of them are shown.
    public var showsAllBlocks = false
    /// The page that is read; `nil` where none is.
    public var page: PageText?
    /// The evidence, to be shared; `nil` where it is not.
    public var evidence: EvidenceFile?
    /// What could not be done.
    public var notice: Notice?

    private let satchel: Satchel
    private let edges: Edges

    init(_ satchel: Satchel, _ edges: Edges) {
        self.satchel = satchel
        self.edges = edges
        link = edges.phone.seen
    }

    // MARK: Looking

    /// What carries the bytes: `Wi-Fi`.
    public var title: String { Words.kind(link.kind) }

    /// The class by which its bytes are counted; none where there is no network.
    public var links: Link.Class? { link.kind == .noNetwork ? nil : link.linkClass }

    /// What that class means for what goes.
    public var meaning: String {
        links.map(Words.meaning) ?? "Nothing can go. It goes on by itself when there is a network."
    }

    /// What the phone sees, line by line.
    public var facts: [Fact] {
        guard link.kind != .noNetwork else { return [] }
        var facts = [
            Fact("Metered", Words.known(link.metered)), Fact("Roaming", Words.known(link.roaming)),
            Fact("Saving data", Words.known(link.constrained)),
            Fact("Reaches the internet", Words.known(link.validated)),
            Fact("Sign-in page", Words.known(link.captive)),
        ]
        if let rate = link.bytesPerSecond { facts.append(Fact("Sends", "\(Words.bytes(rate)) a second")) }
        return facts
    }

    /// Why a person is to sign in to the network first: the phone knows of a sign-in page, or the outbox found one. `nil` where
    /// nobody has to.
    public var signIn: String? {
        link.captive == true
            ? "The network wants you to sign in first. Until then, nothing goes."
            : ways.lazy.compactMap(\.signIn).first
    }

    /// The records that are shown.
    public var shownBlocks: ArraySlice<BlockLine> { showsAllBlocks ? blocks[...] : blocks.prefix(BlockLine.latest) }

    /// What shows more of them, or fewer; `nil` where all are shown anyway.
    public var blocksToggle: String? {
        guard blocks.count > BlockLine.latest else { return nil }
        return showsAllBlocks ? AttemptLine.latestTried : "Show all \(blocks.count)"
    }

    /// Whether this network can be marked as free or metered: the phone knows which one it is.
    public var canBeMarked: Bool { link.network != nil }

    /// Reads it all anew.
    public func refresh() async {
        do {
            link = try satchel.effectiveLink()
            let marks = try await satchel.networkMarks()
            mark = link.network.flatMap { marks[$0] }
            let now = edges.now()
            budgets = try await satchel.budgets().map { BudgetLine($0, now: now) }
            grants = try await satchel.grants().map(GrantLine.init)
            ledger = LedgerChart(try await satchel.ledger())
            var ways: [TargetWays] = []
            for target in try await satchel.targets() {
                ways.append(TargetWays(target, try await satchel.endpoints(of: target.id), now: now))
            }
            self.ways = ways
            blocks = try await satchel.blocks().map { BlockLine($0, here: link.network, now: now) }
        } catch {
            told("The link could not be read", error)
        }
    }

    /// Whether a change is about it.
    func concerns(_ change: Change) -> Bool {
        switch change {
        case .progress, .read: false
        case .assets, .delivered, .parked, .trouble, .endpoints, .idle, .other: true
        }
    }

    // MARK: Blocks

    /// Shows the page of a record, as text.
    public func read(_ line: BlockLine) async {
        do {
            if let bytes = try await satchel.blockPage(line.id) {
                page = PageText(line, bytes)
            } else {
                notice = Notice("The page is not there any more", "It is too old to be kept. The record stays.")
                await refresh()
            }
        } catch {
            told("The page could not be read", error)
        }
    }

    /// Writes all records with their pages into a file; ``evidence`` has it then. It names no photo.
    public func gatherEvidence() async {
        do {
            let file = edges.temporary.appendingPathComponent("satchel-blocks.json")
            try FileManager.default.createDirectory(at: edges.temporary, withIntermediateDirectories: true)
            try await satchel.exportBlocks(to: file)
            evidence = EvidenceFile(id: file)
        } catch {
            told("There is no evidence to share", error)
        }
    }

    // MARK: Changing

    /// Remembers a person's word about this network; none forgets it.
    public func mark(_ mark: Link.Mark?) async {
        guard let network = link.network else { return }
        await done("The network was not marked") { try await satchel.markNetwork(network, mark) }
    }

    /// What the editor of a new budget begins with.
    public func newBudget() -> BudgetDraft { BudgetDraft(now: edges.now()) }

    /// What the editor of this budget begins with.
    public func edit(_ line: BudgetLine) -> BudgetDraft { BudgetDraft(line.state.budget, now: edges.now()) }

    /// Keeps a budget; whether that could be done.
    public func keep(_ draft: BudgetDraft) async -> Bool {
        var kept = false
        await done("The budget was not kept") {
            let budget = try draft.budget(network: link.network)
            try await satchel.setBudget(budget)
            if let old = draft.replaces, old != budget.name { try await satchel.removeBudget(old) }
            kept = true
        }
        return kept
    }

    /// Forgets a budget.
    public func remove(_ line: BudgetLine) async {
        await done("The budget was not removed") { try await satchel.removeBudget(line.id) }
    }

    /// Takes a consent back.
    public func end(_ line: GrantLine) async {
        await done("It was not taken back") { try await satchel.endGrant(line.id) }
    }
}

/// Something that is so: its name, and how it is.
public struct Fact: Identifiable, Hashable, Sendable {
    /// Its name.
    public let id: String
    /// How it is.
    public let value: String

    init(_ id: String, _ value: String) {
        self.id = id
        self.value = value
    }
}

/// A consent that holds.
public struct GrantLine: Identifiable, Hashable, Sendable {
    /// Which.
    public let id: GrantID
    /// `Up to 1.2 MB over Wi-Fi`.
    public let title: String
    /// `Ends in about 40 minutes`.
    public let words: String

    init(_ grant: Grant) {
        id = grant.id
        title = "Up to \(Words.bytes(grant.left)) over \(Words.kind(grant.kind))"
        words = "Ends in \(Words.about(grant.endsIn))"
    }
}
