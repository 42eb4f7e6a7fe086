// A process is killed in the middle of adding and sending, again and again; how often is said by SATCHEL_KILLS.

import Foundation
import Satchel
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The scenarios' stage in a process of its own: a receiver behind a link, and who counts what was completed there.
private final class Stage {
    private let process = Process()
    private let input = Pipe()
    private let address: URL

    init(in folder: URL) throws {
        process.executableURL = URL(fileURLWithPath: try setting("SATCHEL_STAGE"))
        process.arguments = [folder.path]
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        address = try #require(URL(string: "http://\(said.trimmingCharacters(in: .whitespacesAndNewlines))/"))
    }

    deinit {
        // Its input ends, so it does.
        try? input.fileHandleForWriting.close()
    }

    @discardableResult
    func world(_ step: [String: Any]) async throws -> [String: Any] {
        var request = URLRequest(url: address)
        request.httpMethod = "POST"
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.httpBody = try JSONSerialization.data(withJSONObject: step)
        let (data, reply) = try await URLSession.shared.data(for: request)
        guard (reply as? HTTPURLResponse)?.statusCode == 200,
            let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        else { throw Program.Failure(description: String(decoding: data, as: UTF8.self)) }
        return object
    }
}

/// Starts the process, kills it some time after it started, and tells what it said was accepted.
private func killed(_ arguments: [String], after wait: Duration) async throws -> [String] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try setting("SATCHEL_SCENARIO"))
        .deletingLastPathComponent().appendingPathComponent("SatchelKilled")
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    var said = output.fileHandleForReading.availableData
    try await Task.sleep(for: wait)
    kill(process.processIdentifier, SIGKILL)
    said.append(output.fileHandleForReading.readDataToEndOfFile())
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal, "it ended before it was killed")
    // The last line may be cut.
    let lines = String(decoding: said, as: UTF8.self).components(separatedBy: "\n").dropLast()
    #expect(lines.first == "started")
    return lines.filter { $0.hasPrefix("added ") }.map { String($0.dropFirst(6)) }
}

@Test(.timeLimit(.minutes(10)))
func killsLoseNothingAndCompleteNothingTwice() async throws {
    let kills = ProcessInfo.processInfo.environment["SATCHEL_KILLS"].flatMap(Int.init) ?? 25
    let folder = try Folder()
    let stage = try Stage(in: folder.url)
    let code = try #require(try await stage.world(["world": "receiver"])["code"] as? String)
    let configuration = Configuration(folder: folder.url.appendingPathComponent("outbox"))
    let tokens = Tokens()
    let first = try await Satchel.open(configuration, credentials: tokens)
    let target = try await first.pair(code: code, device: "a phone")
    first.close()
    let token = try #require(tokens.any)

    try await stage.world(["world": "link", "line": "rate 1MB"])
    var names: [String] = []
    var accepted: Set<String> = []
    for round in 0..<kills {
        for number in 0..<2 {
            let name = "photo-\(round)-\(number).jpg"
            let bytes = Int.random(in: 20_000..<400_000)
            try await stage.world(["world": "photo", "name": name, "bytes": bytes, "seed": names.count + 1])
            names.append(name)
        }
        let arguments = [folder.url.path, token] + names.filter { !accepted.contains($0) }
        accepted.formUnion(try await killed(arguments, after: .milliseconds(Int.random(in: 5..<600))))
    }
    #expect(!accepted.isEmpty, "no process lived long enough to add a photo")

    try await stage.world(["world": "link", "line": "open"])
    let satchel = try await Satchel.open(configuration, credentials: tokens)
    defer { satchel.close() }
    try satchel.setLink(Link(.wifi, metered: false))
    let kept = Set(try await satchel.assets(limit: 1000).map(\.name))
    #expect(accepted.isSubset(of: kept), "accepted, and gone")
    for name in names where !accepted.contains(name) {
        try await satchel.add(folder.url.appendingPathComponent("photos").appendingPathComponent(name))
    }
    for _ in 0..<100 where try await satchel.counts().delivered < names.count {
        try await satchel.tryNow()
        try await satchel.run(RunOptions(linger: .zero))
    }
    let assets = try await satchel.assets(limit: 1000)
    #expect(assets.map(\.name).sorted() == names.sorted(), "one file is one asset")
    for asset in assets { #expect(asset.state == .delivered(.receipt)) }
    let check = try await satchel.check(target.id)
    #expect(check.confirmed == names.count && check.missing == 0 && check.unknown == 0)
    for name in names {
        let completed = try await stage.world(["world": "completed", "name": name])
        #expect(completed["count"] as? Int == 1 && completed["whole"] as? Bool == true, "\(name): \(completed)")
    }
}
