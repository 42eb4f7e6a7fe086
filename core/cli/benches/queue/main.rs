//! What a million assets in the outbox cost more than a thousand: planning, a page of the list with its reasons, the counts,
//! memory. Run by `cargo xtask bench queue`.
//!
//! Each outbox is filled by a process of its own and measured by another, so that the peak of memory is that of planning
//! and listing. `SATCHEL_BENCH_QUEUE` (1,000,000) makes the larger one smaller.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark measures time, and may fail loudly"
)]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use satchel::kernel::protocol::keys::SigningKey;
use satchel::kernel::protocol::pairing::PairReply;
use satchel::pairing::Paired;
use satchel::{Config, Filter, Link, Outbox, Policy, RunOptions};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

const FEW: u64 = 1_000;
/// The bounded lists of a snapshot are full, and the database no longer fits into its cache.
const SOME: u64 = 30_000;
const MANY: u64 = 1_000_000;
/// Each is measured so often; the median counts.
const TIMES: usize = 101;
/// And each outbox by so many processes.
const ROUNDS: usize = 3;
/// Assets of a page.
const PAGE: u32 = 100;
/// What is flat: a million take no more than so many times what thirty thousand take, with which all that is bounded is full.
const FLAT: f64 = 3.0;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    // `cargo test --benches` only asks whether it starts.
    if arguments.iter().any(|arg| arg == "--test" || arg == "--list") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let after = |name: &str| arguments.iter().skip_while(|arg| *arg != name).nth(1);
    if let (Some(folder), Some(count)) = (after("--fill"), after("--assets")) {
        runtime.block_on(fill(Path::new(folder), count.parse().unwrap()));
    } else if let Some(folder) = after("--measure") {
        println!("{}", runtime.block_on(measure(Path::new(folder))));
    } else {
        std::process::exit(i32::from(!compare()));
    }
}

async fn open(folder: &Path) -> Outbox {
    let policy = Some(Policy::over_any_link());
    let outbox = Outbox::open(Config { policy, ..Config::new(folder) }).await.unwrap();
    outbox.set_link(Link::wifi());
    outbox
}

async fn fill(folder: &Path, count: u64) {
    let outbox = open(folder).await;
    let reply = PairReply {
        server: "desk".into(),
        account: "ana".into(),
        device: "phone".into(),
        token: "token".into(),
        key: SigningKey { id: "k1".into(), public: "AAAA".into() },
    };
    let paired = Paired { url: "https://desk.example/".parse().unwrap(), pin: "pin".into(), reply };
    outbox.set_receiver(&paired).await.unwrap();
    satchel::bench::fill(&outbox, count).await.unwrap();
}

async fn measure(folder: &Path) -> Value {
    let begun = Instant::now();
    let outbox = open(folder).await;
    let opened = begun.elapsed();
    // The process before this one left it paused.
    outbox.pause(false).await.unwrap();
    let newest = page(&outbox, None).await;
    let middle = newest / 2;
    let (mut plans, mut wakes, mut pages, mut deep, mut counts) = (vec![], vec![], vec![], vec![], vec![]);
    for n in 0..TIMES {
        let begun = Instant::now();
        assert!(satchel::bench::plan_once(&outbox).await.unwrap() > 0);
        plans.push(begun.elapsed());
        let begun = Instant::now();
        page(&outbox, None).await;
        pages.push(begun.elapsed());
        let begun = Instant::now();
        // Another one each time, as when somebody scrolls.
        page(&outbox, Some(middle - (n as i64 * 7_919) % (middle / 2))).await;
        deep.push(begun.elapsed());
        let begun = Instant::now();
        assert!(outbox.counts().await.unwrap().waiting() > 0);
        counts.push(begun.elapsed());
    }
    // By itself: it goes over all that rests, and what the others keep at hand would be pushed out.
    for _ in 0..TIMES {
        let begun = Instant::now();
        satchel::bench::wake_once(&outbox).await.unwrap();
        wakes.push(begun.elapsed());
    }
    // A run begins with some tidying, and ends with a report: nothing else is allowed to it.
    outbox.pause(true).await.unwrap();
    let begun = Instant::now();
    outbox.run(RunOptions { linger: Duration::ZERO, ..RunOptions::default() }, CancellationToken::new()).await.unwrap();
    let run = begun.elapsed();
    let median = |times: &mut Vec<Duration>| {
        times.sort();
        times[times.len() / 2].as_micros() as u64
    };
    json!({
        "opened": opened.as_micros() as u64, "plan": median(&mut plans), "wake": median(&mut wakes), "page": median(&mut pages),
        "deep": median(&mut deep), "counts": median(&mut counts), "peak": peak(), "run": run.as_micros() as u64,
    })
}

