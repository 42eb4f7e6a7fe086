//! Originals that only the app can open, by an id: as a phone's media library keeps them.

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use satchel::{
    AddOptions, AddOutcome, AssetState, Config, Error, LibraryFault, LibraryItem, MediaLibrary, OpenItem, Outbox,
    ParkReason, Source, Trouble, WaitReason,
};
use satchel_testkit::liar::{Lie, LyingTus, Point, When};

use super::world::{Place, aim, all, lose_database, noise, open, run, run_out, states};

/// A media library: every opening goes by way of a new file, as where an export is made each time.
struct Album {
    folder: PathBuf,
    items: Mutex<HashMap<String, Kept>>,
}

#[derive(Clone)]
struct Kept {
    bytes: Vec<u8>,
    changed_utc_ms: i64,
    fault: Option<LibraryFault>,
    opened: u64,
}

impl Album {
    fn new(place: &Place) -> Arc<Self> {
        let folder = place.photos.join("album");
        fs::create_dir_all(&folder).unwrap();
        Arc::new(Self { folder, items: Mutex::default() })
    }

    fn keep(&self, id: &str, bytes: Vec<u8>) -> LibraryItem {
        let kept = Kept { bytes, changed_utc_ms: 1_700_000_000_000, fault: None, opened: 0 };
        self.items.lock().unwrap().insert(id.into(), kept);
        LibraryItem { id: id.into(), name: format!("{}.jpg", id.replace('/', "-")) }
    }

    fn change(&self, id: &str, change: impl FnOnce(&mut Kept)) {
        change(self.items.lock().unwrap().get_mut(id).unwrap());
    }

    fn opened(&self, id: &str) -> u64 {
        self.items.lock().unwrap()[id].opened
    }
}

impl MediaLibrary for Album {
    fn open(&self, id: &str) -> Result<OpenItem, LibraryFault> {
        let kept = {
            let mut items = self.items.lock().unwrap();
            let kept = items.get_mut(id).ok_or(LibraryFault::Gone)?;
            kept.opened += 1;
            kept.clone()
        };
        if let Some(fault) = kept.fault {
            return Err(fault);
        }
        let export = tempfile::NamedTempFile::new_in(&self.folder).unwrap();
        fs::write(export.path(), &kept.bytes).unwrap();
        let file = File::open(export.path()).unwrap();
        Ok(OpenItem { file, read_mode: 0, modified_utc_ms: Some(kept.changed_utc_ms) })
    }
}

fn with(place: &Place, album: &Arc<Album>) -> Config {
    Config { library: Some(album.clone()), ..place.config() }
}

