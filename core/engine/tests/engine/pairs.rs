//! Live photos: a still and its motion are one asset, which travels as one and shows as one post.

mod deleted;
mod hosts;
mod rules;

use std::fs;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use satchel::kernel::policy::Policy;
use satchel::kernel::protocol::post::Rendition;
use satchel::money::{Budget, Covers, Period, Selection};
use satchel::{
    AddOptions, AddOutcome, AssetId, AssetKind, AssetState, Config, Error, LibraryFault, LibraryItem, Link, LinkClass,
    LinkNeed, MediaLibrary, Motion, OpenItem, Outbox, ParkReason, Proof, Redaction, RunOptions, Source, StagedFile,
};
use satchel_receiver::Receiver;
use satchel_testkit::liar::LyingTus;
use satchel_testkit::link::{Conditions, Simulator};
use tokio_util::sync::CancellationToken;

use super::camera::{jpeg, large, write};
use super::outbox::caption;
use super::world::{
    Photo, Place, aim, all, at_once, lose_database, noise, open, pair, receiver, run, run_out, states, within,
};

fn motion(place: &Place, name: &str, length: usize, seed: u64) -> Photo {
    write(place, name, &[b"\0\0\0\x14ftypqt  \0\0\0\0qt  ".as_slice(), &noise(length, seed)].concat())
}

fn with(motion: &Photo) -> AddOptions {
    AddOptions { motion: Some(Motion::File(motion.path.clone())), ..AddOptions::default() }
}

async fn add(outbox: &Outbox, still: &Photo, motion: &Photo) -> AddOutcome {
    outbox.add(&still.path, &with(motion)).await.unwrap()
}

/// The files of the one post that a receiver shows: role, rendition, name, and whether each is there.
async fn shown(desk: &Receiver) -> Vec<(String, String, String, bool)> {
    let mut assets = desk.assets().await.unwrap();
    assert_eq!(assets.len(), 1, "one post");
    assets.pop().unwrap().parts.into_iter().map(|p| (p.role, p.rendition, p.name, p.here)).collect()
}

fn file(role: &str, rendition: &str, name: &str) -> (String, String, String, bool) {
    (role.into(), rendition.into(), name.into(), true)
}

