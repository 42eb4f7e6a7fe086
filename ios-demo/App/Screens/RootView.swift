// The app's one window: what is shown while the outbox opens, and the tabs upon it.

import SatchelDemoModel
import SwiftUI

struct RootView: View {
    let launch: Launch

    var body: some View {
        content.onOpenURL { launch.open($0) }
    }

    @ViewBuilder private var content: some View {
        switch launch.state {
        case .opening:
            ProgressView("Opening the outbox…")
        case .failed(let notice):
            ContentUnavailableView {
                Label(notice.title, systemImage: "exclamationmark.triangle")
            } description: {
                Text(notice.words)
            } actions: {
                Button("Try again") { launch.begin() }.buttonStyle(.borderedProminent)
            }
        case .open(let demo):
            DemoTabs(demo: demo)
        }
    }
}

/// The four tabs; an asset's screen is pushed upon the first.
struct DemoTabs: View {
    @Bindable var demo: DemoModel
    @Environment(\.scenePhase) private var phase

    var body: some View {
        TabView(selection: $demo.tab) {
            OutboxScreen(demo: demo).tab(.outbox, "tray.full")
            LinkScreen(link: demo.link, tester: demo.tester).tab(.link, "antenna.radiowaves.left.and.right")
            SettingsScreen(settings: demo.settings, tester: demo.tester).tab(.settings, "gearshape")
            TesterScreen(tester: demo.tester).tab(.tester, "testtube.2")
        }
        .onChange(of: phase) { _, now in
            // What a person changed in the Settings app, albums and leave to see photos, is told by nobody.
            if now == .active { Task { await demo.refresh() } }
        }
    }
}

extension View {
    fileprivate func tab(_ tab: DemoTab, _ symbol: String) -> some View {
        tabItem { Label(tab.words, systemImage: symbol) }.tag(tab)
    }
}
