// Objects of the app that Rust calls throw anything at all: below the Swift layer, which lets less through.

import Foundation
import SatchelGenerated
import Testing

private struct Anything: Error {}

/// Counts its calls, and throws at each.
private final class Throwing: Credentials, Observer, LogSink, @unchecked Sendable {
    private let lock = NSLock()
    private var count = 0
    private let failure: any Error

    init(_ failure: any Error) {
        self.failure = failure
    }

    var calls: Int { lock.withLock { count } }

    private func called() throws -> Never {
        lock.withLock { count += 1 }
        throw failure
    }

    func load(target: String) throws -> String? { try called() }
    func store(target: String, token: String) throws { try called() }
    func refresh(target: String, refused: String?) throws -> String? { try called() }
    func changed(changes: [Change]) throws { try called() }
    func log(level: LogLevel, line: String) throws { try called() }
}

private final class Hearing: Observer, @unchecked Sendable {
    private let lock = NSLock()
    private var count = 0

    var calls: Int { lock.withLock { count } }

    func changed(changes: [Change]) { lock.withLock { count += 1 } }
}

private func config(_ folder: Folder) -> Config {
    let outbox = folder.url.appendingPathComponent("outbox").path
    return Config(folder: outbox, policy: policyOverAnyLink())
}

/// Waits until it is so.
private func until(_ what: String, _ so: () async throws -> Bool) async throws {
    for _ in 0..<1_000 {
        if try await so() { return }
        try await Task.sleep(for: .milliseconds(10))
    }
    Issue.record("never: \(what)")
}

/// What an app's object may throw: what it is told to, and what it is not.
private let failures: [any Error] = [Anything(), CancellationError(), SatchelError.Host(words: "the app's own")]

@Test(.timeLimit(.minutes(2)))
func whateverCredentialsThrowIsTheAppsFault() async throws {
    for failure in failures {
        let folder = try Folder()
        let throwing = Throwing(failure)
        let satchel = try await Satchel.open(
            config: config(folder), credentials: throwing, library: nil, previewer: nil)
        do {
            _ = try await satchel.setTusTarget(url: "https://127.0.0.1:9/files/", token: "secret")
            Issue.record("what \(failure) kept")
        } catch SatchelError.Host(let words) {
            #expect(!words.isEmpty && !words.contains("secret"), "\(words)")
        }
        #expect(throwing.calls > 0)
        // A target whose token was not kept is not set up; this one needs none to be kept.
        #expect(try await satchel.targets().isEmpty)
        _ = try await satchel.setTusTarget(url: "https://127.0.0.1:9/files/", token: nil)
        let added = try await satchel.add(
            path: folder.photo("IMG_6000.JPG").path, options: AddOptions(post: PostEdit()))
        satchel.close()
        do {
            _ = try await Satchel.open(
                config: config(folder), credentials: Throwing(failure), library: nil, previewer: nil)
            Issue.record("opened with what \(failure) loaded")
        } catch SatchelError.Host {}
        let again = try await Satchel.open(config: config(folder), credentials: nil, library: nil, previewer: nil)
        #expect(try await again.asset(id: added.id).name == "IMG_6000.JPG")
        again.close()
    }
}

@Test(.timeLimit(.minutes(2)))
func anObserverThatThrowsHoldsNothingBack() async throws {
    for failure in failures {
        let folder = try Folder()
        let satchel = try await Satchel.open(config: config(folder), credentials: nil, library: nil, previewer: nil)
        let (throwing, hearing) = (Throwing(failure), Hearing())
        let handles = try [satchel.observe(observer: throwing), satchel.observe(observer: hearing)]
        for number in 0..<2 {
            let (thrown, heard) = (throwing.calls, hearing.calls)
            _ = try await satchel.add(
                path: folder.photo("IMG_610\(number).JPG").path, options: AddOptions(post: PostEdit()))
            try await until("both are told again") { throwing.calls > thrown && hearing.calls > heard }
        }
        #expect(try await satchel.counts().unread == 2)
        handles.forEach { $0.close() }
        satchel.close()
    }
}

@Test(.timeLimit(.minutes(2)))
func aLogThatThrowsHoldsNothingBack() async throws {
    defer { try? setLogSink(sink: nil, level: .error) }
    for failure in failures {
        let throwing = Throwing(failure)
        try setLogSink(sink: throwing, level: .trace)
        let folder = try Folder()
        let satchel = try await Satchel.open(config: config(folder), credentials: nil, library: nil, previewer: nil)
        let added = try await satchel.add(
            path: folder.photo("IMG_6200.JPG").path, options: AddOptions(post: PostEdit()))
        _ = try await satchel.run(options: RunOptions(lingerMs: 0), cancel: CancelToken())
        try await until("it is called twice") {
            try await satchel.tryNow()
            _ = try await satchel.run(options: RunOptions(lingerMs: 0), cancel: CancelToken())
            return throwing.calls >= 2
        }
        #expect(try await satchel.asset(id: added.id).hash != nil)
        satchel.close()
    }
}
