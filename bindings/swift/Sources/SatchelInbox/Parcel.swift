// How a parcel lies in the inbox, and what becomes of parcels that nobody finished.

import Foundation

/// The names of one parcel's files. They are random and say nothing.
package struct Parcel: Hashable, Sendable {
    package let id: String

    package init(id: String) {
        self.id = id
    }

    package static func random() -> Parcel { Parcel(id: UUID().uuidString.lowercased()) }

    /// The shared file.
    package var file: String { "\(id).file" }
    /// The film of a live photo.
    package var motion: String { "\(id).motion" }
    /// What is said of them. With it the parcel is there.
    package var slip: String { "\(id).slip" }
    /// Where the app stages it, written before it does.
    package var staged: String { "\(id).staged" }
}

/// What goes with a parcel's files.
package struct Slip: Codable, Sendable {
    package let name: String
    /// The motion's name, where there is one.
    package let motion: String?
    package let post: InboxPost
}

extension Inbox {
    /// The parcels that are there, in the order in which they came, as far as the disk's clock knows.
    package func parcels() throws -> [Parcel] {
        let slips = try names().filter { $0.hasSuffix(".slip") }
        let now = Date()
        let came = slips.map { name in (name, durable.age(of: name, at: now) ?? 0) }
        return came.sorted { ($0.1, $0.0) > ($1.1, $1.0) }.map { Parcel(id: String($0.0.dropLast(5))) }
    }

    package func slip(of parcel: Parcel) throws -> Slip {
        try JSONDecoder().decode(Slip.self, from: Data(contentsOf: durable.place(parcel.slip)))
    }

    /// Takes a parcel away. Its slip goes first: what is left after a kill is nobody's, and swept.
    package func remove(_ parcel: Parcel) throws {
        for name in [parcel.slip, parcel.staged, parcel.file, parcel.motion] {
            let file = durable.place(name)
            if FileManager.default.fileExists(atPath: file.path) { try FileManager.default.removeItem(at: file) }
            durable.pass("\(name) is removed")
            if name == parcel.slip { try durable.synchroniseFolder() }
        }
    }

    /// Sweeps what writers left that were killed: files that belong to no parcel, and are older than a day.
    ///
    /// - Returns: How many files went.
    @discardableResult
    public func sweep() throws -> Int { try sweep(now: Date()) }

    package func sweep(now: Date) throws -> Int {
        let names = try names()
        let whole = Set(names.filter { $0.hasSuffix(".slip") }.map { String($0.dropLast(5)) })
        var swept = 0
        for name in names where name.hasSuffix(Durable.unfinished) || !whole.contains(Self.parcel(of: name)) {
            guard Self.isOurs(name), let age = durable.age(of: name, at: now), age > 86_400 else { continue }
            try FileManager.default.removeItem(at: durable.place(name))
            swept += 1
        }
        return swept
    }

    private static func parcel(of name: String) -> String { String(name.prefix { $0 != "." }) }

    /// Whatever else is in the folder stays.
    private static func isOurs(_ name: String) -> Bool {
        let kinds = ["file", "motion", "slip", "staged"]
        return UUID(uuidString: parcel(of: name)) != nil && kinds.contains { name.contains(".\($0)") }
    }

    private func names() throws -> [String] {
        // Until something was shared there is no folder.
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: folder.path)
    }
}
