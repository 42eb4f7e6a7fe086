// The process that is killed: `SatchelKilled FOLDER TOKEN NAME…` adds those photos of its folder and sends them. It says a
// line for each that was accepted, and goes on until it is killed.

import Foundation
import Satchel

/// The one target's token, as the test got it by pairing.
private struct Given: Credentials {
    let token: String

    func token(for target: String) -> String? { token }
    func keep(_ token: String, for target: String) {}
}

@main
struct Killed {
    static func main() async {
        let arguments = CommandLine.arguments
        do {
            try await live(URL(fileURLWithPath: arguments[1]), Given(token: arguments[2]), arguments.dropFirst(3))
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
        }
        // Whoever should have killed it sees that it ended by itself.
        exit(1)
    }

    private static func live(_ folder: URL, _ credentials: Given, _ names: ArraySlice<String>) async throws {
        say("started")
        let satchel = try await Satchel.open(
            Configuration(folder: folder.appendingPathComponent("outbox")), credentials: credentials)
        try satchel.setLink(Link(.wifi, metered: false))
        let sending = Task {
            let end = ContinuousClock.now.advanced(by: .seconds(60))
            while ContinuousClock.now < end {
                try await satchel.tryNow()
                try await satchel.run(RunOptions(linger: .zero))
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        for name in names {
            let photo = folder.appendingPathComponent("photos").appendingPathComponent(name)
            try await satchel.add(photo, options: AddOptions(copy: name.hasSuffix("0.jpg")))
            say("added \(name)")
        }
        try await sending.value
    }

    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }
}