async fn add(outbox: &Outbox, item: &LibraryItem) -> AddOutcome {
    outbox.add_item(item, &AddOptions::default()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn items_are_opened_again_by_their_id_in_another_process_too() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let album = Album::new(&place);
    let item = album.keep("media/17", noise(300_000, 1));
    let outbox = open(with(&place, &album)).await;
    aim(&outbox, &tus).await;
    let id = add(&outbox, &item).await.id();
    assert_eq!(add(&outbox, &item).await, AddOutcome::Unchanged(id), "an export made anew is the same item");
    drop(outbox);
    let outbox = open(with(&place, &album)).await;
    run(&outbox).await;
    let asset = outbox.asset(id).await.unwrap();
    assert!(matches!(asset.state, AssetState::Delivered { .. }), "{:?}", asset.state);
    assert_eq!((asset.source, asset.name), (Source::Library("media/17".into()), item.name.clone()));
    let hash = blake3::hash(&noise(300_000, 1)).to_hex().to_string();
    assert_eq!(tus.completions_of(&hash), 1);
    let opened = album.opened("media/17");
    assert_eq!(add(&outbox, &item).await, AddOutcome::Unchanged(id));
    assert_eq!(album.opened("media/17"), opened + 1, "it is looked at, not read");
    // Edited in the library: another asset.
    album.change("media/17", |kept| {
        kept.bytes = noise(200_000, 2);
        kept.changed_utc_ms += 5_000;
    });
    assert!(matches!(add(&outbox, &item).await, AddOutcome::Added(other) if other != id));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_opened_says_so_and_waits_or_is_parked() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let album = Album::new(&place);
    let (away, gone, denied) = ("away", "gone", "denied");
    let outbox = open(with(&place, &album)).await;
    aim(&outbox, &tus).await;
    let mut ids = HashMap::new();
    for (seed, id) in [away, gone, denied].into_iter().enumerate() {
        let item = album.keep(id, noise(20_000, seed as u64));
        ids.insert(id, add(&outbox, &item).await.id());
    }
    album.change(away, |kept| kept.fault = Some(LibraryFault::Away));
    album.change(gone, |kept| kept.fault = Some(LibraryFault::Gone));
    album.change(denied, |kept| kept.fault = Some(LibraryFault::Denied));
    for _ in 0..6 {
        run(&outbox).await;
        outbox.try_now().await.unwrap();
    }
    run(&outbox).await;
    let state = async |id: &str| outbox.asset(ids[id]).await.unwrap().state;
    assert_eq!(state(away).await.wait_reason(), Some(&WaitReason::SourceAway), "however often it was tried");
    assert_eq!(state(gone).await, AssetState::Parked { reason: ParkReason::SourceGone });
    assert_eq!(state(denied).await, AssetState::Parked { reason: ParkReason::SourceUnreadable });
    album.change(away, |kept| kept.fault = None);
    album.change(denied, |kept| kept.fault = None);
    outbox.retry(ids[denied]).await.unwrap();
    run_out(&outbox).await;
    for id in [away, denied] {
        assert!(matches!(state(id).await, AssetState::Delivered { .. }), "{id}: {:?}", states(&outbox).await);
    }
    // Without the app that knows the library, what is left waits; nothing is parked for that.
    let left = add(&outbox, &album.keep("left", noise(9_000, 9))).await.id();
    drop(outbox);
    let outbox = place.open().await;
    run(&outbox).await;
    assert_eq!(outbox.asset(left).await.unwrap().state.wait_reason(), Some(&WaitReason::SourceAway));
    let refused = outbox.add_item(&LibraryItem { id: "x".into(), name: "x.jpg".into() }, &AddOptions::default()).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
}

/// Bytes that the server keeps are not thrown away because the phone was locked.
#[tokio::test(flavor = "multi_thread")]
async fn an_item_that_is_away_in_the_middle_of_its_upload_goes_on_where_it_was() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let album = Album::new(&place);
    let item = album.keep("a", noise(2_000_000, 3));
    let outbox = open(with(&place, &album)).await;
    aim(&outbox, &tus).await;
    let id = add(&outbox, &item).await.id();
    tus.lie(When::next(Point::Patch), Lie::marked(503));
    run(&outbox).await;
    album.change("a", |kept| kept.fault = Some(LibraryFault::Away));
    outbox.try_now().await.unwrap();
    run(&outbox).await;
    let state = outbox.asset(id).await.unwrap().state;
    let AssetState::Waiting { reason: WaitReason::Retry { trouble: Trouble::SourceAway, .. }, .. } = state else {
        panic!("{state:?}")
    };
    album.change("a", |kept| kept.fault = None);
    run_out(&outbox).await;
    let hash = blake3::hash(&noise(2_000_000, 3)).to_hex().to_string();
    assert_eq!((tus.completions_of(&hash), tus.created()), (1, 1), "one upload, begun once");
}

/// The copy is what counts, and where it came from is known still after the database was lost.
#[tokio::test(flavor = "multi_thread")]
async fn items_and_their_copies_survive_the_loss_of_the_database() {
    let place = Place::new();
    let album = Album::new(&place);
    let outbox = open(with(&place, &album)).await;
    let (copied, plain) = (album.keep("copied", noise(10_000, 4)), album.keep("plain", noise(10_000, 5)));
    outbox.add_item(&copied, &AddOptions { copy: true, ..AddOptions::default() }).await.unwrap();
    add(&outbox, &plain).await;
    drop(outbox);
    lose_database(&place.folder);
    album.change("copied", |kept| kept.fault = Some(LibraryFault::Gone));
    let tus = LyingTus::start().await.unwrap();
    let outbox = open(with(&place, &album)).await;
    aim(&outbox, &tus).await;
    run(&outbox).await;
    let mut found: Vec<_> = all(&outbox).await.into_iter().map(|a| (a.source, a.name)).collect();
    found.sort_by_key(|(source, _)| source.to_string());
    let expected = [(Source::Library("copied".into()), copied.name), (Source::Library("plain".into()), plain.name)];
    assert_eq!(found, expected);
    assert_eq!(outbox.counts().await.unwrap().delivered, 2, "{:?}", states(&outbox).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_and_names_that_are_none_are_refused() {
    let place = Place::new();
    let album = Album::new(&place);
    album.keep("a", noise(1_000, 1));
    let outbox = open(with(&place, &album)).await;
    let long = "x".repeat(1_025);
    for (id, name) in [("", "a.jpg"), (long.as_str(), "a.jpg"), ("a\0b", "a.jpg"), ("a", ""), ("a", "b/a.jpg")] {
        let refused = outbox.add_item(&LibraryItem { id: id.into(), name: name.into() }, &AddOptions::default()).await;
        assert!(matches!(refused, Err(Error::Invalid(_))), "{id:?} {name:?}: {refused:?}");
    }
    let none = outbox.add_item(&LibraryItem { id: "b".into(), name: "b.jpg".into() }, &AddOptions::default()).await;
    assert!(matches!(none, Err(Error::Source(satchel::source::SourceFault::Gone))), "{none:?}");
    assert!(all(&outbox).await.is_empty());
}
