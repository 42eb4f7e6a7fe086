//! What the tests share: photos, outboxes that are quick to give up, and runs that may not hang.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use satchel::kernel::wire::Patience;
use satchel::{AddOptions, AssetId, AssetView, Config, Filter, Link, Outbox, Policy, Report, RunOptions, TargetId};
use satchel_receiver::Receiver;
use satchel_testkit::Chance;
use satchel_testkit::liar::LyingTus;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// Longer than anything here may take, however busy the machine is.
pub(crate) const HANG: Duration = Duration::from_secs(120);

/// A file as a camera might have left it.
#[derive(Debug, Clone)]
pub(crate) struct Photo {
    pub(crate) path: PathBuf,
    /// BLAKE3 of its content, in hexadecimal digits.
    pub(crate) hash: String,
    pub(crate) bytes: Vec<u8>,
}

/// Content that begins as a JPEG does and goes on with noise of its own.
pub(crate) fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; length];
    Chance::new(seed).fill(&mut bytes);
    let start = [0xFF, 0xD8, 0xFF, 0xE0];
    let marked = start.len().min(length);
    bytes[..marked].copy_from_slice(&start[..marked]);
    bytes
}

/// Writes a photo.
pub(crate) fn photo(folder: &Path, name: &str, length: usize, seed: u64) -> Photo {
    let (path, bytes) = (folder.join(name), noise(length, seed));
    fs::write(&path, &bytes).unwrap();
    Photo { path, hash: blake3::hash(&bytes).to_hex().to_string(), bytes }
}

/// Two folders: one of photos, one for the outbox.
pub(crate) struct Place {
    _dir: TempDir,
    pub(crate) photos: PathBuf,
    pub(crate) folder: PathBuf,
}

impl Place {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (photos, folder) = (dir.path().join("photos"), dir.path().join("outbox"));
        fs::create_dir(&photos).unwrap();
        Self { _dir: dir, photos, folder }
    }

    pub(crate) fn photo(&self, name: &str, length: usize, seed: u64) -> Photo {
        photo(&self.photos, name, length, seed)
    }

    /// A configuration that gives up on silence soon.
    pub(crate) fn config(&self) -> Config {
        Config {
            policy: Some(Policy::over_any_link()),
            patience: Patience { stall_ms: 700, reply_ms: 700, reply_per_mib_ms: 100, settle_ms: 150 },
            connect_timeout: Duration::from_secs(2),
            ..Config::new(&self.folder)
        }
    }

    /// One that is as patient as a slow link needs: what both kernels hold takes seconds to arrive.
    pub(crate) fn patient(&self) -> Config {
        Config { patience: Patience::default(), ..self.config() }
    }

    /// The outbox, on Wi-Fi.
    pub(crate) async fn open(&self) -> Outbox {
        open(self.config()).await
    }
}

/// Loses the database of an outbox that was let go of; its threads may need a moment to close it.
pub(crate) fn lose_database(folder: &Path) {
    let open = fs::File::options().write(true).open(folder.join("open.lock")).unwrap();
    open.lock().unwrap();
    for name in ["outbox.db", "outbox.db-wal", "outbox.db-shm"] {
        let _ = fs::remove_file(folder.join(name));
    }
}

/// An outbox on Wi-Fi.
pub(crate) async fn open(config: Config) -> Outbox {
    let outbox = Outbox::open(config).await.unwrap();
    outbox.set_link(Link::wifi());
    outbox
}

/// Sets up a lying server as a target, trusted where it speaks TLS (see [`trusting`]).
pub(crate) async fn aim(outbox: &Outbox, tus: &LyingTus) -> TargetId {
    outbox.set_tus_target(tus.url().parse().unwrap()).await.unwrap()
}

/// The configuration of an outbox that trusts this server.
pub(crate) fn trusting(config: Config, tus: &LyingTus) -> Config {
    let extra_roots = tus.certificate().map(|c| c.pem().to_owned()).into_iter().collect();
    Config { extra_roots, ..config }
}

/// A receiver with a store of its own, and the outbox paired with it.
pub(crate) async fn receiver(store: &Path) -> Receiver {
    let mut config = satchel_receiver::Config::new("127.0.0.1:0".parse().unwrap(), store.to_owned());
    config.plain_http = false;
    Receiver::start(config).await.unwrap()
}

/// Pairs an outbox; `port` is where a proxy in front of the receiver listens.
pub(crate) async fn pair(outbox: &Outbox, receiver: &Receiver, port: Option<u16>) -> TargetId {
    let mut code = receiver.pairing_code();
    code.port = port.unwrap_or(code.port);
    let paired = satchel::pairing::pair(&code, "a test's phone", None).await.unwrap();
    outbox.set_receiver(&paired).await.unwrap()
}

pub(crate) async fn add(outbox: &Outbox, path: &Path) -> AssetId {
    outbox.add(path, &AddOptions::default()).await.unwrap().id()
}

/// A run that waits for nothing that is due later.
pub(crate) fn at_once() -> RunOptions {
    RunOptions { linger: Duration::ZERO, ..RunOptions::default() }
}

/// Runs until nothing is due now.
pub(crate) async fn run(outbox: &Outbox) -> Report {
    within(outbox.run(at_once(), CancellationToken::new())).await.unwrap()
}

/// As a person who starts a sync again and again, until nothing waits.
pub(crate) async fn run_out(outbox: &Outbox) -> Report {
    for _ in 0..40 {
        outbox.try_now().await.unwrap();
        let report = run(outbox).await;
        if report.counts.waiting() == 0 {
            return report;
        }
    }
    panic!("after 40 runs something waits: {:?}", states(outbox).await);
}

/// Panics when it takes longer than anything may.
pub(crate) async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(HANG, work).await.expect("it hangs")
}

/// Every asset, newest first.
pub(crate) async fn all(outbox: &Outbox) -> Vec<AssetView> {
    outbox.list(Filter { before: None, limit: 1000 }).await.unwrap()
}

/// What is said of each, for messages.
pub(crate) async fn states(outbox: &Outbox) -> Vec<String> {
    all(outbox).await.iter().map(|a| format!("{}: {:?}", a.name, a.state)).collect()
}

/// Does the cases side by side, no more at a time than do not starve each other; then tells of all that failed.
pub(crate) async fn side_by_side<F>(cases: impl IntoIterator<Item = F>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut running = tokio::task::JoinSet::new();
    let mut failed = Vec::new();
    let mut cases = cases.into_iter();
    loop {
        while running.len() < 6 {
            let Some(case) = cases.next() else { break };
            running.spawn(case);
        }
        match running.join_next().await {
            None => break,
            Some(Ok(())) => {}
            Some(Err(error)) => failed.push(error.to_string()),
        }
    }
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
}
