// What an app and its system hand to each other: a folder between two processes, either of which may die at any instant.
//
// Each task is a folder called by its lease. The app makes it whole and renames it into place: `task.json`. The system copies
// the body (`body`), says so (`taken`), and leaves what came of it (`reply-1.json`, `reply-2.json`); the app deletes the folder
// when it has told the last one.

import Foundation
import Satchel

/// The folder.
public struct Spool: Sendable {
    /// A reply that waits for the app.
    public struct Reply: Codable, Sendable {
        /// What came.
        public let brought: Brought
        /// No other reply of this task will come.
        public let last: Bool

        /// A reply.
        public init(_ brought: Brought, last: Bool) {
            self.brought = brought
            self.last = last
        }
    }

    private let tasks: URL
    private let coming: URL

    /// A folder; made if it is missing.
    public init(_ folder: URL) throws {
        tasks = folder.appendingPathComponent("tasks")
        coming = folder.appendingPathComponent("coming")
        for folder in [tasks, coming] {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }
    }

    private func place(_ lease: String) -> URL { tasks.appendingPathComponent(lease) }

    /// The leases of all tasks that are here, those among them whose reply waits to be told.
    public func leases() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: tasks.path) }

    // MARK: The app

    /// Hands a step over; returns when the system has it, so that its body may go. False when the system did not take it
    /// within a while.
    public func hand(_ parcel: Parcel) async throws -> Bool {
        let made = coming.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: made, withIntermediateDirectories: false)
        try JSONEncoder().encode(parcel).write(to: made.appendingPathComponent("task.json"))
        try FileManager.default.moveItem(at: made, to: place(parcel.lease))
        let taken = place(parcel.lease).appendingPathComponent("taken").path
        for _ in 0..<5_000 {
            if FileManager.default.fileExists(atPath: taken) { return true }
            try await Task.sleep(for: .milliseconds(2))
        }
        return false
    }

    /// The replies of a task that came until now.
    public func replies(of lease: String) -> [Reply] {
        [1, 2].compactMap { number in
            let file = place(lease).appendingPathComponent("reply-\(number).json")
            return (try? Data(contentsOf: file)).flatMap { try? JSONDecoder().decode(Reply.self, from: $0) }
        }
    }

    /// Forgets a task whose last reply was told.
    public func forget(_ lease: String) throws {
        let gone = coming.appendingPathComponent("gone-\(UUID().uuidString)")
        try FileManager.default.moveItem(at: place(lease), to: gone)
        try FileManager.default.removeItem(at: gone)
    }

    // MARK: The system

    /// Takes a task that was handed over, with a copy of its body; whether it was taken before.
    public func take(_ lease: String) throws -> (Parcel, before: Bool) {
        let folder = place(lease)
        let task = try Data(contentsOf: folder.appendingPathComponent("task.json"))
        var parcel = try JSONDecoder().decode(Parcel.self, from: task)
        let taken = folder.appendingPathComponent("taken")
        let before = FileManager.default.fileExists(atPath: taken.path)
        if let file = parcel.file {
            let copy = folder.appendingPathComponent("body")
            if !before {
                try? FileManager.default.removeItem(at: copy)
                try FileManager.default.copyItem(at: file, to: copy)
            }
            parcel = parcel.with(copy)
        }
        if !before { try Data().write(to: taken) }
        return (parcel, before)
    }

    /// Leaves a reply for the app.
    public func leave(_ reply: Reply, number: Int, of lease: String) throws {
        let file = place(lease).appendingPathComponent("reply-\(number).json")
        try JSONEncoder().encode(reply).write(to: file, options: .atomic)
    }
}
