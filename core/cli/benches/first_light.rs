//! What Satchel costs: memory, hashing, enqueueing. Run by `cargo xtask bench`.
//!
//! Everything that is a speed is printed as a ratio to something measured in the same run, because machines differ and
//! are noisy. Nothing here is asserted. `SATCHEL_BENCH_ASSETS` (100,000) and `SATCHEL_BENCH_BYTES` (2 GB) make it smaller.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark measures time, and may fail loudly"
)]

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

fn main() {
    // `cargo test --benches` only asks whether it starts.
    if std::env::args().any(|arg| arg == "--test" || arg == "--list") {
        return;
    }
    let scratch = tempfile::tempdir().unwrap();
    let folder = scratch.path();
    println!("{:<58} {:>14}", "what", "figure");
    hashing(folder);
    let photos = many(folder);
    enqueueing(folder, &photos);
    memory_of_one_large(folder);
    memory_of_many(folder, &photos);
}

fn row(what: &str, figure: impl std::fmt::Display) {
    println!("{what:<58} {figure:>14}");
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

/// Reads a file with the engine's fingerprint and with `sha1sum`, three times each; the best counts.
fn hashing(folder: &Path) {
    let file = folder.join("hash.bin");
    let mut out = File::create(&file).unwrap();
    let mut block = vec![0_u8; 1 << 20];
    for n in 0_u64..256 {
        block.iter_mut().enumerate().for_each(|(i, b)| *b = (i as u64 * 31 + n) as u8);
        out.write_all(&block).unwrap();
    }
    drop(out);
    let best = |work: &dyn Fn()| {
        let once = |_| {
            let start = Instant::now();
            work();
            start.elapsed()
        };
        (0..3).map(once).min().unwrap()
    };
    let ours = best(&|| {
        satchel::fingerprint::fingerprint(&file, &|| false, &mut |_| {}).unwrap().unwrap();
    });
    let rate = 256.0 * 1.048_576 / ours.as_secs_f64();
    row("fingerprint of 268 MB, warm", format!("{rate:.0} MB/s"));
    let there = Command::new("sha1sum").arg("--version").output().is_ok_and(|o| o.status.success());
    if there {
        let theirs = best(&|| {
            assert!(Command::new("sha1sum").arg(&file).output().unwrap().status.success());
        });
        row("  as a multiple of sha1sum's", format!("{:.1} x", theirs.as_secs_f64() / ours.as_secs_f64()));
    }
    fs::remove_file(file).unwrap();
}

/// A folder of many small distinct photos, a thousand to a subfolder.
fn many(folder: &Path) -> PathBuf {
    let photos = folder.join("photos");
    for n in 0..setting("SATCHEL_BENCH_ASSETS", 100_000) {
        let below = photos.join(format!("{:03}DCIM", n / 1000));
        if n % 1000 == 0 {
            fs::create_dir_all(&below).unwrap();
        }
        let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE0];
        bytes.extend_from_slice(&n.to_le_bytes());
        bytes.resize(200, n as u8);
        fs::write(below.join(format!("IMG_{n:06}.JPG")), bytes).unwrap();
    }
    photos
}

fn enqueueing(folder: &Path, photos: &Path) {
    let assets = setting("SATCHEL_BENCH_ASSETS", 100_000);
    let outbox = folder.join("many");
    let (added, first) = timed(satchel(&outbox, "add").arg(photos));
    assert!(added, "add failed");
    row(&format!("add a folder of {assets} files"), format!("{:.1} s", first.elapsed.as_secs_f64()));
    row("  files a second", format!("{:.0}", assets as f64 / first.elapsed.as_secs_f64()));
    let bare = bare_inserts(folder, assets);
    row(
        "  time as a multiple of bare rusqlite inserts",
        format!("{:.1} x", first.elapsed.as_secs_f64() / bare.as_secs_f64()),
    );
    row("  peak memory", mb(first.peak));
    let (_, again) = timed(satchel(&outbox, "add").arg(photos));
    row("add the same folder again, unchanged", format!("{:.1} s", again.elapsed.as_secs_f64()));
    row(
        "  time as a multiple of the first",
        format!("{:.2} x", again.elapsed.as_secs_f64() / first.elapsed.as_secs_f64()),
    );
    row(
        "  bytes read in all, the database included",
        again.read_chars.map_or("unknown".into(), |n| format!("{:.1} MB", n as f64 / 1e6)),
    );
    let (_, opened) = timed(&mut satchel(&outbox, "pause"));
    row("open the outbox, check it, commit once", format!("{:.2} s", opened.elapsed.as_secs_f64()));
    assert!(timed(satchel(&outbox, "pause").arg("--off")).0);
}

