//! What must hold after each kill, and at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::Value;

use crate::camera::Camera;
use crate::command;
use crate::foreign::outbox::Outbox;
use crate::place::Place;

/// Older than what a killed `add` may leave in the spool for a while.
const PAST_GRACE: Duration = Duration::from_secs(11 * 60);

/// What the database says while nobody has it open.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Database {
    /// Originals under way when the process ended.
    pub(crate) sending: u64,
}

/// `PRAGMA quick_check`, on a copy: the outbox itself must get over the write-ahead log as the kill left it.
pub(crate) fn check_database(outbox: &Path) -> Database {
    let look = tempfile::tempdir().unwrap();
    let copy = look.path().join("outbox.db");
    if fs::copy(outbox.join("outbox.db"), &copy).is_err() {
        // Killed before there was one.
        return Database::default();
    }
    // Gone where the last one to close took it into the database.
    let _ = fs::copy(outbox.join("outbox.db-wal"), look.path().join("outbox.db-wal"));
    let db = Connection::open(&copy).unwrap();
    let word: String = db.query_row("PRAGMA quick_check", [], |row| row.get(0)).unwrap();
    assert_eq!(word, "ok", "quick_check");
    let sending = "SELECT count(*) FROM delivery WHERE stage = 'sending' AND class = 'original'";
    // Killed before the tables were made.
    Database { sending: db.query_row(sending, [], |row| row.get::<_, i64>(0)).unwrap_or(0).unsigned_abs() }
}

/// What the server has: one completed upload of each photo, and never another.
async fn completed_once(place: &Place) -> BTreeSet<String> {
    let completed = place.completed().await;
    let once: BTreeSet<String> = completed.iter().cloned().collect();
    assert_eq!(once.len(), completed.len(), "completed twice: {:?}", doubled(&completed));
    once
}

/// Every photo of this camera was accepted, and the server has these and no others.
pub(crate) async fn only_these_are_there(place: &Place, camera: &Camera) -> usize {
    assert!(camera.shots.iter().all(|shot| shot.accepted));
    let taken: BTreeSet<String> = camera.shots.iter().map(|shot| shot.photo.hash.clone()).collect();
    assert_eq!(completed_once(place).await, taken);
    taken.len()
}

fn doubled(hashes: &[String]) -> Vec<(&String, usize)> {
    let mut counts = BTreeMap::new();
    hashes.iter().for_each(|hash| *counts.entry(hash).or_insert(0) += 1);
    counts.into_iter().filter(|(_, n)| *n > 1).collect()
}

/// After a sync that said 0: all that `add` accepted is there, once, and the outbox says so.
pub(crate) async fn all_is_there(place: &Place, outbox: &Outbox, to: &str, camera: &Camera) {
    let there = completed_once(place).await;
    let mut by_path: BTreeMap<String, Value> = BTreeMap::new();
    for asset in outbox.status() {
        let path = asset["path"].as_str().unwrap().to_owned();
        // Nothing needs a person: the bare server keeps its uploads, so the fate of each can be asked.
        assert_eq!(asset["state"], "delivered", "{asset:#}");
        let twice = by_path.insert(path, asset);
        assert!(twice.is_none(), "one file is two assets: {:#}", twice.unwrap());
    }
    for shot in camera.shots.iter().filter(|shot| shot.accepted) {
        let photo = &shot.photo;
        assert!(there.contains(&photo.hash), "accepted and not at the server: {photo:?}");
        let asset = by_path.get(photo.path.to_str().unwrap()).unwrap_or_else(|| panic!("lost: {photo:?}"));
        assert_eq!(asset["hash"], photo.hash.as_str(), "{asset:#}");
        assert_eq!(asset["bytes"], photo.length, "{asset:#}");
        let caption = asset["caption"].as_str().map(str::to_owned);
        assert!(shot.captions.contains(&caption), "{:?} was said, and there is {asset:#}", shot.captions);
    }
    if let Some(mut shown) = place.shown() {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let mut expected: Vec<_> =
            by_path.values().map(|asset| (text(&asset["id"]), text(&asset["caption"]))).collect();
        // Other outboxes may use the same server; a photo without its asset is nobody's.
        shown.retain(|(id, _)| id.is_none() || expected.iter().any(|(ours, _)| ours == id));
        expected.sort();
        shown.sort();
        assert_eq!(shown, expected, "each asset is on the page once, with what is said of it");
        check_receipts(&outbox.0);
    }
    // The outbox proves each delivery against the server by itself.
    let check = command::run(outbox.check(to), None).await;
    assert_eq!(check.code(), Some(0), "{}", check.told());
}

/// What counts as delivered by receipt has its receipt.
fn check_receipts(outbox: &Path) {
    let db = Connection::open(outbox.join("outbox.db")).unwrap();
    let without = "SELECT count(*) FROM delivery d WHERE d.stage = 'delivered' AND d.proof = '\"receipt\"'
                   AND NOT EXISTS (SELECT 1 FROM receipt r WHERE r.delivery = d.id)";
    assert_eq!(
        db.query_row(without, [], |row| row.get::<_, i64>(0)).unwrap(),
        0,
        "delivered by a receipt that is not there"
    );
    let with = "SELECT count(*) FROM delivery WHERE stage = 'delivered' AND proof = '\"receipt\"'";
    assert!(db.query_row(with, [], |row| row.get::<_, i64>(0)).unwrap() > 0, "the receiver signs receipts");
}

/// The spool holds the copies that assets name, and nothing that a killed `add` left, once its grace is over.
pub(crate) async fn spool_is_tidy(outbox: &Outbox, to: &str) -> usize {
    let spool = outbox.0.join("spool");
    let lying = || -> BTreeSet<String> {
        let names = fs::read_dir(&spool).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name != "lock").collect()
    };
    let named: BTreeSet<String> = {
        let db = Connection::open(outbox.0.join("outbox.db")).unwrap();
        let mut query = db.prepare("SELECT spool FROM part WHERE spool IS NOT NULL").unwrap();
        let names = query.query_map([], |row| row.get(0)).unwrap();
        names.map(Result::unwrap).collect()
    };
    let before = lying();
    assert!(named.is_subset(&before), "a copy is missing");
    for name in &before {
        let file = File::options().write(true).open(spool.join(name)).unwrap();
        let changed = file.metadata().unwrap().modified().unwrap();
        file.set_modified(changed - PAST_GRACE).unwrap();
    }
    let sync = command::run(outbox.sync(to, 60), None).await;
    assert_eq!(sync.code(), Some(0), "{}", sync.told());
    assert_eq!(lying(), named, "what nobody names is swept, and nothing else");
    before.len() - named.len()
}
