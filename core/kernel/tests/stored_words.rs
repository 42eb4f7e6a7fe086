//! What is stored must be readable by earlier and later versions, and what is said must be said in words (law 6).

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use proptest::prelude::*;
use satchel_kernel::gate::Imposter;
use satchel_kernel::planner::{LinkNeed, Wake};
use satchel_kernel::state::{AssetState, ParkReason, Proof, Trouble, WaitReason};

const IMPOSTERS: [Imposter; 5] =
    [Imposter::Page, Imposter::Redirect, Imposter::Certificate, Imposter::Garbage, Imposter::Unmarked];

fn any_trouble() -> impl Strategy<Value = Trouble> {
    prop_oneof![
        Just(Trouble::Unreachable),
        Just(Trouble::Cut),
        prop::sample::select(IMPOSTERS.to_vec()).prop_map(Trouble::Imposter),
        any::<u16>().prop_map(Trouble::Gateway),
        any::<u16>().prop_map(Trouble::Busy),
        Just(Trouble::Locked),
        Just(Trouble::NeedsToken),
        Just(Trouble::Contradiction),
        any::<u16>().prop_map(Trouble::Refused),
        Just(Trouble::SourceAway),
        Just(Trouble::InCloud),
        Just(Trouble::StorageFull),
        Just(Trouble::Other),
    ]
}

fn any_wait() -> impl Strategy<Value = WaitReason> {
    prop_oneof![
        Just(WaitReason::Turn),
        Just(WaitReason::NoTarget),
        Just(WaitReason::NoLink),
        Just(WaitReason::LinkCosts),
        Just(WaitReason::LinkPriceUnknown),
        Just(WaitReason::Paused),
        (any::<i64>(), any_trouble()).prop_map(|(at_utc_ms, trouble)| WaitReason::Retry { at_utc_ms, trouble }),
        (any::<i64>(), any_trouble()).prop_map(|(at_utc_ms, trouble)| WaitReason::TargetRests { at_utc_ms, trouble }),
        prop::sample::select(vec![
            WaitReason::LinkNotAllowed,
            WaitReason::SignIn,
            WaitReason::Roaming,
            WaitReason::RoamingUnknown,
            WaitReason::SavingData,
            WaitReason::NoBudget,
            WaitReason::NotCharging,
            WaitReason::Never,
        ]),
        any::<Option<i64>>().prop_map(|at_utc_ms| WaitReason::BudgetSpent { budget: "trip".into(), at_utc_ms }),
        Just(WaitReason::BudgetTooSmall { budget: "trip".into() }),
        any::<i64>().prop_map(|at_utc_ms| WaitReason::OutsideHours { at_utc_ms }),
        any::<u64>().prop_map(|most| WaitReason::TooLargeHere { most }),
        Just(WaitReason::SourceBusy),
        Just(WaitReason::SourceAway),
        Just(WaitReason::InCloud),
        Just(WaitReason::Other),
    ]
}

fn any_park() -> impl Strategy<Value = ParkReason> {
    prop_oneof![
        Just(ParkReason::SourceGone),
        Just(ParkReason::SourceUnreadable),
        Just(ParkReason::SourceEmpty),
        Just(ParkReason::SourceKeepsChanging),
        Just(ParkReason::FateUnknown),
        Just(ParkReason::HashMismatch),
        Just(ParkReason::TooLarge),
        Just(ParkReason::Contradiction),
        Just(ParkReason::ForeignLocation),
        any::<u16>().prop_map(|status| ParkReason::Refused { status }),
        Just(ParkReason::BadReceipt),
        Just(ParkReason::DeletedThere),
        Just(ParkReason::CannotRedact),
        Just(ParkReason::Other),
    ]
}

/// Words for a person: a sentence without a capital or full stop, no code, no blank.
fn are_words(words: &str) -> Result<(), TestCaseError> {
    prop_assert!(words.len() >= 6 && words == words.trim(), "{words:?}");
    prop_assert!(!words.contains(['_', '{', '}', '\n']) && !words.contains("::"), "{words:?}");
    prop_assert!(!words.ends_with('.'), "{words:?}");
    Ok(())
}

proptest! {
    #[test]
    fn law_6_every_reason_has_words_and_comes_back(trouble in any_trouble(), wait in any_wait(), park in any_park()) {
        are_words(&trouble.words())?;
        are_words(&wait.words())?;
        are_words(&park.words())?;
        let again: Trouble = serde_json::from_str(&serde_json::to_string(&trouble).unwrap()).unwrap();
        prop_assert_eq!(again, trouble);
        for state in [AssetState::Waiting { reason: wait, goes: Wake::default() }, AssetState::Parked { reason: park }] {
            let again: AssetState = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
            prop_assert_eq!(again, state);
        }
    }
}

