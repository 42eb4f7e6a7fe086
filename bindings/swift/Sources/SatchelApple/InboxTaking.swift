// The app's side of the inbox: what share extensions delivered goes into the outbox.

import Foundation
public import Satchel
public import SatchelInbox

/// What became of an inbox's parcels.
public struct InboxReport: Hashable, Sendable {
    /// Assets that parcels became, or joined.
    public var taken: [AssetID] = []
    /// Parcels that could not be taken; they stay, and are tried again.
    public var failed = 0
}

extension Inbox {
    /// Takes every whole parcel into the outbox, and removes it there after. It may be killed at any instant and called again:
    /// nothing is lost, and nothing is taken twice. What killed writers left is swept when it is older than a day.
    ///
    /// To be called by one process and not twice at a time; ``SatchelHost`` sees to that.
    ///
    /// - Throws: ``SatchelError/storageFull(words:)`` and what else stands in the way of every parcel.
    @discardableResult
    public func take(into satchel: Satchel) async throws -> InboxReport {
        var report = InboxReport()
        for parcel in try parcels() {
            do {
                report.taken.append(try await take(parcel, into: satchel))
            } catch let error as SatchelError {
                switch error {
                case .storageFull, .storage, .damaged, .newerVersion, .closed, .internalFault: throw error
                // This one cannot be read, say: it stays, and the others go on.
                default: report.failed += 1
                }
            } catch {
                report.failed += 1
            }
        }
        try sweep()
        return report
    }

    /// Where a parcel is staged. It is written before anything is staged there, so that a second try commits the same.
    private struct Staged: Codable {
        let file: String
        let motion: String?
    }

    private func take(_ parcel: Parcel, into satchel: Satchel) async throws -> AssetID {
        let slip = try slip(of: parcel)
        let isNew: Bool
        let staged: Staged
        let note = durable.place(parcel.staged)
        if let data = try? Data(contentsOf: note), let known = try? JSONDecoder().decode(Staged.self, from: data) {
            (staged, isNew) = (known, false)
        } else {
            let motion: String? = if slip.motion == nil { nil } else { try await satchel.stage().id }
            (staged, isNew) = (Staged(file: try await satchel.stage().id, motion: motion), true)
            try durable.write(JSONEncoder().encode(staged), as: parcel.staged)
        }
        // The app's folder may be elsewhere than when the parcel was staged: after an update of the app, say.
        let any = try await satchel.stage()
        let (folder, name) = (any.file.deletingLastPathComponent(), any.file.lastPathComponent)
        let place = { (id: String) in
            Stage(id: id, file: folder.appendingPathComponent(name.replacingOccurrences(of: any.id, with: id)))
        }
        var motion: Motion?
        if let id = staged.motion, let name = slip.motion { motion = .staged(place(id), name: name) }
        if isNew { try stage(parcel, staged, place) }
        // A second try may find it there: the app was killed before the parcel was removed.
        var outcome = await commit(place(staged.file), slip, motion, into: satchel)
        if case .failure(.source(.gone, _)) = outcome {
            try stage(parcel, staged, place)
            outcome = await commit(place(staged.file), slip, motion, into: satchel)
        }
        let id = try outcome.get()
        durable.pass("the outbox has it")
        try remove(parcel)
        return id
    }

    private func commit(
        _ stage: Stage, _ slip: Slip, _ motion: Motion?, into satchel: Satchel
    ) async -> Result<AssetID, SatchelError> {
        do throws(SatchelError) {
            let added = try await satchel.commit(
                stage, name: slip.name, post: slip.post.edit, urgent: slip.post.urgent, album: slip.post.album,
                motion: motion)
            return .success(added.id)
        } catch {
            return .failure(error)
        }
    }

    private func stage(_ parcel: Parcel, _ staged: Staged, _ place: (String) -> Stage) throws {
        try stage(parcel.file, at: place(staged.file).file)
        if let motion = staged.motion { try stage(parcel.motion, at: place(motion).file) }
    }

    /// Puts a second name on a parcel's file, so that nothing is copied and the parcel stays whole; a copy where that is not
    /// possible, across volumes.
    private func stage(_ name: String, at place: URL) throws {
        let (file, files) = (durable.place(name), FileManager.default)
        try? files.removeItem(at: place)
        // What was not written to for a day is swept from the outbox's stages.
        try? files.setAttributes([.modificationDate: Date()], ofItemAtPath: file.path)
        durable.pass("\(name) is not staged")
        do {
            try files.linkItem(at: file, to: place)
        } catch {
            try files.copyItem(at: file, to: place)
        }
        durable.pass("\(name) is staged")
    }
}

extension InboxPost {
    /// The same for the outbox.
    var edit: PostEdit {
        let hasPlace = latitude != nil || longitude != nil || placeName != nil
        return PostEdit(
            caption: caption, tags: tags,
            place: hasPlace ? Place(latitude: latitude, longitude: longitude, name: placeName) : nil, author: author,
            time: time)
    }
}
