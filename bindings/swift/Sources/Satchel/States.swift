// Where an asset stands, and why. Each switch over what Rust knows is exhaustive: a state or a reason that is new there
// breaks the build here.

import Foundation
internal import SatchelGenerated

/// Where an asset or a delivery stands.
public enum AssetState: Hashable, Sendable {
    /// Safe in the outbox, not yet read.
    case accepted
    /// Being read.
    case hashing
    /// Known by its content, and waiting. `words` tell a person why, and `whenWords` when it will go, in English and local time;
    /// `goes` says the latter in terms of a job's conditions: it does not go before these are true.
    case waiting(WaitReason, words: String, goes: Wake, whenWords: String)
    /// On its way.
    case sending
    /// There; the proof is the weakest among its parts.
    case delivered(Proof)
    /// Needs a person. `words` tell why and what to do, in English.
    case parked(ParkReason, words: String)
    /// Taken out of the outbox.
    case removed
    /// A state of a later version.
    case other(code: String)

    init(_ core: SatchelGenerated.AssetState) {
        self =
            switch core {
            case .accepted: .accepted
            case .hashing: .hashing
            case .waiting(let reason, let words, let goes, let whenWords):
                .waiting(WaitReason(reason), words: words, goes: Wake(goes), whenWords: whenWords)
            case .sending: .sending
            case .delivered(let proof): .delivered(Proof(proof))
            case .parked(let reason, let words): .parked(ParkReason(reason), words: words)
            case .removed: .removed
            case .other(let code): .other(code: code)
            }
    }
}

/// How well it is known that a target holds something whole; later ones are stronger.
public enum Proof: Int, Hashable, Sendable, CaseIterable, Comparable {
    /// Somebody who speaks the protocol said so over plain HTTP.
    case unproven
    /// The service reported the whole length kept.
    case size
    /// The service reported a whole-object checksum from its storage.
    case checksum
    /// The server signed for it.
    case receipt

    /// Whether the original may be deleted on the strength of this.
    public var isSafeToFree: Bool { SatchelGenerated.isSafeToFree(proof: core) }

    /// By strength.
    public static func < (one: Proof, other: Proof) -> Bool { one.rawValue < other.rawValue }

    init(_ core: SatchelGenerated.Proof) {
        self =
            switch core {
            case .unproven: .unproven
            case .size: .size
            case .checksum: .checksum
            case .receipt: .receipt
            }
    }

    private var core: SatchelGenerated.Proof {
        switch self {
        case .unproven: .unproven
        case .size: .size
        case .checksum: .checksum
        case .receipt: .receipt
        }
    }
}

/// Which form of an asset travels.
public enum Rendition: Hashable, Sendable, CaseIterable {
    /// The post.
    case text
    /// About 20 KB.
    case preview
    /// 2048 px, at most 400 KB; a video at most 2 MB.
    case press
    /// Bit for bit.
    case original

    init(_ core: SatchelGenerated.Rendition) {
        self =
            switch core {
            case .text: .text
            case .preview: .preview
            case .press: .press
            case .original: .original
            }
    }

    var core: SatchelGenerated.Rendition {
        switch self {
        case .text: .text
        case .preview: .preview
        case .press: .press
        case .original: .original
        }
    }
}

/// What stood in the service's place.
public enum Imposter: Hashable, Sendable, CaseIterable {
    /// A page for people.
    case page
    /// A redirect to somewhere else; it was not followed.
    case redirect
    /// A certificate that is not the service's.
    case certificate
    /// Something that is not HTTP.
    case garbage
    /// A reply of no known form without the protocol's marks.
    case unmarked

    init(_ core: SatchelGenerated.Imposter) {
        self =
            switch core {
            case .page: .page
            case .redirect: .redirect
            case .certificate: .certificate
            case .garbage: .garbage
            case .unmarked: .unmarked
            }
    }
}

/// What went wrong between the outbox and a target.
public enum Trouble: Hashable, Sendable {
    /// The target could not be reached.
    case unreachable
    /// The connection broke or fell silent.
    case cut
    /// Something stood in the service's place.
    case imposter(Imposter)
    /// Somebody on the way is keeping us from the target.
    case blocked(Block)
    /// The network wants a person to sign in first.
    case signIn
    /// Nothing answers over this network at all.
    case noLink
    /// The server's certificate is good, and this device's date does not fit it.
    case wrongClock
    /// The host answered, but not the service behind it.
    case gateway(status: Int)
    /// The service asked to come back later, or failed.
    case busy(status: Int)
    /// Another connection still holds the upload.
    case locked
    /// The credential is missing, wrong or revoked.
    case needsToken
    /// The service contradicted itself.
    case contradiction
    /// The service refused.
    case refused(status: Int)
    /// Nothing of the target's: the original could not be opened just now.
    case sourceAway
    /// Nothing of the target's: the original is only in the cloud, and is not fetched over this link.
    case inCloud
    /// Nothing of the target's: there is no room on this device for what is to be made first.
    case storageFull
    /// A trouble of a later version.
    case other(code: String)

    init(_ core: SatchelGenerated.Trouble) {
        self =
            switch core {
            case .unreachable: .unreachable
            case .cut: .cut
            case .imposter(let what): .imposter(Imposter(what))
            case .blocked(let by): .blocked(Block(by))
            case .signIn: .signIn
            case .noLink: .noLink
            case .wrongClock: .wrongClock
            case .gateway(let status): .gateway(status: Int(status))
            case .busy(let status): .busy(status: Int(status))
            case .locked: .locked
            case .needsToken: .needsToken
            case .contradiction: .contradiction
            case .refused(let status): .refused(status: Int(status))
            case .sourceAway: .sourceAway
            case .inCloud: .inCloud
            case .storageFull: .storageFull
            case .other(let code): .other(code: code)
            }
    }
}

