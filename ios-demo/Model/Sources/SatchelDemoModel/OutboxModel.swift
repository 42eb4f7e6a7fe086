// The Outbox screen: what there is, why it waits, how far it is; choosing, pricing and sending; adding and pausing.

import Foundation
import Observation
import Satchel

/// The Outbox screen.
@MainActor @Observable
public final class OutboxModel: Refreshing {
    /// The photos, newest first, as far as they were looked at.
    public var rows: [Row] { pages.rows }
    /// The rows' days.
    public private(set) var days: [DayGroup] = []
    /// The first page was read.
    public private(set) var loaded = false
    /// How many there are of each.
    public private(set) var counts: Counts?
    /// Sending was paused by a person.
    public private(set) var paused = false
    /// How much of an original is there, 0 to 1, of those that moved since the list was read.
    public private(set) var moved: [AssetID: Double] = [:]
    /// Which are chosen; `nil` while nobody chooses.
    public private(set) var chosen: Set<AssetID>?
    /// What is offered to be sent now.
    public private(set) var offer: Offer?
    /// How many of those that were picked are not safe yet.
    public private(set) var adding = 0
    /// What could not be done.
    public var notice: Notice?

    private var pages = Pages()
    private var visible: Set<Int64> = []
    private var stale: Set<Int64> = []
    private let satchel: Satchel
    private let edges: Edges
    /// What is to be read again; one reader at a time sees to it.
    private var wanted = Wanted()
    private var reading: Task<Void, Never>?

    private struct Wanted {
        var list = false
        var assets: Set<AssetID> = []
        var isNothing: Bool { !list && assets.isEmpty }
    }

    init(_ satchel: Satchel, _ edges: Edges) {
        self.satchel = satchel
        self.edges = edges
    }

    // MARK: Looking

    /// Nothing was added yet.
    public var isEmpty: Bool { loaded && rows.isEmpty }

    /// How much of all photos and videos is there, 0 to 1, by bytes; `nil` where nothing is open.
    public var progress: Double? {
        guard let counts, counts.open > 0 else { return nil }
        let all = counts.openBytes + counts.deliveredBytes
        return Row.part(of: counts.deliveredBytes, all)
    }

    /// What the counts come to: `3 to go · 12 MB`, `All delivered`.
    public var summary: String {
        guard let counts else { return "" }
        var said: [String] = []
        if counts.unread > 0 { said.append("\(counts.unread) being read") }
        if counts.open > 0 { said.append("\(counts.open) to go · \(Words.bytes(counts.openBytes))") }
        if counts.parked + counts.unreadable > 0 {
            let parked = counts.parked + counts.unreadable
            said.append(parked == 1 ? "1 needs you" : "\(parked) need you")
        }
        if said.isEmpty && counts.postsOpen > 0 { said.append(Words.count(counts.postsOpen, "post") + " to go") }
        if said.isEmpty && counts.delivered > 0 { said.append("All delivered") }
        if paused { said.insert("Paused", at: 0) }
        return said.joined(separator: ", ")
    }

    /// How far a row is: what was told last, else what the list said.
    public func part(of row: Row) -> Double? {
        moved[row.id] ?? row.part
    }

    /// A row came into view: older ones are read when the end is near, and it itself when it is out of date.
    public func appeared(_ row: Row) async {
        visible.insert(row.sequence)
        if stale.remove(row.sequence) != nil { await read(again: row) }
        guard let at = pages.index(of: row.sequence), at >= rows.count - Pages.size / 4 else { return }
        await readOn()
    }

    /// A row left the view.
    public func disappeared(_ row: Row) {
        visible.remove(row.sequence)
    }

    /// Reads the list's top, or what is in view of it, and the counts.
    public func refresh() async {
        wanted.list = true
        await settle()
    }

    /// Something changed.
    func changed(_ change: Change) {
        switch change {
        case .progress(let asset, .original, _, let sent, let bytes):
            moved[asset] = Row.part(of: sent, bytes)
            return
        case .progress, .endpoints: return
        case .read(let asset): wanted.assets.insert(asset)
        case .delivered(let asset?, _, _, _): wanted.assets.insert(asset)
        case .assets, .delivered, .parked, .trouble, .idle, .other: wanted.list = true
        }
        if reading == nil { Task { await settle() } }
    }

    /// Waits until all that is known to have changed was read.
    func settle() async {
        while !wanted.isNothing || reading != nil {
            if reading == nil {
                reading = Task {
                    await readWanted()
                    // Here, not after the wait: whoever else waits for it would find it there, and wait for nothing.
                    reading = nil
                }
            }
            await reading?.value
        }
    }

    private func readWanted() async {
        let now = wanted
        wanted = Wanted()
        do {
            if now.list || !loaded {
                try await readShown()
            } else {
                for id in now.assets { try await read(id) }
            }
            // After the rows, so that the sum is no older than they are.
            counts = try await satchel.counts()
            paused = try await satchel.isPaused()
        } catch {
            told("The outbox could not be read", error)
        }
    }

