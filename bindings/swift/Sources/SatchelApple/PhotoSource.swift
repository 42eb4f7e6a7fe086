// The photo library as the sync sees it: the edge between its state machine and Photos.

public import Foundation
public import Satchel

/// Something in the photo library.
public struct PhotoItem: Hashable, Sendable {
    /// As the app's ``MediaLibrary`` opens it.
    public var item: LibraryItem
    /// Of a live photo: its film.
    public var motion: LibraryItem?
    /// When it was taken.
    public var taken: Date?
    /// The album that it comes from, as rules may name it.
    public var album: String?

    /// An item.
    public init(_ item: LibraryItem, motion: LibraryItem? = nil, taken: Date? = nil, album: String? = nil) {
        self.item = item
        self.motion = motion
        self.taken = taken
        self.album = album
    }
}

/// How much of the library the person lets the app see.
public enum PhotoAccess: Hashable, Sendable, CaseIterable {
    /// All of it.
    case full
    /// What they chose, which may be other things tomorrow.
    case limited
    /// Nothing, or they were not asked yet.
    case none
}

/// What changed since a token.
public struct PhotoChanges: Hashable, Sendable {
    /// New and changed ones, without those that are gone again.
    public var changed: [PhotoItem]
    /// The ids of those that were deleted.
    public var deleted: [String]
    /// Where the next question goes on.
    public var token: Data

    /// Changes.
    public init(changed: [PhotoItem], deleted: [String] = [], token: Data) {
        self.changed = changed
        self.deleted = deleted
        self.token = token
    }
}

/// A photo library.
public protocol PhotoSource: Sendable {
    /// What the person allows.
    func access() async -> PhotoAccess
    /// Where the library's history stands now.
    func token() async throws -> Data
    /// A page of all that the app may see, in one order throughout: those behind this place, from 0.
    func items(from place: Int, limit: Int) async throws -> [PhotoItem]
    /// What changed since then.
    ///
    /// - Throws: ``TokenExpired`` where the library does not know any more.
    func changes(since token: Data) async throws -> PhotoChanges
    /// Those of these items that are there, by their ids in the ``MediaLibrary``.
    func items(_ ids: [String]) async throws -> [PhotoItem]
}

/// The library's history does not go back that far.
public struct TokenExpired: Error, Hashable, Sendable {
    /// It does not.
    public init() {}
}
