// What was shared, and how it gets into the inbox.

import Foundation
import Observation
import SatchelInbox
import UniformTypeIdentifiers

/// The shared photos and videos, and what is said of them.
@MainActor @Observable
final class Shared {
    var caption = ""
    /// Separated by spaces or commas; `#` may stand before them.
    var tags = ""
    private(set) var delivering = false
    /// What could not be delivered, and what to do.
    private(set) var fault: String?
    let count: Int

    /// Delivered already; of a second try, only the others are.
    private var delivered: Set<Int> = []
    private let providers: [NSItemProvider]

    init(_ providers: [NSItemProvider]) {
        self.providers = providers.filter { Self.media(of: $0) != nil }
        count = self.providers.count
    }

    /// Delivers all; whether each is on the disk.
    func deliver() async -> Bool {
        guard let group = FileManager.default.containerURL(forSecurityApplicationGroupIdentifier: Names.group) else {
            fault = "This copy of the app has no shared folder: it was signed without its app group."
            return false
        }
        delivering = true
        defer { delivering = false }
        let inbox = Inbox(folder: group.appendingPathComponent("inbox"))
        let post = InboxPost(
            caption: caption.isEmpty ? nil : caption, tags: tagList.isEmpty ? nil : tagList)
        var failed = 0
        for (index, provider) in providers.enumerated() where !delivered.contains(index) {
            do {
                try await Self.deliver(provider, to: inbox, post)
                delivered.insert(index)
            } catch {
                failed += 1
            }
        }
        fault =
            failed == 0
            ? nil
            : "\(failed) of \(count) could not be read. They may be in the cloud: open them in Photos, then try again."
        return failed == 0
    }

    private var tagList: [String] {
        tags.split { $0 == "," || $0.isWhitespace }.map { String($0.drop { $0 == "#" }) }.filter { !$0.isEmpty }
    }

    private static func media(of provider: NSItemProvider) -> String? {
        let known = provider.registeredTypeIdentifiers
        for type in [UTType.movie, .image] {
            if let found = known.first(where: { UTType($0)?.conforms(to: type) == true }) { return found }
        }
        return nil
    }

    private static func deliver(_ provider: NSItemProvider, to inbox: Inbox, _ post: InboxPost) async throws {
        guard let type = media(of: provider) else { throw CocoaError(.fileReadUnsupportedScheme) }
        let name = provider.suggestedName
        try await withCheckedThrowingContinuation { (answer: CheckedContinuation<Void, any Error>) in
            // The file is lent: it is gone when this closure returns, so the inbox has it by then.
            _ = provider.loadFileRepresentation(forTypeIdentifier: type) { file, error in
                do {
                    guard let file else { throw error ?? CocoaError(.fileReadUnknown) }
                    try inbox.deliver(file: file, name: Self.name(name, like: file), post: post)
                    answer.resume()
                } catch {
                    answer.resume(throwing: error)
                }
            }
        }
    }

    /// What it was called, with the ending that its file has.
    private nonisolated static func name(_ suggested: String?, like file: URL) -> String {
        guard let suggested, !suggested.isEmpty, !suggested.contains("/") else { return file.lastPathComponent }
        let ending = (suggested as NSString).pathExtension
        return ending.isEmpty && !file.pathExtension.isEmpty ? "\(suggested).\(file.pathExtension)" : suggested
    }
}

/// The extension's identifiers; they begin with what `Signing.xcconfig` says.
enum Names {
    static let group = "group.\(Bundle.main.object(forInfoDictionaryKey: "SatchelID") as? String ?? "app.satchel.demo")"
}
