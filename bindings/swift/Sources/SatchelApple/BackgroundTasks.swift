// The system starts the app again, for what the outbox waits for.

#if canImport(BackgroundTasks) && os(iOS)
    import BackgroundTasks
    import Foundation
    public import Satchel

    /// Registers the app's background tasks and submits requests for them.
    ///
    /// The identifiers stand in the app's `Info.plist` under `BGTaskSchedulerPermittedIdentifiers`, and its `UIBackgroundModes` has
    /// `processing` and `fetch`. To be made before the app's launch ends: the system accepts no registration later.
    public final class BackgroundTasks: Sendable {
        private let processing: String
        private let refresh: String
        private let continued: String?
        private let host: @Sendable () async -> SatchelHost?
        /// Those of both that the system took: to submit another raises an exception.
        private let registered: Set<String>

        /// - Parameters:
        ///   - processing: The identifier of the processing task.
        ///   - refresh: The identifier of the refresh task.
        ///   - continued: Of tasks that go on with "send now" when the person leaves the app: the app's bundle identifier with
        ///     something behind it, as `example.app.send`; `example.app.send.*` must be permitted. iOS 26 and later.
        ///   - host: The open outbox, waited for where it is being opened.
        public init(
            processing: String, refresh: String, continued: String? = nil,
            host: @escaping @Sendable () async -> SatchelHost?
        ) {
            self.processing = processing
            self.refresh = refresh
            self.continued = continued
            self.host = host
            // A minute for processing: what is to be sent is handed to the system's own daemon, which goes on by itself.
            registered = Self.register([(processing, .seconds(60)), (refresh, .seconds(25))], host)
        }

        private static func register(
            _ tasks: [(identifier: String, time: Duration)], _ host: @escaping @Sendable () async -> SatchelHost?
        ) -> Set<String> {
            var taken: Set<String> = []
            for (identifier, time) in tasks {
                // The system calls it on a queue of its own.
                let isTaken = BGTaskScheduler.shared.register(forTaskWithIdentifier: identifier, using: nil) {
                    @Sendable task in Self.run(task, for: time, host)
                }
                if isTaken { taken.insert(identifier) }
            }
            return taken
        }

        private static func run(
            _ task: BGTask, for time: Duration, _ host: @escaping @Sendable () async -> SatchelHost?
        ) {
            // The system's object may be used from any thread, but says so nowhere.
            nonisolated(unsafe) let task = task
            let end = Once()
            let work = Task {
                let well = await host()?.work(within: time) ?? false
                end.first { task.setTaskCompleted(success: well) }
            }
            // Not all of the work ends when it is told to, and the system does not wait for it.
            task.expirationHandler = {
                work.cancel()
                end.first { task.setTaskCompleted(success: false) }
            }
        }

        /// Submits requests, each in place of the one before of its kind; those that are not named any more are taken back.
        public func submit(_ requests: [WakeRequest]) {
            var named: Set<String> = []
            for request in requests {
                let made: BGTaskRequest
                switch request {
                case .processing(let network, let power, let earliest):
                    let processing = BGProcessingTaskRequest(identifier: processing)
                    processing.requiresNetworkConnectivity = network
                    processing.requiresExternalPower = power
                    processing.earliestBeginDate = earliest
                    made = processing
                case .refresh(let earliest):
                    made = BGAppRefreshTaskRequest(identifier: refresh)
                    made.earliestBeginDate = earliest
                }
                guard registered.contains(made.identifier) else { continue }
                named.insert(made.identifier)
                // Refused where the person switched background refresh off, and in the simulator: uploads that the system
                // carries go on without, and the app goes on when it is opened.
                try? BGTaskScheduler.shared.submit(made)
            }
            for identifier in [processing, refresh] where !named.contains(identifier) {
                BGTaskScheduler.shared.cancel(taskRequestWithIdentifier: identifier)
            }
        }

        #if compiler(>=6.2)
            /// Sends these photos now, and goes on when the person leaves the app, with a progress that the system shows. Its words
            /// name no photo. Where the system has no such task, they go on as everything does.
            @available(iOS 26.0, *)
            @MainActor public func sendNow(_ assets: [AssetID], title: String, subtitle: String) async throws {
                guard let host = await host() else { return }
                try await host.sendNow(assets)
                guard let continued else { return }
                let identifier = "\(continued).\(UUID().uuidString)"
                // The system calls it on a queue of its own, so it must not be of the main actor.
                let isTaken = BGTaskScheduler.shared.register(forTaskWithIdentifier: identifier, using: nil) {
                    @Sendable task in
                    guard let task = task as? BGContinuedProcessingTask else { return }
                    Self.follow(task, host, assets)
                }
                guard isTaken else { return }
                let request = BGContinuedProcessingTaskRequest(
                    identifier: identifier, title: title, subtitle: subtitle)
                // Now or not at all: later it is an upload like any other.
                request.strategy = .fail
                try? BGTaskScheduler.shared.submit(request)
            }

            @available(iOS 26.0, *)
            private static func follow(_ task: BGContinuedProcessingTask, _ host: SatchelHost, _ assets: [AssetID]) {
                nonisolated(unsafe) let task = task
                let sending = Task {
                    let whole = await host.send(assets) { sent, bytes in
                        task.progress.totalUnitCount = Int64(bytes)
                        task.progress.completedUnitCount = Int64(sent)
                    }
                    task.setTaskCompleted(success: whole)
                }
                task.expirationHandler = { sending.cancel() }
            }
        #endif
    }
#endif
