//! What a hundred photos are worth over a bad link: how soon they can be seen at the receiver. Run by
//! `cargo xtask bench previews`.
//!
//! A link of 300 kbit/s and 600 ms there and back, in real time: `satchel sync` sends to a paired `satchel serve`; beside
//! it, over a link of its own with the same conditions, tus-js-client sends the same photos to @tus/server, one after
//! another, without TLS. What counts is what the servers have, not what the clients say. Then the link becomes fast, and
//! each original must arrive bit for bit.
//!
//! `-- --photos DIR` names a folder of real JPEGs; without it the test kit draws some. `SATCHEL_NODE` and
//! `SATCHEL_NODE_SCRIPTS` are set by xtask.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark measures time, and may fail loudly"
)]

mod desk;
mod others;
mod photos;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use satchel_testkit::link::{Conditions, Simulator};

use desk::{Desk, Sync};
use others::Others;

/// How many photos.
const PHOTOS: usize = 100;
/// Bytes a second, each way: 300 kbit/s.
const RATE: u64 = 37_500;
/// One way.
const LATENCY: Duration = Duration::from_millis(300);
/// How long the link stays bad.
const BAD: Duration = Duration::from_secs(180);
/// How often the receiver is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// When to say how many there are.
const MARKS: [u64; 3] = [10, 60, 180];
/// Longer than the originals may take over a fast link on a busy machine.
const HANG: Duration = Duration::from_secs(400);

fn main() {
    // `cargo test --benches` only asks whether it starts.
    if std::env::args().any(|arg| arg == "--test" || arg == "--list") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let good = runtime.block_on(bench());
    std::process::exit(i32::from(!good));
}

fn row(what: &str, ours: impl std::fmt::Display, theirs: impl std::fmt::Display) {
    println!("{what:<52} {ours:>16} {theirs:>16}");
}

fn given() -> Option<PathBuf> {
    let mut arguments = std::env::args_os().skip_while(|arg| arg != "--photos");
    arguments.nth(1).map(PathBuf::from)
}

async fn bench() -> bool {
    let scratch = tempfile::tempdir().unwrap();
    let made = photos::hundred(given().as_deref(), &scratch.path().join("photos"));
    assert_eq!(made.len(), PHOTOS);
    let bytes: u64 = made.iter().map(|photo| photo.bytes).sum();
    println!(
        "{PHOTOS} photos, {:.0} MB; a link of 300 kbit/s and 600 ms there and back, in real time",
        bytes as f64 / 1e6
    );

    let desk = Desk::start(&scratch.path().join("store")).await;
    let link = Simulator::start("127.0.0.1:0".parse().unwrap(), desk.address, 1).unwrap();
    let outbox = scratch.path().join("outbox");
    desk.pair(&outbox, link.addr().port()).await;
    desk::added(&outbox, &scratch.path().join("photos")).await;
    let bad = Conditions::open().rates(RATE, RATE).latency(LATENCY);
    link.set(bad.clone());
    let before = link.stats();

    let others = Others::start(&scratch.path().join("others"), &scratch.path().join("photos"), bad).await;
    let begun = Instant::now();
    let mut sync = Sync::start(&outbox);
    let mut seen = Vec::new();
    let mut theirs = Vec::new();
    while begun.elapsed() < BAD {
        let viewable = desk.viewable().await;
        seen.resize(viewable.max(seen.len()), begun.elapsed());
        if let Some(others) = &others {
            theirs.resize(others.complete().max(theirs.len()), begun.elapsed());
        }
        tokio::time::sleep(LOOK).await;
    }
    let upward = link.stats().forwarded_up - before.forwarded_up;
    let previews = desk.previews().await;
    drop(others);
    link.set(Conditions::open());
    let fast = Instant::now();
    let ended = tokio::time::timeout(HANG, sync.ended()).await.is_ok_and(|well| well);
    let fast = fast.elapsed();

    row("", "satchel", "tus-js-client");
    row("", "seen (preview)", "whole (original)");
    for mark in MARKS {
        let by = |times: &[Duration]| times.iter().filter(|at| at.as_secs_f64() <= mark as f64).count();
        row(&format!("after {mark} s"), by(&seen), by(&theirs));
    }
    let at =
        |times: &[Duration], n: usize| times.get(n).map_or("not".into(), |at| format!("{:.1} s", at.as_secs_f64()));
    row("the first (goal: within 5 s)", at(&seen, 0), at(&theirs, 0));
    row("all (goal: within 3 minutes)", at(&seen, PHOTOS - 1), at(&theirs, PHOTOS - 1));
    row("bytes upward in these 3 minutes, TLS included", format!("{:.2} MB", upward as f64 / 1e6), "");
    let lengths: u64 = previews.iter().map(|(_, length)| length).sum();
    row("a preview's bytes, on average", lengths / previews.len().max(1) as u64, "");
    let distinct = previews.iter().map(|(hash, _)| hash).collect::<std::collections::BTreeSet<_>>().len();
    row("previews that differ", distinct, "");
    let whole = desk.originals(&made).await;
    row("originals bit for bit, over the fast link", format!("{whole} of {PHOTOS}"), "");
    row("  in", format!("{:.1} s", fast.as_secs_f64()), "");
    if theirs.is_empty() && std::env::var_os("SATCHEL_NODE").is_none() {
        println!("tus-js-client did not run: no Node with its packages (cargo xtask bench previews sets it up)");
    }
    let well = ended && whole == PHOTOS && distinct == PHOTOS;
    let goals = seen.first().is_some_and(|at| at.as_secs() < 5) && seen.len() == PHOTOS;
    println!("{}", if goals { "both goals are met" } else { "a goal is missed" });
    well && goals
}