/// The least that a durable queue could do: one row of the same size, 256 to a commit, WAL and FULL.
fn bare_inserts(folder: &Path, rows: u64) -> Duration {
    let mut conn = rusqlite::Connection::open(folder.join("bare.db")).unwrap();
    conn.pragma_update(None, "journal_mode", "WAL").unwrap();
    conn.pragma_update(None, "synchronous", "FULL").unwrap();
    conn.execute("CREATE TABLE asset (id BLOB NOT NULL UNIQUE, path BLOB NOT NULL, added INTEGER NOT NULL)", [])
        .unwrap();
    let start = Instant::now();
    for batch in 0..rows.div_ceil(256) {
        let tx = conn.transaction().unwrap();
        for n in batch * 256..((batch + 1) * 256).min(rows) {
            let id = blake3::hash(&n.to_le_bytes());
            let path = format!("{}/photos/{:03}DCIM/IMG_{n:06}.JPG", folder.display(), n / 1000);
            tx.prepare_cached("INSERT INTO asset VALUES (?1, ?2, ?3)")
                .unwrap()
                .execute(rusqlite::params![&id.as_bytes()[..16], path.as_bytes(), n as i64])
                .unwrap();
        }
        tx.commit().unwrap();
    }
    start.elapsed()
}

fn memory_of_one_large(folder: &Path) {
    let bytes = setting("SATCHEL_BENCH_BYTES", 2_000_000_000);
    let file = folder.join("large.mov");
    File::create(&file).unwrap().set_len(bytes).unwrap();
    let server = Server::start(&folder.join("store-large"));
    let outbox = folder.join("large");
    assert!(timed(satchel(&outbox, "add").arg(&file)).0);
    server.pair(&outbox);
    let (done, sync) = timed(&mut satchel(&outbox, "sync"));
    row(
        &format!("sync of one file of {} MB over TLS", bytes / 1_000_000),
        format!("{:.1} s", sync.elapsed.as_secs_f64()),
    );
    row("  all delivered", done);
    row("  peak memory (goal: under 48 MB)", mb(sync.peak));
    drop(server);
    let _ = fs::remove_dir_all(folder.join("store-large"));
}

fn memory_of_many(folder: &Path, _photos: &Path) {
    let assets = setting("SATCHEL_BENCH_ASSETS", 100_000);
    let server = Server::start(&folder.join("store-many"));
    let outbox = folder.join("many");
    server.pair(&outbox);
    let (done, sync) = timed(&mut satchel(&outbox, "sync"));
    row(&format!("sync of {assets} assets with their posts over TLS"), format!("{:.0} s", sync.elapsed.as_secs_f64()));
    row("  assets a second", format!("{:.0}", assets as f64 / sync.elapsed.as_secs_f64()));
    row("  all delivered", done);
    row("  peak memory (goal: under 48 MB)", mb(sync.peak));
}

fn mb(bytes: Option<u64>) -> String {
    bytes.map_or("unknown".into(), |b| format!("{:.1} MB", b as f64 / 1e6))
}

fn satchel(outbox: &Path, command: &str) -> Command {
    let mut satchel = Command::new(env!("CARGO_BIN_EXE_satchel"));
    satchel.arg(command).arg("--outbox").arg(outbox).arg("--json").stdout(Stdio::null()).stderr(Stdio::null());
    satchel
}

struct Cost {
    elapsed: Duration,
    /// Peak resident set, in bytes, where the system tells.
    peak: Option<u64>,
    /// Bytes asked for by read calls, where the system tells.
    read_chars: Option<u64>,
}

/// Runs a command and watches it: Linux keeps its peak until it is reaped.
fn timed(command: &mut Command) -> (bool, Cost) {
    let start = Instant::now();
    let mut child = command.spawn().unwrap();
    let (mut peak, mut read_chars) = (None, None);
    let status = loop {
        let of = |file: &str, name: &str| {
            let text = fs::read_to_string(format!("/proc/{}/{file}", child.id())).ok()?;
            let line = text.lines().find_map(|l| l.strip_prefix(name))?.trim_start_matches(':').trim();
            line.split_whitespace().next()?.parse::<u64>().ok()
        };
        peak = of("status", "VmHWM").map(|kb| kb * 1024).or(peak);
        read_chars = of("io", "rchar").or(read_chars);
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    (status.success(), Cost { elapsed: start.elapsed(), peak, read_chars })
}

/// A receiver in a process of its own.
struct Server {
    child: Child,
    code: String,
}

impl Server {
    fn start(store: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_satchel"))
            .args(["serve", "--json", "--listen", "127.0.0.1:0", "--store"])
            .arg(store)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        std::thread::spawn(move || out.lines().for_each(drop));
        let said: Value = serde_json::from_str(&line).unwrap();
        Self { child, code: said["pairing"].as_str().unwrap().to_owned() }
    }

    fn pair(&self, outbox: &Path) {
        assert!(satchel(outbox, "pair").arg(&self.code).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
