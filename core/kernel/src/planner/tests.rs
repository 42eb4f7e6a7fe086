use super::*;
use crate::health::Fares;
use crate::ids::BootId;
use crate::ids::EndpointId;
use crate::link::LinkClass;
use crate::money::budget::{Budget, BudgetView, Covers, Period};
use crate::money::grant::GrantView;
use crate::policy::{Rule, Scope, Way};
use crate::state::{AssetState, Trouble, WaitReason};
use proptest::prelude::*;

mod probes;

fn now() -> Now {
    Now { utc_ms: 1_000_000, boot: BootId::from_bytes([1; 16]), since_boot_ms: 5_000, zone_min: 0 }
}

fn target(id: i64) -> TargetView {
    let by = EndpointView { id: EndpointId(id), store: 0, proves: true, fares: Fares::default() };
    TargetView { id: TargetId(id), have_check: true, rest: None, endpoints: vec![by] }
}

fn candidate(id: i64, class: Rendition, urgent: bool, order: i64) -> Candidate {
    let group = class as usize * 2 + usize::from(urgent);
    let (delivery, target) = (DeliveryId(id), TargetId(1));
    Candidate { delivery, target, class, urgent, order, unrendered: false, group, todo: 1000, grant: None, store: None }
}

fn snapshot(candidates: Vec<Candidate>) -> Snapshot {
    let world = World { link: Link::wifi(), targets: vec![target(1)], ..World::default() };
    Snapshot { open: candidates.len() as u64, world, groups: groups(), candidates, ..Snapshot::default() }
}

/// One for each rendition and urgency, in the order of [`candidate`].
fn groups() -> Vec<Group> {
    let of = |rendition, urgent| {
        let (target, kind, album) = (TargetId(1), AssetKind::Photo, String::new());
        Group { target, kind, rendition, album, urgent, open: 1, bytes: 1000 }
    };
    [Rendition::Text, Rendition::Preview, Rendition::Press, Rendition::Original]
        .into_iter()
        .flat_map(|rendition| [of(rendition, false), of(rendition, true)])
        .collect()
}

fn sent(plan: &Plan) -> Vec<i64> {
    let id = |a: &Action| if let Action::Send { delivery, .. } = a { Some(delivery.0) } else { None };
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
    let (delivery, target, hash) = (DeliveryId(3), TargetId(1), BlobHash::of(b"x"));
    snap.unchecked = vec![Unchecked { delivery, target, hash, group: 0, grant: None, store: None }];
    let asked = plan(&now(), &snap, &Policy::default());
    assert_eq!(asked.actions.len(), 1);
    snap.asking = vec![TargetId(1)];
    assert!(plan(&now(), &snap, &Policy::default()).actions.is_empty());
}

#[test]
fn what_is_small_enough_is_asked_for_though_the_question_is_larger() {
    let mut snap = snapshot(vec![]);
    let (delivery, target, hash) = (DeliveryId(3), TargetId(1), BlobHash::of(b"x"));
    snap.unchecked =
        vec![Unchecked { delivery, target, hash, group: Rendition::Original as usize * 2, grant: None, store: None }];
    let allow = vec![Way { up_to_bytes: Some(10_000), ..Way::default() }];
    let small = Policy::of_rules(vec![Rule { allow, ..Rule::default() }]);
    let hashes = vec![(delivery, hash)];
    assert_eq!(
        plan(&now(), &snap, &small).actions,
        [Action::AskHave { target, endpoint: EndpointId(1), grant: None, hashes }]
    );
}

#[test]
fn a_question_is_as_long_as_the_budget_allows() {
    let mut snap = snapshot(vec![]);
    snap.world.link = Link::cellular();
    let one = |n: i64| {
        let (delivery, target, hash) = (DeliveryId(n), TargetId(1), BlobHash::of(&n.to_le_bytes()));
        Unchecked { delivery, target, hash, group: Rendition::Original as usize * 2, grant: None, store: None }
    };
    snap.unchecked = (1..=100).map(one).collect();
    let mut asked = |left| {
        snap.world.budgets = vec![mobile(left)];
        let plan = plan(&now(), &snap, &Policy::over_any_link());
        plan.actions
            .iter()
            .map(|a| if let Action::AskHave { hashes, .. } = a { hashes.len() } else { 0 })
            .sum::<usize>()
    };
    assert_eq!([400_000, 30_000, 12_000, 11_000, 9_000].map(&mut asked), [64, 16, 4, 1, 0]);
}

