// What the model asks of the phone. The app answers with the system's frameworks, the tests with plain values.

import Foundation
import Satchel

/// What the phone sees and does. The app answers with its `SatchelHost`.
@MainActor
public protocol Phone: AnyObject {
    /// The network as the system tells it, whatever is pretended.
    var seen: Link { get }
    /// That network from now on, each time that it changes; ends with the task that reads it.
    func sightings() -> AsyncStream<Link>
    /// Tells the outbox this link in place of the real one; the real one again with `nil`.
    func pretend(_ link: Link?) async throws
    /// When the outbox can go on next, and needing what, as it said last; `nil` when it was not asked yet.
    func lastWake() async -> Wake?
    /// Sends these now, at their price. The app keeps them going for a while when it is left.
    func sendNow(_ assets: [AssetID]) async throws
    /// What this phone is called, where a person may want another name.
    var name: String { get }
    /// Lines for a tester's report: model, system, the app's version. Nothing of photos.
    var facts: [String] { get }
}

/// Something that a person picked. It is fetched when it is added, which may take a while for what is in the cloud.
public protocol Picked: Sendable {
    /// Puts it into a file of the app's own, which the model takes over and removes.
    func fetch() async throws -> PickedFile
}

/// A file that a person picked; with a live photo, its motion beside it.
public struct PickedFile: Sendable {
    /// Where it is.
    public var file: URL
    /// As the camera or the library calls it.
    public var name: String
    /// The motion of a live photo.
    public var motion: URL?

    /// A picked file.
    public init(_ file: URL, name: String, motion: URL? = nil) {
        self.file = file
        self.name = name
        self.motion = motion
    }
}

/// An album of the phone's library.
public struct Album: Identifiable, Hashable, Sendable {
    /// As the library calls it.
    public let id: String
    /// For a person.
    public let title: String
    /// Whether what is put there is added by itself.
    public var watched: Bool

    /// An album.
    public init(id: String, title: String, watched: Bool) {
        self.id = id
        self.title = title
        self.watched = watched
    }
}

/// The camera roll: whether new photos are added by themselves, and from which albums.
@MainActor
public protocol CameraRoll: AnyObject {
    /// What the person allowed.
    var access: CameraRollAccess { get }
    /// Whether new photos are added by themselves.
    var isOn: Bool { get }
    /// Asks for access where that is open, and turns it on or off.
    func turn(on: Bool) async throws
    /// The albums, by title; none without access.
    func albums() async throws -> [Album]
    /// Whether an album is watched. Where none is, all new photos are added.
    func watch(_ album: Album.ID, _ watched: Bool) async throws
}

/// What a person allowed the app to see of the photo library.
public enum CameraRollAccess: Hashable, Sendable, CaseIterable {
    /// Not asked yet.
    case open
    /// Everything.
    case all
    /// Some photos that the person chose.
    case chosen
    /// Nothing.
    case none
}

/// Ends the app's process at once, as the system does when it needs the memory.
@MainActor
public protocol ProcessEnding: AnyObject {
    /// Does not return in the app.
    func end()
}

/// A few words that outlive the process. Nothing secret.
@MainActor
public protocol Memory: AnyObject {
    /// What was kept under `key`.
    func get(_ key: String) -> String?
    /// Keeps `value`; `nil` forgets.
    func put(_ key: String, _ value: String?)
}

/// Everything that the model asks of the phone.
@MainActor
public struct Edges {
    /// What it sees and does.
    public let phone: any Phone
    /// Its camera roll.
    public let roll: any CameraRoll
    /// How its process ends.
    public let process: any ProcessEnding
    /// What it remembers between launches.
    public let memory: any Memory
    /// A folder for what lasts no longer than the process: samples, reports to be shared.
    public let temporary: URL
    /// What time it is.
    public let now: @Sendable () -> Date

    /// The edges.
    public init(
        phone: any Phone, roll: any CameraRoll, process: any ProcessEnding, memory: any Memory, temporary: URL,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.phone = phone
        self.roll = roll
        self.process = process
        self.memory = memory
        self.temporary = temporary
        self.now = now
    }
}

/// What the phone sees of the network. (SwiftUI has a `Link` too.)
public typealias PhoneLink = Link
/// A class of links.
public typealias LinkClass = Link.Class
/// A person's word about a network.
public typealias NetworkMark = Link.Mark
