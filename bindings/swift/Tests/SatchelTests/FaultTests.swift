// What happens when Rust panics. Only a library that was built for tests panics when it is asked to.

import Foundation
@testable import Satchel
import func SatchelGenerated.panicAtOnce
import func SatchelGenerated.panicOnRuntime
import Testing

@Test(.timeLimit(.minutes(2)))
func aPanicBecomesATypedErrorAndTheOutboxIsIntact() async throws {
    let folder = try Folder()
    let satchel = try await Satchel.open(Configuration(folder: folder.url.appendingPathComponent("outbox")))
    let added = try await satchel.add(try folder.photo("IMG_2000.JPG"))
    for panicking in [{ @Sendable () async throws in try panicAtOnce() }, { @Sendable in try await panicOnRuntime() }] {
        guard case .internalFault(let words)? = await failure({ try await crossing(panicking) }) else {
            Issue.record("a panic is no internal fault")
            continue
        }
        #expect(!words.isEmpty)
    }
    #expect(try await satchel.asset(added.id).name == "IMG_2000.JPG")
    try await satchel.add(try folder.photo("IMG_2001.JPG"))
}
