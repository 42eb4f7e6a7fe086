// What a person says about an asset, and how something is added.

import Foundation
internal import SatchelGenerated

/// A place, by coordinates, name or both.
public struct Place: Hashable, Sendable {
    /// Degrees north, −90 to 90 (WGS 84).
    public var latitude: Double?
    /// Degrees east, −180 to 180 (WGS 84).
    public var longitude: Double?
    /// As a person would say it.
    public var name: String?

    /// A place.
    public init(latitude: Double? = nil, longitude: Double? = nil, name: String? = nil) {
        self.latitude = latitude
        self.longitude = longitude
        self.name = name
    }

    init(_ core: SatchelGenerated.Place) {
        self.init(latitude: core.latitude, longitude: core.longitude, name: core.name)
    }

    var core: SatchelGenerated.Place { .init(latitude: latitude, longitude: longitude, name: name) }
}

/// What a person says about an asset.
public struct Post: Hashable, Sendable {
    /// Free text.
    public let caption: String?
    /// Tags without `#`.
    public let tags: [String]
    /// Where it was taken.
    public let place: Place?
    /// Who made it.
    public let author: String?
    /// When it was taken: local time, with zone offset where that is known (RFC 3339).
    public let time: String?

    init(_ core: SatchelGenerated.Post) {
        caption = core.caption
        tags = core.tags
        place = core.place.map(Place.init)
        author = core.author
        time = core.time
    }
}

/// What is to be changed of a post; what is left out stays.
public struct PostEdit: Hashable, Sendable {
    /// Free text; empty takes it away.
    public var caption: String?
    /// All tags.
    public var tags: [String]?
    /// The place.
    public var place: Place?
    /// Who made it; empty takes it away.
    public var author: String?
    /// When it was taken, RFC 3339 with zone offset where that is known.
    public var time: String?

    /// An edit.
    public init(
        caption: String? = nil, tags: [String]? = nil, place: Place? = nil, author: String? = nil, time: String? = nil
    ) {
        self.caption = caption
        self.tags = tags
        self.place = place
        self.author = author
        self.time = time
    }

    var core: SatchelGenerated.PostEdit {
        .init(caption: caption, tags: tags, place: place?.core, author: author, time: time)
    }
}

/// How something is added.
public struct AddOptions: Hashable, Sendable {
    /// What is said of it; for something that is there already, what changes.
    public var post: PostEdit
    /// Before all that is not urgent.
    public var urgent: Bool
    /// Copy the bytes into the outbox, for files that will not stay.
    public var copy: Bool
    /// The album that it comes from, as the app names it, at most 200 characters; rules may tell albums apart. What is there
    /// already stays in its own.
    public var album: String?
    /// The motion of a live photo, of which the file that is added is the still: both are one asset, which travels as one and
    /// shows as one post. For a photo that is there already, it joins it. Not for a folder.
    public var motion: Motion?

    /// Options.
    public init(
        post: PostEdit = PostEdit(), urgent: Bool = false, copy: Bool = false, album: String? = nil,
        motion: Motion? = nil
    ) {
        self.post = post
        self.urgent = urgent
        self.copy = copy
        self.album = album
        self.motion = motion
    }

    var core: SatchelGenerated.AddOptions {
        .init(post: post.core, urgent: urgent, album: album, copy: copy, motion: motion?.core)
    }
}

/// Where the motion of a pair is.
public enum Motion: Hashable, Sendable {
    /// A file. Not for logs.
    case file(URL)
    /// An item of the app's ``MediaLibrary``.
    case item(LibraryItem)
    /// What the app wrote to a ``Stage``, and the file's name, as the camera or the library calls it; without folders, 1 to
    /// 255 bytes.
    case staged(Stage, name: String)

    var core: SatchelGenerated.Motion {
        switch self {
        case .file(let file): .file(path: file.path)
        case .item(let item): .item(item: item.core)
        case .staged(let stage, let name): .staged(stage: stage.id, name: name)
        }
    }
}
