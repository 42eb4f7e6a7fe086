// The process that is killed: `SatchelKilled FOLDER TOKEN NAME…` adds those photos of its folder and sends them, and goes on
// until it is killed. It says a line before and after each add, and how many uploads are under way when that changes.

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
        let watching = Task { await watch(satchel.changes()) }
        defer { watching.cancel() }
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
            say("adding \(name)")
            try await satchel.add(photo, options: AddOptions(copy: name.hasSuffix("0.jpg")))
            say("added \(name)")
        }
        try await sending.value
    }

    /// What was handed to the network and not delivered yet; told up to a tenth of a second late.
    private static func watch(_ changes: AsyncStream<Change>) async {
        var underWay: Set<AssetID> = []
        for await change in changes {
            let before = underWay.count
            switch change {
            case .progress(let asset, .original, _, _, _): underWay.insert(asset)
            case .delivered(let asset?, .original, _, _): underWay.remove(asset)
            default: continue
            }
            if underWay.count != before { say("sending \(underWay.count)") }
        }
    }

    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }
}
