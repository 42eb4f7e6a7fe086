// The inbox of a share extension: a folder of the app group. The extension delivers; the app takes in.
//
// An extension has little memory and less time, and may be ended at any instant; and a database that two processes of an app
// group have open gets one of them ended while it is suspended. So the extension never opens the outbox. It writes a parcel:
// the file, then its motion where there is one, then the post, which commits it: a parcel without a post is not there. The app
// takes parcels into the outbox (`take(into:)` of SatchelApple), and a parcel goes when the outbox has it.

import Foundation

/// A folder that a share extension writes and its app reads.
///
/// ```swift
/// let group = FileManager.default.containerURL(forSecurityApplicationGroupIdentifier: "group.example.photos")!
/// try Inbox(folder: group.appendingPathComponent("inbox")).deliver(file: url, name: "IMG_0001.HEIC")
/// ```
///
/// Any number of extensions may deliver while the app takes in; only one process takes in.
public struct Inbox: Sendable {
    package let durable: Durable

    /// The folder.
    public var folder: URL { durable.folder }

    /// An inbox in this folder, which is made when the first parcel comes.
    public init(folder: URL) {
        durable = Durable(folder)
    }

    /// For tests, which end the process at one of the instants that are passed.
    package init(folder: URL, passing: @escaping Durable.Passing) {
        durable = Durable(folder, passing: passing)
    }

    /// Delivers a copy of a file. When this returns the parcel is on the disk, and the app will take it in.
    ///
    /// - Parameters:
    ///   - file: What was shared; it is only read.
    ///   - name: The name that it had, as the library or the camera calls it; without folders, 1 to 255 bytes.
    ///   - post: What the person said of it.
    ///   - motion: The film of a live photo of which `file` is the still.
    /// - Returns: The parcel's id, which says nothing about it.
    /// - Throws: Where the name is none (``InboxError``), or the file cannot be read or written; nothing is delivered then.
    @discardableResult
    public func deliver(
        file: URL, name: String, post: InboxPost = InboxPost(), motion: URL? = nil
    ) throws -> String {
        try deliver(name: name, post: post, motion: motion) { try durable.copy(file, as: $0) }
    }

    /// Delivers bytes that are in memory already, as an item provider gives a picture that was never a file.
    ///
    /// See ``deliver(file:name:post:motion:)``, which is to be preferred: an extension may use about 120 MB.
    @discardableResult
    public func deliver(
        data: Data, name: String, post: InboxPost = InboxPost(), motion: URL? = nil
    ) throws -> String {
        try deliver(name: name, post: post, motion: motion) { try durable.write(data, as: $0) }
    }

    private func deliver(
        name: String, post: InboxPost, motion: URL?, _ write: (String) throws -> Void
    ) throws -> String {
        let names = [name] + (motion.map { [$0.lastPathComponent] } ?? [])
        for name in names where name.isEmpty || name.utf8.count > 255 || name.contains("/") {
            throw InboxError.notAFileName
        }
        try durable.make()
        let parcel = Parcel.random()
        do {
            try write(parcel.file)
            if let motion { try durable.copy(motion, as: parcel.motion) }
            let slip = Slip(name: name, motion: motion?.lastPathComponent, post: post)
            try durable.write(JSONEncoder().encode(slip), as: parcel.slip)
        } catch {
            // With its slip it was delivered, though the last word of the disk is missing: the caller may deliver it again.
            for name in [parcel.slip, parcel.file, parcel.motion] {
                try? FileManager.default.removeItem(at: durable.place(name))
            }
            throw error
        }
        return parcel.id
    }
}

/// Why a parcel was not delivered.
public enum InboxError: Error, Hashable, Sendable {
    /// A file's name must have 1 to 255 bytes, and no folder in it.
    case notAFileName
}

extension InboxError: LocalizedError {
    /// For a person.
    public var errorDescription: String? {
        "this is not the name of a file: give 1 to 255 bytes without a folder"
    }
}
