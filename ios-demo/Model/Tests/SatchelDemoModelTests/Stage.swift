// The scenarios' stage in a process of its own: servers with two ways to each, and what stands in their place.

import Foundation
import Satchel

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// A running `satchel-stage`; what its steps mean is told in bindings/conformance. (`Stage` is a place in the outbox.)
final class Scene: @unchecked Sendable {
    private let process = Process()
    private let input = Pipe()
    private let address: URL

    init(in folder: URL) throws {
        guard let stage = ProcessInfo.processInfo.environment["SATCHEL_STAGE"] else {
            throw Receiver.Failure(description: "SATCHEL_STAGE names no stage")
        }
        process.executableURL = URL(fileURLWithPath: stage)
        process.arguments = [folder.appendingPathComponent("stage").path]
        let output = Pipe()
        (process.standardInput, process.standardOutput) = (input, output)
        process.standardError = FileHandle.nullDevice
        try process.run()
        let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard let address = URL(string: "http://\(said.trimmingCharacters(in: .whitespacesAndNewlines))/") else {
            throw Receiver.Failure(description: "the stage names no address")
        }
        self.address = address
    }

    deinit {
        // Its input ends, so it does.
        try? input.fileHandleForWriting.close()
    }

    private func play(_ step: [String: String]) async throws -> [String: String] {
        var request = URLRequest(url: address)
        request.httpMethod = "POST"
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.httpBody = try JSONEncoder().encode(step)
        let (data, reply) = try await URLSession.shared.data(for: request)
        guard (reply as? HTTPURLResponse)?.statusCode == 200,
            let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
        else { throw Receiver.Failure(description: String(decoding: data, as: UTF8.self)) }
        return object.compactMapValues { $0 as? String }
    }

    private func named(_ name: String, in answer: [String: String]) throws -> String {
        guard let text = answer[name] else { throw Receiver.Failure(description: "the stage tells no \(name)") }
        return text
    }

    /// Where its tus server creates uploads; over plain HTTP.
    func tus() async throws -> String { try named("url", in: try await play(["world": "tus"])) }

    /// A receiver's pairing code.
    func code() async throws -> String { try named("code", in: try await play(["world": "receiver"])) }

    /// Another way to the server that there is.
    func mirror() async throws -> Endpoint {
        let told = try await play(["world": "mirror"])
        return Endpoint(try named("url", in: told), pin: told["pin"])
    }

    /// Changes the way `at` a place, `first` or `mirror`: `open`, `page`, `page 511`, as `satchel link` takes them.
    func link(_ line: String, at place: String) async throws {
        _ = try await play(["world": "link", "line": line, "at": place])
    }
}
