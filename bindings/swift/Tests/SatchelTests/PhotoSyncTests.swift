// A photo library gets into the outbox: each item once, nothing missed, whatever the library and the process do.

import Foundation
import Satchel
import Testing

@testable import SatchelApple

/// A photo library in a folder, with a history that it can forget.
private final class Album: PhotoSource, MediaLibrary, @unchecked Sendable {
    struct Broken: Error {}

    private let folder: URL
    private let lock = NSLock()
    private var items: [(item: PhotoItem, file: URL)] = []
    private var motions: [String: URL] = [:]
    /// What happened, as ids; a token is the number of entries that it has seen.
    private var history: [(id: String, gone: Bool)] = []
    private var forgotten = 0
    private var (isLimited, visible) = (false, Set<String>())
    private var inCloud: Set<String> = []
    private var breaksAt: Int?
    private var opens = 0
    let rule: CloudRule
    private var link: Link?

    init(_ folder: URL, rule: CloudRule = .freeLinksOnly) {
        self.folder = folder
        self.rule = rule
    }

    // MARK: What the person and the system do

    @discardableResult
    func take(_ number: Int, taken: Date = Date(), live: Bool = false, cloud: Bool = false) throws -> String {
        let id = "ID-\(number)/L0/001"
        let file = folder.appendingPathComponent("original-\(number)")
        try (Data([0xFF, 0xD8, 0xFF, 0xE0]) + Data("\(id)\(UUID())".utf8)).write(to: file)
        let reference = PhotoReference(asset: id, isMotion: true)
        let motion = live ? LibraryItem(id: reference.text, name: "IMG_\(number).MOV") : nil
        if live {
            let film = folder.appendingPathComponent("film-\(number)")
            try (Data([0, 0, 0, 20]) + Data("ftypqt  \0\0\0\0qt  \(id)".utf8)).write(to: film)
            lock.withLock { motions[reference.text] = film }
        }
        lock.withLock {
            items.append(
                (PhotoItem(LibraryItem(id: id, name: "IMG_\(number).JPG"), motion: motion, taken: taken), file))
            history.append((id, false))
            if cloud { inCloud.insert(id) }
        }
        return id
    }

    func edit(_ id: String) { lock.withLock { history.append((id, false)) } }

    func delete(_ id: String) {
        lock.withLock {
            items.removeAll { $0.item.item.id == id }
            history.append((id, true))
        }
    }

    func forgetHistory() { lock.withLock { forgotten = history.count + 1 } }
    func limit(to ids: Set<String>) { lock.withLock { (isLimited, visible) = (true, ids) } }
    func breaks(at place: Int?) { lock.withLock { breaksAt = place } }
    func connect(_ link: Link?) { lock.withLock { self.link = link } }
    func fetched(_ id: String) { lock.withLock { _ = inCloud.remove(id) } }
    var opened: Int { lock.withLock { opens } }

    // MARK: PhotoSource

    func access() async -> PhotoAccess { lock.withLock { isLimited ? .limited : .full } }
    func token() async throws -> Data { Data("\(lock.withLock { history.count })".utf8) }

    func items(from place: Int, limit: Int) async throws -> [PhotoItem] {
        try lock.withLock {
            if let breaksAt, place >= breaksAt { throw Broken() }
            let seen = items.map(\.item).filter { !isLimited || visible.contains($0.item.id) }
            return Array(seen.dropFirst(place).prefix(min(limit, 2)))
        }
    }

    func items(_ ids: [String]) async throws -> [PhotoItem] {
        lock.withLock { items.map(\.item).filter { ids.contains($0.item.id) } }
    }

    func changes(since token: Data) async throws -> PhotoChanges {
        let from = Int(String(decoding: token, as: UTF8.self)) ?? 0
        let (news, end) = try lock.withLock {
            if from < forgotten { throw TokenExpired() }
            return (history.dropFirst(from), history.count)
        }
        let gone = Set(news.filter(\.gone).map(\.id))
        let changed = Set(news.map(\.id)).subtracting(gone)
        return PhotoChanges(
            changed: try await items(changed.sorted()), deleted: gone.sorted(), token: Data("\(end)".utf8))
    }

    // MARK: MediaLibrary

    func open(_ id: String) throws -> OpenedItem {
        lock.withLock {
            opens += 1
            if inCloud.contains(id) && !rule.fetches(over: link) { return .inCloud }
            let file = motions[id] ?? items.first { $0.item.item.id == id }?.file
            return file.map { .file($0, modified: Date(timeIntervalSince1970: 1)) } ?? .gone
        }
    }
}

@Suite(.timeLimit(.minutes(5)))
struct PhotoSyncTests {
    let folder: Folder
    private let album: Album
    let state: URL

    init() throws {
        folder = try Folder()
        album = Album(folder.url)
        state = folder.url.appendingPathComponent("photos.json")
    }

    private func open() async throws -> Satchel {
        try await Satchel.open(
            Configuration(folder: folder.url.appendingPathComponent("outbox"), policy: .overAnyLink), library: album)
    }

    private func names(_ satchel: Satchel) async throws -> [String] {
        try await everything(in: satchel).map(\.name).sorted()
    }

