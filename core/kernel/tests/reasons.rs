//! The one table of reasons: what every app and the command say of a photo that is not there yet. `docs/reasons.md` is this table, for
//! those who translate it or look a word up.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::fmt::Write as _;

use satchel_kernel::gate::Imposter;
use satchel_kernel::health::Block;
use satchel_kernel::ids::BootId;
use satchel_kernel::planner::{LinkNeed, Wake};
use satchel_kernel::state::{ParkReason, Trouble, WaitReason};
use satchel_kernel::time::Now;

const HEAD: &str = "\
# Reasons

Why a photo is not there yet: the words that the command and both demo apps show, from one place, `core/kernel/src/state.rs`. The
code is the same in Rust, Kotlin and Swift. Numbers, names and times are examples.

A test writes this file's text; change the words in the core, and put what it says here.
";

/// Each once. What is new breaks the build at `is_listed`.
fn waits() -> Vec<WaitReason> {
    use WaitReason as W;
    let (at_utc_ms, trouble) = (3_600_000, Trouble::Unreachable);
    vec![
        W::Turn,
        W::NoTarget,
        W::NoLink,
        W::LinkCosts,
        W::LinkPriceUnknown,
        W::LinkNotAllowed,
        W::SignIn,
        W::Roaming,
        W::RoamingUnknown,
        W::SavingData,
        W::NoBudget,
        W::BudgetSpent { budget: "mobile".into(), at_utc_ms: Some(at_utc_ms) },
        W::BudgetTooSmall { budget: "mobile".into() },
        W::NotCharging,
        W::OutsideHours { at_utc_ms },
        W::TooLargeHere { most: 2_000_000 },
        W::Never,
        W::Paused,
        W::Retry { at_utc_ms, trouble },
        W::TargetRests { at_utc_ms, trouble },
        W::SourceBusy,
        W::SourceAway,
        W::InCloud,
    ]
}

fn is_listed(reason: &WaitReason) -> bool {
    use WaitReason as W;
    match reason {
        W::Turn | W::NoTarget | W::NoLink | W::LinkCosts | W::LinkPriceUnknown | W::LinkNotAllowed => true,
        W::SignIn | W::Roaming | W::RoamingUnknown | W::SavingData | W::NoBudget | W::BudgetSpent { .. } => true,
        W::BudgetTooSmall { .. } | W::NotCharging | W::OutsideHours { .. } | W::TooLargeHere { .. } | W::Never => true,
        W::Paused | W::Retry { .. } | W::TargetRests { .. } | W::SourceBusy | W::SourceAway | W::InCloud => true,
        W::Other => false,
    }
}

/// What must come, as a plan says it beside such a reason.
fn goes(reason: &WaitReason) -> Wake {
    let at = |at: i64| Wake { at_utc_ms: Some(at), ..Wake::default() };
    let needs = |need| Wake { needs: Some(need), ..Wake::default() };
    match reason {
        WaitReason::BudgetSpent { at_utc_ms, .. } => at_utc_ms.map_or_else(Wake::default, at),
        WaitReason::OutsideHours { at_utc_ms }
        | WaitReason::Retry { at_utc_ms, .. }
        | WaitReason::TargetRests { at_utc_ms, .. } => at(*at_utc_ms),
        WaitReason::NoLink => needs(LinkNeed::Any),
        WaitReason::LinkCosts
        | WaitReason::LinkPriceUnknown
        | WaitReason::SavingData
        | WaitReason::TooLargeHere { .. } => needs(LinkNeed::Unmetered),
        WaitReason::LinkNotAllowed => needs(LinkNeed::NotCellular),
        WaitReason::Roaming | WaitReason::RoamingUnknown => needs(LinkNeed::NotRoaming),
        WaitReason::NotCharging => Wake { charging: true, ..Wake::default() },
        _ => Wake::default(),
    }
}

