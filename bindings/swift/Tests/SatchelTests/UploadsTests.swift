// Uploads that a system carries: what is matched after a relaunch, what goes where, what is believed, and what is left behind.

import Foundation
import Satchel
import SatchelApple
import Testing

/// A system that takes steps and does with them what the test says.
private final class Desk: Carrier, @unchecked Sendable {
    let events: AsyncStream<CarrierEvent>
    private let telling: AsyncStream<CarrierEvent>.Continuation
    private let lock = NSLock()
    private var steps: [(step: HostStep, carriage: Carriage)] = []
    private var told: Set<LeaseID> = []
    private var carried: Set<LeaseID>
    private var refusing = false

    init(carried: Set<LeaseID> = []) {
        self.carried = carried
        (events, telling) = AsyncStream.makeStream(of: CarrierEvent.self)
    }

    func carry(_ step: HostStep, by carriage: Carriage) async throws {
        try lock.withLock {
            if refusing { throw CarrierRefusal.notForTheBackground }
            steps.append((step, carriage))
            carried.insert(step.lease)
        }
    }

    func leases() async -> Set<LeaseID> { lock.withLock { carried } }

    func told(_ lease: LeaseID) async {
        lock.withLock {
            told.insert(lease)
            carried.remove(lease)
        }
    }

    func cancel(_ carriage: Carriage) async {
        for (step, way) in taken where way == carriage {
            say(.outcome(step.lease, .cut(.stopped)))
        }
    }

    func say(_ event: CarrierEvent) { telling.yield(event) }
    func refuse(_ refusing: Bool) { lock.withLock { self.refusing = refusing } }
    var taken: [(step: HostStep, carriage: Carriage)] { lock.withLock { steps } }
    var acknowledged: Set<LeaseID> { lock.withLock { told } }
}

/// Waits until something is so.
func until(_ what: String, within time: Duration = .seconds(20), _ so: () async throws -> Bool) async throws {
    let end = ContinuousClock.now.advanced(by: time)
    while try await !so() {
        if ContinuousClock.now > end { throw Program.Failure(description: "not within \(time): \(what)") }
        try await Task.sleep(for: .milliseconds(5))
    }
}

@Suite(.timeLimit(.minutes(5)))
struct UploadsTests {
    private let small = HostLimits(mostSteps: 2, mostBytesPerStep: 65_536)
    let folder: Folder
    let outbox: URL
    let state: URL

    init() throws {
        folder = try Folder()
        outbox = folder.url.appendingPathComponent("outbox")
        state = folder.url.appendingPathComponent("host.json")
    }

    private func open(_ tokens: Tokens? = nil) async throws -> Satchel {
        let satchel = try await Satchel.open(Configuration(folder: outbox), credentials: tokens)
        try satchel.setLink(Link(.wifi, metered: false))
        return satchel
    }

    private func carrier(_ seams: URLSessionCarrier.Seams = .init(withoutTLS: true)) -> URLSessionCarrier {
        URLSessionCarrier(identifier: "tests", seams: seams)
    }

