// What can go wrong.

import Foundation
internal import SatchelGenerated

/// What can go wrong. The words are for a person, in English, and say what to do; none of them names a file.
public enum SatchelError: Error, Hashable, Sendable {
    /// Another run of this outbox is under way, in this process or another. Adding works all the same.
    case alreadyRunning(words: String)
    /// The outbox was written by a newer version of Satchel.
    case newerVersion(words: String)
    /// The database is damaged: open the outbox again, and it is rebuilt.
    case damaged(words: String)
    /// The storage is full; nothing was lost.
    case storageFull(words: String)
    /// The outbox's folder or database cannot be used.
    case storage(words: String)
    /// There is no such asset.
    case noSuchAsset(AssetID, words: String)
    /// What was to be added cannot be read.
    case source(SourceFault, words: String)
    /// A value is out of its range. `field` says where it stands, in what has fields (`rules[0].allow[1].hours` of a policy).
    case invalid(words: String, field: String? = nil)
    /// The device could not be paired.
    case pairing(PairingFault, words: String)
    /// The outbox was closed.
    case closed(words: String)
    /// The app's own code failed when it was asked; the outbox is as it was.
    case host(words: String)
    /// A fault of Satchel itself; the outbox is as it was.
    case internalFault(words: String)
    /// An error of a later version.
    case other(code: String, words: String)

    /// For a person.
    public var words: String {
        switch self {
        case .alreadyRunning(let words), .newerVersion(let words), .damaged(let words), .storageFull(let words),
            .storage(let words), .noSuchAsset(_, let words), .source(_, let words), .invalid(let words, _),
            .pairing(_, let words), .closed(let words), .host(let words), .internalFault(let words),
            .other(_, let words):
            words
        }
    }

    /// Anything that a call into Rust throws.
    init(_ error: any Error) {
        self =
            switch error {
            case let ours as SatchelError: ours
            case let core as SatchelGenerated.SatchelError: SatchelError(core: core)
            // A panic, or a library that is not the one that the sources were generated from.
            default: .internalFault(words: error.localizedDescription)
            }
    }

    private init(core: SatchelGenerated.SatchelError) {
        self =
            switch core {
            case .AlreadyRunning(let words): .alreadyRunning(words: words)
            case .NewerVersion(let words): .newerVersion(words: words)
            case .Damaged(let words): .damaged(words: words)
            case .StorageFull(let words): .storageFull(words: words)
            case .Storage(let words): .storage(words: words)
            case .NoSuchAsset(let id, let words): .noSuchAsset(AssetID(rawValue: id), words: words)
            case .Source(let code, let words): .source(SourceFault(code: code), words: words)
            case .Invalid(let field, let words): .invalid(words: words, field: field)
            case .Pairing(let code, let words): .pairing(PairingFault(code: code), words: words)
            case .Closed(let words): .closed(words: words)
            case .Host(let words): .host(words: words)
            case .Internal(let words): .internalFault(words: words)
            case .Other(let code, let words): .other(code: code, words: words)
            }
    }
}

extension SatchelError: LocalizedError {
    /// The words.
    public var errorDescription: String? { words }
}

/// What is wrong with a file that was to be added.
public enum SourceFault: Hashable, Sendable {
    /// It is not there.
    case gone
    /// It may not be read.
    case unreadable
    /// It holds no byte.
    case empty
    /// It changed while it was read.
    case changed
    /// It is no file.
    case notAFile
    /// Its folder leads into itself.
    case loop
    /// It is in the app's media library, which cannot open it just now.
    case away
    /// It is in the app's media library, which has it only in the cloud.
    case inCloud
    /// The disk failed.
    case io
    /// A fault of a later version.
    case other(code: String)

    init(code: String) {
        self =
            switch code {
            case "gone": .gone
            case "unreadable": .unreadable
            case "empty": .empty
            case "changed": .changed
            case "not_a_file": .notAFile
            case "loop": .loop
            case "away": .away
            case "in_cloud": .inCloud
            case "io": .io
            default: .other(code: code)
            }
    }
}

/// Why a device could not be paired.
public enum PairingFault: Hashable, Sendable {
    /// This is no pairing code, or a part of one.
    case badCode
    /// The device's or contributor's name cannot be used.
    case badName
    /// The code was used or is too old.
    case codeRefused
    /// Too many tries; the receiver asks to wait.
    case tooManyTries
    /// The receiver refused.
    case refused
    /// Somebody with another key answers at the receiver's address.
    case otherKey
    /// The receiver could not be reached.
    case unreachable
    /// The answer was lost: the code may be used up.
    case answerLost
    /// What answers there is no receiver.
    case notAReceiver
    /// A fault of a later version.
    case other(code: String)

    init(code: String) {
        self =
            switch code {
            case "bad_code": .badCode
            case "bad_name": .badName
            case "code_refused": .codeRefused
            case "too_many_tries": .tooManyTries
            case "refused": .refused
            case "other_key": .otherKey
            case "unreachable": .unreachable
            case "answer_lost": .answerLost
            case "not_a_receiver": .notAReceiver
            default: .other(code: code)
            }
    }
}
