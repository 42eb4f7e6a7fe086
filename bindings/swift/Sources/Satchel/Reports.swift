// What calls come to, and what a run is asked for.

import Foundation
internal import SatchelGenerated

/// What opening an outbox found.
public struct Opened: Hashable, Sendable {
    /// Assets that the journal brought back after the database was damaged or lost.
    public let recovered: Int
    /// Places in the journal that could not be read.
    public let damaged: Int
    /// Assets that the journal did not speak of any more, and does again.
    public let retold: Int
    /// Copies in the outbox's spool whose records were all lost; they are kept there, as `*.saved`, for a person to look at.
    public let saved: Int

    init(_ core: SatchelGenerated.Opened) {
        recovered = Int(count: core.recovered)
        damaged = Int(count: core.damaged)
        retold = Int(count: core.retold)
        saved = Int(count: core.saved)
    }
}

/// What became of a file that was added.
public struct Added: Hashable, Sendable {
    /// Whether it was new.
    public enum Kind: Hashable, Sendable, CaseIterable {
        /// It is new.
        case added
        /// It was there already; its post or urgency changed.
        case revised
        /// It was there already, and nothing new was said.
        case unchanged
    }

    /// The asset.
    public let id: AssetID
    /// Whether it is new.
    public let kind: Kind

    init(_ core: SatchelGenerated.Added) {
        id = AssetID(rawValue: core.id)
        kind =
            switch core.kind {
            case .added: .added
            case .revised: .revised
            case .unchanged: .unchanged
            }
    }
}

/// What became of a folder.
public struct FolderReport: Hashable, Sendable {
    /// A file that could not be taken.
    public struct Fault: Hashable, Sendable {
        /// Which; not for logs.
        public let file: URL
        /// What is wrong with it.
        public let fault: SourceFault
        /// The same for a person.
        public let words: String
    }

    /// New assets.
    public let added: Int
    /// Assets whose post or urgency changed.
    public let revised: Int
    /// Assets of which nothing new was said.
    public let unchanged: Int
    /// Files that are neither photo nor video.
    public let skipped: Int
    /// Files that could not be taken.
    public let failed: Int
    /// The first hundred of these.
    public let faults: [Fault]

    init(_ core: SatchelGenerated.FolderReport) {
        added = Int(count: core.added)
        revised = Int(count: core.revised)
        unchanged = Int(count: core.unchanged)
        skipped = Int(count: core.skipped)
        failed = Int(count: core.failed)
        faults = core.faults.map {
            Fault(file: URL(fileURLWithPath: $0.path), fault: SourceFault(code: $0.code), words: $0.words)
        }
    }
}

/// How many there are of each. Twins share a delivery, so there may be fewer of these than assets.
public struct Counts: Hashable, Sendable {
    /// Parts that were accepted and not read yet.
    public let unread: Int
    /// Parts that could not be read and need a person.
    public let unreadable: Int
    /// Deliveries of photos and videos that wait, rest or are under way.
    public let open: Int
    /// Their bytes.
    public let openBytes: Int
    /// Deliveries of photos and videos that need a person.
    public let parked: Int
    /// Deliveries of photos and videos that are done.
    public let delivered: Int
    /// Their bytes.
    public let deliveredBytes: Int
    /// Posts that wait, rest or are under way.
    public let postsOpen: Int
    /// Posts that need a person.
    public let postsParked: Int
    /// Posts that are there.
    public let postsDelivered: Int

    init(_ core: SatchelGenerated.Counts) {
        unread = Int(count: core.unread)
        unreadable = Int(count: core.unreadable)
        open = Int(count: core.open)
        openBytes = Int(count: core.openBytes)
        parked = Int(count: core.parked)
        delivered = Int(count: core.delivered)
        deliveredBytes = Int(count: core.deliveredBytes)
        postsOpen = Int(count: core.postsOpen)
        postsParked = Int(count: core.postsParked)
        postsDelivered = Int(count: core.postsDelivered)
    }
}

