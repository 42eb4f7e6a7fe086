//! What goes otherwise than by a run costs the same: steps that a host carries, and checks.

use satchel::kernel::money::price::expected;
use satchel::{Config, Outbox, TargetId};

use super::super::host::system::Transfer;
use super::super::host::{host, limits};
use super::super::world::{Place, add, pair, receiver, run, within};
use super::{Desk, budget, carried, cost, sim, wifi, within_budget};

async fn left(outbox: &Outbox) -> u64 {
    outbox.budgets().await.unwrap()[0].view.left
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_of_a_host_reserves_when_it_is_handed_out_and_settles_when_it_ends() {
    let desk = Desk::new(within_budget(), sim("mine")).await;
    desk.outbox.set_budget(budget("data", 400_000)).await.unwrap();
    desk.photos(8, 50_000).await;
    let mut steps = within(desk.outbox.host_steps(host(1), limits(1))).await.unwrap().steps;
    assert_eq!(left(&desk.outbox).await, 400_000 - expected(0), "a creation is reserved");
    let transfer = Transfer::of(steps.remove(0));
    desk.outbox.host_outcome(transfer.step.lease, transfer.send().await).await.unwrap();
    let settled = left(&desk.outbox).await;
    assert!(settled < 400_000 && settled >= 400_000 - 2 * expected(0), "{settled}");
    // A system that is silent for ever: what it was handed counts as spent.
    let steps = within(desk.outbox.host_steps(host(1), limits(1))).await.unwrap().steps;
    let body = steps[0].body.as_ref().unwrap().length;
    assert_eq!(left(&desk.outbox).await, settled - expected(body));
    desk.outbox.host_running(host(1), &[]).await.unwrap();
    assert_eq!(left(&desk.outbox).await, settled - expected(body));
    // The rest goes as far as the budget does.
    for _ in 0..100 {
        let steps = within(desk.outbox.host_steps(host(1), limits(2))).await.unwrap().steps;
        if steps.is_empty() {
            break;
        }
        for step in steps {
            let transfer = Transfer::of(step);
            desk.outbox.host_outcome(transfer.step.lease, transfer.send().await).await.unwrap();
        }
    }
    let stats = desk.link.stats();
    assert!(cost(&desk.outbox, "metered").await <= 400_000, "{stats}");
    assert!(carried(&desk.outbox, "metered").await >= stats.read_up + stats.read_down, "{stats}");
    let delivered = desk.outbox.counts().await.unwrap().delivered;
    assert!((2..=6).contains(&delivered), "{delivered}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_a_budget_does_not_cover_is_not_handed_out() {
    let desk = Desk::new(within_budget(), sim("mine")).await;
    desk.outbox.set_budget(budget("data", expected(0) + 10)).await.unwrap();
    desk.photo(1, 50_000).await;
    let steps = within(desk.outbox.host_steps(host(1), limits(4))).await.unwrap().steps;
    assert_eq!((steps.len(), left(&desk.outbox).await), (0, expected(0) + 10));
    desk.outbox.set_link(wifi("home"));
    assert_eq!(within(desk.outbox.host_steps(host(1), limits(4))).await.unwrap().steps.len(), 1);
}

async fn checked(outbox: &Outbox, target: TargetId) -> (u64, u64) {
    let report = within(outbox.check(target)).await.unwrap();
    assert_eq!(report.missing, 0);
    (report.confirmed, report.unknown)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_stays_within_the_budget() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let receiver = receiver(store.path()).await;
    let outbox = Outbox::open(Config { policy: Some(within_budget()), ..place.config() }).await.unwrap();
    outbox.set_link(wifi("home"));
    let target = pair(&outbox, &receiver, None).await;
    for n in 0..4 {
        add(&outbox, &place.photo(&format!("{n}.jpg"), 9_000, n).path).await;
    }
    assert_eq!(run(&outbox).await.counts.delivered, 4);
    outbox.set_link(sim("mine"));
    outbox.set_budget(budget("data", 20_000)).await.unwrap();
    assert_eq!(checked(&outbox, target).await, (0, 4), "it may cost more than there is");
    assert_eq!(carried(&outbox, "metered").await, 0);
    outbox.set_budget(budget("data", 300_000)).await.unwrap();
    assert_eq!(checked(&outbox, target).await, (4, 0));
    let spent = cost(&outbox, "metered").await;
    assert!(spent > 2_000 && left(&outbox).await <= 300_000 - spent, "{spent} spent");
    for _ in 0..200 {
        if checked(&outbox, target).await.0 == 0 {
            assert!(cost(&outbox, "metered").await <= 300_000);
            return;
        }
    }
    panic!("no end of checks: {} left", left(&outbox).await);
}
