//! A database that is damaged is set aside and made anew, and every photo is accounted for.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use satchel::{AddOptions, AssetId, AssetState, Config, Error, Filter, Link, Outbox, ParkReason, PostEdit, WaitReason};
use satchel_testkit::Chance;
use satchel_testkit::liar::{FalseAnswer, Lie, LyingTus, Point, When};

use tokio_util::sync::CancellationToken;

use super::world::{Photo, Place, add, aim, all, at_once, lose_database, run, run_out, states, within};

const DATABASE: &str = "outbox.db";

/// What an asset was before the damage.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Told {
    name: String,
    caption: Option<String>,
    urgent: bool,
    fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// The server has it.
    Delivered,
    /// Bytes of it are at the server, or may be.
    Begun,
    /// Read, and nothing of it was sent.
    Waiting,
    /// Not read yet.
    Unread,
}

/// An outbox in the midst of its life, at a bare tus server.
struct Life {
    place: Place,
    tus: LyingTus,
    outbox: Outbox,
    assets: BTreeMap<AssetId, Told>,
    photos: Vec<Photo>,
}

async fn life() -> Life {
    let place = Place::new();
    let tus = LyingTus::start().await.unwrap();
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    let mut assets = BTreeMap::new();
    let mut photos = Vec::new();
    let mut tell = |id: AssetId, name: &str, caption: Option<&str>, urgent: bool, fate: Fate| {
        let told = Told { name: name.to_owned(), caption: caption.map(str::to_owned), urgent, fate };
        assets.insert(id, told);
    };
    for n in 0..3 {
        let name = format!("sent{n}.jpg");
        let photo = place.photo(&name, 3_000 + n as usize, n);
        tell(add(&outbox, &photo.path).await, &name, None, false, Fate::Delivered);
        photos.push(photo);
    }
    // A twin of the first, whose own copy is in the spool and whose source is gone.
    let twin = place.photo("twin.jpg", 3_000, 0);
    let options = AddOptions { copy: true, post: caption("a twin"), ..AddOptions::default() };
    tell(outbox.add(&twin.path, &options).await.unwrap().id(), "twin.jpg", Some("a twin"), false, Fate::Delivered);
    fs::remove_file(&twin.path).unwrap();
    run_out(&outbox).await;
    assert_eq!(outbox.counts().await.unwrap().delivered, 3);
    // Cut on its way.
    let begun = place.photo("begun.jpg", 50_000, 10);
    tell(add(&outbox, &begun.path).await, "begun.jpg", None, false, Fate::Begun);
    tus.lie(When::next(Point::Patch), Lie::False(FalseAnswer::ResetEarly));
    tus.lie(Point::Head, Lie::False(FalseAnswer::Close));
    run(&outbox).await;
    photos.push(begun);
    tus.honest();
    // Read, and not sent for want of a link; one of them revised, one urgent, one copied and gone, one removed.
    outbox.set_link(Link::none());
    for n in 0..12 {
        let name = format!("waiting{n}.jpg");
        let photo = place.photo(&name, 2_000 + n as usize, 20 + n);
        let options = AddOptions { urgent: n == 1, copy: n == 2, ..AddOptions::default() };
        let id = outbox.add(&photo.path, &options).await.unwrap().id();
        match n {
            0 => outbox.edit_post(id, caption("second thoughts")).await.unwrap(),
            2 => fs::remove_file(&photo.path).unwrap(),
            3 => outbox.remove(id).await.unwrap(),
            _ => {}
        }
        if n != 3 {
            tell(id, &name, (n == 0).then_some("second thoughts"), n == 1, Fate::Waiting);
        }
        if n != 2 {
            photos.push(photo);
        }
    }
    run(&outbox).await;
    for n in 0..3 {
        let name = format!("unread{n}.jpg");
        let photo = place.photo(&name, 1_000 + n as usize, 50 + n);
        tell(add(&outbox, &photo.path).await, &name, None, false, Fate::Unread);
        photos.push(photo);
    }
    Life { place, tus, outbox, assets, photos }
}

