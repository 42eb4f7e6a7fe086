// The Tester screen: pretend a bad network, kill the process, fill the outbox, share a report.

import SatchelDemoModel
import SwiftUI

struct TesterScreen: View {
    @Bindable var tester: TesterModel
    @State private var killing = false

    var body: some View {
        NavigationStack {
            Form {
                Section {
                    pretence(nil, "Nothing", "The real network")
                    ForEach(Pretence.allCases) { pretence($0, $0.words, $0.meaning) }
                } header: {
                    Text("Pretend")
                } footer: {
                    Text(
                        "For this outbox alone, and until the app ends. What the system carries in the background meets the real network."
                    )
                }
                Section("Samples") {
                    ForEach([10, 100, 1_000], id: \.self) { count in
                        Button("Add \(Words.count(count, "picture"))") { Task { await tester.fill(count) } }
                            .disabled(tester.filling > 0)
                    }
                    if tester.filling > 0 {
                        ProgressView("\(Words.count(tester.filling, "picture")) to go")
                    }
                }
                Section {
                    Button("Make a report", systemImage: "doc.text.magnifyingglass") {
                        Task { await tester.makeReport() }
                    }
                    .accessibilityIdentifier("report")
                    if let report = tester.report {
                        ShareLink(item: report.id) { Label("Share the report", systemImage: "square.and.arrow.up") }
                        DisclosureGroup("What it says") {
                            Text(report.text).font(.footnote.monospaced()).textSelection(.enabled)
                        }
                    }
                } header: {
                    Text("Report")
                } footer: {
                    Text("It names no photo, no place, no server and no network.")
                }
                Section {
                    Button("Kill the process", systemImage: "bolt.trianglebadge.exclamationmark", role: .destructive) {
                        killing = true
                    }
                    .confirmationDialog("Kill the process?", isPresented: $killing, titleVisibility: .visible) {
                        Button("Kill it", role: .destructive) { tester.kill() }
                    } message: {
                        Text(
                            "As the system does when it needs the memory: at once. Open the app again and see that nothing is lost."
                        )
                    }
                }
            }
            .navigationTitle(DemoTab.tester.words)
            .notice($tester.notice)
            .banner(of: tester)
        }
    }

    private func pretence(_ what: Pretence?, _ words: String, _ meaning: String) -> some View {
        Button {
            Task { await tester.pretend(what) }
        } label: {
            HStack {
                VStack(alignment: .leading) {
                    Text(words).foregroundStyle(.primary)
                    Text(meaning).font(.footnote).foregroundStyle(.secondary)
                }
                Spacer()
                if tester.pretence == what { Image(systemName: "checkmark").foregroundStyle(.tint) }
            }
            .contentShape(Rectangle())
        }
        .buttonStyle(.plain)
        .accessibilityElement(children: .combine)
        .accessibilityAddTraits(tester.pretence == what ? [.isButton, .isSelected] : .isButton)
    }
}
