// The price sheet: what sending some now costs, and the yes to it.

import SatchelDemoModel
import SwiftUI

struct PriceSheet: View {
    let outbox: OutboxModel
    let offer: Offer
    @State private var sending = false

    var body: some View {
        NavigationStack {
            List {
                Section {
                    FactRow(name: "Bytes", value: offer.bytes)
                    FactRow(name: "Time", value: offer.takes)
                    FactRow(name: "Over", value: offer.over)
                } footer: {
                    Text(offer.consent)
                }
                if !offer.budgets.isEmpty {
                    Section("Budgets") {
                        ForEach(offer.budgets) { share in
                            VStack(alignment: .leading, spacing: 6) {
                                Text(share.id).font(.headline)
                                Text(share.words).font(.subheadline)
                                ProgressView(value: share.part).tint(share.isTooMuch ? .orange : .accentColor)
                            }
                            .accessibilityElement(children: .ignore)
                            .accessibilityLabel(share.id)
                            .accessibilityValue(share.words)
                        }
                    }
                }
                Section {
                    Button {
                        sending = true
                        Task {
                            await outbox.sendNow()
                            sending = false
                        }
                    } label: {
                        Text("Send now").frame(maxWidth: .infinity)
                    }
                    .buttonStyle(.borderedProminent)
                    .disabled(!offer.canBeSent || sending)
                    .accessibilityIdentifier("send-now")
                    .listRowBackground(Color.clear)
                    .listRowInsets(EdgeInsets())
                }
            }
            .navigationTitle(offer.title)
            .navigationBarTitleDisplayMode(.inline)
            .toolbar {
                ToolbarItem(placement: .cancellationAction) { Button("Not now") { outbox.decline() } }
            }
        }
        .presentationDetents([.medium, .large])
    }
}
