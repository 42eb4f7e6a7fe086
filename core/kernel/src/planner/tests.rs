use super::*;
use crate::ids::BootId;
use crate::policy::Links;
use proptest::prelude::*;

fn now() -> Now {
    Now { utc_ms: 1_000_000, boot: BootId::from_bytes([1; 16]), since_boot_ms: 5_000, zone_min: 0 }
}

fn target(id: i64) -> TargetView {
    TargetView { id: TargetId(id), have_check: true, rest: None }
}

fn candidate(id: i64, class: Rendition, urgent: bool, order: i64) -> Candidate {
    Candidate { delivery: DeliveryId(id), target: TargetId(1), class, urgent, order, unrendered: false }
}

fn snapshot(candidates: Vec<Candidate>) -> Snapshot {
    let world = World { link: Link::wifi(), paused: false, targets: vec![target(1)] };
    Snapshot { open: candidates.len() as u64, world, candidates, ..Snapshot::default() }
}

fn sent(plan: &Plan) -> Vec<i64> {
    let id = |a: &Action| if let Action::Send(_, d) = a { Some(d.0) } else { None };
    plan.actions.iter().filter_map(id).collect()
}

fn one_at_a_time() -> Policy {
    Policy { uploads_at_once: 1, ..Policy::default() }
}

#[test]
fn urgent_first_then_text_then_the_newest() {
    use Rendition::{Original, Text};
    let snap = snapshot(vec![
        candidate(1, Original, false, 9),
        candidate(2, Original, false, 10),
        candidate(3, Text, false, 1),
        candidate(4, Original, true, 2),
    ]);
    let policy = Policy { uploads_at_once: 4, ..Policy::default() };
    assert_eq!(sent(&plan(&now(), &snap, &policy)), [4, 3, 2, 1]);
    let oldest = Policy { order: Order::Oldest, ..policy };
    assert_eq!(sent(&plan(&now(), &snap, &oldest)), [4, 3, 1, 2]);
    assert_eq!(sent(&plan(&now(), &snap, &one_at_a_time())), [4]);
}

#[test]
fn without_a_link_it_reads_and_says_what_it_needs() {
    let mut snap = snapshot(vec![candidate(1, Rendition::Original, true, 1)]);
    snap.world.link = Link::none();
    snap.unread = vec![PartId(7), PartId(8)];
    let plan = plan(&now(), &snap, &Policy::default());
    assert_eq!(plan.actions, [Action::Read(vec![PartId(7), PartId(8)])]);
    assert_eq!(plan.wake.needs, Some(LinkNeed::Unmetered));
}

#[test]
fn a_resting_target_is_left_alone_and_woken_for() {
    let mut snap = snapshot(vec![candidate(1, Rendition::Original, true, 1)]);
    snap.world.targets[0].rest = Some((now().after(9_000), Trouble::Cut));
    let plan = plan(&now(), &snap, &Policy::default());
    assert!(plan.actions.is_empty());
    assert_eq!(plan.wake.at_utc_ms, Some(1_009_000));
}

#[test]
fn what_is_unknown_to_the_server_is_asked_once() {
    let mut snap = snapshot(vec![]);
    snap.unchecked = vec![(TargetId(1), DeliveryId(3), BlobHash::of(b"x"))];
    let asked = plan(&now(), &snap, &Policy::default());
    assert_eq!(asked.actions.len(), 1);
    snap.asking = vec![TargetId(1)];
    assert!(plan(&now(), &snap, &Policy::default()).actions.is_empty());
}

fn any_snapshot() -> impl Strategy<Value = Snapshot> {
    let class = prop_oneof![Just(Rendition::Text), Just(Rendition::Preview), Just(Rendition::Original)];
    let one = (0i64..1000, class, any::<bool>(), any::<i64>(), 1i64..4).prop_map(|(id, class, urgent, order, t)| {
        Candidate { target: TargetId(t), ..candidate(id, class, urgent, order) }
    });
    let link = prop_oneof![Just(Link::none()), Just(Link::wifi()), Just(Link::cellular()), Just(Link::default())];
    let rest = proptest::option::of(0u64..100_000);
    (prop::collection::vec(one, 0..40), link, any::<bool>(), rest, 0usize..10).prop_map(
        |(c, link, paused, rest, sending)| {
            let mut snap = snapshot(c);
            let rest = rest.map(|ms| (now().after(ms), Trouble::Cut));
            let second = TargetView { rest, ..target(2) };
            snap.world = World { link, paused, targets: vec![target(1), second] };
            Snapshot { sending, ..snap }
        },
    )
}

proptest! {
    /// Laws 2 and 8: nothing goes over a link that is not allowed, past the limit, to a resting or unserved target; and
    /// the same snapshot, in whatever order its candidates came, gives the same plan.
    #[test]
    fn a_plan_keeps_the_rules(snap in any_snapshot(), any_link: bool, at_once in 0u8..12) {
        let links = if any_link { Links::Any } else { Links::Unmetered };
        let policy = Policy { links, uploads_at_once: at_once, ..Policy::default() };
        let made = plan(&now(), &snap, &policy);
        let ids = sent(&made);
        if snap.world.paused || policy.allows(&snap.world.link).is_err() {
            prop_assert!(ids.is_empty());
        }
        prop_assert!(ids.len() + snap.sending <= usize::from(at_once.clamp(1, 8)).max(snap.sending));
        for action in &made.actions {
            if let Action::Send(t, _) = action {
                let view = snap.world.targets.iter().find(|v| v.id == *t);
                prop_assert!(view.is_some_and(|v| v.rest.is_none_or(|(due, _)| due.is_over(&now()))));
            }
        }
        let mut turned = snap.clone();
        turned.candidates.reverse();
        let again = plan(&now(), &turned, &policy);
        prop_assert_eq!(sent(&again).len(), ids.len());
        prop_assert_eq!(plan(&now(), &snap, &policy), made);
    }

    /// Law 6: whatever the world, what is not delivered has a reason in words.
    #[test]
    fn everything_open_has_a_reason(snap in any_snapshot(), t in 1i64..4) {
        let delivery = Delivery { target: TargetId(t), stage: Stage::Waiting(None) };
        let state = reason(&now(), &delivery, &snap.world, &Policy::default());
        let AssetState::Waiting { reason } = state else { return Err(TestCaseError::fail("not waiting")) };
        prop_assert!(!reason.words().is_empty());
    }
}
