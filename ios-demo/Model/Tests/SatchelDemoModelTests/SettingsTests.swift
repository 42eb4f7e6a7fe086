// The Settings and Tester screens against the real core and receiver.

import Foundation
import Satchel
import Testing

@testable import SatchelDemoModel

@MainActor
@Suite(.timeLimit(.minutes(5)))
struct SettingsTests {
    @Test func aPairedPhoneListsItsReceiverAndAsksIt() async throws {
        let trip = try await Trip()
        try await trip.pair()
        let settings = trip.demo.settings
        let target = try #require(settings.targets.first)
        #expect(settings.code.isEmpty && settings.pairingNotice == nil)
        #expect(target.kind == "Satchel receiver" && target.rest == nil && target.redact == .nothing)
        await settings.redact(.location, for: target.id)
        #expect(settings.targets.first?.redact == .location)
        try await trip.add()
        try await trip.satchel.run()
        await settings.check(target.id)
        #expect(settings.checked[target.id]?.hasSuffix("there") == true)
        #expect(settings.notice == nil)
    }

    @Test func theContributorsNameIsKeptBetweenLaunches() async throws {
        let trip = try await Trip()
        #expect(trip.demo.settings.contributor.isEmpty)
        trip.demo.settings.contributor = "Ida"
        let edges = Edges(
            phone: trip.phone, roll: trip.roll, process: trip.process, memory: trip.memory, temporary: trip.folder)
        let next = DemoModel(trip.satchel, edges)
        #expect(next.settings.contributor == "Ida")
        next.settings.contributor = " "
        #expect(trip.memory.kept.isEmpty, "what is empty is forgotten")
        #expect(DemoModel(trip.satchel, edges).settings.contributor.isEmpty)
    }

    @Test func aWrongCodeIsRefusedInTheCoresWords() async throws {
        let trip = try await Trip()
        let receiver = try await trip.pair()
        let settings = trip.demo.settings
        // It was used already.
        settings.code = receiver.pairing
        #expect(!(await settings.pair()))
        let used = try #require(settings.pairingNotice)
        #expect(used.title == "This phone is not paired" && !used.words.isEmpty)
        #expect(settings.code == receiver.pairing, "what was typed can be mended")
        settings.code = "satchel://nowhere"
        #expect(!(await settings.pair()))
        #expect(settings.pairingNotice?.words.isEmpty == false && settings.pairingNotice != used)
        settings.code = "  "
        #expect(!settings.canPair)
    }

    @Test func aLinkThatOpensTheAppIsShownAndNotObeyed() async throws {
        let trip = try await Trip()
        let receiver = try Receiver(in: trip.folder)
        trip.demo.open(try #require(URL(string: receiver.pairing)))
        #expect(trip.demo.tab == .settings && trip.demo.settings.code == receiver.pairing)
        #expect(trip.demo.settings.question == "Is this your receiver’s code? Then tap Pair.")
        #expect(try await trip.satchel.targets().isEmpty)
        #expect(!trip.demo.settings.take(code: "https://example.org"))
        #expect(trip.demo.settings.pairingNotice?.title == "This is no pairing code")
    }

    @Test func rulesAreTheCoresAndKeepTheOrder() async throws {
        let trip = try await Trip()
        let settings = trip.demo.settings
        await settings.keep(order: .oldest)
        for name in settings.allRules {
            await settings.keep(rules: name)
            #expect(settings.rules == name && settings.order == .oldest)
        }
        #expect(settings.allRules.count >= 3)
        try trip.satchel.setPolicy(.overAnyLink)
        await settings.refresh()
        #expect(settings.rules == nil)
    }

    @Test func theCameraRollIsAskedForAndItsAlbumsAreWatched() async throws {
        let trip = try await Trip()
        let settings = trip.demo.settings
        await settings.refresh()
        #expect(settings.albums.isEmpty && settings.accessWords == nil)
        await settings.turnRoll(on: true)
        #expect(settings.rollIsOn && settings.albums.map(\.title) == ["Ice", "People"])
        await settings.watch("1", true)
        #expect(settings.albums.map(\.watched) == [true, false])
    }

    @Test func aRefusalOfTheCameraRollSaysWhatToDo() async throws {
        let trip = try await Trip()
        trip.roll.answer = .none
        await trip.demo.settings.turnRoll(on: true)
        #expect(!trip.demo.settings.rollIsOn && trip.demo.settings.accessWords?.contains("Settings app") == true)
        #expect(trip.demo.settings.notice?.title == "The camera roll was not turned on")
    }
}

@MainActor
@Suite(.timeLimit(.minutes(5)))
struct TesterTests {
    @Test func samplesAreRealPicturesUnlikeEachOther() async throws {
        let trip = try await Trip()
        try await trip.pair()
        await trip.begin()
        await trip.demo.tester.fill(3)
        #expect(trip.demo.tester.notice == nil && trip.demo.tester.filling == 0)
        try await until("all are delivered") {
            trip.demo.outbox.rows.count == 3 && trip.demo.outbox.rows.allSatisfy { $0.look == .delivered }
        }
        let assets = try await trip.satchel.assets()
        #expect(Set(assets.compactMap(\.hash)).count == 3)
        #expect(assets.allSatisfy { $0.kind == .photo })
        #expect(assets.map(\.post.caption) == ["Sample 3", "Sample 2", "Sample 1"])
        try await trip.end()
    }

