// The command in a process of its own: a real receiver, and a link that breaks on command.

import Foundation

/// A running `satchel`, which says one JSON object a line.
final class Program: @unchecked Sendable {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var unread = Data()

    /// Starts it so that it ends with the tests, however they end.
    private static let watched = """
        (while kill -0 $0 && kill -0 $$; do sleep 1; done; kill -9 $$) >/dev/null 2>&1 </dev/null & exec "$@"
        """

    /// What went wrong with it.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    init(_ words: String...) throws {
        guard let command = ProcessInfo.processInfo.environment["SATCHEL_COMMAND"] else {
            throw Failure(description: "SATCHEL_COMMAND names no command: run `cargo xtask test --only swift`")
        }
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", Self.watched, "\(ProcessInfo.processInfo.processIdentifier)", command] + words
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    deinit {
        stop()
    }

    /// Ends it. (On Linux Foundation starts programs with SIGTERM blocked, and waits for their end in a loop.)
    func stop() {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// Types a line.
    func type(_ line: String) throws {
        try input.fileHandleForWriting.write(contentsOf: Data("\(line)\n".utf8))
    }

    /// The next line that it says; waits for it.
    func line() throws -> [String: Any] {
        while true {
            if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
                let text = unread[unread.startIndex..<end]
                unread = Data(unread[(end + 1)...])
                guard let object = try JSONSerialization.jsonObject(with: text) as? [String: Any] else {
                    throw Failure(description: "no object: \(String(decoding: text, as: UTF8.self))")
                }
                return object
            }
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { throw Failure(description: "the command ended") }
            unread.append(more)
        }
    }
}

/// A receiver with nothing in it yet.
struct Receiver {
    let program: Program
    let address: String
    let pairing: String

    init(in folder: URL) throws {
        program = try Program(
            "serve", "--listen", "127.0.0.1:0", "--json", "--store", folder.appendingPathComponent("receiver").path)
        let said = try program.line()
        guard let address = said["address"] as? String, let pairing = said["pairing"] as? String else {
            throw Program.Failure(description: "the receiver names no address: \(said)")
        }
        self.address = address
        self.pairing = pairing
    }
}

/// A link to a receiver.
struct BadLink {
    let program: Program
    /// The receiver's pairing code, by way of this link.
    let pairing: String

    init(to receiver: Receiver) throws {
        program = try Program("link", "--listen", "127.0.0.1:0", "--to", receiver.address, "--json")
        guard let listen = try program.line()["listen"] as? String else {
            throw Program.Failure(description: "the link names no address")
        }
        pairing = receiver.pairing.replacingOccurrences(of: receiver.address, with: listen)
    }

    /// Changes the link, and waits until it is so.
    func set(_ command: String) throws {
        try program.type(command)
        while true {
            let said = try program.line()
            if said["event"] as? String == "refused" { throw Program.Failure(description: "\(said)") }
            if said["command"] as? String == command { return }
        }
    }
}

/// A folder that goes when its test is done.
final class Folder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("satchel-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    /// A photo of about so many bytes, unlike any other: a JPEG's frame around chance.
    func photo(_ name: String, bytes: Int = 200_000) throws -> URL {
        let file = url.appendingPathComponent(name)
        var data = Data([0xFF, 0xD8, 0xFF, 0xE0, 0, 16]) + Data("JFIF\0".utf8) + Data([1, 1, 0, 0, 1, 0, 1, 0, 0])
        data.append(
            contentsOf: (0..<bytes / 8).flatMap { _ in withUnsafeBytes(of: UInt64.random(in: 0 ... .max), Array.init) })
        try (data + Data([0xFF, 0xD9])).write(to: file)
        return file
    }
}
