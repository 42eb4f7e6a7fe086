// The Outbox screen against the real core and receiver.

import Foundation
import Satchel
import Testing

@testable import SatchelDemoModel

@MainActor
@Suite(.timeLimit(.minutes(5)))
struct OutboxTests {
    @Test func aPickedPhotoGoesToTheReceiverWhileTheAppIsOpen() async throws {
        let trip = try await Trip()
        let receiver = try await trip.pair()
        await trip.begin()
        let photo = try await trip.add("IMG_0002.PNG")
        try await until("it is delivered") { trip.demo.outbox.rows.first?.look == .delivered }
        let row = try #require(trip.demo.outbox.rows.first)
        #expect(row.id == photo && row.safeToFree)
        #expect(row.words == "The server signed a receipt")
        try await until("the sum says so") { trip.demo.outbox.summary == "All delivered" }
        try await until("the receiver laid it out") { receiver.files()["IMG_0002.PNG"] != nil }
        try await trip.end()
    }

    @Test func anEmptyOutboxIsKnownToBeEmpty() async throws {
        let trip = try await Trip()
        #expect(!trip.demo.outbox.isEmpty, "nothing was read yet")
        await trip.demo.refresh()
        #expect(trip.demo.outbox.isEmpty && trip.demo.outbox.summary.isEmpty && trip.demo.outbox.progress == nil)
    }

    @Test func whyItWaitsIsSaidInTheCoresWords() async throws {
        let trip = try await Trip(sees: Link(.cellular, metered: true, roaming: false))
        try await trip.pair()
        await trip.begin()
        let photo = try await trip.add()
        try await until("it waits for another link") {
            guard case .waiting(.linkCosts, _, _, _) = try await trip.satchel.asset(photo).state else { return false }
            return trip.demo.outbox.rows.first?.look == .waiting
        }
        guard case .waiting(_, let words, _, let whenWords) = try await trip.satchel.asset(photo).state else { return }
        try await until("the row says so") { trip.demo.outbox.rows.first?.words == Words.sentence(words) }
        let row = try #require(trip.demo.outbox.rows.first)
        #expect(row.whenWords == Words.sentence(whenWords))
        #expect(row.spoken.contains(Words.sentence(words)))
        // Carried into a free network it goes by itself.
        try trip.phone.see(Trip.wifi)
        try await until("it is delivered") { trip.demo.outbox.rows.first?.look == .delivered }
        try await trip.end()
    }

    @Test func theChosenOnesHaveAPriceAndGoNow() async throws {
        let trip = try await Trip(
            sees: Link(.wifi, metered: true, roaming: false, network: "hotel", bytesPerSecond: 50_000))
        try await trip.pair()
        await trip.begin()
        let one = try await trip.add("one.png")
        let other = try await trip.add("other.png")
        try await until("both wait") { trip.demo.outbox.rows.allSatisfy { $0.look == .waiting } }
        let outbox = trip.demo.outbox
        outbox.choose(true)
        outbox.toggle(one)
        outbox.toggle(other)
        outbox.toggle(other)
        #expect(outbox.chosen == [one])
        await outbox.priceChosen()
        let offer = try #require(outbox.offer)
        #expect(offer.assets == [one] && offer.canBeSent && offer.title == "Send 1 photo now?")
        #expect(offer.price.bytes > 500_000 && offer.bytes == Words.bytes(offer.price.bytes))
        #expect(offer.takes.hasPrefix("About ") && offer.over == "Wi-Fi, metered")
        await outbox.sendNow()
        #expect(outbox.offer == nil && outbox.chosen == nil && outbox.notice == nil)
        try await until("the chosen one is delivered") { outbox.rows.first { $0.id == one }?.look == .delivered }
        #expect(outbox.rows.first { $0.id == other }?.look == .waiting)
        try await trip.end()
    }

    @Test func withoutANetworkThereIsNothingToSayYesTo() async throws {
        let trip = try await Trip(sees: Link(.noNetwork))
        try await trip.pairLater()
        let photo = try await trip.add()
        await trip.demo.outbox.price([photo])
        let offer = try #require(trip.demo.outbox.offer)
        #expect(!offer.canBeSent && !offer.consent.isEmpty)
        trip.demo.outbox.decline()
        #expect(trip.demo.outbox.offer == nil)
    }

