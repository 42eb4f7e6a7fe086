// A day in which the system wakes the app now and then for a short while, over a link on which no photo fits into one wake-up. Each
// wake-up is a process of its own that hands its uploads to URLSession; many are killed at a random instant. How many is said by
// SATCHEL_WAKE_UPS.

import Foundation
import Satchel
import SatchelSystem
import Testing

private let wakeUps = ProcessInfo.processInfo.environment["SATCHEL_WAKE_UPS"].flatMap(Int.init) ?? 48
/// In place of 30 seconds.
private let time = 1.0
/// What the link carries in a second, in bytes; and the smallest photo.
private let (rate, smallest) = (150_000, 400_000)

/// Tests that start processes and kill them for a minute: one at a time, so that each has some of the machine.
@Suite(.serialized) struct LongTests {}

extension LongTests {
    @Test(.timeLimit(.minutes(5 + wakeUps / 10)))
    func aDayOfShortWakeUpsWithKillsBetweenDeliversEverythingOnce() async throws {
        let folder = try Folder()
        let world = try World(in: folder.url)
        let app = folder.url.appendingPathComponent("app")
        let configuration = Configuration(folder: app.appendingPathComponent("outbox"))
        let tokens = Tokens()
        let first = try await Satchel.open(configuration, credentials: tokens)
        let target = try await first.pair(code: try await world.code(), device: "a phone")
        try await first.closeAndWait()
        let token = try #require(tokens.any)
        try await world.play("plain")
        try await world.link("rate \(rate / 1000)KB")

        var (names, accepted) = ([String](), Set<String>())
        var (killed, suspended, crashed, woken) = (0, 0, 0, 0)
        var slowest = 0.0
        func wake(kill: Bool) async throws {
            let new = names.filter { !accepted.contains($0) }
            let process = try Living("SatchelWaking", [folder.url.path, token, "\(time)", "-"] + new)
            woken += 1
            if kill {
                // Before it is awake, while it adds, while it hands over, while it carries.
                try await Task.sleep(for: .milliseconds(Int.random(in: 20..<Int(time * 1000))))
                try await process.end()
                killed += 1
            } else {
                try await process.over()
                let words = process.lines.last?.split(separator: " ") ?? []
                if words.first == "suspended" {
                    #expect(words[1] == "true", "it was not quiet in time")
                    slowest = max(slowest, Double(words[2]) ?? .infinity)
                    suspended += 1
                } else {
                    // FoundationNetworking ends its process now and then: a kill that nobody planned.
                    crashed += 1
                }
            }
            accepted.formUnion(process.accepted)
        }
        for number in 0..<wakeUps {
            // The traveller takes a photo now and then.
            if number % 10 == 0 {
                let name = "photo-\(number).jpg"
                try await world.photo(name, bytes: smallest + 10_000 * number, seed: number + 1)
                names.append(name)
            }
            try await wake(kill: number % 2 == 1)
        }
        let atNight = try await delivered(configuration, tokens)
        // What was photographed late has the next morning.
        while try await delivered(configuration, tokens) < names.count, woken < 3 * wakeUps {
            try await wake(kill: false)
        }
        print(
            "\(woken) wake-ups of \(time) s (\(killed) killed, \(crashed) died by themselves, \(suspended) suspended, the slowest in "
                + "\(Int(slowest)) ms): \(atNight) of \(names.count) photos at the day's end, all at its next morning")
        #expect(killed >= wakeUps / 3 && suspended > wakeUps / 3)
        #expect(Double(smallest) > time * Double(rate), "a photo fits into one wake-up")

        try await world.link("open")
        try await world.play("plain", ["on": false])
        let satchel = try await Satchel.open(configuration, credentials: tokens)
        try satchel.setLink(Link(.wifi, metered: false))
        let assets = try await everything(in: satchel)
        #expect(assets.map(\.name).sorted() == names.sorted(), "one file is one asset")
        for asset in assets { #expect(asset.state == .delivered(.receipt), "\(asset.name)") }
        let check = try await satchel.check(target.id)
        #expect(check.confirmed == names.count && check.missing == 0 && check.unknown == 0)
        try await world.expectCompletedOnce(names)
        try await satchel.closeAndWait()
        #expect(try staged(in: configuration.folder).isEmpty, "bodies were left behind")
    }
}

/// The app's process is killed again and again while its system, a process of its own, goes on carrying what it was handed.
extension LongTests {
    @Test(.timeLimit(.minutes(5 + wakeUps / 10)))
    func whatTheSystemCarriedWhileTheAppWasDeadIsMatchedAtItsNextLaunch() async throws {
        let folder = try Folder()
        let world = try World(in: folder.url)
        let configuration = Configuration(folder: folder.url.appendingPathComponent("app/outbox"))
        let tokens = Tokens()
        let first = try await Satchel.open(configuration, credentials: tokens)
        let target = try await first.pair(code: try await world.code(), device: "a phone")
        try await first.closeAndWait()
        let token = try #require(tokens.any)
        try await world.play("plain")
        try await world.link("rate 400KB")
        let spool = folder.url.appendingPathComponent("spool")
        let noted = folder.url.appendingPathComponent("carried.jsonl")
        let daemon = Daemon(spool.path, noted.path)
        try await daemon.start()
        let spooled = try Spool(spool)
        func finished() throws -> Set<String> {
            Set(try spooled.leases().filter { spooled.replies(of: $0).last?.last == true })
        }

        var (names, accepted, whileDead) = ([String](), Set<String>(), 0)
        func wake(_ time: Double, kill: Bool) async throws {
            let app = try Living(
                "SatchelWaking",
                [folder.url.path, token, "\(time)", spool.path] + names.filter { !accepted.contains($0) })
            if kill {
                try await Task.sleep(for: .milliseconds(Int.random(in: 50..<700)))
                try await app.end()
            } else {
                try await app.over()
                #expect(app.lines.last?.hasPrefix("suspended") == true, "\(app.lines)")
            }
            accepted.formUnion(app.accepted)
        }
        let rounds = wakeUps / 3
        for number in 0..<rounds {
            if number % 3 == 0 {
                let name = "photo-\(number).jpg"
                try await world.photo(name, bytes: 300_000 + 10_000 * number, seed: number + 1)
                names.append(name)
            }
            let isKilled = number % 4 != 3
            try await wake(isKilled ? 30 : 0.5, kill: isKilled)
            let before = try finished()
            try await Task.sleep(for: .milliseconds(Int.random(in: 100..<500)))
            whileDead += try finished().subtracting(before).count
        }
        var more = 0
        while try await delivered(configuration, tokens) < names.count, more < 3 * rounds {
            try await wake(1, kill: false)
            more += 1
        }
        try await daemon.stop()
        let carried = try journal(noted)
        print(
            "\(rounds) wake-ups and \(more) more: \(carried.count) requests, \(whileDead) of them done while the app was dead, "
                + "\(carried.count(where: \.again)) repeated by the system")
        #expect(whileDead > 0, "the system did nothing while the app was dead")

        try await world.link("open")
        try await world.play("plain", ["on": false])
        let satchel = try await Satchel.open(configuration, credentials: tokens)
        try satchel.setLink(Link(.wifi, metered: false))
        let assets = try await everything(in: satchel)
        #expect(assets.map(\.name).sorted() == names.sorted())
        for asset in assets { #expect(asset.state == .delivered(.receipt), "\(asset.name)") }
        #expect(try await satchel.check(target.id).confirmed == names.count)
        try await world.expectCompletedOnce(names)
        try await satchel.closeAndWait()
    }
}

private func delivered(_ configuration: Configuration, _ tokens: Tokens) async throws -> Int {
    let satchel = try await Satchel.open(configuration, credentials: tokens)
    let count = try await satchel.counts().delivered
    try await satchel.closeAndWait()
    return count
}

/// The bodies of steps that are in an outbox's spool.
func staged(in outbox: URL) throws -> [String] {
    let spool = outbox.appendingPathComponent("spool").path
    return try FileManager.default.contentsOfDirectory(atPath: spool).filter { $0.hasSuffix(".step") }
}