    /// Reads what is in view anew; the rest is out of date until it comes into view.
    private func readShown() async throws {
        let shown = visible.compactMap(pages.index(of:))
        let question = pages.again((shown.min() ?? 0)..<((shown.max() ?? -1) + 1))
        let page = try await satchel.assets(before: question.before, limit: question.limit).map { Row($0) }
        stale.formUnion(pages.rows.map(\.sequence))
        take(page, question)
        if question.before != nil {
            // What was added meanwhile stands above.
            let top = try await satchel.assets(limit: Pages.size).map { Row($0) }
            take(top, (nil, Pages.size))
        }
        loaded = true
    }

    private func take(_ page: [Row], _ question: (before: Int64?, limit: Int)) {
        pages.take(page, before: question.before, limit: question.limit)
        for row in page {
            stale.remove(row.sequence)
            moved[row.id] = nil
        }
        days = DayGroup.of(rows, now: edges.now())
        if let now = chosen { chosen = now.intersection(rows.map(\.id)) }
    }

    private func readOn() async {
        guard let question = pages.next else { return }
        do {
            let page = try await satchel.assets(before: question.before, limit: question.limit).map { Row($0) }
            take(page, question)
        } catch {
            told("The outbox could not be read", error)
        }
    }

    private func read(again row: Row) async {
        guard let at = pages.index(of: row.sequence) else { return }
        let question = pages.again(at..<(at + 1))
        if let page = try? await satchel.assets(before: question.before, limit: question.limit) {
            take(page.map { Row($0) }, question)
        }
    }

    private func read(_ id: AssetID) async throws {
        do {
            let row = Row(try await satchel.asset(id))
            moved[id] = nil
            pages.take(row)
        } catch {
            guard case .noSuchAsset = error else { throw error }
            wanted.list = true
        }
    }

    // MARK: Choosing, pricing, sending

    /// Begins or ends choosing.
    public func choose(_ choosing: Bool) {
        chosen = choosing ? [] : nil
    }

    /// Chooses one, or not any more.
    public func toggle(_ id: AssetID) {
        guard var now = chosen else { return }
        if now.remove(id) == nil { now.insert(id) }
        chosen = now
    }

    /// Chooses exactly these.
    public func choose(_ ids: Set<AssetID>) {
        chosen = ids
    }

    /// Asks what the chosen ones cost over the link that there is; ``offer`` has it then.
    public func priceChosen() async {
        await price(Array(chosen ?? []))
    }

    /// Asks what these cost over the link that there is; ``offer`` has it then.
    public func price(_ ids: [AssetID]) async {
        guard !ids.isEmpty else { return }
        do {
            let price = try await satchel.price(of: ids)
            offer = Offer(assets: ids, price: price, link: try satchel.effectiveLink())
        } catch {
            told("The price is not known", error)
        }
    }

    /// Sends what is offered, which is consent to its price.
    public func sendNow() async {
        guard let agreed = offer else { return }
        do {
            try await edges.phone.sendNow(agreed.assets)
            offer = nil
            chosen = nil
        } catch {
            offer = nil
            told("They were not sent", error)
        }
        await refresh()
    }

    /// No, thanks.
    public func decline() {
        offer = nil
    }

    // MARK: Changing

    /// Adds what a person picked; each is safe when its turn is over.
    public func add(_ picked: [any Picked]) async {
        adding += picked.count
        var failed: [any Error] = []
        for one in picked {
            do {
                try await add(try await one.fetch())
            } catch {
                failed.append(error)
            }
            adding -= 1
        }
        if let first = failed.first {
            let which =
                failed.count == picked.count ? "Nothing was added" : "\(failed.count) of \(picked.count) were not added"
            told(which, first)
        }
        await refresh()
    }

    private func add(_ file: PickedFile) async throws {
        // The outbox gets the very file, not a copy of it.
        let still = try await satchel.stage()
        try FileManager.default.moveItem(at: file.file, to: still.file)
        var motion: Motion?
        if let url = file.motion {
            let stage = try await satchel.stage()
            try FileManager.default.moveItem(at: url, to: stage.file)
            motion = .staged(stage, name: url.lastPathComponent)
        }
        try await satchel.commit(still, name: file.name, motion: motion)
    }

    /// Pauses all sending, or ends the pause.
    public func pause(_ pause: Bool) async {
        do {
            try await satchel.pause(pause)
        } catch {
            told(pause ? "It was not paused" : "It was not resumed", error)
        }
        await refresh()
    }

    /// Takes one out. Its original stays where it was.
    public func remove(_ id: AssetID) async {
        do {
            try await satchel.remove(id)
        } catch {
            told("It was not removed", error)
        }
        await refresh()
    }

    /// Sets one going again that needs a person.
    public func retry(_ id: AssetID) async {
        do {
            try await satchel.retry(id)
        } catch {
            told("It could not be tried again", error)
        }
        await refresh()
    }

    /// Ends every wait: a person pulled the list down.
    public func tryNow() async {
        do {
            try await satchel.tryNow()
        } catch {
            told("It could not be tried now", error)
        }
        await refresh()
    }
}
