// An app's way through the public API, against a real receiver.

import Foundation
import Satchel
import Testing

/// Keeps tokens in memory, as an app does in the Keychain.
final class Tokens: Credentials, @unchecked Sendable {
    private let lock = NSLock()
    private var kept: [String: String] = [:]
    private let refuses: Bool

    struct Refusal: Error {}

    init(refuses: Bool = false) {
        self.refuses = refuses
    }

    func token(for target: String) throws -> String? {
        try lock.withLock { if refuses { throw Refusal() } else { kept[target] } }
    }

    func keep(_ token: String, for target: String) throws {
        try lock.withLock { if refuses { throw Refusal() } else { kept[target] = token } }
    }

    var count: Int { lock.withLock { kept.count } }
    var any: String? { lock.withLock { kept.values.first } }
}

/// What a call fails with; `nil` where it does not, or with something that is no ``SatchelError``.
func failure(_ call: () async throws -> Void) async -> SatchelError? {
    do {
        try await call()
        return nil
    } catch {
        return error as? SatchelError
    }
}

@Suite(.timeLimit(.minutes(5)))
struct OutboxTests {
    let folder: Folder

    init() throws {
        folder = try Folder()
    }

    func open(_ tokens: Tokens? = nil) async throws -> Satchel {
        let satchel = try await Satchel.open(
            Configuration(folder: folder.url.appendingPathComponent("outbox")), credentials: tokens)
        try satchel.setLink(Link(.wifi, metered: false))
        return satchel
    }

    @Test func aPhotoIsDeliveredWithAReceipt() async throws {
        let receiver = try Receiver(in: folder.url)
        let satchel = try await open()
        let target = try await satchel.pair(code: receiver.pairing, device: "swift", contributor: "Ida")
        #expect(target.receiver)

        let options = AddOptions(post: PostEdit(caption: "Fram", tags: ["ice"]))
        let added = try await satchel.add(try folder.photo("IMG_0001.JPG"), options: options)
        #expect(added.kind == .added)
        let report = try await satchel.run()
        #expect(report.counts.delivered == 1 && report.counts.open == 0)
        #expect(!report.stopped)

        let asset = try await satchel.asset(added.id)
        #expect(asset.state == .delivered(.receipt))
        #expect(asset.kind == .photo && asset.name == "IMG_0001.JPG" && asset.post.tags == ["ice"])
        let original = try #require(asset.deliveries.first { $0.rendition == .original })
        #expect(original.receipt && original.acknowledged == asset.bytes)
        #expect(Proof.receipt.isSafeToFree && !Proof.size.isSafeToFree)
        let check = try await satchel.check(target.id)
        #expect(check.missing == 0 && check.unknown == 0 && check.confirmed >= 1)
        let ledger = try await satchel.ledger()
        #expect(ledger.reduce(0) { $0 + $1.sent } >= asset.bytes)
    }

    @Test func changesTellOfADeliveryAndTheStreamEndsWithTheOutbox() async throws {
        let receiver = try Receiver(in: folder.url)
        let satchel = try await open()
        try await satchel.pair(code: receiver.pairing, device: "swift")
        let changes = satchel.changes()
        let added = try await satchel.add(try folder.photo("IMG_0002.JPG"))
        async let report = satchel.run()
        var seen: [Change] = []
        for await change in changes {
            seen.append(change)
            if case .delivered(_, .original, _, .receipt) = change { satchel.close() }
        }
        #expect(seen.contains(.assets) && seen.contains(.read(added.id)))
        _ = try? await report
        guard case .closed? = await failure({ _ = try await satchel.counts() }) else {
            Issue.record("a closed outbox counts")
            return
        }
    }

    @Test func aStreamEndsWithTheTaskThatReadsIt() async throws {
        let satchel = try await open()
        let reader = Task { for await _ in satchel.changes() {} }
        reader.cancel()
        await reader.value
        try await satchel.add(try folder.photo("IMG_0003.JPG"))
        #expect(try await satchel.assets().count == 1)
    }

    @Test func aRunStopsWithItsTaskAndGoesOnNextTime() async throws {
        let receiver = try Receiver(in: folder.url)
        let link = try BadLink(to: receiver)
        let satchel = try await open()
        try await satchel.pair(code: link.pairing, device: "swift")
        let added = try await satchel.add(try folder.photo("IMG_0004.JPG", bytes: 3_000_000))
        // At this rate the photo takes far longer than the test may.
        try link.set("rate 60KB")
        let changes = satchel.changes()
        let run = Task { try await satchel.run() }
        for await change in changes {
            if case .progress(added.id, .original, _, let sent, _) = change, sent > 0 { break }
        }
        run.cancel()
        let report = try await run.value
        #expect(report.stopped)
        #expect(report.counts.delivered == 0 && report.counts.open == 1)

        try link.set("open")
        try await satchel.tryNow()
        let second = try await satchel.run()
        #expect(second.counts.delivered == 1)
        #expect(try await satchel.asset(added.id).state == .delivered(.receipt))
    }

