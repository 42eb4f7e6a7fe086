//! Targets that are not to learn what files say of themselves: what goes there, what does not, and what stays as it was.

use std::collections::HashSet;
use std::fs;

use satchel::kernel::protocol::post::Rendition;
use satchel::{
    AddOptions, AssetId, AssetState, Config, Link, Outbox, ParkReason, Place as Where, PostEdit, Proof, Redaction,
    RunOptions,
};
use satchel_receiver::{AssetView, Receiver};
use satchel_testkit::Chance;
use satchel_testkit::liar::LyingTus;
use satchel_testkit::link::{Conditions, Cut, Simulator};
use tokio_util::sync::CancellationToken;

use super::camera::{PLACE, TIME, jpeg, tells, write};
use super::outbox::caption;
use super::press::made;
use super::world::{
    Photo, Place, add, aim, at_once, lose_database, noise, open, pair, receiver, run, run_out, states, within,
};

fn telling(place: &Place, name: &str, seed: u64) -> Photo {
    write(place, name, &tells(&jpeg(1_200, 900, seed)))
}

/// A small one.
fn snap(place: &Place, name: &str, seed: u64) -> Photo {
    write(place, name, &tells(&jpeg(160, 120, seed)))
}

async fn only(desk: &Receiver) -> AssetView {
    let mut assets = desk.assets().await.unwrap();
    assert_eq!(assets.len(), 1);
    assets.pop().unwrap()
}

/// Whether an asset's original went redacted; none while it did not go.
async fn went_redacted(outbox: &Outbox, id: AssetId) -> Vec<bool> {
    let view = outbox.asset(id).await.unwrap();
    let there = |state: &AssetState| matches!(state, AssetState::Delivered { .. });
    view.deliveries
        .iter()
        .filter(|d| d.rendition == Rendition::Original && there(&d.state))
        .map(|d| d.redacted)
        .collect()
}