#[test]
fn a_wait_of_a_later_version_is_read_as_other() {
    for json in [
        r#"{"code":"quota_of_the_moon"}"#,
        r#"{"code":"quota_of_the_moon","until":5,"nested":{"a":[1,2,{"b":null}]}}"#,
        r#"{"until":5,"code":"quota_of_the_moon"}"#,
    ] {
        assert_eq!(serde_json::from_str::<WaitReason>(json).unwrap(), WaitReason::Other, "{json}");
    }
    // A code that is known, with a field that is not.
    let json = r#"{"code":"turn","place_in_line":4}"#;
    assert_eq!(serde_json::from_str::<WaitReason>(json).unwrap(), WaitReason::Turn);
    let json = r#"{"code":"retry","at_utc_ms":4,"trouble":{"kind":"cut"},"times":9}"#;
    let retry = WaitReason::Retry { at_utc_ms: 4, trouble: Trouble::Cut };
    assert_eq!(serde_json::from_str::<WaitReason>(json).unwrap(), retry);
}

#[test]
fn a_park_of_a_later_version_is_read_as_other() {
    for json in
        [r#"{"code":"quota"}"#, r#"{"code":"quota","left":0,"of":{"who":"desk"}}"#, r#"{"of":1,"code":"quota"}"#]
    {
        assert_eq!(serde_json::from_str::<ParkReason>(json).unwrap(), ParkReason::Other, "{json}");
    }
    let json = r#"{"code":"refused","status":415,"since":1}"#;
    assert_eq!(serde_json::from_str::<ParkReason>(json).unwrap(), ParkReason::Refused { status: 415 });
}

#[test]
fn a_trouble_of_a_later_version_is_read_as_other() {
    for json in [
        r#"{"kind":"quota"}"#,
        r#"{"kind":"quota","detail":null}"#,
        r#"{"kind":"quota","detail":7}"#,
        r#"{"kind":"quota","detail":"soon"}"#,
        r#"{"kind":"quota","detail":{"left":[1,2]}}"#,
        r#"{"detail":7,"kind":"quota"}"#,
        r#"{"kind":"imposter","detail":"hologram"}"#,
        r#"{"detail":"hologram","kind":"imposter"}"#,
        r#"{"kind":"gateway","detail":{"status":502,"via":"x"}}"#,
        r#"{"kind":"busy"}"#,
    ] {
        assert_eq!(
            serde_json::from_str::<Trouble>(json).unwrap_or_else(|e| panic!("{json}: {e}")),
            Trouble::Other,
            "{json}"
        );
    }
    for (json, known) in [
        (r#"{"kind":"cut"}"#, Trouble::Cut),
        (r#"{"kind":"cut","detail":null}"#, Trouble::Cut),
        (r#"{"kind":"cut","since":5}"#, Trouble::Cut),
        (r#"{"detail":502,"kind":"gateway"}"#, Trouble::Gateway(502)),
        (r#"{"kind":"imposter","detail":"page"}"#, Trouble::Imposter(Imposter::Page)),
    ] {
        assert_eq!(serde_json::from_str::<Trouble>(json).unwrap_or_else(|e| panic!("{json}: {e}")), known, "{json}");
    }
    // Inside of what holds it.
    let json = r#"{"state":"waiting","reason":{"code":"retry","at_utc_ms":1,"trouble":{"kind":"quota","detail":7}}}"#;
    let reason = WaitReason::Retry { at_utc_ms: 1, trouble: Trouble::Other };
    assert_eq!(
        serde_json::from_str::<AssetState>(json).unwrap(),
        AssetState::Waiting { reason, goes: Wake::default() }
    );
}

#[test]
fn what_this_version_writes_stays_as_it_is() {
    for (state, json) in [
        (AssetState::Accepted, r#"{"state":"accepted"}"#),
        (AssetState::Delivered { proof: Proof::Receipt }, r#"{"state":"delivered","proof":"receipt"}"#),
        (
            AssetState::Parked { reason: ParkReason::Refused { status: 415 } },
            r#"{"state":"parked","reason":{"code":"refused","status":415}}"#,
        ),
        (
            AssetState::Waiting { reason: WaitReason::NoLink, goes: Wake::with(LinkNeed::Unmetered) },
            r#"{"state":"waiting","reason":{"code":"no_link"},"goes":{"needs":"unmetered"}}"#,
        ),
        (
            AssetState::Waiting {
                reason: WaitReason::TargetRests { at_utc_ms: 9, trouble: Trouble::Imposter(Imposter::Page) },
                goes: Wake::at(9),
            },
            r#"{"state":"waiting","reason":{"code":"target_rests","at_utc_ms":9,"trouble":{"kind":"imposter","detail":"page"}},"goes":{"at_utc_ms":9}}"#,
        ),
    ] {
        assert_eq!(serde_json::to_string(&state).unwrap(), json);
    }
}

#[test]
fn law_5_only_a_receipt_or_a_checksum_frees_the_original() {
    assert!([Proof::Receipt, Proof::Checksum].iter().all(|p| p.safe_to_free()));
    assert!(![Proof::Size, Proof::Unproven].iter().any(|p| p.safe_to_free()));
}
