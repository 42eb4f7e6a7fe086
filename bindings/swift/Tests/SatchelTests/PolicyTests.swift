// Policies as values, without an outbox.

import Satchel
import Testing

@Test func theReadyMadePoliciesAreThoseOfTheLibrary() {
    #expect(Policy.readyNames == Policy.Ready.allCases.map(\.rawValue))
    #expect(Policy.ready(.neverOnMobileData) == Policy(rules: [Rule(allow: [Way()])]))
    let within = Way(over: .any, roaming: true, withinBudget: true)
    #expect(Policy.ready(named: "Everything,  within MY budget")?.rules == [Rule(allow: [within])])
    #expect(Policy.ready(named: "anything goes") == nil)
}

@Test func aPolicyThatIsWrittenIsReadAgain() throws {
    let trip = Policy(
        rules: [
            Rule(for: Scope(albums: ["Private"], urgent: false), allow: []),
            Rule(
                for: Scope(kinds: [.video, .pair], renditions: [.original]),
                allow: [Way(over: .kinds([.wifi, .hotspot]), onlyWhileCharging: true, hours: "22:00-06:00")]),
            Rule(allow: [Way(over: .any, whenSavingData: true, withinBudget: true, upToBytes: 400_000), Way()]),
        ], order: .oldest, uploadsAtOnce: 3)
    #expect(try Policy(json: try trip.json()) == trip)
    #expect(try Policy(json: try Policy.overAnyLink.json()) == .overAnyLink)
}

@Test func whatIsWrongWithAPolicyIsNamedByItsField() {
    func field(_ policy: () throws -> Void) -> String? {
        do {
            try policy()
            return "it is well"
        } catch {
            guard case .invalid(_, let field)? = error as? SatchelError else { return nil }
            return field
        }
    }
    let over = #"{"version":2,"rules":[{"allow":[{"over":"wifi"}]}]}"#
    #expect(field { _ = try Policy(json: over) } == "rules[0].allow[0].over")
    let hours = Policy(rules: [Rule(allow: [Way(), Way(hours: "6 to 7")])])
    #expect(field { _ = try hours.json() } == "rules[0].allow[1].hours")
    let small = Policy(rules: [Rule(allow: [Way(upToBytes: -1)])])
    #expect(field { _ = try small.json() } == "rules[0].allow[0].up_to_bytes")
    let nowhere = Policy(rules: [Rule(allow: [Way(over: .kinds([]))])])
    #expect(field { _ = try nowhere.json() } == "rules[0].allow[0].over")
}
