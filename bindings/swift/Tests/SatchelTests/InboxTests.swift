// A share extension and its app are killed again and again: what was delivered gets into the outbox, whole and once. How often is
// said by SATCHEL_INBOX_KILLS.

import Foundation
import Satchel
import SatchelApple
import SatchelInbox
import Testing

private let kills = ProcessInfo.processInfo.environment["SATCHEL_INBOX_KILLS"].flatMap(Int.init) ?? 25

/// One life of the program that delivers or takes, which is named first.
private struct Life {
    let lines: [String]
    let wasKilled: Bool

    /// - Parameter time: It is killed so long after it started; when left out it ends by itself.
    init(_ arguments: [String], killedAfter time: Duration? = nil) async throws {
        let process = Process()
        process.executableURL = try program(arguments[0])
        process.arguments = Array(arguments.dropFirst())
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let reading = output.fileHandleForReading
        var said = Data()
        if let time {
            said = try await waiting { reading.availableData }
            try await Task.sleep(for: time)
            kill(process.processIdentifier, SIGKILL)
        }
        said.append(try await waiting { reading.readDataToEndOfFile() })
        process.waitUntilExit()
        lines = String(decoding: said, as: UTF8.self).components(separatedBy: "\n").dropLast()
        wasKilled = process.terminationReason == .uncaughtSignal
        if !wasKilled && process.terminationStatus != 0 {
            throw Program.Failure(description: "it failed: \(arguments) \(lines)")
        }
    }

    var delivered: [String] { lines.filter { $0.hasPrefix("delivered ") }.map { String($0.dropFirst(10)) } }
    var passed: Int? { lines.last.flatMap { $0.hasPrefix("passed ") ? Int($0.dropFirst(7)) : nil } }
}

extension LongTests {
    @Suite(.timeLimit(.minutes(10 + kills / 10)))
    struct InboxTests {
        let folder: Folder
        let inbox: URL
        let outbox: URL

        init() throws {
            folder = try Folder()
            inbox = folder.url.appendingPathComponent("inbox")
            outbox = folder.url.appendingPathComponent("outbox")
        }

        /// A film, as far as its name and its first bytes tell.
        private func film(_ name: String) throws -> URL {
            let file = folder.url.appendingPathComponent(name)
            var data = Data([0, 0, 0, 20]) + Data("ftypqt  ".utf8) + Data([0, 0, 0, 0]) + Data("qt  ".utf8)
            data.append(Data((0..<50_000).map { _ in UInt8.random(in: 0...255) }))
            try data.write(to: file)
            return file
        }

        private func deliver(_ files: [URL], motion: URL? = nil, stop: Int? = nil) -> [String] {
            ["SatchelSharing", inbox.path, stop.map(String.init) ?? "-", motion?.path ?? "-"] + files.map(\.path)
        }

        private func take(stop: Int? = nil) -> [String] {
            ["SatchelTaking", inbox.path, stop.map(String.init) ?? "-", outbox.path]
        }

        /// Expects that the outbox has what was delivered, whole and once, and nothing that was not there; and an empty inbox.
        private func expectTaken(_ delivered: Set<String>, of files: [URL], motion: URL? = nil) async throws {
            let satchel = try await Satchel.open(Configuration(folder: outbox))
            let assets = try await everything(in: satchel)
            let names = assets.map(\.name)
            #expect(Set(names).count == names.count, "taken twice: \(names)")
            #expect(delivered.isSubset(of: names), "lost: \(delivered.subtracting(names))")
            for asset in assets {
                let original = try #require(files.first { $0.lastPathComponent == asset.name })
                let copy = try #require(asset.source.file)
                #expect(try Data(contentsOf: copy) == Data(contentsOf: original), "\(asset.name) is not whole")
                #expect(asset.post.caption == "of \(asset.name)" && asset.post.tags == ["shared"])
                #expect(asset.post.place?.name == "Fram Strait")
                guard let motion else { continue }
                let film = try #require(asset.motion?.source.file, "\(asset.name) lost its motion")
                #expect(try Data(contentsOf: film) == Data(contentsOf: motion))
                #expect(asset.kind == .pair)
            }
            try await satchel.closeAndWait()
            #expect(try Inbox(folder: inbox).parcels().isEmpty)
        }