fn caption(text: &str) -> PostEdit {
    PostEdit { caption: Some(text.to_owned()), ..PostEdit::default() }
}

/// A copy of the outbox's files, as a crash leaves them.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Opens a copy without a network, and reads what is to be read.
async fn opened(folder: &Path, life: &Life) -> Outbox {
    let outbox = Outbox::open(Config { folder: folder.to_owned(), ..life.place.config() }).await.unwrap();
    outbox.set_link(Link::none());
    run(&outbox).await;
    outbox
}

/// The same, for damage that only a query may meet: then it says so, and is made anew when it is opened again.
async fn opened_again(folder: &Path, life: &Life) -> (Outbox, bool) {
    let config = || Config { folder: folder.to_owned(), ..life.place.config() };
    let outbox = Outbox::open(config()).await.unwrap();
    outbox.set_link(Link::none());
    let ran = within(outbox.run(at_once(), CancellationToken::new())).await.map(drop);
    let listed = outbox.list(Filter { before: None, limit: 1000 }).await.map(drop);
    match ran.and(listed) {
        Ok(()) => (outbox, false),
        Err(Error::Damaged) => {
            drop(outbox);
            (opened(folder, life).await, true)
        }
        Err(other) => panic!("{other}"),
    }
}

/// Everything is there, as it was; what the journal says of the server is believed.
async fn accounted_for(outbox: &Outbox, life: &Life, what: &str) {
    let found: BTreeMap<_, _> = all(outbox).await.into_iter().map(|a| (a.id, a)).collect();
    let names: Vec<_> = life.assets.iter().filter(|(id, _)| !found.contains_key(id)).map(|(_, t)| &t.name).collect();
    assert!(names.is_empty(), "{what}: lost {names:?}");
    for (id, asset) in &found {
        let Some(told) = life.assets.get(id) else { panic!("{what}: {} came back, though it was removed", asset.name) };
        let told = told.clone();
        assert_eq!(
            (&asset.name, &asset.post.caption, asset.urgent),
            (&told.name, &told.caption, told.urgent),
            "{what}"
        );
        let fits = match (&asset.state, told.fate) {
            (AssetState::Delivered { .. }, Fate::Delivered) => true,
            // Where the upload's name survived, the server will tell; where it did not, a person must.
            (AssetState::Parked { reason: ParkReason::FateUnknown }, Fate::Begun) => true,
            (AssetState::Waiting { reason: WaitReason::NoLink, .. }, Fate::Begun | Fate::Waiting | Fate::Unread) => {
                true
            }
            _ => false,
        };
        assert!(fits, "{what}: {}: {:?}", asset.name, asset.state);
    }
    for photo in &life.photos {
        assert_eq!(fs::read(&photo.path).unwrap(), photo.bytes, "{what}: an original was touched");
    }
}

/// The names of what was set aside.
fn aside(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name.contains(".damaged-")).collect();
    names.sort();
    names
}

fn garble(file: &Path, at: u64, length: u64, chance: &mut Chance) {
    let mut bytes = fs::read(file).unwrap();
    let end = (at + length).min(bytes.len() as u64);
    chance.fill(&mut bytes[at as usize..end as usize]);
    fs::write(file, bytes).unwrap();
}

fn at_some_place(file: &Path, chance: &mut Chance) -> u64 {
    chance.below(fs::metadata(file).unwrap().len())
}