fn mobile(left: u64) -> BudgetView {
    let covers = Covers::Class(LinkClass::Metered);
    let budget = Budget { name: "mobile".into(), covers, bytes: 1_000_000, period: Period::Day };
    BudgetView { budget, left, refills_in_ms: Some(1_000) }
}

#[test]
fn text_goes_with_its_preview_where_that_may_go_too() {
    let snap = snapshot(vec![Candidate { unrendered: true, ..candidate(1, Rendition::Text, false, 1) }]);
    let text_only = Scope { renditions: vec![Rendition::Text], ..Scope::default() };
    let allow = vec![Way::anything()];
    let words = Policy::of_rules(vec![Rule { scope: text_only, allow }, Rule { allow: vec![], ..Rule::default() }]);
    let (target, delivery, grant) = (TargetId(1), DeliveryId(1), None);
    assert_eq!(
        plan(&now(), &snap, &words).actions,
        [Action::Send { target, endpoint: EndpointId(1), delivery, grant, along: false }]
    );
    let made = Making { delivery, class: Rendition::Text, urgent: false, bench: Bench::Pictures, for_ms: 0 };
    assert_eq!(plan(&now(), &snap, &Policy::default()).actions, [Action::Render(made)]);
    let mut made = snap;
    made.candidates[0].unrendered = false;
    assert_eq!(
        plan(&now(), &made, &Policy::default()).actions,
        [Action::Send { target, endpoint: EndpointId(1), delivery, grant, along: true }]
    );
}

/// Posts 1 to 9 with pictures to be made, an original behind them, and one upload at a time.
fn pictures_to_make() -> Snapshot {
    let post = |id| Candidate { unrendered: true, ..candidate(id, Rendition::Text, false, id) };
    snapshot((1..=9).map(post).chain([candidate(10, Rendition::Original, false, 10)]).collect())
}

fn made_for(id: i64, for_ms: u64) -> Making {
    Making { delivery: DeliveryId(id), class: Rendition::Text, urgent: false, bench: Bench::Pictures, for_ms }
}

#[test]
fn the_next_ones_are_made_while_one_is_on_its_way() {
    let mut snap = pictures_to_make();
    let next = |snap: &Snapshot| plan(&now(), snap, &one_at_a_time()).actions;
    assert_eq!(next(&snap), [Action::Render(made_for(9, 0))], "and no original meanwhile");
    snap.making = vec![made_for(9, 100)];
    assert_eq!(next(&snap), [], "one picture at a time");
    // It is made, and goes.
    snap.making.clear();
    snap.candidates.retain(|c| c.delivery != DeliveryId(9));
    snap.sending = 1;
    assert_eq!(next(&snap), [Action::Render(made_for(8, 0))]);
    snap.candidates.iter_mut().filter(|c| c.delivery.0 >= 8).for_each(|c| c.unrendered = false);
    assert_eq!(next(&snap), [Action::Render(made_for(7, 0))]);
    snap.candidates.iter_mut().filter(|c| c.delivery.0 >= 7).for_each(|c| c.unrendered = false);
    assert_eq!(next(&snap), [], "two are ready: that is enough");
    snap.sending = 0;
    assert_eq!(sent(&plan(&now(), &snap, &one_at_a_time())), [8]);
}

