// Amounts, times and days in words: the same as on Android.

import Foundation
import Satchel
import Testing

@testable import SatchelDemoModel

struct WordsTests {
    @Test(arguments: [
        (0, "0 bytes"), (1, "1 byte"), (999, "999 bytes"), (1_500, "1.5 KB"), (20_480, "20 KB"), (999_999, "999 KB"),
        (1_000_000, "1.0 MB"), (12_340_000, "12.3 MB"), (250_999_999, "250 MB"), (3_250_000_000, "3.3 GB"),
        (-20_480, "−20 KB"),
    ])
    func amountsAreTheCores(bytes: Int, words: String) {
        #expect(Words.bytes(bytes) == words)
    }

    @Test(arguments: [
        (Duration.milliseconds(400), "less than a second"), (.seconds(1), "about 1 second"),
        (.seconds(89), "about 89 seconds"), (.seconds(180), "about 3 minutes"), (.seconds(7_200), "about 2 hours"),
        (.seconds(200_000), "about 2 days"),
    ])
    func timesAreInTheUnitThatMatters(time: Duration, words: String) {
        #expect(Words.about(time) == words)
    }

    @Test func countsAreGrouped() {
        #expect(Words.count(1, "photo") == "1 photo")
        #expect(Words.count(30_000, "photo") == "30,000 photos")
        #expect(Words.count(1_234_567, "byte") == "1,234,567 bytes")
    }

    @Test func daysAreSaidAsPeopleDo() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(identifier: "Europe/Oslo"))
        let now = try #require(Day.date(of: "2026-05-03", calendar))
        let said = ["2026-05-03", "2026-05-02", "2026-04-30", "2024-12-31"].map { key in
            Day.date(of: key, calendar).map { Words.day($0, now: now, calendar: calendar) } ?? ""
        }
        #expect(said == ["Today", "Yesterday", "Thursday 30 April", "31 December 2024"])
        #expect(Day.date(of: "2026-02-30", calendar) == nil)
        #expect(Day.key(ofTime: "2026-05-03T23:30:00-08:00") == "2026-05-03", "the day that the photographer saw")
        #expect(Day.key(ofTime: "nonsense") == nil && Day.key(ofTime: nil) == nil)
        #expect(Day.key(of: now, calendar) == "2026-05-03")
    }
}
