// How the outbox names what is in the photo library.

/// An original of an asset: the id of a ``Satchel/LibraryItem``, months later too.
struct PhotoReference: Hashable, Sendable {
    /// The asset's local identifier.
    let asset: String
    /// The film of a live photo.
    let isMotion: Bool

    private static let motion = "#motion"

    init(asset: String, isMotion: Bool = false) {
        self.asset = asset
        self.isMotion = isMotion
    }

    init(_ text: String) {
        isMotion = text.hasSuffix(Self.motion)
        asset = isMotion ? String(text.dropLast(Self.motion.count)) : text
    }

    var text: String { isMotion ? asset + Self.motion : asset }
}
