// The network as the app sees it, what a person says of it, and how the device is fed.

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

        init(_ core: SatchelGenerated.LinkKind) {
            self =
                switch core {
                case .none: .noNetwork
                case .wifi: .wifi
                case .cellular: .cellular
                case .ethernet: .ethernet
                case .hotspot: .hotspot
                case .other: .other
                case .unknown: .unknown
                }
        }

        var core: SatchelGenerated.LinkKind {
            switch self {
            case .noNetwork: .none
            case .wifi: .wifi
            case .cellular: .cellular
            case .ethernet: .ethernet
            case .hotspot: .hotspot
            case .other: .other
            case .unknown: .unknown
            }
        }
    }

    /// The class by which bytes over it are counted.
    public var linkClass: Class { Class(SatchelGenerated.linkClass(link: core)) }

    /// The classes by which bytes are counted.
    public enum Class: Hashable, Sendable, CaseIterable {
        /// Known to cost nothing.
        case unmetered
        /// Known to cost, or mobile data of which nothing is known.
        case metered
        /// On a foreign operator's network.
        case roaming
        /// Nobody knows.
        case unknown

        init(_ core: SatchelGenerated.LinkClass) {
            self =
                switch core {
                case .unmetered: .unmetered
                case .metered: .metered
                case .roaming: .roaming
                case .unknown: .unknown
                }
        }

        var core: SatchelGenerated.LinkClass {
            switch self {
            case .unmetered: .unmetered
            case .metered: .metered
            case .roaming: .roaming
            case .unknown: .unknown
            }
        }
    }

    /// A person's word about a network, which counts for more than the system's.
    public enum Mark: Hashable, Sendable, CaseIterable {
        /// It costs: a hotel's Wi-Fi by the megabyte.
        case metered
        /// It costs nothing: the laptop's hotspot that the office pays.
        case free

        init(_ core: SatchelGenerated.Mark) {
            self =
                switch core {
                case .metered: .metered
                case .free: .free
                }
        }

        var core: SatchelGenerated.Mark {
            switch self {
            case .metered: .metered
            case .free: .free
            }
        }
    }

    /// What carries the bytes.
    public var kind: Kind
    /// Bytes cost money.
    public var metered: Bool?
    /// On a foreign operator's network.
    public var roaming: Bool?
    /// The person asked the system to save data.
    public var constrained: Bool?
    /// Metered by nature, but free for now.
    public var temporarilyUnmetered: Bool?
    /// The system reached the internet through it.
    public var validated: Bool?
    /// A sign-in page stands in front of it.
    public var captive: Bool?
    /// The network's name, hashed by the app: the same network gives the same text.
    public var network: String?
    /// What goes up, in bytes a second, as the system estimates it.
    public var bytesPerSecond: Int?
    /// The interface that sockets are bound to, by its index on Apple's systems, by its name on Linux (`wlan0`).
    public var interface: String?

    /// An observation.
    public init(
        _ kind: Kind, metered: Bool? = nil, roaming: Bool? = nil, constrained: Bool? = nil,
        temporarilyUnmetered: Bool? = nil, validated: Bool? = nil, captive: Bool? = nil, network: String? = nil,
        bytesPerSecond: Int? = nil, interface: String? = nil
    ) {
        self.kind = kind
        self.metered = metered
        self.roaming = roaming
        self.constrained = constrained
        self.temporarilyUnmetered = temporarilyUnmetered
        self.validated = validated
        self.captive = captive
        self.network = network
        self.bytesPerSecond = bytesPerSecond
        self.interface = interface
    }

    /// The handle is Android's alone.
    init(_ core: SatchelGenerated.Link) {
        self.init(
            Kind(core.kind), metered: core.metered, roaming: core.roaming, constrained: core.constrained,
            temporarilyUnmetered: core.temporarilyUnmetered, validated: core.validated, captive: core.captive,
            network: core.network, bytesPerSecond: core.bytesPerSecond.map(Int.init(count:)), interface: core.interface)
    }

    var core: SatchelGenerated.Link {
        .init(
            kind: kind.core, metered: metered, roaming: roaming, constrained: constrained,
            temporarilyUnmetered: temporarilyUnmetered, validated: validated, captive: captive, network: network,
            bytesPerSecond: bytesPerSecond.map { UInt64(clamping: $0) }, interface: interface, handle: nil)
    }
}

/// How the device is fed. What the app does not know it leaves out, and that is not charging.
public struct Power: Hashable, Sendable {
    /// Whether it is being charged.
    public var charging: Bool?
    /// What the battery holds, 0 to 100.
    public var batteryPercent: Int?
    /// The person, or the system by itself, asked to save power (low power mode).
    public var powerSave: Bool?

    /// An observation.
    public init(charging: Bool? = nil, batteryPercent: Int? = nil, powerSave: Bool? = nil) {
        self.charging = charging
        self.batteryPercent = batteryPercent
        self.powerSave = powerSave
    }

    var core: SatchelGenerated.Power {
        .init(
            charging: charging, batteryPercent: batteryPercent.map { UInt8(min(max($0, 0), 100)) }, powerSave: powerSave
        )
    }
}
