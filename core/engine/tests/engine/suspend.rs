//! Before a system freezes the process: what is under way ends at once, and goes on after it from the byte that the server has.

use std::time::Duration;

use satchel::pretend::Pretend;
use satchel::{AddOptions, Change, Config};
use satchel_testkit::Chance;

use super::cuts::from_where_the_server_stood;
use super::outbox::until;
use super::world::{Place, aim, open, run, run_out, within};
use satchel_testkit::liar::LyingTus;

const SOON: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_outbox_sends_nothing_and_goes_on_where_it_was() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let outbox = open(Config { ..place.patient() }).await;
    aim(&outbox, &tus).await;
    let photo = place.photo("IMG_1.JPG", 900_000, 3);
    let id = outbox.add(&photo.path, &AddOptions::default()).await.unwrap().id();
    outbox.pretend(Some(Pretend { bytes_per_second: Some(100_000), ..Pretend::default() })).unwrap();
    let mut chance = Chance::new(7);
    // Suspended in the middle, again and again.
    for _ in 0..6 {
        let mut changes = outbox.observe();
        let running = tokio::spawn({
            let outbox = outbox.clone();
            async move { run(&outbox).await }
        });
        let (mut first, more) = (None, chance.below(60_000));
        let far = |change: &Change| match change {
            Change::Progress { sent, .. } => *sent >= *first.get_or_insert(*sent) + more,
            Change::Delivered { .. } => true,
            _ => false,
        };
        until(&mut changes, far).await;
        assert!(within(outbox.suspend(SOON)).await, "quiet");
        // By itself it would take much longer.
        assert!(tokio::time::timeout(Duration::from_secs(2), running).await.is_ok(), "no run outlives it");
        let (seen, sent) = (tus.seen().len(), outbox.asset(id).await.unwrap().sent);
        let report = run(&outbox).await;
        assert!(report.stopped, "{report:?}");
        assert_eq!((tus.seen().len(), outbox.asset(id).await.unwrap().sent), (seen, sent), "nothing went");
        outbox.resume();
        outbox.try_now().await.unwrap();
    }
    outbox.pretend(None).unwrap();
    run_out(&outbox).await;
    assert_eq!((tus.completions_of(&photo.hash), tus.created()), (1, 1), "one upload, begun once");
    from_where_the_server_stood(&tus.seen(), &photo, "suspended and resumed");
}

/// What a person adds meanwhile is safe, and goes later.
#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_outbox_takes_photos() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    assert!(outbox.suspend(SOON).await);
    let photo = place.photo("IMG_1.JPG", 10_000, 4);
    outbox.add(&photo.path, &AddOptions::default()).await.unwrap();
    assert!(outbox.wake().await.unwrap().at_utc_ms.is_some(), "due at once, when it is resumed");
    assert!(run(&outbox).await.stopped);
    assert!(tus.seen().is_empty());
    outbox.resume();
    run_out(&outbox).await;
    assert_eq!(tus.completions_of(&photo.hash), 1);
}
