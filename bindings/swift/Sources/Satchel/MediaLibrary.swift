// Originals that have an id instead of a path: what the app's media library keeps.

import Foundation
internal import SatchelGenerated

/// Where an original lives.
public enum Source: Hashable, Sendable {
    /// A file. Not for logs.
    case file(URL)
    /// An item of the app's ``MediaLibrary``, by its id there.
    case library(id: String)

    init(_ core: SatchelGenerated.Source) {
        self =
            switch core {
            case .file(let path): .file(URL(fileURLWithPath: path))
            case .library(let id): .library(id: id)
            }
    }

    /// The file; `nil` for an item of a library.
    public var file: URL? {
        if case .file(let file) = self { file } else { nil }
    }
}

/// An item of the app's media library, to be added.
public struct LibraryItem: Hashable, Sendable {
    /// As ``MediaLibrary/open(_:)`` is to be given it; 1 to 1,024 bytes. With Photos: the asset's local identifier.
    public var id: String
    /// The file's name, as the library calls it; without folders, 1 to 255 bytes.
    public var name: String

    /// An item.
    public init(id: String, name: String) {
        self.id = id
        self.name = name
    }

    var core: SatchelGenerated.LibraryItem { .init(id: id, name: name) }
}

/// The app's media library, such as Photos: it opens again what was added by its id, months later and in another process too.
public protocol MediaLibrary: Sendable {
    /// Opens an item for reading.
    ///
    /// Called on threads of Satchel's own that may wait, several at once. When it throws, adding throws
    /// ``SatchelError/host(words:)``, and what was added before waits and is tried again.
    func open(_ id: String) throws -> OpenedItem
}

/// What a library said when an item was to be opened.
public enum OpenedItem: Hashable, Sendable {
    /// It is open: a descriptor of a regular file, which Satchel closes.
    ///
    /// `readMode` numbers the ways in which the app reads it, from 0: with or without its place, say, which gives other
    /// bytes. `modified` is when the item last changed; the file's own time when left out.
    case descriptor(Int32, readMode: UInt8 = 0, modified: Date? = nil)
    /// It is in a file. A `temporary` one was exported for this once: it is removed as soon as it is open.
    ///
    /// An app that exports an item anew each time must say when it was `modified`, or each export counts as another
    /// original.
    case file(URL, temporary: Bool = false, readMode: UInt8 = 0, modified: Date? = nil)
    /// The library has it no more: the asset is parked.
    case gone
    /// The person did not allow it: the asset is parked.
    case denied
    /// Not now: the phone is locked, the library is busy. It is tried again by itself.
    case away
    /// It is only in the cloud, and the app does not fetch it over the link that there is. It is tried again by itself.
    case inCloud

    var core: SatchelGenerated.OpenedItem {
        switch self {
        case .descriptor(let fd, let mode, let modified):
            .descriptor(fd: fd, readMode: mode, modifiedUtcMs: modified?.utcMs)
        case .file(let file, let temporary, let mode, let modified):
            .file(path: file.path, temporary: temporary, readMode: mode, modifiedUtcMs: modified?.utcMs)
        case .gone: .gone
        case .denied: .denied
        case .away: .away
        case .inCloud: .inCloud
        }
    }
}

/// Lets Rust ask the app's media library.
final class LibraryPort: SatchelGenerated.MediaLibrary {
    private let library: any MediaLibrary

    init(_ library: any MediaLibrary) {
        self.library = library
    }

    func openItem(id: String) throws -> SatchelGenerated.OpenedItem {
        do {
            return try library.open(id).core
        } catch {
            // This ends in the log: what it says may name the item.
            let kind = String(describing: type(of: error))
            throw SatchelGenerated.SatchelError.Host(words: "the app's media library failed (\(kind))")
        }
    }
}