/// A line of the ledger: what one target cost over one class of link on one day.
public struct LedgerRow: Hashable, Sendable {
    /// Local days since 1970.
    public let day: Int
    /// The link's class: `unmetered`, `metered`, `roaming`, `unknown`.
    public let link: String
    /// Which target.
    public let target: TargetID
    /// Bytes handed to the network, with TLS and headers.
    public let sent: Int
    /// Payload bytes that the server said it kept.
    public let acknowledged: Int
    /// Payload bytes that were sent and not kept; below zero where bytes of one row were acknowledged in another.
    public let wasted: Int
    /// Bytes taken from the network, likewise.
    public let received: Int

    init(_ core: SatchelGenerated.LedgerRow) {
        day = Int(core.day)
        link = core.link
        target = TargetID(rawValue: core.target)
        sent = Int(count: core.sent)
        acknowledged = Int(count: core.acknowledged)
        wasted = Int(core.wasted)
        received = Int(count: core.received)
    }
}

/// How long a run goes on, and for whom.
public struct RunOptions: Hashable, Sendable {
    /// Ends after this at the latest. With a deadline the run goes on as long as anything is open; without one it ends
    /// when nothing is due within ``linger``.
    public var deadline: Duration?
    /// How long to wait for something that is due.
    public var linger: Duration
    /// Only these targets; all when left out.
    public var targets: [TargetID]?

    /// Options.
    public init(deadline: Duration? = nil, linger: Duration = .seconds(30), targets: [TargetID]? = nil) {
        self.deadline = deadline
        self.linger = linger
        self.targets = targets
    }

    var core: SatchelGenerated.RunOptions {
        .init(
            deadlineMs: deadline?.milliseconds, lingerMs: linger.milliseconds, targets: targets?.map(\.rawValue))
    }
}

/// How a run ended.
public struct RunReport: Hashable, Sendable {
    /// What there is now.
    public let counts: Counts
    /// When to run next, and what must be true then.
    public let wake: Wake
    /// Ended by its deadline or by the caller.
    public let stopped: Bool

    init(_ core: SatchelGenerated.RunReport) {
        counts = Counts(core.counts)
        wake = Wake(core.wake)
        stopped = core.stopped
    }
}

/// When to run next at the earliest, and what must be true then.
public struct Wake: Hashable, Sendable {
    /// The least that a link must be; later ones ask for more.
    public enum Need: Hashable, Sendable, CaseIterable {
        /// Any network.
        case any
        /// One that is not a foreign operator's.
        case notRoaming
        /// Not the phone's own mobile data.
        case notCellular
        /// One that costs nothing (`isExpensive` must be false).
        case unmetered

        init(_ core: SatchelGenerated.LinkNeed) {
            self =
                switch core {
                case .any: .any
                case .notRoaming: .notRoaming
                case .notCellular: .notCellular
                case .unmetered: .unmetered
                }
        }
    }

    /// Not before this; `nil` when time alone changes nothing.
    public let at: Date?
    /// A link at least like this must be there.
    public let needs: Need?
    /// The device must be charged then.
    public let charging: Bool
    /// Sooner than ``at`` if a link at least like this one comes.
    public let sooner: Need?
    /// Payload bytes that wait for it, as far as known.
    public let bytes: Int

    /// When, and needing what.
    public init(at: Date? = nil, needs: Need? = nil, charging: Bool = false, sooner: Need? = nil, bytes: Int = 0) {
        self.at = at
        self.needs = needs
        self.charging = charging
        self.sooner = sooner
        self.bytes = bytes
    }

    init(_ core: SatchelGenerated.Wake) {
        self.init(
            at: core.atUtcMs.map(Date.init(utcMs:)), needs: core.needs.map(Need.init), charging: core.charging,
            sooner: core.sooner.map(Need.init), bytes: Int(count: core.bytes))
    }
}

/// What a check found.
public struct CheckReport: Hashable, Sendable {
    /// The server confirmed them.
    public let confirmed: Int
    /// The server says that it does not have them.
    public let missing: Int
    /// The server could not be asked, or cannot tell.
    public let unknown: Int

    init(_ core: SatchelGenerated.CheckReport) {
        confirmed = Int(count: core.confirmed)
        missing = Int(count: core.missing)
        unknown = Int(count: core.unknown)
    }
}
