// Who carries an outbox's requests: the edge between the uploads' state machine and a system such as URLSession.

import Foundation
public import Satchel

/// How a step is carried.
public enum Carriage: Hashable, Sendable, CaseIterable {
    /// At once, while this process lives.
    case awake
    /// By the system, whether this process lives or not: a file over HTTPS.
    case background

    /// How this step goes. Short ones cannot wait for a system that may take an hour: with their replies the uploads go on.
    /// What is not HTTPS never goes in the background.
    public init(of step: HostStep) {
        let isBytes = step.method == "PATCH" || step.method == "PUT"
        let isShort = !isBytes && (step.body?.length ?? 0) <= Self.short
        self = step.body == nil || isShort || step.url.scheme?.lowercased() != "https" ? .awake : .background
    }

    /// The longest body of what is asked of a target, in bytes.
    private static let short = 65_536
}

/// What a carrier tells.
public enum CarrierEvent: Sendable {
    /// What came of the step with this lease. It may be told twice.
    case outcome(LeaseID, HostOutcome)
    /// All that happened while nobody listened was told.
    case allTold
}

/// A system that carries steps: ``URLSessionCarrier``, or an app's own.
public protocol Carrier: Sendable {
    /// Takes a step over. When it throws, the step was not taken.
    func carry(_ step: HostStep, by carriage: Carriage) async throws
    /// The leases that it carries, those included whose outcome was not acknowledged yet (``told(_:)``).
    func leases() async -> Set<LeaseID>
    /// What came of them: one stream, read once, from the carrier's beginning.
    var events: AsyncStream<CarrierEvent> { get }
    /// The outcome of this lease is in the outbox: the carrier may forget it.
    func told(_ lease: LeaseID) async
    /// Ends steps that go by this carriage; each is told as `cut(.stopped)`.
    func cancel(_ carriage: Carriage) async
}

/// Why a carrier did not take a step.
public enum CarrierRefusal: Error, Hashable, Sendable {
    /// In the background only files go, and only over HTTPS.
    case notForTheBackground
}

extension CarrierRefusal: LocalizedError {
    /// For a person.
    public var errorDescription: String? {
        "the system carries only files over HTTPS while the app is away: send this while the app is open"
    }
}
