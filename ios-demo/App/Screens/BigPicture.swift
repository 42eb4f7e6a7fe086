// The large picture of one photo.

import SatchelDemoModel
import SwiftUI

import enum Satchel.Source

struct BigPicture: View {
    let model: AssetModel
    let source: Source
    @State private var picture: UIImage?
    @State private var looked = false

    var body: some View {
        ZStack {
            Rectangle().fill(.quaternary)
            if let picture {
                Image(uiImage: picture).resizable().scaledToFit()
            } else if looked {
                Label("No picture on this phone just now", systemImage: "photo").foregroundStyle(.secondary).padding()
            } else {
                ProgressView()
            }
        }
        .frame(maxWidth: .infinity, minHeight: 220, maxHeight: 420)
        .accessibilityElement(children: .ignore)
        .accessibilityLabel(model.title)
        .accessibilityAddTraits(.isImage)
        .task(id: model.id) {
            picture = await Pictures.shared.picture(of: source, id: model.id, pixels: 1_600)
            looked = true
        }
    }
}
