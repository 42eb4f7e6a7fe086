//! States, reasons and errors as scenarios name them: the same codes in all languages. `vocabulary.json` lists them all.

use satchel_ffi::{
    AddKind, Asset, AssetKind, AssetState, Attempt, Block, Counts, Health, HostStep, Imposter, LinkKind, LinkNeed,
    ParkReason, Proof, Rendition, SatchelError, Trouble, WaitReason, Wake,
};
use serde_json::{Value, json};

/// An asset as a scenario sees it.
pub fn asset(asset: &Asset) -> Value {
    let mut view = state(&asset.state);
    let press = asset.deliveries.iter().find(|delivery| delivery.rendition == Rendition::Press);
    let more = json!({
        "kind": kind(asset.kind),
        "hash": asset.hash,
        "motion": asset.motion.as_ref().map(|motion| &motion.name),
        "bytes": asset.bytes,
        "urgent": asset.urgent,
        "revision": asset.revision,
        "caption": asset.post.caption,
        "tags": asset.post.tags,
        "receipts": asset.deliveries.iter().filter(|delivery| delivery.receipt).count(),
        "redacted": asset.deliveries.iter().filter(|delivery| delivery.redacted).count(),
        "press": press.map(|delivery| state_name(&delivery.state)),
    });
    if let (Value::Object(view), Value::Object(more)) = (&mut view, more) {
        view.extend(more);
    }
    view
}

/// What kind of thing.
fn kind(kind: AssetKind) -> &'static str {
    match kind {
        AssetKind::Photo => "photo",
        AssetKind::Video => "video",
        AssetKind::Pair => "pair",
        AssetKind::Other => "other",
    }
}

/// How many there are.
pub fn counts(counts: &Counts) -> Value {
    json!({
        "unread": counts.unread,
        "open": counts.open,
        "parked": counts.parked,
        "delivered": counts.delivered,
        "posts_delivered": counts.posts_delivered,
    })
}

/// A state, with its reason, trouble and proof where it has them.
pub fn state(state: &AssetState) -> Value {
    let name = state_name(state);
    match state {
        AssetState::Waiting { reason, words, goes, when_words } => {
            let met = match reason {
                WaitReason::Retry { trouble, .. } | WaitReason::TargetRests { trouble, .. } => Some(trouble),
                _ => None,
            };
            let budget = match reason {
                WaitReason::BudgetSpent { budget, .. } | WaitReason::BudgetTooSmall { budget } => Some(budget),
                _ => None,
            };
            let mut seen = json!({
                "state": name,
                "reason": wait_reason(reason),
                "trouble": met.map(trouble),
                "budget": budget,
                "said": !words.is_empty() && !when_words.is_empty(),
            });
            if let (Value::Object(seen), Value::Object(wake)) = (&mut seen, wake(goes)) {
                seen.extend(wake);
            }
            seen
        }
        AssetState::Delivered { proof: how } => json!({ "state": name, "proof": proof(how) }),
        AssetState::Parked { reason, words } => {
            json!({ "state": name, "reason": park_reason(reason), "said": !words.is_empty() })
        }
        _ => json!({ "state": name }),
    }
}

/// When to run next.
pub fn wake(wake: &Wake) -> Value {
    let Wake { at_utc_ms, needs, charging, sooner, bytes } = wake;
    json!({
        "timed": at_utc_ms.is_some(),
        "needs": needs.as_ref().map(link_need),
        "charging": charging,
        "sooner": sooner.as_ref().map(link_need),
        "waits": bytes,
    })
}

/// Whether there are any; the last one.
pub fn attempts(all: &[Attempt]) -> Value {
    let last = all.first();
    json!({
        "any": last.is_some(),
        "method": last.map(|one| &one.method),
        "status": last.map(|one| one.status),
        "words": last.map(|one| &one.words),
    })
}

/// What a step asks of the network that carries it.
pub fn constraints(step: &HostStep) -> Value {
    json!({
        "unmetered_only": step.unmetered_only,
        "not_constrained": step.not_constrained,
        "no_cellular": step.no_cellular,
        "not_roaming": step.not_roaming,
    })
}

