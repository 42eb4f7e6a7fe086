// An app comes and goes: what it sends by itself, what it hands to its system, and that it is quiet when it is away.

import Foundation
import Satchel
import SatchelApple
import SatchelInbox
import Testing

/// A system that takes everything and brings nothing.
private final class Drawer: Carrier, @unchecked Sendable {
    let events: AsyncStream<CarrierEvent>
    private let telling: AsyncStream<CarrierEvent>.Continuation
    private let lock = NSLock()
    private var steps: [LeaseID: (method: String, carriage: Carriage)] = [:]

    init() {
        (events, telling) = AsyncStream.makeStream(of: CarrierEvent.self)
    }

    func carry(_ step: HostStep, by carriage: Carriage) async throws {
        lock.withLock { steps[step.lease] = (step.method, carriage) }
    }

    func leases() async -> Set<LeaseID> { Set(lock.withLock { steps.keys }) }
    func told(_ lease: LeaseID) async { lock.withLock { _ = steps.removeValue(forKey: lease) } }

    func cancel(_ carriage: Carriage) async {
        for (lease, step) in lock.withLock({ steps }) where step.carriage == carriage {
            telling.yield(.outcome(lease, .cut(.stopped)))
        }
    }

    var has: [(method: String, carriage: Carriage)] { lock.withLock { Array(steps.values) } }
    func allTold() { telling.yield(.allTold) }
}

/// What was asked of the system's scheduler.
private final class Asked: @unchecked Sendable {
    private let lock = NSLock()
    private var all: [[WakeRequest]] = []

    func take(_ requests: [WakeRequest]) { lock.withLock { all.append(requests) } }
    var requests: [[WakeRequest]] { lock.withLock { all } }
}

/// A photo library that notes what the system had when it was asked.
private final class Witness: PhotoSource, @unchecked Sendable {
    private let drawer: Drawer
    private let lock = NSLock()
    private var noted: [Int] = []

    init(_ drawer: Drawer) {
        self.drawer = drawer
    }

    var had: [Int] { lock.withLock { noted } }

    func access() async -> PhotoAccess {
        let count = drawer.has.count
        lock.withLock { noted.append(count) }
        return .none
    }

    func token() async throws -> Data { Data() }
    func items(from place: Int, limit: Int) async throws -> [PhotoItem] { [] }
    func items(_ ids: [String]) async throws -> [PhotoItem] { [] }
    func changes(since token: Data) async throws -> PhotoChanges { PhotoChanges(changed: [], token: token) }
}

@Suite(.timeLimit(.minutes(5)))
struct HostLifeTests {
    let folder: Folder
    private let drawer = Drawer()
    private let asked = Asked()
    private let tokens = Tokens()

    init() throws {
        folder = try Folder()
    }

    private func open(photos: (any PhotoSource)? = nil) async throws -> SatchelHost {
        let setup = SatchelHost.Setup(
            folder: folder.url.appendingPathComponent("app"), inbox: folder.url.appendingPathComponent("inbox"))
        let asked = asked
        let host = try await SatchelHost.open(
            setup, .init(carrier: drawer, credentials: tokens, photos: photos, submit: { asked.take($0) }))
        try await host.linkChanged(Link(.wifi, metered: false))
        return host
    }

    /// Waits until an upload is under way: some of it was handed to the network, and not all.
    private func sending(_ id: AssetID, in satchel: Satchel) async throws {
        for await change in satchel.changes() {
            if case .progress(id, .original, _, let sent, let bytes) = change, sent > 0 {
                #expect(sent < bytes)
                return
            }
        }
    }

