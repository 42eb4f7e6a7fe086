// For testers: what connections meet in place of the network.

import Foundation
internal import SatchelGenerated

/// What an outbox's own connections meet, so that a person at a desk sees what a traveller does. Nothing of it outlasts the
/// process.
///
/// What there is for a link (none, one that costs, a foreign operator's, a sign-in page) is pretended by
/// ``Satchel/setLink(_:)``.
public struct Pretend: Hashable, Sendable {
    /// So much goes each way, over all connections together, in bytes a second, 100 or more; as the network is when left out.
    public var bytesPerSecond: Int?
    /// Answers come no sooner than this after what was asked; at most 30 seconds.
    public var latency: Duration?
    /// This stands in the place of every server.
    public var stands: StandIn?

    /// What connections meet.
    public init(bytesPerSecond: Int? = nil, latency: Duration? = nil, stands: StandIn? = nil) {
        self.bytesPerSecond = bytesPerSecond
        self.latency = latency
        self.stands = stands
    }

    var core: SatchelGenerated.Pretend {
        .init(
            bytesPerSecond: bytesPerSecond.map { UInt64(clamping: $0) }, latencyMs: latency?.milliseconds,
            stands: stands?.core)
    }
}

/// What stands in a server's place. None of its bytes leave the device, and none are in the ledger.
public enum StandIn: Hashable, Sendable, CaseIterable {
    /// A page that says that the service is blocked; where TLS is spoken, it comes in reply to the first word of that.
    case page
    /// Nothing: no connection is made, and nobody says so.
    case silence
    /// Somebody who resets the connection once the first bytes went.
    case reset

    /// Its name, the same in all languages.
    public var code: String {
        switch self {
        case .page: "page"
        case .silence: "silence"
        case .reset: "reset"
        }
    }

    var core: SatchelGenerated.StandIn {
        switch self {
        case .page: .page
        case .silence: .silence
        case .reset: .reset
        }
    }
}
