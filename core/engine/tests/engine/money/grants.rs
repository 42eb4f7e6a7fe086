//! Grants: these assets, this link, so many bytes, until then; and nothing else.

use std::time::Duration;

use satchel::kernel::money::price::expected;
use satchel::money::Selection;
use satchel::{AssetState, Error, Link, Policy, WaitReason};

use super::{Desk, HOUR, at, budget, cost, sim, until_waits, wifi, within_budget};

const LONG: Duration = Duration::from_secs(3600);

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_lets_its_assets_through_and_no_other() {
    let desk = Desk::new(Policy::default(), sim("mine")).await;
    let (granted, other) = (desk.photo(1, 50_000).await, desk.photo(2, 50_000).await);
    assert_eq!((desk.delivered().await, desk.tus.connections()), (0, 0));
    let grant = desk.outbox.grant(vec![granted], 100_000, LONG).await.unwrap();
    assert_eq!(desk.delivered().await, 1);
    assert!(matches!(desk.view(granted).await.state, AssetState::Delivered { .. }));
    assert_eq!(desk.why(other).await, WaitReason::LinkCosts);
    let left = desk.outbox.grants().await.unwrap()[0].left;
    let spent = cost(&desk.outbox, "metered").await;
    assert!((50_000..100_000).contains(&spent) && left <= 100_000 - spent, "{spent} spent, {left} left");
    desk.outbox.end_grant(grant).await.unwrap();
    assert_eq!(desk.outbox.grants().await.unwrap(), []);
    assert!(matches!(desk.outbox.end_grant(satchel::money::GrantId(77)).await, Err(Error::Invalid(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_gives_at_most_its_bytes() {
    let desk = Desk::new(Policy::default(), sim("mine")).await;
    let mut ids = vec![];
    for n in 0..6 {
        ids.push(desk.photo(n, 50_000).await);
    }
    desk.outbox.grant(ids, 200_000, LONG).await.unwrap();
    let delivered = desk.delivered().await;
    assert!((1..=3).contains(&delivered), "{delivered}");
    assert!(cost(&desk.outbox, "metered").await <= 200_000);
    let connections = desk.tus.connections();
    assert_eq!((desk.delivered().await, desk.tus.connections()), (delivered, connections));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_holds_on_its_link_alone() {
    let desk = Desk::new(Policy::default(), sim("mine")).await;
    let id = desk.photo(1, 50_000).await;
    desk.outbox.grant(vec![id], 100_000, LONG).await.unwrap();
    let abroad = Link { roaming: Some(true), ..sim("mine") };
    let unsure = Link { roaming: None, ..sim("mine") };
    let hotspot = Link { kind: satchel::LinkKind::Hotspot, ..sim("mine") };
    for link in [sim("other"), Link::cellular(), hotspot, abroad, unsure, Link { captive: Some(true), ..sim("mine") }] {
        desk.outbox.set_link(link.clone());
        assert_eq!((desk.delivered().await, desk.tus.connections()), (0, 0), "{link:?}");
    }
    desk.outbox.set_link(sim("mine"));
    assert_eq!(desk.delivered().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_for_abroad_holds_abroad() {
    let abroad = Link { roaming: Some(true), ..Link::cellular() };
    let desk = Desk::new(Policy::default(), abroad).await;
    let id = desk.photo(1, 50_000).await;
    desk.outbox.grant(vec![id], 100_000, LONG).await.unwrap();
    assert_eq!(desk.delivered().await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_ends_in_time_by_no_wall_clock() {
    let mut desk = Desk::at(Policy::default(), sim("mine"), at(0, 0, 0)).await;
    let ids = [desk.photo(1, 50_000).await, desk.photo(2, 50_000).await];
    desk.outbox.grant(ids.to_vec(), 90_000, LONG).await.unwrap();
    assert_eq!(desk.delivered().await, 1, "the bytes are for one");
    desk.outbox.grant(ids.to_vec(), 90_000, LONG).await.unwrap();
    // The clock is set back, and an hour and more passes.
    desk.reopen(Policy::default(), at(HOUR + 1000, -30 * HOUR as i64, 0)).await;
    let connections = desk.tus.connections();
    assert_eq!((desk.delivered().await, desk.tus.connections()), (1, connections));
    desk.outbox.grant(ids.to_vec(), 90_000, LONG).await.unwrap();
    desk.reopen(Policy::default(), at(HOUR + 2000, 300 * HOUR as i64, 0)).await;
    assert_eq!(desk.delivered().await, 2, "a clock that is set ahead does not end it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_ends_in_mid_upload_ends_that() {
    let desk = Desk::new(Policy::default(), sim("mine")).await;
    let id = desk.photo(1, 1_500_000).await;
    desk.outbox.grant(vec![id], 2_000_000, Duration::from_secs(2)).await.unwrap();
    let running = desk.slow_run().await;
    desk.wait_for(30_000).await;
    until_waits(&desk.outbox, id, &WaitReason::LinkCosts).await;
    desk.cut_off().await;
    assert!(desk.link.stats().read_up < 600_000, "{}", desk.link.stats());
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_price_is_told_before_and_send_now_grants_it() {
    let desk = Desk::new(within_budget(), sim("mine")).await;
    desk.outbox.set_budget(budget("data", 60_000)).await.unwrap();
    let (large, small) = (desk.photo(1, 200_000).await, desk.photo(2, 20_000).await);
    // Before anything is read their files' lengths count; after it, what is to be sent.
    for _ in 0..2 {
        let price = desk.outbox.price(Selection::These(vec![large])).await.unwrap();
        assert_eq!((price.uploads, price.payload_bytes, price.bytes), (1, 200_000, expected(200_000)));
        assert!(price.budgets[0].never && price.budgets[0].of == 60_000, "{price:?}");
        let all = desk.outbox.price(Selection::All).await.unwrap();
        assert!(all.payload_bytes >= 200_000 && all.bytes >= price.bytes && all.budgets[0].never, "{all:?}");
        desk.delivered().await;
    }
    let gone = desk.outbox.price(Selection::These(vec![small])).await.unwrap();
    assert_eq!((gone.uploads, gone.bytes), (0, 0), "what is there costs nothing any more");
    assert_eq!(desk.why(large).await, WaitReason::BudgetTooSmall { budget: "data".into() });
    let before = cost(&desk.outbox, "metered").await;
    let (_, price) = desk.outbox.send_now(vec![large]).await.unwrap();
    assert_eq!(desk.delivered().await, 2);
    let spent = cost(&desk.outbox, "metered").await - before;
    assert!(spent <= price.bytes, "{spent} spent at a price of {}", price.bytes);
    assert_eq!(desk.outbox.budgets().await.unwrap()[0].view.left, 0, "its bytes count in the budget all the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_act_of_consent_is_refused() {
    let desk = Desk::new(Policy::default(), sim("mine")).await;
    let id = desk.photo(1, 50_000).await;
    let grant = |assets: Vec<_>, bytes, lasts| desk.outbox.grant(assets, bytes, lasts);
    for refused in
        [grant(vec![], 10, LONG).await, grant(vec![id], 0, LONG).await, grant(vec![id], 10, Duration::ZERO).await]
    {
        assert!(matches!(refused, Err(Error::Invalid(_))));
    }
    let unknown = satchel::AssetId::from_bytes([1; 16]);
    assert!(matches!(grant(vec![unknown], 10, LONG).await, Err(Error::NoSuchAsset(_))));
    for link in [Link::none(), Link::default()] {
        desk.outbox.set_link(link);
        assert!(matches!(grant(vec![id], 10, LONG).await, Err(Error::Invalid(_))));
    }
    desk.outbox.set_link(wifi("home"));
    assert_eq!((desk.outbox.grants().await.unwrap().len(), desk.delivered().await), (0, 1));
}
