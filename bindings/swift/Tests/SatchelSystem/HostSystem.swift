// The system that carries requests for a host: URLSession, which sends a body from its file.

import Foundation
import Satchel

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Carries requests as they are.
public final class HostSystem: Sendable {
    private let session: URLSession
    private let hearing = Hearing()
    private let withoutTLS: Bool

    /// - Parameter withoutTLS: Goes to the same address by plain HTTP. FoundationNetworking trusts no private certificate, so
    ///   that the receiver must be there without one; the loopback stands for the connection that a pin would make sure of.
    public init(withoutTLS: Bool = false) {
        session = URLSession(configuration: .ephemeral, delegate: hearing, delegateQueue: nil)
        self.withoutTLS = withoutTLS
    }

    deinit {
        session.finishTasksAndInvalidate()
    }

    /// Carries one; what came of it.
    ///
    /// - Parameter fromMemory: Reads the body first. A reply that comes before the body was sent, as to a stale offset, may end
    ///   FoundationNetworking's process where the body is a file ("libcurl.Easy Code=43").
    public func carry(_ parcel: Parcel, fromMemory: Bool = false) async -> Brought {
        var request = URLRequest(url: withoutTLS ? plain(parcel.url) : parcel.url, timeoutInterval: parcel.patience)
        request.httpMethod = parcel.method
        for header in parcel.headers { request.addValue(header[1], forHTTPHeaderField: header[0]) }
        // Where a connection must be fresh, a session of its own has no other.
        let session =
            parcel.freshConnection
            ? URLSession(configuration: .ephemeral, delegate: hearing, delegateQueue: nil) : session
        defer { if parcel.freshConnection { session.finishTasksAndInvalidate() } }
        let task =
            if let file = parcel.file, fromMemory, let body = try? Data(contentsOf: file) {
                session.uploadTask(with: request, from: body)
            } else if let file = parcel.file {
                session.uploadTask(with: request, fromFile: file)
            } else {
                session.dataTask(with: request)
            }
        let heard = await hearing.outcome(of: task)
        if let error = heard.error { return Brought(cut(error), of: parcel) }
        guard let reply = heard.reply as? HTTPURLResponse else { return Brought(.garbage, of: parcel) }
        let headers = reply.allHeaderFields.map { ["\($0.key)", "\($0.value)"] }
        // Who was asked answered: by the address that the step names.
        let url = reply.url == request.url ? parcel.url : reply.url
        return Brought(HTTPReply(status: reply.statusCode, headers: headers, body: heard.body, url: url), to: parcel)
    }

    private func plain(_ url: URL) -> URL {
        var parts = URLComponents(url: url, resolvingAgainstBaseURL: false)
        parts?.scheme = "http"
        return parts?.url ?? url
    }

    private func cut(_ error: any Error) -> HostCut {
        switch (error as? URLError)?.code {
        case .cannotFindHost, .dnsLookupFailed: .noAddress
        case .cannotConnectToHost: .noConnection
        case .serverCertificateUntrusted, .serverCertificateHasUnknownRoot: .certificate
        case .secureConnectionFailed: .handshake
        case .timedOut: .stalled
        case .badServerResponse, .cannotParseResponse: .garbage
        case .cancelled: .stopped
        default: .reset
        }
    }
}

/// What came of a task until now.
private struct Heard: Sendable {
    var reply: URLResponse?
    var body = Data()
    var error: (any Error)?
    let done: CheckedContinuation<Heard, Never>
}

/// Hears what comes of tasks, and follows no redirect: the reply that asks for one is the outcome. (By a delegate of the
/// session: FoundationNetworking asks none of a single task, and none at all where a task has a completion handler.)
private final class Hearing: NSObject, URLSessionDataDelegate, @unchecked Sendable {
    private let lock = NSLock()
    private var tasks: [URLSessionTask: Heard] = [:]

    func outcome(of task: URLSessionTask) async -> Heard {
        await withCheckedContinuation { done in
            lock.withLock { tasks[task] = Heard(done: done) }
            task.resume()
        }
    }

    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        completionHandler(nil)
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        lock.withLock { tasks[dataTask]?.body.append(data) }
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        guard var heard = lock.withLock({ tasks.removeValue(forKey: task) }) else { return }
        heard.reply = task.response
        heard.error = error
        heard.done.resume(returning: heard)
    }
}
