// What the boundary costs: `SatchelBench FOLDER [CODE]`, in release (`swift run -c release SatchelBench FOLDER`). The outbox is
// FOLDER/outbox; it has 1,000 tiny photos after the first time. With a receiver's pairing code what is added is sent while the
// calls of the main actor are timed. Prints a line of JSON; times are in microseconds.

import Foundation
import Satchel

private struct Measured: Encodable {
    let language = "swift"
    /// Each of 50 pages of 1,000 assets.
    let pageUs: [Double]
    /// Each of 200 looks at one asset.
    let oneUs: [Double]
    /// Each of 200 counts.
    let countsUs: [Double]
    /// The longest that the main actor was held up by a call that is not `async`, while photos are added, read and sent.
    let longestMainGapUs: Double
    /// What one of a thousand of those calls takes, at least: the longest is often the machine's own doing.
    let mainP999Us: Double
    /// How many of those calls were made.
    let mainCalls: Int
    /// Calls of an observer per second of heavy adding.
    let callbacksPerS: Double
}

@main
struct Bench {
    private static let photos = 1_000

    static func main() async {
        let arguments = CommandLine.arguments
        guard arguments.count == 2 || arguments.count == 3 else {
            FileHandle.standardError.write(Data("SatchelBench FOLDER [CODE]\n".utf8))
            exit(2)
        }
        do {
            let measured = try await measure(URL(fileURLWithPath: arguments[1]), code: arguments.dropFirst(2).first)
            let encoder = JSONEncoder()
            encoder.keyEncodingStrategy = .convertToSnakeCase
            FileHandle.standardOutput.write(try encoder.encode(measured) + Data("\n".utf8))
        } catch {
            FileHandle.standardError.write(Data("\(error)\n".utf8))
            exit(1)
        }
    }

    private static func measure(_ folder: URL, code: String?) async throws -> Measured {
        let files = try made(in: folder.appendingPathComponent("photos"))
        let outbox = folder.appendingPathComponent("outbox")
        let satchel = try await Satchel.open(Configuration(folder: outbox))
        var page = try await satchel.assets(limit: photos)
        if page.count < photos {
            for file in files { try await satchel.add(file) }
            page = try await satchel.assets(limit: photos)
        }
        guard let one = page.last, page.count == photos else { throw SatchelError.host(words: "too few photos") }
        let pages = try await timed(50) { _ = try await satchel.assets(limit: photos) }
        let ones = try await timed(200) { _ = try await satchel.asset(one.id) }
        let counts = try await timed(200) { _ = try await satchel.counts() }
        // All are read before, so that there is something to send at once.
        try await satchel.run(RunOptions(linger: .zero))
        if let code { try await satchel.pair(code: code, device: "a bench") }
        let main = try await held(by: satchel, files)
        let sent = try await satchel.counts()
        if code != nil && sent.delivered + sent.postsDelivered == 0 {
            throw SatchelError.host(words: "nothing was sent")
        }
        try await satchel.closeAndWait()
        return Measured(
            pageUs: pages, oneUs: ones, countsUs: counts, longestMainGapUs: main[main.count - 1],
            mainP999Us: main[main.count * 999 / 1000], mainCalls: main.count,
            callbacksPerS: try await callbacksPerSecond(outbox: outbox, files, for: .seconds(5)))
    }

    /// Tiny files, each unlike the others.
    private static func made(in folder: URL) throws -> [URL] {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return try (0..<photos).map { number in
            let file = folder.appendingPathComponent("IMG_\(number).JPG")
            let bytes = Data([0xFF, 0xD8, 0xFF, 0xE0]) + Data("photo \(number)".utf8) + Data([0xFF, 0xD9])
            if !FileManager.default.fileExists(atPath: file.path) { try bytes.write(to: file) }
            return file
        }
    }

    private static func timed(_ times: Int, _ call: () async throws -> Void) async throws -> [Double] {
        var all: [Double] = []
        for _ in 0..<times {
            let start = ContinuousClock.now
            try await call()
            all.append(microseconds(since: start))
        }
        return all
    }

    /// Makes every call that is not `async` from the main actor, each millisecond, for three seconds of work elsewhere; how
    /// long each held it up, the longest last.
    @MainActor
    private static func held(by satchel: Satchel, _ files: [URL]) async throws -> [Double] {
        let adding = Task.detached {
            var round = 0
            while !Task.isCancelled {
                round += 1
                for file in files where !Task.isCancelled {
                    let post = PostEdit(caption: "\(round) of \(UInt32.random(in: 0 ... .max))")
                    try await satchel.add(file, options: AddOptions(post: post))
                }
            }
        }
        let running = Task.detached {
            while !Task.isCancelled { try await satchel.run(RunOptions(linger: .milliseconds(50))) }
        }
        var all: [Double] = []
        func hold(_ call: () throws -> Void) rethrows {
            let start = ContinuousClock.now
            try call()
            all.append(microseconds(since: start))
        }
        let end = ContinuousClock.now.advanced(by: .seconds(3))
        while ContinuousClock.now < end {
            // The same link: another would cut what is sent, as any rules do; so they come seldom.
            try hold { try satchel.setLink(Link(.wifi, metered: false)) }
            if all.count % 1_024 < 4 { try hold { try satchel.setPolicy(Policy()) } }
            hold { _ = satchel.opened }
            hold { _ = satchel.changes() }
            _ = try hold { _ = try satchel.newHostID() }
            try await Task.sleep(for: .milliseconds(1))
        }
        adding.cancel()
        running.cancel()
        _ = try await (adding.value, running.value)
        return all.sorted()
    }

    private static func microseconds(since start: ContinuousClock.Instant) -> Double {
        (ContinuousClock.now - start) / .microseconds(1)
    }
}