    @Test func aSecondRunIsRefusedByItsType() async throws {
        let satchel = try await open()
        let added = try await satchel.add(try folder.photo("IMG_0008.JPG"))
        // Nobody is there, so the run waits to try again.
        try await satchel.setTusTarget(try #require(URL(string: "http://127.0.0.1:9/files/")))
        let changes = satchel.changes()
        let first = Task { try await satchel.run(RunOptions(deadline: .seconds(120))) }
        // It has read the photo, so it holds the outbox, and does so until its deadline.
        for await change in changes where change == .read(added.id) { break }
        guard case .alreadyRunning(let words)? = await failure({ try await satchel.run() }) else {
            Issue.record("two runs of one outbox")
            return
        }
        #expect(!words.isEmpty)
        first.cancel()
        #expect(try await first.value.stopped)
    }

    @Test func errorsHaveTheirKinds() async throws {
        let satchel = try await open()
        let missing = folder.url.appendingPathComponent("not-there.jpg")
        guard case .source(.gone, let words)? = await failure({ try await satchel.add(missing) }) else {
            Issue.record("a file that is not there was added")
            return
        }
        #expect(!words.contains(missing.path), "an error names a file: \(words)")
        let part = await failure { try await satchel.pair(code: "satchel://nowhere", device: "swift") }
        guard case .pairing(.badCode, _)? = part else {
            Issue.record("a part of a code gave \(String(describing: part))")
            return
        }
        let nine = await failure { try satchel.setPolicy(Policy(uploadsAtOnce: 9)) }
        guard case .invalid(let words, "uploads_at_once")? = nine, words.contains("1 to 8") else {
            Issue.record("nine uploads at once gave \(String(describing: nine))")
            return
        }
        let nonsense = await failure { _ = try await satchel.asset(AssetID(rawValue: "nonsense")) }
        guard case .invalid? = nonsense else {
            Issue.record("nonsense gave \(String(describing: nonsense))")
            return
        }
    }

    @Test func whyAnAssetWaitsIsSaid() async throws {
        let satchel = try await open()
        let added = try await satchel.add(try folder.photo("IMG_0005.JPG"))
        try await satchel.run(RunOptions(linger: .zero))
        let state = try await satchel.asset(added.id).state
        guard case .waiting(.noTarget, let words, _, let whenWords) = state else {
            Issue.record("it waits otherwise: \(state)")
            return
        }
        #expect(!words.isEmpty)
        #expect(!whenWords.isEmpty)
        try await satchel.pause()
        #expect(try await satchel.isPaused())
        try await satchel.remove(added.id)
        #expect(try await satchel.assets().isEmpty)
    }

    @Test func tokensAreKeptByTheApp() async throws {
        let receiver = try Receiver(in: folder.url)
        let tokens = Tokens()
        let first = try await open(tokens)
        try await first.pair(code: receiver.pairing, device: "swift")
        #expect(tokens.count == 1)
        first.close()

        let again = try await open(tokens)
        let added = try await again.add(try folder.photo("IMG_0006.JPG"))
        try await again.run()
        #expect(try await again.asset(added.id).state == .delivered(.receipt))
    }

    @Test func anAppThatFailsIsToldSo() async throws {
        let satchel = try await open(Tokens(refuses: true))
        let address = try #require(URL(string: "http://127.0.0.1:9/files/"))
        let refused = await failure { try await satchel.setTusTarget(address, token: "secret") }
        guard case .host(let words)? = refused, words.contains("Refusal") else {
            Issue.record("an app that keeps no token gave \(String(describing: refused))")
            return
        }
        try await satchel.add(try folder.photo("IMG_0007.JPG"))
    }

    @Test func aFolderIsAddedInPages() async throws {
        for number in 10..<25 { _ = try folder.photo("IMG_00\(number).JPG", bytes: 800) }
        let satchel = try await open()
        let report = try await satchel.addFolder(folder.url)
        #expect(report.added == 15 && report.failed == 0)
        let first = try await satchel.assets(limit: 10)
        let second = try await satchel.assets(before: first.last?.sequence, limit: 10)
        #expect(first.count == 10 && second.count == 5)
        #expect(Set((first + second).map(\.id)).count == 15)
    }
}
