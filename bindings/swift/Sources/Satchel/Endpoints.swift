// The ways to a target: how they are set up, and how each fares on the network that there is.

import Foundation
internal import SatchelGenerated

/// The ways to a target, as they are set up.
///
/// ```swift
/// let other = Endpoint("https://photos.example.org/", pin: pin, addresses: ["203.0.113.7"])
/// try await satchel.setEndpoints(Endpoints(further: [other], sharedStore: true), for: target)
/// ```
public struct Endpoints: Hashable, Sendable {
    /// IP addresses, such as `203.0.113.7` or `2001:db8::7`, at which the first endpoint is reached when its name is
    /// not answered, or is answered wrongly. Its certificate must still be for the name.
    ///
    /// The first endpoint is the one that the target was set up with.
    public var addresses: [String]
    /// Further endpoints, in the order in which they are tried.
    public var further: [Endpoint]
    /// All of them lead to the same uploads: one that was begun at an endpoint goes on at another.
    ///
    /// Where they do not, an upload stays where bytes of it were sent. A Satchel receiver is asked first, and gets it
    /// anew if it does not have it.
    public var sharedStore: Bool

    /// Without anything, the first endpoint is the only one, and is reached by its name.
    public init(addresses: [String] = [], further: [Endpoint] = [], sharedStore: Bool = false) {
        self.addresses = addresses
        self.further = further
        self.sharedStore = sharedStore
    }

    init(_ core: SatchelGenerated.Endpoints) {
        self.init(
            addresses: core.addresses, further: core.further.map(Endpoint.init), sharedStore: core.sharedStore)
    }

    var core: SatchelGenerated.Endpoints {
        .init(addresses: addresses, further: further.map(\.core), sharedStore: sharedStore)
    }
}

/// A further endpoint. It knows the same account, and takes the same token, as the first.
public struct Endpoint: Hashable, Sendable {
    /// A receiver's address for a target that is a receiver; else where a tus server creates uploads. It begins with
    /// `http://` or `https://`, and is a text, so that what a person typed is judged in one place and refused in words.
    public var url: String
    /// The certificate's key, as a pairing code holds it; without one the trusted roots vouch for it.
    public var pin: String?
    /// IP addresses, as of the first endpoint (``Endpoints/addresses``).
    public var addresses: [String]

    /// An endpoint.
    public init(_ url: String, pin: String? = nil, addresses: [String] = []) {
        self.url = url
        self.pin = pin
        self.addresses = addresses
    }

    init(_ core: SatchelGenerated.Endpoint) {
        self.init(core.url, pin: core.pin, addresses: core.addresses)
    }

    var core: SatchelGenerated.Endpoint { .init(url: url, pin: pin, addresses: addresses) }
}

/// A way to a target, and how it fares. An endpoint with IP addresses is two: by its name, and by these.
public struct EndpointState: Hashable, Sendable {
    /// As it was named.
    public let url: String
    /// By its IP addresses; else by its name.
    public let byAddress: Bool
    /// How it fares on the network that there is.
    public let health: Health
    /// The same for a person, in English.
    public let words: String
    /// What went wrong last; none while nothing is.
    public let trouble: Trouble?
    /// Since when it fares so; none for one that was not tried.
    public let since: Date?
    /// When it is tried again; none where it is not resting.
    public let next: Date?
    /// The target's traffic goes by it now.
    public let carries: Bool

    init(_ core: SatchelGenerated.EndpointState) {
        url = core.url
        byAddress = core.byAddress
        health = Health(core.health)
        words = core.words
        trouble = core.trouble.map(Trouble.init)
        since = core.sinceUtcMs.map(Date.init(utcMs:))
        next = core.nextUtcMs.map(Date.init(utcMs:))
        carries = core.carries
    }
}

/// How an endpoint fares on the network that there is.
public enum Health: Hashable, Sendable {
    /// Not tried yet.
    case unknown
    /// It answers.
    case open
    /// It answers, and what is sent to it hardly gets through.
    case slow
    /// It does not answer, or its server fails, and nothing says that somebody is in the way.
    case down
    /// Somebody is in the way.
    case blocked(Block)
    /// The network wants a person to sign in first.
    case captive

    init(_ core: SatchelGenerated.Health) {
        self =
            switch core {
            case .unknown: .unknown
            case .open: .open
            case .slow: .slow
            case .down: .down
            case .blocked(let by): .blocked(Block(by))
            case .captive: .captive
            }
    }
}

/// How an endpoint is blocked.
public enum Block: Hashable, Sendable, CaseIterable {
    /// A page, or something else that is not the service, answers in its place.
    case page
    /// The network sends us elsewhere.
    case redirect
    /// Somebody else's certificate: forged, or signed by itself.
    case certificate
    /// The connection is broken off, once it shows where it is meant to go.
    case reset
    /// The name is not answered, or answered wrongly.
    case name
    /// Nothing comes back from the service's port, though its host or the network answers otherwise.
    case silence

    init(_ core: SatchelGenerated.Block) {
        self =
            switch core {
            case .page: .page
            case .redirect: .redirect
            case .certificate: .certificate
            case .reset: .reset
            case .name: .name
            case .silence: .silence
            }
    }
}

extension Satchel {
    // MARK: Ways to a target

    /// Sets up the ways to a target, in place of those that there were beside the first.
    ///
    /// What is no address, no pin, named twice, or holds a name and password throws
    /// ``SatchelError/invalid(words:field:)``, and nothing is changed.
    public func setEndpoints(_ endpoints: Endpoints, for target: TargetID) async throws(SatchelError) {
        try await crossing { try await core.setEndpoints(target: target.rawValue, endpoints: endpoints.core) }
    }

    /// The ways to a target, as they were set up.
    public func endpointsSet(for target: TargetID) async throws(SatchelError) -> Endpoints {
        try await crossing { Endpoints(try await core.endpointsSet(target: target.rawValue)) }
    }

    /// The ways to a target, in the order in which they are tried, and how they fare.
    ///
    /// ``Change/endpoints(_:)`` tells when that changed.
    public func endpoints(of target: TargetID) async throws(SatchelError) -> [EndpointState] {
        try await crossing { try await core.endpoints(target: target.rawValue).map(EndpointState.init) }
    }

    /// Sets a neutral address for contrast, one that nobody has a reason to block: asked when a probe fails, it tells a
    /// block from a network that leads nowhere, and from a sign-in page.
    ///
    /// - Parameter url: Over https whoever proves to be it will do; over http it must answer with an empty 204. None:
    ///   no such question is asked. What is no address throws ``SatchelError/invalid(words:field:)``.
    public func setNeutral(_ url: String?) async throws(SatchelError) {
        try await crossing { try await core.setNeutral(url: url) }
    }

    /// The neutral address; none where none is set.
    public nonisolated func neutral() throws(SatchelError) -> String? {
        do {
            return try core.neutral()
        } catch {
            throw SatchelError(error)
        }
    }
}
