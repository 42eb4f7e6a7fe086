import Foundation
internal import SatchelGenerated

/// An open outbox: it keeps photos and videos safe, and gets them to a server through whatever link there is.
///
/// ```swift
/// let satchel = try await Satchel.open(Configuration(folder: outbox))
/// try await satchel.pair(code: scanned, device: "Ida's phone")
/// try await satchel.add(photo)
/// try satchel.setLink(Link(.wifi, metered: false))
/// let report = try await satchel.run()
/// ```
///
/// No method keeps the caller's thread waiting for disk or network. What an `async` method was asked for is done or not
/// done, never half: cancelling the task that waits for it loses nothing. ``run(_:)`` and ``addFolder(_:options:)``
/// stop soon after their task is cancelled, and go on from there next time; the others finish what they began.
public actor Satchel {
    nonisolated let core: SatchelGenerated.Satchel

    private init(_ core: SatchelGenerated.Satchel) {
        self.core = core
    }

    /// Opens an outbox, and loads its targets' tokens from the app's store for secrets.
    ///
    /// - Parameters:
    ///   - configuration: Its folder, and the traveller's rules.
    ///   - credentials: Keeps tokens: on Apple's systems the Keychain. Without it a token lasts as long as this object.
    ///   - library: Opens items of the app's media library; without it, those that were added earlier wait.
    ///   - previewer: Makes pictures of what Satchel cannot read by itself, such as videos; without it such posts go without a
    ///     preview.
    public static func open(
        _ configuration: Configuration, credentials: (any Credentials)? = nil, library: (any MediaLibrary)? = nil,
        previewer: (any Previewer)? = nil
    ) async throws(SatchelError) -> Satchel {
        Satchel(
            try await crossing {
                try await SatchelGenerated.Satchel.open(
                    config: configuration.core, credentials: credentials.map(CredentialsPort.init),
                    library: library.map(LibraryPort.init), previewer: previewer.map(PreviewerPort.init))
            })
    }

    /// What opening found: whether anything had to be brought back.
    public nonisolated var opened: Opened { Opened(core.opened()) }

    /// Ends what is under way. Every call after it throws ``SatchelError/closed(words:)``; streams of changes end; nothing
    /// is lost. What was under way may take a moment to end: ``closeAndWait()`` waits for that.
    public nonisolated func close() {
        core.close()
    }

    /// Closes it, and waits until nothing of it is under way: none of the app's own methods is called after this, and
    /// whoever opens the outbox next finds it free.
    public nonisolated func closeAndWait() async throws(SatchelError) {
        try await crossing { try await core.closeAndWait() }
    }

    // MARK: Adding

    /// Adds one file, whatever it is. When this returns, it is safe: the same path again revises its post.
    @discardableResult
    public func add(_ file: URL, options: AddOptions = AddOptions()) async throws(SatchelError) -> Added {
        try await crossing { Added(try await core.add(path: file.path, options: options.core)) }
    }

    /// Adds an item of the ``MediaLibrary`` that the outbox was opened with; that opens it now, and each time that it is read.
    ///
    /// The same item again revises its post; one that was edited in the library is another asset.
    @discardableResult
    public func add(_ item: LibraryItem, options: AddOptions = AddOptions()) async throws(SatchelError) -> Added {
        try await crossing { Added(try await core.addItem(item: item.core, options: options.core)) }
    }

    /// Adds the photos and videos of a folder and of those below it.
    ///
    /// When the task is cancelled it stops after the batch at hand; the report tells what was added until then.
    @discardableResult
    public func addFolder(_ folder: URL, options: AddOptions = AddOptions()) async throws(SatchelError) -> FolderReport
    {
        let core = core
        return try await cancellable { token in
            FolderReport(try await core.addFolder(path: folder.path, options: options.core, cancel: token))
        }
    }

    /// A place where the host writes a file itself, such as an export of its photo library.
    ///
    /// One that is neither committed nor discarded is swept when nothing was written for a day.
    public func stage() async throws(SatchelError) -> Stage {
        try await crossing { Stage(try await core.stage()) }
    }

    /// Adds what the host wrote. It may be repeated after a lost answer.
    ///
    /// - Parameters:
    ///   - name: The name that it had in the library.
    ///   - motion: The motion of a live photo, of which this is the still; see ``AddOptions/motion``.
    @discardableResult
    public func commit(
        _ stage: Stage, name: String, post: PostEdit = PostEdit(), urgent: Bool = false, album: String? = nil,
        motion: Motion? = nil
    ) async throws(SatchelError) -> Added {
        try await crossing {
            Added(
                try await core.commit(
                    stage: stage.id, name: name, post: post.core, urgent: urgent, album: album, motion: motion?.core))
        }
    }

    /// Throws away what the host wrote.
    public func discard(_ stage: Stage) async throws(SatchelError) {
        try await crossing { try await core.discard(stage: stage.id) }
    }

    // MARK: Looking

    /// A page of assets, newest first: those added before `before` (an ``Asset/sequence``).
    ///
    /// - Parameter limit: At most this many, 1 to 1,000.
    public func assets(before: Int64? = nil, limit: Int = 100) async throws(SatchelError) -> [Asset] {
        let limit = UInt32(clamping: limit)
        return try await crossing { try await core.list(before: before, limit: limit).map(Asset.init) }
    }

    /// One asset.
    public func asset(_ id: AssetID) async throws(SatchelError) -> Asset {
        try await crossing { Asset(try await core.asset(id: id.rawValue)) }
    }

    /// How many there are of each.
    public func counts() async throws(SatchelError) -> Counts {
        try await crossing { Counts(try await core.counts()) }
    }

    /// What each link and day cost, oldest first.
    public func ledger() async throws(SatchelError) -> [LedgerRow] {
        try await crossing { try await core.ledger().map(LedgerRow.init) }
    }

    /// Changes from now on, told at most ten times a second.
    ///
    /// The stream ends when its task is cancelled, when nobody holds it any more, and when the outbox is closed. Whoever takes
    /// longer than there is room for gets ``Change/assets`` in place of what was left out.
    public nonisolated func changes() -> AsyncStream<Change> {
        let core = core
        return AsyncStream(bufferingPolicy: .bufferingNewest(Ear.room)) { continuation in
            guard let observation = try? core.observe(observer: Ear(continuation)) else {
                continuation.finish()
                return
            }
            continuation.onTermination = { _ in observation.close() }
        }
    }

    // MARK: Changing

    /// Changes what is said of an asset; what the edit leaves out stays.
    public func editPost(_ id: AssetID, _ edit: PostEdit) async throws(SatchelError) {
        try await crossing { try await core.editPost(id: id.rawValue, edit: edit.core) }
    }

    /// Says whether an asset goes before all that is not urgent.
    public func setUrgent(_ id: AssetID, _ urgent: Bool) async throws(SatchelError) {
        try await crossing { try await core.setUrgent(id: id.rawValue, urgent: urgent) }
    }

    /// The latest requests for an asset, the newest first, at most a hundred; of each delivery the last fifty are kept.
    public func attempts(_ id: AssetID) async throws(SatchelError) -> [Attempt] {
        try await crossing { try await core.attempts(id: id.rawValue).map(Attempt.init) }
    }

    /// Takes an asset out of the outbox. Its file stays; a copy that the outbox made goes.
    public func remove(_ id: AssetID) async throws(SatchelError) {
        try await crossing { try await core.remove(id: id.rawValue) }
    }

    /// Sets what is parked of an asset going again.
    public func retry(_ id: AssetID) async throws(SatchelError) {
        try await crossing { try await core.retry(id: id.rawValue) }
    }

    /// Pauses all sending and reading, or ends the pause. Survives a restart.
    public func pause(_ paused: Bool = true) async throws(SatchelError) {
        try await crossing { try await core.pause(paused: paused) }
    }

    /// Whether it is paused.
    public func isPaused() async throws(SatchelError) -> Bool {
        try await crossing { try await core.isPaused() }
    }

    // MARK: Targets

    /// Pairs this device with the receiver that showed the code (`satchel://…`).
    ///
    /// - Parameters:
    ///   - device: What this device is called there.
    ///   - contributor: Under whose name a newcomer's photos are shown; the device's when left out.
    @discardableResult
    public func pair(
        code: String, device: String, contributor: String? = nil
    ) async throws(SatchelError) -> Target {
        try await crossing { Target(try await core.pair(code: code, device: device, contributor: contributor)) }
    }

    /// Sets up a tus 1.0 endpoint: the address where uploads are created.
    @discardableResult
    public func setTusTarget(_ address: URL, token: String? = nil) async throws(SatchelError) -> TargetID {
        let text = address.absoluteString
        return try await crossing { TargetID(rawValue: try await core.setTusTarget(url: text, token: token)) }
    }

    /// The targets.
    public func targets() async throws(SatchelError) -> [Target] {
        try await crossing { try await core.targets().map(Target.init) }
    }

    /// Gives a target's token, in place of an earlier one.
    public func setToken(_ token: String, for target: TargetID) async throws(SatchelError) {
        try await crossing { try await core.setToken(target: target.rawValue, token: token) }
    }

    /// Asks a target for all that was delivered to it. What a receiver has not got any more goes again with the next run.
    public func check(_ target: TargetID) async throws(SatchelError) -> CheckReport {
        try await crossing { CheckReport(try await core.check(target: target.rawValue)) }
    }

    // MARK: Sending

    /// Does what can be done: reads, asks, sends; until nothing is due, the deadline, or the task's cancellation.
    ///
    /// After a cancellation it returns what there is, with ``RunReport/stopped`` set; the next run goes on from there.
    /// A second run of the same outbox at the same time throws ``SatchelError/alreadyRunning(words:)``.
    @discardableResult
    public func run(_ options: RunOptions = RunOptions()) async throws(SatchelError) -> RunReport {
        let core = core
        return try await cancellable { token in
            RunReport(try await core.run(options: options.core, cancel: token))
        }
    }

    /// When to run next, and what must be true then: for an app that sets its system's alarms anew.
    ///
    /// What could begin is due at once.
    public func wake() async throws(SatchelError) -> Wake {
        try await crossing { Wake(try await core.wake()) }
    }

    /// Ends what is under way, and lets nothing new begin until ``resume()``: before the system freezes the process.
    ///
    /// Connections are reset at once; a run ends as at a deadline, one that is asked for returns at once with
    /// ``RunReport/stopped``, and ``hostSteps(for:limits:)`` gives none. Everything else works as before.
    ///
    /// - Returns: Whether all was quiet within this time; if it was not, it still becomes so.
    @discardableResult
    public func suspend(within: Duration) async throws(SatchelError) -> Bool {
        let within = within.milliseconds
        return try await crossing { try await core.suspend(withinMs: within) }
    }

    /// Ends a suspension.
    public nonisolated func resume() throws(SatchelError) {
        do {
            try core.resume()
        } catch {
            throw SatchelError(error)
        }
    }

    /// Ends every wait: a person wants it tried now.
    public func tryNow() async throws(SatchelError) {
        try await crossing { try await core.tryNow() }
    }

    // MARK: For testers

    /// What connections meet in place of the network, from now on; nothing any more with `nil`. Those that are open are reset.
    public nonisolated func pretend(_ pretend: Pretend?) throws(SatchelError) {
        do {
            try core.pretend(pretend: pretend?.core)
        } catch {
            throw SatchelError(error)
        }
    }

    /// How this outbox stands, as text for people who know Satchel, with the latest lines of the log.
    ///
    /// It names no photo, no place, no server and no network.
    public func report() async throws(SatchelError) -> String {
        try await crossing { try await core.report() }
    }

    // MARK: Sending by the host's system

    /// A random id for a host's system, to be kept for as long as it may carry requests.
    public nonisolated func newHostID() throws(SatchelError) -> HostID {
        do {
            return HostID(rawValue: try core.newHostId())
        } catch {
            throw SatchelError(error)
        }
    }

    /// Says which of its steps a host's system still carries; to be called at the app's start, before it asks for steps.
    ///
    /// The others are void, which does no harm.
    ///
    /// - Returns: How many became void.
    @discardableResult
    public func hostRunning(_ owner: HostID, still leases: [LeaseID]) async throws(SatchelError) -> Int {
        let leases = leases.map(\.rawValue)
        return try await crossing {
            Int(count: try await core.hostRunning(owner: owner.rawValue, leases: leases))
        }
    }

    /// Steps for a host's system.
    ///
    /// Steps that did not reach the system are void only at the next ``hostRunning(_:still:)``.
    public func hostSteps(
        for owner: HostID, limits: HostLimits = HostLimits()
    ) async throws(SatchelError) -> HostSteps {
        try await crossing {
            let given = try await core.hostSteps(owner: owner.rawValue, limits: limits.core)
            var steps: [HostStep] = []
            for step in given.steps {
                if let step = HostStep(step) {
                    steps.append(step)
                } else {
                    // A server named an address that Foundation refuses: its upload waits, the others go on.
                    _ = try await core.hostOutcome(lease: step.lease, outcome: .cut(sent: 0, cut: .noAddress))
                }
            }
            return HostSteps(steps: steps, wake: Wake(given.wake))
        }
    }

    /// Takes what came of a step; told late or twice it does no harm.
    @discardableResult
    public func hostOutcome(_ outcome: HostOutcome, of lease: LeaseID) async throws(SatchelError) -> Taken {
        try await crossing {
            Taken(try await core.hostOutcome(lease: lease.rawValue, outcome: outcome.core))
        }
    }
}
