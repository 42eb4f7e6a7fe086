// Runs the outbox while the app is on the screen, as the app's `SatchelHost` does: whenever something was added, the link
// changed, or the time came that it named.

import Foundation
import Satchel

/// Runs the outbox again and again, whenever something may go.
@MainActor
final class Runner {
    private let satchel: Satchel
    private let stirs: AsyncStream<Void>
    private let stirring: AsyncStream<Void>.Continuation
    private var running: Task<Void, Never>?

    /// The longest run at a stretch, and the longest rest.
    private static let longest = Duration.seconds(600)
    /// How often is looked whether another run of this outbox is done: one in the background, of the app itself.
    private static let other = Duration.seconds(2)

    private var listening: Task<Void, Never>?

    init(_ satchel: Satchel) {
        self.satchel = satchel
        (stirs, stirring) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Begins, if it did not.
    func start() {
        guard running == nil else { return }
        let changes = satchel.changes()
        listening = Task { for await change in changes where change == .assets { stir() } }
        running = Task { await run() }
    }

    /// Ends, and waits until what was under way stopped. What was sent stays sent.
    func stop() async {
        listening?.cancel()
        running?.cancel()
        await running?.value
        running = nil
    }

    /// Something may go now that could not before.
    func stir() {
        stirring.yield()
    }

    private func run() async {
        let (rests, waking) = (stirs, stirring)
        var stirred = rests.makeAsyncIterator()
        while !Task.isCancelled {
            var rest = Self.longest
            do {
                let report = try await satchel.run(RunOptions(deadline: Self.longest))
                if let at = report.wake.at {
                    rest = min(max(.seconds(at.timeIntervalSinceNow), .seconds(1)), Self.longest)
                }
            } catch SatchelError.alreadyRunning {
                rest = Self.other
            } catch SatchelError.closed {
                return
            } catch {
                // The outbox's own calls say what is wrong; it is tried again later.
            }
            if Task.isCancelled { return }
            let alarm = Task { [rest] in
                try await Task.sleep(for: rest)
                waking.yield()
            }
            await stirred.next()
            alarm.cancel()
        }
    }
}