/// The codes of a type: a function that names each value, and the list of them all. The match is exhaustive, so a value
/// that is new in the engine must get its code here, and then in `vocabulary.json` and in every language.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident($type:ty), $all:ident { $($pattern:pat => $code:literal),+ $(,)? } $(other $other:pat => $field:ident)?) => {
        $(#[$doc])*
        pub fn $name(value: &$type) -> &str {
            match value {
                $($pattern => $code,)+
                $($other => $field,)?
            }
        }
        /// All of these codes.
        pub const $all: &[&str] = &[$($code),+];
    };
}

codes! {
    /// A reason to wait.
    wait_reason(WaitReason), WAIT_REASONS {
        WaitReason::Turn => "turn",
        WaitReason::NoTarget => "no_target",
        WaitReason::NoLink => "no_link",
        WaitReason::LinkCosts => "link_costs",
        WaitReason::LinkPriceUnknown => "link_price_unknown",
        WaitReason::LinkNotAllowed => "link_not_allowed",
        WaitReason::SignIn => "sign_in",
        WaitReason::Roaming => "roaming",
        WaitReason::RoamingUnknown => "roaming_unknown",
        WaitReason::SavingData => "saving_data",
        WaitReason::NoBudget => "no_budget",
        WaitReason::BudgetSpent { .. } => "budget_spent",
        WaitReason::BudgetTooSmall { .. } => "budget_too_small",
        WaitReason::NotCharging => "not_charging",
        WaitReason::OutsideHours { .. } => "outside_hours",
        WaitReason::TooLargeHere { .. } => "too_large_here",
        WaitReason::Never => "never",
        WaitReason::Paused => "paused",
        WaitReason::Retry { .. } => "retry",
        WaitReason::TargetRests { .. } => "target_rests",
        WaitReason::SourceBusy => "source_busy",
        WaitReason::SourceAway => "source_away",
        WaitReason::InCloud => "in_cloud",
    } other WaitReason::Other { code } => code
}

codes! {
    /// A reason to be parked.
    park_reason(ParkReason), PARK_REASONS {
        ParkReason::SourceGone => "source_gone",
        ParkReason::SourceUnreadable => "source_unreadable",
        ParkReason::SourceEmpty => "source_empty",
        ParkReason::SourceKeepsChanging => "source_keeps_changing",
        ParkReason::FateUnknown => "fate_unknown",
        ParkReason::HashMismatch => "hash_mismatch",
        ParkReason::TooLarge => "too_large",
        ParkReason::Contradiction => "contradiction",
        ParkReason::ForeignLocation => "foreign_location",
        ParkReason::Refused { .. } => "refused",
        ParkReason::BadReceipt => "bad_receipt",
        ParkReason::DeletedThere => "deleted_there",
        ParkReason::CannotRedact => "cannot_redact",
    } other ParkReason::Other { code } => code
}

codes! {
    /// A trouble.
    trouble(Trouble), TROUBLES {
        Trouble::Unreachable => "unreachable",
        Trouble::Cut => "cut",
        Trouble::Imposter { .. } => "imposter",
        Trouble::Blocked { .. } => "blocked",
        Trouble::SignIn => "sign_in",
        Trouble::NoLink => "no_link",
        Trouble::WrongClock => "wrong_clock",
        Trouble::Gateway { .. } => "gateway",
        Trouble::Busy { .. } => "busy",
        Trouble::Locked => "locked",
        Trouble::NeedsToken => "needs_token",
        Trouble::Contradiction => "contradiction",
        Trouble::Refused { .. } => "refused",
        Trouble::SourceAway => "source_away",
        Trouble::InCloud => "in_cloud",
        Trouble::StorageFull => "storage_full",
    } other Trouble::Other { code } => code
}

codes! {
    /// What stood in the service's place.
    imposter(Imposter), IMPOSTERS {
        Imposter::Page => "page",
        Imposter::Redirect => "redirect",
        Imposter::Certificate => "certificate",
        Imposter::Garbage => "garbage",
        Imposter::Unmarked => "unmarked",
    }
}

