// An app whose system carries its requests: `SatchelHost FOLDER TOKEN OWNER NAME…` adds those photos of its folder, and hands
// over what the outbox gives it, by the spool of `SatchelCarrier`. It says a line for each photo that was accepted, before and
// after each outcome that it tells, and `done` whenever everything it was given is delivered; it goes on until it is killed, or
// its standard input ends.

import Foundation
import Satchel
import SatchelSystem

/// The one target's token, as the test got it by pairing.
private struct Given: Credentials {
    let token: String

    func token(for target: String) -> String? { token }
    func keep(_ token: String, for target: String) {}
}

@main
struct Host {
    private let satchel: Satchel
    private let spool: Spool
    private let owner: HostID

    static func main() async {
        let arguments = CommandLine.arguments
        Thread.detachNewThread {
            while !FileHandle.standardInput.availableData.isEmpty {}
            exit(0)
        }
        do {
            let folder = URL(fileURLWithPath: arguments[1])
            say("started")
            let satchel = try await Satchel.open(
                Configuration(folder: folder.appendingPathComponent("outbox")), credentials: Given(token: arguments[2]))
            try satchel.setLink(Link(.wifi, metered: false))
            let spool = try Spool(folder.appendingPathComponent("spool"))
            let host = Host(satchel: satchel, spool: spool, owner: HostID(rawValue: arguments[3]))
            try await host.live(folder.appendingPathComponent("photos"), arguments.dropFirst(4))
        } catch {
            FileHandle.standardError.write(Data("host: \(error)\n".utf8))
            exit(1)
        }
    }

    private func live(_ photos: URL, _ names: ArraySlice<String>) async throws {
        try await satchel.hostRunning(owner, still: try spool.leases().map(LeaseID.init(rawValue:)))
        var names = names
        var said = false
        while true {
            try await tell()
            if let name = names.popFirst() {
                try await satchel.add(photos.appendingPathComponent(name))
                Self.say("added \(name)")
            }
            let steps = try await satchel.hostSteps(
                for: owner, limits: HostLimits(mostSteps: 3, mostBytesPerStep: 65_536)
            ).steps
            for step in steps {
                guard try await spool.hand(Parcel(step)) else { throw SatchelError.host(words: "nobody takes tasks") }
            }
            if steps.isEmpty && names.isEmpty {
                let counts = try await satchel.counts()
                let done = try counts.open == 0 && counts.unread == 0 && spool.leases().isEmpty
                if done && !said { Self.say("done") }
                said = done
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    /// Tells the outbox what came. Where the app dies before it forgot a task, it is told again.
    private func tell() async throws {
        for lease in try spool.leases() {
            let replies = spool.replies(of: lease)
            for reply in replies {
                Self.say("telling \(lease)")
                let taken = try await satchel.hostOutcome(reply.brought.outcome, of: LeaseID(rawValue: lease))
                Self.say(taken == .stale ? "stale \(lease)" : "recorded \(lease)")
            }
            if replies.last?.last == true { try spool.forget(lease) }
        }
    }

    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }
}
