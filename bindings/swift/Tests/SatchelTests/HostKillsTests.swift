// An app is killed again and again while another process, as the system's daemon does, goes on carrying its requests; how
// often is said by SATCHEL_HOST_KILLS.

import Foundation
import Satchel
import SatchelSystem
import Testing

private let kills = ProcessInfo.processInfo.environment["SATCHEL_HOST_KILLS"].flatMap(Int.init) ?? 25

/// A program of this package that lives until it is killed, or its standard input ends: at the latest with the tests.
final class Living: @unchecked Sendable {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var said = Data()

    init(_ name: String, _ arguments: [String]) throws {
        process.executableURL = try program(name)
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        process.environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// What it said up to now, in whole lines.
    var lines: [String] { String(decoding: said, as: UTF8.self).components(separatedBy: "\n").dropLast() }

    /// Waits until it says something.
    func hear(_ line: String) async throws {
        while !lines.contains(line) {
            let reading = output.fileHandleForReading
            let more = try await waiting { reading.availableData }
            if more.isEmpty { throw Program.Failure(description: "it ended before it said \"\(line)\": \(lines)") }
            said.append(more)
        }
    }

    /// Waits for its end, and hears it out.
    func over() async throws {
        let reading = output.fileHandleForReading
        said.append(try await waiting { reading.readDataToEndOfFile() })
        process.waitUntilExit()
    }

    /// Ends it at once, and hears it out.
    func end() async throws {
        kill(process.processIdentifier, SIGKILL)
        let reading = output.fileHandleForReading
        said.append(try await waiting { reading.readDataToEndOfFile() })
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal, "it ended before it was killed")
    }

    var accepted: [String] { lines.filter { $0.hasPrefix("added ") }.map { String($0.dropFirst(6)) } }
}

/// Keeps the daemon alive, as the system does with its own: see `HostSystem.carry` for why it may die.
actor Daemon {
    private let arguments: [String]
    private var carrier: Living?
    private var keeping: Task<Void, any Error>?
    /// How often it died by itself.
    private(set) var deaths = 0

    init(_ arguments: String...) {
        self.arguments = arguments
    }

    func start() async throws {
        let carrier = try Living("SatchelCarrier", arguments)
        self.carrier = carrier
        try await carrier.hear("carrying")
        keeping = Task {
            try await carrier.over()
            if Task.isCancelled { return }
            deaths += 1
            try await start()
        }
    }

    func stop() async throws {
        keeping?.cancel()
        try await carrier?.end()
    }
}

/// A line of the daemon's journal.
struct Carried: Decodable {
    let lease: String
    let method: String
    let path: String
    let offset: String?
    let bytes: Int
    let status: Int?
    let again: Bool

    var start: Int { offset.flatMap(Int.init) ?? 0 }
    var wentThrough: Bool { (status ?? 0) / 100 == 2 }
}

func journal(_ file: URL) throws -> [Carried] {
    try Data(contentsOf: file).split(separator: UInt8(ascii: "\n")).map {
        try JSONDecoder().decode(Carried.self, from: $0)
    }
}

