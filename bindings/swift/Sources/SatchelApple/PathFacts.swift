// What the system says of a network path, and what the outbox makes of it.

public import Satchel

/// What `NWPath` says, as far as a link is concerned.
public struct PathFacts: Hashable, Sendable {
    /// `NWPath.Status.satisfied`.
    public var isSatisfied: Bool
    /// The kinds of interfaces that it uses (`usesInterfaceType`), through a tunnel too.
    public var uses: Set<Interface>
    /// Mobile data, or a personal hotspot.
    public var isExpensive: Bool
    /// Low data mode.
    public var isConstrained: Bool
    /// The index of the first interface that it uses; none where there is none.
    public var interfaceIndex: Int?

    /// Kinds of interfaces (`NWInterface.InterfaceType`).
    public enum Interface: Hashable, Sendable, CaseIterable {
        /// Wi-Fi.
        case wifi
        /// Mobile data.
        case cellular
        /// A cable.
        case wiredEthernet
        /// A tunnel, or what has no name.
        case other
    }

    /// Facts.
    public init(
        isSatisfied: Bool, uses: Set<Interface> = [], isExpensive: Bool = false, isConstrained: Bool = false,
        interfaceIndex: Int? = nil
    ) {
        self.isSatisfied = isSatisfied
        self.uses = uses
        self.isExpensive = isExpensive
        self.isConstrained = isConstrained
        self.interfaceIndex = interfaceIndex
    }
}

extension Link {
    /// The link that a path is.
    ///
    /// - A Wi-Fi that the system calls expensive is another device's hotspot: it costs.
    /// - Mobile data that it does not call expensive is metered by nature, and free for now ("Allow More Data on 5G").
    /// - Whether it roams, whether the internet was reached through it, and whether a sign-in page stands in front of it, the
    ///   system tells no app: these stay unknown, and rules that ask for them do as they do with what is unknown.
    ///
    /// - Parameters:
    ///   - network: The network's name, hashed by the app, where it may know it.
    ///   - bytesPerSecond: What goes up, where somebody knows.
    public init(path facts: PathFacts, network: String? = nil, bytesPerSecond: Int? = nil) {
        guard facts.isSatisfied else {
            self.init(.noNetwork)
            return
        }
        let kind: Kind =
            if facts.uses.contains(.cellular) && !facts.uses.contains(.wifi) {
                .cellular
            } else if facts.uses.contains(.wifi) {
                facts.isExpensive ? .hotspot : .wifi
            } else if facts.uses.contains(.wiredEthernet) {
                .ethernet
            } else {
                facts.uses.contains(.other) ? .other : .unknown
            }
        self.init(
            kind, metered: kind == .cellular ? true : facts.isExpensive, constrained: facts.isConstrained,
            temporarilyUnmetered: kind == .cellular && !facts.isExpensive ? true : nil, network: network,
            bytesPerSecond: bytesPerSecond, interface: facts.interfaceIndex.map(String.init))
    }

    /// A Wi-Fi without a name may be one of those that the person marked as metered: whether it costs, nobody knows then. In the
    /// background the system names none.
    func doubted(knowing marks: [Mark]) -> Link {
        guard kind == .wifi && network == nil && metered == false && marks.contains(.metered) else { return self }
        var link = self
        link.metered = nil
        return link
    }
}
