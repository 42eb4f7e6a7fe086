// The Asset screen: one photo, what is said of it, and how it stands at each target.

import Foundation
import Observation
import Satchel

/// The Asset screen.
@MainActor @Observable
public final class AssetModel: Identifiable, Refreshing {
    /// Which asset.
    public let id: AssetID
    /// What there is of it; `nil` before it was read, and once it is gone.
    public private(set) var asset: Asset?
    /// It was taken out of the outbox.
    public private(set) var gone = false
    /// What a person is about to say of it.
    public var draft = Draft()
    /// How it stands at each target.
    public private(set) var deliveries: [DeliveryLine] = []
    /// What was tried for it, the newest first.
    public private(set) var attempts: [AttemptLine] = []
    /// All attempts are shown, not the latest only.
    public var showsAll = false
    /// What could not be done.
    public var notice: Notice?

    private var said = Draft()
    private var targets: [TargetID: String] = [:]
    private let satchel: Satchel
    private let now: @Sendable () -> Date

    init(_ id: AssetID, _ satchel: Satchel, now: @escaping @Sendable () -> Date = { Date() }) {
        self.id = id
        self.satchel = satchel
        self.now = now
    }

    // MARK: Looking

    /// The caption, else the file's name.
    public var title: String { asset.map { Row($0).title } ?? "" }

    /// How its state looks.
    public var look: Look { asset.map { Look($0.state) } ?? (gone ? .removed : .accepted) }

    /// Why it is not there yet, or what proves that it is.
    public var words: String? { asset.flatMap { Spoken($0.state).words } }

    /// When it will go.
    public var whenWords: String? { asset.flatMap { Spoken($0.state).whenWords } }

    /// Whether the original may be deleted from the phone.
    public var safeToFree: Bool { asset.map { Spoken($0.state).safeToFree } ?? false }

    /// Whether it may, and by which proof.
    public var safeWords: String {
        guard case .delivered(let proof)? = asset?.state else { return "Keep the original: it is not there yet." }
        return proof.isSafeToFree
            ? "Safe to free: \(Words.proof(proof)). The original may be deleted on the phone."
            : "Keep the original: \(Words.proof(proof)). That is not proof enough to delete it."
    }

    /// The attempts that are shown.
    public var shownAttempts: [AttemptLine] { showsAll ? attempts : Array(attempts.prefix(AttemptLine.latest)) }

    /// What shows more of them, or less; `nil` where the latest are all.
    public var attemptsToggle: String? {
        guard attempts.count > AttemptLine.latest else { return nil }
        return showsAll ? AttemptLine.latestTried : AttemptLine.allTried
    }

    /// It goes before all that is not urgent.
    public var isUrgent: Bool { asset?.urgent == true }

    /// It needs a person, who may set it going again.
    public var canRetry: Bool {
        deliveries.contains { $0.look == .parked } || look == .parked
    }

    /// `Live photo · 3.4 MB · added 3 May 2026 at 14:05`, where the system's own way of writing dates is used.
    public var facts: String {
        guard let asset else { return "" }
        let added = asset.added.formatted(date: .abbreviated, time: .shortened)
        return "\(Words.asset(asset.kind)) · \(Words.bytes(asset.bytes)) · added \(added)"
    }

    /// Something was typed that is not kept yet.
    public var isChanged: Bool { draft != said }

    /// Reads it anew. What a person typed and did not keep stays.
    public func refresh() async {
        do {
            let all = try await satchel.targets()
            targets = Dictionary(uniqueKeysWithValues: all.map { ($0.id, TargetLine.name(of: $0)) })
            let read = try await satchel.asset(id)
            let tried = try await satchel.attempts(id)
            asset = read
            attempts = tried.enumerated()
                .map { AttemptLine($1, number: tried.count - $0, at: targets[$1.target], now: now()) }
            deliveries = read.deliveries.map { DeliveryLine($0, at: targets[$0.target] ?? "A target that is gone") }
            let typed = isChanged ? draft : nil
            said = Draft(read.post)
            draft = typed ?? said
        } catch SatchelError.noSuchAsset {
            gone = true
            asset = nil
            deliveries = []
            attempts = []
        } catch {
            told("It could not be read", error)
        }
    }

    /// Whether a change is about it.
    func concerns(_ change: Change) -> Bool {
        switch change {
        case .progress(let asset, _, _, _, _), .read(let asset): asset == id
        // Twins share deliveries, of which the first is named.
        case .assets, .delivered, .parked, .trouble, .idle, .other: true
        case .endpoints: false
        }
    }

    // MARK: Changing

