// What went over which links, by day: for a chart, and for who listens to it.

import Foundation
import Satchel

/// The ledger as a chart.
public struct LedgerChart: Hashable, Sendable {
    /// A bar's part: one day, one class of links.
    public struct Bar: Identifiable, Hashable, Sendable {
        /// Day and class: there is one of each.
        public let id: String
        /// The day, at noon of UTC, so that it is the same date nearly everywhere.
        public let day: Date
        /// The class of links.
        public let links: Link.Class
        /// Bytes of both directions, with TLS and headers.
        public let bytes: Int

        /// `Free`, `Metered`, for the chart's legend.
        public var title: String { Words.links(links) }
    }

    /// The bars' parts, oldest first, of the last ``days`` days in which something went.
    public let bars: [Bar]
    /// Each day in words, newest first: `3 May 2026: free 12.0 MB, roaming 200 KB`.
    public let lines: [String]
    /// The whole in words.
    public let words: String

    /// How many days are shown.
    public static let days = 14

    init(_ rows: [LedgerRow]) {
        var sums: [Int: [Link.Class: Int]] = [:]
        for row in rows {
            sums[row.day, default: [:]][Self.links(named: row.link), default: 0] += row.sent + row.received
        }
        let shown = sums.keys.sorted().suffix(Self.days)
        let classes = Link.Class.allCases
        var bars: [Bar] = []
        var lines: [String] = []
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(secondsFromGMT: 0) ?? .current
        for day in shown {
            let date = Date(timeIntervalSince1970: (Double(day) + 0.5) * 86_400)
            let parts = classes.filter { sums[day]?[$0, default: 0] ?? 0 > 0 }
            bars += parts.map { Bar(id: "\(day) \(Words.links($0))", day: date, links: $0, bytes: sums[day]?[$0] ?? 0) }
            guard !parts.isEmpty else { continue }
            let said = parts.map { "\(Words.links($0).lowercased()) \(Words.bytes(sums[day]?[$0] ?? 0))" }
            // The ledger's days are local ones that were counted already: they must not be moved by a zone again.
            let title = Words.day(date, now: .distantPast, calendar: calendar)
            lines.append("\(title): \(said.joined(separator: ", "))")
        }
        self.bars = bars
        self.lines = lines.reversed()
        let all = classes.compactMap { links -> String? in
            let bytes = bars.filter { $0.links == links }.reduce(0) { $0 + $1.bytes }
            return bytes > 0 ? "\(Words.links(links).lowercased()) \(Words.bytes(bytes))" : nil
        }
        words =
            bars.isEmpty
            ? "Nothing went yet."
            : "\(Words.sentence(all.joined(separator: ", "))), on \(Words.count(lines.count, "day"))."
    }

    /// A class by its name in the ledger.
    static func links(named name: String) -> Link.Class {
        switch name {
        case "unmetered": .unmetered
        case "metered": .metered
        case "roaming": .roaming
        default: .unknown
        }
    }
}