/// The quiet database: all of it in one file.
async fn quiet(life: Life) -> Life {
    let Life { place, tus, outbox, assets, photos } = life;
    drop(outbox);
    // The last connection's end takes the WAL with it, unless two end at the same instant.
    let wal = place.folder.join("outbox.db-wal");
    for round in 1.. {
        if !wal.exists() {
            break;
        }
        if round % 100 == 0 {
            drop(Outbox::open(place.config()).await.unwrap());
        }
        assert!(round < 10_000, "the WAL stays");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let outbox = Outbox::open(Config::new(place.photos.join("..").join("other"))).await.unwrap();
    Life { place, tus, outbox, assets, photos }
}

fn rounds(default: u64) -> u64 {
    std::env::var("SATCHEL_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_flipped_lose_no_photo() {
    let life = quiet(life().await).await;
    let mut rebuilt = 0;
    for seed in 0..rounds(60) {
        let mut chance = Chance::new(seed);
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("outbox");
        copy(&life.place.folder, &folder);
        let database = folder.join(DATABASE);
        let length = [600, 4096, 20_000][chance.below(3) as usize];
        let at = at_some_place(&database, &mut chance);
        garble(&database, at, length, &mut chance);
        let damaged = fs::read(&database).unwrap();
        let (outbox, late) = opened_again(&folder, &life).await;
        accounted_for(&outbox, &life, &format!("seed {seed}, {length} bytes at {at}")).await;
        if let [kept, ..] = &aside(&folder)[..] {
            rebuilt += 1;
            // One that was met late had been written to.
            let same = late || fs::read(folder.join(kept)).unwrap() == damaged;
            assert!(same, "seed {seed}: what was set aside was changed");
        }
    }
    assert!(rebuilt * 2 > rounds(60), "only {rebuilt} were noticed");
}

/// A few bytes in a caption leave no trace that SQLite could find; but a photo is not lost for them.
#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_flipped_lose_no_photo() {
    let life = quiet(life().await).await;
    for seed in 0..rounds(60) {
        let mut chance = Chance::new(seed);
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("outbox");
        copy(&life.place.folder, &folder);
        let database = folder.join(DATABASE);
        let at = at_some_place(&database, &mut chance);
        garble(&database, at, 1 + chance.below(16), &mut chance);
        let (outbox, _) = opened_again(&folder, &life).await;
        let found = all(&outbox).await;
        let lost: Vec<_> = life.assets.iter().filter(|(id, _)| found.iter().all(|a| a.id != **id)).collect();
        assert!(lost.is_empty(), "seed {seed}, at {at}: lost {lost:?}");
    }
}

/// Text that is no document any more: SQLite finds no fault with it.
#[tokio::test(flavor = "multi_thread")]
async fn damage_that_only_a_query_meets_is_remembered_until_it_is_mended() {
    let life = quiet(life().await).await;
    let database = life.place.folder.join(DATABASE);
    let mut bytes = fs::read(&database).unwrap();
    let document = br#"{"caption":"second thoughts""#;
    let places: Vec<_> = (0..bytes.len() - document.len()).filter(|at| bytes[*at..].starts_with(document)).collect();
    assert!(!places.is_empty(), "the caption is not in the database");
    for at in places {
        bytes[at] = b'!';
    }
    fs::write(&database, &bytes).unwrap();
    let (outbox, late) = opened_again(&life.place.folder, &life).await;
    assert!(late, "it was not met");
    assert_eq!(aside(&life.place.folder).len(), 1);
    accounted_for(&outbox, &life, "a document that is none").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_cut_short_zeroed_or_gone_is_made_anew() {
    let life = quiet(life().await).await;
    for (what, set_aside) in
        [("half", true), ("100 bytes", true), ("zeros", true), ("text", true), ("empty", false), ("none", false)]
    {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("outbox");
        copy(&life.place.folder, &folder);
        let database = folder.join(DATABASE);
        let bytes = fs::read(&database).unwrap();
        match what {
            "half" => fs::write(&database, &bytes[..bytes.len() / 2]).unwrap(),
            "100 bytes" => fs::write(&database, &bytes[..100]).unwrap(),
            "zeros" => fs::write(&database, vec![0; bytes.len()]).unwrap(),
            "text" => fs::write(&database, b"this is no database\n".repeat(500)).unwrap(),
            "empty" => fs::write(&database, b"").unwrap(),
            _ => fs::remove_file(&database).unwrap(),
        }
        let outbox = opened(&folder, &life).await;
        assert_eq!(outbox.recovered().1, 0, "{what}");
        accounted_for(&outbox, &life, what).await;
        assert_eq!(!aside(&folder).is_empty(), set_aside, "{what}: {:?}", aside(&folder));
        drop(outbox);
        // And it stays so.
        let outbox = opened(&folder, &life).await;
        assert_eq!(outbox.recovered(), (0, 0), "{what}: it is rebuilt each time");
        accounted_for(&outbox, &life, what).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_torn_wal_loses_no_photo() {
    let life = life().await;
    let wal_length = fs::metadata(life.place.folder.join("outbox.db-wal")).unwrap().len();
    assert!(wal_length > 0, "there is no WAL to tear");
    for seed in 0..40 {
        let mut chance = Chance::new(seed);
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("outbox");
        copy(&life.place.folder, &folder);
        let wal = folder.join("outbox.db-wal");
        let at = at_some_place(&wal, &mut chance);
        match seed % 4 {
            0 => fs::File::options().write(true).open(&wal).unwrap().set_len(at).unwrap(),
            1 => garble(&wal, at, 1, &mut chance),
            2 => garble(&wal, at, 4096, &mut chance),
            _ => fs::remove_file(&wal).unwrap(),
        }
        // A crash leaves no index of the WAL that is worth anything.
        if seed % 3 == 0 {
            let _ = fs::remove_file(folder.join("outbox.db-shm"));
        }
        let outbox = opened(&folder, &life).await;
        accounted_for(&outbox, &life, &format!("seed {seed}, at {at} of {wal_length}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_delivered_is_not_sent_again_and_what_was_begun_asks_a_person() {
    let life = quiet(life().await).await;
    let before = life.tus.completed().len();
    fs::remove_file(life.place.folder.join(DATABASE)).unwrap();
    let outbox = life.place.open().await;
    assert_eq!(outbox.recovered().0, life.assets.len() as u64 + 1, "the removed one was told too");
    run_out(&outbox).await;
    let found = all(&outbox).await;
    for asset in &found {
        let fate = life.assets[&asset.id].fate;
        match &asset.state {
            AssetState::Delivered { .. } => assert_ne!(fate, Fate::Begun, "{}", asset.name),
            AssetState::Parked { reason } => {
                assert_eq!((reason, fate), (&ParkReason::FateUnknown, Fate::Begun), "{}", asset.name)
            }
            other => panic!("{}: {other:?}", asset.name),
        }
    }
    let waited = life.assets.values().filter(|t| matches!(t.fate, Fate::Waiting | Fate::Unread)).count();
    assert_eq!(life.tus.completed().len() - before, waited, "{:?}", states(&outbox).await);
    // A person decides: once more, and only that one.
    let begun = found.iter().find(|a| a.name == "begun.jpg").unwrap();
    outbox.retry(begun.id).await.unwrap();
    let report = run_out(&outbox).await;
    assert_eq!((report.counts.waiting(), report.counts.needs_person()), (0, 0), "{:?}", states(&outbox).await);
    assert_eq!(life.tus.completed().len() - before, waited + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_journal_beside_a_sound_database_loses_nothing() {
    let life = quiet(life().await).await;
    for seed in 0..12 {
        let mut chance = Chance::new(seed);
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("outbox");
        copy(&life.place.folder, &folder);
        let journal = folder.join("journal");
        let at = at_some_place(&journal, &mut chance);
        match seed % 3 {
            0 => fs::File::options().write(true).open(&journal).unwrap().set_len(at).unwrap(),
            1 => garble(&journal, at, 300, &mut chance),
            _ => fs::remove_file(&journal).unwrap(),
        }
        let outbox = opened(&folder, &life).await;
        accounted_for(&outbox, &life, &format!("journal, seed {seed}, at {at}")).await;
        assert!(aside(&folder).iter().all(|name| !name.starts_with(DATABASE)), "a sound database was set aside");
        drop(outbox);
        // And should the database be lost next, nothing is, for it knew.
        lose_database(&folder);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_database_a_damaged_journal_costs_only_what_was_hit() {
    let life = quiet(life().await).await;
    for seed in 0..12 {
        let mut chance = Chance::new(seed);
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("outbox");
        copy(&life.place.folder, &folder);
        fs::remove_file(folder.join(DATABASE)).unwrap();
        let journal = folder.join("journal");
        let at = at_some_place(&journal, &mut chance);
        garble(&journal, at, 40, &mut chance);
        let outbox = opened(&folder, &life).await;
        let found = all(&outbox).await;
        // The removed one may come back: better than one that is lost.
        let lost = life.assets.keys().filter(|id| found.iter().all(|a| a.id != **id)).count();
        assert!(lost <= 2, "seed {seed}: {lost} lost by 40 bytes");
        assert!(outbox.recovered().1 >= 1, "seed {seed}: it was not said");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_pass_leads_to_no_rebuild() {
    let life = quiet(life().await).await;
    let database = life.place.folder.join(DATABASE);
    let kept = life.place.folder.join("kept");
    fs::rename(&database, &kept).unwrap();
    fs::create_dir(&database).unwrap();
    let error = Outbox::open(life.place.config()).await.err().unwrap();
    assert!(matches!(error, Error::Storage(_)), "{error}");
    assert_eq!(aside(&life.place.folder), [""; 0]);
    fs::remove_dir(&database).unwrap();
    fs::rename(&kept, &database).unwrap();
    // Held exclusively by somebody: it waits, or says so, and never rebuilds. Then all is as it was.
    let outbox = opened(&life.place.folder, &life).await;
    assert_eq!(outbox.recovered(), (0, 0));
    accounted_for(&outbox, &life, "after a folder stood in its place").await;
}

fn user_version(database: &Path, to: Option<u32>) -> u32 {
    // SQLite's file format, §1.3: the user version is four bytes, big-endian, at offset 60.
    let mut bytes = fs::read(database).unwrap();
    if let Some(to) = to {
        bytes[60..64].copy_from_slice(&to.to_be_bytes());
        fs::write(database, &bytes).unwrap();
    }
    u32::from_be_bytes(bytes[60..64].try_into().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_a_newer_version_is_left_alone() {
    let life = quiet(life().await).await;
    let database: PathBuf = life.place.folder.join(DATABASE);
    let ours = user_version(&database, None);
    user_version(&database, Some(ours + 1));
    let before = (fs::read(&database).unwrap(), fs::read(life.place.folder.join("journal")).unwrap());
    let error = Outbox::open(life.place.config()).await.err().unwrap();
    assert!(matches!(error, Error::NewerVersion), "{error}");
    assert_eq!(aside(&life.place.folder), [""; 0]);
    let after = (fs::read(&database).unwrap(), fs::read(life.place.folder.join("journal")).unwrap());
    assert!(before == after, "it was written to");
}

/// A journal that is gone or ruined is told anew from a sound database, so that the next loss costs nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_journal_that_was_lost_is_told_anew_from_the_database() {
    for ruin in [None, Some(&b"garbage"[..])] {
        let place = Place::new();
        let outbox = place.open().await;
        let mut ids = Vec::new();
        for n in 0_u64..5 {
            let photo = place.photo(&format!("{n}.jpg"), 3_000, n);
            ids.push(add(&outbox, &photo.path).await);
        }
        drop(outbox);
        let journal = place.folder.join("journal");
        match ruin {
            None => fs::remove_file(&journal).unwrap(),
            Some(garbage) => fs::write(&journal, garbage).unwrap(),
        }
        let outbox = place.open().await;
        assert_eq!(outbox.retold(), 5, "{ruin:?}");
        drop(outbox);
        lose_database(&place.folder);
        let outbox = place.open().await;
        assert_eq!(outbox.recovered().0, 5, "{ruin:?}");
        for id in &ids {
            assert!(outbox.asset(*id).await.is_ok(), "{ruin:?}");
        }
    }
}
