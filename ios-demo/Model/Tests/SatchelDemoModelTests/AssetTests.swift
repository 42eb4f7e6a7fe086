// The Asset screen against the real core and receiver.

import Foundation
import Satchel
import Testing

@testable import SatchelDemoModel

@MainActor
@Suite(.timeLimit(.minutes(5)))
struct AssetTests {
    @Test func whatIsTypedReachesTheReceiverAndCanBeTakenBack() async throws {
        let trip = try await Trip()
        let receiver = try await trip.pair()
        await trip.begin()
        let photo = try await trip.add()
        try await until("it is delivered") { trip.demo.outbox.rows.first?.look == .delivered }
        let asset = trip.demo.asset(photo)
        await asset.refresh()
        #expect(!asset.isChanged && asset.title == "IMG_0001.PNG")
        asset.draft.caption = "First light"
        asset.draft.tags = "#ice, fram  ice"
        asset.draft.tellsPlace = true
        asset.draft.placeName = "Tromsø"
        #expect(asset.isChanged)
        await asset.save()
        #expect(!asset.isChanged && asset.notice == nil)
        #expect(asset.asset?.post.tags == ["ice", "fram"])
        try await until("the receiver has the words") {
            receiver.sidecars().contains { $0.contains("First light") && $0.contains("fram") && $0.contains("Tromsø") }
        }
        try await until("the list has them") { trip.demo.outbox.rows.first?.title == "First light" }
        asset.draft.tellsPlace = false
        await asset.save()
        #expect(asset.draft.tellsPlace == false && asset.asset?.post.caption == "First light")
        try await until("the receiver has no place any more") {
            receiver.sidecars().contains { $0.contains("First light") && !$0.contains("Tromsø") }
        }
        try await trip.end()
    }

    @Test func whatIsTypedSurvivesWhatComesMeanwhile() async throws {
        let trip = try await Trip()
        let photo = try await trip.add()
        let asset = trip.demo.asset(photo)
        await asset.refresh()
        asset.draft.caption = "half a sen"
        await asset.refresh()
        #expect(asset.draft.caption == "half a sen")
        asset.revert()
        #expect(asset.draft.caption.isEmpty && !asset.isChanged)
    }

    @Test func eachDeliverySaysHowItStands() async throws {
        let trip = try await Trip()
        try await trip.pair()
        await trip.begin()
        let photo = try await trip.add()
        let asset = trip.demo.asset(photo)
        try await until("it is delivered") {
            await asset.refresh()
            return asset.look == .delivered && asset.deliveries.allSatisfy { $0.look == .delivered }
        }
        let original = try #require(asset.deliveries.first { $0.title == "Original" })
        #expect(original.receipt && original.words == "The server signed a receipt" && original.part == nil)
        #expect(original.target.hasPrefix("127.0.0.1:"))
        #expect(asset.safeToFree && !asset.canRetry && asset.safeWords.hasPrefix("Safe to free: the server signed"))
        #expect(asset.deliveries.contains { $0.title == "Post" && $0.words == "The server signed a receipt" })
        #expect(Set(asset.deliveries.map(\.id)).count == asset.deliveries.count)
        try await trip.end()
    }

    @Test func whatNeedsAPersonSaysSoAndGoesOnAfterwards() async throws {
        let trip = try await Trip()
        try await trip.pair()
        let file = trip.folder.appendingPathComponent("IMG_0007.PNG")
        let picture = Sample(number: 7, batch: 7).png()
        try picture.write(to: file)
        let photo = try await trip.satchel.add(file).id
        try FileManager.default.removeItem(at: file)
        await trip.begin()
        let asset = trip.demo.asset(photo)
        try await until("it needs a person") {
            await asset.refresh()
            return asset.look == .parked
        }
        #expect(asset.canRetry && asset.words?.hasPrefix("The file is gone") == true)
        try await until("the list says so") { trip.demo.outbox.summary.contains("1 needs you") }
        try picture.write(to: file)
        await asset.retry()
        #expect(asset.notice == nil)
        try await until("it is delivered") {
            await asset.refresh()
            return asset.look == .delivered
        }
        try await trip.end()
    }

