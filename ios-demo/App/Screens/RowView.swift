// A line of the outbox: picture, title, state and why.

import SatchelDemoModel
import SwiftUI

struct RowView: View {
    let row: Row
    let part: Double?
    @Environment(\.dynamicTypeSize) private var size

    var body: some View {
        // Beside the picture there is no room for large letters.
        let layout =
            size.isAccessibilitySize
            ? AnyLayout(VStackLayout(alignment: .leading, spacing: 8))
            : AnyLayout(HStackLayout(alignment: .top, spacing: 12))
        layout {
            Picture(row: row).frame(width: 64, height: 64)
            VStack(alignment: .leading, spacing: 4) {
                HStack(alignment: .firstTextBaseline) {
                    Text(row.title).font(.headline).lineLimit(size.isAccessibilitySize ? 4 : 2)
                    if row.urgent { Image(systemName: "flag.fill").foregroundStyle(.orange) }
                }
                LookLabel(look: row.look).font(.subheadline)
                if let words = row.words { Text(words).font(.subheadline).foregroundStyle(.secondary) }
                if let when = row.whenWords { Text(when).font(.footnote).foregroundStyle(.secondary) }
                if let part { ProgressView(value: part) }
            }
        }
        .padding(.vertical, 4)
        // One stop for VoiceOver: all that the line shows, and its progress as the value.
        .accessibilityElement(children: .ignore)
        .accessibilityLabel(row.spoken)
        .accessibilityValue(part.map { "\(Int($0 * 100)) percent sent" } ?? "")
        .accessibilityAddTraits(row.look == .sending ? [.isButton, .updatesFrequently] : .isButton)
    }
}

/// A small picture, or what kind of thing it is.
private struct Picture: View {
    let row: Row
    @State private var picture: UIImage?

    var body: some View {
        ZStack {
            RoundedRectangle(cornerRadius: 8).fill(.quaternary)
            if let picture {
                Image(uiImage: picture).resizable().scaledToFill()
            } else {
                Image(systemName: row.kind == .video ? "video" : "photo").foregroundStyle(.secondary)
            }
        }
        .clipShape(RoundedRectangle(cornerRadius: 8))
        .task(id: row.id) {
            picture = await Pictures.shared.picture(of: row.source, id: row.id, pixels: 192)
        }
    }
}
