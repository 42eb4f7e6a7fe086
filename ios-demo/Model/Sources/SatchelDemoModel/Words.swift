// How amounts, times and states are said, in the same words as on Android. Why something waits or needs a person is said by
// the core; what is said here are numbers, days, and the names of states that have no reason.

import Foundation
import Satchel

/// How amounts, times and states are said.
public enum Words {
    /// An amount of bytes, as the core says it: `20 KB`, `1.5 MB`.
    public static func bytes(_ bytes: Int) -> String {
        switch bytes {
        case ..<0: "−" + Words.bytes(bytes == .min ? .max : -bytes)
        case 1: "1 byte"
        case ..<1_000: "\(bytes) bytes"
        case ..<10_000: "\(tenths(bytes, of: 1_000)) KB"
        case ..<1_000_000: "\(bytes / 1_000) KB"
        case ..<100_000_000: "\(tenths(bytes, of: 1_000_000)) MB"
        case ..<1_000_000_000: "\(bytes / 1_000_000) MB"
        default: "\(tenths(bytes, of: 1_000_000_000)) GB"
        }
    }

    /// About how long, in the unit that matters.
    public static func about(_ time: Duration) -> String {
        let seconds = Int(time.components.seconds)
        switch seconds {
        case ..<1: return "less than a second"
        case ..<90: return "about \(count(seconds, "second"))"
        case ..<5_400: return "about \(count(seconds / 60, "minute"))"
        case ..<172_800: return "about \(count(seconds / 3_600, "hour"))"
        default: return "about \(count(seconds / 86_400, "day"))"
        }
    }

    /// So many of something: `1 photo`, `1,200 photos`.
    public static func count(_ number: Int, _ one: String, _ many: String? = nil) -> String {
        number == 1 ? "1 \(one)" : "\(grouped(number)) \(many ?? one + "s")"
    }

    /// A day as a heading: `Today`, `Yesterday`, `Sunday 3 May`, `3 May 2024`.
    public static func day(_ date: Date, now: Date, calendar: Calendar = .current) -> String {
        if calendar.isDate(date, inSameDayAs: now) { return "Today" }
        if let before = calendar.date(byAdding: .day, value: -1, to: now), calendar.isDate(date, inSameDayAs: before) {
            return "Yesterday"
        }
        let sameYear = calendar.component(.year, from: date) == calendar.component(.year, from: now)
        return written(date, sameYear ? "EEEE d MMMM" : "d MMMM yyyy", calendar)
    }

    /// The local time: `14:05`, with its day where that is not today.
    public static func clock(_ date: Date, now: Date, calendar: Calendar = .current) -> String {
        let time = written(date, "HH:mm", calendar)
        return calendar.isDate(date, inSameDayAs: now) ? time : "\(written(date, "d MMM", calendar)), \(time)"
    }

    /// The first letter large, as a sentence begins.
    public static func sentence(_ words: String) -> String {
        words.prefix(1).uppercased() + words.dropFirst()
    }

    /// Makes an asset go before others.
    public static let putFirst = "Urgent"
    /// What that means.
    public static let putFirstMeaning = "Goes before all that is not urgent."

    /// What carries the bytes.
    public static func kind(_ kind: Link.Kind) -> String {
        switch kind {
        case .noNetwork: "No network"
        case .wifi: "Wi-Fi"
        case .cellular: "Mobile data"
        case .ethernet: "Cable"
        case .hotspot: "Hotspot"
        case .other: "Another network"
        case .unknown: "Unknown network"
        }
    }

    /// A class of links.
    public static func links(_ links: Link.Class) -> String {
        switch links {
        case .unmetered: "Free"
        case .metered: "Metered"
        case .roaming: "Roaming"
        case .unknown: "Price unknown"
        }
    }

    /// What a class means for what goes.
    public static func meaning(_ links: Link.Class) -> String {
        switch links {
        case .unmetered: "Known to cost nothing. The ready-made rules let everything go here."
        case .metered: "Bytes cost here. Only what your rules allow over it goes."
        case .roaming: "A foreign operator’s network. Only what your rules allow abroad goes."
        case .unknown: "Nobody knows whether bytes cost here, so it counts as metered."
        }
    }

    /// What somebody knows or not.
    public static func known(_ value: Bool?) -> String {
        switch value {
        case true?: "Yes"
        case false?: "No"
        case nil: "Unknown"
        }
    }

    /// What travels.
    public static func rendition(_ rendition: Rendition) -> String {
        switch rendition {
        case .text: "Post"
        case .preview: "Preview"
        case .press: "Press copy"
        case .original: "Original"
        }
    }

    /// How well it is known to be there.
    public static func proof(_ proof: Proof) -> String {
        switch proof {
        case .unproven: "unproven: said over a connection without identity"
        case .size: "the server reported its whole length"
        case .checksum: "the server reported its checksum"
        case .receipt: "the server signed a receipt"
        }
    }

    /// What kind of thing it is.
    public static func asset(_ kind: Asset.Kind) -> String {
        switch kind {
        case .photo: "Photo"
        case .video: "Video"
        case .pair: "Live photo"
        case .other: "File"
        }
    }

    /// What is hidden from a target.
    public static func redaction(_ redaction: Redaction) -> String {
        switch redaction {
        case .nothing: "Nothing"
        case .location: "Where photos were taken"
        case .all: "Where and when photos were taken"
        }
    }

    private static func written(_ date: Date, _ pattern: String, _ calendar: Calendar) -> String {
        let format = DateFormatter()
        // The rest of the screen is English, too.
        format.locale = Locale(identifier: "en_GB")
        format.calendar = calendar
        format.timeZone = calendar.timeZone
        format.dateFormat = pattern
        return format.string(from: date)
    }

    private static func tenths(_ bytes: Int, of unit: Int) -> String {
        let tenths = (bytes / (unit / 10) + (bytes % (unit / 10) * 2 >= unit / 10 ? 1 : 0))
        return "\(tenths / 10).\(tenths % 10)"
    }

    private static func grouped(_ number: Int) -> String {
        var digits = String(number.magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (number < 0 ? "−" : "") + ([digits] + groups).joined(separator: ",")
    }
}
