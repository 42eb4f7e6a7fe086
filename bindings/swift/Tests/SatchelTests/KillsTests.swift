// A process is killed in the middle of adding and sending, again and again; how often is said by SATCHEL_KILLS.

import Foundation
import Satchel
import Testing

private let kills = ProcessInfo.processInfo.environment["SATCHEL_KILLS"].flatMap(Int.init) ?? 25

/// What a killed process said.
private struct Life {
    /// The photos that were accepted.
    private(set) var accepted: [String] = []
    /// Its end fell into an add.
    private(set) var adding = false
    /// Its end fell into sending.
    private(set) var sending = false

    /// The last line may be cut.
    init(_ said: Data) {
        let lines = String(decoding: said, as: UTF8.self).components(separatedBy: "\n").dropLast()
        #expect(lines.first == "started")
        for line in lines.dropFirst() {
            let words = line.split(separator: " ")
            switch words.first {
            case "adding": adding = true
            case "added":
                adding = false
                accepted.append(String(words[1]))
            default: sending = words.last != "0"
            }
        }
    }
}

/// Starts the process, and kills it some time after it started.
private func killed(_ arguments: [String], after wait: Duration) async throws -> Life {
    let process = Process()
    process.executableURL = try program("SatchelKilled")
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let reading = output.fileHandleForReading
    var said = try await waiting { reading.availableData }
    try await Task.sleep(for: wait)
    kill(process.processIdentifier, SIGKILL)
    said.append(try await waiting { reading.readDataToEndOfFile() })
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal, "it ended before it was killed")
    return Life(said)
}

/// All assets, page by page.
func everything(in satchel: Satchel) async throws -> [Asset] {
    var all: [Asset] = []
    while true {
        let page = try await satchel.assets(before: all.last?.sequence, limit: 1000)
        if page.isEmpty { return all }
        all += page
    }
}

@Test(.timeLimit(.minutes(10 + kills / 20)))
func killsLoseNothingAndCompleteNothingTwice() async throws {
    let folder = try Folder()
    let world = try World(in: folder.url)
    let configuration = Configuration(folder: folder.url.appendingPathComponent("outbox"))
    let tokens = Tokens()
    let first = try await Satchel.open(configuration, credentials: tokens)
    let target = try await first.pair(code: try await world.code(), device: "a phone")
    first.close()
    let token = try #require(tokens.any)

    try await world.link("rate 1MB")
    var names: [String] = []
    var accepted: Set<String> = []
    var (adding, sending, either) = (0, 0, 0)
    for round in 0..<kills {
        for number in 0..<2 {
            let name = "photo-\(round)-\(number).jpg"
            try await world.photo(name, bytes: .random(in: 20_000..<400_000), seed: names.count + 1)
            names.append(name)
        }
        let arguments = [folder.url.path, token] + names.filter { !accepted.contains($0) }
        let life = try await killed(arguments, after: .milliseconds(Int.random(in: 5..<600)))
        accepted.formUnion(life.accepted)
        adding += life.adding ? 1 : 0
        sending += life.sending ? 1 : 0
        either += life.adding || life.sending ? 1 : 0
    }
    print("\(kills) kills: \(adding) in the middle of an add, \(sending) of sending, \(either) of either")
    #expect(!accepted.isEmpty, "no process lived long enough to add a photo")
    #expect(either > 0, "no kill fell into adding or sending")

    try await world.link("open")
    let satchel = try await Satchel.open(configuration, credentials: tokens)
    defer { satchel.close() }
    try satchel.setLink(Link(.wifi, metered: false))
    let kept = Set(try await everything(in: satchel).map(\.name))
    #expect(accepted.isSubset(of: kept), "accepted, and gone")
    for name in names where !accepted.contains(name) {
        try await satchel.add(folder.url.appendingPathComponent("photos").appendingPathComponent(name))
    }
    for _ in 0..<100 where try await satchel.counts().delivered < names.count {
        try await satchel.tryNow()
        try await satchel.run(RunOptions(linger: .zero))
    }
    let assets = try await everything(in: satchel)
    #expect(assets.map(\.name).sorted() == names.sorted(), "one file is one asset")
    for asset in assets { #expect(asset.state == .delivered(.receipt)) }
    let check = try await satchel.check(target.id)
    #expect(check.confirmed == names.count && check.missing == 0 && check.unknown == 0)
    try await world.expectCompletedOnce(names)
}
