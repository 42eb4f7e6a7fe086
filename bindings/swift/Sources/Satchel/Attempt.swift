import Foundation
internal import SatchelGenerated

/// A request for an asset that ended.
public struct Attempt: Hashable, Sendable {
    /// Where to.
    public let target: TargetID
    /// What of the asset.
    public let rendition: Rendition
    /// When it began.
    public let started: Date
    /// When it ended.
    public let ended: Date
    /// The method, in capitals.
    public let method: String
    /// The reply's HTTP status; none where none came.
    public let status: Int?
    /// Bytes of the body that left.
    public let sent: Int
    /// What came of it, for a person, in English.
    public let words: String

    init(_ core: SatchelGenerated.Attempt) {
        target = TargetID(rawValue: core.target)
        rendition = Rendition(core.rendition)
        started = Date(utcMs: core.startedUtcMs)
        ended = Date(utcMs: core.endedUtcMs)
        method = core.method
        status = core.status.map(Int.init)
        sent = Int(count: core.sent)
        words = core.words
    }
}
