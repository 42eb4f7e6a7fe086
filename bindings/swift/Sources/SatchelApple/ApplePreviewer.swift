// Pictures of what Satchel cannot read by itself, by the system: HEIC and raw photos, frames of films, small films.

#if canImport(ImageIO) && canImport(AVFoundation)
    import AVFoundation
    import Foundation
    import ImageIO
    public import Satchel
    import UniformTypeIdentifiers

    /// Makes pictures by ImageIO, posters and small films by AVFoundation.
    public final class ApplePreviewer: Previewer {
        /// What a press film may have (DESIGN's `press`: at most 2 MiB).
        private static let mostFilmBytes = 2_097_152
        private let library: (any MediaLibrary)?

        /// - Parameter library: Opens originals that are in the photo library.
        public init(library: (any MediaLibrary)? = nil) {
            self.library = library
        }

        /// Writes a picture as JPEG, upright and no larger than asked for, where there is one to be had.
        public func picture(_ request: PreviewRequest) throws -> Bool {
            try withFile(of: request) { file in
                let frame = request.kind == .video ? Self.poster(of: file, request.longest) : nil
                guard let image = frame ?? Self.picture(of: file, request.longest) else { return false }
                return Self.write(image, to: request.destination)
            }
        }

        /// Writes a small film, where one fits.
        public func film(_ request: PreviewRequest) throws -> Bool {
            try withFile(of: request) { file in
                // By how far a preset gets below the limit: the next smaller one, until one fits.
                let presets = [AVAssetExportPreset960x540, AVAssetExportPreset640x480, AVAssetExportPresetLowQuality]
                return presets.contains { Self.export(file, by: $0, to: request.destination) }
            }
        }

        /// Calls with the original's file, under a name that has the ending of its type: AVFoundation goes by that, and names in the
        /// outbox have none.
        private func withFile(of request: PreviewRequest, _ make: (URL) throws -> Bool) throws -> Bool {
            let (file, isOurs): (URL, Bool)
            switch request.source {
            case .file(let original): (file, isOurs) = (original, false)
            case .library(let id):
                guard case .file(let export, let temporary, _, _)? = try library?.open(id) else { return false }
                (file, isOurs) = (export, temporary)
            }
            defer { if isOurs { try? FileManager.default.removeItem(at: file) } }
            let type = UTType(mimeType: request.mediaType)?.preferredFilenameExtension
            guard file.pathExtension.isEmpty, let type else { return try make(file) }
            let named = FileManager.default.temporaryDirectory.appendingPathComponent(
                "satchel-\(UUID().uuidString).\(type)")
            try FileManager.default.createSymbolicLink(at: named, withDestinationURL: file)
            defer { try? FileManager.default.removeItem(at: named) }
            return try make(named)
        }

        private static func picture(of file: URL, _ longest: Int) -> CGImage? {
            // Never decoded at its full size: raw photos and panoramas do not fit into a background app's memory.
            let options: [CFString: Any] = [
                kCGImageSourceCreateThumbnailFromImageAlways: true, kCGImageSourceCreateThumbnailWithTransform: true,
                kCGImageSourceThumbnailMaxPixelSize: longest, kCGImageSourceShouldCacheImmediately: false,
            ]
            return CGImageSourceCreateWithURL(file as CFURL, nil).flatMap {
                CGImageSourceCreateThumbnailAtIndex($0, 0, options as CFDictionary)
            }
        }

        /// A frame of the first second: the very first one is often black.
        private static func poster(of file: URL, _ longest: Int) -> CGImage? {
            let generator = AVAssetImageGenerator(asset: AVURLAsset(url: file))
            generator.appliesPreferredTrackTransform = true
            generator.maximumSize = CGSize(width: longest, height: longest)
            generator.requestedTimeToleranceAfter = .positiveInfinity
            let (ended, made) = (DispatchSemaphore(value: 0), Made())
            generator.generateCGImageAsynchronously(for: CMTime(value: 1, timescale: 2)) { image, _, _ in
                made.image = image
                ended.signal()
            }
            ended.wait()
            return made.image
        }

        private static func write(_ image: CGImage, to place: URL) -> Bool {
            let type = UTType.jpeg.identifier as CFString
            guard let destination = CGImageDestinationCreateWithURL(place as CFURL, type, 1, nil) else { return false }
            let options: [CFString: Any] = [kCGImageDestinationLossyCompressionQuality: 0.9]
            CGImageDestinationAddImage(destination, image, options as CFDictionary)
            return CGImageDestinationFinalize(destination)
        }

        private static func export(_ file: URL, by preset: String, to place: URL) -> Bool {
            let asset = AVURLAsset(url: file)
            guard let session = AVAssetExportSession(asset: asset, presetName: preset) else { return false }
            // It does not write over a file, and an empty one is there.
            try? FileManager.default.removeItem(at: place)
            session.outputURL = place
            session.outputFileType = .mp4
            session.shouldOptimizeForNetworkUse = true
            // What tells where and when stays behind.
            session.metadata = []
            session.metadataItemFilter = .forSharing()
            let ended = DispatchSemaphore(value: 0)
            session.exportAsynchronously { ended.signal() }
            ended.wait()
            let bytes = (try? place.resourceValues(forKeys: [.fileSizeKey]))?.fileSize ?? 0
            if session.status == .completed && (1...mostFilmBytes).contains(bytes) { return true }
            try? FileManager.default.removeItem(at: place)
            return false
        }

        /// What a request came to; written before its semaphore is signalled, read after.
        private final class Made: @unchecked Sendable {
            var image: CGImage?
        }
    }
#endif
