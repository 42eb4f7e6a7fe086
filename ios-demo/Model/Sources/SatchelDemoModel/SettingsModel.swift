// The Settings screen: where photos go, by which rules, and which of them.

import Foundation
import Observation
import Satchel

/// The Settings screen.
@MainActor @Observable
public final class SettingsModel: Refreshing {
    /// The pairing code that was scanned, typed, or came by a link.
    public var code = ""
    /// What this phone is called at the receiver.
    public var device: String
    /// Under whose name photos are shown there; the phone's where it is empty. Kept between launches.
    public var contributor: String {
        didSet {
            let isBlank = contributor.allSatisfy(\.isWhitespace)
            edges.memory.put(Self.contributorKey, isBlank ? nil : contributor)
        }
    }
    /// A receiver is being asked.
    public private(set) var pairing = false
    /// Why pairing failed, and what to do.
    public private(set) var pairingNotice: Notice?
    /// What is to be asked before a code is used that a link brought.
    public private(set) var question: String?
    /// Where photos go.
    public private(set) var targets: [TargetLine] = []
    /// Of the ready-made rules, which hold; `nil` for others.
    public private(set) var rules: String?
    /// What goes first.
    public private(set) var order = Policy.Order.newest
    /// New photos are added by themselves.
    public private(set) var rollIsOn = false
    /// What the app may see of the photo library.
    public private(set) var access = CameraRollAccess.open
    /// The albums, by title.
    public private(set) var albums: [Album] = []
    /// What could not be done.
    public var notice: Notice?
    /// What was found when a target was asked for what it has.
    public private(set) var checked: [TargetID: String] = [:]
    /// The neutral address, as typed.
    public var neutral = ""
    /// The neutral address as the outbox has it; empty where there is none.
    public internal(set) var neutralKept = ""
    /// What the outbox did not take for one, and why.
    var neutralRefused: (typed: String, words: String)?

    let satchel: Satchel
    private let edges: Edges

    /// Where the contributor's name is kept.
    static let contributorKey = "contributor"

    init(_ satchel: Satchel, _ edges: Edges) {
        self.satchel = satchel
        self.edges = edges
        device = edges.phone.name
        contributor = edges.memory.get(Self.contributorKey) ?? ""
    }

    /// The ready-made rules, by the core's words.
    public var allRules: [String] { Policy.readyNames }

    /// Whether there is a code to try.
    public var canPair: Bool { !pairing && !code.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty }

    /// Reads it all anew.
    public func refresh() async {
        do {
            let now = edges.now()
            var told: [TargetLine] = []
            for target in try await satchel.targets() {
                let set = try await satchel.endpointsSet(for: target.id)
                told.append(TargetLine(target, set, trouble: try await trouble(of: target), now: now))
            }
            targets = told
            try readNeutral()
            let policy = try satchel.policy()
            order = policy.order
            rules = Policy.readyNames.first { Policy.ready(named: $0)?.rules == policy.rules }
            rollIsOn = edges.roll.isOn
            access = edges.roll.access
            albums = access == .all || access == .chosen ? try await edges.roll.albums() : []
        } catch {
            told("The settings could not be read", error)
        }
    }

    /// Why a target rests, as one of the newest that wait for it says.
    private func trouble(of target: Target) async throws -> String? {
        guard target.restsUntil != nil else { return nil }
        for asset in try await satchel.assets(limit: 50) {
            for delivery in asset.deliveries where delivery.target == target.id {
                if case .waiting(.targetRests, let words, _, _) = delivery.state { return Words.sentence(words) }
            }
        }
        return nil
    }

    /// Whether a change is about it.
    func concerns(_ change: Change) -> Bool {
        switch change {
        case .trouble, .endpoints, .delivered, .idle, .other: true
        case .assets, .read, .progress, .parked: false
        }
    }

    // MARK: Where photos go

    /// Takes a code that was scanned or came by a link; whether it is one.
    public func take(code found: String) -> Bool {
        let text = found.trimmingCharacters(in: .whitespacesAndNewlines)
        guard text.lowercased().hasPrefix("satchel://") else {
            pairingNotice = Notice(
                "This is no pairing code", "Scan the code that the receiver shows. It begins with satchel://")
            return false
        }
        pairingNotice = nil
        code = text
        return true
    }