codes! {
    /// How an endpoint fares.
    health(Health), HEALTHS {
        Health::Unknown => "unknown",
        Health::Open => "open",
        Health::Slow => "slow",
        Health::Down => "down",
        Health::Blocked { .. } => "blocked",
        Health::Captive => "captive",
    }
}

codes! {
    /// How an endpoint is blocked.
    block(Block), BLOCKS {
        Block::Page => "page",
        Block::Redirect => "redirect",
        Block::Certificate => "certificate",
        Block::Reset => "reset",
        Block::Name => "name",
        Block::Silence => "silence",
    }
}

/// How a blocked endpoint is.
pub fn block_of(health: &Health) -> Option<&str> {
    match health {
        Health::Blocked { by } => Some(block(by)),
        _ => None,
    }
}

codes! {
    /// What carries the bytes.
    link_kind(LinkKind), LINK_KINDS {
        LinkKind::None => "none",
        LinkKind::Wifi => "wifi",
        LinkKind::Cellular => "cellular",
        LinkKind::Ethernet => "ethernet",
        LinkKind::Hotspot => "hotspot",
        LinkKind::Other => "other",
        LinkKind::Unknown => "unknown",
    }
}

codes! {
    /// The least that a link must be.
    link_need(LinkNeed), LINK_NEEDS {
        LinkNeed::Any => "any",
        LinkNeed::NotRoaming => "not_roaming",
        LinkNeed::NotCellular => "not_cellular",
        LinkNeed::Unmetered => "unmetered",
    }
}

codes! {
    /// A proof.
    proof(Proof), PROOFS {
        Proof::Unproven => "unproven",
        Proof::Size => "size",
        Proof::Checksum => "checksum",
        Proof::Receipt => "receipt",
    }
}

codes! {
    /// A state.
    state_name(AssetState), STATES {
        AssetState::Accepted => "accepted",
        AssetState::Hashing => "hashing",
        AssetState::Waiting { .. } => "waiting",
        AssetState::Sending => "sending",
        AssetState::Delivered { .. } => "delivered",
        AssetState::Parked { .. } => "parked",
        AssetState::Removed => "removed",
    } other AssetState::Other { code } => code
}

codes! {
    /// What became of a file that was added.
    added(AddKind), ADDED {
        AddKind::Added => "added",
        AddKind::Revised => "revised",
        AddKind::Unchanged => "unchanged",
    }
}

codes! {
    /// An error's kind.
    error_kind(SatchelError), ERROR_KINDS {
        SatchelError::AlreadyRunning { .. } => "already_running",
        SatchelError::NewerVersion { .. } => "newer_version",
        SatchelError::Damaged { .. } => "damaged",
        SatchelError::StorageFull { .. } => "storage_full",
        SatchelError::Storage { .. } => "storage",
        SatchelError::NoSuchAsset { .. } => "no_such_asset",
        SatchelError::Source { .. } => "source",
        SatchelError::Invalid { .. } => "invalid",
        SatchelError::Pairing { .. } => "pairing",
        SatchelError::Closed { .. } => "closed",
        SatchelError::Host { .. } => "host",
        SatchelError::Internal { .. } => "internal",
        SatchelError::Other { .. } => "other",
    }
}

/// An error: its kind, and its code where it has one.
pub fn error(error: &SatchelError) -> Value {
    let kind = error_kind(error);
    match error {
        SatchelError::Source { code, .. } | SatchelError::Pairing { code, .. } | SatchelError::Other { code, .. } => {
            json!({ "kind": kind, "code": code })
        }
        SatchelError::Invalid { field, .. } => json!({ "kind": kind, "field": field }),
        _ => json!({ "kind": kind }),
    }
}

/// Every code, as `vocabulary.json` lists them for the other languages.
pub fn vocabulary() -> Value {
    json!({
        "states": STATES,
        "wait_reasons": WAIT_REASONS,
        "park_reasons": PARK_REASONS,
        "troubles": TROUBLES,
        "imposters": IMPOSTERS,
        "healths": HEALTHS,
        "blocks": BLOCKS,
        "link_kinds": LINK_KINDS,
        "link_needs": LINK_NEEDS,
        "proofs": PROOFS,
        "added": ADDED,
        "error_kinds": ERROR_KINDS,
    })
}
