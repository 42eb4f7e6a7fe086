// Pages and places of the camera roll.

import Foundation
import Testing

@testable import SatchelDemoModel

struct RollPlaceTests {
    /// As the sync asks: the next page begins behind what the earlier ones gave.
    private func pages(of all: [String], in watched: Set<String>?) -> [[String]] {
        var (pages, place) = ([[String]](), 0)
        while true {
            let page = RollPage.ids(of: all, in: watched, from: place, limit: 3)
            if page.isEmpty { return pages }
            pages.append(page)
            place += page.count
        }
    }

    @Test func pagesOfWatchedAlbumsDoNotOverlap() {
        let all = (0..<10).map { "photo-\($0)" }
        let watched = all.filter { !["photo-0", "photo-1", "photo-2", "photo-5"].contains($0) }
        #expect(pages(of: all, in: Set(watched)) == [Array(watched[..<3]), Array(watched[3...])])
        #expect(pages(of: all, in: nil).flatMap(\.self) == all)
        #expect(pages(of: all, in: []).isEmpty)
    }

    @Test func aPlaceKnowsWhichAlbumsWereWatched() throws {
        let place = RollPlace(library: Data([1, 2, 3]), albums: ["summer", "autumn"])
        #expect(RollPlace(kept: try place.kept()) == place)
        // What an earlier version kept is the library's alone.
        #expect(RollPlace(kept: Data("a token".utf8)) == nil)
    }
}
