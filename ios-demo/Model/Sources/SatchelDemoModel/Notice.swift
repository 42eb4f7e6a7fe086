// What went wrong, for a person: what was tried, and what to do.

import Foundation
import Satchel

/// Something that a person has to be told.
public struct Notice: Hashable, Sendable {
    /// What was not done: `It could not be added`.
    public let title: String
    /// Why, and what to do.
    public let words: String

    /// A notice.
    public init(_ title: String, _ words: String) {
        self.title = title
        self.words = words
    }

    /// What a call threw: Satchel's own words where there are some.
    public init(_ title: String, _ error: any Error) {
        let words = (error as? SatchelError)?.words ?? (error as? LocalizedError)?.errorDescription
        // What other errors say of themselves may name files.
        self.init(
            title, words ?? "The phone did not say why. Try again; if it stays, share a report from the Tester tab.")
    }
}

/// A screen's model that says what could not be done.
@MainActor
protocol Telling: AnyObject {
    var notice: Notice? { get set }
}

extension Telling {
    /// Says it; an outbox that was closed meanwhile is nobody's trouble.
    func told(_ title: String, _ error: any Error) {
        if case .closed? = error as? SatchelError { return }
        notice = Notice(title, error)
    }
}

/// One that reads the outbox anew.
@MainActor
protocol Refreshing: Telling {
    func refresh() async
}

extension Refreshing {
    /// Does something and looks what came of it; what goes wrong is said.
    func done(_ title: String, _ work: () async throws -> Void) async {
        do {
            try await work()
        } catch {
            told(title, error)
        }
        await refresh()
    }
}
