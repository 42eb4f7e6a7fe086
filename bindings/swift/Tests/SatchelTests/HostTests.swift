// The app's own system carries the requests: URLSession, in this process.

import Foundation
import Satchel
import SatchelSystem
import Testing

@Suite(.timeLimit(.minutes(5)))
struct HostTests {
    /// Small steps, so that an upload takes several.
    private let small = HostLimits(mostSteps: 2, mostBytesPerStep: 65_536)
    let folder: Folder

    init() throws {
        folder = try Folder()
    }

    private func open(_ tokens: Tokens) async throws -> Satchel {
        let satchel = try await Satchel.open(
            Configuration(folder: folder.url.appendingPathComponent("outbox")), credentials: tokens)
        try satchel.setLink(Link(.wifi, metered: false))
        return satchel
    }

    @Test func aHostWithURLSessionDeliversEverythingWithReceipts() async throws {
        let world = try World(in: folder.url)
        let satchel = try await open(Tokens())
        defer { satchel.close() }
        let target = try await satchel.pair(code: try await world.code(), device: "a phone")
        try await world.play("plain")
        let names = (0..<5).map { "photo-\($0).jpg" }
        for (number, name) in names.enumerated() {
            try await world.photo(name, bytes: 100_000 + 30_000 * number, seed: number + 1)
            let photo = folder.url.appendingPathComponent("photos").appendingPathComponent(name)
            try await satchel.add(photo, options: AddOptions(post: PostEdit(caption: "Photo \(number)")))
        }
        let (owner, system) = (try satchel.newHostID(), HostSystem(withoutTLS: true))
        #expect(try await satchel.hostRunning(owner, still: []) == 0)
        var carried = 0
        for _ in 0..<100 where try await satchel.counts().open > 0 || carried == 0 {
            for step in try await satchel.hostSteps(for: owner, limits: small).steps {
                let brought = await system.carry(Parcel(step))
                try await satchel.hostOutcome(brought.outcome, of: step.lease)
                carried += 1
            }
        }
        print("a host carried 5 photos in \(carried) requests")
        let counts = try await satchel.counts()
        #expect(counts.delivered == 5 && counts.postsDelivered == 5, "\(counts)")
        for asset in try await satchel.assets() { #expect(asset.state == .delivered(.receipt)) }
        try await world.expectCompletedOnce(names)
        try await world.play("plain", ["on": false])
        #expect(try await satchel.check(target.id).confirmed == 5)
    }

    @Test func aRedirectIsNotFollowed() async throws {
        let elsewhere = try Answerer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        let answerer = try Answerer(
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: \(elsewhere.url)files/\r\nContent-Length: 0\r\n\r\n")
        let satchel = try await open(Tokens())
        defer { satchel.close() }
        try await satchel.setTusTarget(try #require(URL(string: "\(answerer.url)files/")))
        let added = try await satchel.add(try folder.photo("IMG_4000.JPG", bytes: 20_000))
        let owner = try satchel.newHostID()
        let step = try #require(try await satchel.hostSteps(for: owner, limits: small).steps.first)
        let outcome = await HostSystem().carry(Parcel(step)).outcome
        guard case .reply(307, _, _, step.url, .unknown, _) = outcome else {
            Issue.record("a redirect gave \(outcome)")
            return
        }
        #expect(try await satchel.hostOutcome(outcome, of: step.lease) == .recorded(more: false))
        guard case .waiting(.targetRests(_, .blocked(.redirect)), _, _, _) = try await satchel.asset(added.id).state
        else {
            Issue.record("after a redirect: \(try await satchel.asset(added.id).state)")
            return
        }
        #expect(answerer.asked == 1 && elsewhere.asked == 0)
    }

    @Test func whatTheHostWroteIsCommittedOnceOrDiscarded() async throws {
        let satchel = try await open(Tokens())
        defer { satchel.close() }
        let stage = try await satchel.stage()
        try Data(contentsOf: try folder.photo("export.jpg")).write(to: stage.file)
        let added = try await satchel.commit(stage, name: "IMG_4001.JPG", post: PostEdit(caption: "Exported"))
        // An answer that was lost, and an app that kept what it needs to ask again.
        let kept = Stage(id: stage.id, file: stage.file)
        #expect(try await satchel.commit(kept, name: "IMG_4001.JPG").id == added.id)

        let other = try await satchel.stage()
        try Data("not wanted".utf8).write(to: other.file)
        try await satchel.discard(other)
        #expect(!FileManager.default.fileExists(atPath: other.file.path))
        let discarded = await failure { try await satchel.commit(other, name: "IMG_4002.JPG") }
        guard case .source(.gone, _)? = discarded else {
            Issue.record("to commit what was discarded gave \(String(describing: discarded))")
            return
        }
        #expect(try await satchel.assets().map(\.name) == ["IMG_4001.JPG"])
        let unknown = await failure { try await satchel.discard(Stage(id: "nonsense", file: stage.file)) }
        guard case .invalid? = unknown else {
            Issue.record("a stage that never was gave \(String(describing: unknown))")
            return
        }
    }
}
