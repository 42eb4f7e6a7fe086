// A system that goes on while the app is dead, as a background session's daemon does: by the spool of `SatchelCarrier`.

import Foundation
import Satchel
import SatchelApple
import SatchelSystem

/// Hands steps to another process, and tells what it left.
final class SpoolCarrier: Carrier, @unchecked Sendable {
    let events: AsyncStream<CarrierEvent>
    private let spool: Spool
    private let lock = NSLock()
    /// How many replies of a lease were told to the stream, and of these how many were acknowledged.
    private var told: [LeaseID: (said: Int, heard: Int)] = [:]

    struct Untaken: Error {}

    init(_ spool: Spool) {
        self.spool = spool
        let (events, telling) = AsyncStream.makeStream(of: CarrierEvent.self)
        self.events = events
        Task { [weak self] in
            while true {
                try await Task.sleep(for: .milliseconds(5))
                guard let self else { return }
                try self.look(telling)
            }
        }
    }

    private func look(_ telling: AsyncStream<CarrierEvent>.Continuation) throws {
        for name in try spool.leases() {
            let lease = LeaseID(rawValue: name)
            let replies = spool.replies(of: name)
            let said = lock.withLock { told[lease]?.said ?? 0 }
            for reply in replies.dropFirst(said) {
                lock.withLock { told[lease, default: (0, 0)].said += 1 }
                telling.yield(.outcome(lease, reply.brought.outcome))
            }
        }
    }

    func carry(_ step: HostStep, by carriage: Carriage) async throws {
        guard try await spool.hand(Parcel(step)) else { throw Untaken() }
    }

    func leases() async -> Set<LeaseID> {
        Set(((try? spool.leases()) ?? []).map(LeaseID.init(rawValue:)))
    }

    func told(_ lease: LeaseID) async {
        let isHeard = lock.withLock {
            told[lease, default: (0, 0)].heard += 1
            return told[lease].map { $0.said == $0.heard } ?? false
        }
        // What is left of it goes when its last reply was told.
        if isHeard && spool.replies(of: lease.rawValue).last?.last == true { try? spool.forget(lease.rawValue) }
    }

    /// What the system has goes on.
    func cancel(_ carriage: Carriage) async {}
}