    /// A tus server that only the desk would ask.
    private func target(_ satchel: Satchel) async throws {
        try await satchel.setTusTarget(try #require(URL(string: "https://127.0.0.1:9/files/")))
    }

    @Test func everythingIsDeliveredAndNoStagedBodyIsLeft() async throws {
        let world = try World(in: folder.url)
        let tokens = Tokens()
        let satchel = try await open(tokens)
        try await satchel.pair(code: try await world.code(), device: "a phone")
        try await world.play("plain")
        var names: [String] = []
        for number in 0..<4 {
            names.append("photo-\(number).jpg")
            try await world.photo(names[number], bytes: 150_000 + 20_000 * number, seed: number + 1)
            try await satchel.add(folder.url.appendingPathComponent("photos/\(names[number])"))
        }
        let uploads = BackgroundUploads(satchel: satchel, carrier: carrier(), limits: small, keeping: state)
        try await uploads.begin()
        try await uploads.fill()
        // Nobody asks again: each outcome brings the next steps.
        try await until("all delivered") { try await satchel.counts().delivered == 4 }
        try await until("all told") { await uploads.carried == 0 }
        for asset in try await satchel.assets() { #expect(asset.state == .delivered(.receipt)) }
        try await world.expectCompletedOnce(names)
        #expect(try staged(in: outbox).isEmpty)
        await uploads.rest()
        try await satchel.closeAndWait()
    }

    @Test func afterARelaunchTheSystemsLeasesAreMatchedAndTheOthersAreFree() async throws {
        let (first, desk) = (try await open(), Desk())
        try await target(first)
        for number in 0..<2 { try await first.add(try folder.photo("IMG_\(number).JPG", bytes: 100_000)) }
        let before = BackgroundUploads(satchel: first, carrier: desk, limits: small, keeping: state)
        let filling = Task { try await before.fill() }
        try await until("two creations") { desk.taken.count == 2 }
        #expect(desk.taken.allSatisfy { $0.carriage == .awake && $0.step.method == "POST" })
        filling.cancel()
        _ = try? await filling.value
        first.close()
        try await first.closeAndWait()

        // The system still has one of them; the other was lost with the process.
        let kept = desk.taken[0].step.lease
        let second = try await open()
        let later = Desk(carried: [kept])
        let after = BackgroundUploads(satchel: second, carrier: later, limits: small, keeping: state)
        try await after.begin()
        try await after.begin()
        #expect(await after.carried == 1)
        // There is room for one: the upload that is carried has no second step out.
        let refilling = Task { try await after.fill() }
        try await until("the other photo goes again") { later.taken.count == 1 }
        let again = try #require(later.taken.first?.step)
        #expect(again.asset == desk.taken[1].step.asset && again.lease != desk.taken[1].step.lease)
        // Late: what came of the one that the system carried, which is recorded, and of the lost one, which is stale.
        later.say(.outcome(kept, .cut(.reset, sent: 0)))
        later.say(.outcome(desk.taken[1].step.lease, .cut(.reset, sent: 0)))
        try await until("both are told") { later.acknowledged.count == 2 }
        #expect(try await second.hostOutcome(.cut(.reset), of: kept) == .stale)
        refilling.cancel()
        _ = try? await refilling.value
        try await second.closeAndWait()
    }

    @Test func theCompletionHandlerWaitsForAllThatHappenedMeanwhile() async throws {
        let (satchel, desk) = (try await open(), Desk())
        try await target(satchel)
        try await satchel.add(try folder.photo("IMG_1.JPG"))
        let uploads = BackgroundUploads(satchel: satchel, carrier: desk, limits: small, keeping: state)
        let filling = Task { try await uploads.fill() }
        try await until("a creation") { desk.taken.count == 1 }
        await uploads.hold()
        _ = try? await filling.value
        let ended = Task { await uploads.ended(within: .seconds(60)) }
        let step = desk.taken[0].step
        desk.say(.outcome(step.lease, .cut(.reset, sent: 0)))
        try await until("it is told") { desk.acknowledged == [step.lease] }
        desk.say(.allTold)
        await ended.value
        // The system ends an app that never calls it: without a word it returns all the same.
        let began = ContinuousClock.now
        await uploads.ended(within: .milliseconds(200))
        #expect(ContinuousClock.now - began < .seconds(10))
        try await satchel.closeAndWait()
    }

    @Test func whatTheSystemDoesNotTakeIsFreeAtOnce() async throws {
        let (satchel, desk) = (try await open(), Desk())
        try await target(satchel)
        try await satchel.add(try folder.photo("IMG_1.JPG"))
        let uploads = BackgroundUploads(satchel: satchel, carrier: desk, limits: small, keeping: state)
        desk.refuse(true)
        await #expect(throws: CarrierRefusal.self) { try await uploads.fill() }
        #expect(await uploads.carried == 0)
        desk.refuse(false)
        let filling = Task { try await uploads.fill() }
        try await until("it goes again") { desk.taken.count == 1 }
        filling.cancel()
        _ = try? await filling.value
        try await satchel.closeAndWait()
    }

    @Test func aTargetWithoutTLSNeverGoesInTheBackground() async throws {
        let world = try World(in: folder.url)
        let url = try #require(try await world.play("tus")["url"] as? String)
        #expect(url.hasPrefix("http://"))
        let satchel = try await open()
        try await satchel.setTusTarget(try #require(URL(string: url)))
        try await satchel.add(try folder.photo("IMG_1.JPG", bytes: 100_000))
        let carrier = carrier(.init())
        let watching = Watching(carrier)
        let uploads = BackgroundUploads(satchel: satchel, carrier: watching, limits: small, keeping: state)
        try await uploads.fill()
        try await until("delivered") { try await satchel.counts().delivered == 1 }
        let ways = watching.ways
        #expect(ways.contains { $0.method == "PATCH" } && ways.allSatisfy { $0.carriage == .awake }, "\(ways)")
        // And where somebody asks for it, it is refused.
        let step = try #require(watching.last)
        await #expect(throws: CarrierRefusal.notForTheBackground) { try await carrier.carry(step, by: .background) }
        await uploads.rest()
        try await satchel.closeAndWait()
    }

    /// The background session follows redirects and asks nobody; here the seam follows them.
    @Test(arguments: [307, 308]) func whoAnswersFromElsewhereIsNotBelieved(status: Int) async throws {
        let elsewhere = try Answerer(
            "HTTP/1.1 204 No Content\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 60020\r\nContent-Length: 0\r\n\r\n")
        let target = try Answerer([
            "POST": "HTTP/1.1 201 Created\r\nTus-Resumable: 1.0.0\r\nLocation: /files/1\r\nContent-Length: 0\r\n\r\n",
            "PATCH": "HTTP/1.1 \(status) R\r\nLocation: \(elsewhere.url)files/1\r\nContent-Length: 0\r\n\r\n",
        ])
        let satchel = try await open()
        let address = target.url.replacingOccurrences(of: "http:", with: "https:") + "files/"
        try await satchel.setTusTarget(try #require(URL(string: address)), token: "secret")
        let added = try await satchel.add(try folder.photo("IMG_1.JPG", bytes: 60_000))
        let follows = carrier(.init(withoutTLS: true, followsRedirects: true))
        let uploads = BackgroundUploads(satchel: satchel, carrier: follows, limits: small, keeping: state)
        try await uploads.fill()
        try await until("the bytes were redirected") { elsewhere.asked == 1 }
        try await until("it rests") {
            if case .waiting(let why, _, _, _) = try await satchel.asset(added.id).state {
                why.trouble != nil
            } else {
                false
            }
        }
        let state = try await satchel.asset(added.id).state
        guard case .waiting(let reason, _, _, _) = state, reason.trouble == .blocked(.redirect) else {
            Issue.record("after a redirect it is \(state)")
            return
        }
        #expect(try await satchel.asset(added.id).acknowledged == 0)
        await uploads.rest()
        try await satchel.closeAndWait()
    }

    @Test func whatGoesWhileTheProcessLivesEndsWithItsRest() async throws {
        let (satchel, desk) = (try await open(), Desk())
        try await target(satchel)
        try await satchel.add(try folder.photo("IMG_1.JPG"))
        let uploads = BackgroundUploads(satchel: satchel, carrier: desk, limits: small, keeping: state)
        let filling = Task { try await uploads.fill() }
        try await until("a creation") { desk.taken.count == 1 }
        let began = ContinuousClock.now
        await uploads.rest(within: .seconds(5))
        #expect(ContinuousClock.now - began < .seconds(4))
        _ = try? await filling.value
        #expect(await uploads.carried == 0)
        try await uploads.fill()
        #expect(desk.taken.count == 1, "it rests, and hands nothing over")
        await uploads.resume()
        let again = Task { try await uploads.fill() }
        try await until("it goes again") { desk.taken.count == 2 }
        again.cancel()
        _ = try? await again.value
        try await satchel.closeAndWait()
    }
}

/// Notes how steps go.
private final class Watching: Carrier, @unchecked Sendable {
    private let carrier: URLSessionCarrier
    private let lock = NSLock()
    private var seen: [(step: HostStep, carriage: Carriage)] = []

    init(_ carrier: URLSessionCarrier) {
        self.carrier = carrier
    }

    func carry(_ step: HostStep, by carriage: Carriage) async throws {
        lock.withLock { seen.append((step, carriage)) }
        try await carrier.carry(step, by: carriage)
    }

    func leases() async -> Set<LeaseID> { await carrier.leases() }
    var events: AsyncStream<CarrierEvent> { carrier.events }
    func told(_ lease: LeaseID) async { await carrier.told(lease) }
    func cancel(_ carriage: Carriage) async { await carrier.cancel(carriage) }
    var ways: [(method: String, carriage: Carriage)] { lock.withLock { seen.map { ($0.step.method, $0.carriage) } } }
    var last: HostStep? { lock.withLock { seen.last { $0.step.body != nil }?.step } }
}
