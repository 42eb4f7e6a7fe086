// The Settings screen: where photos go, by which rules, and which of them.

import SatchelDemoModel
import SwiftUI

import enum Satchel.Redaction
import struct Satchel.Policy

struct SettingsScreen: View {
    @Bindable var settings: SettingsModel
    let tester: TesterModel
    @State private var pairing = false
    @State private var endpoint: EndpointDraft?

    var body: some View {
        NavigationStack {
            Form {
                receivers
                NeutralSection(settings: settings)
                rules
                roll
            }
            .navigationTitle(DemoTab.settings.words)
            .task { await settings.refresh() }
            .refreshable { await settings.refresh() }
            .sheet(item: $endpoint) { EndpointEditor(settings: settings, draft: $0) }
            .sheet(isPresented: $pairing) { PairingSheet(settings: settings) }
            // A code that opened the app is shown for a yes.
            .onChange(of: settings.code, initial: true) { _, code in if !code.isEmpty { pairing = true } }
            .notice($settings.notice)
            .banner(of: tester)
        }
    }

    private var receivers: some View {
        Section {
            ForEach(settings.targets) { TargetView(settings: settings, target: $0, endpoint: $endpoint) }
            Button("Pair with a receiver", systemImage: "qrcode.viewfinder") { pairing = true }
                .accessibilityIdentifier("pair")
        } header: {
            Text("Receivers")
        } footer: {
            if settings.targets.isEmpty {
                Text("On a computer, run “satchel serve”. It shows a code; scan it here.")
            }
        }
    }

    private var rules: some View {
        Section("Rules") {
            Picker("What may go", selection: ruleName) {
                if settings.rules == nil { Text("Your own rules").tag(String?.none) }
                ForEach(settings.allRules, id: \.self) { Text(Words.sentence($0)).tag(String?.some($0)) }
            }
            .pickerStyle(.inline)
            .labelsHidden()
            Picker("What goes first", selection: order) {
                Text("The newest").tag(Policy.Order.newest)
                Text("The oldest").tag(Policy.Order.oldest)
            }
        }
    }

    private var roll: some View {
        Section {
            Toggle("Add new photos by themselves", isOn: rollIsOn)
            ForEach(settings.albums) { album in
                Toggle(album.title, isOn: watched(album))
            }
        } header: {
            Text("Camera roll")
        } footer: {
            Text(
                settings.accessWords
                    ?? "Where no album is watched, all new photos are added. Those that were taken before stay out.")
        }
    }

    private var ruleName: Binding<String?> {
        Binding(get: { settings.rules }, set: { name in if let name { Task { await settings.keep(rules: name) } } })
    }

    private var order: Binding<Policy.Order> {
        Binding(get: { settings.order }, set: { order in Task { await settings.keep(order: order) } })
    }

    private var rollIsOn: Binding<Bool> {
        Binding(get: { settings.rollIsOn }, set: { on in Task { await settings.turnRoll(on: on) } })
    }

    private func watched(_ album: Album) -> Binding<Bool> {
        Binding(get: { album.watched }, set: { on in Task { await settings.watch(album.id, on) } })
    }
}

/// A target: what it is, how it is, and what is hidden from it.
private struct TargetView: View {
    let settings: SettingsModel
    let target: TargetLine
    /// The endpoint that is being typed.
    @Binding var endpoint: EndpointDraft?

    var body: some View {
        VStack(alignment: .leading, spacing: 4) {
            Text(target.name).font(.headline)
            Text(target.kind).font(.subheadline).foregroundStyle(.secondary)
            if let rest = target.rest { Label(rest, systemImage: "zzz").font(.subheadline).foregroundStyle(.orange) }
            if let found = settings.checked[target.id] { Text(found).font(.footnote) }
        }
        .accessibilityElement(children: .combine)
        Picker("Hide from this server", selection: redaction) {
            ForEach(Redaction.allCases, id: \.self) { Text(Words.redaction($0)).tag($0) }
        }
        AddressesRows(settings: settings, target: target, draft: $endpoint)
        Button("Ask what it has", systemImage: "checklist") { Task { await settings.check(target.id) } }
    }

    private var redaction: Binding<Redaction> {
        Binding(get: { target.redact }, set: { redact in Task { await settings.redact(redact, for: target.id) } })
    }
}
