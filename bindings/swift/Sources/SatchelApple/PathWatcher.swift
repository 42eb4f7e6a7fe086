// The system's network paths and power, told as they change.

#if canImport(Network)
    import Foundation
    import Network
    public import Satchel

    /// Tells the link each time that the system's default path changes (`NWPathMonitor`), from the first moment on.
    public final class PathWatcher: Sendable {
        private let monitor = NWPathMonitor()
        private let paths: AsyncStream<PathFacts>.Continuation

        /// - Parameters:
        ///   - network: Names the network, hashed, where the app may know it: the same one gives the same text. (That takes the
        ///     entitlement for Wi-Fi information and the person's place, so it is the app's.)
        ///   - told: Called for each change, one after another.
        public init(
            network: @escaping @Sendable () async -> String? = { nil },
            told: @escaping @Sendable (Link) async -> Void
        ) {
            let (paths, path) = AsyncStream.makeStream(of: PathFacts.self, bufferingPolicy: .bufferingNewest(1))
            self.paths = path
            monitor.pathUpdateHandler = { path.yield(PathFacts($0)) }
            monitor.start(queue: DispatchQueue(label: "satchel-path"))
            Task {
                for await facts in paths {
                    let name = facts.isSatisfied ? await network() : nil
                    await told(Link(path: facts, network: name))
                }
            }
        }

        /// Tells the link anew, where something else than the path changed: the app may know the network's name now.
        public func lookAgain() { paths.yield(PathFacts(monitor.currentPath)) }

        deinit {
            monitor.cancel()
            paths.finish()
        }
    }

    extension PathFacts {
        /// What a path says.
        init(_ path: NWPath) {
            let kinds: [(NWInterface.InterfaceType, Interface)] = [
                (.wifi, .wifi), (.cellular, .cellular), (.wiredEthernet, .wiredEthernet), (.other, .other),
            ]
            self.init(
                isSatisfied: path.status == .satisfied,
                uses: Set(kinds.filter { path.usesInterfaceType($0.0) }.map(\.1)), isExpensive: path.isExpensive,
                isConstrained: path.isConstrained, interfaceIndex: path.availableInterfaces.first?.index)
        }
    }
#endif