    @Test func inFrontItSendsByItselfWhatWasSharedAndWhatComes() async throws {
        let receiver = try Receiver(in: folder.url)
        let host = try await open()
        try await host.satchel.pair(code: receiver.pairing, device: "a phone")
        try Inbox(folder: folder.url.appendingPathComponent("inbox"))
            .deliver(file: try folder.photo("shared.jpg"), name: "shared.jpg", post: InboxPost(caption: "Shared"))
        await host.enteredForeground()
        await host.enteredForeground()
        try await until("what was shared is delivered") { try await host.satchel.counts().delivered == 1 }
        try await host.satchel.add(try folder.photo("IMG_1.JPG"))
        try await until("what comes is delivered") { try await host.satchel.counts().delivered == 2 }
        #expect(drawer.has.isEmpty, "the system has nothing to do while the app is in front")
        #expect(try await host.satchel.assets().contains { $0.post.caption == "Shared" })
        try await host.close()
    }

    @Test func inFrontWithNothingToDoItIsCalm() async throws {
        let receiver = try Receiver(in: folder.url)
        let host = try await open()
        try await host.satchel.pair(code: receiver.pairing, device: "a phone")
        try await host.satchel.add(try folder.photo("IMG_1.JPG"))
        await host.enteredForeground()
        try await until("it is delivered") { try await host.satchel.counts().delivered == 1 }
        let before = await host.runs
        try await host.powerChanged(Power(charging: true))
        try await Task.sleep(for: .seconds(2))
        #expect(await host.runs - before <= 3, "it runs again and again")
        try await host.close()
    }

    @Test func goingAwayHandsOverAndIsQuietInTimeAndComingBackGoesOn() async throws {
        let receiver = try Receiver(in: folder.url)
        let link = try BadLink(to: receiver)
        let host = try await open()
        try await host.satchel.pair(code: link.pairing, device: "a phone")
        try link.set("rate 100KB")
        let id = try await host.satchel.add(try folder.photo("IMG_1.JPG", bytes: 900_000)).id
        async let isSending: Void = sending(id, in: host.satchel)
        await host.enteredForeground()
        try await isSending
        let began = ContinuousClock.now
        let quiet = await host.enteredBackground(within: .seconds(2))
        let took = ContinuousClock.now - began
        #expect(quiet && took < .seconds(6), "it took \(took)")
        print("an app was quiet \(Int(took / .milliseconds(1))) ms after it left, while an upload was under way")
        #expect(try await host.satchel.run(RunOptions(linger: .zero)).stopped, "it is suspended")
        // Nothing of its own moves any more.
        let before = try await host.satchel.ledger().reduce(0) { $0 + $1.sent }
        try await Task.sleep(for: .milliseconds(400))
        #expect(try await host.satchel.ledger().reduce(0) { $0 + $1.sent } == before)
        #expect(asked.requests.last?.isEmpty == false, "it asks to be woken")
        // The system brings nothing; what it has is told as lost when the app is started anew.
        try await host.close()
        let files = try staged(in: folder.url.appendingPathComponent("app/outbox"))
        let bodies = drawer.has.count { $0.carriage == .background }
        #expect(files.count == bodies, "a body for each file that the system has")
        let next = try await SatchelHost.open(
            .init(folder: folder.url.appendingPathComponent("app")), .init(carrier: Drawer(), credentials: tokens))
        #expect(try staged(in: folder.url.appendingPathComponent("app/outbox")).isEmpty)
        try await next.linkChanged(Link(.wifi, metered: false))
        try link.set("open")
        await next.enteredForeground()
        try await until("it goes on") { try await next.satchel.asset(id).state == .delivered(.receipt) }
        try await next.close()
    }

