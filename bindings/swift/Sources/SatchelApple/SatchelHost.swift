// What an app holds: an open outbox, and the order in which an app's life asks things of it.
//
// While the app is in front, the outbox sends by itself (``Satchel/Satchel/run(_:)``), which tells progress and stops at once
// when the link changes. When the app goes away, what is left is handed to the system, and the outbox is suspended before the
// system freezes the process; until then nothing holds a lock that the system would end the app for.

public import Foundation
public import Satchel
internal import SatchelInbox

/// An outbox in the life of an app.
public actor SatchelHost {
    /// Where things are, and how much.
    public struct Setup: Sendable {
        /// The outbox's folder and small files beside it: in the app's own container, not in an app group's.
        public var folder: URL
        /// Where share extensions deliver: in the app group's container.
        public var inbox: URL?
        /// The traveller's rules; those that were kept when left out.
        public var policy: Policy?
        /// What the system is to have at most; see ``BackgroundUploads/init(satchel:carrier:limits:keeping:)``.
        public var limits = HostLimits.background
        /// Only photos that were taken from then on get in by themselves; all when left out.
        public var photosSince: Date?
        /// What becomes of photos that the person deleted before they were sent.
        public var deleted = PhotoSync.Deleted.keep

        /// A setup in this folder.
        public init(folder: URL, inbox: URL? = nil, policy: Policy? = nil, photosSince: Date? = nil) {
            self.folder = folder
            self.inbox = inbox
            self.policy = policy
            self.photosSince = photosSince
        }

        /// The outbox itself.
        public var outbox: URL { folder.appendingPathComponent("outbox") }
    }

    /// What stands between the outbox and the system.
    public struct Edges: Sendable {
        /// Carries requests while the app is suspended.
        public var carrier: any Carrier
        /// Keeps tokens.
        public var credentials: (any Credentials)?
        /// Opens the photo library's originals.
        public var library: (any MediaLibrary)?
        /// Makes pictures.
        public var previewer: (any Previewer)?
        /// What there is to be added by itself.
        public var photos: (any PhotoSource)?
        /// Asks the system to start the app again.
        public var submit: (@Sendable ([WakeRequest]) -> Void)?

        /// Edges.
        public init(
            carrier: any Carrier, credentials: (any Credentials)? = nil, library: (any MediaLibrary)? = nil,
            previewer: (any Previewer)? = nil, photos: (any PhotoSource)? = nil,
            submit: (@Sendable ([WakeRequest]) -> Void)? = nil
        ) {
            self.carrier = carrier
            self.credentials = credentials
            self.library = library
            self.previewer = previewer
            self.photos = photos
            self.submit = submit
        }
    }

    /// The outbox.
    public nonisolated let satchel: Satchel
    /// Its uploads by the system.
    public nonisolated let uploads: BackgroundUploads
    private let setup: Setup
    private let edges: Edges
    private let photos: PhotoSync?

    private var systemLink = Link(.unknown)
    /// How often the system told of one.
    private var linksTold = 0
    private var pretended: Link?
    private var running: Task<Void, Never>?
    private var catchingUp: Task<Void, Never>?
    private var listening: Task<Void, Never>?
    private var taking: Task<InboxReport, any Error>?
    /// How many tasks of the system are at work.
    private var working = 0
    /// How many "send now" go on though the person left the app.
    private var continuing = 0
    private var isInFront = false
    private var nudge: AsyncStream<Void>.Continuation?
    /// How often it ran in front; for tests.
    package private(set) var runs = 0

    /// When the outbox can go on next, as it said last.
    public private(set) var lastWake = Wake()

    private init(_ satchel: Satchel, _ setup: Setup, _ edges: Edges) {
        self.satchel = satchel
        self.setup = setup
        self.edges = edges
        uploads = BackgroundUploads(
            satchel: satchel, carrier: edges.carrier, limits: setup.limits,
            keeping: setup.folder.appendingPathComponent("host.json"))
        photos = edges.photos.map {
            PhotoSync(
                satchel: satchel, source: $0, since: setup.photosSince, deleted: setup.deleted,
                keeping: setup.folder.appendingPathComponent("photos.json"))
        }
    }

    /// Opens the outbox and says which steps the system still carries. At each launch, in front or not, as early as can be.
    ///
    /// - Throws: ``SatchelError``. Where the phone was not unlocked since it was started, the app's files cannot be read yet:
    ///   open it again when they can (`UIApplication.protectedDataDidBecomeAvailableNotification`).
    public static func open(_ setup: Setup, _ edges: Edges) async throws -> SatchelHost {
        try PrivateFolder.make(setup.folder)
        let satchel = try await Satchel.open(
            Configuration(folder: setup.outbox, policy: setup.policy), credentials: edges.credentials,
            library: edges.library, previewer: edges.previewer)
        let host = SatchelHost(satchel, setup, edges)
        try await host.uploads.begin()
        return host
    }

    /// Ends everything; what the system carries goes on.
    public func close() async throws {
        stopRunning()
        listening?.cancel()
        await uploads.rest()
        try await satchel.closeAndWait()
    }

    // MARK: Links and power

    /// The link as the outbox is told it: the system's, or one that is pretended.
    public var link: Link { pretended ?? systemLink }

    /// The system says that the network changed.
    public func linkChanged(_ link: Link) async throws {
        linksTold += 1
        let told = linksTold
        let doubted = await doubted(link)
        // Meanwhile there may be a later one.
        guard told == linksTold else { return }
        systemLink = doubted
        try tellLink()
    }

    private func doubted(_ link: Link) async -> Link {
        guard link.kind == .wifi && link.network == nil else { return link }
        let marks = try? await satchel.networkMarks()
        return link.doubted(knowing: marks.map { Array($0.values) } ?? [])
    }

    /// For testers: the outbox is told of this link in place of the system's; none ends it.
    public func pretendLink(_ link: Link?) throws {
        pretended = link
        try tellLink()
    }

    private func tellLink() throws {
        try satchel.setLink(link)
        nudge?.yield()
    }

    /// The system says how the device is fed.
    public func powerChanged(_ power: Power) throws {
        try satchel.setPower(power)
        nudge?.yield()
    }

    // MARK: The app's life

    /// The app is in front, or comes there: takes in what was shared and photographed, and sends for as long as it is in front.
    public func enteredForeground() async {
        isInFront = true
        await startRunning()
    }

    private func startRunning() async {
        await uploads.hold()
        try? satchel.resume()
        if running != nil { return }
        let (nudges, nudge) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.nudge = nudge
        listening?.cancel()
        listening = Task { [satchel] in
            for await change in satchel.changes() where change == .assets { nudge.yield() }
        }
        running = Task { await self.runInFront(nudges) }
        // Beside it: a large library takes its time, and what is there already goes meanwhile.
        catchingUp = Task {
            _ = try? await self.takeInbox()
            _ = try? await self.syncPhotos()
        }
    }

    private func runInFront(_ nudges: AsyncStream<Void>) async {
        var nudges = nudges.makeAsyncIterator()
        while !Task.isCancelled {
            runs += 1
            let report = try? await satchel.run()
            if let report { lastWake = report.wake }
            // Something new, another link, or the time that it named; soon, where it failed (another run may be under way).
            let at = report == nil ? Date().addingTimeInterval(5) : lastWake.at ?? .distantFuture
            let alarm = Task { [nudge] in
                try await Task.sleep(for: .seconds(min(max(0.2, at.timeIntervalSinceNow), 3_600)))
                nudge?.yield()
            }
            _ = await nudges.next()
            alarm.cancel()
        }
    }

    private func stopRunning() {
        running?.cancel()
        running = nil
        catchingUp?.cancel()
        catchingUp = nil
        nudge?.finish()
        nudge = nil
    }

    /// The app is not in front any more: hands what is left to the system, asks to be woken, and suspends the outbox.
    ///
    /// - Parameter time: How long the system lets the app go on (`UIApplication.beginBackgroundTask`), less a little.
    /// - Returns: Whether all was quiet in time.
    @discardableResult
    public func enteredBackground(within time: Duration = .seconds(15)) async -> Bool {
        isInFront = false
        // What the person asked for goes on by itself, for as long as the system lets it.
        if continuing > 0 { return false }
        let ended = running
        stopRunning()
        await ended?.value
        await handOver(within: time)
        return await quiet()
    }

    /// The time is over: suspends the outbox at once, whatever is under way. Nothing is lost.
    @discardableResult
    public func expired() async -> Bool {
        stopRunning()
        return await quiet()
    }

    /// The app was started in the background and has this long: takes in, hands over, asks to be woken again, and suspends.
    ///
    /// Cancelling its task ends it early.
    /// - Returns: Whether all that could be done was done.
    @discardableResult
    public func work(within time: Duration) async -> Bool {
        working += 1
        try? satchel.resume()
        let end = ContinuousClock.now.advanced(by: time)
        _ = try? await takeInbox()
        if photos != nil {
            // What is there goes first: a large library may take all of the time.
            await uploads.resume()
            _ = try? await uploads.fill(within: time / 2)
        }
        _ = try? await syncPhotos()
        let whole = await handOver(within: end - .now)
        working -= 1
        if working == 0 && !isInFront { await quiet() }
        return whole && !Task.isCancelled
    }

    /// The system tells what came of steps while the app was away (`handleEventsForBackgroundURLSession`). When this returns,
    /// the completion handler that came with it is to be called.
    ///
    /// - Parameter time: It returns after this at the latest.
    public func handleEvents(within time: Duration = .seconds(20)) async {
        working += 1
        try? satchel.resume()
        if !isInFront { await uploads.resume() }
        await uploads.ended(within: time)
        working -= 1
        await noteWake()
        if working == 0 && !isInFront { await quiet() }
    }

    /// Hands over to the system; whether it came to its end in time.
    @discardableResult
    private func handOver(within time: Duration) async -> Bool {
        await uploads.resume()
        let wake = try? await uploads.fill(within: time)
        await noteWake()
        return wake != nil
    }

    /// Asks the system for what the outbox waits for. What the system carries brings the app back by itself, unless the person ends
    /// the app or a short step was cut off: so that is asked for too.
    private func noteWake() async {
        lastWake = await uploads.lastWake
        if lastWake == Wake(), await uploads.carried > 0 { lastWake = Wake(needs: .any, bytes: 1) }
        edges.submit?(WakePlan(lastWake, now: Date(), watches: photos != nil).requests)
    }

    /// Suspends everything before the system does.
    @discardableResult
    private func quiet() async -> Bool {
        await uploads.rest()
        if isNeeded { return await goOn() }
        // One that was closed is quiet too.
        let still = (try? await satchel.suspend(within: .seconds(3))) ?? true
        // The person came back in between.
        if isNeeded { return await goOn() }
        return await uploads.isQuiet && still
    }

    private var isNeeded: Bool { isInFront || working > 0 || continuing > 0 }

    /// It is not quiet, and is not to be.
    private func goOn() async -> Bool {
        try? satchel.resume()
        if !isInFront { await uploads.resume() }
        return false
    }

    // MARK: Adding and sending

    /// Takes in what share extensions delivered.
    @discardableResult
    public func takeInbox() async throws -> InboxReport {
        guard let inbox = setup.inbox else { return InboxReport() }
        let takes = taking ?? Task { [satchel] in try await Inbox(folder: inbox).take(into: satchel) }
        taking = takes
        defer { taking = nil }
        return try await takes.value
    }

    /// Takes in what the camera made since the last time.
    @discardableResult
    public func syncPhotos() async throws -> PhotoSync.Report {
        try await photos?.sync() ?? PhotoSync.Report()
    }

    /// Sends these photos over the link that there is, whatever rules and budgets say: see ``Satchel/Satchel/sendNow(_:)``.
    @discardableResult
    public func sendNow(_ assets: [AssetID]) async throws -> SentNow {
        let sent = try await satchel.sendNow(assets)
        nudge?.yield()
        return sent
    }

    /// Waits until these are delivered or parked, and goes on in the background for that long; for a task of the system that the
    /// person sees. Cancelling its task ends the wait.
    ///
    /// - Parameter progress: Bytes that were sent, of so many.
    /// - Returns: Whether all of them came to an end.
    @discardableResult
    public func send(_ assets: [AssetID], progress: @Sendable (_ sent: Int, _ bytes: Int) -> Void) async -> Bool {
        continuing += 1
        if running == nil { await startRunning() }
        let whole = await follow(assets, progress)
        continuing -= 1
        if continuing == 0 && !isInFront { await enteredBackground(within: .seconds(5)) }
        return whole
    }

    private func follow(_ assets: [AssetID], _ progress: @Sendable (Int, Int) -> Void) async -> Bool {
        // From before the first look, so that nothing is missed in between.
        let changes = satchel.changes()
        var (moving, ended) = await look(at: assets)
        if ended { return true }
        for await change in changes {
            switch change {
            case .progress(let id, .original, _, let sent, let bytes):
                guard moving[id] != nil else { continue }
                moving[id] = (sent, bytes)
            case .delivered(_, .original, _, _), .parked, .assets, .idle: (moving, ended) = await look(at: assets)
            default: continue
            }
            let all = moving.values
            progress(all.reduce(0) { $0 + $1.sent }, all.reduce(0) { $0 + $1.bytes })
            if ended { return true }
        }
        return ended
    }

    /// How far each of them is, and whether nothing is left to be sent.
    private func look(at assets: [AssetID]) async -> ([AssetID: (sent: Int, bytes: Int)], Bool) {
        var (moving, ended) = ([AssetID: (sent: Int, bytes: Int)](), true)
        for id in assets {
            // One that was removed meanwhile has come to an end.
            guard let asset = try? await satchel.asset(id) else { continue }
            switch asset.state {
            case .delivered, .parked, .removed: moving[id] = (asset.bytes, asset.bytes)
            default:
                ended = false
                moving[id] = (min(asset.acknowledged, asset.bytes), asset.bytes)
            }
        }
        return (moving, ended)
    }
}
