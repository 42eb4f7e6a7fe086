// What a person said when they shared something.

import Foundation

/// What is said of a shared photo or video. What is left out is not said.
public struct InboxPost: Codable, Hashable, Sendable {
    /// Free text.
    public var caption: String?
    /// Tags without `#`.
    public var tags: [String]?
    /// Degrees north, −90 to 90 (WGS 84).
    public var latitude: Double?
    /// Degrees east, −180 to 180 (WGS 84).
    public var longitude: Double?
    /// The place, as a person would say it.
    public var placeName: String?
    /// Who made it.
    public var author: String?
    /// When it was taken, RFC 3339 with zone offset where that is known.
    public var time: String?
    /// Before all that is not urgent.
    public var urgent: Bool
    /// The album that it comes from, at most 200 characters.
    public var album: String?

    /// A post.
    public init(
        caption: String? = nil, tags: [String]? = nil, latitude: Double? = nil, longitude: Double? = nil,
        placeName: String? = nil, author: String? = nil, time: String? = nil, urgent: Bool = false,
        album: String? = nil
    ) {
        self.caption = caption
        self.tags = tags
        self.latitude = latitude
        self.longitude = longitude
        self.placeName = placeName
        self.author = author
        self.time = time
        self.urgent = urgent
        self.album = album
    }
}
