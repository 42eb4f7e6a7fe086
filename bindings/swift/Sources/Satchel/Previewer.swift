// Pictures of what Satchel cannot read by itself.

import Foundation
internal import SatchelGenerated

/// Makes pictures with what the app's system knows: ImageIO, a video's frames by AVFoundation.
public protocol Previewer: Sendable {
    /// Writes a picture of an original to ``PreviewRequest/destination``; `false` when there is none to be had: the post goes
    /// without a preview. It becomes smaller, upright and free of metadata afterwards.
    ///
    /// Called on a thread of Satchel's own that may wait, one call at a time. When it throws, the post goes without a preview.
    func picture(_ request: PreviewRequest) throws -> Bool
    /// Writes a small version of a film to ``PreviewRequest/destination``, as MP4 that any browser plays, of at most 2 MiB and
    /// with nothing in it of where and when; `false` when there is none to be had. It goes as it is, if it keeps to that.
    ///
    /// Called one film at a time; pictures are asked for meanwhile. When it throws, the post goes without it.
    func film(_ request: PreviewRequest) throws -> Bool
}

extension Previewer {
    /// There is none to be had.
    public func film(_ request: PreviewRequest) throws -> Bool { false }
}

/// A picture or a film that the app is to make.
public struct PreviewRequest: Hashable, Sendable {
    /// The original, or the outbox's copy of it.
    public let source: Source
    /// What kind of thing it is.
    public let kind: Asset.Kind
    /// Its media type (RFC 6838), `application/octet-stream` where it is not known.
    public let mediaType: String
    /// Its length in bytes.
    public let bytes: Int
    /// The longer side that is wanted, in pixels; a larger picture is fine.
    public let longest: Int
    /// Where to write it: a picture as JPEG, PNG or WebP. An empty file is there.
    public let destination: URL

    init(_ core: SatchelGenerated.PreviewRequest) {
        source = Source(core.source)
        kind = Asset.Kind(core.kind)
        mediaType = core.mediaType
        bytes = Int(count: core.bytes)
        longest = Int(core.longest)
        destination = URL(fileURLWithPath: core.to)
    }
}

/// Lets Rust ask the app for pictures.
final class PreviewerPort: SatchelGenerated.Previewer {
    private let previewer: any Previewer

    init(_ previewer: any Previewer) {
        self.previewer = previewer
    }

    func picture(request: SatchelGenerated.PreviewRequest) throws -> Bool {
        try asking { try previewer.picture(PreviewRequest(request)) }
    }

    func film(request: SatchelGenerated.PreviewRequest) throws -> Bool {
        try asking { try previewer.film(PreviewRequest(request)) }
    }

    private func asking(_ ask: () throws -> Bool) throws -> Bool {
        do {
            return try ask()
        } catch {
            // This ends in the log: what it says may name the original.
            let kind = String(describing: type(of: error))
            throw SatchelGenerated.SatchelError.Host(words: "the app's previewer failed (\(kind))")
        }
    }
}
