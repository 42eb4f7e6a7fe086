// How the device is fed, told as it changes.

#if canImport(UIKit) && !os(watchOS)
    import Foundation
    public import Satchel
    import UIKit

    /// Tells how the device is fed (`UIDevice`), and whether it saves power (`ProcessInfo`), from the first moment on.
    @MainActor public final class PowerWatcher {
        private var observers: [any NSObjectProtocol] = []
        private let told: @Sendable (Power) async -> Void

        /// - Parameter told: Called for each change.
        public init(told: @escaping @Sendable (Power) async -> Void) {
            self.told = told
            UIDevice.current.isBatteryMonitoringEnabled = true
            let names = [
                UIDevice.batteryStateDidChangeNotification, UIDevice.batteryLevelDidChangeNotification,
                .NSProcessInfoPowerStateDidChange,
            ]
            observers = names.map { name in
                NotificationCenter.default.addObserver(forName: name, object: nil, queue: .main) { [weak self] _ in
                    MainActor.assumeIsolated { self?.tell() }
                }
            }
            tell()
        }

        /// Ends it.
        public func stop() {
            for one in observers { NotificationCenter.default.removeObserver(one) }
            observers = []
        }

        private func tell() {
            let power = Self.power
            Task { [told] in await told(power) }
        }

        private static var power: Power {
            let device = UIDevice.current
            let charging: Bool? =
                switch device.batteryState {
                case .charging, .full: true
                case .unplugged: false
                case .unknown: nil
                @unknown default: nil
                }
            // −1 where it is not known.
            let level = device.batteryLevel < 0 ? nil : Int((device.batteryLevel * 100).rounded())
            return Power(
                charging: charging, batteryPercent: level, powerSave: ProcessInfo.processInfo.isLowPowerModeEnabled)
        }
    }
#endif
