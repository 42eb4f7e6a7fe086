// The model's phone: the app's `SatchelHost`, and what the system says of network and device.

import Foundation
import Satchel
import SatchelApple
import SatchelDemoModel
import UIKit

/// The phone as the model asks it.
@MainActor
final class HostPhone: Phone {
    private(set) var seen = PhoneLink(.unknown)
    private let host: SatchelHost
    private let tasks: BackgroundTasks
    private var ears: [UUID: AsyncStream<PhoneLink>.Continuation] = [:]
    private var watcher: PathWatcher?

    init(_ host: SatchelHost, _ tasks: BackgroundTasks, _ networks: NetworkName) {
        self.host = host
        self.tasks = tasks
        watcher = PathWatcher(network: { await networks.current() }) { [weak self] link in await self?.see(link) }
    }

    /// The app may know the network's name now.
    func lookAgain() { watcher?.lookAgain() }

    func sightings() -> AsyncStream<PhoneLink> {
        let (stream, ear) = AsyncStream<PhoneLink>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let id = UUID()
        ears[id] = ear
        ear.onTermination = { [weak self] _ in Task { @MainActor in self?.ears[id] = nil } }
        return stream
    }

    func pretend(_ link: PhoneLink?) async throws {
        try await host.pretendLink(link)
        tell()
    }

    func lastWake() async -> Wake? { await host.lastWake }

    func sendNow(_ assets: [AssetID]) async throws {
        #if compiler(>=6.2)
            if #available(iOS 26.0, *) {
                try await tasks.sendNow(assets, title: "Sending photos", subtitle: "Satchel")
                return
            }
        #endif
        try await host.sendNow(assets)
    }

    var name: String { UIDevice.current.name }

    var facts: [String] {
        let info = Bundle.main.infoDictionary ?? [:]
        let version = info["CFBundleShortVersionString"] as? String ?? "unknown"
        let build = info["CFBundleVersion"] as? String ?? "unknown"
        let device = UIDevice.current
        return [
            "app: \(version) (\(build))", "system: \(device.systemName) \(device.systemVersion)",
            "model: \(device.model)", "low power mode: \(ProcessInfo.processInfo.isLowPowerModeEnabled)",
            "background refresh: \(UIApplication.shared.backgroundRefreshStatus == .available)",
        ]
    }

    private func see(_ link: PhoneLink) {
        seen = link
        tell()
    }

    private func tell() {
        for ear in ears.values { ear.yield(seen) }
    }
}

/// Ends the process as the system does: at once, without a word to anybody.
@MainActor
final class KilledProcess: ProcessEnding {
    func end() {
        kill(getpid(), SIGKILL)
    }
}
