//! The boundary as a host meets it: what its own methods do wrong, closing, cancelling, observers.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use satchel::runtime;
use satchel_ffi::{
    AddOptions, CancelToken, Change, Config, Credentials, Link, Motion, Observer, PostEdit, RunOptions, Satchel,
    SatchelError,
};
use satchel_receiver::Receiver;
use satchel_testkit::link::{Conditions, Simulator};
use tempfile::TempDir;

fn config(folder: &TempDir) -> Config {
    Config {
        folder: folder.path().join("outbox").to_string_lossy().into_owned(),
        policy: Some(satchel_ffi::policy_over_any_link()),
        extra_roots: vec![],
        connect_timeout_ms: None,
    }
}

fn wifi() -> Link {
    satchel::Link::wifi().into()
}

fn plain() -> AddOptions {
    AddOptions { post: PostEdit::default(), urgent: false, album: None, copy: false, motion: None }
}

fn until_done() -> RunOptions {
    RunOptions { deadline_ms: None, linger_ms: 0, targets: None }
}

fn photo(folder: &TempDir, name: &str, bytes: usize) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, vec![7; bytes]).unwrap();
    path.to_string_lossy().into_owned()
}

fn on<T>(work: impl Future<Output = T>) -> T {
    runtime::handle().block_on(async { tokio::time::timeout(Duration::from_secs(60), work).await.unwrap() })
}

async fn paired(folder: &TempDir, outbox: &Satchel) -> (Receiver, Simulator) {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let receiver = Receiver::start(satchel_receiver::Config::new(any, folder.path().join("store"))).await.unwrap();
    let link = Simulator::start(any, receiver.addr(), 1).unwrap();
    let mut code = receiver.pairing_code();
    code.port = link.addr().port();
    outbox.pair(code.to_string(), "a phone".into(), None).await.unwrap();
    (receiver, link)
}

/// A vault that can be told to fail.
#[derive(Default)]
struct Vault {
    kept: Mutex<Option<String>>,
    broken: AtomicBool,
}

impl Credentials for Vault {
    fn load(&self, _target: String) -> Result<Option<String>, SatchelError> {
        self.fine().map(|()| self.kept.lock().unwrap().clone())
    }
    fn store(&self, _target: String, token: String) -> Result<(), SatchelError> {
        self.fine().map(|()| *self.kept.lock().unwrap() = Some(token))
    }
    fn refresh(&self, _target: String, _refused: Option<String>) -> Result<Option<String>, SatchelError> {
        self.fine().map(|()| None)
    }
}

impl Vault {
    fn fine(&self) -> Result<(), SatchelError> {
        let broken = self.broken.load(Ordering::SeqCst);
        if broken { Err(SatchelError::Host { words: "the vault is locked".into() }) } else { Ok(()) }
    }
}

#[test]
fn a_hosts_failure_is_an_error_and_the_outbox_is_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    on(async {
        let vault = Arc::new(Vault::default());
        let outbox = Satchel::open(config(&folder), Some(vault.clone()), None, None).await.unwrap();
        let (receiver, _link) = paired(&folder, &outbox).await;
        outbox.add(photo(&folder, "a.jpg", 40_000), plain()).await.unwrap();
        outbox.close();
        drop(outbox);

        vault.broken.store(true, Ordering::SeqCst);
        let error = Satchel::open(config(&folder), Some(vault.clone()), None, None).await.err().unwrap();
        assert!(matches!(error, SatchelError::Host { .. }), "{error:?}");
        vault.broken.store(false, Ordering::SeqCst);
        let outbox = Satchel::open(config(&folder), Some(vault), None, None).await.unwrap();
        outbox.set_link(wifi()).unwrap();
        let report = outbox.run(until_done(), CancelToken::new()).await.unwrap();
        assert_eq!(report.counts.delivered, 1);
        assert_eq!(receiver.completed_uploads().await.unwrap().len(), 1);
    });
}

#[test]
fn a_motion_that_no_stage_has_is_refused_and_nothing_is_added() {
    let folder = tempfile::tempdir().unwrap();
    on(async {
        let outbox = Satchel::open(config(&folder), None, None, None).await.unwrap();
        let motion = Some(Motion::Staged { stage: "none".into(), name: "a.mov".into() });
        let options = AddOptions { motion: motion.clone(), ..plain() };
        let added = outbox.add(photo(&folder, "a.jpg", 1_000), options).await.unwrap_err();
        let stage = outbox.stage().await.unwrap();
        std::fs::write(&stage.path, [7; 1_000]).unwrap();
        let committed =
            outbox.commit(stage.id, "b.jpg".into(), PostEdit::default(), false, None, motion).await.unwrap_err();
        for refused in [added, committed] {
            assert!(matches!(refused, SatchelError::Invalid { .. }), "{refused:?}");
        }
        assert!(outbox.list(None, 10).await.unwrap().is_empty());
    });
}

