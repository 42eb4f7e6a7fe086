// A step as it is handed from one process to another, and what came of it.

import Foundation
import Satchel

/// A request to carry.
public struct Parcel: Codable, Sendable {
    /// The step's lease.
    public let lease: String
    /// Its method.
    public let method: String
    /// Where it goes.
    public let url: URL
    /// Pairs of name and value.
    public let headers: [[String]]
    /// The file that is its body.
    public let file: URL?
    /// The body's length in bytes.
    public let length: Int
    /// How many seconds nothing may move.
    public let patience: Double
    /// Not before this.
    public let notBefore: Date?
    /// Over no connection that was used before.
    public let freshConnection: Bool

    /// From a step.
    public init(_ step: HostStep) {
        lease = step.lease.rawValue
        method = step.method
        url = step.url
        headers = step.headers.map { [$0.name, $0.value] }
        file = step.body?.file
        length = step.body?.length ?? 0
        patience = Double((step.stall + step.reply).components.seconds + 1)
        notBefore = step.notBefore
        freshConnection = step.freshConnection
    }

    private init(_ other: Parcel, file: URL) {
        lease = other.lease
        method = other.method
        url = other.url
        headers = other.headers
        self.file = file
        length = other.length
        patience = other.patience
        notBefore = other.notBefore
        freshConnection = other.freshConnection
    }

    /// The same with its body in another file.
    public func with(_ file: URL) -> Parcel { Parcel(self, file: file) }

    /// What it says about a header.
    public func header(_ name: String) -> String? { headers.first { $0.first == name }?.last }
}

/// What came of it.
public struct Brought: Codable, Sendable {
    /// A reply's status; none where there was no reply.
    public let status: Int?
    private let headers: [[String]]
    private let body: Data
    private let url: URL
    private let cut: String?

    init(_ reply: HTTPReply, to parcel: Parcel) {
        status = reply.status
        headers = reply.headers
        body = reply.body
        url = reply.url ?? parcel.url
        cut = nil
    }

    /// None came.
    public init(_ cut: HostCut, of parcel: Parcel) {
        (status, headers, body, url) = (nil, [], Data(), parcel.url)
        self.cut = "\(cut)"
    }

    /// As the outbox takes it. Nobody vouches for who answered.
    public var outcome: HostOutcome {
        guard let status else { return .cut(HostCut.allCases.first { "\($0)" == cut } ?? .garbage) }
        let headers = headers.map { Header(name: $0[0], value: $0[1]) }
        return .reply(status: status, headers: headers, body: body, url: url, peer: .unknown)
    }
}

/// What URLSession brought.
struct HTTPReply {
    let status: Int
    let headers: [[String]]
    let body: Data
    let url: URL?
}
