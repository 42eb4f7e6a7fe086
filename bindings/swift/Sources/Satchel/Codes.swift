// The codes of states, reasons and errors: the same in Rust, Kotlin and Swift, for an app's own logs and reports.

extension AssetState {
    /// `accepted`, `hashing`, `waiting`, `sending`, `delivered`, `parked`, `removed`, or one of a later version.
    public var code: String {
        switch self {
        case .accepted: "accepted"
        case .hashing: "hashing"
        case .waiting: "waiting"
        case .sending: "sending"
        case .delivered: "delivered"
        case .parked: "parked"
        case .removed: "removed"
        case .other(let code): code
        }
    }
}

extension WaitReason {
    /// The reason's name.
    public var code: String {
        switch self {
        case .turn: "turn"
        case .noTarget: "no_target"
        case .noLink: "no_link"
        case .linkCosts: "link_costs"
        case .linkPriceUnknown: "link_price_unknown"
        case .linkNotAllowed: "link_not_allowed"
        case .signIn: "sign_in"
        case .roaming: "roaming"
        case .roamingUnknown: "roaming_unknown"
        case .savingData: "saving_data"
        case .noBudget: "no_budget"
        case .budgetSpent: "budget_spent"
        case .budgetTooSmall: "budget_too_small"
        case .notCharging: "not_charging"
        case .outsideHours: "outside_hours"
        case .tooLargeHere: "too_large_here"
        case .never: "never"
        case .paused: "paused"
        case .retry: "retry"
        case .targetRests: "target_rests"
        case .sourceBusy: "source_busy"
        case .sourceAway: "source_away"
        case .inCloud: "in_cloud"
        case .other(let code): code
        }
    }

    /// What went wrong before, where something did.
    public var trouble: Trouble? {
        switch self {
        case .retry(_, let trouble), .targetRests(_, let trouble): trouble
        default: nil
        }
    }
}

extension Link.Kind {
    /// Its name.
    public var code: String {
        switch self {
        case .noNetwork: "none"
        case .wifi: "wifi"
        case .cellular: "cellular"
        case .ethernet: "ethernet"
        case .hotspot: "hotspot"
        case .other: "other"
        case .unknown: "unknown"
        }
    }
}

extension Wake.Need {
    /// Its name.
    public var code: String {
        switch self {
        case .any: "any"
        case .notRoaming: "not_roaming"
        case .notCellular: "not_cellular"
        case .unmetered: "unmetered"
        }
    }
}

extension ParkReason {
    /// The reason's name.
    public var code: String {
        switch self {
        case .sourceGone: "source_gone"
        case .sourceUnreadable: "source_unreadable"
        case .sourceEmpty: "source_empty"
        case .sourceKeepsChanging: "source_keeps_changing"
        case .fateUnknown: "fate_unknown"
        case .hashMismatch: "hash_mismatch"
        case .tooLarge: "too_large"
        case .contradiction: "contradiction"
        case .foreignLocation: "foreign_location"
        case .refused: "refused"
        case .badReceipt: "bad_receipt"
        case .deletedThere: "deleted_there"
        case .cannotRedact: "cannot_redact"
        case .other(let code): code
        }
    }
}

extension Trouble {
    /// The trouble's name.
    public var code: String {
        switch self {
        case .unreachable: "unreachable"
        case .cut: "cut"
        case .imposter: "imposter"
        case .blocked: "blocked"
        case .signIn: "sign_in"
        case .noLink: "no_link"
        case .wrongClock: "wrong_clock"
        case .gateway: "gateway"
        case .busy: "busy"
        case .locked: "locked"
        case .needsToken: "needs_token"
        case .contradiction: "contradiction"
        case .refused: "refused"
        case .sourceAway: "source_away"
        case .inCloud: "in_cloud"
        case .storageFull: "storage_full"
        case .other(let code): code
        }
    }
}

extension Imposter {
    /// Its name.
    public var code: String {
        switch self {
        case .page: "page"
        case .redirect: "redirect"
        case .certificate: "certificate"
        case .garbage: "garbage"
        case .unmarked: "unmarked"
        }
    }
}

extension Health {
    /// Its name.
    public var code: String {
        switch self {
        case .unknown: "unknown"
        case .open: "open"
        case .slow: "slow"
        case .down: "down"
        case .blocked: "blocked"
        case .captive: "captive"
        }
    }
}

extension Block {
    /// Its name.
    public var code: String {
        switch self {
        case .page: "page"
        case .redirect: "redirect"
        case .certificate: "certificate"
        case .reset: "reset"
        case .name: "name"
        case .silence: "silence"
        }
    }
}

extension BlockRecord.Kind {
    /// Its name: that of the ``Block``, or `captive`, or one of a later version.
    public var code: String {
        switch self {
        case .blocked(let block): block.code
        case .captive: "captive"
        case .other(let code): code
        }
    }
}

extension Proof {
    /// Its name.
    public var code: String {
        switch self {
        case .unproven: "unproven"
        case .size: "size"
        case .checksum: "checksum"
        case .receipt: "receipt"
        }
    }
}

extension Added.Kind {
    /// Its name.
    public var code: String {
        switch self {
        case .added: "added"
        case .revised: "revised"
        case .unchanged: "unchanged"
        }
    }
}

extension SatchelError {
    /// The kind's name.
    public var code: String {
        switch self {
        case .alreadyRunning: "already_running"
        case .newerVersion: "newer_version"
        case .damaged: "damaged"
        case .storageFull: "storage_full"
        case .storage: "storage"
        case .noSuchAsset: "no_such_asset"
        case .source: "source"
        case .invalid: "invalid"
        case .pairing: "pairing"
        case .closed: "closed"
        case .host: "host"
        case .internalFault: "internal"
        case .other: "other"
        }
    }
}

extension SourceFault {
    /// The fault's name.
    public var code: String {
        switch self {
        case .gone: "gone"
        case .unreadable: "unreadable"
        case .empty: "empty"
        case .changed: "changed"
        case .notAFile: "not_a_file"
        case .loop: "loop"
        case .away: "away"
        case .inCloud: "in_cloud"
        case .io: "io"
        case .other(let code): code
        }
    }
}

extension PairingFault {
    /// The fault's name.
    public var code: String {
        switch self {
        case .badCode: "bad_code"
        case .badName: "bad_name"
        case .codeRefused: "code_refused"
        case .tooManyTries: "too_many_tries"
        case .refused: "refused"
        case .otherKey: "other_key"
        case .unreachable: "unreachable"
        case .answerLost: "answer_lost"
        case .notAReceiver: "not_a_receiver"
        case .other(let code): code
        }
    }
}
