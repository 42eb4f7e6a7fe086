// Steps carried by URLSession: short ones by a session of this process, files by a background session of the system.
//
// Elsewhere than on Apple's systems there is no background session: both go by this process, which is how the tests run it.

import Foundation
public import Satchel

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// Carries steps by `URLSession`.
///
/// In the background (Foundation, "Downloading files in the background", and the notes of
/// `URLSessionConfiguration.background(withIdentifier:)`) the system takes files over HTTPS, goes on while the app is suspended
/// or was ended by the system, starts the app when they are done, and **follows redirects by itself**: whoever answers at the
/// target's address with a redirect may get the body and the headers of that one step, the target's token among them. The outbox
/// does not believe what a foreign address answers, but the bytes may have gone there. Where the target's key is pinned, or its
/// certificate is vouched for, only the target itself can redirect.
///
/// A person who ends the app by swiping it away ends its background steps too; the outbox sends them again at the next launch.
/// Whether a network is a foreign operator's cannot be told to URLSession, so `notRoaming` is not kept by it: the phone's own
/// switch for data roaming is.
public final class URLSessionCarrier: NSObject, Carrier {
    /// What came of the steps.
    public let events: AsyncStream<CarrierEvent>
    private let ear: SessionEar
    private let awake: URLSession
    private let background: URLSession
    private let seams: Seams

    /// What tests may do otherwise.
    package struct Seams: Sendable {
        /// Goes to the same address by plain HTTP: FoundationNetworking trusts no private certificate. The loopback stands for
        /// the connection that a pin would make sure of.
        package var withoutTLS = false
        /// Follows redirects where a background session does.
        package var followsRedirects = false
        /// Reads bodies first. A reply that comes before the body was sent, as to a stale offset, may end FoundationNetworking's
        /// process where the body is a file ("libcurl.Easy Code=43").
        package var fromMemory = false

        package init(withoutTLS: Bool = false, followsRedirects: Bool = false, fromMemory: Bool = false) {
            self.withoutTLS = withoutTLS
            self.followsRedirects = followsRedirects
            self.fromMemory = fromMemory
        }
    }

    /// - Parameters:
    ///   - identifier: The background session's, the same at every launch; for each outbox of an app another. Only one object may
    ///     have it at a time.
    ///   - discretionary: Lets the system choose when: on Wi-Fi and power, hours later.
    public convenience init(identifier: String, discretionary: Bool = false) {
        self.init(identifier: identifier, discretionary: discretionary, seams: Seams())
    }

    package init(identifier: String, discretionary: Bool = false, seams: Seams) {
        let (events, telling) = AsyncStream.makeStream(of: CarrierEvent.self)
        self.events = events
        self.seams = seams
        ear = SessionEar(telling, seams: seams)
        awake = Self.session(.ephemeral, ear, named: SessionEar.awake)
        #if canImport(Darwin)
            let configuration = URLSessionConfiguration.background(withIdentifier: identifier)
            configuration.sessionSendsLaunchEvents = true
            configuration.isDiscretionary = discretionary
            // A lease ends after eight days; the system gives up before.
            configuration.timeoutIntervalForResource = 6 * 86_400
            configuration.allowsCellularAccess = true
        #else
            let configuration = URLSessionConfiguration.ephemeral
        #endif
        background = Self.session(configuration, ear, named: SessionEar.background)
        super.init()
    }

    deinit {
        awake.invalidateAndCancel()
        // What the system has goes on; it is found again by the session's identifier.
        background.finishTasksAndInvalidate()
    }

    private static func session(
        _ configuration: URLSessionConfiguration, _ ear: SessionEar, named name: String
    ) -> URLSession {
        configuration.urlCache = nil
        configuration.httpCookieStorage = nil
        configuration.httpShouldSetCookies = false
        configuration.urlCredentialStorage = nil
        let queue = OperationQueue()
        queue.maxConcurrentOperationCount = 1
        queue.name = name
        return URLSession(configuration: configuration, delegate: ear, delegateQueue: queue)
    }

    /// Takes a step over.
    public func carry(_ step: HostStep, by carriage: Carriage) async throws {
        if carriage == .background && (step.body == nil || step.url.scheme?.lowercased() != "https") {
            throw CarrierRefusal.notForTheBackground
        }
        // Where a connection must be fresh, a session of its own has no other.
        let own = step.freshConnection && carriage == .awake
        let session =
            own ? Self.session(.ephemeral, ear, named: SessionEar.awake) : carriage == .awake ? awake : background
        defer { if own { session.finishTasksAndInvalidate() } }
        let request = Self.request(for: step, withoutTLS: seams.withoutTLS)
        let task: URLSessionTask
        switch step.body {
        case nil: task = session.dataTask(with: request)
        case let body? where seams.fromMemory:
            task = session.uploadTask(with: request, from: try Data(contentsOf: body.file))
        case let body?: task = session.uploadTask(with: request, fromFile: body.file)
        }
        task.taskDescription = TaskNote(step).text
        ear.began(task, step.lease, carriage)
        #if canImport(Darwin)
            if carriage == .background {
                task.earliestBeginDate = step.notBefore
                task.countOfBytesClientExpectsToSend = Int64(step.body?.length ?? 0) + 2_048
                task.countOfBytesClientExpectsToReceive = 2_048
                task.resume()
                return
            }
        #endif
        guard let wait = step.notBefore?.timeIntervalSinceNow, wait > 0 else { return task.resume() }
        Task {
            try? await Task.sleep(for: .seconds(wait))
            task.resume()
        }
    }

    static func request(for step: HostStep, withoutTLS: Bool = false) -> URLRequest {
        let patience = step.stall + step.reply
        var request = URLRequest(
            url: withoutTLS ? step.url.with(scheme: "http") : step.url, cachePolicy: .reloadIgnoringLocalCacheData,
            timeoutInterval: Double(patience.components.seconds + 1))
        request.httpMethod = step.method
        request.httpShouldHandleCookies = false
        for header in step.headers { request.addValue(header.value, forHTTPHeaderField: header.name) }
        request.allowsCellularAccess = !step.noCellular
        #if canImport(Darwin)
            request.allowsExpensiveNetworkAccess = !step.unmeteredOnly
            request.allowsConstrainedNetworkAccess = !step.notConstrained
        #endif
        return request
    }

    /// The leases on the system's tasks, and of those whose outcome was not acknowledged.
    public func leases() async -> Set<LeaseID> {
        var leases = ear.held
        for session in [awake, background] {
            let tasks = await withCheckedContinuation { done in
                session.getAllTasks { tasks in
                    done.resume(returning: tasks.map { TaskNote($0.taskDescription)?.lease })
                }
            }
            leases.formUnion(tasks.compactMap(\.self))
        }
        return leases
    }

    /// Forgets what it kept of this one.
    public func told(_ lease: LeaseID) async { ear.told(lease) }

    /// Ends the tasks that go this way.
    public func cancel(_ carriage: Carriage) async { ear.cancel(carriage) }
}

extension URL {
    /// The same with another scheme.
    func with(scheme: String) -> URL {
        var parts = URLComponents(url: self, resolvingAgainstBaseURL: false)
        parts?.scheme = scheme
        return parts?.url ?? self
    }
}
