// What a person sees of the share extension: what they say of the photos, and one button.

import SwiftUI

/// The sheet of the share extension.
struct ShareView: View {
    /// How it ended.
    enum Outcome {
        case done
        case cancelled
    }

    @Bindable var shared: Shared
    let end: (Outcome) -> Void

    var body: some View {
        NavigationStack {
            Form {
                Section {
                    TextField("Caption", text: $shared.caption, axis: .vertical)
                    TextField("Tags", text: $shared.tags).textInputAutocapitalization(.never)
                } footer: {
                    Text(shared.count == 1 ? "One photo or video" : "For all \(shared.count)")
                }
                if let fault = shared.fault {
                    Section { Label(fault, systemImage: "exclamationmark.triangle") }
                }
                if shared.count == 0 {
                    Section { Text("There is neither a photo nor a video in what was shared.") }
                }
            }
            .navigationTitle("Satchel")
            .navigationBarTitleDisplayMode(.inline)
            .toolbar {
                ToolbarItem(placement: .cancellationAction) { Button("Cancel") { end(.cancelled) } }
                ToolbarItem(placement: .confirmationAction) {
                    if shared.delivering {
                        ProgressView()
                    } else {
                        Button("Add") { Task { if await shared.deliver() { end(.done) } } }.disabled(shared.count == 0)
                    }
                }
            }
        }
    }
}
