// Every scenario, played by the Swift runner in processes of its own; and the codes, which are Rust's.

import Foundation
import Satchel
import Testing

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

/// Plays one case of a test, and says what it is called and how it went: from these lines `cargo xtask test` counts each
/// case by its name, where Swift Testing counts the whole test once. What fails in it is thrown.
private func playing(_ name: String, of function: String = #function, _ play: () async throws -> Void) async throws {
    func say(_ what: String) {
        FileHandle.standardOutput.write(Data("▶ Case \"\(name)\" of \(function) \(what)\n".utf8))
    }
    say("began")
    do {
        try await play()
    } catch {
        say("failed")
        throw error
    }
    say("passed")
}

/// Runs the scenarios' runner to its end; its exit code, none where it was killed.
private func ran(_ arguments: [String]) async throws -> (code: Int32?, said: String) {
    let process = Process()
    process.executableURL = try program("SatchelScenario")
    process.arguments = arguments
    let said = Pipe()
    process.standardError = said
    try process.run()
    let words = try await waiting {
        String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    }
    process.waitUntilExit()
    return (process.terminationReason == .exit ? process.terminationStatus : nil, words)
}

@Test func thereAreScenarios() {
    #expect(scenarios().count >= 15)
}

@Test(.timeLimit(.minutes(5)), arguments: scenarios())
func scenario(_ name: String) async throws {
    try await playing("scenario \(name)") {
        let folder = try Folder()
        let world = try World(in: folder.url)
        let file = try #require(conformance()).appendingPathComponent("scenarios/\(name).json")
        let kills = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\"do\": \"kill\"").count - 1
        let arguments = [file.path, world.address, folder.url.path]
        for _ in 0..<kills {
            let killed = try await ran(arguments)
            guard killed.code == nil else { throw Program.Failure(description: "it was to be killed: \(killed.said)") }
        }
        let done = try await ran(arguments)
        guard done.code == 0 else { throw Program.Failure(description: done.said) }
    }
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
        .accepted, .hashing, .waiting(.turn, words: "", goes: Wake(), whenWords: ""), .sending, .delivered(.size),
        .parked(.tooLarge, words: ""),
        .removed,
    ]
    let waits: [WaitReason] = [
        .turn, .noTarget, .noLink, .linkCosts, .linkPriceUnknown, .linkNotAllowed, .signIn, .roaming, .roamingUnknown,
        .savingData, .noBudget, .budgetSpent("", at: nil), .budgetTooSmall(""), .notCharging,
        .outsideHours(at: .distantPast), .tooLargeHere(most: 0), .never, .paused, .retry(at: .distantPast, .cut),
        .targetRests(until: .distantPast, .cut), .sourceBusy, .sourceAway, .inCloud,
    ]
    let parks: [ParkReason] = [
        .sourceGone, .sourceUnreadable, .sourceEmpty, .sourceKeepsChanging, .fateUnknown, .hashMismatch, .tooLarge,
        .contradiction, .foreignLocation, .refused(status: 0), .badReceipt, .deletedThere, .cannotRedact,
    ]
    let troubles: [Trouble] = [
        .unreachable, .cut, .imposter(.page), .blocked(.page), .signIn, .noLink, .wrongClock, .gateway(status: 0),
        .busy(status: 0), .locked, .needsToken,
        .contradiction, .refused(status: 0), .sourceAway, .inCloud, .storageFull,
    ]
    #expect(vocabulary["error_kinds"] == errors.map(\.code))
    #expect(vocabulary["states"] == states.map(\.code))
    #expect(vocabulary["wait_reasons"] == waits.map(\.code))
    #expect(vocabulary["park_reasons"] == parks.map(\.code))
    #expect(vocabulary["troubles"] == troubles.map(\.code))
    let healths: [Health] = [.unknown, .open, .slow, .down, .blocked(.page), .captive]
    #expect(vocabulary["healths"] == healths.map(\.code))
    #expect(vocabulary["blocks"] == Block.allCases.map(\.code))
    #expect(vocabulary["imposters"] == Imposter.allCases.map(\.code))
    #expect(vocabulary["link_kinds"] == Link.Kind.allCases.map(\.code))
    #expect(vocabulary["link_needs"] == Wake.Need.allCases.map(\.code))
    #expect(vocabulary["proofs"] == Proof.allCases.map(\.code))
    #expect(vocabulary["added"] == Added.Kind.allCases.map(\.code))
}
