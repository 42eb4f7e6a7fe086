// What two may do, and one of them is to.

import Foundation

/// Lets the first one do it. `@unchecked`: its state is behind a lock.
final class Once: @unchecked Sendable {
    private let lock = NSLock()
    private var isDone = false

    /// Does it, unless somebody was here before.
    func first(_ work: () -> Void) {
        let isFirst = lock.withLock {
            defer { isDone = true }
            return !isDone
        }
        if isFirst { work() }
    }
}
