// Ways to the server, blocks and other addresses: the Link and Settings screens against the real core and the stage's servers.

import Foundation
import Satchel
import Testing

@testable import SatchelDemoModel

@MainActor
@Suite(.timeLimit(.minutes(5)))
struct WaysTests {
    /// A trip with a target on a stage: a paired receiver, or else a bare tus server over plain HTTP.
    private func trip(pairing: Bool) async throws -> (Trip, Scene, TargetID) {
        let trip = try await Trip()
        let scene = try Scene(in: trip.folder)
        if pairing {
            trip.demo.settings.code = try await scene.code()
            #expect(await trip.demo.settings.pair(), "\(String(describing: trip.demo.settings.pairingNotice))")
        } else {
            let url = try #require(URL(string: try await scene.tus()))
            try await trip.satchel.setTusTarget(url)
        }
        await trip.demo.refresh()
        return (trip, scene, try #require(trip.demo.settings.targets.first?.id))
    }

    @Test func aBlockedWayIsNamedTheOtherCarriesAndTheEvidenceHoldsThePage() async throws {
        let (trip, scene, target) = try await trip(pairing: false)
        let (settings, link) = (trip.demo.settings, trip.demo.link)
        let mirror = try await scene.mirror()
        var draft = try #require(await settings.edit(.new, of: target))
        (draft.address, draft.key) = (mirror.url, mirror.pin ?? "")
        #expect(await settings.keep(draft) == nil)
        await settings.share(true, storeOf: target)
        #expect(link.blocks.isEmpty && link.blocksToggle == nil && link.signIn == nil)
        try await scene.link("page", at: "first")
        await trip.begin()
        let photo = try await trip.add()
        try await until("it is delivered by the other way, and the screen says so") {
            let ways = link.ways.first?.ways ?? []
            return try await trip.satchel.asset(photo).state.code == "delivered"
                && ways.map(\.carries) == [false, true]
        }
        await link.refresh()
        let ways = try #require(link.ways.first)
        #expect(ways.name == settings.targets.first?.name && ways.signIn == nil)
        #expect(ways.ways.map(\.look) == [.waits, .answers] && ways.ways[1].words == "It answers")
        let states = try await trip.satchel.endpoints(of: target)
        #expect(ways.ways[0].words == Words.sentence(states[0].words) && states[0].health.code == "blocked")
        #expect(ways.ways[0].times?.hasPrefix("Since ") == true)
        #expect(ways.ways[1].spoken.hasSuffix("The photos go this way"))
        let block = try #require(link.blocks.first)
        #expect(block.place.hasSuffix(", on this network") && block.times.hasPrefix("Seen "))
        await link.gatherEvidence()
        let file = try #require(link.evidence?.id)
        let written = try String(contentsOf: file, encoding: .utf8)
        #expect(written.contains("Notice: access restricted") && !written.contains("IMG_0001"))
        #expect(link.notice == nil)
        try await trip.end()
    }

    @Test func aSignInPageThatTheOutboxFoundIsOfferedAndItsPageIsReadAsText() async throws {
        let (trip, scene, _) = try await trip(pairing: false)
        let link = trip.demo.link
        #expect(link.link.captive == false && link.signIn == nil)
        try await scene.link("page 511", at: "first")
        await trip.begin()
        let photo = try await trip.add()
        try await until("the sign-in page is offered") { link.signIn != nil && !link.blocks.isEmpty }
        let state = try #require(try await trip.satchel.targets().first)
        #expect(state.trouble == .signIn)
        #expect(link.signIn?.hasSuffix(".") == true && link.ways.first?.ways.first?.look == .needsYou)
        let line = try #require(link.blocks.first)
        #expect(line.words == "The network wanted a sign-in first" && line.said?.contains("Status 511") != nil)
        #expect(line.hasPage)
        await link.read(line)
        let page = try #require(link.page)
        #expect(page.text.contains("<title>") && !page.isCut && page.title == line.words)
        try await scene.link("open", at: "first")
        try await trip.satchel.tryNow()
        try await until("it goes on, and nothing is offered any more") {
            try await trip.satchel.asset(photo).state.code == "delivered" && link.signIn == nil
        }
        #expect(link.blocks.count == 1, "what stood there is remembered")
        try await trip.end()
    }

    @Test func whatIsTypedWrongIsToldBesideItsFieldAndChangesNothing() async throws {
        let (trip, scene, target) = try await trip(pairing: true)
        let settings = trip.demo.settings
        var draft = try #require(await settings.edit(.new, of: target))
        for (address, key, ips, field) in [
            ("nowhere", "", "", EndpointDraft.Field.address), ("ftp://files.example/", "", "", .address),
            ("", "", "", .address), ("https://files.example/", "no key", "", .key),
            ("https://files.example/", "", "203.0.113.7 files.example", .ips),
            ("https://me:secret@files.example/", "", "", .address),
        ] {
            (draft.address, draft.key, draft.ips) = (address, key, ips)
            let problem = try #require(await settings.keep(draft), "\(address) \(key) \(ips)")
            #expect(problem.field == field, "\(problem)")
            let quoted = [address, "files.example"].contains { !$0.isEmpty && problem.words.hasPrefix($0) }
            #expect(quoted || problem.words.first?.isUppercase == true, "\(problem)")
        }
        #expect(settings.targets.first?.endpoints.map(\.id) == [.first] && settings.notice == nil)

        let mirror = try await scene.mirror()
        (draft.address, draft.key, draft.ips) = (" \(mirror.url) ", mirror.pin ?? "", "127.0.0.1, ::1")
        #expect(await settings.keep(draft) == nil)
        let line = try #require(settings.targets.first?.endpoints.last)
        #expect(line.id == .further(0) && line.canBeRemoved)
        #expect(line.more == "Known by its key. Also at 127.0.0.1, ::1")
        let again = try #require(await settings.edit(line.id, of: target))
        #expect(again.address == mirror.url && again.key == mirror.pin && again.ips == "127.0.0.1\n::1")

        var first = try #require(await settings.edit(.first, of: target))
        first.ips = "127.0.0.1"
        #expect(await settings.keep(first) == nil)
        await settings.share(true, storeOf: target)
        let kept = try #require(settings.targets.first)
        #expect(kept.sharedStore && kept.endpoints.count == 2 && kept.endpoints[0].more.hasSuffix("at 127.0.0.1"))
        await trip.demo.link.refresh()
        #expect(trip.demo.link.ways.first?.ways.count == 4, "each by its name and by its addresses")
        #expect(Set(trip.demo.link.ways.first?.ways.map(\.id) ?? []).count == 4)

        await settings.remove(.first, of: target)
        #expect(settings.targets.first?.endpoints.count == 2, "the one that it was set up with stays")
        await settings.remove(line.id, of: target)
        #expect(settings.targets.first?.endpoints.map(\.id) == [.first] && settings.notice == nil)
    }

    @Test func theNeutralAddressIsKeptForgottenAndNotOverwrittenWhileItIsTyped() async throws {
        let trip = try await Trip()
        let settings = trip.demo.settings
        await settings.refresh()
        #expect(settings.neutral.isEmpty && !settings.neutralIsNew)
        settings.neutral = "nowhere"
        await settings.refresh()
        #expect(settings.neutral == "nowhere" && settings.neutralIsNew && settings.neutralProblem == nil)
        await settings.keepNeutral()
        #expect(settings.neutralProblem?.contains("nowhere") == true)
        #expect(try trip.satchel.neutral() == nil)
        settings.neutral = " https://neutral.example/204 "
        #expect(settings.neutralProblem == nil, "what is typed anew is not judged yet")
        await settings.keepNeutral()
        #expect(settings.neutral == "https://neutral.example/204" && !settings.neutralIsNew)
        #expect(try trip.satchel.neutral() == "https://neutral.example/204")
        settings.neutral = ""
        await settings.keepNeutral()
        #expect(settings.neutralKept.isEmpty && settings.neutralProblem == nil)
        #expect(try trip.satchel.neutral() == nil)
    }
}

/// Somebody else's text is only read.
struct PlainTests {
    @Test func whatTurnsOrHidesTextIsShownAsBeingThere() {
        #expect(Words.plain("a\u{202E}b\u{0}c\u{200B}d") == "a\u{FFFD}b\u{FFFD}c\u{FFFD}d")
        #expect(Words.plain("one\r\ntwo\rthree\u{2028}four\tfive") == "one two three four five")
        #expect(Words.plain("one\r\ntwo\rthree\tfour", lines: true) == "one\ntwo\nthree\tfour")
        #expect(Words.plain("Überraschung 警告") == "Überraschung 警告")
    }

    @Test(arguments: [
        (BlockRecord.Kind.blocked(.page), "A warning page stood in the server’s place"),
        (.blocked(.redirect), "The network sent us to another address"),
        (.blocked(.certificate), "Somebody else’s certificate stood in the server’s place"),
        (.blocked(.reset), "The network broke the connection"),
        (.blocked(.name), "The network gave no address, or a wrong one"),
        (.blocked(.silence), "The network swallowed what was sent"),
        (.captive, "The network wanted a sign-in first"), (.other(code: "late_eclipse"), "Late eclipse"),
    ])
    func eachKindHasItsWords(kind: BlockRecord.Kind, words: String) {
        #expect(BlockLine.words(of: kind) == words)
    }

    @Test func hostsAreAsAPersonKnowsThem() {
        #expect(Words.host("https://files.example:8443/a") == "files.example:8443")
        #expect(Words.host("https://files.example/") == "files.example")
        #expect(Words.host("no address") == "no address")
    }
}
