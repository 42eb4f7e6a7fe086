// What a tester pretends of the network, for when there is no train tunnel at hand. The same on both phones.

import Foundation
import Satchel

/// One thing that can be pretended.
public enum Pretence: String, Hashable, Sendable, CaseIterable, Identifiable {
    /// No network.
    case offLine
    /// Slow mobile data.
    case threeG
    /// Wi-Fi that costs.
    case metered
    /// A foreign operator.
    case roaming
    /// A sign-in page, as the system sees it.
    case captive
    /// A page in the service's place, that the system does not see.
    case blockPage
    /// A slow way.
    case slow

    /// Itself.
    public var id: Self { self }

    /// Its name.
    public var words: String {
        switch self {
        case .offLine: "Off-line"
        case .threeG: "3G"
        case .metered: "Metered Wi-Fi"
        case .roaming: "Roaming"
        case .captive: "Sign-in page"
        case .blockPage: "Block page"
        case .slow: "Slow"
        }
    }

    /// What the outbox is told, or meets.
    public var meaning: String {
        switch self {
        case .offLine: "No network at all, as in airplane mode"
        case .threeG: "Mobile data at 40 KB a second, with a third of a second of delay"
        case .metered: "A hotspot that costs by the megabyte"
        case .roaming: "Mobile data of a foreign operator"
        case .captive: "Wi-Fi that wants a sign-in first, and the phone knows"
        case .blockPage: "A web page answers in the server’s place, and the phone does not know"
        case .slow: "20 KB a second over the real network"
        }
    }

    /// What the outbox is told in place of what the phone sees; none where it is told the truth.
    public var link: Link? {
        switch self {
        case .offLine: Link(.noNetwork)
        case .threeG: Link(.cellular, metered: true, roaming: false, bytesPerSecond: 40_000)
        case .metered: Link(.wifi, metered: true, roaming: false, network: "pretended-hotspot")
        case .roaming: Link(.cellular, metered: true, roaming: true)
        case .captive: Link(.wifi, metered: false, roaming: false, validated: false, captive: true)
        case .blockPage, .slow: nil
        }
    }

    /// What its connections meet; none where they meet the real network.
    var meets: Pretend? {
        switch self {
        case .threeG: Pretend(bytesPerSecond: 40_000, latency: .milliseconds(300))
        case .captive, .blockPage: Pretend(stands: .page)
        case .slow: Pretend(bytesPerSecond: 20_000)
        case .offLine, .metered, .roaming: nil
        }
    }
}
