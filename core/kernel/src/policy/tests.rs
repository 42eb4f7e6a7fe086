use proptest::prelude::*;

use super::*;
use crate::ids::BootId;
use crate::link::LinkClass;
use crate::link::Mark;
use crate::money::budget::{Budget, BudgetView, Covers, Period};
use crate::planner::permit::{Refused, most, permit};
use crate::planner::{LinkNeed, Wake, World};
use crate::state::WaitReason;
use crate::time::Now;

fn now() -> Now {
    // 2026-11-21, 12:00 UTC.
    Now { utc_ms: 1_795_262_400_000, boot: BootId::from_bytes([1; 16]), since_boot_ms: 5_000, zone_min: 0 }
}

fn photo() -> Item<'static> {
    Item { kind: AssetKind::Photo, rendition: Rendition::Original, album: "", urgent: false }
}

fn over(link: Link) -> World {
    World { link, ..World::default() }
}

fn why(policy: &Policy, item: &Item<'_>, bytes: u64, world: &World) -> Result<(), WaitReason> {
    permit(&now(), item, bytes, None, world, policy).map(|_| ()).map_err(|refused| refused.reason)
}

fn read(json: &str) -> Policy {
    Policy::from_json(json).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn a_link_of_unknown_price_is_not_free() {
    let unknown = Link { kind: LinkKind::Wifi, ..Link::default() };
    let policy = Policy::default();
    assert_eq!(why(&policy, &photo(), 9, &over(unknown.clone())), Err(WaitReason::LinkPriceUnknown));
    assert_eq!(why(&policy, &photo(), 9, &over(Link::cellular())), Err(WaitReason::LinkCosts));
    assert_eq!(why(&policy, &photo(), 9, &over(Link::none())), Err(WaitReason::NoLink));
    assert_eq!(why(&policy, &photo(), 9, &over(Link::wifi())), Ok(()));
    let any = Policy::over_any_link();
    assert_eq!(why(&any, &photo(), 9, &over(unknown)), Ok(()));
    assert_eq!(why(&any, &photo(), 9, &over(Link::none())), Err(WaitReason::NoLink));
    let page = Link { captive: Some(true), ..Link::wifi() };
    assert_eq!(why(&any, &photo(), 9, &over(page)), Err(WaitReason::SignIn));
}

#[test]
fn a_persons_word_about_a_network_counts_for_more() {
    let policy = Policy::default();
    let hotel = Link::wifi().marked(Some(Mark::Metered));
    assert_eq!(why(&policy, &photo(), 9, &over(hotel)), Err(WaitReason::LinkCosts));
    let laptop = Link { kind: LinkKind::Hotspot, ..Link::default() };
    assert_eq!(why(&policy, &photo(), 9, &over(laptop.clone())), Err(WaitReason::LinkCosts));
    assert_eq!(why(&policy, &photo(), 9, &over(laptop.marked(Some(Mark::Free)))), Ok(()));
    let gift = Link { temporarily_unmetered: Some(true), ..Link::cellular() };
    assert_eq!(why(&policy, &photo(), 9, &over(gift.clone())), Ok(()));
    let abroad = Link { roaming: Some(true), ..gift };
    assert_eq!(why(&policy, &photo(), 9, &over(abroad)), Err(WaitReason::LinkCosts));
}

#[test]
fn roaming_is_off_unless_it_is_allowed() {
    let policy = Policy::ready(PREVIEWS_ON_MOBILE_DATA).unwrap();
    let preview = Item { rendition: Rendition::Preview, ..photo() };
    assert_eq!(why(&policy, &preview, 9, &over(Link::cellular())), Ok(()));
    let abroad = Link { roaming: Some(true), ..Link::cellular() };
    assert_eq!(why(&policy, &preview, 9, &over(abroad.clone())), Err(WaitReason::Roaming));
    let nobody_knows = Link { roaming: None, ..Link::cellular() };
    assert_eq!(why(&policy, &preview, 9, &over(nobody_knows)), Err(WaitReason::RoamingUnknown));
    assert_eq!(why(&policy, &photo(), 9, &over(Link::cellular())), Err(WaitReason::LinkCosts));
    let world = over(abroad);
    let Err(Refused { goes, .. }) = permit(&now(), &preview, 9, None, &world, &policy) else { panic!("allowed") };
    assert_eq!(goes.needs, Some(LinkNeed::NotRoaming));
}

const FULL: &str = r#"{
  "version": 2,
  "rules": [
    {"for": {"urgent": true}, "allow": [{"over": "any", "roaming": true}]},
    {"for": {"renditions": ["text", "preview"]}, "allow": [{"over": ["cellular", "hotspot"]}, {"over": "free"}]},
    {"for": {"kinds": ["video"], "albums": ["Camera"]}, "allow": [{"over": "free", "only_while_charging": true}]},
    {"for": {"albums": ["Screenshots"]}, "allow": []},
    {"allow": [{"over": "free"}, {"over": ["cellular"], "up_to_bytes": 3000000, "hours": "22:00-06:00"}]}
  ],
  "order": "oldest",
  "uploads_at_once": 4
}"#;

