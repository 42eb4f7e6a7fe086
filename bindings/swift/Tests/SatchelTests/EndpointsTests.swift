// The ways to a target and the records of blocks, against the stage's servers; what no server here does, by conversion alone.

import Foundation
import Testing

@testable import Satchel

/// A record as the library tells one.
private func record(_ kind: String) -> RawBlockRecord {
    .init(
        id: 7, target: 2, endpoint: "https://a.example/", network: "hotel", kind: kind, status: .max, title: "Sorry",
        location: "https://b.example/", pageBytes: 65_536, pageType: "text/html", certificate: "00ff",
        issuer: "CN=Somebody", address: "203.0.113.7", firstUtcMs: 1_000, lastUtcMs: 2_000, times: .max)
}

@Suite(.timeLimit(.minutes(5)))
struct EndpointsTests {
    /// An outbox with one target, a bare tus server that a stage has.
    private func onStage(
        _ test: (Satchel, World, TargetID, _ folder: URL) async throws -> Void
    ) async throws {
        let folder = try Folder()
        let world = try World(in: folder.url)
        let satchel = try await Satchel.open(
            Configuration(folder: folder.url.appendingPathComponent("outbox"), policy: .overAnyLink))
        try satchel.setLink(Link(.wifi, metered: false, network: "hotel"))
        let address = try #require(try await world.play("tus")["url"] as? String)
        let target = try await satchel.setTusTarget(try #require(URL(string: address)))
        try await test(satchel, world, target, folder.url)
        try await satchel.closeAndWait()
    }

    private func photo(in folder: URL) throws -> URL {
        let file = folder.appendingPathComponent("a.jpg")
        try Data((0..<40_000).map { _ in UInt8.random(in: 0 ... .max) }).write(to: file)
        return file
    }

    private func mirror(of world: World) async throws -> Endpoint {
        Endpoint(try #require(try await world.play("mirror")["url"] as? String))
    }

    @Test func whatWasSetUpIsToldAsItWasSetUpAndOutlivesTheOutbox() async throws {
        try await onStage { satchel, world, target, folder in
            #expect(try await satchel.endpointsSet(for: target) == Endpoints())
            var other = try await mirror(of: world)
            other.addresses = ["127.0.0.1"]
            let set = Endpoints(addresses: ["127.0.0.1", "::1"], further: [other], sharedStore: true)
            try await satchel.setEndpoints(set, for: target)
            try await satchel.setNeutral("https://neutral.example/")
            #expect(try await satchel.endpointsSet(for: target) == set)
            let ways = try await satchel.endpoints(of: target)
            #expect(ways.count == 4 && ways.filter(\.byAddress).count == 2)
            #expect(ways.allSatisfy { $0.health == .unknown && $0.since == nil && $0.next == nil && $0.trouble == nil })
            #expect(ways.map(\.carries) == [true, false, false, false])
            try await satchel.closeAndWait()
            let again = try await Satchel.open(
                Configuration(folder: folder.appendingPathComponent("outbox")))
            #expect(try await again.endpointsSet(for: target) == set)
            #expect(try again.neutral() == "https://neutral.example/")
            try await again.closeAndWait()
        }
    }

    @Test func aTargetThatIsNotThereHasNoWays() async throws {
        try await onStage { satchel, _, target, folder in
            let none = TargetID(rawValue: target.rawValue + 1)
            let nowhere = folder.appendingPathComponent("no/where.json")
            let errors = [
                await failure { _ = try await satchel.endpoints(of: none) },
                await failure { _ = try await satchel.endpointsSet(for: none) },
                await failure { try await satchel.setEndpoints(Endpoints(), for: none) },
                await failure { try await satchel.exportBlocks(to: nowhere) },
            ]
            #expect(errors.compactMap { $0?.code } == ["invalid", "invalid", "invalid", "invalid"])
            let page = try await satchel.blockPage(BlockID(rawValue: 1))
            let written = try await satchel.exportBlocks(to: folder.appendingPathComponent("none.json"))
            #expect(page == nil && written == 0)
        }
    }

    @Test func aSignInPageIsToldWithItsTimesAndItsRecordAndEnds() async throws {
        try await onStage { satchel, world, target, folder in
            let began = Date()
            try await world.play("link", ["line": "page 511", "at": "first"])
            let hearing = Task { [changes = satchel.changes()] in
                await changes.first { if case .endpoints = $0 { true } else { false } }
            }
            try await satchel.add(try photo(in: folder))
            try await satchel.run(RunOptions(linger: .zero))
            #expect(await hearing.value == .endpoints(target))
            let way = try #require(try await satchel.endpoints(of: target).first)
            #expect(way.health == .captive && way.trouble == .signIn && !way.words.isEmpty)
            let since = try #require(way.since)
            #expect(since > began - 60 && since <= Date())
            #expect(try #require(way.next) > began && way.next ?? .distantFuture < Date() + 7_200)
            #expect(try await satchel.targets().first?.trouble == .signIn)
            let record = try #require(try await satchel.blocks().first)
            #expect(record.kind == .captive && record.status == 511 && record.target == target)
            #expect(record.endpoint == way.url && record.network == "hotel")
            #expect(record.first > began - 60 && record.first <= record.last && record.times >= 1)
            let page = try #require(try await satchel.blockPage(record.id))
            #expect(page.count == record.pageBytes)
            #expect(String(decoding: page, as: UTF8.self).contains("<title>\(try #require(record.title))</title>"))
            try await world.play("link", ["line": "open", "at": "first"])
            for _ in 0..<600 where try await satchel.endpoints(of: target).first?.health != .open {
                try await satchel.tryNow()
                try await satchel.run(RunOptions(linger: .zero))
            }
            #expect(try await satchel.endpoints(of: target).first?.health == .open)
            #expect(try await satchel.blocks().count == 1, "what stood there is remembered")
        }
    }

    @Test func theOtherWayIsTakenAndTheEvidenceHoldsThePage() async throws {
        try await onStage { satchel, world, target, folder in
            let evidence = folder.appendingPathComponent("evidence.json")
            try await world.play("link", ["line": "page", "at": "first"])
            let photo = try await satchel.add(try photo(in: folder)).id
            let mirror = try await mirror(of: world).url
            try await setTheWays(satchel, target, mirror: mirror, evidence: evidence)
            for _ in 0..<600 where try await satchel.asset(photo).state.code != "delivered" {
                try await satchel.tryNow()
                try await satchel.run(RunOptions(linger: .zero))
            }
            #expect(try await satchel.asset(photo).state.code == "delivered")
            #expect(try await satchel.endpoints(of: target).map(\.carries) == [false, true])
            try await setTheWays(satchel, target, mirror: mirror, evidence: evidence)
            #expect(try String(contentsOf: evidence, encoding: .utf8).contains("Notice: access restricted"))
        }
    }
}

@Test func eachHealthAndBlockAndKindHasItsOwnType() {
    let healths: [RawHealth] = [.unknown, .open, .slow, .down, .captive]
    #expect(healths.map(Health.init) == [.unknown, .open, .slow, .down, .captive])
    let raw: [RawBlock] = [.page, .redirect, .certificate, .reset, .name, .silence]
    #expect(raw.map(Block.init) == Block.allCases)
    #expect(raw.map { Health(.blocked(by: $0)) } == Block.allCases.map(Health.blocked))
    #expect(raw.map { Trouble(.blocked(by: $0)) } == Block.allCases.map(Trouble.blocked))
    #expect([Trouble(.signIn), Trouble(.noLink), Trouble(.wrongClock)] == [.signIn, .noLink, .wrongClock])
    for block in Block.allCases { #expect(BlockRecord.Kind(code: block.code) == .blocked(block)) }
    #expect(BlockRecord.Kind(code: "captive") == .captive)
    #expect(BlockRecord.Kind(code: "eclipse") == .other(code: "eclipse"))
    let kinds: [BlockRecord.Kind] = [.blocked(.name), .captive, .other(code: "eclipse")]
    #expect(kinds.map(\.code) == ["name", "captive", "eclipse"])
}

@Test func nothingOfARecordOrOfAWayIsLost() {
    let came = BlockRecord(record("redirect"))
    #expect(came.id == BlockID(rawValue: 7) && came.target == TargetID(rawValue: 2))
    #expect(came.endpoint == "https://a.example/" && came.network == "hotel" && came.kind == .blocked(.redirect))
    #expect(came.status == 65_535 && came.title == "Sorry" && came.location == "https://b.example/")
    #expect(came.pageBytes == 65_536 && came.pageType == "text/html")
    #expect(came.certificate == "00ff" && came.issuer == "CN=Somebody" && came.address == "203.0.113.7")
    #expect(came.first == Date(timeIntervalSince1970: 1) && came.last == Date(timeIntervalSince1970: 2))
    #expect(came.times == 4_294_967_295)
    let way = EndpointState(
        .init(
            url: "https://a.example/", byAddress: true, health: .down, words: "words", trouble: .cut,
            sinceUtcMs: -1_000,
            nextUtcMs: 5_000, carries: true))
    #expect(way.url == "https://a.example/" && way.byAddress && way.health == .down && way.words == "words")
    #expect(way.trouble == .cut && way.carries)
    #expect(way.since == Date(timeIntervalSince1970: -1) && way.next == Date(timeIntervalSince1970: 5))
}
