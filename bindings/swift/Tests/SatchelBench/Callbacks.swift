// How often Rust calls an observer, below the Swift layer, whose streams hide the calls.

import Foundation
import SatchelGenerated

private final class Counting: Observer, @unchecked Sendable {
    private let lock = NSLock()
    private var count = 0

    var calls: Int { lock.withLock { count } }

    func changed(changes: [Change]) { lock.withLock { count += 1 } }
}

/// Adds the files again and again, each time with another post, so that each add is a change; how often an observer is called.
func callbacksPerSecond(outbox: URL, _ files: [URL], for time: Duration) async throws -> Double {
    let config = Config(folder: outbox.path, policy: policyOverAnyLink())
    let satchel = try await Satchel.open(config: config, credentials: nil, library: nil, previewer: nil)
    let counting = Counting()
    let observation = try satchel.observe(observer: counting)
    let start = ContinuousClock.now
    let adding = (0..<4).map { lane in
        Task.detached {
            var round = 0
            while ContinuousClock.now - start < time {
                let file = files[(round * 4 + lane) % files.count]
                let post = PostEdit(caption: "\(round) \(UInt32.random(in: 0 ... .max))")
                _ = try await satchel.add(path: file.path, options: AddOptions(post: post))
                round += 1
            }
        }
    }
    for lane in adding { try await lane.value }
    let perSecond = Double(counting.calls) / ((ContinuousClock.now - start) / .seconds(1))
    observation.close()
    try await satchel.closeAndWait()
    return perSecond
}
