// What stands on a system's task so that another process of the app can tell its outcome, and how an outcome is read off it.

import Foundation
internal import Satchel

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The words on a task (`taskDescription`): they survive the process, and nothing of the photo is in them.
struct TaskNote: Hashable, Sendable {
    let lease: LeaseID
    /// The key that the server's certificate must hold, as ``HostStep/pin`` has it.
    let pin: String?

    init(_ step: HostStep) {
        lease = step.lease
        pin = step.pin
    }

    /// None where the task is not ours.
    init?(_ text: String?) {
        guard let words = text?.split(separator: " "), words.count == 3, words[0] == "satchel-1" else { return nil }
        lease = LeaseID(rawValue: String(words[1]))
        pin = words[2] == "-" ? nil : String(words[2])
    }

    var text: String { "satchel-1 \(lease.rawValue) \(pin ?? "-")" }
}

/// What a task came to.
struct TaskEnd {
    let note: TaskNote
    /// The address that was asked.
    let asked: URL?
    let response: URLResponse?
    let body: Data
    let sent: Int
    let error: (any Error)?
    /// The certificate was not the target's, so we ended it.
    let isImposter: Bool

    /// For the outbox.
    ///
    /// A background session follows redirects and asks nobody. So who answered is known only where the address is still the
    /// target's own: there TLS was made sure of (the pinned key, or the system's roots), or there would be no reply. A reply from
    /// elsewhere is told with its address and as nobody's; the outbox does not believe it.
    var outcome: HostOutcome {
        if isImposter { return .cut(.certificate, sent: 0) }
        if let error { return .cut(Self.cut(error), sent: sent) }
        guard let reply = response as? HTTPURLResponse, let asked else { return .cut(.garbage, sent: sent) }
        let url = reply.url ?? asked
        let headers = reply.allHeaderFields.map { Header(name: "\($0.key)", value: "\($0.value)") }
        return .reply(
            status: reply.statusCode, headers: headers, body: body.prefix(65_536), url: url,
            peer: Self.peer(of: url, asked: asked, pin: note.pin), sent: sent)
    }

    static func peer(of url: URL, asked: URL, pin: String?) -> Peer {
        guard Origin(url) == Origin(asked), url.scheme?.lowercased() == "https" else { return .unknown }
        return pin == nil ? .root : .pin
    }

    static func cut(_ error: any Error) -> HostCut {
        switch (error as? URLError)?.code {
        case .cannotFindHost, .dnsLookupFailed: .noAddress
        case .cannotConnectToHost, .notConnectedToInternet, .dataNotAllowed, .internationalRoamingOff: .noConnection
        case .serverCertificateUntrusted, .serverCertificateHasUnknownRoot, .serverCertificateHasBadDate,
            .serverCertificateNotYetValid:
            .certificate
        case .secureConnectionFailed: .handshake
        case .timedOut: .stalled
        case .badServerResponse, .cannotParseResponse, .cannotDecodeRawData, .cannotDecodeContentData: .garbage
        case .cancelled, .backgroundSessionWasDisconnected, .backgroundSessionInUseByAnotherProcess: .stopped
        default: .reset
        }
    }
}

/// Scheme, host and port.
struct Origin: Hashable, Sendable {
    let scheme: String
    let host: String
    let port: Int

    init?(_ url: URL) {
        guard let scheme = url.scheme?.lowercased(), let host = url.host?.lowercased() else { return nil }
        self.scheme = scheme
        self.host = host
        port = url.port ?? (scheme == "https" ? 443 : 80)
    }
}
