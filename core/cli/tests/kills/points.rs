//! Ends by plan: at every place between two durable writes, one after the other.
//!
//! `SATCHEL_ABORT_AT=n` ends the command at the n-th such place (see the engine's `crash` module).

use std::path::Path;
use std::process::Command;

use satchel_testkit::Chance;

use crate::camera::Camera;
use crate::command::{self, Run};
use crate::foreign::outbox::Outbox;
use crate::place::Place;
use crate::proof;

/// No command passes so many crash points with two photos.
const MOST: u64 = 400;

/// Which of the two commands ends early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doomed {
    Add,
    Sync,
}

/// Every crash point of `add`, of files with copies and of a folder without; then every one of `sync`.
pub(crate) async fn try_all(home: &Path, place: &Place) {
    let files = try_each(home, place, Doomed::Add, true).await;
    let folder = try_each(home, place, Doomed::Add, false).await;
    let sync = try_each(home, place, Doomed::Sync, false).await;
    println!("crash points: {files} in add of files, {folder} in add of a folder, {sync} in sync");
    // A hook that does nothing does not pass: each has a journal to write and rows to commit.
    assert!(files >= 10 && folder >= 5 && sync >= 20, "too few crash points: {files}, {folder}, {sync}");
}

/// Tries the first, the second, … crash point until the command comes through. Says how many there were.
async fn try_each(home: &Path, place: &Place, doomed: Doomed, copy: bool) -> u64 {
    for at in 1..MOST {
        let folder = home.join(format!("{doomed:?} {copy} {at}"));
        if !try_one(&folder, place, doomed, copy, at).await {
            return at - 1;
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
    panic!("{doomed:?} does not come through");
}

/// A new outbox; the command ends at this crash point, and is run again. False when there was no such crash point.
async fn try_one(folder: &Path, place: &Place, doomed: Doomed, copy: bool, at: u64) -> bool {
    let outbox = Outbox(folder.join("outbox"));
    let to = place.introduce(&outbox, place.addr());
    let mut camera = Camera::new(folder.join("cards"));
    let adding = camera.pair(&mut Chance::new(at << 2 | u64::from(copy) << 1 | u64::from(doomed == Doomed::Add)), copy);
    let sync = || outbox.sync(&to, 60);
    let mut crashed = None;
    if doomed == Doomed::Add {
        let run = at_point(adding.command(&outbox.0), at).await;
        camera.note(&adding, &run.said(), !run.crashed());
        crashed = Some(run);
        proof::check_database(&outbox.0);
    }
    let run = command::run(adding.command(&outbox.0), None).await;
    assert_eq!(run.code(), Some(0), "{crashed:?}\n{}", run.told());
    camera.note(&adding, &run.said(), true);
    if doomed == Doomed::Sync {
        crashed = Some(at_point(sync(), at).await);
        proof::check_database(&outbox.0);
    }
    let crashed = crashed.unwrap();
    let run = command::run(sync(), None).await;
    // A failure below shows where it ended.
    println!("{doomed:?}, copy: {copy}, {at}: {}", crashed.told().lines().last().unwrap_or_default());
    assert_eq!(run.code(), Some(0), "{}\n{}", crashed.told(), run.told());
    proof::all_is_there(place, &outbox, &to, &camera).await;
    camera.assert_untouched();
    crashed.crashed()
}

/// An `add` ends at each crash point while another process has the outbox open, which then goes on and commits. What the
/// first one left in the journal alone must not be forgotten by that: told again one day, it would be a second asset.
pub(crate) async fn try_beside_another(home: &Path) {
    for at in 1..MOST {
        let folder = home.join(format!("beside {at}"));
        let outbox = Outbox(folder.join("outbox"));
        let mut camera = Camera::new(folder.join("cards"));
        let (ours, others) = (camera.pair(&mut Chance::new(at), false), camera.pair(&mut Chance::new(at << 32), false));
        let other = satchel::Outbox::open(satchel::Config::new(&outbox.0)).await.unwrap();
        let crashed = at_point(ours.command(&outbox.0), at).await;
        for n in &others.shots {
            other.add(&camera.shots[*n].photo.path, &satchel::AddOptions::default()).await.unwrap();
        }
        drop(other);
        let run = command::run(ours.command(&outbox.0), None).await;
        assert_eq!(run.code(), Some(0), "{}\n{}", crashed.told(), run.told());
        without_database(&outbox.0).await;
        let paths: Vec<String> = outbox.status().iter().map(|asset| asset["path"].to_string()).collect();
        assert_eq!(paths.len(), camera.shots.len(), "{}\n{paths:#?}", crashed.told());
        if !crashed.crashed() {
            assert!(at > 5, "too few crash points");
            return;
        }
    }
    panic!("add does not come through");
}

/// Takes the database away, so that the next command makes it from the journal, once nobody has it open.
async fn without_database(outbox: &Path) {
    let lock = std::fs::File::open(outbox.join("open.lock")).unwrap();
    tokio::task::spawn_blocking(move || lock.lock().unwrap()).await.unwrap();
    for file in ["outbox.db", "outbox.db-wal", "outbox.db-shm"] {
        let _ = std::fs::remove_file(outbox.join(file));
    }
}

async fn at_point(mut command: Command, at: u64) -> Run {
    let run = command::run(
        {
            command.env("SATCHEL_ABORT_AT", at.to_string());
            command
        },
        None,
    )
    .await;
    assert!(run.crashed() || run.code() == Some(0), "{}", run.told());
    run
}
