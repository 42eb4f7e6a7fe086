// Assets, their deliveries, and where they go.

import Foundation
internal import SatchelGenerated

/// Which asset.
public struct AssetID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// As a text, for an app's own records.
    public let rawValue: String

    /// From a text that ``rawValue`` gave.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The same text.
    public var description: String { rawValue }
}

/// Which target of an outbox.
public struct TargetID: RawRepresentable, Hashable, Sendable {
    /// As a number, for an app's own records.
    public let rawValue: Int64

    /// From a number that ``rawValue`` gave.
    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }
}

/// One thing that the camera made: a photo, a video, or a pair.
public struct Asset: Identifiable, Hashable, Sendable {
    /// What kind of thing.
    public enum Kind: Hashable, Sendable, CaseIterable {
        /// A photo.
        case photo
        /// A video.
        case video
        /// A live photo: still and motion, one unit.
        case pair
        /// Something else that was named by itself.
        case other

        init(_ core: SatchelGenerated.AssetKind) {
            self =
                switch core {
                case .photo: .photo
                case .video: .video
                case .pair: .pair
                case .other: .other
                }
        }

        var core: SatchelGenerated.AssetKind {
            switch self {
            case .photo: .photo
            case .video: .video
            case .pair: .pair
            case .other: .other
            }
        }
    }

    /// Which.
    public let id: AssetID
    /// Grows with each asset added: the key of the next page.
    public let sequence: Int64
    /// What kind of thing.
    public let kind: Kind
    /// Where it was added from.
    public let source: Source
    /// The file's name.
    public let name: String
    /// BLAKE3 of its content, 64 hexadecimal digits, once it was read.
    public let hash: String?
    /// Length of the original in bytes, as far as known; of a pair, of both files.
    public let bytes: Int
    /// Of a pair: the motion beside the still, of which the properties above speak.
    public let motion: MotionView?
    /// Made urgent.
    public let urgent: Bool
    /// When it was added.
    public let added: Date
    /// The latest post.
    public let post: Post
    /// The post's revision, from 1.
    public let revision: Int
    /// The state over all targets: the one that is furthest from done.
    public let state: AssetState
    /// Bytes handed to the network for its original, over all targets; twins share them.
    public let sent: Int
    /// Bytes of its original that servers said they kept.
    public let acknowledged: Int
    /// Each delivery.
    public let deliveries: [Delivery]

    init(_ core: SatchelGenerated.Asset) {
        id = AssetID(rawValue: core.id)
        sequence = core.seq
        kind = Kind(core.kind)
        source = Source(core.source)
        name = core.name
        hash = core.hash
        bytes = Int(count: core.bytes)
        motion = core.motion.map(MotionView.init)
        urgent = core.urgent
        added = Date(utcMs: core.addedUtcMs)
        post = Post(core.post)
        revision = Int(core.revision)
        state = AssetState(core.state)
        sent = Int(count: core.sent)
        acknowledged = Int(count: core.acknowledged)
        deliveries = core.deliveries.map(Delivery.init)
    }
}

/// The motion of a pair.
public struct MotionView: Hashable, Sendable {
    /// Where it was added from.
    public let source: Source
    /// The file's name.
    public let name: String
    /// BLAKE3 of its content, 64 hexadecimal digits, once it was read.
    public let hash: String?
    /// Its length in bytes.
    public let bytes: Int

    init(_ core: SatchelGenerated.MotionView) {
        source = Source(core.source)
        name = core.name
        hash = core.hash
        bytes = Int(count: core.bytes)
    }
}

/// One delivery of an asset.
public struct Delivery: Hashable, Sendable {
    /// Where to.
    public let target: TargetID
    /// What.
    public let rendition: Rendition
    /// Where it stands.
    public let state: AssetState
    /// Payload bytes.
    public let bytes: Int
    /// Bytes handed to the network.
    public let sent: Int
    /// Bytes that the server said it kept.
    public let acknowledged: Int
    /// Whether a verified receipt is stored.
    public let receipt: Bool
    /// Whether it is the original without what it says of itself: a payload of its own, that receipt and length speak of. The
    /// original itself is not there: whether that may be deleted, ``Asset/state`` says.
    public let redacted: Bool

    init(_ core: SatchelGenerated.Delivery) {
        target = TargetID(rawValue: core.target)
        rendition = Rendition(core.rendition)
        state = AssetState(core.state)
        bytes = Int(count: core.bytes)
        sent = Int(count: core.sent)
        acknowledged = Int(count: core.acknowledged)
        receipt = core.receipt
        redacted = core.redacted
    }
}

/// Where assets go.
public struct Target: Identifiable, Hashable, Sendable {
    /// Its id in this outbox.
    public let id: TargetID
    /// As it was named.
    public let address: String
    /// A paired Satchel receiver: it signs receipts, tells what it has, and takes posts.
    public let receiver: Bool
    /// What it is not to learn from files.
    public let redact: Redaction
    /// While it rests: when it is tried again.
    public let restsUntil: Date?
    /// While it rests: why.
    public let trouble: Trouble?

    init(_ core: SatchelGenerated.Target) {
        id = TargetID(rawValue: core.id)
        address = core.url
        receiver = core.receiver
        redact = Redaction(core.redact)
        restsUntil = core.restsUntilUtcMs.map(Date.init(utcMs:))
        trouble = core.trouble.map(Trouble.init)
    }
}
