// The ways to a server, line by line: how each fares, since when, when it is tried again, and which one carries the
// photos.

import Foundation
import Satchel

/// A way to a server, as the screen shows it.
public struct WayLine: Identifiable, Hashable, Sendable {
    /// Address and way: there is one of each.
    public let id: String
    /// Its host, as a person knows it.
    public let host: String
    /// Whether its name or its configured addresses are asked.
    public let by: String
    /// The sign beside the words.
    public let look: WayLook
    /// How it fares, in the core's words.
    public let words: String
    /// Since when, and when it is tried again; `nil` where there is nothing to say.
    public let times: String?
    /// The photos go by it now.
    public let carries: Bool

    init(_ state: EndpointState, now: Date, calendar: Calendar = .current) {
        by = state.byAddress ? "by its IP addresses" : "by its name"
        id = "\(state.url) \(by)"
        host = Words.host(state.url)
        look = WayLook(state)
        words = Words.sentence(state.words)
        let since = state.since.map { "since \(Words.clock($0, now: now, calendar: calendar))" }
        let next = state.next.map { "tried again \(Words.clock($0, now: now, calendar: calendar))" }
        let said = [since, next].compactMap { $0 }.joined(separator: ", ")
        times = said.isEmpty ? nil : Words.sentence(said)
        carries = state.carries
    }

    /// What stands there where it carries the photos.
    public static let carriesWords = "The photos go this way"

    /// All that the line shows, as VoiceOver says it.
    public var spoken: String {
        [host, by, words, times, carries ? Self.carriesWords : nil].compactMap { $0 }.joined(separator: ", ")
    }
}

/// How a way looks: a symbol beside the words, which does not rely on colour.
public enum WayLook: Hashable, Sendable, CaseIterable {
    /// It answers.
    case answers
    /// It goes on by itself.
    case waits
    /// Only a person can mend it.
    case needsYou

    init(_ state: EndpointState) {
        self =
            switch (state.health, state.trouble) {
            case (.captive, _), (_, .signIn?), (_, .wrongClock?): .needsYou
            case (.open, _): .answers
            default: .waits
            }
    }

    /// An SF Symbol.
    public var symbol: String {
        switch self {
        case .answers: "checkmark.circle"
        case .waits: "clock"
        case .needsYou: "exclamationmark.triangle"
        }
    }
}

/// The ways to one target.
public struct TargetWays: Identifiable, Hashable, Sendable {
    /// Which.
    public let id: TargetID
    /// Its host.
    public let name: String
    /// In the order in which they are tried.
    public let ways: [WayLine]
    /// What the network wants before anything goes there, in the core's words; `nil` where it wants nothing.
    public let signIn: String?

    /// Opens the network’s sign-in page.
    public static let openSignIn = "Open the sign-in page"
    /// What stands over the ways.
    public static let title = "Ways to the server"

    init(_ target: Target, _ states: [EndpointState], now: Date) {
        id = target.id
        name = TargetLine.name(of: target)
        ways = states.map { WayLine($0, now: now) }
        signIn = states.first { $0.trouble == .signIn }.map { "\(Words.sentence($0.words))." }
    }
}

extension Words {
    /// The host and port of an address; all of it where it has none.
    static func host(_ address: String) -> String {
        guard let url = URL(string: address), let host = url.host else { return address }
        return url.port.map { "\(host):\($0)" } ?? host
    }
}
