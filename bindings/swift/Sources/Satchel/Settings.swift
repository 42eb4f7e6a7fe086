// What the app tells an open outbox of networks, power, rules and targets.

internal import SatchelGenerated

/// What a target is not to learn from a file. Whatever a person said is said to it all the same.
public enum Redaction: Hashable, Sendable, CaseIterable {
    /// Nothing is kept from it: originals go as they are.
    case nothing
    /// Where it was taken: originals go without their metadata, and posts without the place that the file told.
    case location
    /// As ``location``, and posts go without the time that the file told, too.
    case all

    init(_ core: SatchelGenerated.Redaction) {
        self =
            switch core {
            case .none: .nothing
            case .location: .location
            case .all: .all
            }
    }

    var core: SatchelGenerated.Redaction {
        switch self {
        case .nothing: .none
        case .location: .location
        case .all: .all
        }
    }
}

extension Satchel {
    // MARK: Links and power

    /// Tells what network there is. What is under way over another one is cut at once.
    public nonisolated func setLink(_ link: Link) throws(SatchelError) {
        do {
            try core.setLink(link: link.core)
        } catch {
            throw SatchelError(error)
        }
    }

    /// The network, as a person's word about it (``markNetwork(_:_:)``) makes it.
    public nonisolated func effectiveLink() throws(SatchelError) -> Link {
        do {
            return Link(try core.link())
        } catch {
            throw SatchelError(error)
        }
    }

    /// Remembers a person's word about a network; none forgets it.
    ///
    /// - Parameter network: Its id (``Link/network``), 1 to 256 bytes.
    public func markNetwork(_ network: String, _ mark: Link.Mark?) async throws(SatchelError) {
        try await crossing { try await core.markNetwork(network: network, mark: mark?.core) }
    }

    /// What was said of networks, by their ids.
    public func networkMarks() async throws(SatchelError) -> [String: Link.Mark] {
        try await crossing {
            let told = try await core.networkMarks()
            return Dictionary(uniqueKeysWithValues: told.map { ($0.network, Link.Mark($0.mark)) })
        }
    }

    /// Tells how the device is fed.
    public nonisolated func setPower(_ power: Power) throws(SatchelError) {
        do {
            try core.setPower(power: power.core)
        } catch {
            throw SatchelError(error)
        }
    }

    // MARK: Rules

    /// The rules.
    public nonisolated func policy() throws(SatchelError) -> Policy {
        do {
            return Policy(try core.policy())
        } catch {
            throw SatchelError(error)
        }
    }

    /// Changes the traveller's rules, at once and for as long as the outbox is open.
    public nonisolated func setPolicy(_ policy: Policy) throws(SatchelError) {
        do {
            try core.setPolicy(policy: policy.core)
        } catch {
            throw SatchelError(error)
        }
    }

    /// Changes the traveller's rules, and keeps them for when the outbox is opened without any.
    public func keepPolicy(_ policy: Policy) async throws(SatchelError) {
        try await crossing { try await core.keepPolicy(policy: policy.core) }
    }

    // MARK: What targets get

    /// Says what a target is not to learn from files: for all that has not gone to it yet.
    ///
    /// What cannot be freed of it is parked for this target.
    public func setRedaction(_ redact: Redaction, for target: TargetID) async throws(SatchelError) {
        try await crossing { try await core.setRedaction(target: target.rawValue, redact: redact.core) }
    }

    /// Says whether a tus server that is no receiver gets the press renditions besides originals.
    ///
    /// A receiver takes all that there is.
    public func setPress(_ press: Bool, for target: TargetID) async throws(SatchelError) {
        try await crossing { try await core.setPress(target: target.rawValue, press: press) }
    }
}
