// The Asset screen: one photo, what is said of it, and how it stands at each target.

import SatchelDemoModel
import SwiftUI

struct AssetScreen: View {
    let demo: DemoModel
    @State var model: AssetModel
    @State private var removing = false

    var body: some View {
        Group {
            if model.gone {
                ContentUnavailableView(
                    "Removed", systemImage: "trash",
                    description: Text("Removed from the outbox. The original stays on the phone."))
            } else {
                form
            }
        }
        .navigationTitle(model.title)
        .navigationBarTitleDisplayMode(.inline)
        .task { await model.refresh() }
        .onDisappear { Task { await model.save() } }
        .notice($model.notice)
        .sheet(item: offer) { PriceSheet(outbox: demo.outbox, offer: $0) }
    }

    private var form: some View {
        Form {
            if let asset = model.asset {
                BigPicture(model: model, source: asset.source).listRowInsets(EdgeInsets())
            }
            state
            post
            deliveries
            attempts
            actions
        }
    }

    private var state: some View {
        Section {
            VStack(alignment: .leading, spacing: 4) {
                LookLabel(look: model.look).font(.headline)
                if let words = model.words { Text(words) }
                if let when = model.whenWords { Text(when).foregroundStyle(.secondary) }
            }
            .accessibilityElement(children: .combine)
            Label(model.safeWords, systemImage: model.safeToFree ? "checkmark.seal" : "lock")
        } footer: {
            Text(model.facts)
        }
    }

    private var post: some View {
        Section("Post") {
            TextField("Caption", text: $model.draft.caption, axis: .vertical).accessibilityIdentifier("caption")
            TextField("Tags", text: $model.draft.tags).textInputAutocapitalization(.never)
            Toggle("Tell the place", isOn: $model.draft.tellsPlace)
            if model.draft.tellsPlace {
                TextField("Name of the place", text: $model.draft.placeName)
                if let coordinates = model.draft.coordinates { FactRow(name: "Coordinates", value: coordinates) }
            }
            if model.isChanged {
                Button("Save") { Task { await model.save() } }.accessibilityIdentifier("keep")
                Button("Discard the change", role: .cancel) { model.revert() }
            }
        }
    }

    @ViewBuilder private var deliveries: some View {
        if !model.deliveries.isEmpty {
            Section("Deliveries") {
                ForEach(model.deliveries) { DeliveryView(line: $0) }
            }
        }
    }

    private var attempts: some View {
        Section(AttemptLine.tried) {
            if model.attempts.isEmpty { Text(AttemptLine.nothingTried).foregroundStyle(.secondary) }
            ForEach(model.shownAttempts) { AttemptView(line: $0) }
            if let toggle = model.attemptsToggle {
                Button(toggle) { model.showsAll.toggle() }.accessibilityIdentifier("attempts")
            }
        }
    }

    private var actions: some View {
        Section {
            if model.look != .delivered {
                Button("Send now", systemImage: "paperplane") { Task { await demo.outbox.price([model.id]) } }
            }
            if model.canRetry {
                Button("Try again", systemImage: "arrow.clockwise") { Task { await model.retry() } }
            }
            if model.look != .delivered {
                Toggle(isOn: urgent) {
                    Text(Words.putFirst)
                    Text(Words.putFirstMeaning)
                }
            }
            Button("Remove", systemImage: "trash", role: .destructive) { removing = true }
                .confirmationDialog("Remove it from the outbox?", isPresented: $removing, titleVisibility: .visible) {
                    Button("Remove", role: .destructive) { Task { await model.remove() } }
                } message: {
                    Text("Its original stays in your library. What was not sent yet is not sent.")
                }
        }
    }

    private var urgent: Binding<Bool> {
        Binding(get: { model.isUrgent }, set: { on in Task { await model.setUrgent(on) } })
    }

    /// One that was asked for here; the list's own sheet is below this screen.
    private var offer: Binding<Offer?> {
        Binding(
            get: { demo.outbox.offer?.assets == [model.id] ? demo.outbox.offer : nil },
            set: { if $0 == nil { demo.outbox.decline() } })
    }
}

/// One request and what came of it.
private struct AttemptView: View {
    let line: AttemptLine

    var body: some View {
        VStack(alignment: .leading, spacing: 4) {
            Text(line.heading).font(.footnote).foregroundStyle(.secondary)
            Text(line.words).font(.subheadline)
            Text(line.details).font(.footnote).foregroundStyle(.secondary)
        }
        .accessibilityElement(children: .ignore)
        .accessibilityLabel(line.spoken)
    }
}

/// One form of the photo at one target.
private struct DeliveryView: View {
    let line: DeliveryLine

    var body: some View {
        VStack(alignment: .leading, spacing: 4) {
            HStack(alignment: .firstTextBaseline) {
                Text(line.title).font(.headline)
                Spacer()
                Text(line.amount).font(.footnote).foregroundStyle(.secondary)
            }
            LookLabel(look: line.look).font(.subheadline)
            if let words = line.words { Text(words).font(.subheadline) }
            if let when = line.whenWords { Text(when).font(.footnote).foregroundStyle(.secondary) }
            if let part = line.part { ProgressView(value: part) }
            if line.receipt {
                Label("Receipt kept", systemImage: "signature").font(.footnote).foregroundStyle(.secondary)
            }
            Text(line.target).font(.footnote).foregroundStyle(.secondary)
        }
        .accessibilityElement(children: .ignore)
        .accessibilityLabel(line.spoken)
        .accessibilityValue("at \(line.target)")
    }
}