#[test]
fn what_takes_its_time_to_be_made_holds_up_nothing() {
    let mut snap = pictures_to_make();
    snap.making = vec![made_for(9, PROMPT_MS)];
    let (target, grant, along) = (TargetId(1), None, false);
    let alone = |id| Action::Send { target, endpoint: EndpointId(1), delivery: DeliveryId(id), grant, along };
    let made = plan_for(&now(), &snap, &Policy::default(), 10);
    assert_eq!(made.actions[..9], [9, 8, 7, 6, 5, 4, 3, 2, 1].map(alone), "words go alone");
    assert_eq!(sent(&made).last(), Some(&10));
    // A film is made elsewhere, and pictures go on beside it.
    snap.making = vec![Making { class: Rendition::Press, bench: Bench::Films, ..made_for(11, PROMPT_MS) }];
    assert_eq!(plan(&now(), &snap, &one_at_a_time()).actions, [Action::Render(made_for(9, 0))]);
    // Whatever else is to be made cannot go without.
    let press = |id| Candidate { unrendered: true, ..candidate(id, Rendition::Press, false, id) };
    snap.candidates = vec![press(12), candidate(10, Rendition::Original, false, 10)];
    snap.making = vec![Making { class: Rendition::Press, ..made_for(13, 10) }];
    assert_eq!(plan(&now(), &snap, &one_at_a_time()).actions, [], "it keeps its place");
    snap.making[0].for_ms = PROMPT_MS;
    assert_eq!(sent(&plan(&now(), &snap, &one_at_a_time())), [10]);
}

#[test]
fn what_is_begun_is_taken_off_the_budget_before_the_next_one() {
    let one = |id| Candidate { todo: 400_000, ..candidate(id, Rendition::Original, false, id) };
    let mut snap = snapshot(vec![one(1), one(2), one(3), one(4)]);
    snap.world.link = Link { kind: LinkKind::Hotspot, ..Link::cellular() };
    snap.world.budgets = vec![mobile(1_000_000)];
    let policy = Policy { uploads_at_once: 4, ..Policy::over_any_link() };
    let made = plan(&now(), &snap, &policy);
    assert_eq!(sent(&made), [4, 3]);
    snap.world.budgets = vec![mobile(300_000)];
    snap.groups.iter_mut().for_each(|group| group.bytes = 400_000);
    let made = plan(&now(), &snap, &policy);
    assert!(made.actions.is_empty());
    assert_eq!((made.wake.at_utc_ms, made.wake.sooner), (Some(1_001_000), Some(LinkNeed::Unmetered)));
}

#[test]
fn a_grant_goes_first_past_rules_and_budgets_and_alone_at_its_target() {
    let mut snap =
        snapshot(vec![candidate(1, Rendition::Original, true, 9), candidate(2, Rendition::Original, false, 1)]);
    snap.candidates[1].grant = Some(GrantId(5));
    snap.world.link = Link::cellular();
    let grant = GrantView {
        id: GrantId(5),
        kind: LinkKind::Cellular,
        network: None,
        roaming: Some(false),
        left: 100_000,
        ends_in_ms: 10,
    };
    snap.world.grants = vec![grant];
    assert_eq!(sent(&plan(&now(), &snap, &Policy::default())), [2]);
    let all = Policy { uploads_at_once: 4, ..Policy::over_any_link() };
    assert_eq!(sent(&plan_for(&now(), &snap, &all, 4)), [2], "bytes of a grant are counted apart");
    snap.world.entered = vec![(TargetId(1), None)];
    assert_eq!(sent(&plan_for(&now(), &snap, &all, 4)), [1]);
    snap.world.entered.clear();
    snap.world.grants[0].ends_in_ms = 0;
    assert_eq!(sent(&plan(&now(), &snap, &Policy::default())), [0i64; 0]);
    snap.world.grants[0] = GrantView { ends_in_ms: 10, kind: LinkKind::Wifi, ..snap.world.grants[0].clone() };
    assert_eq!(sent(&plan(&now(), &snap, &Policy::default())), [0i64; 0]);
}

/// A press rendition gets its name when it is made, and is then asked for: its original does not overtake it meanwhile.
#[test]
fn what_is_asked_for_is_not_overtaken_by_what_comes_after_it() {
    let mut snap = snapshot(vec![candidate(1, Rendition::Original, false, 1), candidate(2, Rendition::Text, false, 2)]);
    let press = candidate(3, Rendition::Press, false, 1);
    let (delivery, target, hash) = (press.delivery, press.target, BlobHash::of(b"press"));
    snap.unchecked = vec![Unchecked { delivery, target, hash, group: press.group, grant: None, store: None }];
    let all = Policy { uploads_at_once: 4, ..Policy::over_any_link() };
    let made = plan(&now(), &snap, &all);
    assert_eq!(sent(&made), [2], "the words do not wait for it");
    assert!(matches!(made.actions[0], Action::AskHave { .. }), "{made:?}");
    snap.asking = vec![TargetId(1)];
    assert_eq!(sent(&plan(&now(), &snap, &all)), [2], "nor while it is being asked");
    snap.unchecked.clear();
    assert_eq!(sent(&plan(&now(), &snap, &all)), [2, 1]);
}

