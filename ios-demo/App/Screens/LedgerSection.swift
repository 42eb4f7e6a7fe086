// The ledger as a chart by day and class of links, and in words for who does not see it.

import Charts
import SatchelDemoModel
import SwiftUI

struct LedgerSection: View {
    let ledger: LedgerChart

    var body: some View {
        Section {
            if ledger.bars.isEmpty {
                Text(ledger.words).foregroundStyle(.secondary)
            } else {
                chart
                DisclosureGroup("Day by day") {
                    ForEach(ledger.lines, id: \.self) { Text($0) }
                }
            }
        } header: {
            Text("Sent so far")
        } footer: {
            if !ledger.bars.isEmpty { Text(ledger.words) }
        }
    }

    private var chart: some View {
        Chart(ledger.bars) { bar in
            BarMark(x: .value("Day", bar.day, unit: .day, calendar: Self.calendar), y: .value("Bytes", bar.bytes))
                .foregroundStyle(by: .value("Link", bar.title))
        }
        .chartForegroundStyleScale(domain: Self.titles, range: [.green, .orange, .red, .gray])
        .chartYAxis {
            AxisMarks { value in
                AxisGridLine()
                AxisValueLabel { Text(Words.bytes(value.as(Int.self) ?? 0)) }
            }
        }
        .frame(minHeight: 200)
        // Bars by the dozen are no way to listen to it: the sum first, the days below.
        .accessibilityElement(children: .ignore)
        .accessibilityLabel("Sent so far, by day")
        .accessibilityValue(ledger.words)
    }

    private static let titles = LinkClass.allCases.map(Words.links)

    /// The ledger's days are local ones already.
    private static let calendar: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()
}
