// A real receiver in a process of its own, and what it has.

import Foundation

/// `satchel serve`, with nothing in it yet; it also lays out what it got as files.
final class Receiver: @unchecked Sendable {
    private let process = Process()
    private let output = Pipe()
    /// Where photos are laid out.
    private let laidOut: URL
    /// A pairing code for one device.
    private(set) var pairing = ""

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Starts it so that it ends with the tests, however they end.
    private static let watched = """
        (while kill -0 $0 && kill -0 $$; do sleep 1; done; kill -9 $$) >/dev/null 2>&1 </dev/null & exec "$@"
        """

    init(in folder: URL) throws {
        guard let command = ProcessInfo.processInfo.environment["SATCHEL_COMMAND"] else {
            throw Failure(description: "SATCHEL_COMMAND names no `satchel` command")
        }
        laidOut = folder.appendingPathComponent("laid-out")
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments =
            ["-c", Self.watched, "\(ProcessInfo.processInfo.processIdentifier)", command, "serve", "--json"]
            + ["--listen", "127.0.0.1:0", "--store", folder.appendingPathComponent("receiver").path]
            + ["--folder", laidOut.path]
        process.standardOutput = output
        // Whoever reads the tests' own output waits for its end, which is not to wait for this process.
        process.standardError = FileHandle.nullDevice
        try process.run()
        var said = Data()
        while !said.contains(UInt8(ascii: "\n")) {
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { throw Failure(description: "the receiver ended") }
            said.append(more)
        }
        let line = said.prefix { $0 != UInt8(ascii: "\n") }
        guard let object = try JSONSerialization.jsonObject(with: line) as? [String: Any],
            let code = object["pairing"] as? String
        else { throw Failure(description: "the receiver shows no code") }
        pairing = code
    }

    deinit {
        stop()
    }

    /// Ends it at once. (On Linux Foundation starts programs with SIGTERM blocked.)
    func stop() {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// The files that it laid out, by their names; each photo with its sidecar beside it.
    func files() -> [String: URL] {
        let all = FileManager.default.enumerator(at: laidOut, includingPropertiesForKeys: nil)
        var files: [String: URL] = [:]
        while let file = all?.nextObject() as? URL { files[file.lastPathComponent] = file }
        return files
    }

    /// What it says of its photos: the sidecars' text.
    func sidecars() -> [String] {
        files().values.filter { $0.pathExtension == "xmp" }.compactMap { try? String(contentsOf: $0, encoding: .utf8) }
    }
}

/// Waits until something is so.
@MainActor
func until(
    _ what: String, within: Duration = .seconds(60), _ isSo: @MainActor () async throws -> Bool
) async throws {
    let end = ContinuousClock.now + within
    while try await !isSo() {
        if ContinuousClock.now > end { throw Receiver.Failure(description: "it took too long until \(what)") }
        try await Task.sleep(for: .milliseconds(20))
    }
}
