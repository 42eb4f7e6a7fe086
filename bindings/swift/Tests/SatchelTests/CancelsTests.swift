// Random cancels and closes from 16 tasks, while one outbox sends over a slow link; how many is said by SATCHEL_CANCELS.

import Foundation
import Satchel
import Testing

private let lanes = 16

/// What the process holds, on Linux.
private struct Held {
    /// More than the tests beside this one hold; far less than if a cancel in ten left something behind.
    static let room = 48

    let files: Int
    let threads: Int

    init() throws {
        #if os(Linux)
            files = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
            threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
        #else
            (files, threads) = (0, 0)
        #endif
    }

    /// The library has at most 64 threads that may wait, and each goes when it was idle for 10 s.
    func levels(with first: Held) -> Bool { files <= first.files + Self.room && threads <= first.threads + 64 }
}

/// What another task's run or close leads to is no failure here; anything else is.
private func quietly(_ work: () async throws -> Void) async throws {
    do {
        try await work()
    } catch SatchelError.alreadyRunning {
        try? await Task.sleep(for: .milliseconds(1))
    } catch SatchelError.closed {
    } catch is CancellationError {
    }
}

/// Begins something, and cancels it at some moment.
private func cancel(_ satchel: Satchel, _ photos: [URL]) async throws {
    let photo = photos[Int.random(in: 0..<photos.count)]
    let doing = Task {
        try await quietly {
            switch Int.random(in: 0..<8) {
            case 0: try await satchel.run()
            case 1: _ = try await satchel.assets(limit: 50)
            case 2: _ = try await satchel.counts()
            case 3: for await _ in satchel.changes() { if Bool.random() { break } }
            case 4: try await satchel.addFolder(photo.deletingLastPathComponent())
            case 5: try await satchel.tryNow()
            case 6:
                let added = try await satchel.add(photo)
                try await satchel.editPost(added.id, PostEdit(caption: "\(Int.random(in: 0..<9))"))
            default: try await satchel.add(photo, options: AddOptions(urgent: .random()))
            }
        }
    }
    try await Task.sleep(for: .microseconds(Int.random(in: 0..<4_000)))
    doing.cancel()
    try await doing.value
}

/// An outbox of its own, closed in the middle of what it does.
private func openAndClose(_ folder: URL) async throws {
    let opening = Task {
        try await quietly {
            let satchel = try await Satchel.open(Configuration(folder: folder))
            defer { satchel.close() }
            try satchel.setLink(Link(.wifi, metered: false))
            let running = Task { try await quietly { try await satchel.run() } }
            let reading = Task { for await _ in satchel.changes() {} }
            _ = try await satchel.counts()
            try? await Task.sleep(for: .microseconds(Int.random(in: 0..<2_000)))
            satchel.close()
            try await running.value
            await reading.value
        }
    }
    if Bool.random() {
        try await Task.sleep(for: .microseconds(Int.random(in: 0..<10_000)))
        opening.cancel()
    }
    try await opening.value
}

private func storm(_ shared: Satchel, _ photos: [URL], _ folder: URL, each: Int) async throws {
    let sending = Task {
        while !Task.isCancelled {
            try await quietly {
                try await shared.run(RunOptions(linger: .zero))
                try await Task.sleep(for: .milliseconds(1))
            }
        }
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
        for lane in 0..<lanes {
            group.addTask {
                for _ in 0..<each {
                    if Int.random(in: 0..<8) == 0 {
                        try await openAndClose(folder.appendingPathComponent("lane-\(lane)"))
                    } else {
                        try await cancel(shared, photos)
                    }
                }
            }
        }
        try await group.waitForAll()
    }
    sending.cancel()
    try await sending.value
}

@Test(.timeLimit(.minutes(10)))
func randomCancelsAndClosesLeaveNothingBehind() async throws {
    let cancels = ProcessInfo.processInfo.environment["SATCHEL_CANCELS"].flatMap(Int.init) ?? 1000
    let (folder, album) = (try Folder(), try Folder())
    let receiver = try Receiver(in: folder.url)
    let link = try BadLink(to: receiver)
    let photos = try (0..<16).map { try album.photo("IMG_30\($0).JPG") }
    let configuration = Configuration(folder: folder.url.appendingPathComponent("outbox"))
    let tokens = Tokens()
    let pairing = try await Satchel.open(configuration, credentials: tokens)
    let target = try await pairing.pair(code: link.pairing, device: "swift")
    pairing.close()

    try link.set("rate 500KB")
    var marks: [Held] = []
    for _ in 0..<4 {
        let shared = try await Satchel.open(configuration, credentials: tokens)
        try shared.setLink(Link(.wifi, metered: false))
        try await storm(shared, photos, folder.url, each: (cancels + 4 * lanes - 1) / (4 * lanes))
        shared.close()
        var held = try Held()
        // What was closed goes soon, not at once.
        for _ in 0..<500 {
            if held.levels(with: marks.first ?? held) { break }
            try await Task.sleep(for: .milliseconds(20))
            held = try Held()
        }
        marks.append(held)
        #expect(held.levels(with: marks[0]), "it holds more and more: \(marks)")
    }

    print("\(cancels) cancels and closes; held after each quarter: \(marks)")

    try link.set("open")
    let satchel = try await Satchel.open(configuration, credentials: tokens)
    defer { satchel.close() }
    try satchel.setLink(Link(.wifi, metered: false))
    for photo in photos { try await satchel.add(photo) }
    for _ in 0..<100 where try await satchel.counts().delivered < photos.count {
        try await satchel.tryNow()
        try await satchel.run(RunOptions(linger: .zero))
    }
    let assets = try await satchel.assets()
    #expect(assets.count == photos.count)
    for asset in assets { #expect(asset.state == .delivered(.receipt)) }
    #expect(try await satchel.check(target.id).confirmed == photos.count)
}
