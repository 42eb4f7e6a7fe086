//! What it costs to ask blocked endpoints whether they are open again: bytes, wake-ups of the radio, and how soon traffic flows
//! once a block is lifted. Run by `cargo xtask bench probes`.
//!
//! What one probe takes is measured over real sockets; how many there are in a week of blocks the planner says, in simulated
//! time. The rules that probes are under are checked on the way, and a broken one makes it fail. Nothing is timed, so that it
//! needs no release build, and another machine prints the same numbers but for a few bytes.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may fail loudly")]

mod gate;
mod one;
mod week;
mod worlds;

use satchel::kernel::money::billed;

use one::Measured;
use week::{Cost, Week};
use worlds::World;

/// Each world is played with each of these.
const SEEDS: [u64; 9] = [1, 2, 3, 5, 8, 13, 21, 34, 55];
/// What a probe may take beyond the handshake of TLS, in bytes both ways.
const MOST_BEYOND_TLS: u64 = 1024;
const DAYS: f64 = 7.0;

fn main() {
    // `cargo test --benches` only asks whether it starts.
    if std::env::args().any(|arg| arg == "--test" || arg == "--list") {
        return;
    }
    let mut broken = Vec::new();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let measured = runtime.block_on(one::measure());
    print_one(&measured, &mut broken);
    let costs: Vec<Cost> = measured.iter().filter_map(Measured::cost).collect();
    println!();
    head();
    for world in worlds::all() {
        let weeks: Vec<Week> = SEEDS.iter().map(|seed| week::play(&world, *seed, &costs)).collect();
        row(&world, &weeks);
        for (seed, week) in SEEDS.iter().zip(&weeks) {
            broken.extend(week.broken.iter().map(|what| format!("{}, seed {seed}: {what}", world.name)));
        }
        if !world.may_probe && weeks.iter().any(|week| week.probes > 0) {
            broken.push(format!("{}: a probe went without leave", world.name));
        }
        if world.may_probe && weeks.iter().all(|week| week.probes == 0) {
            broken.push(format!("{}: no probe went at all", world.name));
        }
    }
    println!(
        "\nmeans of {} weeks by as many seeds; every 15 minutes: the same, while blocked and once after",
        SEEDS.len()
    );
    if broken.is_empty() {
        println!("every rule was kept");
        return;
    }
    broken.truncate(20);
    broken.iter().for_each(|what| println!("BROKEN  {what}"));
    std::process::exit(1);
}

fn print_one(measured: &[Measured], broken: &mut Vec<String>) {
    println!(
        "one probe over real sockets, bytes{:>24}{:>10}{:>10}{:>10}{:>8}",
        "sent", "received", "of TLS", "beyond", "billed"
    );
    for one in measured {
        let Measured { what, sent, received, beyond, connections, .. } = one;
        let (all, billed) = (sent + received, billed(*sent, *received, *connections));
        println!("  {what:<50}{sent:>6}{received:>10}{:>10}{beyond:>10}{billed:>8}", all - beyond);
        if *beyond > MOST_BEYOND_TLS && one.of_tls {
            broken.push(format!("a probe of {what} takes {beyond} bytes beyond the handshake"));
        }
        if *connections != 1 {
            broken.push(format!("a probe of {what} takes {connections} connections"));
        }
        if billed > satchel::kernel::health::PROBE_BYTES && one.of_tls {
            broken.push(format!("a probe of {what} costs {billed} bytes, more than it is taken for"));
        }
    }
}

fn head() {
    println!(
        "{:<48}{:>42}{:>11}{:>26}{:>27}",
        "", "probes", "photos'", "after a block, it carries", "every 15 minutes"
    );
    print!("{:<48}", "a week of blocks on mobile data, by an outbox");
    ["number", "bytes", "wake-ups", "of 50 MB/day"]
        .iter()
        .zip([8, 11, 10, 13])
        .for_each(|(of, wide)| print!("{of:>wide$}"));
    println!("{:>11}{:>13}{:>13}{:>14}{:>13}", "tries", "median", "worst", "bytes", "wake-ups");
}

fn row(world: &World, weeks: &[Week]) {
    let mean = |of: &dyn Fn(&Week) -> u64| weeks.iter().map(of).sum::<u64>() as f64 / weeks.len() as f64;
    let (probes, bytes, wakes) = (mean(&|w| w.probes), mean(&|w| w.bytes), mean(&|w| w.wake_ups));
    let (share, tries) = (bytes / DAYS / 50_000_000.0 * 100.0, mean(&|w| w.tries));
    print!("{:<48}{probes:>8.0}{bytes:>11.0}{wakes:>10.0}{share:>12.2}%{tries:>11.0}", world.name);
    let mut delays: Vec<u64> = weeks.iter().flat_map(|week| week.delays_ms.clone()).collect();
    delays.sort_unstable();
    let told = |delay: Option<&u64>| delay.map_or("-".into(), |ms| minutes(*ms));
    print!("{:>13}{:>13}", told(delays.get(delays.len() / 2)), told(delays.last()));
    let (fixed, fixed_wakes) = (mean(&|w| w.fixed_bytes), mean(&|w| w.fixed_probes));
    let times = |fixed: f64, ours: f64| if ours > 0.0 { format!("{:.1} x", fixed / ours) } else { "-".into() };
    println!("{:>14}{:>13}", times(fixed, bytes), times(fixed_wakes, wakes));
}

fn minutes(ms: u64) -> String {
    let seconds = ms / 1000;
    if seconds < 60 { format!("{seconds} s") } else { format!("{} min", (seconds + 30) / 60) }
}
