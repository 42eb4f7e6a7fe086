// The app's own code throws when Satchel asks it: what was asked for fails with a typed error, and the outbox is as it was.

import Foundation
import Satchel
import Testing

/// A store for secrets that throws where it is told to.
private final class Broken: Credentials, @unchecked Sendable {
    struct KeychainIsLocked: Error {}

    private let kept: Tokens
    private let lock = NSLock()
    private var (loads, stores) = (false, false)

    init(_ kept: Tokens) {
        self.kept = kept
    }

    func breaks(loading: Bool = false, storing: Bool = false) {
        lock.withLock { (loads, stores) = (loading, storing) }
    }

    func token(for target: String) throws -> String? {
        if lock.withLock({ loads }) { throw KeychainIsLocked() }
        return try kept.token(for: target)
    }

    func keep(_ token: String, for target: String) throws {
        if lock.withLock({ stores }) { throw KeychainIsLocked() }
        try kept.keep(token, for: target)
    }
}

@Suite(.timeLimit(.minutes(5)))
struct ThrowingTests {
    let folder: Folder

    init() throws {
        folder = try Folder()
    }

    private var configuration: Configuration { Configuration(folder: folder.url.appendingPathComponent("outbox")) }

    private func expectHost(_ error: SatchelError?, _ what: String) {
        guard case .host(let words)? = error, words.contains("KeychainIsLocked") else {
            Issue.record("\(what) gave \(String(describing: error))")
            return
        }
    }

    @Test func whatCredentialsThrowComesBackTypedAndTheOutboxIsIntact() async throws {
        let receiver = try Receiver(in: folder.url)
        let credentials = Broken(Tokens())
        var satchel = try await Satchel.open(configuration, credentials: credentials)
        try satchel.setLink(Link(.wifi, metered: false))
        let first = try await satchel.add(try folder.photo("IMG_5000.JPG"))

        credentials.breaks(storing: true)
        expectHost(await failure { try await satchel.pair(code: receiver.pairing, device: "swift") }, "pairing")
        let second = try await satchel.add(try folder.photo("IMG_5001.JPG"))
        #expect(try await satchel.assets().map(\.id) == [second.id, first.id])

        // A code is spent by then: the receiver shows another.
        credentials.breaks()
        let next = try #require(try await waiting { try receiver.program.line()["pairing"] as? String })
        let target = try await satchel.pair(code: next, device: "swift")
        credentials.breaks(storing: true)
        expectHost(await failure { try await satchel.setToken("another", for: target.id) }, "a token")
        satchel.close()

        credentials.breaks(loading: true)
        expectHost(
            await failure { _ = try await Satchel.open(configuration, credentials: credentials) }, "opening")

        credentials.breaks()
        satchel = try await Satchel.open(configuration, credentials: credentials)
        defer { satchel.close() }
        #expect(satchel.opened.recovered == 0)
        try satchel.setLink(Link(.wifi, metered: false))
        #expect(try await satchel.assets().map(\.id) == [second.id, first.id])
        for _ in 0..<100 where try await satchel.counts().delivered < 2 {
            try await satchel.tryNow()
            try await satchel.run(RunOptions(linger: .zero))
        }
        for asset in try await satchel.assets() { #expect(asset.state == .delivered(.receipt)) }
        #expect(try await satchel.check(target.id).confirmed == 2)
    }

    @Test func aReaderThatThrowsEndsAloneAndTheOthersHearOn() async throws {
        let satchel = try await Satchel.open(configuration)
        defer { satchel.close() }
        let broken = satchel.changes()
        let failing = Task { for await _ in broken { throw Broken.KeychainIsLocked() } }
        let well = satchel.changes()
        let hearing = Task { await well.first { if case .read = $0 { true } else { false } } }
        let added = try await satchel.add(try folder.photo("IMG_5002.JPG"))
        await #expect(throws: Broken.KeychainIsLocked.self) { try await failing.value }
        try await satchel.run(RunOptions(linger: .zero))
        #expect(await hearing.value == .read(added.id))
    }
}
