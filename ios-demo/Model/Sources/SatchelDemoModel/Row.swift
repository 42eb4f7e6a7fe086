// What the outbox shows of one asset.

import Foundation
import Satchel

/// How a state looks: a word, and a symbol that does not rely on colour.
public enum Look: Hashable, Sendable, CaseIterable {
    /// Safe, and not yet read.
    case accepted
    /// Being read.
    case reading
    /// Waiting, for a reason that it has.
    case waiting
    /// On its way.
    case sending
    /// There.
    case delivered
    /// Needs a person.
    case parked
    /// Taken out.
    case removed
    /// A state of a later version.
    case other

    /// That of a state.
    public init(_ state: AssetState) {
        self =
            switch state {
            case .accepted: .accepted
            case .hashing: .reading
            case .waiting: .waiting
            case .sending: .sending
            case .delivered: .delivered
            case .parked: .parked
            case .removed: .removed
            case .other: .other
            }
    }

    /// For a person.
    public var title: String {
        switch self {
        case .accepted: "Safe in the outbox"
        case .reading: "Being read"
        case .waiting: "Waiting"
        case .sending: "Sending"
        case .delivered: "Delivered"
        case .parked: "Needs you"
        case .removed: "Removed"
        case .other: "Unknown"
        }
    }

    /// An SF Symbol's name.
    public var symbol: String {
        switch self {
        case .accepted: "tray.and.arrow.down"
        case .reading: "eye"
        case .waiting: "clock"
        case .sending: "arrow.up.circle"
        case .delivered: "checkmark.circle.fill"
        case .parked: "exclamationmark.triangle.fill"
        case .removed: "trash"
        case .other: "questionmark.circle"
        }
    }
}

/// A line of the outbox.
public struct Row: Identifiable, Hashable, Sendable {
    /// Which asset.
    public let id: AssetID
    /// Newer ones have more.
    public let sequence: Int64
    /// What kind of thing.
    public let kind: Asset.Kind
    /// The caption, else the file's name.
    public let title: String
    /// Where a picture of it is to be had.
    public let source: Source
    /// The day on which it was taken, as the photographer saw it; else the one on which it was added here (`2026-05-03`).
    public let day: String
    /// Length of the original.
    public let bytes: Int
    /// Goes before others.
    public let urgent: Bool
    /// How its state looks.
    public let look: Look
    /// Why it is not there yet, in the core's words; for what is there, its proof.
    public let words: String?
    /// When it will go, in the core's words.
    public let whenWords: String?
    /// How much of the original is there, 0 to 1; while it is on its way.
    public let part: Double?
    /// Its receiver has it whole, with a proof that stands for the original.
    public let safeToFree: Bool

    /// That of an asset.
    public init(_ asset: Asset, calendar: Calendar = .current) {
        id = asset.id
        sequence = asset.sequence
        kind = asset.kind
        let caption = asset.post.caption ?? ""
        title = caption.isEmpty ? asset.name : caption
        source = asset.source
        day = Day.key(ofTime: asset.post.time) ?? Day.key(of: asset.added, calendar)
        bytes = asset.bytes
        urgent = asset.urgent
        look = Look(asset.state)
        let spoken = Spoken(asset.state)
        words = spoken.words
        whenWords = spoken.whenWords
        safeToFree = spoken.safeToFree
        // A waiting upload that has begun shows how far it came.
        let begun = asset.acknowledged > 0 && look != .delivered
        part = look == .sending || begun ? Self.part(of: max(asset.acknowledged, asset.sent), asset.bytes) : nil
    }

    /// What the line shows, as VoiceOver says it; its progress is a value of its own.
    public var spoken: String {
        var said = [title, Words.asset(kind)]
        if urgent { said.append("first") }
        said.append(look.title)
        said += [words, whenWords].compactMap { $0 }
        return said.joined(separator: ", ")
    }

    /// How much `of` is of `bytes`, 0 to 1.
    static func part(of sent: Int, _ bytes: Int) -> Double {
        bytes > 0 ? min(1, Double(sent) / Double(bytes)) : 0
    }
}

/// Days as keys that sort and compare as text.
enum Day {
    /// That of a post's time (RFC 3339), whatever the phone's zone is now.
    static func key(ofTime time: String?) -> String? {
        guard let day = time?.prefix(10), day.count == 10, date(of: String(day), .current) != nil else { return nil }
        return String(day)
    }

    /// The local day of an instant.
    static func key(of date: Date, _ calendar: Calendar) -> String {
        let day = calendar.dateComponents([.year, .month, .day], from: date)
        func digits(_ number: Int?, _ count: Int) -> String {
            let text = String(number ?? 0)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return "\(digits(day.year, 4))-\(digits(day.month, 2))-\(digits(day.day, 2))"
    }

    /// Noon of a day, where the calendar is.
    static func date(of key: String, _ calendar: Calendar) -> Date? {
        let parts = key.split(separator: "-").map { Int($0) }
        guard parts.count == 3, let year = parts[0], let month = parts[1], let day = parts[2] else { return nil }
        let noon = DateComponents(calendar: calendar, year: year, month: month, day: day, hour: 12)
        return noon.isValidDate(in: calendar) ? calendar.date(from: noon) : nil
    }
}

/// What a state says to a person.
struct Spoken {
    var words: String?
    var whenWords: String?
    var safeToFree = false

    init(_ state: AssetState) {
        switch state {
        case .waiting(let reason, let words, _, let whenWords):
            self.words = Words.sentence(words)
            self.whenWords = reason == .paused || whenWords.isEmpty ? nil : Words.sentence(whenWords)
        case .parked(_, let words):
            self.words = Words.sentence(words)
        case .delivered(let proof):
            words = Words.sentence(Words.proof(proof))
            safeToFree = proof.isSafeToFree
        case .accepted, .hashing, .sending, .removed, .other:
            break
        }
    }
}
