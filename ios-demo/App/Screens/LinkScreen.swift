// The Link screen: what the phone sees, what that costs, what is left of the budgets, and what went.

import SatchelDemoModel
import SwiftUI

struct LinkScreen: View {
    @Bindable var link: LinkModel
    let tester: TesterModel
    @State private var draft: BudgetDraft?
    @Environment(\.openURL) private var openURL

    var body: some View {
        NavigationStack {
            List {
                network
                WaysSection(all: link.ways)
                BlocksSection(link: link)
                budgets
                if !link.grants.isEmpty { grants }
                LedgerSection(ledger: link.ledger)
            }
            .navigationTitle(DemoTab.link.words)
            .task { await link.refresh() }
            .refreshable { await link.refresh() }
            .sheet(item: $draft) { BudgetEditor(link: link, draft: $0) }
            .sheet(item: $link.page) { PageSheet(page: $0) }
            .sheet(item: $link.evidence) { ShareSheet(file: $0.id) }
            .notice($link.notice)
            .banner(of: tester)
        }
    }

    private var network: some View {
        Section {
            VStack(alignment: .leading, spacing: 4) {
                Text(link.title).font(.title2.bold())
                if let links = link.links { Text(Words.links(links)).font(.headline) }
                Text(link.meaning).foregroundStyle(.secondary)
            }
            .accessibilityElement(children: .combine)
            .accessibilityIdentifier("network")
            if let words = link.signIn {
                Label(words, systemImage: "exclamationmark.triangle").foregroundStyle(.orange)
                // Apple's own address for this: whatever stands in front of the network answers in its place.
                Button(TargetWays.openSignIn, systemImage: "person.badge.key") {
                    if let page = URL(string: "http://captive.apple.com") { openURL(page) }
                }
                .accessibilityIdentifier("sign-in")
            }
            ForEach(link.facts) { FactRow(name: $0.id, value: $0.value) }
            if link.canBeMarked {
                Picker("This network is", selection: mark) {
                    Text("As detected").tag(NetworkMark?.none)
                    Text("Free").tag(NetworkMark?.some(.free))
                    Text("Metered").tag(NetworkMark?.some(.metered))
                }
            } else if link.links != nil {
                Button("Tell networks apart…", systemImage: "location") { NetworkName.ask() }
            }
        } footer: {
            if !link.canBeMarked && link.links != nil {
                Text(
                    "To mark Wi-Fi networks as free or metered, Satchel must know which one it is. iOS asks for your place for that; Satchel keeps only a hash of the name, on this phone."
                )
            }
        }
    }

    private var budgets: some View {
        Section {
            ForEach(link.budgets) { line in
                Button {
                    draft = link.edit(line)
                } label: {
                    BudgetView(line: line)
                }
                .buttonStyle(.plain)
                .swipeActions {
                    Button("Remove", systemImage: "trash", role: .destructive) { Task { await link.remove(line) } }
                }
            }
            Button("Add a budget", systemImage: "plus") { draft = link.newBudget() }.accessibilityIdentifier(
                "add-budget")
        } header: {
            Text("Budgets")
        } footer: {
            if link.budgets.isEmpty { Text("Without a budget, only your rules decide what may cost.") }
        }
    }

    private var grants: some View {
        Section("Your yes holds for") {
            ForEach(link.grants) { line in
                VStack(alignment: .leading) {
                    Text(line.title)
                    Text(line.words).font(.footnote).foregroundStyle(.secondary)
                }
                .accessibilityElement(children: .combine)
                .swipeActions {
                    Button("Take back", role: .destructive) { Task { await link.end(line) } }
                }
            }
        }
    }

    private var mark: Binding<NetworkMark?> {
        Binding(get: { link.mark }, set: { mark in Task { await link.mark(mark) } })
    }
}

/// A budget and where it stands.
private struct BudgetView: View {
    let line: BudgetLine

    var body: some View {
        VStack(alignment: .leading, spacing: 6) {
            Text(line.id).font(.headline)
            Text(line.left)
            ProgressView(value: line.spent).tint(line.spent >= 1 ? .orange : .accentColor)
            Text([line.covers, line.refills].compactMap { $0 }.joined(separator: " · "))
                .font(.footnote).foregroundStyle(.secondary)
        }
        .frame(maxWidth: .infinity, alignment: .leading)
        .contentShape(Rectangle())
        .accessibilityElement(children: .ignore)
        .accessibilityLabel(line.spoken)
        .accessibilityHint("Changes the budget")
        .accessibilityAddTraits(.isButton)
    }
}