    @Test func aWakeUpTakesInHandsOverAndEndsInItsTime() async throws {
        let receiver = try Receiver(in: folder.url)
        let host = try await open()
        try await host.satchel.pair(code: receiver.pairing, device: "a phone")
        try Inbox(folder: folder.url.appendingPathComponent("inbox"))
            .deliver(file: try folder.photo("shared.jpg"), name: "shared.jpg")
        let began = ContinuousClock.now
        // The drawer answers no short step, so it cannot come to its end.
        #expect(await !host.work(within: .milliseconds(700)))
        #expect(ContinuousClock.now - began < .seconds(6))
        #expect(try await host.satchel.assets().map(\.name) == ["shared.jpg"])
        #expect(asked.requests.count == 1)
        try await until("short steps are ended") { !drawer.has.contains { $0.carriage == .awake } }
        // Events of the background session, while the app is away.
        let events = Task { await host.handleEvents(within: .seconds(1)) }
        drawer.allTold()
        await events.value
        #expect(await host.uploads.isQuiet)
        try await host.close()
    }

    @Test func aWakeUpHandsOverBeforeItLooksForNewPhotos() async throws {
        let receiver = try Receiver(in: folder.url)
        let witness = Witness(drawer)
        let host = try await open(photos: witness)
        try await host.satchel.pair(code: receiver.pairing, device: "a phone")
        try await host.satchel.add(try folder.photo("IMG_1.JPG"))
        await host.work(within: .seconds(4))
        #expect(witness.had.count == 1 && witness.had.allSatisfy { $0 > 0 })
        #expect(asked.requests.count == 1)
        try await host.close()
    }

    @Test func aWifiWithoutANameIsNotTakenForFreeWhereOneIsMarkedAsMetered() async throws {
        let host = try await open()
        #expect(try host.satchel.effectiveLink().metered == false)
        try await host.satchel.markNetwork("hotel", .metered)
        try await host.linkChanged(Link(.wifi, metered: false))
        #expect(try host.satchel.effectiveLink().linkClass == .unknown)
        try await host.linkChanged(Link(.wifi, metered: false, network: "home"))
        #expect(try host.satchel.effectiveLink().linkClass == .unmetered)
        try await host.close()
    }

    @Test func aPretendedLinkStandsForTheRealOne() async throws {
        let host = try await open()
        try await host.pretendLink(Link(.noNetwork))
        #expect(try host.satchel.effectiveLink().kind == .noNetwork)
        try await host.linkChanged(Link(.cellular, metered: true))
        #expect(try host.satchel.effectiveLink().kind == .noNetwork)
        #expect(await host.link.kind == .noNetwork)
        try await host.pretendLink(nil)
        #expect(try host.satchel.effectiveLink() == Link(.cellular, metered: true))
        try await host.powerChanged(Power(charging: true))
        try await host.close()
    }

    @Test func whatIsSentNowGoesOnWhenThePersonLeaves() async throws {
        let receiver = try Receiver(in: folder.url)
        let link = try BadLink(to: receiver)
        let host = try await open()
        try await host.satchel.pair(code: link.pairing, device: "a phone")
        try link.set("rate 200KB")
        try await host.linkChanged(Link(.wifi, metered: true, network: "hotel"))
        let id = try await host.satchel.add(try folder.photo("IMG_1.JPG", bytes: 600_000)).id
        await host.enteredForeground()
        try await until("it is known, and waits") { try await host.satchel.asset(id).state.code == "waiting" }
        try await host.sendNow([id])
        let told = Told()
        let sending = Task { await host.send([id]) { told.take($0, $1) } }
        try await until("it is being sent") { told.last.sent > 0 }
        #expect(await !host.enteredBackground(within: .seconds(1)), "the person sees it going on")
        #expect(await sending.value)
        #expect(told.last.sent == told.last.bytes && told.last.bytes > 600_000)
        #expect(try await host.satchel.asset(id).state == .delivered(.receipt))
        try await until("then it is quiet") { await host.uploads.isQuiet }
        try await host.close()
    }
}

/// The latest progress.
private final class Told: @unchecked Sendable {
    private let lock = NSLock()
    private var now = (sent: 0, bytes: 0)

    func take(_ sent: Int, _ bytes: Int) { lock.withLock { now = (sent, bytes) } }
    var last: (sent: Int, bytes: Int) { lock.withLock { now } }
}