#[test]
fn waits_on_mobile_data_end_together() {
    let mut snap = snapshot(vec![]);
    (snap.open, snap.world.link) = (1, Link::cellular());
    let wake = |snap: &Snapshot, ms| {
        let snap = Snapshot { next_due: Some(now().after(ms)), ..snap.clone() };
        plan(&now(), &snap, &Policy::over_any_link()).wake.at_utc_ms.unwrap() - now().utc_ms
    };
    assert_eq!(wake(&snap, 9_000), 9_000, "the radio is awake still");
    // Since boot 5 s passed: 20 s and 50 s from now both end a minute after boot.
    assert_eq!(wake(&snap, 20_000), 55_000);
    assert_eq!(wake(&snap, 50_000), 55_000);
    assert_eq!(wake(&snap, 60_000), 115_000);
    snap.world.link = Link::wifi();
    assert_eq!(wake(&snap, 20_000), 20_000);
}

fn any_snapshot() -> impl Strategy<Value = Snapshot> {
    let class = prop_oneof![Just(Rendition::Text), Just(Rendition::Preview), Just(Rendition::Original)];
    let grant = prop::option::of(Just(GrantId(5)));
    let one = (0i64..1000, class, any::<bool>(), any::<i64>(), 1i64..4, 0u64..3_000_000, grant, any::<bool>())
        .prop_map(|(id, class, urgent, order, t, todo, grant, unrendered)| Candidate {
            target: TargetId(t),
            todo,
            grant,
            unrendered,
            ..candidate(id, class, urgent, order)
        });
    let rest = proptest::option::of(0u64..100_000);
    let world = (
        crate::policy::tests::any_link(),
        any::<bool>(),
        rest,
        prop::option::of(0u64..2_000_000),
        0u64..2_000_000,
        any::<bool>(),
    );
    let made = prop_oneof![Just(Rendition::Text), Just(Rendition::Press), Just(Rendition::Original)];
    let bench = prop_oneof![Just(Bench::Pictures), Just(Bench::Films)];
    let making =
        (0i64..1000, made, any::<bool>(), bench, 0u64..5_000).prop_map(|(id, class, urgent, bench, for_ms)| Making {
            delivery: DeliveryId(id),
            class,
            urgent,
            bench,
            for_ms,
        });
    let under_way = (0usize..10, prop::collection::vec(making, 0..3));
    (prop::collection::vec(one, 0..40), world, under_way).prop_map(|(c, world, (sending, making))| {
        let (link, paused, rest, budget, granted, entered) = world;
        let mut snap = snapshot(c);
        let rest = rest.map(|ms| (now().after(ms), Trouble::Cut));
        let second = TargetView { rest, ..target(2) };
        let grant = GrantView {
            id: GrantId(5),
            kind: LinkKind::Cellular,
            network: link.network.clone(),
            roaming: link.roaming,
            left: granted,
            ends_in_ms: 10,
        };
        snap.world = World {
            link,
            paused,
            targets: vec![target(1), second],
            budgets: budget.map(mobile).into_iter().collect(),
            grants: vec![grant],
            entered: if entered { vec![(TargetId(1), None)] } else { vec![] },
            ..World::default()
        };
        Snapshot { sending, making, ..snap }
    })
}

