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

/// `add` of files with copies and of a folder without, and `sync` after each; every crash point of each.
pub(crate) async fn try_all(home: &Path, place: &Place) {
    for copy in [true, false] {
        let adds = try_each(home, place, Doomed::Add, copy).await;
        let syncs = try_each(home, place, Doomed::Sync, copy).await;
        println!("copy: {copy}: {adds} crash points in add, {syncs} in sync");
        // So that a hook that does nothing does not pass: opening, the journal and the row; and each upload's steps.
        assert!(adds > 5 && syncs > 20, "{adds} crash points in add and {syncs} in sync are too few");
    }
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
    proof::all_is_there(place, &outbox, &camera).await;
    camera.assert_untouched();
    crashed.crashed()
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