fn parks() -> Vec<ParkReason> {
    use ParkReason as P;
    vec![
        P::SourceGone,
        P::SourceUnreadable,
        P::SourceEmpty,
        P::SourceKeepsChanging,
        P::FateUnknown,
        P::HashMismatch,
        P::TooLarge,
        P::Contradiction,
        P::ForeignLocation,
        P::Refused { status: 403 },
        P::BadReceipt,
        P::DeletedThere,
        P::CannotRedact,
    ]
}

fn is_listed_park(reason: &ParkReason) -> bool {
    use ParkReason as P;
    match reason {
        P::SourceGone | P::SourceUnreadable | P::SourceEmpty | P::SourceKeepsChanging | P::FateUnknown => true,
        P::HashMismatch | P::TooLarge | P::Contradiction | P::ForeignLocation | P::Refused { .. } => true,
        P::BadReceipt | P::DeletedThere | P::CannotRedact => true,
        P::Other => false,
    }
}

fn troubles() -> Vec<Trouble> {
    use Trouble as T;
    let imposters = [Imposter::Page, Imposter::Redirect, Imposter::Certificate, Imposter::Garbage, Imposter::Unmarked];
    let mut all = vec![T::Unreachable, T::Cut];
    all.extend(imposters.map(T::Imposter));
    let blocks = [Block::Page, Block::Redirect, Block::Certificate, Block::Reset, Block::Name, Block::Silence];
    all.extend(blocks.map(T::Blocked));
    all.extend([T::SignIn, T::NoLink, T::WrongClock]);
    all.extend([T::Gateway(502), T::Busy(503), T::Locked, T::NeedsToken, T::Contradiction, T::Refused(403)]);
    all.extend([T::SourceAway, T::InCloud, T::StorageFull]);
    all
}

fn is_listed_trouble(trouble: &Trouble) -> bool {
    use Trouble as T;
    match trouble {
        T::Unreachable | T::Cut | T::Gateway(_) | T::Busy(_) | T::Locked | T::NeedsToken | T::Contradiction => true,
        T::Imposter(
            Imposter::Page | Imposter::Redirect | Imposter::Certificate | Imposter::Garbage | Imposter::Unmarked,
        ) => true,
        T::Blocked(
            Block::Page | Block::Redirect | Block::Certificate | Block::Reset | Block::Name | Block::Silence,
        ) => true,
        T::SignIn | T::NoLink | T::WrongClock => true,
        T::Refused(_) | T::SourceAway | T::InCloud | T::StorageFull => true,
        T::Other => false,
    }
}

fn code(reason: &impl serde::Serialize, name: &str) -> String {
    let told = serde_json::to_value(reason).unwrap();
    let detail = told["detail"].as_str().map(|detail| format!(", {detail}")).unwrap_or_default();
    format!("`{}`{detail}", told[name].as_str().unwrap())
}

#[test]
fn the_table_of_reasons_is_what_the_core_says() {
    assert!(waits().iter().all(is_listed) && parks().iter().all(is_listed_park));
    assert!(troubles().iter().all(is_listed_trouble));
    let now = Now { utc_ms: 0, boot: BootId::from_bytes([0; 16]), since_boot_ms: 0, zone_min: 0 };
    let mut table = HEAD.to_owned();
    table.push_str("\n## It waits, and goes by itself\n\n| code | words | when |\n| --- | --- | --- |\n");
    for reason in waits() {
        let when = reason.when(&goes(&reason), &now);
        writeln!(table, "| {} | {} | {when} |", code(&reason, "code"), reason.words()).unwrap();
    }
    table.push_str("\n## It needs a person\n\n| code | words |\n| --- | --- |\n");
    for reason in parks() {
        writeln!(table, "| {} | {} |", code(&reason, "code"), reason.words()).unwrap();
    }
    table.push_str("\n## What went wrong, where it is tried again\n\n| code | words |\n| --- | --- |\n");
    for trouble in troubles() {
        writeln!(table, "| {} | {} |", code(&trouble, "kind"), trouble.words()).unwrap();
    }
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reasons.md");
    let written = std::fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    assert_eq!(written, table, "docs/reasons.md is not what the core says; it should be\n{table}");
}