proptest! {
    /// Laws 2 and 8: nothing goes over a link that is not allowed, past a budget, a grant or the limit, to a resting or
    /// unserved target; and the same snapshot, in whatever order its candidates came, gives the same plan.
    #[test]
    fn a_plan_keeps_the_rules(snap in any_snapshot(), policy in crate::policy::tests::any_policy(), at_once in 1u8..9) {
        let policy = Policy { uploads_at_once: at_once, ..policy };
        let made = plan(&now(), &snap, &policy);
        let ids = sent(&made);
        if snap.world.paused || !permit::has_way_out(&snap.world.link) {
            prop_assert!(ids.is_empty());
        }
        prop_assert!(ids.len() + snap.sending <= policy.uploads_over(&snap.world.link, &snap.world.power).max(snap.sending));
        let (mut by_rules, mut by_grant) = (0u64, 0u64);
        let mut under = std::collections::HashMap::new();
        under.extend(snap.world.entered.iter().copied());
        for action in &made.actions {
            let Action::Send { target: t, delivery, grant, along, .. } = action else { continue };
            let view = snap.world.targets.iter().find(|v| v.id == *t);
            prop_assert!(view.is_some_and(|v| v.rest.is_none_or(|(due, _)| due.is_over(&now()))));
            let candidate = snap.candidates.iter().find(|c| c.delivery == *delivery && c.target == *t).unwrap();
            let item = snap.groups[candidate.group].item();
            let leave = permit::permit(&now(), &item, candidate.todo, candidate.grant, &snap.world, &policy);
            prop_assert!(leave.is_ok(), "{leave:?}");
            prop_assert!(!candidate.unrendered || (candidate.class == Rendition::Text && !along), "it is not made");
            prop_assert!(!snap.making.iter().any(|m| m.is_prompt() && m.turn() < candidate.turn()), "out of turn");
            let cost = price::expected(candidate.todo + if *along { PREVIEW } else { 0 });
            by_rules += cost;
            by_grant += if grant.is_some() { cost } else { 0 };
            prop_assert_eq!(*under.entry(*t).or_insert(*grant), *grant, "two purses at one target");
        }
        for bench in [Bench::Pictures, Bench::Films] {
            let begun = made.actions.iter().filter(|a| matches!(a, Action::Render(m) if m.bench == bench)).count();
            let busy = snap.making.iter().filter(|m| m.bench == bench).count();
            prop_assert!(begun == 0 || begun + busy == 1, "one at a time");
        }
        let covered = snap.world.budgets.iter().filter(|view| view.budget.covers(&snap.world.link));
        for view in covered {
            prop_assert!(by_rules - by_grant <= view.left, "past the budget");
        }
        prop_assert!(by_grant <= snap.world.grants[0].left);
        let mut turned = snap.clone();
        turned.candidates.reverse();
        prop_assert_eq!(sent(&plan(&now(), &turned, &policy)).len(), ids.len());
        prop_assert_eq!(plan(&now(), &snap, &policy), made);
    }

    /// Law 7: what takes its time to be made holds up nothing that needs no making.
    #[test]
    fn whatever_is_being_made_the_rest_goes(snap in any_snapshot(), policy in crate::policy::tests::any_policy(), late in 0u64..9_000) {
        let stuck = |bench| Making { bench, ..made_for(2_000, PROMPT_MS + late) };
        let snap = Snapshot { making: vec![stuck(Bench::Pictures), stuck(Bench::Films)], ..snap };
        let may = |c: &&Candidate| {
            let view = snap.world.targets.iter().find(|v| v.id == c.target);
            let (item, grant) = (snap.groups[c.group].item(), c.grant);
            let leave = permit::permit(&now(), &item, c.todo, grant, &snap.world, &policy);
            view.is_some_and(|v| v.is_awake(&now()))
                && (!c.unrendered || c.class == Rendition::Text)
                && leave.is_ok_and(|permit| snap.world.may_join(c.target, permit.grant))
        };
        let ready = snap.candidates.iter().filter(may).count();
        let made = plan_for(&now(), &snap, &policy, 1);
        prop_assert_eq!(sent(&made).len(), usize::from(ready > 0 && !snap.world.paused));
    }

    /// Law 6: whatever the world, what is not delivered has a reason in words, and words for when it goes.
    #[test]
    fn everything_open_has_a_reason(snap in any_snapshot(), policy in crate::policy::tests::any_policy(), t in 1i64..4, todo in 0u64..9_000_000) {
        let item = snap.groups[0].item();
        let delivery = Delivery { target: TargetId(t), stage: Stage::Waiting(None), item, todo, grant: None, store: None };
        let state = reason(&now(), &delivery, &snap.world, &policy);
        let AssetState::Waiting { reason, goes } = state else { return Err(TestCaseError::fail("not waiting")) };
        prop_assert!(!reason.words().is_empty());
        prop_assert!(!reason.when(&goes, &now()).is_empty());
        prop_assert!(reason != WaitReason::Other);
    }
}