    @Test func aPauseIsSaidAndEnds() async throws {
        let trip = try await Trip(sees: Link(.noNetwork))
        try await trip.pairLater()
        await trip.begin()
        try await trip.add()
        let outbox = trip.demo.outbox
        try await until("it was read and waits") { outbox.rows.first?.look == .waiting }
        await outbox.pause(true)
        #expect(outbox.paused && outbox.summary.hasPrefix("Paused"))
        #expect(outbox.rows.first?.look == .waiting && outbox.rows.first?.whenWords == nil)
        try trip.phone.see(Trip.wifi)
        try await trip.satchel.tryNow()
        #expect(try await trip.satchel.counts().delivered == 0)
        await outbox.pause(false)
        try await until("it is delivered") { outbox.rows.first?.look == .delivered }
        try await trip.end()
    }

    @Test func whatCouldNotBeFetchedIsSaidAndTheOthersAreAdded() async throws {
        let trip = try await Trip()
        await trip.demo.outbox.add([trip.picked("here.png"), Unfetched()])
        #expect(trip.demo.outbox.rows.map(\.title) == ["here.png"])
        #expect(trip.demo.outbox.notice?.title == "1 of 2 were not added")
        #expect(trip.demo.outbox.adding == 0)
    }

    @Test func aLivePhotoIsOneRow() async throws {
        let trip = try await Trip()
        await trip.demo.outbox.add([trip.picked("IMG_0001.HEIC", motion: true)])
        #expect(trip.demo.outbox.rows.map(\.kind) == [.pair])
        #expect(trip.demo.outbox.rows.first?.spoken.contains("Live photo") == true)
    }

    @Test func whatIsRemovedLeavesTheListAndTheChoice() async throws {
        let trip = try await Trip()
        let photo = try await trip.add("one.png")
        let other = try await trip.add("other.png")
        trip.demo.outbox.choose(true)
        trip.demo.outbox.choose([photo, other])
        await trip.demo.outbox.remove(photo)
        #expect(trip.demo.outbox.rows.map(\.id) == [other])
        #expect(trip.demo.outbox.chosen == [other])
    }

    @Test func aThousandScrollInPages() async throws {
        let trip = try await Trip()
        let photos = trip.folder.appendingPathComponent("photos")
        try FileManager.default.createDirectory(at: photos, withIntermediateDirectories: true)
        for number in 0..<1_000 {
            try Data("\u{FF}\u{D8} \(number)".utf8).write(to: photos.appendingPathComponent("IMG_\(number).JPG"))
        }
        #expect(try await trip.satchel.addFolder(photos).added == 1_000)
        let outbox = trip.demo.outbox
        await outbox.refresh()
        #expect(outbox.rows.count == Pages.size, "one page is read, not all")
        #expect(outbox.days.map(\.title) == ["Today"])
        var seen = 0
        while seen < outbox.rows.count {
            await outbox.appeared(outbox.rows[seen])
            if seen >= 20 { outbox.disappeared(outbox.rows[seen - 20]) }
            seen += 1
        }
        #expect(seen == 1_000 && Set(outbox.rows.map(\.id)).count == 1_000)
        #expect(zip(outbox.rows, outbox.rows.dropFirst()).allSatisfy { $0.sequence > $1.sequence })
        #expect(outbox.days.map(\.rows) == [0..<1_000])
        // What is removed in the middle of what is in view goes; the rest stays.
        let gone = outbox.rows[990].id
        await outbox.remove(gone)
        #expect(outbox.rows.count == 999 && !outbox.rows.map(\.id).contains(gone))
        // What is new stands on top, though nobody looks there.
        let newest = try await trip.satchel.add(try photo(named: "new.jpg", in: trip.folder)).id
        await outbox.refresh()
        #expect(outbox.rows.count == 1_000 && outbox.rows.first?.id == newest)
    }

    private func photo(named name: String, in folder: URL) throws -> URL {
        let file = folder.appendingPathComponent(name)
        try Data("\u{FF}\u{D8} new".utf8).write(to: file)
        return file
    }
}
