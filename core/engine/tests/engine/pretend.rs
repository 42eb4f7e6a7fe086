//! What testers pretend: it looks like the real thing to all that decides, costs nothing that is counted, and ends.

use std::time::Duration;

use satchel::kernel::health::Block;
use satchel::pretend::{Pretend, StandIn};
use satchel::{AssetId, AssetState, Config, Error, Outbox, Trouble, WaitReason};
use satchel_testkit::liar::LyingTus;

use super::outbox::{moved, until};
use super::world::{Place, add, aim, open, pair, receiver, run, run_out, trusting};

fn stands(stands: StandIn) -> Option<Pretend> {
    Some(Pretend { stands: Some(stands), ..Pretend::default() })
}

/// What the target rests for.
async fn trouble(outbox: &Outbox, asset: AssetId) -> Trouble {
    match outbox.asset(asset).await.unwrap().state {
        AssetState::Waiting { reason: WaitReason::TargetRests { trouble, .. }, .. } => trouble,
        state => panic!("{state:?}"),
    }
}

/// These outboxes give up on silence sooner than on a connection that is not made.
fn is_silence(trouble: Trouble) -> bool {
    matches!(trouble, Trouble::Unreachable | Trouble::Cut)
}

/// Runs with each stand-in; what came of it. Nothing arrives, and nothing is counted.
async fn each(outbox: &Outbox, asset: AssetId) -> [Trouble; 3] {
    let mut seen = vec![];
    let before = outbox.ledger().await.unwrap();
    for stand_in in [StandIn::Page, StandIn::Silence, StandIn::Reset] {
        outbox.pretend(stands(stand_in)).unwrap();
        outbox.try_now().await.unwrap();
        assert_eq!(run(outbox).await.counts.delivered, 0);
        seen.push(trouble(outbox, asset).await);
    }
    assert_eq!(outbox.ledger().await.unwrap(), before, "what is pretended is not counted");
    seen.try_into().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_a_servers_place_over_http_is_named_and_goes() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    let photo = place.photo("IMG_1.JPG", 50_000, 1);
    let id = add(&outbox, &photo.path).await;
    let [page, silence, reset] = each(&outbox, id).await;
    assert_eq!((page, reset), (Trouble::Blocked(Block::Page), Trouble::Blocked(Block::Reset)));
    assert!(is_silence(silence), "{silence:?}");
    assert!(tus.seen().is_empty(), "nothing went there");
    outbox.pretend(None).unwrap();
    run_out(&outbox).await;
    assert_eq!(tus.completions_of(&photo.hash), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_a_servers_place_over_tls_is_named_and_goes() {
    let (place, tus) = (Place::new(), LyingTus::start_tls().await.unwrap());
    let outbox = open(trusting(place.config(), &tus)).await;
    aim(&outbox, &tus).await;
    let photo = place.photo("IMG_1.JPG", 50_000, 1);
    let id = add(&outbox, &photo.path).await;
    let [page, silence, reset] = each(&outbox, id).await;
    // A page in reply to the hello is no TLS: no token and no byte of the photo are said to it.
    assert_eq!(page, Trouble::Blocked(Block::Page));
    assert!(is_silence(silence), "{silence:?}");
    assert!(matches!(reset, Trouble::Blocked(Block::Reset) | Trouble::Cut), "{reset:?}");
    assert!(tus.seen().is_empty(), "nothing went there");
    outbox.pretend(None).unwrap();
    run_out(&outbox).await;
    assert_eq!(tus.completions_of(&photo.hash), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn over_a_slow_network_all_arrives_and_a_change_cuts_what_is_under_way() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let receiver = receiver(store.path()).await;
    let outbox = open(Config { ..place.patient() }).await;
    pair(&outbox, &receiver, None).await;
    let photo = place.photo("IMG_1.JPG", 300_000, 1);
    add(&outbox, &photo.path).await;
    let slow = Pretend { bytes_per_second: Some(50_000), latency: Some(Duration::from_millis(50)), stands: None };
    outbox.pretend(Some(slow)).unwrap();
    let mut changes = outbox.observe();
    let running = tokio::spawn({
        let outbox = outbox.clone();
        async move { run(&outbox).await }
    });
    until(&mut changes, moved).await;
    outbox.pretend(None).unwrap();
    running.await.unwrap();
    run_out(&outbox).await;
    let ledger = outbox.ledger().await.unwrap();
    let sent: u64 = ledger.iter().map(|row| row.sent).sum();
    assert!(sent < 2 * 300_000, "{sent} bytes for 300 KB");
}

#[tokio::test]
async fn what_cannot_be_pretended_is_refused() {
    let place = Place::new();
    let outbox = place.open().await;
    let slow = Pretend { bytes_per_second: Some(99), ..Pretend::default() };
    let late = Pretend { latency: Some(Duration::from_secs(31)), ..Pretend::default() };
    for pretend in [slow, late] {
        assert!(matches!(outbox.pretend(Some(pretend)), Err(Error::Invalid(_))), "{pretend:?}");
    }
}

/// Law 9: a report is read by others.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_names_no_photo_no_server_and_no_network() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    let post = satchel::PostEdit {
        caption: Some("Juche Tower".into()),
        tags: Some(vec!["tower".into()]),
        place: Some(satchel::Place { name: Some("Pyongyang".into()), ..satchel::Place::default() }),
        ..satchel::PostEdit::default()
    };
    let options = satchel::AddOptions { post, album: Some("Secret album".into()), ..satchel::AddOptions::default() };
    outbox.add(&place.photo("IMG_SECRET.JPG", 20_000, 1).path, &options).await.unwrap();
    let mut rules = outbox.policy();
    rules.rules[0].scope.albums = vec!["Secret album".into()];
    outbox.set_policy(rules);
    let mut link = satchel::Link::wifi();
    link.network = Some("hotel-network".into());
    outbox.set_link(link);
    outbox.pretend(stands(StandIn::Page)).unwrap();
    run(&outbox).await;
    let report = outbox.report().await.unwrap();
    for secret in [
        "Juche",
        "tower",
        "Pyongyang",
        "SECRET",
        "Secret",
        "hotel-network",
        "127.0.0.1",
        &*place.photos.to_string_lossy(),
    ] {
        assert!(!report.contains(secret), "{secret} in\n{report}");
    }
    for said in ["Satchel ", "link {", "wake {", "1 waiting", "target 1, tus by http"] {
        assert!(report.contains(said), "no {said} in\n{report}");
    }
}
