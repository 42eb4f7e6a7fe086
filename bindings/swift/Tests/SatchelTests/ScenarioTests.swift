// Every scenario, played by the Swift runner in processes of its own; and the codes, which are Rust's.

import Foundation
import Satchel
import Testing

/// What the suite was started with.
func setting(_ name: String) throws -> String {
    guard let value = ProcessInfo.processInfo.environment[name] else {
        throw Program.Failure(description: "\(name) is not set: run `cargo xtask test --only swift`")
    }
    return value
}

private func conformance() -> URL? {
    ProcessInfo.processInfo.environment["SATCHEL_ROOT"].map {
        URL(fileURLWithPath: $0).appendingPathComponent("bindings/conformance")
    }
}

/// The scenarios' names.
private func scenarios() -> [String] {
    let folder = conformance()?.appendingPathComponent("scenarios").path ?? ""
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }.sorted()
}

private func ran(_ program: String, _ arguments: [String]) throws -> (code: Int32?, said: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let said = Pipe()
    process.standardError = said
    try process.run()
    let words = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationReason == .exit ? process.terminationStatus : nil, words)
}

@Test func thereAreScenarios() {
    #expect(scenarios().count >= 13)
}

@Test(.timeLimit(.minutes(5)), arguments: scenarios())
func scenario(_ name: String) throws {
    let folder = try Folder()
    let stage = Process()
    stage.executableURL = URL(fileURLWithPath: try setting("SATCHEL_STAGE"))
    stage.arguments = [folder.url.path]
    let (input, output) = (Pipe(), Pipe())
    stage.standardInput = input
    stage.standardOutput = output
    try stage.run()
    // Its input ends, so it does.
    defer { try? input.fileHandleForWriting.close() }
    let address = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        .trimmingCharacters(in: .whitespacesAndNewlines)
    let file = try #require(conformance()).appendingPathComponent("scenarios/\(name).json")
    let kills = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\"do\": \"kill\"").count - 1
    let arguments = [file.path, address, folder.url.path]
    let runner = try setting("SATCHEL_SCENARIO")
    for _ in 0..<kills {
        let killed = try ran(runner, arguments)
        #expect(killed.code == nil, "\(killed.said)")
    }
    let done = try ran(runner, arguments)
    #expect(done.code == 0, "\(done.said)")
}

@Test func codesAreThoseOfRust() throws {
    let file = try #require(conformance()).appendingPathComponent("vocabulary.json")
    let vocabulary = try JSONDecoder().decode([String: [String]].self, from: Data(contentsOf: file))
    let id = AssetID(rawValue: "")
    let errors: [SatchelError] = [
        .alreadyRunning(words: ""), .newerVersion(words: ""), .damaged(words: ""), .storageFull(words: ""),
        .storage(words: ""), .noSuchAsset(id, words: ""), .source(.gone, words: ""), .invalid(words: ""),
        .pairing(.badCode, words: ""), .closed(words: ""), .host(words: ""), .internalFault(words: ""),
        .other(code: "", words: ""),
    ]
    let states: [AssetState] = [
        .accepted, .hashing, .waiting(.turn, words: ""), .sending, .delivered(.size), .parked(.tooLarge, words: ""),
        .removed,
    ]
    let waits: [WaitReason] = [
        .turn, .noTarget, .noLink, .linkCosts, .linkPriceUnknown, .paused, .retry(at: .distantPast, .cut),
        .targetRests(until: .distantPast, .cut), .sourceBusy, .sourceAway,
    ]
    let parks: [ParkReason] = [
        .sourceGone, .sourceUnreadable, .sourceEmpty, .sourceKeepsChanging, .fateUnknown, .hashMismatch, .tooLarge,
        .contradiction, .foreignLocation, .refused(status: 0), .badReceipt, .deletedThere,
    ]
    let troubles: [Trouble] = [
        .unreachable, .cut, .imposter(.page), .gateway(status: 0), .busy(status: 0), .locked, .needsToken,
        .contradiction, .refused(status: 0), .sourceAway,
    ]
    #expect(vocabulary["error_kinds"] == errors.map(\.code))
    #expect(vocabulary["states"] == states.map(\.code))
    #expect(vocabulary["wait_reasons"] == waits.map(\.code))
    #expect(vocabulary["park_reasons"] == parks.map(\.code))
    #expect(vocabulary["troubles"] == troubles.map(\.code))
    #expect(vocabulary["imposters"] == Imposter.allCases.map(\.code))
    #expect(vocabulary["proofs"] == Proof.allCases.map(\.code))
    #expect(vocabulary["added"] == Added.Kind.allCases.map(\.code))
}