fn says_where(bytes: &[u8]) -> bool {
    satchel::metadata::read(&mut std::io::Cursor::new(bytes)).place.is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_not_to_learn_the_place_gets_all_but_that() {
    for (level, time) in [(Redaction::Location, Some(TIME)), (Redaction::All, None)] {
        let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
        let desk = receiver(store.path()).await;
        let outbox = place.open().await;
        let target = pair(&outbox, &desk, None).await;
        outbox.set_redaction(target, level).await.unwrap();
        // Another pairing changes nothing of it.
        pair(&outbox, &desk, None).await;
        assert_eq!(outbox.targets().await.unwrap()[0].redact, level);
        let photo = telling(&place, "IMG_0001.jpg", 1);
        assert!(says_where(&photo.bytes));
        let id = add(&outbox, &photo.path).await;
        let report = run_out(&outbox).await;
        assert_eq!((report.counts.delivered, report.counts.needs_person()), (1, 0), "{:?}", states(&outbox).await);
        let there = only(&desk).await;
        assert_eq!((there.latitude, there.longitude, there.place), (None, None, None));
        assert_eq!(there.time.as_deref(), time);
        assert_eq!(
            there.parts.iter().map(|p| p.rendition.as_str()).collect::<Vec<_>>(),
            ["original", "preview", "press"]
        );
        for part in &there.parts {
            assert!(part.here, "{}", part.rendition);
            let bytes = fs::read(desk.blob_path(&part.hash)).unwrap();
            assert_ne!(blake3::hash(&bytes).to_hex().to_string(), photo.hash);
            assert_eq!(satchel::metadata::read(&mut std::io::Cursor::new(&bytes)).taken, None, "{}", part.rendition);
            assert!(!says_where(&bytes), "{}", part.rendition);
        }
        let view = outbox.asset(id).await.unwrap();
        // Law 5: the receipt is for what was sent, and frees no original.
        assert_eq!(view.state, AssetState::Delivered { proof: Proof::Size });
        assert!(
            view.deliveries.iter().all(|d| d.receipt && d.state == AssetState::Delivered { proof: Proof::Receipt })
        );
        assert_eq!(view.post.time.as_deref(), Some(TIME), "the outbox knows it still");
        assert_eq!(went_redacted(&outbox, id).await, [true]);
        assert_eq!(fs::read(&photo.path).unwrap(), photo.bytes, "the original is as it was");
        let check = outbox.check(target).await.unwrap();
        assert_eq!((check.missing, check.unknown), (0, 0), "receipts are for what was sent");
        assert!(made(&place).is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_said_goes_to_everybody() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let outbox = place.open().await;
    let target = pair(&outbox, &desk, None).await;
    outbox.set_redaction(target, Redaction::All).await.unwrap();
    let named = Where { latitude: Some(1.0), longitude: Some(2.0), name: Some("Elsewhere".into()) };
    let post = PostEdit { place: Some(named), time: Some("2020-01-01T00:00:00Z".into()), ..PostEdit::default() };
    let options = AddOptions { post, ..AddOptions::default() };
    let id = outbox.add(&snap(&place, "IMG_0001.jpg", 1).path, &options).await.unwrap().id();
    run_out(&outbox).await;
    let there = only(&desk).await;
    assert_eq!((there.latitude, there.place.as_deref()), (Some(1.0), Some("Elsewhere")));
    assert_eq!(there.time.as_deref(), Some("2020-01-01T00:00:00Z"));
    // A person's name for the file's place is the person's word; the degrees are the file's.
    let file_s = Where { latitude: Some(PLACE.0), longitude: Some(PLACE.1), name: Some("Hel".into()) };
    outbox.edit_post(id, PostEdit { place: Some(file_s), ..PostEdit::default() }).await.unwrap();
    run_out(&outbox).await;
    let there = only(&desk).await;
    assert_eq!((there.latitude, there.longitude, there.place.as_deref()), (None, None, Some("Hel")));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_target_gets_it_whole_and_one_does_not() {
    let (place, store, other) = (Place::new(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (desk, family) = (receiver(store.path()).await, receiver(other.path()).await);
    let outbox = place.open().await;
    let target = pair(&outbox, &desk, None).await;
    pair(&outbox, &family, None).await;
    outbox.set_redaction(target, Redaction::Location).await.unwrap();
    let photo = telling(&place, "IMG_0001.jpg", 1);
    add(&outbox, &photo.path).await;
    outbox.add(&photo.path, &AddOptions { post: caption("words"), ..AddOptions::default() }).await.unwrap();
    run_out(&outbox).await;
    let (there, home) = (only(&desk).await, only(&family).await);
    assert_eq!((there.latitude, home.latitude), (None, Some(PLACE.0)));
    assert_eq!((there.caption.as_deref(), home.caption.as_deref()), (Some("words"), Some("words")));
    assert_eq!(fs::read(family.blob_path(&home.parts[0].hash)).unwrap(), photo.bytes);
    assert!(there.parts.iter().chain(&home.parts).all(|part| part.here));
    assert_ne!(there.parts[0].hash, home.parts[0].hash);
    assert_eq!(there.parts[2].hash, home.parts[2].hash, "both get the same press");
    let view = super::world::all(&outbox).await.remove(0);
    assert_eq!(view.state, AssetState::Delivered { proof: Proof::Receipt }, "one has it whole");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_freed_of_it_needs_a_person_and_its_words_go() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let outbox = place.open().await;
    let target = pair(&outbox, &desk, None).await;
    outbox.set_redaction(target, Redaction::Location).await.unwrap();
    let heic = [b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".as_slice(), &noise(5_000, 1)].concat();
    let photo = write(&place, "IMG_0001.heic", &heic);
    let post = caption("words");
    let id = outbox.add(&photo.path, &AddOptions { post, ..AddOptions::default() }).await.unwrap().id();
    add(&outbox, &snap(&place, "IMG_0002.jpg", 2).path).await;
    let report = run_out(&outbox).await;
    assert_eq!((report.counts.delivered, report.counts.parked, report.counts.posts_delivered), (1, 1, 2));
    let AssetState::Parked { reason } = outbox.asset(id).await.unwrap().state else { panic!("it is not parked") };
    assert_eq!(reason, ParkReason::CannotRedact);
    assert!(reason.words().contains("where it was taken"), "{}", reason.words());
    // A twin is told the same.
    let twin = add(&outbox, &write(&place, "twin.heic", &heic).path).await;
    run_out(&outbox).await;
    assert_eq!(outbox.asset(twin).await.unwrap().state, AssetState::Parked { reason });
    assert!(desk.completed_uploads().await.unwrap().iter().all(|upload| upload.length != heic.len() as u64));
    // Its owner lets the server have it.
    outbox.set_redaction(target, Redaction::None).await.unwrap();
    let report = run_out(&outbox).await;
    assert_eq!((report.counts.needs_person(), report.counts.delivered), (0, 2), "{:?}", states(&outbox).await);
    assert_eq!(desk.completed_uploads().await.unwrap().len(), 2);
    assert!(desk.assets().await.unwrap().iter().all(|asset| asset.parts.iter().all(|part| part.here)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_went_whole_stays_so_and_nothing_goes_twice() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let outbox = place.open().await;
    let target = pair(&outbox, &desk, None).await;
    let first = add(&outbox, &snap(&place, "IMG_0001.jpg", 1).path).await;
    run_out(&outbox).await;
    outbox.set_link(Link::none());
    let second = add(&outbox, &snap(&place, "IMG_0002.jpg", 2).path).await;
    run(&outbox).await;
    outbox.set_redaction(target, Redaction::Location).await.unwrap();
    outbox.set_link(Link::wifi());
    outbox.edit_post(first, caption("still with its place")).await.unwrap();
    run_out(&outbox).await;
    assert_eq!((went_redacted(&outbox, first).await, went_redacted(&outbox, second).await), (vec![false], vec![true]));
    outbox.set_redaction(target, Redaction::None).await.unwrap();
    outbox.edit_post(second, caption("still without")).await.unwrap();
    run_out(&outbox).await;
    assert_eq!(desk.completed_uploads().await.unwrap().len(), 2);
    for asset in desk.assets().await.unwrap() {
        let whole = asset.caption.as_deref() == Some("still with its place");
        assert!(whole || asset.caption.as_deref() == Some("still without"), "{asset:?}");
        assert_eq!(asset.latitude.is_some(), whole);
        assert!(asset.parts.iter().all(|part| part.here), "{asset:?}");
    }
}

/// The file is gone between the post and its original's turn: the post went, and the original is said to be gone.
#[tokio::test(flavor = "multi_thread")]
async fn an_original_that_is_gone_before_its_turn_is_said_to_be() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let outbox = place.open().await;
    let target = pair(&outbox, &desk, None).await;
    outbox.set_redaction(target, Redaction::Location).await.unwrap();
    outbox.set_link(Link::none());
    let photo = snap(&place, "IMG_0001.jpg", 1);
    let id = add(&outbox, &photo.path).await;
    run(&outbox).await;
    fs::remove_file(&photo.path).unwrap();
    outbox.set_link(Link::wifi());
    run(&outbox).await;
    assert_eq!(outbox.asset(id).await.unwrap().state, AssetState::Parked { reason: ParkReason::SourceGone });
    assert_eq!(outbox.counts().await.unwrap().posts_delivered, 1);
    // It comes back, and the post names what comes now.
    fs::write(&photo.path, &photo.bytes).unwrap();
    outbox.retry(id).await.unwrap();
    let report = run_out(&outbox).await;
    assert_eq!(report.counts.needs_person(), 0, "{:?}", states(&outbox).await);
    assert!(only(&desk).await.parts.iter().all(|part| part.here));
}

/// Cut while it is sent, then the database is lost: the same bytes go on, and no others.
#[tokio::test(flavor = "multi_thread")]
async fn the_loss_of_the_database_lets_nothing_out() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let link = Simulator::start("127.0.0.1:0".parse().unwrap(), desk.addr(), 1).unwrap();
    let mut code = desk.pairing_code();
    code.port = link.addr().port();
    let outbox = place.open().await;
    let paired = satchel::pairing::pair(&code, "a test's phone", None).await.unwrap();
    let target = outbox.set_receiver(&paired).await.unwrap();
    outbox.set_redaction(target, Redaction::Location).await.unwrap();
    let photo = telling(&place, "IMG_0001.jpg", 1);
    let id = add(&outbox, &photo.path).await;
    link.set(Conditions { cut_after: Some(Cut::forwarding(300_000)), ..Conditions::open() });
    run(&outbox).await;
    link.set(Conditions::open());
    drop(outbox);
    lose_database(&place.folder);
    let outbox = place.open().await;
    outbox.set_token(target, satchel::Token::new(&paired.reply.token).unwrap());
    let report = run_out(&outbox).await;
    assert_eq!(report.counts.needs_person(), 0, "{:?}", states(&outbox).await);
    assert_eq!(went_redacted(&outbox, id).await, [true]);
    let there = only(&desk).await;
    assert!(there.latitude.is_none() && there.parts.iter().all(|part| part.here));
    assert!(!desk.blob_path(&photo.hash.parse().unwrap()).exists());
}

/// One target's post gets another revision than the other's: each goes under its own.
#[tokio::test(flavor = "multi_thread")]
async fn posts_for_different_targets_have_revisions_of_their_own() {
    let (place, store, other) = (Place::new(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (desk, family) = (receiver(store.path()).await, receiver(other.path()).await);
    let outbox = place.open().await;
    let target = pair(&outbox, &desk, None).await;
    pair(&outbox, &family, None).await;
    outbox.set_redaction(target, Redaction::Location).await.unwrap();
    let heic = [b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".as_slice(), &noise(5_000, 1)].concat();
    let heard = add(&outbox, &write(&place, "a.heic", &heic).path).await;
    let only_one = RunOptions { targets: Some(vec![target]), ..at_once() };
    within(outbox.run(only_one, CancellationToken::new())).await.unwrap();
    assert_eq!((desk.assets().await.unwrap().len(), family.assets().await.unwrap().len()), (1, 0));
    // It heard of a post that names no original, and is to hear of one that does.
    outbox.set_redaction(target, Redaction::None).await.unwrap();
    assert_eq!(outbox.asset(heard).await.unwrap().revision, 2);
    let report = run_out(&outbox).await;
    assert_eq!(report.counts.needs_person(), 0, "{:?}", states(&outbox).await);
    assert_eq!((only(&desk).await.parts.len(), only(&family).await.parts.len()), (1, 1));
}

/// The journal is told again to a database that is there: what a target was before changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_is_told_again_changes_no_target_and_no_post() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let outbox = place.open().await;
    let target = pair(&outbox, &desk, None).await;
    outbox.set_redaction(target, Redaction::Location).await.unwrap();
    let id = add(&outbox, &snap(&place, "IMG_0001.jpg", 1).path).await;
    run_out(&outbox).await;
    outbox.set_link(Link::none());
    let waits = add(&outbox, &snap(&place, "IMG_0002.jpg", 2).path).await;
    run(&outbox).await;
    let paired = outbox.targets().await.unwrap();
    drop(outbox);
    let mut journal = fs::OpenOptions::new().append(true).open(place.folder.join("journal")).unwrap();
    std::io::Write::write_all(&mut journal, b"half a record").unwrap();
    let outbox = place.open().await;
    assert_eq!(outbox.recovered().1, 1, "it was not told again");
    assert_eq!(outbox.targets().await.unwrap(), paired);
    for id in [id, waits] {
        assert_eq!(outbox.asset(id).await.unwrap().revision, 1);
    }
    assert_eq!(outbox.asset(id).await.unwrap().state, AssetState::Delivered { proof: Proof::Size });
    assert_eq!(outbox.counts().await.unwrap().posts_delivered, 1);
}

/// Law 1, and no original to whom it is not for: whatever a person changes, whenever runs end and databases are lost, a
/// server that is not to learn places gets no original that tells one, and none twice.
#[tokio::test(flavor = "multi_thread")]
async fn no_history_lets_an_original_out_or_sends_one_twice() {
    for seed in 0..12 {
        let (place, tus, mut chance) = (Place::new(), LyingTus::start().await.unwrap(), Chance::new(seed));
        let config = || Config { patience: place.config().patience, ..place.config() };
        let mut outbox = open(config()).await;
        let target = aim(&outbox, &tus).await;
        let mut level = Redaction::None;
        let mut photos: Vec<Photo> = Vec::new();
        let mut allowed: HashSet<String> = HashSet::new();
        for step in 0..14 {
            match chance.below(7) {
                0 | 1 => {
                    let photo = snap(&place, &format!("IMG_{step}.jpg"), seed * 100 + step);
                    add(&outbox, &photo.path).await;
                    photos.push(photo);
                }
                2 => {
                    level = [Redaction::None, Redaction::Location, Redaction::All][chance.below(3) as usize];
                    outbox.set_redaction(target, level).await.unwrap();
                }
                3 => {
                    drop(outbox);
                    if chance.below(2) == 0 {
                        lose_database(&place.folder);
                    }
                    outbox = open(config()).await;
                    assert_eq!(outbox.targets().await.unwrap()[0].redact, level, "seed {seed}");
                }
                4 => {
                    outbox.set_link(Link::none());
                    run(&outbox).await;
                    outbox.set_link(Link::wifi());
                }
                _ => {
                    run(&outbox).await;
                }
            }
            for photo in &photos {
                let whole = tus.completions_of(&photo.hash);
                if level == Redaction::None && whole > 0 {
                    allowed.insert(photo.hash.clone());
                }
                assert_eq!(
                    whole,
                    usize::from(allowed.contains(&photo.hash)),
                    "seed {seed}, step {step}: it was let out"
                );
            }
        }
        run_out(&outbox).await;
        assert_eq!(tus.completed().len(), photos.len(), "seed {seed}: {:?}", states(&outbox).await);
    }
}