/// Reads a page with its states and reasons; the newest asset's place in the order.
async fn page(outbox: &Outbox, before: Option<i64>) -> i64 {
    let page = outbox.list(Filter { before, limit: PAGE }).await.unwrap();
    assert_eq!(page.len(), PAGE as usize);
    page[0].seq
}

/// The most bytes that this process held, where the system tells.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kb| kb * 1024)
}

fn compare() -> bool {
    let many = std::env::var("SATCHEL_BENCH_QUEUE").ok().and_then(|n| n.parse().ok()).unwrap_or(MANY);
    let scratch = tempfile::tempdir().unwrap();
    let myself = std::env::current_exe().unwrap();
    let folder = |count: u64| scratch.path().join(count.to_string());
    for count in [FEW, SOME, many] {
        let begun = Instant::now();
        let mut fill = Command::new(&myself);
        fill.arg("--fill").arg(folder(count)).arg("--assets").arg(count.to_string());
        assert!(fill.status().unwrap().success());
        let bytes = std::fs::metadata(folder(count).join("outbox.db")).unwrap().len();
        println!("{count} assets: filled in {:.0} s, {:.0} MB", begun.elapsed().as_secs_f64(), bytes as f64 / 1e6);
    }
    let measured = |count: u64| -> Value {
        let told = Command::new(&myself).arg("--measure").arg(folder(count)).output().unwrap();
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        serde_json::from_slice(&told.stdout).unwrap()
    };
    // In turns, so that other load on the machine meets both; the least counts.
    let sizes = [FEW, SOME, many];
    let mut figures = sizes.map(measured);
    for _ in 1..ROUNDS {
        for (least, count) in figures.iter_mut().zip(sizes) {
            for (name, value) in measured(count).as_object().unwrap() {
                if value.as_f64() < least[name].as_f64() {
                    least[name] = value.clone();
                }
            }
        }
    }
    println!("{:<50} {FEW:>9} {SOME:>9} {many:>9}      to {FEW:>7}  to {SOME:>7}", "");
    let mut flat = true;
    for (what, name, scale, bound) in [
        ("loading the snapshot and planning, ms", "plan", 1e3, true),
        ("waking what rested (4 of 100), before that, ms", "wake", 1e3, true),
        ("the newest page of 100 assets with reasons, ms", "page", 1e3, true),
        ("a page of 100 assets somewhere, ms", "deep", 1e3, true),
        ("counts, ms", "counts", 1e3, true),
        ("the most memory, MB", "peak", 1e6, true),
        ("a run of a paused outbox, begun and ended, ms", "run", 1e3, false),
        ("opening the outbox, with the check for damage, ms", "opened", 1e3, false),
    ] {
        let [few, some, more] = [0, 1, 2].map(|n: usize| figures[n][name].as_f64().map_or(f64::NAN, |v| v / scale));
        let grown = bound && more / some > FLAT;
        flat &= !grown;
        let said = if grown { "  not flat" } else { "" };
        println!("{what:<50} {few:>9.2} {some:>9.2} {more:>9.2}   {:>9.2} x {:>9.2} x{said}", more / few, more / some);
    }
    println!(
        "the least of {ROUNDS} medians of {TIMES}; memory is that of a process that opens the outbox, plans and lists"
    );
    flat
}
