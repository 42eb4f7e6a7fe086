// What was tried for an asset, line by line: its latest requests and what came of each, in the core's words.

import Foundation
import Satchel

/// An attempt, as the screen shows it.
public struct AttemptLine: Identifiable, Hashable, Sendable {
    /// What stands over the attempts.
    public static let tried = "What was tried"
    /// What stands there before the first one.
    public static let nothingTried = "Nothing was tried yet."
    /// Shows the older ones, too.
    public static let allTried = "Show all that was tried"
    /// Shows the latest ones only.
    public static let latestTried = "Show the latest only"
    /// So many of the latest attempts are shown at first.
    public static let latest = 5

    /// Its place among those of the asset, the oldest first: it stays when newer ones come, while less than a hundred are told.
    public let id: Int
    /// When it ended, on the phone's clock: `14:05`, with its day where that is not today.
    public let time: String
    /// What of the asset, and where to.
    public let what: String
    /// What came of it, in the core's words.
    public let words: String
    /// What the server answered, and how much left.
    public let details: String

    /// - Parameter name: Where it went; `nil` where that is gone.
    init(_ attempt: Attempt, number: Int, at name: String?, now: Date, calendar: Calendar = .current) {
        id = number
        time = Words.clock(attempt.ended, now: now, calendar: calendar)
        what = "\(Words.rendition(attempt.rendition)) to \(name ?? "server \(attempt.target.rawValue)")"
        words = Words.sentence(attempt.words)
        let answer = attempt.status.map { "status \($0)" } ?? "no answer"
        details = "\(attempt.method): \(answer), \(Words.bytes(attempt.sent)) sent"
    }

    /// The time, and what it was about.
    public var heading: String { "\(time) · \(what)" }

    /// All that the line shows, as VoiceOver says it.
    public var spoken: String { [time, what, words, details].joined(separator: ", ") }
}
