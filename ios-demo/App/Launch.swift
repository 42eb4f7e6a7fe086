// The launch: opens the one outbox of this process, and puts the model upon it.

import Foundation
import Observation
import Satchel
import SatchelApple
import SatchelDemoModel
import UIKit
import os

/// The app's identifiers; all begin with what `Signing.xcconfig` says, and some stand in `Info.plist` and the entitlements too.
enum Names {
    private static let id = Bundle.main.object(forInfoDictionaryKey: "SatchelID") as? String ?? "app.satchel.demo"

    static let group = "group.\(id)"
    static let processing = "\(id).processing"
    static let refresh = "\(id).refresh"
    static let send = "\(id).send"
    static let session = "\(id).uploads"
    static let keychain = id
}

/// Opens the outbox once, again after a failure, and holds what lives as long as the process.
@MainActor @Observable
final class Launch {
    /// How far it is.
    enum State {
        case opening
        case open(DemoModel)
        case failed(Notice)
    }

    /// A pairing code that opened the app before the outbox was open.
    @ObservationIgnored private var early: URL?
    private(set) var state = State.opening
    @ObservationIgnored private var opening: Task<SatchelHost?, Never>?
    @ObservationIgnored private var tasks: BackgroundTasks?
    @ObservationIgnored private var life: AppLife?
    /// One for all tries: while one that is let go still ends, its session takes nothing any more.
    private let carrier = URLSessionCarrier(identifier: Names.session)
    @ObservationIgnored private var unlocking: (any NSObjectProtocol)?

    /// Opens the outbox, unless that is done or under way.
    func begin() {
        if tasks == nil {
            tasks = BackgroundTasks(processing: Names.processing, refresh: Names.refresh, continued: Names.send) {
                [weak self] in await self?.host()
            }
        }
        guard opening == nil else { return }
        state = .opening
        opening = Task { await open() }
    }

    /// The open outbox, waited for; none where it cannot be opened.
    func host() async -> SatchelHost? {
        await opening?.value
    }

    /// Takes a link that opened the app.
    func open(_ url: URL) {
        if case .open(let demo) = state { demo.open(url) } else { early = url }
    }

    private func open() async -> SatchelHost? {
        guard let tasks else { return nil }
        do {
            let latest = Latest()
            let library = PhotosLibrary { latest.link }
            let watched = WatchedPhotos()
            let host = try await SatchelHost.open(
                try .standard(group: Names.group),
                SatchelHost.Edges(
                    carrier: carrier, credentials: KeychainCredentials(service: Names.keychain), library: library,
                    previewer: ApplePreviewer(library: library), photos: watched,
                    submit: { tasks.submit($0) }))
            latest.satchel = host.satchel
            show(host, tasks)
            return host
        } catch {
            failed(error)
            return nil
        }
    }

    private func show(_ host: SatchelHost, _ tasks: BackgroundTasks) {
        let networks = NetworkName()
        life = AppLife(host) { await networks.current() }
        let phone = HostPhone(host, tasks, networks)
        NetworkName.answered = { [weak self, weak phone] in
            self?.life?.lookAgain()
            phone?.lookAgain()
        }
        let demo = DemoModel(
            host.satchel,
            Edges(
                phone: phone, roll: PhoneRoll(host), process: KilledProcess(), memory: DefaultsMemory(),
                temporary: FileManager.default.temporaryDirectory))
        Task { await demo.follow() }
        state = .open(demo)
        if let early { demo.open(early) }
        early = nil
    }

    private func failed(_ error: any Error) {
        opening = nil
        state = .failed(Notice("The outbox cannot be opened", error))
        // Started in the background before the first unlock: its files cannot be read yet.
        guard unlocking == nil, !UIApplication.shared.isProtectedDataAvailable else { return }
        unlocking = NotificationCenter.default.addObserver(
            forName: UIApplication.protectedDataDidBecomeAvailableNotification, object: nil, queue: .main
        ) { [weak self] _ in MainActor.assumeIsolated { self?.begin() } }
    }
}

/// The outbox, for those who are asked by it from its own threads.
private final class Latest: Sendable {
    private let held = OSAllocatedUnfairLock<Satchel?>(initialState: nil)

    var satchel: Satchel? {
        get { held.withLock { $0 } }
        set { held.withLock { $0 = newValue } }
    }

    /// The link that there is now, as a person's word makes it.
    var link: PhoneLink? { try? satchel?.effectiveLink() }
}
