// The app's comings and goings, told to the outbox before the system freezes the process.

#if canImport(UIKit) && os(iOS)
    import Foundation
    internal import Satchel
    import UIKit

    extension SatchelHost.Setup {
        /// Beside the app's other support files, in its private container; the inbox in an app group's.
        ///
        /// - Parameter group: The app group that the share extension is in too.
        public static func standard(group: String? = nil) throws -> Self {
            let support = try FileManager.default.url(
                for: .applicationSupportDirectory, in: .userDomainMask, appropriateFor: nil, create: true)
            let shared = group.flatMap(FileManager.default.containerURL(forSecurityApplicationGroupIdentifier:))
            return Self(
                folder: support.appendingPathComponent("Satchel"), inbox: shared?.appendingPathComponent("inbox"))
        }
    }

    /// Follows an app's life: tells the host when it comes and goes, what network there is, and how the device is fed.
    @MainActor public final class AppLife {
        private let host: SatchelHost
        private let path: PathWatcher
        private let power: PowerWatcher
        private var observers: [any NSObjectProtocol] = []
        private var leave = UIBackgroundTaskIdentifier.invalid
        /// The person left again before the last leave was over.
        private var leftAgain = false

        /// - Parameters:
        ///   - host: The open outbox.
        ///   - network: Names the network, hashed, where the app may know it; see ``PathWatcher``.
        public init(_ host: SatchelHost, network: @escaping @Sendable () async -> String? = { nil }) {
            self.host = host
            path = PathWatcher(network: network) { [weak host] link in try? await host?.linkChanged(link) }
            power = PowerWatcher { [weak host] power in try? await host?.powerChanged(power) }
            let center = NotificationCenter.default
            observers = [
                center.addObserver(
                    forName: UIApplication.willEnterForegroundNotification, object: nil, queue: .main
                ) { [weak self] _ in MainActor.assumeIsolated { self?.came() } },
                center.addObserver(
                    forName: UIApplication.didEnterBackgroundNotification, object: nil, queue: .main
                ) { [weak self] _ in MainActor.assumeIsolated { self?.went() } },
            ]
            if UIApplication.shared.applicationState != .background { came() }
        }

        /// Tells the network anew: the app may know its name now.
        public func lookAgain() { path.lookAgain() }

        /// Ends it.
        public func stop() {
            for one in observers { NotificationCenter.default.removeObserver(one) }
            observers = []
            power.stop()
        }

        private func came() {
            leftAgain = false
            Task { [host] in await host.enteredForeground() }
        }

        /// Some 30 seconds are left, and they are asked for here: without asking, it is five.
        private func went() {
            let application = UIApplication.shared
            guard leave == .invalid else {
                // The leave that is under way finds the app in front, and hands nothing over.
                leftAgain = true
                return
            }
            leave = application.beginBackgroundTask(withName: "satchel") { [weak self] in
                MainActor.assumeIsolated { self?.expired() }
            }
            let time = application.backgroundTimeRemaining
            let most = max(1, min(20, time - 8))
            let asked = leave
            Task {
                await host.enteredBackground(within: .seconds(most))
                over(asked)
            }
        }

        /// The system freezes the process now, or ends it where it does not say that it is done.
        private func expired() {
            let asked = leave
            Task {
                await host.expired()
                over(asked)
            }
        }

        private func over(_ asked: UIBackgroundTaskIdentifier) {
            guard asked == leave && asked != .invalid else { return }
            leave = .invalid
            if leftAgain {
                leftAgain = false
                // Asks for its time before this one is given back.
                went()
            }
            UIApplication.shared.endBackgroundTask(asked)
        }
    }

    extension SatchelHost {
        /// For `application(_:handleEventsForBackgroundURLSession:completionHandler:)`.
        public nonisolated func handleEvents(completion: @escaping @Sendable @MainActor () -> Void) {
            Task {
                await handleEvents()
                await completion()
            }
        }
    }
#endif
