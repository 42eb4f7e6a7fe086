// The Outbox screen: what there is, day by day; choosing, pricing, sending; adding and pausing.

import struct Satchel.AssetID
import PhotosUI
import SatchelDemoModel
import SwiftUI

struct OutboxScreen: View {
    @Bindable var demo: DemoModel

    var body: some View {
        NavigationStack(path: $demo.path) {
            OutboxList(
                outbox: demo.outbox, isOnTop: demo.path.isEmpty, isPaired: !demo.settings.targets.isEmpty
            ) { demo.tab = .settings }
            .navigationTitle(DemoTab.outbox.words)
            .navigationDestination(for: AssetID.self) { id in
                AssetScreen(demo: demo, model: demo.asset(id)).banner(of: demo.tester)
            }
            .banner(of: demo.tester)
        }
    }
}

private struct OutboxList: View {
    @Bindable var outbox: OutboxModel
    /// No asset's screen is over it, which has a price sheet of its own.
    let isOnTop: Bool
    let isPaired: Bool
    let pair: @MainActor () -> Void
    @State private var picks: [PhotosPickerItem] = []

    var body: some View {
        List(selection: chosen) {
            OutboxHead(outbox: outbox)
            ForEach(outbox.days) { day in
                Section(day.title) {
                    ForEach(outbox.rows[day.rows]) { row in
                        line(row)
                    }
                }
            }
        }
        .listStyle(.plain)
        .environment(\.editMode, .constant(outbox.chosen == nil ? .inactive : .active))
        .overlay { if outbox.isEmpty { empty } }
        .refreshable { await outbox.tryNow() }
        .toolbar { toolbar }
        .sheet(item: offer) { PriceSheet(outbox: outbox, offer: $0) }
        .onChange(of: picks) { _, now in
            guard !now.isEmpty else { return }
            picks = []
            Task { await outbox.add(now.map(PickedPhoto.init)) }
        }
        .notice($outbox.notice)
    }

    private func line(_ row: Row) -> some View {
        NavigationLink(value: row.id) {
            RowView(row: row, part: outbox.part(of: row))
        }
        .onAppear { Task { await outbox.appeared(row) } }
        .onDisappear { outbox.disappeared(row) }
        .swipeActions(edge: .leading) {
            if row.look != .delivered {
                Button("Send now", systemImage: "paperplane") { Task { await outbox.price([row.id]) } }.tint(
                    .accentColor)
            }
        }
        .swipeActions(edge: .trailing) {
            Button("Remove", systemImage: "trash", role: .destructive) { Task { await outbox.remove(row.id) } }
            if row.look == .parked {
                Button("Try again", systemImage: "arrow.clockwise") { Task { await outbox.retry(row.id) } }
            }
        }
    }

    private var empty: some View {
        ContentUnavailableView {
            Label("Nothing here yet", systemImage: "tray")
        } description: {
            Text(
                isPaired
                    ? "Add photos, or share them to Satchel from another app. They are safe here until there is a network."
                    : "Pair this phone with a receiver, then add photos. They are safe here until there is a network.")
        } actions: {
            if !isPaired { Button("Pair with a receiver", action: pair).buttonStyle(.borderedProminent) }
            picker { Text("Add photos") }
        }
    }

    @ToolbarContentBuilder private var toolbar: some ToolbarContent {
        if let chosen = outbox.chosen {
            ToolbarItem(placement: .cancellationAction) {
                Button("Done") { outbox.choose(false) }
            }
            ToolbarItem(placement: .bottomBar) {
                Button(chosen.isEmpty ? "Choose what to send" : "Price of \(Words.count(chosen.count, "photo"))") {
                    Task { await outbox.priceChosen() }
                }
                .disabled(chosen.isEmpty)
                .accessibilityIdentifier("price")
            }
        } else {
            ToolbarItem(placement: .primaryAction) {
                picker { Label("Add photos", systemImage: "plus") }.accessibilityIdentifier("add")
            }
            ToolbarItem(placement: .secondaryAction) {
                Button("Choose", systemImage: "checkmark.circle") { outbox.choose(true) }.disabled(outbox.rows.isEmpty)
            }
            ToolbarItem(placement: .secondaryAction) {
                Button(outbox.paused ? "Resume" : "Pause", systemImage: outbox.paused ? "play" : "pause") {
                    Task { await outbox.pause(!outbox.paused) }
                }
            }
        }
    }

    /// Originals as they are: the picker converts nothing.
    private func picker<Content: View>(@ViewBuilder label: () -> Content) -> some View {
        PhotosPicker(
            selection: $picks, matching: .any(of: [.images, .videos, .livePhotos]), preferredItemEncoding: .current,
            label: label)
    }

    private var chosen: Binding<Set<AssetID>> {
        Binding(get: { outbox.chosen ?? [] }, set: { if outbox.chosen != nil { outbox.choose($0) } })
    }

    private var offer: Binding<Offer?> {
        Binding(get: { isOnTop ? outbox.offer : nil }, set: { if $0 == nil { outbox.decline() } })
    }
}

/// How far all of it is.
private struct OutboxHead: View {
    let outbox: OutboxModel

    var body: some View {
        if !outbox.summary.isEmpty || outbox.adding > 0 {
            VStack(alignment: .leading, spacing: 8) {
                if outbox.adding > 0 {
                    Text("Taking in \(Words.count(outbox.adding, "photo"))…")
                }
                if !outbox.summary.isEmpty { Text(outbox.summary).font(.headline) }
                if let progress = outbox.progress {
                    ProgressView(value: progress).accessibilityLabel("Of all photos")
                }
            }
            .listRowSeparator(.hidden)
            .selectionDisabled()
            .accessibilityElement(children: .combine)
            .accessibilityAddTraits(.updatesFrequently)
        }
    }
}
