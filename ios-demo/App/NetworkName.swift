// Which Wi-Fi network the phone is in, so that a person can say of it that it is free or metered.

import CoreLocation
import CryptoKit
import Foundation
import NetworkExtension

/// Names the network, hashed: its name is nobody's business but the phone's.
///
/// The system tells an app only with the entitlement "Access Wi-Fi Information" and the person's leave to know the precise place
/// (`NEHotspotNetwork.fetchCurrent`). Without either it says nothing, and networks cannot be marked.
final class NetworkName: Sendable {
    /// The same network gives the same text.
    func current() async -> String? {
        guard let network = await NEHotspotNetwork.fetchCurrent() else { return nil }
        let digest = SHA256.hash(data: Data("satchel-network:\(network.ssid)".utf8))
        return digest.prefix(16).map { String(format: "%02x", $0) }.joined()
    }

    /// Asks for the leave, once; the system remembers the answer.
    @MainActor
    static func ask() {
        asking = CLLocationManager()
        asking?.delegate = ear
        asking?.requestWhenInUseAuthorization()
    }

    /// Called when the person answered: the answer is no change of the network.
    @MainActor static var answered: (@MainActor () -> Void)?

    /// They must live until the person answered.
    @MainActor private static var asking: CLLocationManager?
    @MainActor private static let ear = AnswerEar()
}

/// Hears what the person answers.
private final class AnswerEar: NSObject, CLLocationManagerDelegate {
    func locationManagerDidChangeAuthorization(_ manager: CLLocationManager) {
        Task { @MainActor in NetworkName.answered?() }
    }
}
