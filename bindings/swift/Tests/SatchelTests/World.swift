// The scenarios' stage in a process of its own: servers behind links, and who counts what was completed there.

import Foundation
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// What the suite was started with.
func setting(_ name: String) throws -> String {
    guard let value = ProcessInfo.processInfo.environment[name] else {
        throw Program.Failure(description: "\(name) is not set: run `cargo xtask test --only swift`")
    }
    return value
}

/// Another program of this package.
func program(_ name: String) throws -> URL {
    URL(fileURLWithPath: try setting("SATCHEL_SCENARIO")).deletingLastPathComponent().appendingPathComponent(name)
}

/// Waits for something that blocks its thread, on a thread that may.
func waiting<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result(catching: work)) }
    }
}

/// A running stage. (`Stage` is a place in the outbox.)
final class World: @unchecked Sendable {
    private let process = Process()
    private let input = Pipe()
    /// `127.0.0.1:PORT`
    let address: String

    init(in folder: URL) throws {
        process.executableURL = URL(fileURLWithPath: try setting("SATCHEL_STAGE"))
        process.arguments = [folder.path]
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        address = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    deinit {
        // Its input ends, so it does.
        try? input.fileHandleForWriting.close()
    }

    /// Plays a step, as bindings/conformance/src/stage.rs lists them.
    @discardableResult
    func play(_ world: String, _ more: [String: Any] = [:]) async throws -> [String: Any] {
        var request = URLRequest(url: try #require(URL(string: "http://\(address)/")))
        request.httpMethod = "POST"
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        let step = more.merging(["world": world]) { _, world in world }
        request.httpBody = try JSONSerialization.data(withJSONObject: step)
        let (data, reply) = try await URLSession.shared.data(for: request)
        guard (reply as? HTTPURLResponse)?.statusCode == 200,
            let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        else { throw Program.Failure(description: String(decoding: data, as: UTF8.self)) }
        return object
    }

    /// The pairing code of its receiver.
    func code() async throws -> String { try #require(try await play("receiver")["code"] as? String) }

    /// Changes its links.
    func link(_ line: String) async throws { try await play("link", ["line": line]) }

    /// Makes `photos/NAME`, unlike any other with another seed.
    func photo(_ name: String, bytes: Int, seed: Int) async throws {
        try await play("photo", ["name": name, "bytes": bytes, "seed": seed])
    }

    /// Expects that each photo was completed once, whole.
    func expectCompletedOnce(_ names: [String]) async throws {
        for name in names {
            let completed = try await play("completed", ["name": name])
            #expect(completed["count"] as? Int == 1 && completed["whole"] as? Bool == true, "\(name): \(completed)")
        }
    }
}
