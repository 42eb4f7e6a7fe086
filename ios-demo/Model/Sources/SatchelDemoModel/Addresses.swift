// The other addresses of a server while a person changes them, and the neutral address beside which a block is told
// from a network that leads nowhere. What is typed is judged by the core.

import Foundation
import Satchel

/// An address of a target, as the screen lists it.
public struct EndpointLine: Identifiable, Hashable, Sendable {
    /// Which.
    public let id: EndpointDraft.Place
    /// Its host, as a person knows it.
    public let host: String
    /// How its certificate is known, and its IP addresses.
    public let more: String

    /// Whether it can be taken away: the one that the target was set up with stays.
    public var canBeRemoved: Bool { id != .first }

    /// The endpoints of a target, the one that it was set up with first.
    static func all(of name: String, _ set: Endpoints) -> [EndpointLine] {
        let first = EndpointLine(.first, name, "The one that it was set up with", set.addresses)
        return [first]
            + set.further.enumerated().map { place, one in
                let known = one.pin == nil ? "Known by the trusted authorities" : "Known by its key"
                return EndpointLine(.further(place), Words.host(one.url), known, one.addresses)
            }
    }

    private init(_ place: EndpointDraft.Place, _ host: String, _ known: String, _ ips: [String]) {
        id = place
        self.host = host
        more = ips.isEmpty ? known : "\(known). Also at \(ips.joined(separator: ", "))"
    }
}

/// An endpoint while it is typed.
public struct EndpointDraft: Identifiable, Hashable, Sendable {
    /// Which one of a target's.
    public enum Place: Hashable, Sendable {
        /// The one that it was set up with, of which only the IP addresses change.
        case first
        /// One of the others, by its place among them.
        case further(Int)
        /// One more.
        case new
    }

    /// What can be typed.
    public enum Field: Hashable, Sendable, CaseIterable {
        /// Where it is.
        case address
        /// Its certificate's key.
        case key
        /// Its IP addresses.
        case ips
    }

    /// What is wrong with what was typed in a field, and what to do.
    public struct Problem: Hashable, Sendable {
        /// Which field.
        public let field: Field
        /// In the core's words.
        public let words: String

        init(_ field: Field, _ words: String) {
            self.field = field
            self.words = words
        }

        /// The core names no field, and says of each in its own way what is wrong with it.
        init(_ error: any Error, in draft: EndpointDraft) {
            words = Words.refusal(error, of: [draft.trimmedAddress] + draft.typedIPs)
            field = words.contains("IP address") ? .ips : words.contains("key pin") ? .key : .address
        }
    }

    /// One editor at a time.
    public let id = UUID()
    /// Whose.
    public let target: TargetID
    /// Which one of its endpoints.
    public let place: Place
    /// `http://…` or `https://…`.
    public var address = ""
    /// The certificate's key, as a pairing code holds it; empty where the trusted roots vouch for it.
    public var key = ""
    /// IP addresses, with blanks, commas or lines between them.
    public var ips = ""

    /// Adds one.
    public static let add = "Add an address"
    /// What stands over them.
    public static let title = "Other addresses"
    /// All of them lead to the same uploads.
    public static let sharedStore = "One storage behind all of them"
    /// What that means.
    public static let sharedStoreMeaning = "An upload begun at one goes on at another"

    init(_ target: TargetID, _ place: Place, of set: Endpoints) {
        self.target = target
        self.place = place
        switch place {
        case .first: ips = set.addresses.joined(separator: "\n")
        case .further(let place) where set.further.indices.contains(place):
            let one = set.further[place]
            (address, key, ips) = (one.url, one.pin ?? "", one.addresses.joined(separator: "\n"))
        case .further, .new: break
        }
    }

    /// What is wrong where nothing was typed that could be judged.
    var missing: Problem? {
        guard place != .first, trimmedAddress.isEmpty else { return nil }
        return Problem(.address, "Say where else the server is. The address begins with https://")
    }

    private var trimmedAddress: String { address.trimmingCharacters(in: .whitespacesAndNewlines) }