    @Test func aPretendedRoamingHoldsEverythingBackAndEnds() async throws {
        let trip = try await Trip()
        try await trip.pair()
        await trip.begin()
        let tester = trip.demo.tester
        #expect(tester.banner == nil)
        await tester.pretend(.roaming)
        #expect(tester.banner == "Pretending: Roaming" && tester.notice == nil)
        let photo = try await trip.add()
        try await until("it waits because of it") {
            guard case .waiting(let reason, _, _, _) = try await trip.satchel.asset(photo).state else { return false }
            return reason == .roaming || reason == .linkCosts
        }
        try await until("the link says so") { trip.demo.link.links == .roaming }
        await tester.pretend(nil)
        #expect(tester.banner == nil)
        try await until("it is delivered") { trip.demo.outbox.rows.first?.look == .delivered }
        try await trip.end()
    }

    @Test func aBlockPageIsToldFromTheServiceAndEnds() async throws {
        let trip = try await Trip()
        try await trip.pair()
        await trip.begin()
        await trip.demo.tester.pretend(.blockPage)
        #expect(trip.demo.tester.banner == "Pretending: Block page" && trip.demo.tester.notice == nil)
        let photo = try await trip.add()
        try await until("the receiver is left alone for a while") {
            guard case .waiting(.targetRests, let words, _, _) = try await trip.satchel.asset(photo).state else {
                return false
            }
            return trip.demo.outbox.rows.first?.words == Words.sentence(words)
        }
        await trip.demo.settings.refresh()
        let words = try #require(trip.demo.outbox.rows.first?.words)
        #expect(trip.demo.settings.targets.first?.rest?.hasPrefix("\(words). Tried again ") == true)
        #expect(try await trip.satchel.counts().delivered == 0)
        await trip.demo.tester.pretend(nil)
        #expect(trip.demo.tester.banner == nil)
        try await until("it is delivered") { trip.demo.outbox.rows.first?.look == .delivered }
        try await trip.end()
    }

    @Test func aReportNamesNoPhoto() async throws {
        let trip = try await Trip()
        let photo = try await trip.add("Aunt Ida at the hotel.png")
        let asset = trip.demo.asset(photo)
        await asset.refresh()
        asset.draft.caption = "Secret wedding"
        asset.draft.tags = "unspoken"
        await asset.save()
        trip.phone.wake = Wake(needs: .unmetered, bytes: 500_000)
        await trip.demo.tester.makeReport()
        let report = try #require(trip.demo.tester.report)
        #expect(report.text.contains("model: test") && report.text.contains("unmetered"))
        #expect(try String(contentsOf: report.id, encoding: .utf8) == report.text)
        for secret in ["Ida", "wedding", "unspoken", trip.folder.path] { #expect(!report.text.contains(secret)) }
    }

    @Test func theProcessIsKilledOnceItIsAskedFor() async throws {
        let trip = try await Trip()
        trip.demo.tester.kill()
        #expect(trip.process.ends == 1)
    }
}
