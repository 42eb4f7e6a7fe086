// On the Settings screen: the other addresses of a server, their editor, and the neutral address.

import SatchelDemoModel
import SwiftUI

/// The addresses of a target.
struct AddressesRows: View {
    let settings: SettingsModel
    let target: TargetLine
    /// The one that is being typed.
    @Binding var draft: EndpointDraft?

    var body: some View {
        DisclosureGroup(EndpointDraft.title) {
            Text("Where else this server is, for when it is blocked. They are tried in this order.")
                .font(.footnote).foregroundStyle(.secondary)
            ForEach(target.endpoints) { line in
                Button {
                    edit(line.id)
                } label: {
                    VStack(alignment: .leading, spacing: 2) {
                        Text(line.host)
                        Text(line.more).font(.footnote).foregroundStyle(.secondary)
                    }
                    .frame(maxWidth: .infinity, alignment: .leading)
                    .contentShape(Rectangle())
                }
                .buttonStyle(.plain)
                .accessibilityElement(children: .combine)
                .accessibilityAddTraits(.isButton)
                .accessibilityHint(line.canBeRemoved ? "Changes the address" : "Changes its IP addresses")
                .swipeActions {
                    if line.canBeRemoved {
                        Button("Remove", systemImage: "trash", role: .destructive) {
                            Task { await settings.remove(line.id, of: target.id) }
                        }
                    }
                }
            }
            Button(EndpointDraft.add, systemImage: "plus") { edit(.new) }.accessibilityIdentifier("add-address")
            if target.endpoints.count > 1 {
                Toggle(isOn: sharedStore) {
                    Text(EndpointDraft.sharedStore)
                    Text(EndpointDraft.sharedStoreMeaning)
                }
            }
        }
    }

    private func edit(_ place: EndpointDraft.Place) {
        Task { draft = await settings.edit(place, of: target.id) }
    }

    private var sharedStore: Binding<Bool> {
        Binding(
            get: { target.sharedStore },
            set: { shared in Task { await settings.share(shared, storeOf: target.id) } })
    }
}

/// The editor of an endpoint. What is wrong stands below the field that it is about.
struct EndpointEditor: View {
    let settings: SettingsModel
    @State var draft: EndpointDraft
    @State private var problem: EndpointDraft.Problem?
    @Environment(\.dismiss) private var dismiss

    var body: some View {
        NavigationStack {
            Form {
                if draft.place != .first {
                    field(.address, "Address", "https://", "It begins with https://", $draft.address, "address")
                    field(
                        .key, "Key", "Key", "As in the pairing code. Empty, the trusted authorities vouch for it",
                        $draft.key, "key")
                }
                field(
                    .ips, "IP addresses", "203.0.113.7", "For when its name is not answered, or wrongly", $draft.ips,
                    "ips")
            }
            .navigationTitle(title)
            .navigationBarTitleDisplayMode(.inline)
            .toolbar {
                ToolbarItem(placement: .cancellationAction) { Button("Cancel") { dismiss() } }
                ToolbarItem(placement: .confirmationAction) {
                    Button("Save") { Task { await save() } }.accessibilityIdentifier("save-address")
                }
            }
            .onChange(of: draft) { problem = nil }
        }
    }

    private var title: String {
        switch draft.place {
        case .first: "Change its IP addresses"
        case .further: "Change the address"
        case .new: EndpointDraft.add
        }
    }

    private func field(
        _ which: EndpointDraft.Field, _ name: String, _ prompt: String, _ meaning: String, _ text: Binding<String>,
        _ identifier: String
    ) -> some View {
        Section {
            TextField(prompt, text: text, axis: .vertical)
                .textInputAutocapitalization(.never)
                .autocorrectionDisabled()
                .keyboardType(which == .key ? .asciiCapable : .URL)
                .accessibilityLabel(name)
                .accessibilityIdentifier(identifier)
            if let problem, problem.field == which { ProblemLabel(words: problem.words) }
        } header: {
            Text(name)
        } footer: {
            Text(meaning)
        }
    }

    private func save() async {
        problem = await settings.keep(draft)
        if problem == nil { dismiss() }
    }
}

/// The neutral address.
struct NeutralSection: View {
    @Bindable var settings: SettingsModel

    var body: some View {
        Section {
            TextField("Empty, nothing is asked", text: $settings.neutral, axis: .vertical)
                .textInputAutocapitalization(.never)
                .autocorrectionDisabled()
                .keyboardType(.URL)
                .accessibilityLabel(SettingsModel.neutralTitle)
                .accessibilityIdentifier("neutral")
            if let words = settings.neutralProblem { ProblemLabel(words: words) }
            if settings.neutralIsNew {
                Button("Keep the neutral address") { Task { await settings.keepNeutral() } }
                    .accessibilityIdentifier("keep-neutral")
            }
        } header: {
            Text(SettingsModel.neutralTitle)
        } footer: {
            Text(SettingsModel.neutralMeaning)
        }
    }
}

/// What is wrong with what was typed above it.
private struct ProblemLabel: View {
    let words: String

    var body: some View {
        Label(words, systemImage: "exclamationmark.circle")
            .foregroundStyle(.orange)
            .accessibilityElement(children: .combine)
            .accessibilityIdentifier("problem")
    }
}
