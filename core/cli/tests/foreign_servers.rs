//! The command against tus servers that others wrote, over a link that breaks, with kills on both sides.
//!
//! `cargo xtask test` sets the servers up and runs these. They wait for the command on a thread, so the link, which runs
//! in this process, needs others.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod foreign;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use foreign::outbox::{Outbox, Photo, photo};
use foreign::server::{Kind, Server, Whole};
use satchel_testkit::link::{Conditions, Rate, Simulator};
use tokio::process::Command;
use tokio::time::timeout;

/// No step of these tests takes longer on a slow machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// Headers of all requests of one photo, generously.
const HEADERS: u64 = 8 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "foreign: node"]
async fn photos_arrive_at_tus_node_server() {
    photos_arrive(Kind::TusNode).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "foreign: tusd"]
async fn photos_arrive_at_tusd() {
    photos_arrive(Kind::Tusd).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "foreign: rustus"]
async fn photos_arrive_at_rustus() {
    photos_arrive(Kind::Rustus).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "foreign: node"]
async fn kills_and_cuts_do_no_harm_at_tus_node_server() {
    kills_and_cuts_do_no_harm(Kind::TusNode, &Break::ALL).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "foreign: tusd"]
async fn kills_and_cuts_do_no_harm_at_tusd() {
    kills_and_cuts_do_no_harm(Kind::Tusd, &Break::ALL).await;
}

/// rustus 0.5.10 takes what a PATCH brought only when it ends, and lets a second one run beside it. A command that is
/// started again at once, while the killed one's PATCH has not ended there, meets files that are longer than their
/// records say. No client can repair that, so the command is not killed here.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "foreign: rustus"]
async fn cuts_and_server_kills_do_no_harm_at_rustus() {
    kills_and_cuts_do_no_harm(Kind::Rustus, &[Break::Link, Break::Server]).await;
}

/// What breaks.
#[derive(Debug, Clone, Copy)]
enum Break {
    /// kill -9 of the command, and again.
    Command,
    /// All connections are cut.
    Link,
    /// kill -9 of the server, and again.
    Server,
}

impl Break {
    const ALL: [Self; 3] = [Self::Command, Self::Link, Self::Server];
}

/// A folder with a twin: all are delivered, the twin is sent once, and a second sync sends nothing.
async fn photos_arrive(kind: Kind) {
    let home = tempfile::tempdir().unwrap();
    let (server, link) = served(kind, home.path());
    let outbox = Outbox(home.path().join("outbox"));
    let folder = folder(home.path());
    let mut photos: Vec<Photo> = [1, 70_000, 300_000, 1_000_001, 2_500_000]
        .into_iter()
        .enumerate()
        .map(|(n, length)| photo(&folder, &format!("photo {n}.jpg"), length, &format!("photo {n}")))
        .collect();
    let different = whole(&photos);
    photos.push(photo(&folder, "twin.jpg", 300_000, "photo 2"));
    outbox.add(&["--caption", "Market, early", "--tag", "market"], &[&folder]);

    outbox.sync_until_done(&target(link.addr()), 3);
    outbox.assert_all_delivered(&photos);
    assert_eq!(server.whole(), different);
    if let Some(completions) = server.completions() {
        assert_eq!(completions.len(), different.len(), "completed once each: {completions:?}");
    }
    let before = link.stats().forwarded_up;
    let payload: u64 = different.iter().map(|whole| whole.length).sum();
    assert!(before <= payload + HEADERS * different.len() as u64, "{before} bytes went up for {payload}");

    outbox.sync_until_done(&target(link.addr()), 1);
    assert_eq!(server.whole(), different);
    assert!(link.stats().forwarded_up - before <= HEADERS, "a second sync sends no photo again");
}

/// Every few hundred kilobytes something breaks, in turn.
async fn kills_and_cuts_do_no_harm(kind: Kind, breaks: &[Break]) {
    const PHOTOS: u64 = 4;
    const LENGTH: u64 = 1_500_000;
    const BREAKS: u64 = 9;
    let home = tempfile::tempdir().unwrap();
    let (mut server, link) = served(kind, home.path());
    link.set(Conditions { up: Rate::Steady(2_000_000), ..Conditions::open() });
    let outbox = Outbox(home.path().join("outbox"));
    let folder = folder(home.path());
    let name = |n| format!("photo {n}.jpg");
    let photos: Vec<Photo> = (0..PHOTOS).map(|n| photo(&folder, &name(n), LENGTH as usize, &name(n))).collect();
    outbox.add(&[], &[&folder]);

    let mut sync = started(&outbox, link.addr());
    let mut server_kills = 0;
    for round in 1..=BREAKS {
        let mark = round * PHOTOS * LENGTH / (BREAKS + 1);
        // The command may end by itself, when the server was away: then it is started again.
        timeout(PATIENCE, async {
            loop {
                tokio::select! {
                    _ = link.until(|stats| stats.forwarded_up >= mark) => break,
                    ended = sync.wait() => {
                        let code = ended.unwrap().code();
                        assert!(matches!(code, Some(0 | 3)), "sync ended with {code:?}");
                        if code == Some(0) {
                            break;
                        }
                        sync = started(&outbox, link.addr());
                    }
                }
            }
        })
        .await
        .expect("the sync goes on");
        match breaks[(round - 1) as usize % breaks.len()] {
            Break::Command => {
                sync.kill().await.unwrap();
                sync = started(&outbox, link.addr());
            }
            Break::Link => link.cut(),
            Break::Server => {
                server.kill_and_restart();
                server_kills += 1;
            }
        }
    }
    sync.kill().await.unwrap();
    outbox.sync_until_done(&target(link.addr()), 5);

    outbox.assert_all_delivered(&photos);
    assert_eq!(server.whole(), whole(&photos), "each photo is there whole, and once");
    for photo in &photos {
        let bytes = fs::read(&photo.path).unwrap();
        assert_eq!(blake3::hash(&bytes).to_hex().as_str(), photo.hash, "the original is untouched");
    }
    // A server that is killed loses what it had read and not written; these bytes are sent again, and no others.
    let again = link.stats().forwarded_up - PHOTOS * LENGTH;
    let allowed = (BREAKS + PHOTOS + 5) * HEADERS + BREAKS * 128 * 1024 + server_kills * 1024 * 1024;
    assert!(again <= allowed, "{again} bytes went up besides the photos, {allowed} at most");
}

/// The server, and the link in front of it.
fn served(kind: Kind, home: &Path) -> (Server, Simulator) {
    let server = Server::start(kind, &home.join("server"));
    let link = Simulator::start((Ipv4Addr::LOCALHOST, 0).into(), server.addr(), 1).unwrap();
    (server, link)
}

fn folder(home: &Path) -> std::path::PathBuf {
    let folder = home.join("camera");
    fs::create_dir(&folder).unwrap();
    folder
}

fn target(link: SocketAddr) -> String {
    format!("tus+http://{link}/files/")
}

fn started(outbox: &Outbox, link: SocketAddr) -> tokio::process::Child {
    let mut sync = Command::from(outbox.sync(&target(link), 60));
    sync.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap()
}

fn whole(photos: &[Photo]) -> Vec<Whole> {
    let mut whole: Vec<Whole> =
        photos.iter().map(|photo| Whole { hash: photo.hash.clone(), length: photo.length }).collect();
    whole.sort();
    whole
}
