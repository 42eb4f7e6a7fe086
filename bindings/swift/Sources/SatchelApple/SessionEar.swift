// What URLSession says of its tasks, turned into events.

import Foundation
internal import Satchel

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Hears both sessions. `@unchecked`: its state is behind a lock.
final class SessionEar: NSObject, URLSessionDataDelegate, @unchecked Sendable {
    static let (awake, background) = ("satchel-awake", "satchel-background")

    /// A task of this process.
    private struct Begun {
        let task: URLSessionTask
        let carriage: Carriage
    }

    private let telling: AsyncStream<CarrierEvent>.Continuation
    private let seams: URLSessionCarrier.Seams
    private let lock = NSLock()
    private var begun: [LeaseID: Begun] = [:]
    /// Those whose outcome was not acknowledged.
    private var unacknowledged: Set<LeaseID> = []
    private var bodies: [LeaseID: Data] = [:]
    private var imposters: Set<LeaseID> = []

    init(_ telling: AsyncStream<CarrierEvent>.Continuation, seams: URLSessionCarrier.Seams) {
        self.telling = telling
        self.seams = seams
    }

    deinit {
        telling.finish()
    }

    var held: Set<LeaseID> { lock.withLock { unacknowledged.union(begun.keys) } }

    func began(_ task: URLSessionTask, _ lease: LeaseID, _ carriage: Carriage) {
        lock.withLock { begun[lease] = Begun(task: task, carriage: carriage) }
    }

    func told(_ lease: LeaseID) { lock.withLock { _ = unacknowledged.remove(lease) } }

    func cancel(_ carriage: Carriage) {
        let tasks = lock.withLock { begun.values.filter { $0.carriage == carriage }.map(\.task) }
        for task in tasks { task.cancel() }
    }

    // MARK: Tasks

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        guard let lease = TaskNote(dataTask.taskDescription)?.lease else { return }
        lock.withLock {
            let room = 65_536 - (bodies[lease]?.count ?? 0)
            bodies[lease, default: Data()].append(data.prefix(max(0, room)))
        }
    }

    /// Asked only of tasks that this process carries: the reply that asks for a redirect is the outcome.
    func urlSession(
        _ session: URLSession, task: URLSessionTask, willPerformHTTPRedirection response: HTTPURLResponse,
        newRequest request: URLRequest, completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
        let inBackground = session.delegateQueue.name == Self.background
        completionHandler(seams.followsRedirects && inBackground ? request : nil)
    }

    func urlSession(_ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        // Not ours: some other code uses the session's identifier.
        guard let note = TaskNote(task.taskDescription) else { return }
        let (body, isImposter) = lock.withLock {
            begun[note.lease] = nil
            unacknowledged.insert(note.lease)
            return (bodies.removeValue(forKey: note.lease), imposters.remove(note.lease) != nil)
        }
        let asked = task.originalRequest?.url
        let end = TaskEnd(
            note: note, asked: seams.withoutTLS ? asked?.with(scheme: "https") : asked, response: task.response,
            body: body ?? Data(), sent: Int(task.countOfBytesSent), error: error, isImposter: isImposter)
        telling.yield(.outcome(note.lease, seams.withoutTLS ? end.asWithTLS : end.outcome))
        #if !canImport(Darwin)
            if lock.withLock({ begun.isEmpty }) { telling.yield(.allTold) }
        #endif
    }

    #if canImport(Darwin)
        func urlSessionDidFinishEvents(forBackgroundURLSession session: URLSession) {
            telling.yield(.allTold)
        }

        /// A pinned key in place of the system's roots. It is asked for each connection, in the background too, where the app is
        /// started for it.
        func urlSession(
            _ session: URLSession, task: URLSessionTask, didReceive challenge: URLAuthenticationChallenge,
            completionHandler: @escaping @Sendable (URLSession.AuthChallengeDisposition, URLCredential?) -> Void
        ) {
            guard challenge.protectionSpace.authenticationMethod == NSURLAuthenticationMethodServerTrust else {
                // A server that asks for a name and a password has answered: its 401 is the outcome.
                return completionHandler(.rejectProtectionSpace, nil)
            }
            guard let note = TaskNote(task.taskDescription), let pin = note.pin else {
                return completionHandler(.performDefaultHandling, nil)
            }
            guard let trust = challenge.protectionSpace.serverTrust, PinnedKey(pin).isHeld(by: trust) else {
                lock.withLock { _ = imposters.insert(note.lease) }
                return completionHandler(.cancelAuthenticationChallenge, nil)
            }
            completionHandler(.useCredential, URLCredential(trust: trust))
        }
    #endif
}

extension TaskEnd {
    /// As if it had gone by TLS: see ``URLSessionCarrier/Seams/withoutTLS``.
    fileprivate var asWithTLS: HostOutcome {
        guard case .reply(let status, let headers, let body, let url, _, let sent) = outcome, let asked else {
            return outcome
        }
        let same = url.host == asked.host && url.port == asked.port
        let answered = same ? url.with(scheme: "https") : url
        return .reply(
            status: status, headers: headers, body: body, url: answered,
            peer: Self.peer(of: answered, asked: asked, pin: note.pin), sent: sent)
    }
}
