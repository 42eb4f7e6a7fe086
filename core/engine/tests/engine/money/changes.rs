//! What a person or the system changes while bytes flow counts at once, and says nothing against the server.

use std::time::Duration;

use satchel::kernel::policy::{Over, Rule, Scope, Way};
use satchel::{AssetState, Error, Link, Mark, Policy, Power, WaitReason};

use super::{Desk, Running, all_states, budget, sim, until, until_waits, wifi, within_budget};

/// What kernels and the simulator hold when a connection is cut; the proxies of the link tests count closely.
const HELD: u64 = 400_000;

#[tokio::test(flavor = "multi_thread")]
async fn a_word_about_a_network_counts_at_once() {
    let desk = Desk::new(Policy::default(), wifi("hotel")).await;
    let id = desk.photo(1, 1_500_000).await;
    let running = desk.slow_run().await;
    desk.wait_for(60_000).await;
    desk.outbox.mark_network("hotel", Some(Mark::Metered)).await.unwrap();
    assert_eq!(desk.outbox.link().metered, Some(true));
    until_waits(&desk.outbox, id, &WaitReason::LinkCosts).await;
    desk.cut_off().await;
    assert!(desk.link.stats().read_up < HELD, "{}", desk.link.stats());
    assert_eq!(desk.outbox.network_marks().await.unwrap(), [("hotel".to_owned(), Mark::Metered)]);
    // Another network is another matter; and the word is forgotten when it is taken back.
    desk.outbox.set_link(wifi("home"));
    until(&desk.outbox, id, |s| *s == AssetState::Sending).await;
    desk.outbox.set_link(wifi("hotel"));
    until_waits(&desk.outbox, id, &WaitReason::LinkCosts).await;
    desk.outbox.set_link(sim("laptop"));
    desk.outbox.mark_network("laptop", Some(Mark::Free)).await.unwrap();
    until(&desk.outbox, id, |s| *s == AssetState::Sending).await;
    desk.outbox.mark_network("laptop", None).await.unwrap();
    until_waits(&desk.outbox, id, &WaitReason::LinkCosts).await;
    running.end().await;
    assert!(matches!(desk.outbox.mark_network("", None).await, Err(Error::Invalid(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn other_rules_count_at_once() {
    let desk = Desk::new(Policy::over_any_link(), sim("mine")).await;
    let id = desk.photo(1, 1_500_000).await;
    let running = desk.slow_run().await;
    desk.wait_for(60_000).await;
    desk.outbox.set_policy(Policy::default());
    until_waits(&desk.outbox, id, &WaitReason::LinkCosts).await;
    desk.cut_off().await;
    assert!(desk.link.stats().read_up < HELD, "{}", desk.link.stats());
    desk.outbox.set_policy(Policy::of_rules(vec![Rule::default()]));
    until_waits(&desk.outbox, id, &WaitReason::Never).await;
    desk.outbox.set_policy(within_budget());
    until_waits(&desk.outbox, id, &WaitReason::NoBudget).await;
    desk.outbox.set_budget(budget("data", 10_000_000)).await.unwrap();
    until(&desk.outbox, id, |s| *s == AssetState::Sending).await;
    desk.outbox.remove_budget("data").await.unwrap();
    until_waits(&desk.outbox, id, &WaitReason::NoBudget).await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unplugged_it_stops_where_rules_ask_for_the_charger() {
    let only = Way { only_while_charging: true, ..Way::default() };
    let policy = Policy::of_rules(vec![Rule { scope: Scope::default(), allow: vec![only] }]);
    let desk = Desk::new(policy, wifi("home")).await;
    let id = desk.photo(1, 1_500_000).await;
    let running = desk.slow_run().await;
    until_waits(&desk.outbox, id, &WaitReason::NotCharging).await;
    assert_eq!(desk.link.stats().connections, 0);
    let power = |charging| Power { charging, ..Power::default() };
    desk.outbox.set_power(power(Some(true)));
    desk.wait_for(60_000).await;
    desk.outbox.set_power(power(Some(false)));
    until_waits(&desk.outbox, id, &WaitReason::NotCharging).await;
    desk.cut_off().await;
    assert!(desk.link.stats().read_up < HELD, "{}", desk.link.stats());
    desk.outbox.set_power(power(Some(true)));
    until(&desk.outbox, id, |s| *s == AssetState::Sending).await;
    desk.outbox.set_power(power(None));
    until_waits(&desk.outbox, id, &WaitReason::NotCharging).await;
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_size_of_its_own_goes_its_own_way() {
    let small = Way { over: Over::Any, up_to_bytes: Some(30_000), ..Way::default() };
    let policy = Policy::of_rules(vec![Rule { scope: Scope::default(), allow: vec![small, Way::default()] }]);
    let desk = Desk::new(policy, sim("mine")).await;
    let (large, _small) = (desk.photo(1, 30_001).await, desk.photo(2, 30_000).await);
    assert_eq!(desk.delivered().await, 1);
    assert_eq!(desk.why(large).await, WaitReason::TooLargeHere { most: 30_000 });
    desk.outbox.set_link(wifi("home"));
    assert_eq!(desk.delivered().await, 2);
}

/// That we cut a connection ourselves says nothing of the server: however often the link changes, nothing rests.
#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_changes_all_the_time_puts_nothing_to_rest() {
    let desk = Desk::new(Policy::default(), wifi("a")).await;
    let ids = [desk.photo(1, 400_000).await, desk.photo(2, 400_000).await];
    let running = Running::begin(&desk.outbox);
    desk.link.set(satchel_testkit::link::Conditions::open().rates(400_000, 4_000_000));
    for n in 0..150u64 {
        let link = if n % 5 == 4 { Link::none() } else { wifi(&format!("{}", n % 3)) };
        desk.outbox.set_link(link);
        // Now and then it gets somewhere, now and then it is cut before it began.
        tokio::time::sleep(Duration::from_millis((n * 7) % 40)).await;
        for id in ids {
            if let AssetState::Waiting { reason, .. } = desk.view(id).await.state {
                let fine = matches!(reason, WaitReason::NoLink | WaitReason::Turn);
                assert!(fine, "round {n}: {reason:?}\n{}", all_states(&desk.outbox).await);
            }
        }
    }
    desk.outbox.set_link(wifi("a"));
    for id in ids {
        until(&desk.outbox, id, |s| matches!(s, AssetState::Delivered { .. })).await;
    }
    running.ended().await;
    assert_eq!(desk.tus.completed().len(), 2);
}