    /// Keeps what a person typed.
    public func save() async {
        guard isChanged else { return }
        let kept = draft
        await done("It was not kept") {
            try await satchel.editPost(id, kept.edit(of: said))
            said = kept
        }
    }

    /// Throws away what a person typed.
    public func revert() {
        draft = said
    }

    /// Lets it go before all that is not urgent, or not any more.
    public func setUrgent(_ urgent: Bool) async {
        await done("It was not changed") { try await satchel.setUrgent(id, urgent) }
    }

    /// Sets going again what needs a person.
    public func retry() async {
        await done("It could not be tried again") { try await satchel.retry(id) }
    }

    /// Takes it out of the outbox. Its original stays where it was.
    public func remove() async {
        await done("It was not removed") { try await satchel.remove(id) }
    }
}

/// What a person says of a photo, while it is typed.
public struct Draft: Hashable, Sendable {
    /// Free text.
    public var caption = ""
    /// Tags, separated by spaces or commas; `#` may stand before them.
    public var tags = ""
    /// Whether the post tells the place at all.
    public var tellsPlace = false
    /// What the place is called.
    public var placeName = ""
    private var latitude: Double?
    private var longitude: Double?

    init() {}

    init(_ post: Post) {
        caption = post.caption ?? ""
        tags = post.tags.joined(separator: ", ")
        placeName = post.place?.name ?? ""
        latitude = post.place?.latitude
        longitude = post.place?.longitude
        tellsPlace = post.place.map { $0 != Place() } ?? false
    }

    /// `59.91° N, 10.75° E`, where coordinates are known.
    public var coordinates: String? {
        guard let latitude, let longitude else { return nil }
        func side(_ degrees: Double, _ plus: String, _ minus: String) -> String {
            let hundredths = Int((abs(degrees) * 100).rounded())
            let rest = hundredths % 100
            return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)° \(degrees < 0 ? minus : plus)"
        }
        return "\(side(latitude, "N", "S")), \(side(longitude, "E", "W"))"
    }

    /// The tags, one by one.
    var tagList: [String] {
        var seen: Set<String> = []
        return tags.split { $0 == "," || $0.isWhitespace }
            .map { String($0.drop { $0 == "#" }) }
            .filter { !$0.isEmpty && seen.insert($0).inserted }
    }

    /// What is to be changed, so that this is said in place of that.
    func edit(of said: Draft) -> PostEdit {
        var edit = PostEdit()
        if caption != said.caption { edit.caption = caption }
        if tagList != said.tagList { edit.tags = tagList }
        if (tellsPlace, placeName) != (said.tellsPlace, said.placeName) {
            // An empty place takes it away.
            edit.place =
                tellsPlace
                ? Place(latitude: latitude, longitude: longitude, name: placeName.isEmpty ? nil : placeName) : Place()
        }
        return edit
    }
}

/// How one form of a photo stands at one target.
public struct DeliveryLine: Identifiable, Hashable, Sendable {
    /// Target and form: there is one of each.
    public let id: String
    /// Where to.
    public let target: String
    /// `Original`, `Preview`; without its metadata where that is so.
    public let title: String
    /// How its state looks.
    public let look: Look
    /// Why it is not there yet, or what proves that it is.
    public let words: String?
    /// When it will go.
    public let whenWords: String?
    /// `1.2 MB of 3.4 MB`.
    public let amount: String
    /// How much of it is there, 0 to 1; while it is on its way.
    public let part: Double?
    /// The receiver's signed receipt is kept.
    public let receipt: Bool

    init(_ delivery: Delivery, at name: String) {
        id = "\(delivery.target.rawValue) \(Words.rendition(delivery.rendition))"
        target = name
        let redacted = delivery.redacted ? ", without what the file says of itself" : ""
        title = Words.rendition(delivery.rendition) + redacted
        look = Look(delivery.state)
        let spoken = Spoken(delivery.state)
        words = spoken.words
        whenWords = spoken.whenWords
        receipt = delivery.receipt
        let there = max(delivery.acknowledged, look == .sending ? delivery.sent : 0)
        let begun = there > 0 && look != .delivered
        amount =
            begun
            ? "\(Words.bytes(min(there, delivery.bytes))) of \(Words.bytes(delivery.bytes))"
            : Words.bytes(delivery.bytes)
        part = begun || look == .sending ? Row.part(of: there, delivery.bytes) : nil
    }

    /// All that the line shows, as VoiceOver says it.
    public var spoken: String {
        [title, look.title, words, whenWords, amount, receipt ? "receipt kept" : nil].compactMap { $0 }
            .joined(separator: ", ")
    }
}