    private var typedIPs: [String] { ips.split { $0.isWhitespace || $0 == "," || $0 == ";" }.map(String.init) }

    /// What is set up, with this in its place.
    func put(into set: Endpoints) -> Endpoints {
        var set = set
        let (address, ips) = (trimmedAddress, typedIPs)
        let key = key.trimmingCharacters(in: .whitespacesAndNewlines)
        let typed = Endpoint(address, pin: key.isEmpty ? nil : key, addresses: ips)
        switch place {
        case .first: set.addresses = ips
        case .further(let place) where set.further.indices.contains(place): set.further[place] = typed
        case .further, .new: set.further.append(typed)
        }
        return set
    }
}

extension SettingsModel {
    // MARK: Other addresses

    /// What stands over the neutral address.
    public static let neutralTitle = "Neutral address"
    /// What it is for.
    public static let neutralMeaning =
        "A site that nobody has a reason to block. It is asked when a server does not answer: it tells a block from a network that leads nowhere."

    /// Begins an endpoint, or the change of one.
    public func edit(_ place: EndpointDraft.Place, of target: TargetID) async -> EndpointDraft? {
        do {
            return EndpointDraft(target, place, of: try await satchel.endpointsSet(for: target))
        } catch {
            told("The address could not be read", error)
            return nil
        }
    }

    /// Keeps an endpoint as it was typed; what is wrong with it, where that could not be done.
    public func keep(_ draft: EndpointDraft) async -> EndpointDraft.Problem? {
        if let problem = draft.missing { return problem }
        do {
            let set = try await satchel.endpointsSet(for: draft.target)
            try await satchel.setEndpoints(draft.put(into: set), for: draft.target)
        } catch {
            return EndpointDraft.Problem(error, in: draft)
        }
        await refresh()
        return nil
    }

    /// Takes an endpoint away; the one that the target was set up with stays.
    public func remove(_ place: EndpointDraft.Place, of target: TargetID) async {
        guard case .further(let place) = place else { return }
        await done("The address was not removed") {
            var set = try await satchel.endpointsSet(for: target)
            guard set.further.indices.contains(place) else { return }
            set.further.remove(at: place)
            try await satchel.setEndpoints(set, for: target)
        }
    }

    /// Says whether all of a target's endpoints lead to the same uploads.
    public func share(_ shared: Bool, storeOf target: TargetID) async {
        await done("It was not changed") {
            var set = try await satchel.endpointsSet(for: target)
            set.sharedStore = shared
            try await satchel.setEndpoints(set, for: target)
        }
    }

    // MARK: The neutral address

    /// What is typed is another than the one that is kept.
    public var neutralIsNew: Bool { typedNeutral != neutralKept }

    /// What is wrong with what was typed, in the core's words; `nil` where nothing is known to be.
    public var neutralProblem: String? { neutralRefused?.typed == typedNeutral ? neutralRefused?.words : nil }

    private var typedNeutral: String { neutral.trimmingCharacters(in: .whitespacesAndNewlines) }

    /// Keeps the neutral address as it was typed; an empty one is none.
    public func keepNeutral() async {
        let typed = typedNeutral
        do {
            try await satchel.setNeutral(typed.isEmpty ? nil : typed)
            neutralRefused = nil
            neutralKept = try satchel.neutral() ?? ""
            neutral = neutralKept
        } catch {
            neutralRefused = (typed, Words.refusal(error, of: [typed]))
        }
    }

    /// The one that is kept, read anew; what a person is typing stays.
    func readNeutral() throws {
        let kept = try satchel.neutral() ?? ""
        if neutral == neutralKept { neutral = kept }
        neutralKept = kept
    }
}

extension Words {
    /// Why something that was typed was not taken. What it quotes at its beginning stays as it was typed.
    static func refusal(_ error: any Error, of typed: [String]) -> String {
        let words = Notice("", error).words
        let quotes = typed.contains { !$0.isEmpty && words.hasPrefix($0) } || words.hasPrefix("http")
        return quotes ? words : sentence(words)
    }
}
