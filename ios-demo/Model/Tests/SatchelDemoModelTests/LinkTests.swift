// The Link screen against the real core and receiver.

import Foundation
import Satchel
import Testing

@testable import SatchelDemoModel

@MainActor
@Suite(.timeLimit(.minutes(5)))
struct LinkTests {
    @Test func aWordAboutANetworkCountsForMoreThanThePhonesOwn() async throws {
        let trip = try await Trip()
        await trip.demo.refresh()
        let link = trip.demo.link
        #expect(link.title == "Wi-Fi" && link.links == .unmetered && link.canBeMarked && link.mark == nil)
        await link.mark(.metered)
        #expect(link.mark == .metered && link.links == .metered)
        #expect(link.facts.first == Fact("Metered", "Yes"))
        await link.mark(nil)
        #expect(link.mark == nil && link.links == .unmetered)
    }

    @Test func aSpentBudgetIsTheReasonInTheListAndOnTheBar() async throws {
        let policy = Policy.ready(.withinMyBudget)
        let trip = try await Trip(sees: Link(.cellular, metered: true, roaming: false), policy: policy)
        try await trip.pairLater()
        var draft = trip.demo.link.newBudget()
        draft.name = "mobile"
        draft.megabytes = "1"
        #expect(draft.fault == nil)
        #expect(await trip.demo.link.keep(draft))
        #expect(trip.demo.link.budgets.map(\.id) == ["mobile"])
        await trip.begin()
        try await trip.add("one.png")
        try await trip.add("other.png")
        let outbox = trip.demo.outbox
        try await until("one is there and the other waits for the budget") {
            for row in outbox.rows {
                let state = try await trip.satchel.asset(row.id).state
                if case .waiting(.budgetSpent("mobile", _), let words, _, _) = state {
                    return row.words == Words.sentence(words) && outbox.rows.contains { $0.look == .delivered }
                }
            }
            return false
        }
        await trip.demo.link.refresh()
        let line = try #require(trip.demo.link.budgets.first)
        #expect(line.spent > 0.5 && line.left.hasSuffix(" of 1.0 MB left"))
        #expect(line.covers == "Metered links, each day" && line.refills?.hasPrefix("A new one in about") == true)
        let bars = trip.demo.link.ledger.bars
        #expect(bars.contains { $0.links == .metered && $0.bytes > 500_000 })
        #expect(trip.demo.link.ledger.words.hasPrefix("Metered "))
        try await trip.end()
    }

    @Test func aConsentIsListedAndCanBeTakenBack() async throws {
        let trip = try await Trip(sees: Link(.wifi, metered: true, roaming: false, network: "hotel"))
        try await trip.pairLater()
        let photo = try await trip.add()
        try await trip.satchel.run(RunOptions(linger: .zero))
        await trip.demo.outbox.price([photo])
        await trip.demo.outbox.sendNow()
        await trip.demo.link.refresh()
        let grant = try #require(trip.demo.link.grants.first)
        #expect(grant.title.hasSuffix("over Wi-Fi") && grant.words.hasPrefix("Ends in about"))
        await trip.demo.link.end(grant)
        #expect(trip.demo.link.grants.isEmpty && trip.demo.link.notice == nil)
    }

    @Test func theEditorSaysWhatIsWrong() async throws {
        let trip = try await Trip(sees: Link(.cellular))
        let link = trip.demo.link
        var draft = link.newBudget()
        draft.name = "  "
        #expect(draft.fault == "Give it a name, such as “mobile” or “Japan”.")
        draft.name = "trip"
        draft.megabytes = "many"
        #expect(draft.fault == "Say how many megabytes, such as 50.")
        draft.megabytes = "0,5"
        #expect(draft.fault == nil)
        draft.megabytes = "200"
        draft.isTrip = true
        (draft.from, draft.to) = (draft.to, draft.from)
        #expect(draft.fault == "The trip must end after it begins.")
        #expect(!(await link.keep(draft)))
        #expect(link.notice != nil)
        (draft.from, draft.to) = (draft.to, draft.from)
        draft.covers = .thisNetwork
        #expect(!(await link.keep(draft)), "the phone does not know which network it is in")
        draft.covers = .links(.roaming)
        #expect(await link.keep(draft))
        // One that is edited and renamed stays one.
        var again = link.edit(try #require(link.budgets.first))
        #expect(again.name == "trip" && again.isTrip && again.megabytes == "200")
        again.name = "abroad"
        #expect(await link.keep(again))
        #expect(link.budgets.map(\.id) == ["abroad"])
        await link.remove(try #require(link.budgets.first))
        #expect(link.budgets.isEmpty)
    }

    @Test func withoutANetworkItSaysWhatHappens() async throws {
        let trip = try await Trip(sees: Link(.noNetwork))
        await trip.demo.refresh()
        #expect(trip.demo.link.title == "No network" && trip.demo.link.facts.isEmpty && trip.demo.link.links == nil)
        #expect(!trip.demo.link.meaning.isEmpty && !trip.demo.link.canBeMarked)
    }

    @Test(arguments: [
        (Link(.wifi, metered: false), Link.Class.unmetered), (Link(.wifi), .unknown), (Link(.cellular), .metered),
        (Link(.hotspot), .metered), (Link(.cellular, metered: false, roaming: true), .roaming),
        (Link(.cellular, metered: true, temporarilyUnmetered: true), .unmetered),
        (Link(.ethernet, metered: true), .metered),
    ])
    func theClassIsTheOneByWhichTheCoreCounts(link: Link, links: Link.Class) async throws {
        #expect(link.linkClass == links)
        // What is sent over it stands in the ledger under that class.
        let trip = try await Trip(sees: link, policy: .overAnyLink)
        try await trip.pair()
        try await trip.add()
        try await trip.satchel.run()
        let rows = try await trip.satchel.ledger()
        #expect(Set(rows.map { LedgerChart.links(named: $0.link) }) == [links])
    }
}