    /// Takes a code that a link brought. Any page can have such a link, so it is only shown: a person says whether to pair.
    func linked(_ found: String) {
        question = take(code: found) ? "Is this your receiver’s code? Then tap Pair." : nil
    }

    /// Pairs this phone with the receiver that showed the code; whether that worked.
    @discardableResult
    public func pair() async -> Bool {
        guard canPair else { return false }
        pairing = true
        pairingNotice = nil
        defer { pairing = false }
        let name = contributor.trimmingCharacters(in: .whitespacesAndNewlines)
        let text = code.trimmingCharacters(in: .whitespacesAndNewlines)
        do {
            try await satchel.pair(code: text, device: device, contributor: name.isEmpty ? nil : name)
            code = ""
            question = nil
        } catch {
            pairingNotice = Notice("This phone is not paired", error)
            return false
        }
        await refresh()
        return true
    }

    /// Says what is hidden from a target.
    public func redact(_ redact: Redaction, for target: TargetID) async {
        await done("It was not changed") { try await satchel.setRedaction(redact, for: target) }
    }

    /// Asks a target for all that was delivered to it; ``checked`` says what it has.
    public func check(_ target: TargetID) async {
        checked[target] = "Asking…"
        do {
            checked[target] = Self.words(of: try await satchel.check(target))
        } catch {
            checked[target] = nil
            told("It could not be asked", error)
        }
    }

    private static func words(of report: CheckReport) -> String {
        var said = ["\(Words.count(report.confirmed, "file")) there"]
        if report.missing > 0 { said.append("\(report.missing) missing, to be sent again") }
        if report.unknown > 0 { said.append("\(report.unknown) it cannot tell") }
        return said.joined(separator: ", ")
    }

    // MARK: Rules

    /// Keeps ready-made rules; the order stays.
    public func keep(rules name: String) async {
        await done("The rules were not kept") {
            guard var policy = Policy.ready(named: name) else { return }
            let now = try satchel.policy()
            (policy.order, policy.uploadsAtOnce) = (now.order, now.uploadsAtOnce)
            try await satchel.keepPolicy(policy)
        }
    }

    /// Keeps what goes first.
    public func keep(order: Policy.Order) async {
        await done("The order was not kept") {
            var policy = try satchel.policy()
            policy.order = order
            try await satchel.keepPolicy(policy)
        }
    }

    // MARK: The camera roll

    /// Has new photos added by themselves, or not any more.
    public func turnRoll(on: Bool) async {
        await done("The camera roll was not turned \(on ? "on" : "off")") { try await edges.roll.turn(on: on) }
    }

    /// Watches an album, or not any more.
    public func watch(_ album: Album.ID, _ watched: Bool) async {
        await done("The album was not changed") { try await edges.roll.watch(album, watched) }
    }

    /// What the app may see of the library, and what to do about it.
    public var accessWords: String? {
        switch access {
        case .open, .all: nil
        case .chosen: "Satchel sees only the photos that you chose. You can choose more in the Settings app."
        case .none: "Satchel may not see your photos. Allow it in the Settings app, under Privacy, Photos."
        }
    }
}

/// A target and how it is.
public struct TargetLine: Identifiable, Hashable, Sendable {
    /// Which.
    public let id: TargetID
    /// Its host.
    public let name: String
    /// What it is: a receiver, or a server that knows uploads only.
    public let kind: String
    /// Why it rests and until when; `nil` where it does not.
    public let rest: String?
    /// What is hidden from it.
    public let redact: Redaction
    /// Its addresses, the one that it was set up with first.
    public let endpoints: [EndpointLine]
    /// All of these lead to the same uploads.
    public let sharedStore: Bool

    /// - Parameter trouble: Why it rests, in the core's words, which stand with what waits for it.
    init(_ target: Target, _ set: Endpoints, trouble: String?, now: Date) {
        id = target.id
        name = Self.name(of: target)
        endpoints = EndpointLine.all(of: name, set)
        sharedStore = set.sharedStore
        kind = target.receiver ? "Satchel receiver" : "tus server"
        redact = target.redact
        rest = target.restsUntil.map { until in
            let again = "Tried again \(Words.clock(until, now: now)), or with the next try by hand."
            return trouble.map { "\($0). \(again)" } ?? again
        }
    }

    static func name(of target: Target) -> String { Words.host(target.address) }
}
