// The steps about rules, networks and money, as the runner for Swift plays them.

import Foundation
import Satchel

/// As a step names a policy: `any`, `kept` (none is given), the name of a ready-made one, or a document.
func policy(_ named: JSON?) throws -> Policy? {
    guard let named else { return .overAnyLink }
    guard let name = named.text else { return try Policy(json: named.words) }
    switch name {
    case "any": return .overAnyLink
    case "kept": return nil
    default:
        guard let ready = Policy.ready(named: name) else { throw Unfit(description: "there is no policy \(name)") }
        return ready
    }
}

/// Plays them on an outbox whose assets have these names.
struct Rules {
    let outbox: Satchel
    let named: [String: String]

    func act(_ act: String, _ step: JSON) async throws -> JSON {
        switch act {
        case "policy": return try await setPolicy(step)
        case "link": try outbox.setLink(try link(step))
        case "network":
            let link = try outbox.effectiveLink()
            return .object([
                "kind": .text(link.kind.code), "metered": maybe(link.metered), "roaming": maybe(link.roaming),
            ])
        case "mark": return try await mark(step)
        case "power": try outbox.setPower(Power(charging: step["charging"]?.flag))
        case "budget": try await outbox.setBudget(try budget(step))
        case "remove_budget": try await outbox.removeBudget(try text(step, "name"))
        case "budgets": return try await budgets(try text(step, "name"))
        case "price": return view(try await outbox.price(of: assets(step)))
        case "grant":
            try await outbox.grant(assets(step) ?? [], bytes: step["bytes"]?.number ?? 0, lasts: .seconds(3600))
        case "send_now": return view(try await outbox.sendNow(assets(step) ?? []).price)
        case "grants":
            let all = try await outbox.grants()
            return .object(["count": .number(Int64(all.count)), "kind": maybe(all.first?.kind.code)])
        case "end_grants": for grant in try await outbox.grants() { try await outbox.endGrant(grant.id) }
        case "ledger": return try await ledger(try text(step, "link"))
        case "redact": return try await redact(try text(step, "redact"))
        default: throw Unfit(description: "a runner knows no step \"\(act)\"")
        }
        return .null
    }

    /// A name that nothing was added as stands for itself.
    private func assets(_ step: JSON) -> [AssetID]? {
        step["assets"]?.list?.compactMap(\.text).map { AssetID(rawValue: named[$0] ?? $0) }
    }

    private func setPolicy(_ step: JSON) async throws -> JSON {
        if step["policy"] != nil, let policy = try policy(step["policy"]) {
            if step["keep"]?.flag ?? false {
                try await outbox.keepPolicy(policy)
            } else {
                try outbox.setPolicy(policy)
            }
        }
        return try JSONDecoder().decode(JSON.self, from: Data(try outbox.policy().json().utf8))
    }

    private func link(_ step: JSON) throws -> Link {
        var link: Link
        switch try text(step, "link") {
        case "wifi": link = Link(.wifi, metered: false, roaming: false)
        case "cellular": link = Link(.cellular, metered: true, roaming: false)
        case "mobile": link = Link(.cellular)
        case "none": link = Link(.noNetwork)
        case "unknown": link = Link(.unknown)
        case let name: throw Unfit(description: "a scenario knows no link \"\(name)\"")
        }
        if step["roaming"]?.flag ?? false { link.roaming = true }
        link.constrained = step["constrained"]?.flag
        link.captive = step["captive"]?.flag
        link.temporarilyUnmetered = step["free_for_now"]?.flag
        link.network = step["network"]?.text
        link.bytesPerSecond = step["rate"]?.number
        return link
    }

    /// All that was said of networks, after this.
    private func mark(_ step: JSON) async throws -> JSON {
        let mark: Link.Mark? =
            switch step["mark"]?.text {
            case "metered": .metered
            case "free": .free
            default: nil
            }
        try await outbox.markNetwork(try text(step, "network"), mark)
        return .object(try await outbox.networkMarks().mapValues { .text($0 == .free ? "free" : "metered") })
    }

    private func budget(_ step: JSON) throws -> Budget {
        let covers: Budget.Covers =
            if let id = step["network"]?.text {
                .network(id: id)
            } else {
                .links(try text(step, "class") == "roaming" ? .roaming : .metered)
            }
        let trip = step["trip"]?.list?.compactMap(\.number).map { Date(timeIntervalSince1970: Double($0) / 1000) }
        let period: Budget.Period = if let trip, trip.count == 2 { .trip(from: trip[0], to: trip[1]) } else { .day }
        return Budget(try text(step, "name"), covers: covers, bytes: step["bytes"]?.number ?? 0, period: period)
    }

    private func budgets(_ name: String) async throws -> JSON {
        let all = try await outbox.budgets()
        var view: [String: JSON] = ["count": .number(Int64(all.count))]
        if let one = all.first(where: { $0.budget.name == name }) {
            view["bytes"] = .number(Int64(one.budget.bytes))
            view["used"] = .flag(one.left < one.budget.bytes)
            view["refills"] = .flag(one.refillsIn.map { $0 <= .seconds(44 * 3600) } ?? false)
            view["counts_now"] = .flag(one.countsNow)
        }
        return .object(view)
    }

    /// What is measured is only told as being there.
    private func view(_ price: Price) -> JSON {
        let share = price.budgets.first
        return .object([
            "uploads": .number(Int64(price.uploads)), "payload_bytes": .number(Int64(price.payloadBytes)),
            "more": .flag(price.bytes > price.payloadBytes), "timed": .flag(price.takes.map { $0 > .zero } ?? false),
            "budget": maybe(share?.name), "shared": .flag(share?.percent != nil), "never": maybe(share?.never),
        ])
    }

    /// What went over links of a class.
    private func ledger(_ linkClass: String) async throws -> JSON {
        let rows = try await outbox.ledger().filter { $0.link == linkClass }
        let sum = { (of: (LedgerRow) -> Int) in rows.map(of).reduce(0, +) }
        let acknowledged = sum(\.acknowledged)
        return .object([
            "acknowledged": .number(Int64(acknowledged)), "sent_more": .flag(sum(\.sent) > acknowledged),
            "wasted": .number(Int64(sum(\.wasted))), "received": .flag(sum(\.received) > 0),
        ])
    }

    /// Of all targets; what the first of them then says.
    private func redact(_ name: String) async throws -> JSON {
        let names: [Redaction: String] = [.nothing: "none", .location: "location", .all: "all"]
        guard let redact = names.first(where: { $0.value == name })?.key else {
            throw Unfit(description: "there is no redaction \(name)")
        }
        for target in try await outbox.targets() { try await outbox.setRedaction(redact, for: target.id) }
        return maybe(try await outbox.targets().first.flatMap { names[$0.redact] })
    }
}

/// A flag, or null.
private func maybe(_ flag: Bool?) -> JSON { flag.map(JSON.flag) ?? .null }
