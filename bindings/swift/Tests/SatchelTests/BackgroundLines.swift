// Background upload in an existing app: what it writes, and that it works as it stands, as far as Linux has it.

import Foundation
import Satchel
import SatchelApple
import SatchelInbox
import Testing

#if canImport(UIKit)
    import UIKit
#endif

// background upload: begin
/// The app's one outbox. Whatever the app is started for, it is opened.
func openOutbox(_ setup: SatchelHost.Setup, _ edges: SatchelHost.Edges) async throws -> SatchelHost {
    try await SatchelHost.open(setup, edges)
}

/// What the app calls where it called its own upload before: when this returns, the photo is safe.
func upload(_ photo: URL, caption: String, in host: SatchelHost) async throws -> AssetID {
    let options = AddOptions(post: PostEdit(caption: caption), copy: true)
    return try await host.satchel.add(photo, options: options).id
}

/// What its share extension calls; it links SatchelInbox alone.
func share(_ photo: URL, caption: String, inbox: URL) throws {
    try Inbox(folder: inbox).deliver(
        file: photo, name: photo.lastPathComponent, post: InboxPost(caption: caption))
}

#if canImport(UIKit)
    let tasks = BackgroundTasks(processing: "example.app.process", refresh: "example.app.refresh") {
        try? await outbox.value
    }
    let outbox: Task<SatchelHost, any Error> = Task {
        try await openOutbox(
            .standard(group: "group.example.app"),
            .init(
                carrier: URLSessionCarrier(identifier: "example.app.uploads"),
                credentials: KeychainCredentials(service: "example.app"), previewer: ApplePreviewer(),
                submit: { tasks.submit($0) }))
    }

    final class AppDelegate: UIResponder, UIApplicationDelegate {
        private var life: AppLife?

        func application(
            _ application: UIApplication,
            didFinishLaunchingWithOptions options: [UIApplication.LaunchOptionsKey: Any]? = nil
        ) -> Bool {
            _ = tasks
            Task { life = AppLife(try await outbox.value) }
            return true
        }

        func application(
            _ application: UIApplication, handleEventsForBackgroundURLSession identifier: String,
            completionHandler: @escaping () -> Void
        ) {
            // The app may have sessions of its own.
            guard identifier == "example.app.uploads" else { return completionHandler() }
            Task {
                try? await outbox.value.handleEvents()
                completionHandler()
            }
        }
    }
#endif
// background upload: end

@Test(.timeLimit(.minutes(5)))
func theLinesOfAnExistingAppUploadWhileItIsAway() async throws {
    let folder = try Folder()
    let world = try World(in: folder.url)
    let setup = SatchelHost.Setup(
        folder: folder.url.appendingPathComponent("app"), inbox: folder.url.appendingPathComponent("inbox"))
    let carrier = URLSessionCarrier(identifier: "lines", seams: .init(withoutTLS: true))
    let host = try await openOutbox(setup, .init(carrier: carrier, credentials: Tokens()))
    try await host.linkChanged(Link(.wifi, metered: false))
    try await host.satchel.pair(code: try await world.code(), device: "a phone")
    try await world.play("plain")
    let own = try await upload(try folder.photo("own.jpg"), caption: "My own", in: host)
    try share(try folder.photo("shared.jpg"), caption: "Shared", inbox: folder.url.appendingPathComponent("inbox"))
    // The app is started for its share extension's sake, in the background.
    #expect(await host.work(within: .seconds(20)))
    // What the system carries goes on, and starts the app again when it is done.
    for _ in 0..<50 where try await host.satchel.counts().delivered < 2 { await host.handleEvents(within: .seconds(2)) }
    #expect(try await host.satchel.asset(own).state == .delivered(.receipt))
    #expect(try await host.satchel.counts().delivered == 2)
    try await host.close()
}
