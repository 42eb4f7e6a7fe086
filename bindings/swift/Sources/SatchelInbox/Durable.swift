// Writing a file so that it is whole or not there, whenever the process or the power ends.

import Foundation

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Durable writes in one folder.
///
/// A file is written under a name that ends in `.part`, synchronised, and renamed; then the folder is synchronised, and the
/// name is durable too. No lock is taken: the system ends a process that is suspended with a lock on a file of an app group
/// ("0xdead10cc").
package struct Durable: Sendable {
    /// The instants between which a process may end; for tests, which end it there.
    package typealias Passing = @Sendable (_ step: String) -> Void

    package let folder: URL
    private let passing: Passing?

    package init(_ folder: URL, passing: Passing? = nil) {
        self.folder = folder
        self.passing = passing
    }

    /// How the name of an unfinished file ends.
    package static let unfinished = ".part"

    package func place(_ name: String) -> URL { folder.appendingPathComponent(name) }

    /// Makes the folder; it may be there.
    package func make() throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        #if os(iOS)
            // The extension may run, and so may the app, while the phone is locked again.
            try FileManager.default.setAttributes(
                [.protectionKey: FileProtectionType.completeUntilFirstUserAuthentication], ofItemAtPath: folder.path)
        #endif
    }

    /// Puts a file there, with these bytes.
    package func write(_ data: Data, as name: String) throws {
        try put(name) { part in
            guard FileManager.default.createFile(atPath: part.path, contents: nil) else {
                throw CocoaError(.fileWriteUnknown)
            }
            let file = try FileHandle(forWritingTo: part)
            defer { try? file.close() }
            try file.write(contentsOf: data.prefix(data.count / 2))
            pass("half of \(name) is written")
            try file.write(contentsOf: data.dropFirst(data.count / 2))
        }
    }

    /// Puts a copy of a file there, which shares its blocks where the file system can.
    package func copy(_ file: URL, as name: String) throws {
        try put(name) { part in try FileManager.default.copyItem(at: file, to: part) }
    }

    private func put(_ name: String, _ write: (URL) throws -> Void) throws {
        let part = place(name + Self.unfinished)
        // A second try of the same name.
        try? FileManager.default.removeItem(at: part)
        do {
            pass("\(name) is not begun")
            try write(part)
            pass("\(name) is written")
            try Self.synchronise(part)
            pass("\(name) is on the disk")
            guard rename(part.path, place(name).path) == 0 else { throw Self.failure() }
        } catch {
            try? FileManager.default.removeItem(at: part)
            throw error
        }
        pass("\(name) has its name")
        try synchroniseFolder()
        pass("\(name) is durable")
    }

    /// Makes what was renamed or removed last.
    package func synchroniseFolder() throws { try Self.synchronise(folder) }

    /// Seconds since the system last changed a file; none where there is no such file. (When its content changed is no age: a copy
    /// has that of what was copied.)
    package func age(of name: String, at now: Date) -> TimeInterval? {
        var status = stat()
        guard lstat(place(name).path, &status) == 0 else { return nil }
        #if canImport(Darwin)
            let changed = status.st_ctimespec
        #else
            let changed = status.st_ctim
        #endif
        return now.timeIntervalSince1970 - Double(changed.tv_sec) - Double(changed.tv_nsec) / 1e9
    }

    package func pass(_ step: String) { passing?(step) }

    /// Until it is on the disk itself: `fsync` of Apple's systems leaves it in the drive's cache (`fcntl`, F_FULLFSYNC).
    private static func synchronise(_ file: URL) throws {
        let descriptor = open(file.path, O_RDONLY)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        #if canImport(Darwin)
            if fcntl(descriptor, F_FULLFSYNC) == 0 { return }
        #endif
        guard fsync(descriptor) == 0 else { throw failure() }
    }

    /// What the last call of the system said, without the path.
    private static func failure() -> any Error { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}