fn delivered() -> AssetState {
    AssetState::Delivered { proof: Proof::Receipt }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_is_one_asset_and_shows_as_one_post() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let outbox = place.open().await;
    pair(&outbox, &desk, None).await;
    let (still, film) = (large(&place, "IMG_1.JPG", 1), motion(&place, "IMG_1.MOV", 90_000, 2));
    let options = AddOptions { post: caption("the parade"), ..with(&film) };
    let AddOutcome::Added(id) = outbox.add(&still.path, &options).await.unwrap() else { panic!("it is not new") };
    assert_eq!(all(&outbox).await.len(), 1);
    let report = run_out(&outbox).await;
    assert_eq!((report.counts.delivered, report.counts.needs_person()), (2, 0), "{:?}", states(&outbox).await);
    let parts = [
        file("still", "original", "IMG_1.JPG"),
        file("motion", "original", "IMG_1.MOV"),
        file("still", "preview", "IMG_1.JPG"),
        file("still", "press", "IMG_1-press.jpg"),
    ];
    assert_eq!(shown(&desk).await, parts);
    for original in [&still, &film] {
        let hash = original.hash.parse().unwrap();
        assert_eq!(fs::read(desk.blob_path(&hash)).unwrap(), original.bytes);
    }
    let view = outbox.asset(id).await.unwrap();
    assert_eq!((view.kind, view.state, view.name.as_str()), (AssetKind::Pair, delivered(), "IMG_1.JPG"));
    assert_eq!(view.bytes, (still.bytes.len() + film.bytes.len()) as u64);
    let beside = view.motion.unwrap();
    assert_eq!((beside.source, beside.name.as_str()), (Source::File(film.path.clone()), "IMG_1.MOV"));
    assert_eq!((beside.hash.unwrap().to_string(), beside.bytes), (film.hash.clone(), film.bytes.len() as u64));
    // Again, and by its motion: it is the same.
    assert_eq!(add(&outbox, &still, &film).await, AddOutcome::Unchanged(id));
    assert_eq!(crate::world::add(&outbox, &film.path).await, id);
    assert_eq!(desk.completed_uploads().await.unwrap().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_motion_that_comes_later_joins_its_still() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let outbox = place.open().await;
    pair(&outbox, &desk, None).await;
    let (still, film) = (write(&place, "IMG_1.JPG", &jpeg(160, 120, 1)), motion(&place, "IMG_1.MOV", 9_000, 2));
    let id = crate::world::add(&outbox, &still.path).await;
    run_out(&outbox).await;
    assert_eq!(add(&outbox, &still, &film).await, AddOutcome::Revised(id));
    run_out(&outbox).await;
    assert_eq!(outbox.asset(id).await.unwrap().kind, AssetKind::Pair);
    let parts = [
        file("still", "original", "IMG_1.JPG"),
        file("motion", "original", "IMG_1.MOV"),
        file("still", "preview", "IMG_1.JPG"),
    ];
    assert_eq!(shown(&desk).await, parts);
    assert_eq!(desk.completed_uploads().await.unwrap().len(), 2, "the still went once");
    let another = motion(&place, "IMG_2.MOV", 9_000, 3);
    let refused = outbox.add(&still.path, &with(&another)).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_pair_is_refused_whole() {
    let place = Place::new();
    let outbox = place.open().await;
    let (still, film) = (place.photo("a.jpg", 1_000, 1), motion(&place, "a.mov", 1_000, 2));
    let gone = Photo { path: place.photos.join("gone.mov"), ..film.clone() };
    for (still, motion) in [(&still, &still), (&film, &still), (&film, &film)] {
        let refused = outbox.add(&still.path, &with(motion)).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    }
    assert!(matches!(outbox.add(&still.path, &with(&gone)).await, Err(Error::Source(_))));
    let folder = outbox.add_folder(&place.photos, &with(&film), |_| std::ops::ControlFlow::Continue(())).await;
    assert!(matches!(folder, Err(Error::Invalid(_))));
    assert!(all(&outbox).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_that_is_gone_does_not_hold_up_the_other_and_joins_it_later() {
    for still_gone in [false, true] {
        let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
        let desk = receiver(store.path()).await;
        let outbox = place.open().await;
        pair(&outbox, &desk, None).await;
        let (still, film) = (write(&place, "IMG_1.JPG", &jpeg(160, 120, 1)), motion(&place, "IMG_1.MOV", 9_000, 2));
        let id = add(&outbox, &still, &film).await.id();
        let (gone, there) = if still_gone { (&still, &film) } else { (&film, &still) };
        fs::remove_file(&gone.path).unwrap();
        let report = run_out(&outbox).await;
        assert_eq!((report.counts.delivered, report.counts.unreadable), (1, 1));
        assert_eq!(shown(&desk).await.iter().filter(|part| part.1 == "original").count(), 1);
        let state = outbox.asset(id).await.unwrap().state;
        assert_eq!(state, AssetState::Parked { reason: ParkReason::SourceGone }, "law 5: it is not all there");
        fs::write(&gone.path, &gone.bytes).unwrap();
        outbox.retry(id).await.unwrap();
        run_out(&outbox).await;
        assert_eq!(outbox.asset(id).await.unwrap().state, delivered(), "{:?}", states(&outbox).await);
        let originals: Vec<_> = shown(&desk).await.into_iter().filter(|part| part.1 == "original").collect();
        assert_eq!(originals, [file("still", "original", "IMG_1.JPG"), file("motion", "original", "IMG_1.MOV")]);
        let uploads = desk.completed_uploads().await.unwrap();
        assert!(uploads.iter().any(|upload| upload.hash.to_string() == there.hash) && uploads.len() == 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_survives_the_loss_of_the_database_and_of_the_journal() {
    for (copy, when) in [(false, 0), (true, 0), (false, 1), (true, 1), (false, 2), (true, 2)] {
        let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
        let desk = receiver(store.path()).await;
        let outbox = place.open().await;
        let (still, film) = (write(&place, "IMG_1.JPG", &jpeg(160, 120, 1)), motion(&place, "IMG_1.MOV", 9_000, 2));
        let options = AddOptions { copy, ..with(&film) };
        let id = outbox.add(&still.path, &options).await.unwrap().id();
        if copy {
            fs::remove_file(&still.path).unwrap();
            fs::remove_file(&film.path).unwrap();
        }
        if when > 0 {
            // Read, and in the journal as such.
            run(&outbox).await;
        }
        if when == 2 {
            pair(&outbox, &desk, None).await;
            run_out(&outbox).await;
        }
        drop(outbox);
        lose_database(&place.folder);
        let outbox = place.open().await;
        if when < 2 {
            pair(&outbox, &desk, None).await;
        }
        run_out(&outbox).await;
        let view = outbox.asset(id).await.unwrap();
        assert_eq!((view.kind, view.state), (AssetKind::Pair, delivered()), "copy {copy}, {when}");
        assert_eq!(shown(&desk).await.len(), 3);
        assert_eq!(desk.completed_uploads().await.unwrap().len(), 2, "each went once");
        // And from the database alone.
        drop(outbox);
        let open_lock = fs::File::options().write(true).open(place.folder.join("open.lock")).unwrap();
        open_lock.lock().unwrap();
        fs::remove_file(place.folder.join("journal")).unwrap();
        drop(open_lock);
        drop(place.open().await);
        lose_database(&place.folder);
        let outbox = place.open().await;
        run_out(&outbox).await;
        let view = outbox.asset(id).await.unwrap();
        assert_eq!((view.kind, view.state), (AssetKind::Pair, delivered()), "copy {copy}, {when}");
        assert_eq!(view.motion.unwrap().hash.unwrap().to_string(), film.hash);
        assert_eq!(desk.completed_uploads().await.unwrap().len(), 2, "each went once");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bare_server_gets_two_files_that_say_the_same() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    let (still, film) = (place.photo("IMG_1.JPG", 6_000, 1), motion(&place, "IMG_1.MOV", 5_000, 2));
    let options = AddOptions { post: caption("the parade"), ..with(&film) };
    outbox.add(&still.path, &options).await.unwrap();
    run(&outbox).await;
    for (hash, name, media_type) in
        [(&still.hash, "IMG_1.JPG", "image/jpeg"), (&film.hash, "IMG_1.MOV", "video/quicktime")]
    {
        let done = tus.completed().into_iter().find(|done| done.hash == *hash).unwrap();
        for (key, value) in [("filename", name), ("filetype", media_type), ("caption", "the parade")] {
            let said = format!("{key} {}", STANDARD.encode(value));
            assert!(done.metadata.split(',').any(|pair| pair == said), "{said} in {}", done.metadata);
        }
    }
}

/// A film as a phone exports it beside a live photo: its index names the content identifier.
fn live(place: &Place, name: &str, seed: u64) -> Photo {
    let of = |name: &[u8], content: &[u8]| {
        [&u32::try_from(content.len() + 8).unwrap().to_be_bytes()[..], name, content].concat()
    };
    let keys = of(b"mdta", b"com.apple.quicktime.content.identifier");
    let index = of(b"moov", &of(b"meta", &of(b"keys", &[&[0, 0, 0, 0, 0, 0, 0, 1][..], &keys].concat())));
    let film = [of(b"ftyp", b"qt  \0\0\0\0qt  "), of(b"mdat", &noise(500, seed)), index].concat();
    write(place, name, &film)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_with_live_photos_holds_pairs() {
    let place = Place::new();
    let outbox = place.open().await;
    let copies = AddOptions { copy: true, ..AddOptions::default() };
    let add = || outbox.add_folder(&place.photos, &copies, |_| std::ops::ControlFlow::Continue(()));
    // More than share a commit.
    for n in 0..300 {
        place.photo(&format!("IMG_{n:04}.JPG"), 500, n);
        live(&place, &format!("IMG_{n:04}.MOV"), n);
    }
    // A camera that numbers both alike; another name; what was added by itself before.
    place.photo("MVI_1.JPG", 500, 1_000);
    motion(&place, "MVI_1.MOV", 500, 1_001);
    place.photo("a.jpg", 500, 1_002);
    live(&place, "b.mov", 1_003);
    let by_itself = live(&place, "c.mov", 1_004);
    crate::world::add(&outbox, &by_itself.path).await;
    place.photo("c.jpg", 500, 1_005);
    let report = add().await.unwrap();
    assert_eq!((report.added, report.unchanged, report.failed), (300 + 2 + 2 + 1, 0, 0), "{report:?}");
    assert_eq!(report.revised, 1, "it got its copy");
    let pairs = all(&outbox).await.into_iter().filter(|asset| asset.kind == AssetKind::Pair);
    assert!(
        pairs.clone().count() == 300
            && pairs.clone().all(|asset| {
                let motion = asset.motion.unwrap();
                asset.name.starts_with("IMG_") && motion.name == asset.name.replace("JPG", "MOV")
            })
    );
    let report = add().await.unwrap();
    assert_eq!((report.added, report.revised, report.unchanged), (0, 0, 306));
    // A motion that comes later; another one under its name is a film by itself.
    live(&place, "a.mov", 1_006);
    assert_eq!(add().await.unwrap().revised, 1);
    live(&place, "a.mov", 1_007);
    let report = add().await.unwrap();
    assert_eq!((report.added, report.revised, report.unchanged), (1, 0, 306), "{report:?}");
}

/// Law 5: half a pair is never taken for the whole, whatever a target came to be told meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_motion_that_loses_its_record_is_told_again_and_keeps_its_still() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let outbox = place.open().await;
    let (still, film) = (write(&place, "IMG_1.JPG", &jpeg(160, 120, 1)), motion(&place, "IMG_1.MOV", 9_000, 2));
    crate::world::add(&outbox, &still.path).await;
    let journal = place.folder.join("journal");
    let before = fs::metadata(&journal).unwrap().len();
    let id = add(&outbox, &still, &film).await.id();
    drop(outbox);
    // The journal's end is lost, and then the database.
    let lock = fs::File::options().write(true).open(place.folder.join("open.lock")).unwrap();
    lock.lock().unwrap();
    fs::File::options().write(true).open(&journal).unwrap().set_len(before).unwrap();
    drop(lock);
    drop(place.open().await);
    lose_database(&place.folder);
    let outbox = place.open().await;
    pair(&outbox, &desk, None).await;
    run_out(&outbox).await;
    let view = outbox.asset(id).await.unwrap();
    assert_eq!((view.kind, view.state), (AssetKind::Pair, delivered()), "{:?}", view.motion);
}
