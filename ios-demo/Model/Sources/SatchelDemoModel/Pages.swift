// The list in pages: as much of it as was looked at, whatever came, went or changed meanwhile.

import Foundation
import Satchel

/// A part of the list from its top, newest first.
struct Pages: Sendable {
    /// How many a page has.
    static let size = 100

    /// The rows, by falling sequence.
    private(set) var rows: [Row] = []
    /// Nothing is below the last one.
    private(set) var whole = false

    /// What to ask for to see more; `nil` when all is there.
    var next: (before: Int64?, limit: Int)? {
        whole ? nil : (rows.last?.sequence, Self.size)
    }

    /// What to ask for to see these anew, with room for what is new above the first.
    func again(_ shown: Range<Int>) -> (before: Int64?, limit: Int) {
        let from = max(0, shown.lowerBound)
        let before = from == 0 ? nil : rows[from - 1].sequence
        return (before, min(1_000, max(Self.size, shown.upperBound - from + Self.size / 2)))
    }

    /// Takes what such a question gave: it holds for everything below `before`, as far as the page reaches.
    mutating func take(_ page: [Row], before: Int64?, limit: Int) {
        let end = page.count < limit
        let from = before.map { place(below: $0) } ?? 0
        let to = end ? rows.count : max(from, page.last.map { place(below: $0.sequence) } ?? from)
        rows.replaceSubrange(from..<to, with: page)
        if end { whole = true }
    }

    /// Takes one asset anew; `false` where the list does not have it.
    @discardableResult
    mutating func take(_ row: Row) -> Bool {
        let at = place(below: row.sequence) - 1
        guard rows.indices.contains(at), rows[at].id == row.id else { return false }
        rows[at] = row
        return true
    }

    /// Where a row of this sequence is.
    func index(of sequence: Int64) -> Int? {
        let at = place(below: sequence) - 1
        return rows.indices.contains(at) && rows[at].sequence == sequence ? at : nil
    }

    /// The first row with a smaller sequence.
    private func place(below sequence: Int64) -> Int {
        var (low, high) = (0, rows.count)
        while low < high {
            let middle = (low + high) / 2
            if rows[middle].sequence >= sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// The photos of one day in a list.
public struct DayGroup: Identifiable, Hashable, Sendable {
    /// Its first asset: a day may come twice where a clock was set back.
    public let id: AssetID
    /// `Today`, `Yesterday`, or the date.
    public let title: String
    /// Which rows.
    public let rows: Range<Int>

    /// The days of these rows, in their order.
    static func of(_ rows: [Row], now: Date, calendar: Calendar = .current) -> [DayGroup] {
        var groups: [DayGroup] = []
        var from = 0
        for end in rows.indices.map({ $0 + 1 }) where end == rows.count || rows[end].day != rows[from].day {
            let title = Day.date(of: rows[from].day, calendar).map { Words.day($0, now: now, calendar: calendar) }
            groups.append(DayGroup(id: rows[from].id, title: title ?? rows[from].day, rows: from..<end))
            from = end
        }
        return groups
    }
}
