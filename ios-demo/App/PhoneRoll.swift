// The camera roll: whether new photos are added by themselves, and from which albums. What they are is SatchelApple's to find.

import Foundation
import Photos
import SatchelApple
import SatchelDemoModel

/// What the person chose, between launches.
enum RollChoice {
    /// When it was turned on: what was taken before stays out.
    static var since: Date? {
        get { UserDefaults.standard.object(forKey: "rollSince") as? Date }
        set { UserDefaults.standard.set(newValue, forKey: "rollSince") }
    }

    /// The local identifiers of watched albums; all photos where there are none.
    static var albums: Set<String> {
        get { Set(UserDefaults.standard.stringArray(forKey: "rollAlbums") ?? []) }
        set { UserDefaults.standard.set(newValue.sorted(), forKey: "rollAlbums") }
    }
}

/// The model's camera roll.
@MainActor
final class PhoneRoll: CameraRoll {
    private let host: SatchelHost

    init(_ host: SatchelHost) {
        self.host = host
    }

    var access: CameraRollAccess {
        switch PHPhotoLibrary.authorizationStatus(for: .readWrite) {
        case .notDetermined: .open
        case .authorized: .all
        case .limited: .chosen
        case .denied, .restricted: .none
        @unknown default: .none
        }
    }

    var isOn: Bool { RollChoice.since != nil }

    func turn(on: Bool) async throws {
        guard on else {
            RollChoice.since = nil
            return
        }
        if access == .open { _ = await PHPhotoLibrary.requestAuthorization(for: .readWrite) }
        guard access == .all || access == .chosen else { throw RollFault.notAllowed }
        RollChoice.since = RollChoice.since ?? Date()
        try await host.syncPhotos()
    }

    func albums() async throws -> [Album] {
        let found = PHAssetCollection.fetchAssetCollections(with: .album, subtype: .any, options: nil)
        let watched = RollChoice.albums
        return found.objects(at: IndexSet(integersIn: 0..<found.count))
            .map {
                Album(
                    id: $0.localIdentifier, title: $0.localizedTitle ?? "Album",
                    watched: watched.contains($0.localIdentifier))
            }
            .sorted { $0.title.localizedStandardCompare($1.title) == .orderedAscending }
    }

    func watch(_ album: Album.ID, _ watched: Bool) async throws {
        if watched { RollChoice.albums.insert(album) } else { RollChoice.albums.remove(album) }
        try await host.syncPhotos()
    }
}

/// Why the camera roll could not be turned on.
enum RollFault: LocalizedError {
    case notAllowed

    var errorDescription: String? {
        "Satchel may not see your photos. Allow it in the Settings app, under Privacy, Photos; then turn this on again."
    }
}

/// The photo library, as far as the person wants it watched.
struct WatchedPhotos: PhotoSource {
    private let library = PhotosSource { RollChoice.albums }

    func access() async -> PhotoAccess {
        RollChoice.since == nil ? .none : await library.access()
    }

    func token() async throws -> Data {
        let albums = RollChoice.albums
        return try RollPlace(library: await library.token(), albums: albums).kept()
    }

    func items(from place: Int, limit: Int) async throws -> [PhotoItem] {
        guard let since = RollChoice.since else { return [] }
        let options = PHFetchOptions()
        options.predicate = NSPredicate(format: "creationDate >= %@", since as NSDate)
        options.sortDescriptors = [NSSortDescriptor(key: "creationDate", ascending: true)]
        let albums = RollChoice.albums
        var inside: Set<String>?
        if !albums.isEmpty {
            let found = PHAssetCollection.fetchAssetCollections(
                withLocalIdentifiers: albums.sorted(), options: nil)
            let all = found.objects(at: IndexSet(integersIn: 0..<found.count))
            inside = Set(all.flatMap { Self.ids(PHAsset.fetchAssets(in: $0, options: options)) })
        }
        let page = RollPage.ids(
            of: Self.ids(PHAsset.fetchAssets(with: options)), in: inside, from: place, limit: limit)
        return watched(try await library.items(page))
    }

    private static func ids(_ found: PHFetchResult<PHAsset>) -> [String] {
        found.objects(at: IndexSet(integersIn: 0..<found.count)).map(\.localIdentifier)
    }

    func items(_ ids: [String]) async throws -> [PhotoItem] {
        watched(try await library.items(ids))
    }

    func changes(since token: Data) async throws -> PhotoChanges {
        let albums = RollChoice.albums
        guard let place = RollPlace(kept: token), place.albums == albums else { throw TokenExpired() }
        var changes = try await library.changes(since: place.library)
        changes.changed = watched(changes.changed)
        changes.token = try RollPlace(library: changes.token, albums: albums).kept()
        return changes
    }

    /// Those of watched albums that were taken since it was turned on, with the album's title for the rules.
    private func watched(_ items: [PhotoItem]) -> [PhotoItem] {
        guard let since = RollChoice.since else { return [] }
        let albums = RollChoice.albums
        return items.compactMap { item in
            guard (item.taken ?? .distantFuture) >= since else { return nil }
            if albums.isEmpty { return item }
            guard let asset = PHAsset.fetchAssets(withLocalIdentifiers: [item.item.id], options: nil).firstObject
            else { return nil }
            let around = PHAssetCollection.fetchAssetCollectionsContaining(asset, with: .album, options: nil)
            let album = around.objects(at: IndexSet(integersIn: 0..<around.count))
                .first { albums.contains($0.localIdentifier) }
            guard let album else { return nil }
            var named = item
            named.album = album.localizedTitle.map { String($0.prefix(200)) }
            return named
        }
    }
}
