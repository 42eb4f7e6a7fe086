// What the runner for Swift saw, by the names that all languages have.

import Foundation
import Satchel

func view(_ asset: Asset) -> JSON {
    var view: [String: JSON] = ["state": .text(asset.state.code)]
    switch asset.state {
    case .waiting(let reason, let words, let goes, let whenWords):
        view.merge(fields(goes)) { $1 }
        view["reason"] = .text(reason.code)
        view["said"] = .flag(!words.isEmpty && !whenWords.isEmpty)
        view["trouble"] = maybe(reason.trouble?.code)
        view["budget"] =
            switch reason {
            case .budgetSpent(let budget, _), .budgetTooSmall(let budget): .text(budget)
            default: .null
            }
    case .delivered(let proof): view["proof"] = .text(proof.code)
    case .parked(let reason, let words):
        view["reason"] = .text(reason.code)
        view["said"] = .flag(!words.isEmpty)
    default: break
    }
    view["kind"] = .text("\(asset.kind)")
    view["hash"] = maybe(asset.hash)
    view["motion"] = maybe(asset.motion?.name)
    view["bytes"] = .number(Int64(asset.bytes))
    view["urgent"] = .flag(asset.urgent)
    view["revision"] = .number(Int64(asset.revision))
    view["caption"] = maybe(asset.post.caption)
    view["tags"] = .list(asset.post.tags.map(JSON.text))
    view["receipts"] = .number(Int64(asset.deliveries.count(where: \.receipt)))
    view["redacted"] = .number(Int64(asset.deliveries.count(where: \.redacted)))
    view["press"] = maybe(asset.deliveries.first { $0.rendition == .press }?.state.code)
    return .object(view)
}

func view(_ report: RunReport) -> JSON {
    let counts = report.counts
    let all = [
        "unread": counts.unread, "open": counts.open, "parked": counts.parked, "delivered": counts.delivered,
        "posts_delivered": counts.postsDelivered,
    ]
    let counted = all.mapValues { JSON.number(Int64($0)) }.merging(fields(report.wake)) { $1 }
    return .object(counted.merging(["stopped": .flag(report.stopped)]) { $1 })
}

/// Whether there are any; the last one.
func view(_ attempts: [Attempt]) -> JSON {
    let last = attempts.first
    return .object([
        "any": .flag(last != nil), "method": maybe(last?.method), "words": maybe(last?.words),
        "status": last?.status.map { .number(Int64($0)) } ?? .null,
    ])
}

func view(_ wake: Wake) -> JSON { .object(fields(wake)) }

private func fields(_ wake: Wake) -> [String: JSON] {
    [
        "timed": .flag(wake.at != nil), "needs": maybe(wake.needs?.code), "charging": .flag(wake.charging),
        "sooner": maybe(wake.sooner?.code), "waits": .number(Int64(wake.bytes)),
    ]
}

/// What a step asks of the network that carries it.
func view(_ step: HostStep) -> JSON {
    .object([
        "unmetered_only": .flag(step.unmeteredOnly), "not_constrained": .flag(step.notConstrained),
        "no_cellular": .flag(step.noCellular), "not_roaming": .flag(step.notRoaming),
    ])
}

func view(_ error: SatchelError) -> JSON {
    var view = ["kind": JSON.text(error.code)]
    switch error {
    case .source(let fault, _): view["code"] = .text(fault.code)
    case .pairing(let fault, _): view["code"] = .text(fault.code)
    case .invalid(_, let field): view["field"] = maybe(field)
    default: break
    }
    return .object(view)
}

/// A text, or null.
func maybe(_ text: String?) -> JSON { text.map(JSON.text) ?? .null }
