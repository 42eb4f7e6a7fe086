// A small state that survives the process: a JSON file that is whole or not there.

import Foundation
internal import SatchelInbox

/// One value in one file.
struct StateFile<Value: Codable & Sendable>: Sendable {
    let file: URL

    /// What was kept; none at first, and where the file cannot be read as it should: its owner begins anew then.
    func load() throws -> Value? {
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        // A locked phone gives no bytes: that is no beginning, so it throws.
        let data = try Data(contentsOf: file)
        return try? JSONDecoder().decode(Value.self, from: data)
    }

    /// Keeps it; when this returns it is durable.
    func keep(_ value: Value) throws {
        let durable = Durable(file.deletingLastPathComponent())
        try durable.make()
        try durable.write(JSONEncoder().encode(value), as: file.lastPathComponent)
    }
}
