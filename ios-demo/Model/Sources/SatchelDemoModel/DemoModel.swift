// The model over all screens: follows the one outbox, and tells each screen what changed. It does not run the outbox: the phone
// does, while the app is in front and when the system wakes it.

import Foundation
import Observation
import Satchel

/// The screens of the tab bar.
public enum DemoTab: String, Hashable, Sendable, CaseIterable, Identifiable {
    /// What there is, and why it waits.
    case outbox = "Outbox"
    /// What the network costs.
    case link = "Link"
    /// Where photos go, and by which rules.
    case settings = "Settings"
    /// What can be pretended.
    case tester = "Tester"

    /// Itself.
    public var id: Self { self }
    /// Its name.
    public var words: String { rawValue }
}

/// Everything that the screens show, and everything that they can ask for. Made once for a process.
@MainActor @Observable
public final class DemoModel {
    /// The Outbox screen.
    public let outbox: OutboxModel
    /// The Link screen.
    public let link: LinkModel
    /// The Settings screen.
    public let settings: SettingsModel
    /// The Tester screen.
    public let tester: TesterModel
    /// The tab that is shown.
    public var tab = DemoTab.outbox
    /// The assets whose screens are open over the Outbox screen, the last on top.
    public var path: [AssetID] = []

    private let satchel: Satchel
    private let edges: Edges
    private var open: [AssetID: Weak] = [:]

    private struct Weak {
        weak var model: AssetModel?
    }

    /// The model of an open outbox. It follows it once ``follow()`` is called.
    public init(_ satchel: Satchel, _ edges: Edges) {
        self.satchel = satchel
        self.edges = edges
        outbox = OutboxModel(satchel, edges)
        link = LinkModel(satchel, edges)
        settings = SettingsModel(satchel, edges)
        tester = TesterModel(satchel, edges)
    }

    /// The screen of an asset.
    public func asset(_ id: AssetID) -> AssetModel {
        if let model = open[id]?.model { return model }
        let model = AssetModel(id, satchel, now: edges.now)
        open = open.filter { $0.value.model != nil }
        open[id] = Weak(model: model)
        return model
    }

    /// Follows the outbox until it is closed or the task is cancelled: each screen hears what concerns it.
    public func follow() async {
        let changes = satchel.changes()
        let sightings = edges.phone.sightings()
        await refresh()
        let sighted = Task {
            for await _ in sightings {
                // Another network changes every reason.
                await refresh()
            }
        }
        for await change in changes { await take(change) }
        sighted.cancel()
    }

    /// Takes a link that opened the app: a pairing code (`satchel://…`), which is shown for a yes, not paired at once.
    public func open(_ url: URL) {
        tab = .settings
        settings.linked(url.absoluteString)
    }

    /// Reads everything anew.
    public func refresh() async {
        await outbox.refresh()
        await link.refresh()
        await settings.refresh()
        for model in shown { await model.refresh() }
    }

    private var shown: [AssetModel] { open.values.compactMap(\.model) }

    private func take(_ change: Change) async {
        outbox.changed(change)
        if link.concerns(change) { await link.refresh() }
        if settings.concerns(change) { await settings.refresh() }
        for model in shown where model.concerns(change) { await model.refresh() }
    }
}
