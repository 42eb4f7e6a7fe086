//! `satchel add` and `satchel sync` are killed again and again, and nothing is lost, doubled or touched (law 1).
//!
//! By chance: 150 rounds at each kind of server, with the link cut and replies lost in between. `SATCHEL_KILL_ROUNDS=2000`
//! makes it longer, `SATCHEL_KILL_SEED=7` makes it another story; what failed says both. By plan: a process that ends at
//! the first place between two durable writes, at the second, at the third, until there is none left.
//!
//! Signals make a kill, so these run where there are signals.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

#[path = "kills/camera.rs"]
mod camera;
#[path = "kills/command.rs"]
mod command;
mod foreign;
#[path = "kills/place.rs"]
mod place;
#[cfg(debug_assertions)]
#[path = "kills/points.rs"]
mod points;
#[path = "kills/proof.rs"]
mod proof;
#[path = "kills/rounds.rs"]
mod rounds;

use place::Place;

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn kills_at_random_instants_do_no_harm_at_the_receiver() {
    let home = tempfile::tempdir().unwrap();
    let place = Place::receiver(&home.path().join("server")).await;
    rounds::play(home.path(), place).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "foreign: node"]
async fn kills_at_random_instants_do_no_harm_at_tus_node_server() {
    let home = tempfile::tempdir().unwrap();
    let place = Place::tus_node(&home.path().join("server"));
    rounds::play(home.path(), place).await;
}

/// Cards have the same names on them: what was copied from the last one says nothing of the next.
#[test]
fn the_next_card_in_its_place_holds_other_photos() {
    let home = tempfile::tempdir().unwrap();
    let outbox = foreign::outbox::Outbox(home.path().join("outbox"));
    for card in ["first", "second"] {
        let photo = foreign::outbox::photo(home.path(), "IMG_0001.JPG", 10_000, card);
        // Again, it is the same photo.
        for _ in 0..2 {
            outbox.add(&["--copy"], &[&photo.path]);
        }
        std::fs::remove_file(&photo.path).unwrap();
    }
    assert_eq!(outbox.status().len(), 2);
}

#[cfg(debug_assertions)]
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_a_killed_add_left_is_not_forgotten_by_another_process() {
    let home = tempfile::tempdir().unwrap();
    points::try_beside_another(home.path()).await;
}

#[cfg(debug_assertions)]
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn an_end_at_any_crash_point_does_no_harm_at_the_receiver() {
    let home = tempfile::tempdir().unwrap();
    let place = Place::receiver(&home.path().join("server")).await;
    points::try_all(home.path(), &place).await;
}

#[cfg(debug_assertions)]
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "foreign: node"]
async fn an_end_at_any_crash_point_does_no_harm_at_tus_node_server() {
    let home = tempfile::tempdir().unwrap();
    let place = Place::tus_node(&home.path().join("server"));
    points::try_all(home.path(), &place).await;
}