    @Test func whatIsNewGetsInOnceAndWhatIsDeletedIsTold() async throws {
        let satchel = try await open()
        for number in 0..<5 { try album.take(number) }
        let sync = PhotoSync(satchel: satchel, source: album, keeping: state)
        var report = try await sync.sync()
        #expect(report.wasFull && report.added == 5)
        report = try await sync.sync()
        #expect(!report.wasFull && report.added == 0 && report.unchanged == 0, "nothing happened")
        let late = try album.take(5)
        album.edit("ID-0/L0/001")
        album.delete("ID-1/L0/001")
        // A process later.
        let next = PhotoSync(satchel: satchel, source: album, keeping: state)
        report = try await next.sync()
        #expect(report.added == 1 && report.unchanged == 1 && report.deleted == ["ID-1/L0/001"])
        #expect(try await names(satchel).count == 6, "what the person deleted stays until it is known why")
        album.delete(late)
        let removing = PhotoSync(satchel: satchel, source: album, deleted: .remove, keeping: state)
        #expect(try await removing.sync().deleted == [late])
        #expect(try await !names(satchel).contains("IMG_5.JPG"))
        try await satchel.closeAndWait()
    }

    @Test func theTokenIsKeptOnlyWhenAllBeforeItIsInTheOutbox() async throws {
        let satchel = try await open()
        for number in 0..<6 { try album.take(number) }
        // In the middle of the first sync.
        album.breaks(at: 4)
        await #expect(throws: Album.Broken.self) {
            try await PhotoSync(satchel: satchel, source: album, keeping: state).sync()
        }
        #expect(!FileManager.default.fileExists(atPath: state.path))
        album.breaks(at: nil)
        // All is added, and the process ends before the token is kept.
        let nowhere = try folder.photo("no folder").appendingPathComponent("photos.json")
        await #expect(throws: (any Error).self) {
            try await PhotoSync(satchel: satchel, source: album, keeping: nowhere).sync()
        }
        #expect(try await names(satchel).count == 6)
        let report = try await PhotoSync(satchel: satchel, source: album, keeping: state).sync()
        #expect(report.wasFull && report.added == 0 && report.unchanged == 6)
        // What comes while the pages are read is a change since then.
        album.forgetHistory()
        let expired = try await PhotoSync(satchel: satchel, source: album, keeping: state).sync()
        #expect(expired.wasFull && expired.unchanged == 6, "an expired token reads all, and adds nothing twice")
        #expect(try await names(satchel).count == 6)
        try await satchel.closeAndWait()
    }

    @Test func aLimitedLibraryIsReadWholeEachTime() async throws {
        let satchel = try await open()
        let ids = try (0..<4).map { try album.take($0) }
        let sync = PhotoSync(satchel: satchel, source: album, keeping: state)
        album.limit(to: Set(ids.prefix(2)))
        #expect(try await sync.sync().added == 2)
        // Another choice is no change of the library.
        album.limit(to: [ids[1], ids[3]])
        let report = try await sync.sync()
        #expect(report.wasFull && report.added == 1 && report.unchanged == 1)
        #expect(try await names(satchel) == ["IMG_0.JPG", "IMG_1.JPG", "IMG_3.JPG"])
        try await satchel.closeAndWait()
    }

    @Test func aLivePhotoIsOneAssetAndIsDeliveredAsOne() async throws {
        let receiver = try Receiver(in: folder.url)
        let satchel = try await open()
        try satchel.setLink(Link(.wifi, metered: false))
        try await satchel.pair(code: receiver.pairing, device: "a phone")
        try album.take(1, live: true)
        #expect(try await PhotoSync(satchel: satchel, source: album, keeping: state).sync().added == 1)
        try await satchel.run(RunOptions(linger: .zero))
        let asset = try #require(try await satchel.assets().first)
        #expect(asset.kind == .pair && asset.motion?.name == "IMG_1.MOV" && asset.state == .delivered(.receipt))
        #expect(try await satchel.assets().count == 1)
        try await satchel.closeAndWait()
    }

    @Test func whatIsOnlyInTheCloudHoldsNothingBackAndGetsInWhenItsRuleAllows() async throws {
        let satchel = try await open()
        album.connect(Link(.cellular, metered: true))
        try album.take(0)
        let cloud = try album.take(1, cloud: true)
        try album.take(2)
        let sync = PhotoSync(satchel: satchel, source: album, keeping: state)
        var report = try await sync.sync()
        #expect(report.added == 2 && report.inCloud == 1 && report.away == 0)
        #expect(try await names(satchel) == ["IMG_0.JPG", "IMG_2.JPG"])
        // Nothing happened in the library, and it is tried again, in another process too.
        report = try await PhotoSync(satchel: satchel, source: album, keeping: state).sync()
        #expect(!report.wasFull && report.inCloud == 1)
        album.connect(Link(.wifi, metered: false))
        report = try await PhotoSync(satchel: satchel, source: album, keeping: state).sync()
        #expect(report.added == 1 && report.inCloud == 0)
        #expect(try await names(satchel).count == 3)
        let before = album.opened
        report = try await sync.sync()
        #expect(report == PhotoSync.Report() && album.opened == before, "it is not waited for any more")
        // One that is gone before it was fetched is forgotten.
        album.connect(nil)
        let other = try album.take(3, cloud: true)
        #expect(try await sync.sync().inCloud == 1)
        album.delete(other)
        report = try await sync.sync()
        #expect(report.inCloud == 0 && report.failed == 0)
        #expect(cloud != other)
        try await satchel.closeAndWait()
    }

    @Test func onlyWhatWasTakenSinceGetsIn() async throws {
        let satchel = try await open()
        let trip = Date(timeIntervalSince1970: 1_700_000_000)
        try album.take(0, taken: trip.addingTimeInterval(-1))
        try album.take(1, taken: trip)
        #expect(try await PhotoSync(satchel: satchel, source: album, since: trip, keeping: state).sync().added == 1)
        // The person wants earlier ones too.
        let all = try await PhotoSync(satchel: satchel, source: album, keeping: state).sync()
        #expect(all.wasFull && all.added == 1 && all.unchanged == 1)
        try await satchel.closeAndWait()
    }
}