#[test]
fn what_was_closed_says_so_and_a_run_under_way_ends() {
    let folder = tempfile::tempdir().unwrap();
    on(async {
        let outbox = Satchel::open(config(&folder), None, None, None).await.unwrap();
        let (receiver, link) = paired(&folder, &outbox).await;
        outbox.add(photo(&folder, "a.jpg", 3_000_000), plain()).await.unwrap();
        link.set(Conditions::hole());
        outbox.set_link(wifi()).unwrap();
        let (running, ended) = (outbox.clone(), CancelToken::new());
        let run = runtime::spawn(async move { running.run(until_done(), ended).await });
        while outbox.list(None, 1).await.unwrap()[0].hash.is_none() {
            tokio::task::yield_now().await;
        }
        outbox.close();
        assert!(run.await.unwrap().unwrap().stopped);
        let error = outbox.counts().await.unwrap_err();
        assert!(matches!(error, SatchelError::Closed { .. }), "{error:?}");
        assert_eq!(receiver.completed_uploads().await.unwrap().len(), 0);
    });
}

#[test]
fn a_run_that_is_cancelled_goes_on_next_time() {
    let folder = tempfile::tempdir().unwrap();
    on(async {
        let outbox = Satchel::open(config(&folder), None, None, None).await.unwrap();
        let (receiver, link) = paired(&folder, &outbox).await;
        outbox.add(photo(&folder, "a.jpg", 2_000_000), plain()).await.unwrap();
        link.set(Conditions::three_g());
        outbox.set_link(wifi()).unwrap();
        let (running, cancel) = (outbox.clone(), CancelToken::new());
        let stop = cancel.clone();
        let run = runtime::spawn(async move { running.run(until_done(), stop).await });
        while link.stats().forwarded_up < 100_000 {
            tokio::task::yield_now().await;
        }
        cancel.cancel();
        assert!(run.await.unwrap().unwrap().stopped);
        link.set(Conditions::open());
        let report = outbox.run(until_done(), CancelToken::new()).await.unwrap();
        assert_eq!((report.counts.delivered, report.stopped), (1, false));
        assert_eq!(receiver.completed_uploads().await.unwrap().len(), 1);
    });
}

/// Keeps what it is told, and fails every time.
#[derive(Default)]
struct Ear {
    told: Mutex<Vec<Vec<Change>>>,
}

impl Observer for Ear {
    fn changed(&self, changes: Vec<Change>) -> Result<(), SatchelError> {
        self.told.lock().unwrap().push(changes);
        Err(SatchelError::Host { words: "deaf".into() })
    }
}

#[test]
fn an_observer_that_fails_is_told_on_and_after_its_close_nothing() {
    let folder = tempfile::tempdir().unwrap();
    on(async {
        let outbox = Satchel::open(config(&folder), None, None, None).await.unwrap();
        let ear = Arc::new(Ear::default());
        let observation = outbox.observe(ear.clone()).unwrap();
        for n in 0..200 {
            outbox.add(photo(&folder, &format!("{n}.jpg"), 100 + n), plain()).await.unwrap();
        }
        let heard = || ear.told.lock().unwrap().len();
        while heard() < 2 {
            outbox.try_now().await.unwrap();
            tokio::task::yield_now().await;
        }
        // 200 adds are 200 changes; of what concerns the list as a whole the last word is enough.
        assert!(ear.told.lock().unwrap().iter().all(|call| call.len() == 1), "{:?}", ear.told.lock().unwrap());
        observation.close();
        let before = heard();
        outbox.add(photo(&folder, "last.jpg", 99), plain()).await.unwrap();
        // Another one hears of it, so the first could have.
        let other = Arc::new(Ear::default());
        let _observation = outbox.observe(other.clone()).unwrap();
        while other.told.lock().unwrap().is_empty() {
            outbox.try_now().await.unwrap();
            tokio::task::yield_now().await;
        }
        // One call may have been under way.
        assert!(heard() <= before + 1);
    });
}