    @Test func oneIsPutFirstAndThatIsTakenBack() async throws {
        let trip = try await Trip()
        await trip.begin()
        let photo = try await trip.add()
        let asset = trip.demo.asset(photo)
        await asset.refresh()
        #expect(!asset.isUrgent)
        await asset.setUrgent(true)
        #expect(asset.notice == nil && asset.isUrgent)
        try await until("the list says so") { trip.demo.outbox.rows.first?.urgent == true }
        await asset.setUrgent(false)
        #expect(asset.notice == nil && !asset.isUrgent)
        try await until("the list says so") { trip.demo.outbox.rows.first?.urgent == false }
        // Said elsewhere, it is shown here.
        try await trip.satchel.setUrgent(photo, true)
        try await until("it is shown") { asset.isUrgent }
        try await trip.end()
    }

    @Test func whatWasTriedIsToldInTheCoresWordsTheLatestFirst() async throws {
        let trip = try await Trip()
        // What is blocked is asked without a photo; what is down is tried with one each time.
        let scene = try Scene(in: trip.folder)
        trip.demo.settings.code = try await scene.code()
        #expect(await trip.demo.settings.pair())
        try await scene.link("off", at: "first")
        let photo = try await trip.add()
        let asset = trip.demo.asset(photo)
        await asset.refresh()
        #expect(asset.attempts.isEmpty && asset.attemptsToggle == nil)
        await trip.begin()
        try await until("it was tried") {
            try await trip.satchel.tryNow()
            await asset.refresh()
            return !asset.attempts.isEmpty
        }
        let refused = try #require(try await trip.satchel.attempts(photo).last)
        let line = try #require(asset.attempts.last)
        #expect(line.words == Words.sentence(refused.words) && line.id == 1)
        #expect(line.what.hasPrefix("\(Words.rendition(refused.rendition)) to 127.0.0.1:"))
        try await scene.link("open", at: "first")
        try await trip.satchel.tryNow()
        try await until("it is there, and that is told, too") {
            asset.look == .delivered && asset.attempts.first?.words == "The server took it"
        }
        let took = try #require(asset.attempts.first)
        #expect(took.details.contains(": status 20") && took.details.hasSuffix(" sent"))
        #expect(took.heading == "\(took.time) · \(took.what)" && took.spoken.contains("The server took it"))
        #expect(asset.attempts.map(\.id) == Array((1...asset.attempts.count).reversed()))
        try await trip.end()
    }

    @Test func ofMuchThatWasTriedTheLatestAreShownAtFirst() async throws {
        let trip = try await Trip()
        let receiver = try await trip.pair()
        let asset = trip.demo.asset(try await trip.add())
        // What is blocked is asked without a photo; what is down is tried with one each time.
        receiver.stop()
        try await until("much was tried") {
            try await trip.satchel.tryNow()
            try await trip.satchel.run(RunOptions(linger: .zero))
            await asset.refresh()
            return asset.attempts.count > AttemptLine.latest
        }
        #expect(asset.shownAttempts == Array(asset.attempts.prefix(5)))
        #expect(asset.attemptsToggle == "Show all that was tried")
        asset.showsAll = true
        #expect(asset.shownAttempts == asset.attempts && asset.attemptsToggle == "Show the latest only")
        try await trip.end()
    }

    @Test func whatWasRemovedSaysSo() async throws {
        let trip = try await Trip()
        let asset = trip.demo.asset(try await trip.add())
        await asset.refresh()
        await asset.remove()
        #expect(asset.gone && asset.look == .removed && asset.asset == nil)
        await asset.retry()
        #expect(asset.notice?.title == "It could not be tried again")
        #expect(asset.notice?.words.isEmpty == false)
    }
}
