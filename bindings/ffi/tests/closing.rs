//! Closing that waits: nothing of the outbox is under way after it, and nothing of the host's is called.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use satchel::runtime;
use satchel_ffi::{
    AddOptions, CancelToken, Change, Config, LibraryItem, MediaLibrary, Observer, OpenedItem, PostEdit, RunOptions,
    Satchel, SatchelError,
};
use tempfile::TempDir;

fn config(folder: &TempDir) -> Config {
    Config {
        folder: folder.path().join("outbox").to_string_lossy().into_owned(),
        policy: Some(satchel_ffi::policy_over_any_link()),
        extra_roots: vec![],
        connect_timeout_ms: None,
    }
}

fn plain() -> AddOptions {
    AddOptions { post: PostEdit::default(), urgent: false, album: None, copy: false, motion: None }
}

fn on<T>(work: impl Future<Output = T>) -> T {
    runtime::handle().block_on(async { tokio::time::timeout(Duration::from_secs(60), work).await.unwrap() })
}

/// A host whose methods take their time, and that notices when one is called after the end.
#[derive(Default)]
struct Slow {
    /// Calls that are under way.
    inside: AtomicU64,
    calls: AtomicU64,
    over: AtomicBool,
    late: AtomicBool,
    go_on: AtomicBool,
}

impl Slow {
    fn call(&self) {
        self.late.fetch_or(self.over.load(Ordering::SeqCst), Ordering::SeqCst);
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.inside.fetch_add(1, Ordering::SeqCst);
        while !self.go_on.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
        self.inside.fetch_sub(1, Ordering::SeqCst);
        self.late.fetch_or(self.over.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}

impl Observer for Slow {
    fn changed(&self, _: Vec<Change>) -> Result<(), SatchelError> {
        self.call();
        Ok(())
    }
}

impl MediaLibrary for Slow {
    fn open_item(&self, _: String) -> Result<OpenedItem, SatchelError> {
        self.call();
        Ok(OpenedItem::Gone)
    }
}

#[test]
fn after_the_wait_nothing_of_the_hosts_is_called_and_the_outbox_is_free() {
    let folder = tempfile::tempdir().unwrap();
    on(async {
        let (ear, album) = (Arc::new(Slow::default()), Arc::new(Slow::default()));
        let outbox = Satchel::open(config(&folder), None, Some(album.clone()), None).await.unwrap();
        let observation = outbox.observe(ear.clone()).unwrap();
        let link = satchel::Link::wifi().into();
        outbox.set_link(link).unwrap();
        let path = folder.path().join("a.jpg");
        std::fs::write(&path, b"a photo").unwrap();
        outbox.add(path.to_string_lossy().into_owned(), plain()).await.unwrap();
        let adding = outbox.clone();
        let item = LibraryItem { id: "1".into(), name: "1.jpg".into() };
        let adding = runtime::spawn(async move { adding.add_item(item, plain()).await });
        let running = outbox.clone();
        let options = RunOptions { deadline_ms: Some(60_000), linger_ms: 60_000, targets: None };
        let running = runtime::spawn(async move { running.run(options, CancelToken::new()).await });
        while ear.inside.load(Ordering::SeqCst) == 0 || album.inside.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let closing = outbox.clone();
        let closing = runtime::spawn(async move { closing.close_and_wait().await });
        while outbox.counts().await.is_ok() {
            tokio::task::yield_now().await;
        }
        assert!(!closing.is_finished(), "two of the host's methods are being called");
        ear.go_on.store(true, Ordering::SeqCst);
        album.go_on.store(true, Ordering::SeqCst);
        closing.await.unwrap().unwrap();
        for slow in [&ear, &album] {
            assert_eq!(slow.inside.load(Ordering::SeqCst), 0);
            slow.over.store(true, Ordering::SeqCst);
        }
        running.await.unwrap().unwrap();
        assert!(matches!(adding.await.unwrap(), Err(SatchelError::Source { .. })));
        // The next one finds it free, and what it does is told to nobody who left.
        let next = Satchel::open(config(&folder), None, None, None).await.unwrap();
        next.run(RunOptions { deadline_ms: None, linger_ms: 0, targets: None }, CancelToken::new()).await.unwrap();
        next.close_and_wait().await.unwrap();
        outbox.close_and_wait().await.unwrap();
        drop(observation);
        assert!(!ear.late.load(Ordering::SeqCst) && !album.late.load(Ordering::SeqCst));
    });
}
