// A phone made of plain values, with the real outbox in it.

import Foundation
import Satchel

@testable import SatchelDemoModel

/// What the app's `SatchelHost` is to the model.
@MainActor
final class TestPhone: Phone {
    let satchel: Satchel
    private(set) var seen: Link
    private(set) var pretended: Link?
    private var ears: [AsyncStream<Link>.Continuation] = []
    var wake: Wake?
    let runner: Runner
    let name = "Test phone"
    let facts = ["model: test", "system: Linux"]

    init(_ satchel: Satchel, sees link: Link) throws {
        self.satchel = satchel
        seen = link
        runner = Runner(satchel)
        try satchel.setLink(link)
    }

    func lastWake() async -> Wake? { wake }

    func sightings() -> AsyncStream<Link> {
        let (stream, ear) = AsyncStream<Link>.makeStream()
        ears.append(ear)
        return stream
    }

    /// The phone is carried into another network.
    func see(_ link: Link) throws {
        seen = link
        if pretended == nil { try satchel.setLink(link) }
        runner.stir()
        for ear in ears { ear.yield(link) }
    }

    func pretend(_ link: Link?) async throws {
        pretended = link
        try satchel.setLink(link ?? seen)
        runner.stir()
        for ear in ears { ear.yield(seen) }
    }

    func sendNow(_ assets: [AssetID]) async throws {
        try await satchel.sendNow(assets)
        runner.stir()
    }
}

/// A camera roll of two albums.
@MainActor
final class TestRoll: CameraRoll {
    var access = CameraRollAccess.open
    private(set) var isOn = false
    private var all = [Album(id: "1", title: "Ice", watched: false), Album(id: "2", title: "People", watched: false)]
    /// What the person answers when asked.
    var answer = CameraRollAccess.all

    func turn(on: Bool) async throws {
        if on && access == .open { access = answer }
        if on && access == .none {
            throw SatchelError.host(words: "allow it in the Settings app first")
        }
        isOn = on
    }

    func albums() async throws -> [Album] { all }

    func watch(_ album: Album.ID, _ watched: Bool) async throws {
        all = all.map { $0.id == album ? Album(id: $0.id, title: $0.title, watched: watched) : $0 }
    }
}

/// Counts how often it was killed.
@MainActor
final class TestProcess: ProcessEnding {
    private(set) var ends = 0
    func end() { ends += 1 }
}

/// Remembers as long as the test.
@MainActor
final class TestMemory: Memory {
    private(set) var kept: [String: String] = [:]
    func get(_ key: String) -> String? { kept[key] }
    func put(_ key: String, _ value: String?) { kept[key] = value }
}

/// Everything that a test of the model needs: a phone, its outbox in a folder that goes with the test, and a receiver.
@MainActor
final class Trip {
    let folder: URL
    let satchel: Satchel
    let phone: TestPhone
    let roll = TestRoll()
    let process = TestProcess()
    let memory = TestMemory()
    let demo: DemoModel
    /// It lives as long as the trip.
    private var receiver: Receiver?
    private var following: Task<Void, Never>?

    static let wifi = Link(.wifi, metered: false, roaming: false, validated: true, captive: false, network: "home")

    init(sees link: Link = Trip.wifi, policy: Policy? = nil) async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("satchel-demo-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        satchel = try await Satchel.open(
            Configuration(folder: folder.appendingPathComponent("outbox"), policy: policy))
        phone = try TestPhone(satchel, sees: link)
        let temporary = folder.appendingPathComponent("temporary")
        try FileManager.default.createDirectory(at: temporary, withIntermediateDirectories: true)
        demo = DemoModel(
            satchel, Edges(phone: phone, roll: roll, process: process, memory: memory, temporary: temporary))
    }

    deinit {
        satchel.close()
        try? FileManager.default.removeItem(at: folder)
    }

    /// The app is opened: it follows the outbox and runs it.
    func begin() async {
        // Not the trip itself: one whose test failed goes all the same, and its receiver with it.
        following = Task { [demo] in await demo.follow() }
        phone.runner.start()
    }

    /// The app is left, and the outbox closed.
    func end() async throws {
        await phone.runner.stop()
        try await satchel.closeAndWait()
        await following?.value
    }

    /// Pairs with a new receiver.
    @discardableResult
    func pair() async throws -> Receiver {
        let receiver = try Receiver(in: folder)
        self.receiver = receiver
        demo.settings.code = receiver.pairing
        guard await demo.settings.pair() else {
            throw Receiver.Failure(description: demo.settings.pairingNotice?.words ?? "not paired")
        }
        return receiver
    }

    /// Pairs with a new receiver over a free network, and goes back to the one that there is.
    @discardableResult
    func pairLater() async throws -> Receiver {
        let here = phone.seen
        try phone.see(Trip.wifi)
        let receiver = try await pair()
        try phone.see(here)
        return receiver
    }

    /// Something that a person picked: a drawn picture.
    func picked(_ name: String = "IMG_0001.PNG", motion: Bool = false) -> any Picked {
        Drawn(folder: folder, name: name, motion: motion)
    }

    /// Adds a drawn picture as the picker does; which asset it is.
    @discardableResult
    func add(_ name: String = "IMG_0001.PNG") async throws -> AssetID {
        await demo.outbox.add([picked(name)])
        guard let row = demo.outbox.rows.first(where: { $0.title == name }) else {
            throw Receiver.Failure(description: demo.outbox.notice?.words ?? "it is not in the list")
        }
        return row.id
    }
}

/// A picture that is drawn when it is fetched.
struct Drawn: Picked {
    let folder: URL
    let name: String
    let motion: Bool

    func fetch() async throws -> PickedFile {
        let file = folder.appendingPathComponent("picked-\(UUID().uuidString)")
        let batch = UInt64.random(in: 0 ... .max)
        try Sample(number: 1, batch: batch).png().write(to: file)
        guard motion else { return PickedFile(file, name: name) }
        let film = folder.appendingPathComponent("IMG_0001.MOV")
        try Data("\0\0\0\u{14}ftypqt  \0\0\0\0qt  \(batch)".utf8).write(to: film)
        return PickedFile(file, name: name, motion: film)
    }
}

/// A pick that cannot be fetched.
struct Unfetched: Picked {
    struct NotThere: Error {}
    func fetch() async throws -> PickedFile { throw NotThere() }
}