/// Why something is waiting; it goes on by itself.
public enum WaitReason: Hashable, Sendable {
    /// Others go first.
    case turn
    /// No target is set up.
    case noTarget
    /// There is no network.
    case noLink
    /// The link costs, and the policy says no.
    case linkCosts
    /// Nobody knows whether the link costs.
    case linkPriceUnknown
    /// The policy does not send this over links of this kind.
    case linkNotAllowed
    /// A sign-in page stands in front of the network.
    case signIn
    /// The network is a foreign operator's, and the policy says no.
    case roaming
    /// Mobile data, and nobody knows whether it is a foreign operator's; the policy does not allow that.
    case roamingUnknown
    /// The person asked the system to save data, and bytes cost on this link.
    case savingData
    /// It goes over this link within a budget, and none covers it.
    case noBudget
    /// What the budget of this name has left is too little for it. `at` is when there is a new one; none where there will be none.
    case budgetSpent(String, at: Date?)
    /// It is larger than the whole budget of this name: it cannot ever go by it.
    case budgetTooSmall(String)
    /// The device is not being charged, as far as is known, and the policy wants that.
    case notCharging
    /// It is outside of the policy's hours, which begin then.
    case outsideHours(at: Date)
    /// It is larger than what the policy sends over this link, in bytes.
    case tooLargeHere(most: Int)
    /// The policy never sends it.
    case never
    /// The person paused the outbox.
    case paused
    /// It is tried again then, after something went wrong that concerns this one only.
    case retry(at: Date, Trouble)
    /// The target is tried again then.
    case targetRests(until: Date, Trouble)
    /// The file was being written when it was read; it is read again shortly.
    case sourceBusy
    /// The original cannot be opened just now: the phone is locked, say, or its library is busy. It is tried again by itself.
    case sourceAway
    /// The original is only in the cloud, and is not fetched over this link. It is tried again by itself.
    case inCloud
    /// A reason of a later version.
    case other(code: String)

    init(_ core: SatchelGenerated.WaitReason) {
        self =
            switch core {
            case .turn: .turn
            case .noTarget: .noTarget
            case .noLink: .noLink
            case .linkCosts: .linkCosts
            case .linkPriceUnknown: .linkPriceUnknown
            case .linkNotAllowed: .linkNotAllowed
            case .signIn: .signIn
            case .roaming: .roaming
            case .roamingUnknown: .roamingUnknown
            case .savingData: .savingData
            case .noBudget: .noBudget
            case .budgetSpent(let budget, let at): .budgetSpent(budget, at: at.map(Date.init(utcMs:)))
            case .budgetTooSmall(let budget): .budgetTooSmall(budget)
            case .notCharging: .notCharging
            case .outsideHours(let at): .outsideHours(at: Date(utcMs: at))
            case .tooLargeHere(let most): .tooLargeHere(most: Int(count: most))
            case .never: .never
            case .paused: .paused
            case .retry(let at, let trouble): .retry(at: Date(utcMs: at), Trouble(trouble))
            case .targetRests(let at, let trouble): .targetRests(until: Date(utcMs: at), Trouble(trouble))
            case .sourceBusy: .sourceBusy
            case .sourceAway: .sourceAway
            case .inCloud: .inCloud
            case .other(let code): .other(code: code)
            }
    }
}

/// Why something is parked; it needs a person, and ``Satchel/Satchel/retry(_:)`` sets it going again.
public enum ParkReason: Hashable, Sendable {
    /// The source is not there any more.
    case sourceGone
    /// The source may not be read.
    case sourceUnreadable
    /// The source holds no byte.
    case sourceEmpty
    /// The source changed each time while it was read or sent.
    case sourceKeepsChanging
    /// The last answer was lost and the upload is gone: it may have arrived, and a second copy may be unwanted.
    case fateUnknown
    /// It arrived with another hash, twice, though the source is unchanged.
    case hashMismatch
    /// The server takes nothing so large.
    case tooLarge
    /// The server keeps contradicting itself.
    case contradiction
    /// The server hands its uploads to an address that the target does not list.
    case foreignLocation
    /// The server refuses it.
    case refused(status: Int)
    /// The receipt is signed by a key that does not follow from the pinned one, or says something else than was sent.
    case badReceipt
    /// Somebody deleted it at the server.
    case deletedThere
    /// The target is not to learn what the file says of itself, and this kind of file cannot be freed of it.
    case cannotRedact
    /// A reason of a later version.
    case other(code: String)

    init(_ core: SatchelGenerated.ParkReason) {
        self =
            switch core {
            case .sourceGone: .sourceGone
            case .sourceUnreadable: .sourceUnreadable
            case .sourceEmpty: .sourceEmpty
            case .sourceKeepsChanging: .sourceKeepsChanging
            case .fateUnknown: .fateUnknown
            case .hashMismatch: .hashMismatch
            case .tooLarge: .tooLarge
            case .contradiction: .contradiction
            case .foreignLocation: .foreignLocation
            case .refused(let status): .refused(status: Int(status))
            case .badReceipt: .badReceipt
            case .deletedThere: .deletedThere
            case .cannotRedact: .cannotRedact
            case .other(let code): .other(code: code)
            }
    }
}
