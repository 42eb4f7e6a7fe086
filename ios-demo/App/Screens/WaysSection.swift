// On the Link screen: the ways to each server, what stood in its place, and a page of that as text.

import SatchelDemoModel
import SwiftUI

/// Each server's ways, in the order in which they are tried.
struct WaysSection: View {
    let all: [TargetWays]

    var body: some View {
        Section {
            if all.isEmpty { Text("No server is set up yet.").foregroundStyle(.secondary) }
            ForEach(all) { one in
                if all.count > 1 { Text(one.name).font(.headline).accessibilityAddTraits(.isHeader) }
                ForEach(one.ways) { WayView(way: $0) }
            }
        } header: {
            Text(TargetWays.title)
        } footer: {
            if all.contains(where: { $0.ways.count == 1 }) {
                Text("Settings has room for other addresses of a server, for when this one is blocked.")
            }
        }
    }
}

/// A way and how it fares.
private struct WayView: View {
    let way: WayLine

    var body: some View {
        Label {
            VStack(alignment: .leading, spacing: 2) {
                Text("\(way.host), \(way.by)")
                Text(way.words).foregroundStyle(.secondary)
                if let times = way.times { Text(times).font(.footnote).foregroundStyle(.secondary) }
                if way.carries { Text(WayLine.carriesWords).font(.footnote.weight(.semibold)) }
            }
        } icon: {
            Image(systemName: way.look.symbol).foregroundStyle(way.look.colour)
        }
        .accessibilityElement(children: .ignore)
        .accessibilityLabel(way.spoken)
        .accessibilityIdentifier("way")
    }
}

extension WayLook {
    /// Colour tells nothing that symbol and words do not.
    fileprivate var colour: Color {
        switch self {
        case .answers: .green
        case .waits: .secondary
        case .needsYou: .orange
        }
    }
}

/// What stood in the servers' place, and its way to somebody who can do something about it.
struct BlocksSection: View {
    let link: LinkModel

    var body: some View {
        Section {
            if link.blocks.isEmpty {
                Text(BlockLine.none).foregroundStyle(.secondary)
            } else {
                ForEach(link.shownBlocks) { line in
                    BlockView(line: line)
                    if line.hasPage {
                        Button(BlockLine.readPage, systemImage: "doc.plaintext") { Task { await link.read(line) } }
                            .accessibilityLabel("Read the page of: \(line.words), \(line.times)")
                    }
                }
                if let words = link.blocksToggle { Button(words) { link.showsAllBlocks.toggle() } }
                Button(BlockLine.shareEvidence, systemImage: "square.and.arrow.up") {
                    Task { await link.gatherEvidence() }
                }
                .accessibilityIdentifier("share-evidence")
            }
        } header: {
            Text(BlockLine.title)
        } footer: {
            if !link.blocks.isEmpty { Text(BlockLine.evidenceMeaning) }
        }
    }
}

/// A record of a block.
private struct BlockView: View {
    let line: BlockLine

    var body: some View {
        VStack(alignment: .leading, spacing: 2) {
            Text(line.words)
            if let said = line.said { Text(said).foregroundStyle(.secondary) }
            Text(line.place).font(.footnote).foregroundStyle(.secondary)
            Text(line.times).font(.footnote).foregroundStyle(.secondary)
        }
        .accessibilityElement(children: .ignore)
        .accessibilityLabel(line.spoken)
    }
}

/// The source of a page, which is somebody else's: nothing in it is followed, run or drawn.
struct PageSheet: View {
    let page: PageText
    @Environment(\.dismiss) private var dismiss

    var body: some View {
        NavigationStack {
            ScrollView {
                VStack(alignment: .leading, spacing: 12) {
                    Text(page.title).font(.headline)
                    // Not as Markdown, whose links could be tapped.
                    Text(verbatim: page.text).font(.footnote.monospaced())
                    if page.isCut { Text("There is more of it in the evidence.").foregroundStyle(.secondary) }
                }
                .frame(maxWidth: .infinity, alignment: .leading)
                .padding()
            }
            .navigationTitle("The page, as text")
            .navigationBarTitleDisplayMode(.inline)
            .toolbar {
                ToolbarItem(placement: .confirmationAction) { Button("Close") { dismiss() } }
            }
        }
    }
}

/// The system's share sheet, for a file that is written when it is asked for.
struct ShareSheet: UIViewControllerRepresentable {
    let file: URL

    func makeUIViewController(context: Context) -> UIActivityViewController {
        UIActivityViewController(activityItems: [file], applicationActivities: nil)
    }

    func updateUIViewController(_ controller: UIActivityViewController, context: Context) {}
}
