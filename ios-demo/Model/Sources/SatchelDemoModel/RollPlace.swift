// Where the app is in the camera roll: which albums were watched then, and which page is next.

public import Foundation

/// The library's place in its history, with the albums that were watched there: with others, what came before counts anew.
public struct RollPlace: Codable, Hashable, Sendable {
    /// As the library says it.
    public let library: Data
    /// By the library's ids; all photos where there are none.
    public let albums: Set<String>

    /// A place.
    public init(library: Data, albums: Set<String>) {
        self.library = library
        self.albums = albums
    }

    /// As it was kept; none where something else was.
    public init?(kept: Data) {
        guard let place = try? JSONDecoder().decode(Self.self, from: kept) else { return nil }
        self = place
    }

    /// To be kept.
    public func kept() throws -> Data { try JSONEncoder().encode(self) }
}

/// A page of the camera roll.
public enum RollPage {
    /// Those behind this place, which counts what earlier pages gave and not what lies between.
    ///
    /// - Parameters:
    ///   - all: The library's, in one order throughout.
    ///   - watched: Those of them that count; all of them where there is none.
    public static func ids(of all: [String], in watched: Set<String>?, from place: Int, limit: Int) -> [String] {
        let counting = all.lazy.filter { watched?.contains($0) ?? true }
        return Array(counting.dropFirst(place).prefix(limit))
    }
}
