// HTTP that the host's system carries, such as a background URLSession: the app pulls steps and pushes what came of them.
// And stages: files that the host writes into the outbox itself.

import Foundation
internal import SatchelGenerated

/// Which system carries an app's requests: random, to be kept for as long as it may carry any.
public struct HostID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// As a text, for an app's own records.
    public let rawValue: String

    /// From a text that ``rawValue`` gave.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The same text.
    public var description: String { rawValue }
}

/// Names a step when its outcome is told. It is put on the system's task (`taskDescription`), where the app's next process
/// finds it.
public struct LeaseID: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// As a text, for the system's task.
    public let rawValue: String

    /// From a text that ``rawValue`` gave.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The same text.
    public var description: String { rawValue }
}

/// How much a host takes.
public struct HostLimits: Hashable, Sendable {
    /// At most so many steps from this call.
    public var mostSteps: Int
    /// The longest body of a step in bytes, at least 65,536. What is left of an upload goes in its next steps.
    public var mostBytesPerStep: Int
    /// What may still be sent, in bytes of bodies; steps that are out must be taken off before. No end when left out.
    public var budgetLeft: Int?

    /// Limits.
    public init(mostSteps: Int = 8, mostBytesPerStep: Int = 16_777_216, budgetLeft: Int? = nil) {
        self.mostSteps = mostSteps
        self.mostBytesPerStep = mostBytesPerStep
        self.budgetLeft = budgetLeft
    }

    var core: SatchelGenerated.HostLimits {
        .init(
            mostSteps: UInt32(clamping: mostSteps), mostBytesPerStep: UInt64(clamping: mostBytesPerStep),
            budgetLeft: budgetLeft.map { UInt64(clamping: $0) })
    }
}

/// What a host is given to do.
public struct HostSteps: Hashable, Sendable {
    /// The steps, the more pressing first.
    public let steps: [HostStep]
    /// When to ask again if no outcome comes before, and what must be true then.
    public let wake: Wake
}

/// A request for the host's system, under a lease. It holds the target's credential, so its description shows neither
/// address nor headers.
public struct HostStep: Hashable, Sendable {
    /// Names the step when its outcome is told.
    public let lease: LeaseID
    /// The upload that it belongs to; none where a target is asked what it has.
    public let upload: Int64?
    /// Grows each time that the upload is leased anew.
    public let epoch: Int64
    /// Whose it is, the first of those that share it.
    public let asset: AssetID?
    /// Where it goes.
    public let target: TargetID
    /// The method, in capitals.
    public let method: String
    /// The address. Redirects must not be followed.
    public let url: URL
    /// All headers but `host` and `content-length`.
    public let headers: [Header]
    /// A file to send; none when the body is empty. It goes when the outcome is told or the lease is void.
    public let body: HostBody?
    /// How long nothing may move while the body is sent.
    public let stall: Duration
    /// How long to wait for the reply after the body.
    public let reply: Duration
    /// Only over networks that cost nothing.
    public let unmeteredOnly: Bool
    /// Not while the person asked the system to save data.
    public let notConstrained: Bool
    /// Not over mobile data.
    public let noCellular: Bool
    /// Not on a foreign operator's network.
    public let notRoaming: Bool
    /// Not before this.
    public let notBefore: Date?
    /// Must not go over a connection that was used before.
    public let freshConnection: Bool
    /// The key that the server's certificate must hold: SHA-256 of its SubjectPublicKeyInfo, base64url without padding.
    /// None where the system's trusted roots vouch for it.
    public let pin: String?

    /// None where Foundation cannot read the address.
    init?(_ core: SatchelGenerated.HostStep) {
        guard let url = URL(string: core.url) else { return nil }
        lease = LeaseID(rawValue: core.lease)
        upload = core.upload
        epoch = core.epoch
        asset = core.asset.map(AssetID.init(rawValue:))
        target = TargetID(rawValue: core.target)
        method = core.method
        self.url = url
        headers = core.headers.map(Header.init)
        body = core.body.map(HostBody.init)
        stall = .milliseconds(core.stallMs)
        reply = .milliseconds(core.replyMs)
        unmeteredOnly = core.unmeteredOnly
        notConstrained = core.notConstrained
        noCellular = core.noCellular
        notRoaming = core.notRoaming
        notBefore = core.notBeforeUtcMs.map(Date.init(utcMs:))
        freshConnection = core.freshConnection
        pin = core.pin
    }
}