/// What a daemon did that lived through it all, as the numbers of bytes must have it.
private func expectSentOnce(_ carried: [Carried], _ sizes: Int) {
    let firsts = carried.filter { !$0.again }
    #expect(Set(firsts.map(\.lease)).count == firsts.count, "a task was carried twice")
    // Of what was repeated nothing got through, and no byte of a photo got through twice.
    for repeated in carried where repeated.again { #expect(!repeated.wentThrough, "\(repeated)") }
    let kept = firsts.filter { $0.wentThrough && $0.path.hasPrefix("/files") }
    for (path, steps) in Dictionary(grouping: kept.filter { $0.offset != nil }, by: \.path) {
        var next = 0
        for step in steps.sorted(by: { $0.start < $1.start }) {
            #expect(step.start >= next, "a byte of \(path) got through twice")
            next = step.start + step.bytes
        }
    }
    // A repeated request may stop a first one at the same upload, part of which then counts; nothing else fails on this link.
    let cut = firsts.filter { !$0.wentThrough && $0.method != "HEAD" }
    #expect(cut.count <= carried.count(where: \.again), "\(cut)")
    let (whole, part) = (kept.map(\.bytes).reduce(0, +), cut.map(\.bytes).reduce(0, +))
    #expect(whole <= sizes && whole + part >= sizes, "\(whole) and of \(part) some, for \(sizes)")
    print("\(whole) of \(sizes) bytes were sent once and whole, the others by \(cut.count) requests that were cut")
}

/// Of what hosts said one after another: no outcome was stale the first time that it was told, since each host said at its
/// start what its system still had.
private func expectRecordedFirst(_ lines: [String]) {
    var told: [Substring: Int] = [:]
    for words in lines.map({ $0.split(separator: " ") }) where words.count == 2 {
        switch words[0] {
        case "telling": told[words[1], default: 0] += 1
        case "stale": #expect(told[words[1], default: 0] > 1, "an outcome came to nothing: \(words[1])")
        default: break
        }
    }
    #expect(!told.isEmpty)
}

@Test(.timeLimit(.minutes(5 + kills / 20)))
func aHostThatIsKilledLosesNothingWhileItsSystemGoesOn() async throws {
    let folder = try Folder()
    let world = try World(in: folder.url)
    let configuration = Configuration(folder: folder.url.appendingPathComponent("outbox"))
    let tokens = Tokens()
    let first = try await Satchel.open(configuration, credentials: tokens)
    let target = try await first.pair(code: try await world.code(), device: "a phone")
    let owner = try first.newHostID()
    first.close()
    let token = try #require(tokens.any)
    try await world.play("plain")
    try await world.link("rate 2MB")

    let spool = try Spool(folder.url.appendingPathComponent("spool"))
    let noted = folder.url.appendingPathComponent("carried.jsonl")
    let daemon = Daemon(folder.url.appendingPathComponent("spool").path, noted.path)
    try await daemon.start()
    func host(_ names: [String]) throws -> Living {
        try Living("SatchelHost", [folder.url.path, token, owner.rawValue] + names)
    }
    /// Which tasks wait with their last reply.
    func finished() throws -> Set<String> {
        Set(try spool.leases().filter { spool.replies(of: $0).last?.last == true })
    }

    var (names, sizes, whileDead) = ([String](), 0, 0)
    var accepted: Set<String> = []
    var said: [String] = []
    for round in 0..<kills {
        for number in 0..<2 {
            let (name, bytes) = ("photo-\(round)-\(number).jpg", Int.random(in: 20_000..<300_000))
            try await world.photo(name, bytes: bytes, seed: names.count + 1)
            names.append(name)
            sizes += bytes
        }
        let app = try host(names.filter { !accepted.contains($0) })
        try await app.hear("started")
        try await Task.sleep(for: .milliseconds(Int.random(in: 5..<500)))
        try await app.end()
        accepted.formUnion(app.accepted)
        said += app.lines
        let before = try finished()
        try await Task.sleep(for: .milliseconds(Int.random(in: 0..<150)))
        whileDead += try finished().subtracting(before).count
    }
    let last = try host(names.filter { !accepted.contains($0) })
    try await last.hear("done")
    try await last.end()
    expectRecordedFirst(said + last.lines)
    try await daemon.stop()

    let carried = try journal(noted)
    let (repeated, deaths) = (carried.filter(\.again), await daemon.deaths)
    print(
        "\(kills) kills of a host: \(carried.count) requests, \(whileDead) of them done while it was dead, "
            + "\(repeated.count) repeated, \(repeated.count { $0.status == 409 }) of those refused with 409; "
            + "the system's process died \(deaths) times")
    #expect(whileDead > 0, "the system did nothing while the host was dead")
    #expect(!repeated.isEmpty, "the system repeated nothing")
    if deaths == 0 { expectSentOnce(carried, sizes) }

    try await world.play("plain", ["on": false])
    let satchel = try await Satchel.open(configuration, credentials: tokens)
    defer { satchel.close() }
    try satchel.setLink(Link(.wifi, metered: false))
    let assets = try await everything(in: satchel)
    #expect(assets.map(\.name).sorted() == names.sorted(), "one file is one asset")
    for asset in assets { #expect(asset.state == .delivered(.receipt), "\(asset.name)") }
    let check = try await satchel.check(target.id)
    #expect(check.confirmed == names.count && check.missing == 0 && check.unknown == 0)
    try await world.expectCompletedOnce(names)
}
