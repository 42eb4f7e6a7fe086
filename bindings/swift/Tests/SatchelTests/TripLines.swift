// What is shown of rules, budgets and prices, and that it works as it stands.

import Foundation
import Satchel
import Testing

/// The rules of a trip: small things over anything within a budget, all else where it costs nothing.
private func setTheRules(_ satchel: Satchel, hotel: String) async throws {
    let words = Scope(renditions: [.text, .preview])
    try await satchel.keepPolicy(Policy(rules: [Rule(for: words, allow: [Way(over: .any, withinBudget: true)])]))
    try await satchel.markNetwork(hotel, .metered)
}

/// What may be spent.
private func setTheBudgets(_ satchel: Satchel, trip: Budget.Period) async throws {
    try await satchel.setBudget(Budget("mobile", covers: .links(.metered), bytes: 50_000_000))
    try await satchel.setBudget(Budget("abroad", covers: .links(.roaming), bytes: 200_000_000, period: trip))
    for one in try await satchel.budgets() { print("\(one.budget.name): \(one.left) bytes left") }
}

/// One photo, whatever the rules say, once its price was shown.
private func sendOneNow(_ satchel: Satchel, _ photo: AssetID) async throws {
    let price = try await satchel.price(of: [photo])
    print("\(price.bytes) bytes, \(price.takes ?? .zero), \(price.budgets.first?.percent ?? 0) % of the budget")
    try await satchel.sendNow([photo])
}

/// Another way to the server, where the first is blocked; and what was seen of that.
func setTheWays(_ satchel: Satchel, _ target: TargetID, mirror: String, evidence: URL) async throws {
    try await satchel.setEndpoints(Endpoints(further: [Endpoint(mirror)], sharedStore: true), for: target)
    for way in try await satchel.endpoints(of: target) { print("\(way.url): \(way.words)") }
    try await satchel.exportBlocks(to: evidence)
}

@Test(.timeLimit(.minutes(5)))
func rulesAndBudgetsHoldAndOnePhotoGoesForItsPrice() async throws {
    let folder = try Folder()
    let receiver = try Receiver(in: folder.url)
    let satchel = try await Satchel.open(Configuration(folder: folder.url.appendingPathComponent("outbox")))
    try satchel.setLink(Link(.wifi, metered: false))
    try await satchel.pair(code: receiver.pairing, device: "a phone")
    try await setTheRules(satchel, hotel: "hotel")
    let trip = Budget.Period.trip(from: Date(timeIntervalSince1970: 0), to: Date(timeIntervalSince1970: 1))
    try await setTheBudgets(satchel, trip: trip)
    #expect(try await satchel.budgets().map(\.budget.name) == ["abroad", "mobile"])
    #expect(try await satchel.budgets().first?.budget.period == trip)
    try satchel.setLink(Link(.wifi, metered: false, roaming: false, network: "hotel", bytesPerSecond: 40_000))
    let one = try await satchel.add(try folder.photo("IMG_1001.JPG")).id
    let other = try await satchel.add(try folder.photo("IMG_1002.JPG")).id
    try await satchel.run(RunOptions(linger: .zero))
    for id in [one, other] {
        guard case .waiting(.linkCosts, _, let goes, let whenWords) = try await satchel.asset(id).state else {
            Issue.record("it is \(try await satchel.asset(id).state)")
            return
        }
        #expect(goes.needs == .unmetered && !whenWords.isEmpty)
    }
    #expect(try await satchel.budgets().contains { $0.left < $0.budget.bytes }, "the posts went, within the budget")
    try await sendOneNow(satchel, one)
    #expect(try await satchel.grants().map(\.kind) == [.wifi])
    for _ in 0..<600 where try await satchel.asset(one).state != .delivered(.receipt) {
        try await satchel.tryNow()
        try await satchel.run(RunOptions(linger: .zero))
    }
    #expect(try await satchel.asset(one).state == .delivered(.receipt))
    #expect(try await satchel.asset(other).state.code == "waiting")
    try await satchel.closeAndWait()
}
