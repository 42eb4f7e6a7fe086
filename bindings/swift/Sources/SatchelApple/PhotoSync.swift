// Whatever the camera made since the last time gets into the outbox: once, and nothing is missed.

public import Foundation
public import Satchel

/// Keeps an outbox up with a photo library.
///
/// The library's place (its change token) is kept only when all that came before it is in the outbox: after a kill in between, the
/// same is read again, and to add it again adds nothing. What cannot be opened just now, because it is only in the cloud, holds
/// back neither the others nor the token; it is remembered and tried at each sync.
public actor PhotoSync {
    /// What a sync came to.
    public struct Report: Hashable, Sendable {
        /// New assets, and those to which something was added.
        public var added = 0
        /// Those that the outbox had.
        public var unchanged = 0
        /// Those that are only in the cloud, and are not fetched over this link: they are remembered, and tried at each sync.
        public var inCloud = 0
        /// Those that cannot be opened just now, likewise.
        public var away = 0
        /// Those that cannot be taken: not allowed, gone again, empty.
        public var failed = 0
        /// The ids of what was deleted from the library since. What was not sent yet of those is parked by the outbox, which
        /// says so, unless ``PhotoSync/Deleted/remove`` was chosen.
        public var deleted: [String] = []
        /// All that may be seen was looked at, not just what changed.
        public var wasFull = false
    }

    /// What becomes of assets whose item the person deleted from the library before they were sent.
    public enum Deleted: Hashable, Sendable, CaseIterable {
        /// They stay in the outbox, where they need a person.
        case keep
        /// They are taken out of the outbox.
        case remove
    }

    private struct Kept: Codable, Sendable {
        /// None before the first sync was complete.
        var token: Data?
        /// Where nothing of an earlier time counts: the library from then on.
        var since: Date?
        /// Items that could not be opened.
        var away: Set<String> = []
    }

    private let satchel: Satchel
    private let source: any PhotoSource
    private let keeping: StateFile<Kept>
    private let since: Date?
    private let deleted: Deleted
    private var syncing: Task<Report, any Error>?
    /// How many items are read at a time.
    private let page = 200

    /// - Parameters:
    ///   - satchel: Opened with a ``MediaLibrary`` that opens the source's items.
    ///   - since: Only what was taken from then on; everything when left out.
    ///   - deleted: What becomes of what the person deleted.
    ///   - keeping: A small file for the library's place, in the app's own folder.
    public init(
        satchel: Satchel, source: any PhotoSource, since: Date? = nil, deleted: Deleted = .keep, keeping: URL
    ) {
        self.satchel = satchel
        self.source = source
        self.since = since
        self.deleted = deleted
        self.keeping = StateFile(file: keeping)
    }

    /// Adds what is new. One at a time: whoever calls it meanwhile gets the same answer.
    ///
    /// - Throws: What the library throws, and ``SatchelError`` where the outbox can take nothing (its storage is full): the next
    ///   one goes on from the same place.
    @discardableResult
    public func sync() async throws -> Report {
        let syncs = syncing ?? Task { try await catchUp() }
        syncing = syncs
        defer { syncing = nil }
        return try await withTaskCancellationHandler {
            try await syncs.value
        } onCancel: {
            syncs.cancel()
        }
    }

    private func catchUp() async throws -> Report {
        var kept = try keeping.load() ?? Kept(since: since)
        // Older ones count now, or fewer do: from the beginning.
        if kept.since != since { kept = Kept(since: since) }
        var report = Report()
        switch await source.access() {
        case .none: return report
        case .limited:
            // What the person lets the app see changes without being a change of the library.
            try await addAll(&kept, &report)
            kept.token = nil
            try keeping.keep(kept)
        case .full:
            if let token = kept.token, let changes = try await changes(since: token) {
                try await addAway(&kept, &report)
                try await add(changes.changed, &kept, &report)
                try await forget(changes.deleted, &kept)
                report.deleted = changes.deleted
                kept.token = changes.token
            } else {
                // Before the first page: what comes meanwhile is a change since then.
                let token = try await source.token()
                try await addAll(&kept, &report)
                kept.token = token
            }
            try keeping.keep(kept)
        }
        return report
    }

    /// None where the library has forgotten.
    private func changes(since token: Data) async throws -> PhotoChanges? {
        do {
            return try await source.changes(since: token)
        } catch is TokenExpired {
            return nil
        }
    }

    private func addAll(_ kept: inout Kept, _ report: inout Report) async throws {
        report.wasFull = true
        kept.away = []
        var place = 0
        while true {
            try Task.checkCancellation()
            let items = try await source.items(from: place, limit: page)
            if items.isEmpty { return }
            try await add(items, &kept, &report)
            place += items.count
        }
    }

    private func addAway(_ kept: inout Kept, _ report: inout Report) async throws {
        if kept.away.isEmpty { return }
        let items = try await source.items(kept.away.sorted())
        // What is not there any more is not waited for.
        kept.away.formIntersection(items.map(\.item.id))
        try await add(items, &kept, &report)
    }

    private func add(_ items: [PhotoItem], _ kept: inout Kept, _ report: inout Report) async throws {
        for one in items where since.map({ (one.taken ?? .distantFuture) >= $0 }) ?? true {
            try Task.checkCancellation()
            let id = one.item.id
            switch await outcome(of: one) {
            case .success(let added):
                kept.away.remove(id)
                if added.kind == .unchanged { report.unchanged += 1 } else { report.added += 1 }
            case .failure(.source(let fault, _)) where !fault.passes:
                kept.away.remove(id)
                report.failed += 1
            case .failure(.source(.inCloud, _)):
                kept.away.insert(id)
                report.inCloud += 1
            case .failure(.source), .failure(.host), .failure(.invalid):
                // The library failed at this one, or it has no usable name: the others go on.
                kept.away.insert(id)
                report.away += 1
            case .failure(let error): throw error
            }
        }
    }

    private func outcome(of one: PhotoItem) async -> Result<Added, SatchelError> {
        let options = AddOptions(album: one.album, motion: one.motion.map(Motion.item))
        do throws(SatchelError) {
            return .success(try await satchel.add(one.item, options: options))
        } catch {
            return .failure(error)
        }
    }

    private func forget(_ ids: [String], _ kept: inout Kept) async throws {
        kept.away.subtract(ids)
        if deleted == .keep || ids.isEmpty { return }
        let gone = Set(ids)
        var before: Int64?
        while true {
            let page = try await satchel.assets(before: before, limit: 1_000)
            guard let last = page.last else { return }
            before = last.sequence
            for asset in page {
                guard case .library(let id) = asset.source, gone.contains(id) else { continue }
                if case .delivered = asset.state { continue }
                try await satchel.remove(asset.id)
            }
        }
    }
}

extension SourceFault {
    /// Whether it may open another time.
    fileprivate var passes: Bool {
        switch self {
        // What a later version says is tried again.
        case .away, .inCloud, .changed, .io, .other: true
        case .gone, .unreadable, .empty, .notAFile, .loop: false
        }
    }
}
