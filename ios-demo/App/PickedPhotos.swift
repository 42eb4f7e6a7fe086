// What the system's photo picker gives: it needs no leave to see the library, and what it gives is copied.

import CoreTransferable
import Foundation
import Photos
import PhotosUI
import SatchelDemoModel
import SwiftUI
import UniformTypeIdentifiers

/// A pick, fetched when its turn comes.
struct PickedPhoto: Picked {
    let item: PhotosPickerItem

    func fetch() async throws -> PickedFile {
        if item.supportedContentTypes.contains(where: { $0.conforms(to: .livePhoto) }),
            let live = try await item.loadTransferable(type: PHLivePhoto.self),
            let pair = try await LiveParts(live).files()
        {
            return pair
        }
        guard let copy = try await item.loadTransferable(type: CopiedFile.self) else { throw PickFault.nothing }
        return PickedFile(copy.file, name: copy.name)
    }
}

/// Why a pick gave nothing.
enum PickFault: LocalizedError {
    case nothing

    var errorDescription: String? {
        "The photo library gave nothing. Open the photo in Photos until it is there, then pick it again."
    }
}

/// A copy of what the picker lends: its file is gone when the closure returns.
private struct CopiedFile: Transferable {
    let file: URL
    let name: String

    static var transferRepresentation: some TransferRepresentation {
        FileRepresentation(importedContentType: .movie) { try Self($0) }
        FileRepresentation(importedContentType: .image) { try Self($0) }
    }

    private init(_ received: ReceivedTransferredFile) throws {
        name = received.file.lastPathComponent
        file = try Temporary.folder().appendingPathComponent(name)
        // On the phone's file system a clone, which takes neither time nor room.
        try FileManager.default.copyItem(at: received.file, to: file)
    }
}

/// Both files of a live photo.
private struct LiveParts {
    private let resources: [PHAssetResource]

    init(_ live: PHLivePhoto) {
        resources = PHAssetResource.assetResources(for: live)
    }

    /// None where a part is missing.
    func files() async throws -> PickedFile? {
        guard let still = resources.first(where: { $0.type == .photo }),
            let motion = resources.first(where: { $0.type == .pairedVideo })
        else { return nil }
        let folder = try Temporary.folder()
        let (photo, film) = (
            folder.appendingPathComponent(still.originalFilename),
            folder.appendingPathComponent(motion.originalFilename)
        )
        try await PHAssetResourceManager.default().writeData(for: still, toFile: photo, options: nil)
        try await PHAssetResourceManager.default().writeData(for: motion, toFile: film, options: nil)
        return PickedFile(photo, name: still.originalFilename, motion: film)
    }
}

/// Folders that last as long as the system lets them; each pick has its own, so that names may be alike.
private enum Temporary {
    static func folder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("picked-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }
}