extension HostStep: CustomStringConvertible, CustomReflectable {
    /// Lease, method and the body's length, for logs.
    public var description: String { "HostStep(\(lease), \(method), \(body?.length ?? 0) bytes)" }

    /// The same, so that a dump shows no more.
    public var customMirror: Mirror {
        Mirror(self, children: ["lease": lease, "method": method, "length": body?.length ?? 0])
    }
}

/// A header.
public struct Header: Hashable, Sendable {
    /// A step's is in lower case; a reply's may be in any.
    public let name: String
    /// As it goes.
    public let value: String

    /// A header.
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }

    init(_ core: SatchelGenerated.Header) {
        self.init(name: core.name, value: core.value)
    }

    var core: SatchelGenerated.Header { .init(name: name, value: value) }
}

extension Header: CustomStringConvertible, CustomReflectable {
    /// The name; the value may be a credential.
    public var description: String { name }

    /// The same, so that a dump shows no more.
    public var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}

/// A body, staged for one step.
public struct HostBody: Hashable, Sendable {
    /// The file, whole.
    public let file: URL
    /// Its length in bytes.
    public let length: Int

    init(_ core: SatchelGenerated.HostBody) {
        file = URL(fileURLWithPath: core.path)
        length = Int(count: core.length)
    }
}

/// How the host knows who answered.
public enum Peer: Hashable, Sendable, CaseIterable {
    /// It cannot tell.
    case unknown
    /// TLS, and the certificate holds the step's pinned key.
    case pin
    /// TLS, and a root that the system trusts vouches for the certificate.
    case root

    var core: SatchelGenerated.Peer {
        switch self {
        case .unknown: .unknown
        case .pin: .pin
        case .root: .root
        }
    }
}

/// Why no reply came.
public enum HostCut: Hashable, Sendable, CaseIterable {
    /// The name has no address.
    case noAddress
    /// No connection was made.
    case noConnection
    /// TLS failed over the peer's certificate.
    case certificate
    /// TLS failed otherwise.
    case handshake
    /// The connection broke.
    case reset
    /// Nothing moved for too long.
    case stalled
    /// The body was sent and no reply came.
    case noReply
    /// What came was not HTTP.
    case garbage
    /// The host or its system ended it.
    case stopped

    var core: SatchelGenerated.HostCut {
        switch self {
        case .noAddress: .noAddress
        case .noConnection: .noConnection
        case .certificate: .certificate
        case .handshake: .handshake
        case .reset: .reset
        case .stalled: .stalled
        case .noReply: .noReply
        case .garbage: .garbage
        case .stopped: .stopped
        }
    }
}

/// What came of a step. `sent` is how many bytes of the body were sent, where the system says; else it counts as all.
public enum HostOutcome: Hashable, Sendable {
    /// A reply, from the address `url`. Of its body, what is beyond the first 64 KiB does not count.
    case reply(status: Int, headers: [Header], body: Data, url: URL, peer: Peer, sent: Int? = nil)
    /// None came.
    case cut(HostCut, sent: Int? = nil)

    var core: SatchelGenerated.HostOutcome {
        switch self {
        case .reply(let status, let headers, let body, let url, let peer, let sent):
            .reply(
                status: UInt16(clamping: status), headers: headers.map(\.core), body: body, url: url.absoluteString,
                peer: peer.core, sent: sent.map { UInt64(clamping: $0) })
        case .cut(let cut, let sent): .cut(sent: sent.map { UInt64(clamping: $0) }, cut: cut.core)
        }
    }
}

/// What became of an outcome.
public enum Taken: Hashable, Sendable {
    /// It is recorded. With `more` the upload goes on with a step that is ready to be asked for.
    case recorded(more: Bool)
    /// The lease is void, or its outcome was told before: nothing changed.
    case stale

    init(_ core: SatchelGenerated.Taken) {
        self =
            switch core {
            case .recorded(let more): .recorded(more: more)
            case .stale: .stale
            }
    }
}

/// A place in the outbox where the host writes a file itself.
public struct Stage: Identifiable, Hashable, Sendable {
    /// Names it when it is committed or discarded.
    public let id: String
    /// Where to write. No file is there yet.
    public let file: URL

    /// From what an app kept of a stage, to commit it again after an answer was lost.
    public init(id: String, file: URL) {
        self.id = id
        self.file = file
    }

    init(_ core: SatchelGenerated.Stage) {
        self.init(id: core.id, file: URL(fileURLWithPath: core.path))
    }
}
