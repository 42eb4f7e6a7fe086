// The steps about endpoints and blocks, as the runner for Swift plays them.

import Foundation
import Satchel

/// Plays them on an outbox with one target, in a scenario's folder.
struct Ways {
    let outbox: Satchel
    let folder: URL
    /// Asks the stage for its mirror: its `url`, the receiver's `pin`.
    let mirror: () async throws -> JSON

    /// What came of a step; none where it is none of these.
    func act(_ act: String, _ step: JSON) async throws -> JSON? {
        switch act {
        case "endpoints":
            let endpoints = try await endpoints(step)
            try await outbox.setEndpoints(endpoints, for: try await target())
            return .null
        case "ways": return try await ways(at: step["at"]?.number ?? 0)
        case "blocks": return try await blocks()
        case "export": return try await export(holding: try text(step, "holds"))
        case "neutral":
            try await outbox.setNeutral(step["url"]?.text)
            return .object(["url": maybe(try outbox.neutral())])
        default: return nil
        }
    }

    /// The one target that there is.
    private func target() async throws -> TargetID {
        try await outbox.targets().first?.id ?? TargetID(rawValue: 0)
    }

    /// The stage's mirror, where the step says nothing else.
    private func endpoints(_ step: JSON) async throws -> Endpoints {
        let texts = { (name: String) in step[name]?.list?.compactMap(\.text) ?? [] }
        let theirs = texts("their_addresses")
        let further: [Endpoint]
        if step["urls"] != nil {
            further = texts("urls").map { Endpoint($0, pin: step["pin"]?.text, addresses: theirs) }
        } else {
            let mirror = try await mirror()
            further = [Endpoint(try text(mirror, "url"), pin: mirror["pin"]?.text, addresses: theirs)]
        }
        return Endpoints(
            addresses: texts("addresses"), further: further, sharedStore: step["shared"]?.flag ?? false)
    }

    private func ways(at place: Int) async throws -> JSON {
        let target = try await target()
        let all = try await outbox.endpoints(of: target)
        var view: [String: JSON] = [
            "count": .number(Int64(all.count)),
            "further": .number(Int64(try await outbox.endpointsSet(for: target).further.count)),
        ]
        guard all.indices.contains(place) else { return .object(view) }
        let way = all[place]
        view["by_address"] = .flag(way.byAddress)
        view["health"] = .text(way.health.code)
        view["by"] = if case .blocked(let block) = way.health { .text(block.code) } else { .null }
        view["trouble"] = maybe(way.trouble?.code)
        view["words"] = .text(way.words)
        view["rests"] = .flag(way.next != nil)
        view["carries"] = .flag(way.carries)
        return .object(view)
    }

    private func blocks() async throws -> JSON {
        let all = try await outbox.blocks()
        var view: [String: JSON] = ["count": .number(Int64(all.count))]
        if let first = all.first {
            let page = try await outbox.blockPage(first.id)
            view["kind"] = .text(first.kind.code)
            view["status"] = first.status.map { .number(Int64($0)) } ?? .null
            view["title"] = maybe(first.title)
            view["page"] = .flag(page != nil)
            view["whole"] = .flag((page?.count ?? 0) == first.pageBytes)
            view["again"] = .flag(first.times > 1)
        }
        return .object(view)
    }

    private func export(holding held: String) async throws -> JSON {
        let file = folder.appendingPathComponent("blocks.json")
        let count = try await outbox.exportBlocks(to: file)
        let written = try String(contentsOf: file, encoding: .utf8)
        return .object(["count": .number(Int64(count)), "held": .flag(written.contains(held))])
    }
}
