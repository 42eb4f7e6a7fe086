// Uploads that go on while the app is suspended: pulls steps from the outbox, hands them to a system that carries them, and
// tells the outbox what came of each.

import Foundation
public import Satchel

/// Uploads by the app's system.
///
/// ```swift
/// let uploads = BackgroundUploads(satchel: satchel, carrier: carrier, keeping: support.appendingPathComponent("host.json"))
/// try await uploads.begin()
/// let wake = try await uploads.fill()
/// ```
///
/// From ``begin()`` on, each outcome is told as it comes and more steps are handed over, for as long as this object lives. An
/// outcome that is lost with the process does no harm: the next step asks the server how far it came.
public actor BackgroundUploads {
    private let satchel: Satchel
    private let carrier: any Carrier
    private let limits: HostLimits
    private let keeping: StateFile<Kept>

    /// What the state file holds.
    private struct Kept: Codable, Sendable {
        /// Which system carries this app's requests.
        let host: String
    }

    private var owner: HostID?
    private var listening: Task<Void, Never>?
    private var beginning: Task<Void, any Error>?
    private var filling: Task<Wake, any Error>?
    /// Steps that the carrier has.
    private var out: [LeaseID: Carriage] = [:]
    /// Outcomes that the outbox could not record.
    private var untold: [LeaseID: HostOutcome] = [:]
    private var handedBytes = 0
    private var resting = false
    /// How often the carrier said that all was told, and of these how many ``ended()`` has answered.
    private var (tellings, answered) = (0, 0)
    private var wake = Wake()
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// - Parameters:
    ///   - carrier: Of its own; nobody else reads its events.
    ///   - limits: `mostSteps` is how many the carrier has at most, and each body is a file beside its original. The fewer and
    ///     longer they are, the seldomer the system must wake the app. The budget is for as long as this object lives.
    ///   - keeping: A small file for what must survive the process, in the app's own folder.
    public init(
        satchel: Satchel, carrier: any Carrier,
        limits: HostLimits = .background, keeping: URL
    ) {
        self.satchel = satchel
        self.carrier = carrier
        self.limits = limits
        self.keeping = StateFile(file: keeping)
    }

    deinit {
        listening?.cancel()
    }

    /// Says which steps the system still carries, then tells what came of the others; to be called at each launch, as early as
    /// can be. More than once does no harm.
    public func begin() async throws {
        if owner != nil { return }
        let begins = beginning ?? Task { try await matchLeases() }
        beginning = begins
        defer { beginning = nil }
        try await begins.value
    }

    private func matchLeases() async throws {
        let host: HostID
        if let kept = try keeping.load() {
            host = HostID(rawValue: kept.host)
        } else {
            host = try satchel.newHostID()
            // Before a step is leased under this name: the next process must know it.
            try keeping.keep(Kept(host: host.rawValue))
        }
        let carried = await carrier.leases()
        try await satchel.hostRunning(host, still: Array(carried))
        for lease in carried { out[lease] = .background }
        owner = host
        let events = carrier.events
        listening = Task { [weak self] in
            for await event in events {
                guard let self else { return }
                await self.take(event)
            }
        }
    }

    /// Hands over as much as the system is to have, and waits for the short steps among it.
    ///
    /// - Returns: When to call it again if no outcome comes before, and what must be true then. While the system has work,
    ///   outcomes come by themselves.
    @discardableResult
    public func fill() async throws -> Wake {
        try await begin()
        // Whoever asks meanwhile gets the same answer.
        let fills = filling ?? Task { try await handOver() }
        filling = fills
        return try await withTaskCancellationHandler {
            try await fills.value
        } onCancel: {
            fills.cancel()
        }
    }

    private func handOver() async throws -> Wake {
        defer {
            filling = nil
            wakeUp()
        }
        guard let owner else { return wake }
        while !resting && !Task.isCancelled {
            for (lease, outcome) in untold { try await record(outcome, of: lease) }
            let room = limits.mostSteps - out.count
            if room > 0 {
                var least = limits
                least.mostSteps = room
                least.budgetLeft = limits.budgetLeft.map { max(0, $0 - handedBytes) }
                let given = try await satchel.hostSteps(for: owner, limits: least)
                wake = given.wake
                for step in given.steps { try await hand(step) }
            }
            // What short steps bring may be the next steps of their uploads; what else there is, the system has now.
            if !out.values.contains(.awake) { break }
            await outcome()
        }
        return wake
    }

    private func hand(_ step: HostStep) async throws {
        let carriage = Carriage(of: step)
        let length = step.body?.length ?? 0
        out[step.lease] = carriage
        handedBytes += length
        do {
            try await carrier.carry(step, by: carriage)
        } catch {
            out[step.lease] = nil
            handedBytes -= length
            // Not taken: its upload is free again, and its staged body goes.
            _ = try await satchel.hostOutcome(.cut(.stopped, sent: 0), of: step.lease)
            throw error
        }
    }

    // MARK: Outcomes

    private func take(_ event: CarrierEvent) async {
        switch event {
        case .allTold:
            tellings += 1
        case .outcome(let lease, let outcome):
            untold[lease] = outcome
            // What cannot be recorded now, on a full disk, is told again before the next steps.
            try? await record(outcome, of: lease)
        }
        for one in waiting { one.resume() }
        waiting = []
        if filling == nil && !resting { Task { [weak self] in _ = try? await self?.fill() } }
    }

    private func record(_ outcome: HostOutcome, of lease: LeaseID) async throws {
        try await satchel.hostOutcome(outcome, of: lease)
        untold[lease] = nil
        out[lease] = nil
        await carrier.told(lease)
    }

    /// Waits for the next event, or the task's end.
    private func outcome() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiting.append($0) }
        } onCancel: {
            Task { await self.wakeUp() }
        }
    }

    private func wakeUp() {
        for one in waiting { one.resume() }
        waiting = []
    }

    /// Returns when everything that happened while the app was away is in the outbox, and more steps were handed over: now the
    /// system's completion handler may be called.
    ///
    /// - Parameter time: Returns after this at the latest: the system ends an app that never calls it.
    public func ended(within time: Duration = .seconds(20)) async {
        let end = ContinuousClock.now.advanced(by: time)
        let alarm = wakesUp(at: end)
        while tellings == answered && ContinuousClock.now < end && !Task.isCancelled { await outcome() }
        alarm.cancel()
        answered = tellings
        _ = try? await fill(within: end - .now)
    }

    /// As ``fill()``, for at most this long: what is handed over by then is, and short steps go on.
    ///
    /// - Throws: What ``fill()`` throws, and `CancellationError` where the time was too short.
    @discardableResult
    public func fill(within time: Duration) async throws -> Wake {
        let filling = Task { try await fill() }
        let alarm = Task {
            try await Task.sleep(for: max(time, .zero))
            filling.cancel()
        }
        defer { alarm.cancel() }
        let wake = try await withTaskCancellationHandler {
            try await filling.value
        } onCancel: {
            filling.cancel()
        }
        if filling.isCancelled { throw CancellationError() }
        return wake
    }

    /// Ends a wait then.
    private func wakesUp(at end: ContinuousClock.Instant) -> Task<Void, any Error> {
        Task { [weak self] in
            try await Task.sleep(until: end, clock: .continuous)
            await self?.wakeUp()
        }
    }

    // MARK: Resting

    /// Hands nothing over any more, and ends what goes only while this process lives; what the system has goes on. Returns when
    /// those are told, or after this time. For when the process is about to be suspended.
    public func rest(within time: Duration = .seconds(2)) async {
        hold()
        await carrier.cancel(.awake)
        let end = ContinuousClock.now.advanced(by: time)
        let alarm = wakesUp(at: end)
        defer { alarm.cancel() }
        while !isQuiet && ContinuousClock.now < end { await outcome() }
    }

    /// Hands nothing over any more; outcomes are told as before. For when the app is in front, and the outbox sends by itself.
    public func hold() {
        resting = true
        filling?.cancel()
    }

    /// Hands over again, with the next ``fill()``.
    public func resume() { resting = false }

    /// What the last ``fill()`` returned, or would have.
    public var lastWake: Wake { wake }

    /// Whether it hands nothing over, and nothing is out that needs this process.
    public var isQuiet: Bool { resting && filling == nil && !out.values.contains(.awake) }

    /// How many steps the system has.
    public var carried: Int { out.count }
}

extension HostLimits {
    /// Few and long steps, so that the system seldom wakes the app: 4 of at most 32 MiB.
    public static let background = HostLimits(mostSteps: 4, mostBytesPerStep: 33_554_432)
}
