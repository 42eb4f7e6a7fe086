//! Budgets: what fits goes, the rest waits and says until when, and no clock refills one.

use satchel::kernel::money::price::expected;
use satchel::money::{Budget, Covers, Period};
use satchel::{AssetState, LinkClass, WaitReason};

use super::super::world::all;
use super::{Desk, HOUR, NOON, all_states, at, budget, cost, sim, wifi, within_budget};

const PHOTO: usize = 50_000;
const DAY: u64 = 300_000;

async fn ten_photos(clock: satchel::clock::Clock) -> Desk {
    let desk = Desk::at(within_budget(), sim("mine"), clock).await;
    desk.outbox.set_budget(budget("data", DAY)).await.unwrap();
    desk.photos(10, PHOTO).await;
    desk
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_within_the_day_goes_and_the_rest_says_when() {
    // Two hours east of Greenwich midnight is at 22:00 there.
    let desk = ten_photos(at(0, 0, 120)).await;
    let delivered = desk.delivered().await;
    assert!((3..=5).contains(&delivered), "{delivered} of {DAY} bytes: {}", all_states(&desk.outbox).await);
    let spent = cost(&desk.outbox, "metered").await;
    assert!(spent <= DAY && spent >= delivered * PHOTO as u64, "{spent}");
    let midnight = NOON + 10 * HOUR as i64;
    let reason = WaitReason::BudgetSpent { budget: "data".into(), at_utc_ms: Some(midnight) };
    for asset in all(&desk.outbox).await {
        match asset.state {
            AssetState::Delivered { .. } => {}
            AssetState::Waiting { reason: found, goes } => {
                assert_eq!((&found, goes.at_utc_ms), (&reason, Some(midnight)), "{}", asset.name);
            }
            other => panic!("{other:?}"),
        }
    }
    let budgets = desk.outbox.budgets().await.unwrap();
    assert!(budgets[0].counts_now);
    assert!(budgets[0].view.left <= DAY - spent && budgets[0].view.left < expected(PHOTO as u64), "{budgets:?}");
    assert_eq!(budgets[0].view.refills_in_ms, Some(10 * HOUR));
    // Over a link that costs nothing all go, and the budget stays as it was.
    desk.outbox.set_link(wifi("home"));
    assert_eq!(desk.delivered().await, 10);
    assert_eq!((cost(&desk.outbox, "metered").await, desk.outbox.budgets().await.unwrap()), (spent, budgets));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_day_refills_it_and_a_clock_that_was_set_does_not() {
    let mut desk = ten_photos(at(0, 0, 0)).await;
    let first = desk.delivered().await;
    let unmoved = [
        at(HOUR, 40 * 24 * HOUR as i64, 0),
        at(2 * HOUR, -3 * 24 * HOUR as i64, 0),
        at(3 * HOUR, 0, 14 * 60),
        at(4 * HOUR, 0, -12 * 60),
    ];
    for clock in unmoved {
        desk.reopen(within_budget(), clock).await;
        assert_eq!(desk.delivered().await, first, "{}", all_states(&desk.outbox).await);
    }
    let before = cost(&desk.outbox, "metered").await;
    // The wall clock still says yesterday.
    desk.reopen(within_budget(), at(13 * HOUR, -20 * HOUR as i64, 0)).await;
    let second = desk.delivered().await;
    assert!(second > first, "{}", all_states(&desk.outbox).await);
    assert!(cost(&desk.outbox, "metered").await - before <= DAY);
    desk.reopen(within_budget(), at(37 * HOUR, 0, 0)).await;
    assert_eq!(desk.delivered().await, 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_day_can_cover_is_said_at_once_and_holds_up_nothing_else() {
    let desk = Desk::new(within_budget(), sim("mine")).await;
    desk.outbox.set_budget(budget("data", 100_000)).await.unwrap();
    let large = desk.photo(1, 200_000).await;
    let small = desk.photo(2, 20_000).await;
    assert_eq!(desk.delivered().await, 1);
    assert!(matches!(desk.view(small).await.state, AssetState::Delivered { .. }));
    assert_eq!(desk.why(large).await, WaitReason::BudgetTooSmall { budget: "data".into() });
    assert_eq!(desk.view(large).await.sent, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_has_a_budget_of_its_own() {
    let desk = Desk::new(within_budget(), sim("other")).await;
    let hotel = Budget { covers: Covers::Network("hotel".into()), ..budget("hotel", 200_000) };
    desk.outbox.set_budget(hotel).await.unwrap();
    desk.photos(8, PHOTO).await;
    assert_eq!(desk.delivered().await, 0);
    let id = all(&desk.outbox).await[0].id;
    assert_eq!(desk.why(id).await, WaitReason::NoBudget);
    assert_eq!(desk.tus.connections(), 0);
    desk.outbox.set_link(sim("hotel"));
    let delivered = desk.delivered().await;
    assert!((1..=3).contains(&delivered), "{delivered}");
    assert!(cost(&desk.outbox, "metered").await <= 200_000);
    // Both budgets that cover a link must have it.
    desk.outbox.set_budget(budget("data", 20_000_000)).await.unwrap();
    assert_eq!(desk.delivered().await, delivered);
    desk.outbox.set_link(sim("other"));
    assert_eq!(desk.delivered().await, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trip_has_a_beginning_and_an_end_and_one_budget() {
    let mut desk = Desk::at(within_budget(), abroad(), at(0, 0, 0)).await;
    let period = Period::Trip { from_utc_ms: NOON + HOUR as i64, to_utc_ms: NOON + 72 * HOUR as i64 };
    let trip = Budget { name: "Norway".into(), covers: Covers::Class(LinkClass::Roaming), bytes: 200_000, period };
    desk.outbox.set_budget(trip).await.unwrap();
    desk.photos(8, PHOTO).await;
    assert_eq!((desk.delivered().await, desk.tus.connections()), (0, 0));
    let first = all(&desk.outbox).await[0].id;
    assert_eq!(desk.why(first).await, WaitReason::NoBudget);
    // A wall clock that is set ahead does not begin it.
    desk.reopen(within_budget(), at(0, 2 * HOUR as i64, 0)).await;
    assert_eq!(desk.delivered().await, 0);
    desk.reopen(within_budget(), at(2 * HOUR, 0, 0)).await;
    let delivered = desk.delivered().await;
    assert!((1..=3).contains(&delivered), "{delivered}");
    let oldest = all(&desk.outbox).await[7].id;
    assert_eq!(desk.why(oldest).await, WaitReason::BudgetSpent { budget: "Norway".into(), at_utc_ms: None });
    // The next day of the trip is the same trip.
    desk.reopen(within_budget(), at(30 * HOUR, 0, 0)).await;
    assert_eq!(desk.delivered().await, delivered);
    desk.reopen(within_budget(), at(80 * HOUR, 0, 0)).await;
    assert_eq!(desk.delivered().await, delivered);
    assert_eq!(desk.why(oldest).await, WaitReason::NoBudget);
    assert!(cost(&desk.outbox, "roaming").await <= 200_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_that_is_changed_keeps_what_was_spent() {
    let desk = ten_photos(at(0, 0, 0)).await;
    let first = desk.delivered().await;
    desk.outbox.set_budget(budget("data", DAY)).await.unwrap();
    assert_eq!(desk.delivered().await, first);
    desk.outbox.set_budget(budget("data", DAY + 150_000)).await.unwrap();
    let second = desk.delivered().await;
    assert!(second > first && second < 10, "{second} after {first}");
    assert!(cost(&desk.outbox, "metered").await <= DAY + 150_000);
    desk.outbox.set_budget(budget("data", DAY)).await.unwrap();
    assert_eq!((desk.delivered().await, desk.outbox.budgets().await.unwrap()[0].view.left), (second, 0));
    for wrong in [
        budget("", 1),
        budget("x", 0),
        Budget { period: Period::Trip { from_utc_ms: 2, to_utc_ms: 2 }, ..budget("x", 9) },
    ] {
        assert!(matches!(desk.outbox.set_budget(wrong).await, Err(satchel::Error::Invalid(_))));
    }
    assert!(matches!(desk.outbox.remove_budget("x").await, Err(satchel::Error::Invalid(_))));
    // A policy that sends only within a budget sends nothing when there is none.
    desk.outbox.remove_budget("data").await.unwrap();
    assert_eq!(desk.delivered().await, second);
}

fn abroad() -> satchel::Link {
    satchel::Link { roaming: Some(true), ..sim("mine") }
}