#[test]
fn the_first_rule_that_fits_decides() {
    let policy = read(FULL);
    assert_eq!(Policy::from_json(&policy.to_json()).unwrap(), policy);
    let cellular = over(Link::cellular());
    assert_eq!(why(&policy, &Item { urgent: true, ..photo() }, 1 << 30, &cellular), Ok(()));
    let video = Item { kind: AssetKind::Video, album: "Camera", ..photo() };
    assert_eq!(why(&policy, &video, 9, &over(Link::wifi())), Err(WaitReason::NotCharging));
    let fed = World { power: Power { charging: Some(true), ..Power::default() }, ..over(Link::wifi()) };
    assert_eq!(why(&policy, &video, 9, &fed), Ok(()));
    let other = Item { album: "Screenshots", ..photo() };
    assert_eq!(why(&policy, &other, 9, &over(Link::wifi())), Err(WaitReason::Never));
    // Outside of its hours it says when they begin; what is too large waits for a free link only.
    let opens = now().utc_ms + 10 * 3_600_000;
    assert_eq!(why(&policy, &photo(), 9, &cellular), Err(WaitReason::OutsideHours { at_utc_ms: opens }));
    let night = Now { utc_ms: opens + 1, ..now() };
    assert!(
        permit(&night, &photo(), 9, None, &cellular, &policy).is_ok_and(|p| p.ends_in_ms == Some(8 * 3_600_000 - 1))
    );
    let Err(large) = permit(&night, &photo(), 3_000_001, None, &cellular, &policy) else { panic!("allowed") };
    assert_eq!(large.reason, WaitReason::TooLargeHere { most: 3_000_000 });
    assert_eq!(large.goes.needs, Some(LinkNeed::Unmetered));
    assert_eq!(most(&night, &photo(), &cellular, &policy), Some(3_000_000));
    assert_eq!(
        why(&policy, &photo(), 3_000_001, &cellular),
        Err(WaitReason::TooLargeHere { most: 3_000_000 }),
        "by day too"
    );
    let Err(both) = permit(&now(), &photo(), 9, None, &cellular, &policy) else { panic!("allowed") };
    assert_eq!((both.goes.at_utc_ms, both.goes.sooner), (Some(opens), Some(LinkNeed::Unmetered)));
    // Local time is what counts.
    let east = Now { zone_min: 600, ..now() };
    assert!(permit(&east, &photo(), 9, None, &cellular, &policy).is_ok());
}

