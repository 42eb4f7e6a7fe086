// What only a host can do, as the runner for Swift does it.

import Foundation
import Satchel

/// An app's store for tokens, in a file of the scenario's folder.
final class Vault: Credentials, @unchecked Sendable {
    private let file: URL
    private let oneAtATime = NSLock()
    /// Under this name the file has what ``refresh(_:for:)`` gives.
    private static let fresh = "fresh"

    init(file: URL) {
        self.file = file
    }

    private func all() throws -> [String: String] {
        guard let data = try? Data(contentsOf: file) else { return [:] }
        return try JSONDecoder().decode([String: String].self, from: data)
    }

    private func change<Value>(_ change: (inout [String: String]) -> Value) throws -> Value {
        try oneAtATime.withLock {
            var all = try all()
            let came = change(&all)
            try JSONEncoder().encode(all).write(to: file, options: .atomic)
            return came
        }
    }

    /// From now on the token that there is for a target is what ``refresh(_:for:)`` gives.
    func setAside(_ target: String) throws {
        try change { all in
            if let token = all.removeValue(forKey: target) { all[Self.fresh] = token }
        }
    }

    func token(for target: String) throws -> String? { try all()[target] }

    func keep(_ token: String, for target: String) throws {
        try change { $0[target] = token }
    }

    func refresh(_ refused: String?, for target: String) throws -> String? {
        try change { all in
            guard let fresh = all.removeValue(forKey: Self.fresh) else { return nil }
            all[target] = fresh
            return fresh
        }
    }
}

/// A media library that has the scenario's photos, by their names.
final class Album: MediaLibrary, @unchecked Sendable {
    private let folder: URL
    private let oneAtATime = NSLock()
    private var answers = "open"

    struct AskedToFail: Error {}

    init(folder: URL) {
        self.folder = folder
    }

    /// How it answers from now on.
    func answer(_ how: String) {
        oneAtATime.withLock { answers = how }
    }

    func open(_ id: String) throws -> OpenedItem {
        switch oneAtATime.withLock({ answers }) {
        case "away": return .away
        case "in_cloud": return .inCloud
        case "fails": throw AskedToFail()
        default: break
        }
        let file = try? FileHandle(forReadingFrom: folder.appendingPathComponent(id))
        guard let file else { return .gone }
        // The handle closes its own descriptor; this one is Satchel's.
        return .descriptor(dup(file.fileDescriptor))
    }
}

/// A previewer that draws one of the scenario's photos, and films another, whatever it is asked.
final class Artist: Previewer, @unchecked Sendable {
    private let folder: URL
    private let oneAtATime = NSLock()
    private var draws: String?
    private var films: String?

    struct AskedToFail: Error {}

    init(folder: URL) {
        self.folder = folder
    }

    /// What it draws and films from now on; it fails when that is nothing.
    func draw(_ photo: String?, film: String?) {
        oneAtATime.withLock { (draws, films) = (photo, film) }
    }

    func picture(_ request: PreviewRequest) throws -> Bool {
        try copy(oneAtATime.withLock { draws }, for: request)
    }

    func film(_ request: PreviewRequest) throws -> Bool {
        try copy(oneAtATime.withLock { films }, for: request)
    }

    private func copy(_ photo: String?, for request: PreviewRequest) throws -> Bool {
        guard let photo else { throw AskedToFail() }
        try Data(contentsOf: folder.appendingPathComponent(photo)).write(to: request.destination)
        return true
    }
}
