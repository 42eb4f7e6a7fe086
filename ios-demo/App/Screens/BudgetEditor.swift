// The editor of a budget.

import SatchelDemoModel
import SwiftUI

struct BudgetEditor: View {
    let link: LinkModel
    @State var draft: BudgetDraft
    @Environment(\.dismiss) private var dismiss

    var body: some View {
        NavigationStack {
            Form {
                Section {
                    TextField("Name", text: $draft.name)
                    LabeledContent("Megabytes") {
                        TextField("50", text: $draft.megabytes)
                            .keyboardType(.numberPad)
                            .multilineTextAlignment(.trailing)
                            .accessibilityLabel("Megabytes")
                    }
                    Picker("Counts", selection: $draft.covers) {
                        ForEach([LinkClass.metered, .roaming], id: \.self) { links in
                            Text("\(Words.links(links)) links").tag(BudgetDraft.Covers.links(links))
                        }
                        if link.canBeMarked { Text("This network").tag(BudgetDraft.Covers.thisNetwork) }
                        if case .network = draft.covers { Text("One network").tag(draft.covers) }
                        if case .links(let links) = draft.covers, links == .unmetered || links == .unknown {
                            Text("\(Words.links(links)) links").tag(draft.covers)
                        }
                    }
                } footer: {
                    Text("Billed bytes of both directions, with headers. They are reserved before a byte leaves.")
                }
                Section {
                    Toggle("For a trip", isOn: $draft.isTrip)
                    if draft.isTrip {
                        DatePicker("From", selection: $draft.from)
                        DatePicker("To", selection: $draft.to)
                    }
                } footer: {
                    Text(draft.isTrip ? "Once, for the whole trip." : "Anew each day, from midnight.")
                }
                if let fault = draft.fault {
                    Section { Label(fault, systemImage: "exclamationmark.circle").foregroundStyle(.orange) }
                }
            }
            .navigationTitle(draft.replaces == nil ? "New budget" : "Budget")
            .navigationBarTitleDisplayMode(.inline)
            .toolbar {
                ToolbarItem(placement: .cancellationAction) { Button("Cancel") { dismiss() } }
                ToolbarItem(placement: .confirmationAction) {
                    Button("Save") { Task { if await link.keep(draft) { dismiss() } } }.disabled(draft.fault != nil)
                }
            }
        }
        .presentationDetents([.medium, .large])
    }
}