#[test]
fn errors_name_the_field_and_say_what_it_may_be() {
    for (json, field, word) in [
        (r#"{"version":2,"rules":[{"allow":[{"over":"free","roming":true}]}]}"#, "rules[0].allow[0]", "`roming`"),
        (r#"{"version":2,"rules":[{"allow":[{"over":"cheap"}]}]}"#, "rules[0].allow[0].over", "\"free\""),
        (
            r#"{"version":2,"rules":[{"allow":[{"over":"any","hours":"22-6"}]}]}"#,
            "rules[0].allow[0].hours",
            "HH:MM-HH:MM",
        ),
        (
            r#"{"version":2,"rules":[{"allow":[{"over":"any","up_to_bytes":-1}]}]}"#,
            "rules[0].allow[0].up_to_bytes",
            "-1",
        ),
        (r#"{"version":2,"rules":[{"for":{"kinds":["film"]},"allow":[]}]}"#, "rules[0].for.kinds[0]", "`film`"),
        (r#"{"version":2,"rules":[{}]}"#, "rules[0]", "`allow`"),
        (r#"{"version":2,"uploads_at_once":0}"#, "uploads_at_once", "1 to 8"),
        (r#"{"version":2,"rules":[{"allow":[{"over":[]}]}]}"#, "rules[0].allow[0].over", "empty list"),
        (r#"{"version":1,"link":"any"}"#, "link", "`links`"),
        (r#"{"links":"any"}"#, "version", "missing"),
        (r#"{"version":2"#, "the document", "no JSON"),
        ("[]", "version", "missing"),
    ] {
        let error = Policy::from_json(json).expect_err(json).to_string();
        assert!(error.starts_with(field) && error.contains(word), "{json}: {error}");
    }
    assert_eq!(Policy::from_json(r#"{"version":3}"#), Err(PolicyFault::Newer(3)));
}

#[test]
fn the_first_version_is_still_read() {
    let any = read(r#"{"version":1,"links":"any","order":"oldest","uploads_at_once":3}"#);
    assert_eq!(any, Policy { order: Order::Oldest, uploads_at_once: 3, ..Policy::over_any_link() });
    let free = read(r#"{"version":1}"#);
    assert_eq!(why(&free, &photo(), 9, &over(Link::cellular())), Err(WaitReason::LinkCosts));
}

fn budget(bytes: u64, left: u64) -> BudgetView {
    let covers = Covers::Class(LinkClass::Metered);
    let budget = Budget { name: "mobile".into(), covers, bytes, period: Period::Day };
    BudgetView { budget, left, refills_in_ms: Some(3_600_000) }
}

#[test]
fn within_a_budget_means_that_there_is_one_and_that_it_has_enough() {
    let policy = Policy::ready("Everything,  within my budget").unwrap();
    let mut world = over(Link::cellular());
    assert_eq!(why(&policy, &photo(), 9, &world), Err(WaitReason::NoBudget));
    assert_eq!(why(&policy, &photo(), 9, &over(Link::wifi())), Ok(()), "what costs nothing needs no budget");
    world.budgets = vec![budget(20_000_000, 20_000_000)];
    assert_eq!(why(&policy, &photo(), 10_000_000, &world), Ok(()));
    world.budgets = vec![budget(20_000_000, 5_000_000)];
    let at_utc_ms = Some(now().utc_ms + 3_600_000);
    let name = || "mobile".to_owned();
    let refused = permit(&now(), &photo(), 10_000_000, None, &world, &policy).unwrap_err();
    assert_eq!(refused.reason, WaitReason::BudgetSpent { budget: name(), at_utc_ms });
    assert_eq!(refused.goes.sooner, Some(LinkNeed::Unmetered));
    assert_eq!(
        refused.reason.when(&refused.goes, &now()),
        "goes at 13:00, or before if there is a network that costs nothing"
    );
    let never = permit(&now(), &photo(), 20_000_000, None, &world, &policy).unwrap_err();
    assert_eq!(never.reason, WaitReason::BudgetTooSmall { budget: name() });
    assert_eq!(never.goes, Wake { bytes: 20_000_000, ..Wake::with(LinkNeed::Unmetered) });
    // Abroad another budget is asked for.
    world.link.roaming = Some(true);
    assert_eq!(why(&policy, &photo(), 9, &world), Err(WaitReason::NoBudget));
}

#[test]
fn a_request_that_goes_later_is_bound_to_what_is_allowed_now() {
    let careful = Policy::default();
    let bound = Constraints { unmetered_only: true, not_constrained: true, no_cellular: true, not_roaming: true };
    assert_eq!(careful.constraints(&photo(), &Link::wifi()), bound);
    let free_mobile = Link { metered: Some(false), constrained: Some(true), ..Link::cellular() };
    let of_it = Constraints { not_constrained: false, no_cellular: false, ..bound };
    assert_eq!(careful.constraints(&photo(), &free_mobile), of_it);
    assert_eq!(Policy::over_any_link().constraints(&photo(), &Link::cellular()), Constraints::default());
}

#[test]
fn uploads_go_one_after_another_where_bytes_cost_or_are_few() {
    let policy = Policy { uploads_at_once: 4, ..Policy::default() };
    let rested = Power::default();
    assert_eq!(policy.uploads_over(&Link::wifi(), &rested), 4);
    assert_eq!(policy.uploads_over(&Link::cellular(), &rested), 1);
    assert_eq!(policy.uploads_over(&Link { bytes_per_second: Some(30_000), ..Link::wifi() }, &rested), 1);
    let saving = Power { power_save: Some(true), ..rested };
    assert_eq!(policy.uploads_over(&Link::wifi(), &saving), 1);
}

pub(crate) fn any_link() -> impl Strategy<Value = Link> {
    let kinds = [
        LinkKind::None,
        LinkKind::Wifi,
        LinkKind::Cellular,
        LinkKind::Ethernet,
        LinkKind::Hotspot,
        LinkKind::Other,
        LinkKind::Unknown,
    ];
    let known = || proptest::option::of(any::<bool>());
    (prop::sample::select(kinds.to_vec()), known(), known(), known(), known(), known(), prop::option::of(0u64..200_000))
        .prop_map(|(kind, metered, roaming, constrained, temporarily_unmetered, captive, bytes_per_second)| {
            let network = Some("n".into());
            Link {
                kind,
                metered,
                roaming,
                constrained,
                temporarily_unmetered,
                captive,
                network,
                bytes_per_second,
                ..Link::default()
            }
        })
}

pub(crate) fn any_policy() -> impl Strategy<Value = Policy> {
    let overs = prop_oneof![
        Just(Over::Free),
        Just(Over::Any),
        prop::sample::subsequence(vec![LinkKind::Wifi, LinkKind::Cellular, LinkKind::Hotspot], 1..3)
            .prop_map(Over::Kinds)
    ];
    let hours = prop::option::of(prop::sample::select(vec!["22:00-06:00", "09:30-17:00"]));
    let way = (overs, any::<[bool; 4]>(), prop::option::of(1u64..5_000_000), hours).prop_map(
        |(over, flags, up_to_bytes, hours)| {
            let [roaming, when_saving_data, within_budget, only_while_charging] = flags;
            let hours = hours.map(|hours| hours.parse().unwrap());
            Way { over, roaming, when_saving_data, within_budget, up_to_bytes, only_while_charging, hours }
        },
    );
    let scope = prop_oneof![
        Just(Scope::default()),
        any::<bool>().prop_map(|urgent| Scope { urgent: Some(urgent), ..Scope::default() }),
        Just(Scope { renditions: vec![Rendition::Text, Rendition::Preview], ..Scope::default() }),
        Just(Scope { kinds: vec![AssetKind::Video], ..Scope::default() }),
        Just(Scope { albums: vec!["a".into()], ..Scope::default() }),
    ];
    let rule = (scope, prop::collection::vec(way, 0..3)).prop_map(|(scope, allow)| Rule { scope, allow });
    prop::collection::vec(rule, 0..5).prop_map(Policy::of_rules)
}

proptest! {
    /// Law 2, in words other than the code's: what may go over a link that costs was allowed by a way that says so.
    #[test]
    fn no_way_out_costs_unless_a_rule_says_so(policy in any_policy(), link in any_link(), bytes in 0u64..10_000_000, urgent: bool, hour in 0i64..24) {
        let item = Item { urgent, ..photo() };
        let now = Now { utc_ms: now().utc_ms + hour * 3_600_000, ..now() };
        let world = over(link.clone());
        match permit(&now, &item, bytes, None, &world, &policy) {
            Ok(_) => {
                prop_assert!(link.kind != LinkKind::None && link.captive != Some(true));
                let ways = policy.ways(&item);
                prop_assert!(ways.iter().any(|way| way.up_to_bytes.is_none_or(|most| bytes <= most) && !way.only_while_charging));
                if !link.class().is_free() {
                    prop_assert!(ways.iter().any(|way| way.over != Over::Free && !way.within_budget));
                    if link.roaming == Some(true) {
                        prop_assert!(ways.iter().any(|way| way.roaming));
                    }
                }
                prop_assert!(most(&now, &item, &world, &policy).is_some_and(|most| bytes <= most));
            }
            Err(refused) => {
                // Law 6: there are words for it, and for when it goes.
                prop_assert!(!refused.reason.words().is_empty());
                prop_assert!(!refused.reason.when(&refused.goes, &now).is_empty());
                prop_assert!(most(&now, &item, &world, &policy).is_none_or(|most| bytes > most));
            }
        }
    }

    /// Whatever refused it, when what `goes` asks for is true, it may go: nothing is woken for in vain.
    #[test]
    fn it_goes_when_it_is_said_to_go(policy in any_policy(), link in any_link(), bytes in 0u64..10_000_000, hour in 0i64..24) {
        let item = photo();
        let now = Now { utc_ms: now().utc_ms + hour * 3_600_000, ..now() };
        let Err(refused) = permit(&now, &item, bytes, None, &over(link.clone()), &policy) else { return Ok(()) };
        let Wake { at_utc_ms, needs, charging, sooner, .. } = refused.goes;
        let then = Now { utc_ms: at_utc_ms.unwrap_or(now.utc_ms), ..now };
        let link_for = |need| match need {
            LinkNeed::Unmetered => Link { network: link.network.clone(), ..Link::wifi() },
            LinkNeed::NotCellular => Link { kind: LinkKind::Wifi, metered: Some(true), roaming: Some(false), ..Link::default() },
            LinkNeed::NotRoaming => Link::cellular(),
            LinkNeed::Any => Link { roaming: Some(true), ..Link::cellular() },
        };
        if let Some(need) = needs {
            let power = Power { charging: Some(charging), ..Power::default() };
            let world = World { power, ..over(link_for(need)) };
            let budgeted = policy.ways(&item).iter().any(|way| way.within_budget);
            let hours = policy.ways(&item).iter().any(|way| way.hours.is_some());
            let kinds = policy.ways(&item).iter().any(|way| matches!(way.over, Over::Kinds(_)));
            if !(budgeted || kinds || hours && at_utc_ms.is_none()) {
                prop_assert!(permit(&then, &item, bytes, None, &world, &policy).is_ok(), "{:?}", refused);
            }
        }
        prop_assert!(sooner.is_none() || at_utc_ms.is_some());
    }

    #[test]
    fn documents_come_back(policy in any_policy()) {
        prop_assert_eq!(Policy::from_json(&policy.to_json()).unwrap(), policy);
    }

    #[test]
    fn rubbish_is_refused_in_words(text in ".{0,200}") {
        if let Err(fault) = Policy::from_json(&text) {
            prop_assert!(!fault.to_string().is_empty());
        }
    }
}
