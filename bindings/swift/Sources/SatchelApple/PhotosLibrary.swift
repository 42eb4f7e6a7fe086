// Photos, as an outbox opens its originals and as the sync reads it.

#if canImport(Photos)
    import Foundation
    import Photos
    public import Satchel

    /// Opens items of the photo library: the original's bytes, as the camera made them, streamed to a temporary file.
    ///
    /// The system hands out no descriptor of an original, so each reading exports it anew; it counts as never changed, so that two
    /// exports are one original. The outbox removes the file as soon as it is open. A fetch from iCloud ends when the link changes to
    /// one over which the rule does not fetch.
    public final class PhotosLibrary: MediaLibrary {
        private let rule: CloudRule
        private let link: @Sendable () -> Link?
        private let temporary: URL

        /// - Parameters:
        ///   - rule: Over which links an original is fetched that is only in iCloud.
        ///   - link: The link that there is now; none where it is not known.
        ///   - temporary: Where exports lie for a moment.
        public init(
            rule: CloudRule = .freeLinksOnly, temporary: URL = FileManager.default.temporaryDirectory,
            link: @escaping @Sendable () -> Link?
        ) {
            self.rule = rule
            self.link = link
            self.temporary = temporary
        }

        /// Opens an item; called on threads of Satchel's that may wait.
        public func open(_ id: String) throws -> OpenedItem {
            let reference = PhotoReference(id)
            switch PHPhotoLibrary.authorizationStatus(for: .readWrite) {
            case .authorized, .limited: break
            case .denied, .restricted: return .denied
            case .notDetermined: return .away
            @unknown default: return .away
            }
            let found = PHAsset.fetchAssets(withLocalIdentifiers: [reference.asset], options: nil)
            // In a limited library what was not chosen is not there, and may be chosen again.
            guard let asset = found.firstObject else {
                return PHPhotoLibrary.authorizationStatus(for: .readWrite) == .limited ? .away : .gone
            }
            guard let resource = reference.resource(of: asset) else { return .gone }
            let file = temporary.appendingPathComponent("satchel-\(UUID().uuidString)")
            let export = try Export(to: file)
            let (rule, link) = (rule, link)
            let options = PHAssetResourceRequestOptions()
            options.isNetworkAccessAllowed = rule.fetches(over: link())
            // Called while Photos fetches from iCloud, and only then.
            options.progressHandler = { _ in if !rule.fetches(over: link()) { export.stop() } }
            let manager = PHAssetResourceManager.default()
            export.began(
                manager.requestData(
                    for: resource, options: options, dataReceivedHandler: { export.take($0) },
                    completionHandler: { export.end($0) }))
            if let error = export.wait() {
                try? FileManager.default.removeItem(at: file)
                if error is Export.Stopped { return .inCloud }
                guard let code = (error as? PHPhotosError)?.code else { throw error }
                return code == .networkAccessRequired ? .inCloud : .away
            }
            // An original does not change: what is edited of it is another resource, and its date may be set anew.
            return .file(file, temporary: true, modified: Date(timeIntervalSince1970: 0))
        }

        /// An original on its way to a file. `@unchecked`: its state is behind a lock.
        private final class Export: @unchecked Sendable {
            struct Stopped: Error {}

            private let file: FileHandle
            private let lock = NSLock()
            private let ended = DispatchSemaphore(value: 0)
            private var request: PHAssetResourceDataRequestID?
            private var error: (any Error)?

            init(to place: URL) throws {
                guard FileManager.default.createFile(atPath: place.path, contents: nil) else {
                    throw CocoaError(.fileWriteUnknown)
                }
                file = try FileHandle(forWritingTo: place)
            }

            func began(_ request: PHAssetResourceDataRequestID) {
                let isOver = lock.withLock {
                    self.request = request
                    return error != nil
                }
                if isOver { PHAssetResourceManager.default().cancelDataRequest(request) }
            }

            /// Takes a piece; pieces come one after another.
            func take(_ piece: Data) {
                do {
                    try file.write(contentsOf: piece)
                } catch {
                    // The disk is full, say.
                    fail(error)
                }
            }

            func stop() { fail(Stopped()) }

            /// The first error counts; those that follow come of ending the request.
            private func fail(_ why: any Error) {
                let request = lock.withLock {
                    error = error ?? why
                    return self.request
                }
                if let request { PHAssetResourceManager.default().cancelDataRequest(request) }
                // Nothing more is wanted of it, whether Photos says that it ended or not.
                ended.signal()
            }

            func end(_ why: (any Error)?) {
                lock.withLock { error = error ?? why }
                ended.signal()
            }

            /// Waits for its end; what went wrong.
            func wait() -> (any Error)? {
                ended.wait()
                try? file.close()
                return lock.withLock { error }
            }
        }
    }

    extension PhotoReference {
        /// The original that it speaks of.
        func resource(of asset: PHAsset) -> PHAssetResource? {
            let resources = PHAssetResource.assetResources(for: asset)
            let kind: PHAssetResourceType = isMotion ? .pairedVideo : asset.mediaType == .video ? .video : .photo
            return resources.first { $0.type == kind }
        }
    }

    /// The photo library for a ``PhotoSync``.
    public struct PhotosSource: PhotoSource {
        private let albums: @Sendable () -> Set<String>

        /// Photos and films that the person may see in their library; hidden ones are not among them.
        ///
        /// - Parameter albums: The local identifiers of albums that the app watches. Where one of them changed, all is looked at
        ///   anew: to put a photo into an album is no change of the photo.
        public init(albums: @escaping @Sendable () -> Set<String> = { [] }) {
            self.albums = albums
        }

        /// What the person allows.
        public func access() async -> PhotoAccess {
            switch PHPhotoLibrary.authorizationStatus(for: .readWrite) {
            case .authorized: .full
            case .limited: .limited
            case .denied, .restricted, .notDetermined: .none
            @unknown default: .none
            }
        }

        /// Where the library's history stands.
        public func token() async throws -> Data { try Self.data(PHPhotoLibrary.shared().currentChangeToken) }

        /// A page, oldest first, so that what comes meanwhile stands at the end.
        public func items(from place: Int, limit: Int) async throws -> [PhotoItem] {
            let options = PHFetchOptions()
            options.sortDescriptors = [NSSortDescriptor(key: "creationDate", ascending: true)]
            let found = PHAsset.fetchAssets(with: options)
            guard place < found.count else { return [] }
            let range = place..<min(found.count, place + limit)
            // One that has no original (a library that is being filled) still has its place in the page.
            return found.objects(at: IndexSet(integersIn: range)).map(PhotoItem.init)
        }

        /// Those that are there.
        public func items(_ ids: [String]) async throws -> [PhotoItem] {
            let assets = ids.map { PhotoReference($0).asset }
            let found = PHAsset.fetchAssets(withLocalIdentifiers: assets, options: nil)
            return found.objects(at: IndexSet(integersIn: 0..<found.count)).map(PhotoItem.init)
        }

        /// What changed since.
        public func changes(since token: Data) async throws -> PhotoChanges {
            guard
                let since = try? NSKeyedUnarchiver.unarchivedObject(ofClass: PHPersistentChangeToken.self, from: token)
            else { throw TokenExpired() }
            var (changed, deleted, last) = (Set<String>(), Set<String>(), since)
            let albums = albums()
            do {
                for change in try PHPhotoLibrary.shared().fetchPersistentChanges(since: since) {
                    if !albums.isEmpty {
                        let details = try change.changeDetails(for: .assetCollection)
                        let touched = details.insertedLocalIdentifiers.union(details.updatedLocalIdentifiers)
                        if !albums.isDisjoint(with: touched) { throw TokenExpired() }
                    }
                    let details = try change.changeDetails(for: .asset)
                    changed.formUnion(details.insertedLocalIdentifiers)
                    changed.formUnion(details.updatedLocalIdentifiers)
                    deleted.formUnion(details.deletedLocalIdentifiers)
                    last = change.changeToken
                }
            } catch let error as PHPhotosError
                where [.persistentChangeTokenExpired, .persistentChangeDetailsUnavailable].contains(error.code)
            {
                throw TokenExpired()
            }
            changed.subtract(deleted)
            // Updated ones that were hidden or thrown away are not found, and left alone.
            return PhotoChanges(
                changed: try await items(changed.sorted()), deleted: deleted.sorted(), token: try Self.data(last))
        }

        private static func data(_ token: PHPersistentChangeToken) throws -> Data {
            try NSKeyedArchiver.archivedData(withRootObject: token, requiringSecureCoding: true)
        }
    }

    extension PhotoItem {
        /// An asset of the library.
        init(_ asset: PHAsset) {
            let reference = PhotoReference(asset: asset.localIdentifier)
            let motion = PhotoReference(asset: asset.localIdentifier, isMotion: true)
            let film = asset.mediaSubtypes.contains(.photoLive) ? motion.resource(of: asset) : nil
            // Its name where it has one; an asset without an original is opened, and says so itself, later.
            let name = reference.resource(of: asset)?.originalFilename ?? "photo"
            self.init(
                LibraryItem(id: reference.text, name: name),
                motion: film.map { LibraryItem(id: motion.text, name: $0.originalFilename) },
                taken: asset.creationDate)
        }
    }
#endif
