//! What an app does with an outbox that is paired with a Satchel receiver.

use std::fs;

use satchel::{AddOptions, AssetState, Outbox, ParkReason, PostEdit, Proof, Token};
use satchel_testkit::link::{Conditions, Simulator};
use tokio_util::sync::CancellationToken;

use super::camera;
use super::outbox::{caption, moved, until};
use super::world::{
    Photo, Place, add, all, at_once, lose_database, open, pair, receiver, run, run_out, states, within,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_is_edited_after_delivery_reaches_the_receiver() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let receiver = receiver(store.path()).await;
    let outbox = place.open().await;
    pair(&outbox, &receiver, None).await;
    let photo = place.photo("a.jpg", 5_000, 1);
    let id = add(&outbox, &photo.path).await;
    run(&outbox).await;
    outbox.edit_post(id, caption("now with words")).await.unwrap();
    assert_eq!(outbox.counts().await.unwrap().posts_open, 1);
    outbox.edit_post(id, caption("and better ones")).await.unwrap();
    assert_eq!(outbox.counts().await.unwrap().posts_open, 1, "the revision between is not worth sending");
    outbox.edit_post(id, caption("and better ones")).await.unwrap();
    assert_eq!(outbox.asset(id).await.unwrap().revision, 3);
    let report = run(&outbox).await;
    assert_eq!((report.counts.waiting(), report.counts.needs_person()), (0, 0), "{:?}", states(&outbox).await);
    assert_eq!(receiver.completed_uploads().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_by_a_rotated_key_are_believed_and_pinned() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let receiver = receiver(store.path()).await;
    let outbox = place.open().await;
    let target = pair(&outbox, &receiver, None).await;
    for round in 0..3 {
        let photo = place.photo(&format!("{round}.jpg"), 5_000, round);
        let id = add(&outbox, &photo.path).await;
        let report = run(&outbox).await;
        assert_eq!(report.counts.needs_person(), 0, "round {round}: {:?}", states(&outbox).await);
        assert_eq!(
            outbox.asset(id).await.unwrap().state,
            AssetState::Delivered { proof: Proof::Receipt },
            "round {round}"
        );
        receiver.rotate_key().await.unwrap();
    }
    let check = outbox.check(target).await.unwrap();
    assert_eq!((check.confirmed, check.missing, check.unknown), (3, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_deleted_there_is_sent_again_only_when_a_person_says_so() {
    let (place, elsewhere, store) = (Place::new(), Place::new(), tempfile::tempdir().unwrap());
    let receiver = receiver(store.path()).await;
    let outbox = place.open().await;
    let ana = satchel::pairing::pair(&receiver.pairing_code(), "her phone", Some("Ana")).await.unwrap();
    outbox.set_receiver(&ana).await.unwrap();
    let photo = place.photo("a.jpg", 5_000, 1);
    add(&outbox, &photo.path).await;
    run(&outbox).await;
    for row in 1..20 {
        // Whichever row it has; the others are not there.
        let _ = receiver.delete_asset(row).await;
    }
    // Her other phone has the same photo.
    let outbox = elsewhere.open().await;
    let code = receiver.pairing_code_for("Ana").await.unwrap().unwrap();
    outbox.set_receiver(&satchel::pairing::pair(&code, "her other phone", None).await.unwrap()).await.unwrap();
    let id = add(&outbox, &photo.path).await;
    run(&outbox).await;
    let state = outbox.asset(id).await.unwrap().state;
    assert_eq!(state, AssetState::Parked { reason: ParkReason::DeletedThere });
    outbox.retry(id).await.unwrap();
    let report = run_out(&outbox).await;
    assert_eq!(report.counts.needs_person(), 0, "{:?}", states(&outbox).await);
    assert_eq!(receiver.completed_uploads().await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_database_lost_the_receiver_tells_what_it_has() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let receiver = receiver(store.path()).await;
    let link = Simulator::start("127.0.0.1:0".parse().unwrap(), receiver.addr(), 1).unwrap();
    let outbox = open(place.patient()).await;
    pair(&outbox, &receiver, Some(link.addr().port())).await;
    let token = paired_token(&outbox, &receiver, link.addr().port()).await;
    add(&outbox, &place.photo("there.jpg", 5_000, 1).path).await;
    run(&outbox).await;
    add(&outbox, &place.photo("half.jpg", 400_000, 2).path).await;
    let mut changes = outbox.observe();
    let before = link.stats().forwarded_up;
    link.set(Conditions::open().rates(60_000, 1_000_000));
    let cancel = CancellationToken::new();
    let running = tokio::spawn({
        let (outbox, cancel) = (outbox.clone(), cancel.clone());
        async move { outbox.run(at_once(), cancel).await }
    });
    until(&mut changes, moved).await;
    within(link.until(|s| s.forwarded_up > before + 150_000)).await;
    cancel.cancel();
    within(running).await.unwrap().unwrap();
    // What both kernels still hold of it goes with the link.
    link.cut();
    drop(outbox);
    lose_database(&place.folder);
    let outbox = place.open().await;
    assert_eq!(outbox.recovered(), (2, 0));
    for target in outbox.targets().await.unwrap() {
        outbox.set_token(target.id, Token::new(&token).unwrap());
    }
    let before = link.stats().read_up;
    link.set(Conditions::open());
    let report = run_out(&outbox).await;
    assert_eq!((report.counts.delivered, report.counts.needs_person()), (2, 0), "{:?}", states(&outbox).await);
    assert_eq!(receiver.completed_uploads().await.unwrap().len(), 2, "something was completed twice");
    let sent = link.stats().read_up - before;
    assert!(sent < 300_000, "{sent} bytes: what was there already was sent again");
    for asset in all(&outbox).await {
        assert_eq!(asset.state, AssetState::Delivered { proof: Proof::Receipt }, "{}", asset.name);
    }
}

/// Pairs anew, as a second pairing of the same phone does, and tells the token.
async fn paired_token(outbox: &Outbox, receiver: &satchel_receiver::Receiver, port: u16) -> String {
    let mut code = receiver.pairing_code();
    code.port = port;
    let paired = satchel::pairing::pair(&code, "paired again", None).await.unwrap();
    outbox.set_receiver(&paired).await.unwrap();
    paired.reply.token.clone()
}

/// What was delivered to the server that had this address before is not at the one that has it now.
#[tokio::test(flavor = "multi_thread")]
async fn another_server_at_the_same_address_gets_everything_and_nothing_counts_as_there_before() {
    let place = Place::new();
    let stores = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let first = receiver(stores[0].path()).await;
    let link = Simulator::start("127.0.0.1:0".parse().unwrap(), first.addr(), 1).unwrap();
    let port = Some(link.addr().port());
    let outbox = place.open().await;
    pair(&outbox, &first, port).await;
    let id = add(&outbox, &place.photo("a.jpg", 5_000, 1).path).await;
    outbox.edit_post(id, caption("first words")).await.unwrap();
    run(&outbox).await;
    outbox.edit_post(id, caption("better words")).await.unwrap();
    assert_eq!(run(&outbox).await.counts.delivered, 1);

    let second = receiver(stores[1].path()).await;
    link.set_upstream(second.addr());
    let mut code = second.pairing_code();
    code.port = link.addr().port();
    let paired = satchel::pairing::pair(&code, "a test's phone", None).await.unwrap();
    let target = outbox.set_receiver(&paired).await.unwrap();
    assert_eq!(outbox.asset(id).await.unwrap().state.name(), "waiting", "{:?}", states(&outbox).await);
    let report = run_out(&outbox).await;
    assert_eq!((report.counts.delivered, report.counts.needs_person()), (1, 0), "{:?}", states(&outbox).await);
    assert_eq!(outbox.asset(id).await.unwrap().state, AssetState::Delivered { proof: Proof::Receipt });
    assert_eq!(second.completed_uploads().await.unwrap().len(), 1);
    let check = outbox.check(target).await.unwrap();
    assert_eq!((check.confirmed, check.missing, check.unknown), (1, 0, 0));

    // The journal tells it the same way.
    drop(outbox);
    lose_database(&place.folder);
    let outbox = place.open().await;
    outbox.set_receiver(&paired).await.unwrap();
    assert_eq!(run_out(&outbox).await.counts.delivered, 1, "{:?}", states(&outbox).await);
    assert_eq!(second.completed_uploads().await.unwrap().len(), 1, "the receiver has it");
}

/// A device that pairs anew under another account has sent nothing there, so its twins of old photos are no twins there.
#[tokio::test(flavor = "multi_thread")]
async fn another_account_at_the_same_server_gets_everything() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let receiver = receiver(store.path()).await;
    let outbox = place.open().await;
    let paired = |name| {
        let code = receiver.pairing_code();
        async move { satchel::pairing::pair(&code, "her phone", Some(name)).await.unwrap() }
    };
    outbox.set_receiver(&paired("Ana").await).await.unwrap();
    let photo = place.photo("a.jpg", 5_000, 1);
    let id = add(&outbox, &photo.path).await;
    run(&outbox).await;
    let again = paired("Ana").await;
    let target = outbox.set_receiver(&again).await.unwrap();
    let twin = place.photos.join("twin.jpg");
    fs::copy(&photo.path, &twin).unwrap();
    let twin = add(&outbox, &twin).await;
    assert_eq!(run_out(&outbox).await.counts.delivered, 1);
    for id in [id, twin] {
        assert_eq!(outbox.asset(id).await.unwrap().state, AssetState::Delivered { proof: Proof::Receipt });
    }
    let check = outbox.check(target).await.unwrap();
    assert_eq!((check.confirmed, check.missing, check.unknown), (1, 0, 0));
    // The same pairing told again changes nothing.
    outbox.set_receiver(&again).await.unwrap();
    assert_eq!(outbox.counts().await.unwrap().delivered, 1);
}

/// The same phone, whose outbox was lost: it sends the asset of before, which somebody deleted meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_is_added_again_comes_back_with_its_words_and_its_preview() {
    for again in [true, false] {
        let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
        let desk = receiver(store.path()).await;
        let outbox = place.open().await;
        let paired = satchel::pairing::pair(&desk.pairing_code(), "a phone", None).await.unwrap();
        let target = outbox.set_receiver(&paired).await.unwrap();
        let photo = camera::write(&place, "a.jpg", &camera::jpeg(300, 200, 1));
        let post = PostEdit { tags: Some(vec!["harbour".into()]), ..caption("its words") };
        let id = outbox.add(&photo.path, &AddOptions { post, ..AddOptions::default() }).await.unwrap().id();
        run(&outbox).await;
        let row = desk.assets().await.unwrap()[0].id;
        assert!(desk.delete_asset(row).await.unwrap());
        // Another server by its word: everything is offered anew.
        let mut other = paired.clone();
        other.reply.server = "0123456789abcdef0123456789abcdef".into();
        outbox.set_receiver(&other).await.unwrap();
        outbox.set_receiver(&paired).await.unwrap();
        outbox.set_token(target, Token::new(&paired.reply.token).unwrap());
        run_out(&outbox).await;
        assert_eq!(outbox.asset(id).await.unwrap().state, AssetState::Parked { reason: ParkReason::DeletedThere });
        assert!(desk.assets().await.unwrap().is_empty(), "what was deleted stays so");
        // A folder that is looked through again says nothing of any one photo.
        outbox
            .add_folder(&place.photos, &AddOptions::default(), |_| std::ops::ControlFlow::Continue(()))
            .await
            .unwrap();
        run_out(&outbox).await;
        assert!(desk.assets().await.unwrap().is_empty());
        if again {
            let added = outbox.add(&photo.path, &AddOptions::default()).await.unwrap();
            assert_eq!(added, satchel::AddOutcome::Revised(id));
        } else {
            outbox.retry(id).await.unwrap();
        }
        let report = run_out(&outbox).await;
        assert_eq!(report.counts.needs_person(), 0, "{:?}", states(&outbox).await);
        let shown = desk.assets().await.unwrap();
        assert_eq!(shown.len(), 1);
        assert_eq!((shown[0].caption.as_deref(), shown[0].tags.len()), (Some("its words"), 1));
        assert!(shown[0].parts.len() == 2 && shown[0].parts.iter().all(|part| part.here), "{:?}", shown[0].parts);
        // It was said once: a later deletion holds, whatever is edited.
        assert!(desk.delete_asset(shown[0].id).await.unwrap());
        outbox.edit_post(id, caption("other words")).await.unwrap();
        run_out(&outbox).await;
        assert!(desk.assets().await.unwrap().is_empty());
    }
}

/// Law 5: what a receiver has not got any more is not delivered any more, whoever took it away.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_check_finds_missing_goes_again_and_what_was_deleted_waits_for_a_person() {
    for lose in [false, true] {
        let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
        let desk = receiver(store.path()).await;
        let outbox = place.open().await;
        let paired = satchel::pairing::pair(&desk.pairing_code(), "her phone", Some("Ana")).await.unwrap();
        let target = outbox.set_receiver(&paired).await.unwrap();
        let (lost, deleted) = (place.photo("lost.jpg", 5_000, 1), place.photo("deleted.jpg", 5_000, 2));
        let (one, two) = (add(&outbox, &lost.path).await, add(&outbox, &deleted.path).await);
        run(&outbox).await;
        let shown = |photo: &Photo, assets: Vec<satchel_receiver::AssetView>| {
            let hash = photo.hash.parse().unwrap();
            assets.into_iter().find(|asset| asset.parts.iter().any(|part| part.hash == hash && part.here))
        };
        let row = shown(&deleted, desk.assets().await.unwrap()).unwrap().id;
        desk.delete_asset(row).await.unwrap();
        fs::remove_file(desk.blob_path(&lost.hash.parse().unwrap())).unwrap();
        let check = outbox.check(target).await.unwrap();
        assert_eq!((check.confirmed, check.missing, check.unknown), (0, 2, 0));
        let waiting = outbox.asset(one).await.unwrap();
        assert!(matches!(waiting.state, AssetState::Waiting { .. }) && waiting.deliveries.iter().all(|d| !d.receipt));
        let parked = AssetState::Parked { reason: ParkReason::DeletedThere };
        assert_eq!(outbox.asset(two).await.unwrap().state, parked);
        drop(outbox);
        if lose {
            lose_database(&place.folder);
        }
        let outbox = place.open().await;
        outbox.set_receiver(&paired).await.unwrap();
        run_out(&outbox).await;
        assert!(shown(&lost, desk.assets().await.unwrap()).is_some(), "it came again");
        assert_eq!(outbox.asset(one).await.unwrap().state, AssetState::Delivered { proof: Proof::Receipt });
        if lose {
            // The journal does not know that it was deleted there; a check does.
            outbox.check(target).await.unwrap();
        }
        assert_eq!(outbox.asset(two).await.unwrap().state, parked);
        outbox.retry(two).await.unwrap();
        run_out(&outbox).await;
        assert!(shown(&deleted, desk.assets().await.unwrap()).is_some(), "a person said so");
        assert_eq!(outbox.check(target).await.unwrap().confirmed, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_removed_and_is_added_anew_is_asked_for_anew() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let outbox = place.open().await;
    pair(&outbox, &desk, None).await;
    let (there, deleted) = (place.photo("there.jpg", 5_000, 1), place.photo("deleted.jpg", 5_000, 2));
    let (one, two) = (add(&outbox, &there.path).await, add(&outbox, &deleted.path).await);
    run(&outbox).await;
    let hash = deleted.hash.parse().unwrap();
    let assets = desk.assets().await.unwrap();
    let row = assets.iter().find(|asset| asset.parts.iter().any(|part| part.hash == hash)).unwrap().id;
    desk.delete_asset(row).await.unwrap();
    outbox.remove(one).await.unwrap();
    outbox.remove(two).await.unwrap();
    let (one, two) = (add(&outbox, &there.path).await, add(&outbox, &deleted.path).await);
    run_out(&outbox).await;
    assert_eq!(outbox.asset(one).await.unwrap().state, AssetState::Delivered { proof: Proof::Receipt });
    assert_eq!(outbox.asset(two).await.unwrap().state, AssetState::Parked { reason: ParkReason::DeletedThere });
    assert_eq!(desk.completed_uploads().await.unwrap().len(), 2, "what is there is not sent again");
    assert!(add(&outbox, &deleted.path).await == two);
    run_out(&outbox).await;
    assert_eq!(outbox.asset(two).await.unwrap().state, AssetState::Delivered { proof: Proof::Receipt });
    assert_eq!(desk.completed_uploads().await.unwrap().len(), 3);
}