        @Test func anExtensionThatIsKilledBetweenAnyTwoStepsLosesNothingItDelivered() async throws {
            let motion = try film("IMG_1.MOV")
            var (files, delivered) = ([URL](), Set<String>())
            let whole = try await Life(deliver([try folder.photo("whole.jpg", bytes: 40_000)], motion: motion))
            files.append(folder.url.appendingPathComponent("whole.jpg"))
            delivered.formUnion(whole.delivered)
            let steps = try #require(whole.passed)
            #expect(steps >= 15, "a file, a film and a slip are written by several steps each")
            for stop in 0..<steps {
                let file = try folder.photo("stop-\(stop).jpg", bytes: 40_000)
                files.append(file)
                let life = try await Life(deliver([file], motion: motion, stop: stop))
                #expect(life.wasKilled && life.delivered.isEmpty)
            }
            // Those that were killed after the slip had its name are there, though nobody heard so.
            let there = try Inbox(folder: inbox).parcels().count
            #expect(there > 1 && there < steps)
            let taken = try await Life(take())
            #expect(taken.lines.contains("taken \(there) failed 0"))
            try await expectTaken(delivered, of: files, motion: motion)
            // What the others left is no parcel, and goes after a day.
            let left = try FileManager.default.contentsOfDirectory(atPath: inbox.path)
            #expect(!left.isEmpty)
            #expect(try Inbox(folder: inbox).sweep() == 0)
            #expect(try Inbox(folder: inbox).sweep(now: Date().addingTimeInterval(86_000)) == 0)
            #expect(try Inbox(folder: inbox).sweep(now: Date().addingTimeInterval(87_000)) == left.count)
            #expect(try FileManager.default.contentsOfDirectory(atPath: inbox.path).isEmpty)
            print("\(steps) stops of a delivery: \(there - 1) of them after it was there; \(left.count) files swept")
        }

        @Test func anAppThatIsKilledBetweenAnyTwoStepsTakesEverythingOnce() async throws {
            let motion = try film("IMG_2.MOV")
            func file(_ name: String) throws -> URL { try folder.photo(name, bytes: 30_000) }
            var files = [try file("first.jpg")]
            _ = try await Life(deliver(files, motion: motion))
            let steps = try #require(try await Life(take()).passed)
            #expect(steps >= 10)
            for stop in 0..<steps {
                let next = try file("stop-\(stop).jpg")
                files.append(next)
                let delivered = try await Life(deliver([next], motion: motion))
                #expect(!delivered.wasKilled)
                #expect(try await Life(take(stop: stop)).wasKilled)
                // The next one takes the same parcel again, and is killed at the same place, or a later one.
                if stop % 3 == 0 { _ = try await Life(take(stop: stop)) }
            }
            _ = try await Life(take())
            try await expectTaken(Set(files.map(\.lastPathComponent)), of: files, motion: motion)
            print("\(steps) stops of an app that takes a parcel in")
        }

        @Test func killsAtAnyInstantLoseNothing() async throws {
            var (files, delivered) = ([URL](), Set<String>())
            var (inDelivery, inTaking) = (0, 0)
            for round in 0..<kills {
                let some = try (0..<40).map {
                    try folder.photo("photo-\(round)-\($0).jpg", bytes: .random(in: 10_000..<90_000))
                }
                files += some
                async let sharing = Life(deliver(some), killedAfter: .milliseconds(Int.random(in: 1..<60)))
                // The app takes in meanwhile, and is killed too.
                let taking = try await Life(take(), killedAfter: .milliseconds(Int.random(in: 1..<120)))
                let life = try await sharing
                delivered.formUnion(life.delivered)
                inDelivery += life.wasKilled && life.delivered.count < some.count ? 1 : 0
                inTaking += taking.wasKilled && taking.passed == nil ? 1 : 0
            }
            print(
                "\(kills) rounds: \(inDelivery) kills of an extension among its deliveries, \(inTaking) of an app that took in; "
                    + "\(delivered.count) photos were delivered")
            #expect(inDelivery > 0 && inTaking > 0 && !delivered.isEmpty)
            _ = try await Life(take())
            try await expectTaken(delivered, of: files)
        }

        @Test func whatCannotBeTakenHoldsNothingBack() async throws {
            let inbox = Inbox(folder: inbox)
            let satchel = try await Satchel.open(Configuration(folder: outbox))
            defer { satchel.close() }
            #expect(try await inbox.take(into: satchel).taken.isEmpty, "there is no folder yet")
            try inbox.deliver(data: Data(), name: "empty.jpg")
            let good = try folder.photo("good.jpg")
            try inbox.deliver(file: good, name: "IMG_9.JPG", post: InboxPost(urgent: true, album: "shared"))
            let report = try await inbox.take(into: satchel)
            #expect(report.taken.count == 1 && report.failed == 1)
            let asset = try await satchel.asset(try #require(report.taken.first))
            #expect(asset.name == "IMG_9.JPG" && asset.urgent)
            #expect(try inbox.parcels().count == 1, "what failed stays")
            for name in ["", "a/b.jpg", String(repeating: "x", count: 256)] {
                #expect(throws: InboxError.notAFileName) { try inbox.deliver(file: good, name: name) }
            }
            #expect(throws: (any Error).self) {
                try inbox.deliver(file: folder.url.appendingPathComponent("none.jpg"), name: "none.jpg")
            }
            #expect(try inbox.parcels().count == 1)
        }
    }
}
