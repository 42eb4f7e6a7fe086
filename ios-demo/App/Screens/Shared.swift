// What all screens have: the banner of what is pretended, what could not be done, and how a state looks.

import SatchelDemoModel
import SwiftUI

extension View {
    /// What could not be done, with the words that say what to do.
    func notice(_ notice: Binding<Notice?>) -> some View {
        let isThere = Binding(
            get: { notice.wrappedValue != nil }, set: { if !$0 { notice.wrappedValue = nil } })
        return alert(notice.wrappedValue?.title ?? "", isPresented: isThere, presenting: notice.wrappedValue) { _ in
            Button("OK") {}
        } message: {
            Text($0.words)
        }
    }

    /// What is pretended, on top of every screen, so that nobody takes it for the truth.
    func banner(of tester: TesterModel) -> some View {
        safeAreaInset(edge: .top, spacing: 0) {
            if let words = tester.banner {
                Label(words, systemImage: "theatermasks.fill")
                    .font(.footnote.weight(.semibold))
                    .frame(maxWidth: .infinity)
                    .padding(.vertical, 6)
                    .padding(.horizontal)
                    .background(.yellow)
                    // Black on yellow, in the dark too.
                    .foregroundStyle(.black)
                    .accessibilityElement(children: .combine)
                    .accessibilityIdentifier("pretending")
            }
        }
    }
}

/// A state's symbol and word.
struct LookLabel: View {
    let look: Look

    var body: some View {
        Label(look.title, systemImage: look.symbol)
            .foregroundStyle(look.colour)
    }
}

extension Look {
    /// Colour tells nothing that symbol and word do not.
    var colour: Color {
        switch self {
        case .delivered: .green
        case .parked: .orange
        case .sending: .accentColor
        case .accepted, .reading, .waiting, .removed, .other: .secondary
        }
    }
}

/// A name and its value; below each other where letters are large.
struct FactRow: View {
    let name: String
    let value: String

    var body: some View {
        LabeledContent(name, value: value)
            .accessibilityElement(children: .ignore)
            .accessibilityLabel(name)
            .accessibilityValue(value)
    }
}
