// The network as the app sees it.

internal import SatchelGenerated

/// One observation of the network. What the app does not know it leaves out.
public struct Link: Hashable, Sendable {
    /// What carries the bytes.
    public enum Kind: Hashable, Sendable, CaseIterable {
        /// No network at all.
        case noNetwork
        /// Wi-Fi.
        case wifi
        /// The phone's own mobile data.
        case cellular
        /// A cable.
        case ethernet
        /// Another device's mobile data.
        case hotspot
        /// Something else.
        case other
        /// The app cannot tell.
        case unknown
    }

    /// What carries the bytes.
    public var kind: Kind
    /// Bytes cost money.
    public var metered: Bool?
    /// On a foreign operator's network.
    public var roaming: Bool?
    /// The person asked the system to save data.
    public var constrained: Bool?
    /// The system reached the internet through it.
    public var validated: Bool?
    /// A sign-in page stands in front of it.
    public var captive: Bool?
    /// The network's name, hashed by the app.
    public var network: String?

    /// An observation.
    public init(
        _ kind: Kind, metered: Bool? = nil, roaming: Bool? = nil, constrained: Bool? = nil,
        validated: Bool? = nil, captive: Bool? = nil, network: String? = nil
    ) {
        self.kind = kind
        self.metered = metered
        self.roaming = roaming
        self.constrained = constrained
        self.validated = validated
        self.captive = captive
        self.network = network
    }

    var core: SatchelGenerated.Link {
        let kind: SatchelGenerated.LinkKind =
            switch kind {
            case .noNetwork: .none
            case .wifi: .wifi
            case .cellular: .cellular
            case .ethernet: .ethernet
            case .hotspot: .hotspot
            case .other: .other
            case .unknown: .unknown
            }
        return .init(
            kind: kind, metered: metered, roaming: roaming, constrained: constrained, validated: validated,
            captive: captive, network: network)
    }
}
