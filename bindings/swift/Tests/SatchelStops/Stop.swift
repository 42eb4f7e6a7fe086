// Where a process of the inbox's tests ends itself.

import Foundation

/// Counts the instants, and ends the process at one.
public final class Stop: @unchecked Sendable {
    private let lock = NSLock()
    private let at: Int?
    /// How many it passed.
    public private(set) var passed = 0

    /// - Parameter text: The instant's number, from 0; none where it is no number.
    public init(_ text: String) {
        at = Int(text)
    }

    /// Passes one, or ends the process.
    public func pass() {
        lock.withLock {
            if passed == at { kill(getpid(), SIGKILL) }
            passed += 1
        }
    }
}

/// Says a line to whoever started this process.
public func say(_ line: String) {
    FileHandle.standardOutput.write(Data("\(line)\n".utf8))
}
