//! When blocked endpoints are probed, and when nobody is woken for it.

use super::*;
use crate::health::{Block, Health, PROBE_BYTES};

/// One thing to send, whose only endpoint is blocked; when it was probed last, so long was to be waited.
fn blocked(wait_ms: u64) -> Snapshot {
    let mut snap = snapshot(vec![candidate(1, Rendition::Original, false, 1)]);
    let by = Block::Reset;
    snap.world.targets[0].endpoints[0].fares = Fares {
        health: Health::Blocked(by),
        trouble: Some(Trouble::Blocked(by)),
        failures: 1,
        due: Some(now().after(wait_ms)),
        ..Fares::default()
    };
    snap.world.link = Link::cellular();
    snap
}

fn probed(plan: &Plan) -> bool {
    plan.actions.iter().any(|action| matches!(action, Action::Probe { .. }))
}

#[test]
fn a_probe_goes_when_it_is_due_and_is_woken_for() {
    let plan_of = |wait| plan(&now(), &blocked(wait), &Policy::over_any_link());
    assert!(probed(&plan_of(0)));
    let later = plan_of(9_000);
    assert!(later.actions.is_empty());
    assert_eq!(later.wake.at_utc_ms, Some(1_009_000));
}

#[test]
fn a_probe_that_may_not_go_wakes_nobody() {
    let plan = plan(&now(), &blocked(0), &Policy::default());
    assert!(plan.actions.is_empty());
    assert_eq!((plan.wake.at_utc_ms, plan.wake.needs), (None, Some(LinkNeed::Unmetered)));
}

#[test]
fn a_probe_that_is_under_way_wakes_nobody() {
    let snap = Snapshot { probing: vec![TargetId(1)], ..blocked(0) };
    let plan = plan(&now(), &snap, &Policy::over_any_link());
    assert!(plan.actions.is_empty());
    assert_eq!(plan.wake.at_utc_ms, None);
}

#[test]
fn while_one_way_is_probed_another_that_rests_is_woken_for() {
    let mut snap = blocked(0);
    let mut other = blocked(9_000).world.targets[0].endpoints[0].clone();
    (other.id, other.fares.health, other.fares.trouble) = (EndpointId(2), Health::Slow, Some(Trouble::Cut));
    snap.world.targets[0].endpoints.push(other);
    snap.probing = vec![TargetId(1)];
    let plan = plan(&now(), &snap, &Policy::over_any_link());
    assert_eq!(plan.wake.at_utc_ms, Some(1_009_000));
}

#[test]
fn a_probe_goes_only_where_its_price_is_left() {
    let with = |left| {
        let mut snap = blocked(0);
        snap.world.budgets = vec![mobile(left)];
        plan(&now(), &snap, &Policy::over_any_link())
    };
    let price = price::expected(PROBE_BYTES);
    assert!(probed(&with(price)));
    let short = with(price - 1);
    assert!(!probed(&short), "what is not there cannot be reserved");
    assert_eq!(short.wake.at_utc_ms, Some(1_001_000), "when the budget begins anew");
}

#[test]
fn how_large_a_thing_may_be_does_not_bound_its_probe() {
    let mut snap = blocked(0);
    snap.world.link = Link::wifi();
    let allow = vec![Way { up_to_bytes: Some(PROBE_BYTES / 2), ..Way::default() }];
    assert!(probed(&plan(&now(), &snap, &Policy::of_rules(vec![Rule { allow, ..Rule::default() }]))));
}
