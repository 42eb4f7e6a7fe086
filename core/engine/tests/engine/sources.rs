//! Sources in their owner's hands: missing, unreadable, empty, huge, oddly named, and changed at every moment.

use std::fs;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use satchel::kernel::health::Block;
use satchel::kernel::protocol::post::Rendition;
use satchel::source::SourceFault;
use satchel::{
    AddOptions, AssetState, Change, Error, Link, Outbox, ParkReason, Policy, RunOptions, Token, Trouble, WaitReason,
};
use satchel_testkit::liar::{Answer, Liar, LyingTus, Reply, Rule};
use satchel_testkit::link::{Conditions, Simulator};
use tokio_util::sync::CancellationToken;

use super::cuts::from_where_the_server_stood;
use super::world::{
    Photo, Place, add, aim, all, at_once, lose_database, noise, open, pair, receiver, run, run_out, states, within,
};

/// An outbox with one good photo, which nothing here may hold back.
async fn with_a_good_one() -> (Place, LyingTus, Outbox, Photo) {
    let place = Place::new();
    let tus = LyingTus::start().await.unwrap();
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    let good = place.photo("good.jpg", 3_000, 99);
    add(&outbox, &good.path).await;
    (place, tus, outbox, good)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_readable_file_is_refused_with_words_and_disturbs_nothing() {
    let (place, tus, outbox, good) = with_a_good_one().await;
    let empty = place.photos.join("empty.jpg");
    fs::write(&empty, b"").unwrap();
    let (a, b) = (place.photos.join("a"), place.photos.join("b"));
    std::os::unix::fs::symlink(&a, &b).unwrap();
    std::os::unix::fs::symlink(&b, &a).unwrap();
    let dangling = place.photos.join("dangling.jpg");
    std::os::unix::fs::symlink("nowhere", &dangling).unwrap();
    let socket = place.photos.join("socket.jpg");
    let _bound = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let cases = [
        (place.photos.join("none.jpg"), SourceFault::Gone),
        (good.path.join("below"), SourceFault::Gone),
        (empty.clone(), SourceFault::Empty),
        (a, SourceFault::Loop),
        (dangling, SourceFault::Gone),
        (place.photos.clone(), SourceFault::NotAFile),
        (socket, SourceFault::NotAFile),
        ("/dev/null".into(), SourceFault::NotAFile),
    ];
    for (path, fault) in cases {
        for copy in [false, true] {
            let options = AddOptions { copy, ..AddOptions::default() };
            let error = outbox.add(&path, &options).await.unwrap_err();
            assert!(matches!(&error, Error::Source(found) if *found == fault), "{path:?}: {error}");
            assert!(!error.to_string().contains("photos"), "{error} names a path");
        }
    }
    let report = outbox.add_folder(&place.photos, &AddOptions::default(), |_| ControlFlow::Continue(())).await.unwrap();
    assert_eq!((report.added, report.unchanged), (0, 1), "{report:?}");
    assert!(report.failed >= 1 && report.faults.iter().any(|f| f.path == empty), "{report:?}");
    let report = run(&outbox).await;
    assert_eq!((report.counts.delivered, report.counts.needs_person()), (1, 0));
    assert_eq!(tus.completions_of(&good.hash), 1);
}

/// As root every file may be read: then there is nothing to see.
fn rights_count(place: &Place) -> bool {
    let probe = place.photos.join("probe");
    fs::write(&probe, b"x").unwrap();
    fs::set_permissions(&probe, fs::Permissions::from_mode(0o000)).unwrap();
    let counts = fs::File::open(&probe).is_err();
    fs::remove_file(&probe).unwrap();
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_may_not_be_read_is_said_to_be_so() {
    let (place, _tus, outbox, _good) = with_a_good_one().await;
    if !rights_count(&place) {
        eprintln!("not shown here: this user may read everything");
        return;
    }
    let photo = place.photo("a.jpg", 1_000, 1);
    let id = add(&outbox, &photo.path).await;
    fs::set_permissions(&photo.path, fs::Permissions::from_mode(0o000)).unwrap();
    let report = run(&outbox).await;
    assert_eq!(report.counts.delivered, 1);
    assert_eq!(outbox.asset(id).await.unwrap().state, AssetState::Parked { reason: ParkReason::SourceUnreadable });
    fs::set_permissions(&photo.path, fs::Permissions::from_mode(0o600)).unwrap();
    outbox.retry(id).await.unwrap();
    assert_eq!(run_out(&outbox).await.counts.delivered, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_gigabytes_are_added_at_once_and_read_without_holding_up_the_end() {
    let (place, tus, outbox, good) = with_a_good_one().await;
    let huge = place.photos.join("huge.mov");
    let file = fs::File::create(&huge).unwrap();
    if file.set_len(10 << 30).is_err() {
        eprintln!("not shown here: this file system has no sparse files");
        return;
    }
    let id = add(&outbox, &huge).await;
    assert_eq!(outbox.asset(id).await.unwrap().bytes, 10 << 30);
    outbox.set_policy(Policy { order: satchel::Order::Oldest, ..Policy::over_any_link() });
    let cancel = CancellationToken::new();
    let running = tokio::spawn({
        let (outbox, cancel) = (outbox.clone(), cancel.clone());
        async move { outbox.run(at_once(), cancel).await }
    });
    // The good one may go while the huge one is read.
    within(tus.until(|_| tus.completions_of(&good.hash) == 1)).await;
    cancel.cancel();
    let report =
        tokio::time::timeout(Duration::from_secs(10), running).await.expect("reading goes on").unwrap().unwrap();
    assert!(report.stopped);
    outbox.remove(id).await.unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_not_utf_8_is_a_name() {
    let (place, tus, outbox, _good) = with_a_good_one().await;
    let path = place.photos.join(std::ffi::OsStr::from_bytes(b"IMG_\xff\xfe.jpg"));
    let bytes = noise(2_000, 5);
    fs::write(&path, &bytes).unwrap();
    let id = add(&outbox, &path).await;
    drop(outbox);
    // And it is one after the database was lost.
    lose_database(&place.folder);
    let outbox = place.open().await;
    assert_eq!(outbox.asset(id).await.unwrap().source.path(), Some(path.as_path()));
    assert_eq!(run_out(&outbox).await.counts.delivered, 2);
    assert_eq!(tus.completions_of(blake3::hash(&bytes).to_hex().as_str()), 1);
}

/// Between being added and being read.
#[tokio::test(flavor = "multi_thread")]
async fn what_changes_before_it_is_read_is_sent_as_it_is_then() {
    let (place, tus, outbox, good) = with_a_good_one().await;
    let path = |n: &str| place.photos.join(n);
    for name in ["grows.jpg", "shrinks.jpg", "replaced.jpg", "vanishes.jpg", "empties.jpg"] {
        place.photo(name, 5_000, name.len() as u64);
        add(&outbox, &path(name)).await;
    }
    fs::write(path("grows.jpg"), noise(9_000, 31)).unwrap();
    fs::write(path("shrinks.jpg"), noise(500, 32)).unwrap();
    fs::write(path("new"), noise(5_000, 33)).unwrap();
    fs::rename(path("new"), path("replaced.jpg")).unwrap();
    fs::remove_file(path("vanishes.jpg")).unwrap();
    fs::write(path("empties.jpg"), b"").unwrap();
    let report = run_out(&outbox).await;
    assert_eq!((report.counts.delivered, report.counts.needs_person()), (4, 2), "{:?}", states(&outbox).await);
    for asset in all(&outbox).await {
        let wanted = match asset.name.as_str() {
            "vanishes.jpg" => Some(ParkReason::SourceGone),
            "empties.jpg" => Some(ParkReason::SourceEmpty),
            _ => None,
        };
        match (asset.state, wanted) {
            (AssetState::Parked { reason }, Some(wanted)) => assert_eq!(reason, wanted),
            (AssetState::Delivered { .. }, None) => {}
            (other, _) => panic!("{}: {other:?}", asset.name),
        }
    }
    for bytes in [noise(9_000, 31), noise(500, 32), noise(5_000, 33), good.bytes] {
        assert_eq!(tus.completions_of(blake3::hash(&bytes).to_hex().as_str()), 1);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meddling {
    Vanish,
    Grow,
    Shrink,
    Rewrite,
    Replace,
    /// Rights, a second name: the bytes are what they were.
    Chmod,
    Link,
    /// Another file with the same bytes in its place.
    Restore,
}

impl Meddling {
    const ALL: [Self; 8] =
        [Self::Vanish, Self::Grow, Self::Shrink, Self::Rewrite, Self::Replace, Self::Chmod, Self::Link, Self::Restore];

    fn keeps_the_bytes(self) -> bool {
        matches!(self, Self::Chmod | Self::Link | Self::Restore)
    }

    /// Does it, and tells what the file holds then.
    fn meddle(self, photo: &Photo) -> Option<Vec<u8>> {
        let path = &photo.path;
        let length = photo.bytes.len();
        let replace = |bytes: &[u8]| {
            fs::write(path.with_extension("new"), bytes).unwrap();
            fs::rename(path.with_extension("new"), path).unwrap();
        };
        match self {
            Self::Vanish => {
                fs::remove_file(path).unwrap();
                return None;
            }
            Self::Grow => fs::write(path, [&photo.bytes[..], b"more"].concat()).unwrap(),
            Self::Shrink => fs::write(path, &photo.bytes[..length - 10]).unwrap(),
            Self::Rewrite => fs::write(path, noise(length, 1_000)).unwrap(),
            Self::Replace => replace(&noise(length, 1_001)),
            Self::Chmod => fs::set_permissions(path, fs::Permissions::from_mode(0o640)).unwrap(),
            Self::Link => fs::hard_link(path, path.with_extension("link")).unwrap(),
            Self::Restore => replace(&photo.bytes),
        }
        Some(fs::read(path).unwrap())
    }
}

/// Between being read and being sent, or while it is sent.
async fn meddled_with(meddling: Meddling, while_sent: bool) {
    let what = format!("{meddling:?}, {}", if while_sent { "while it is sent" } else { "before it is sent" });
    let place = Place::new();
    let tus = LyingTus::start().await.unwrap();
    let link = Simulator::start("127.0.0.1:0".parse().unwrap(), tus.addr(), 1).unwrap();
    let outbox = open(place.patient()).await;
    outbox.set_tus_target(format!("http://{}/files/", link.addr()).parse().unwrap()).await.unwrap();
    // More than the kernels' buffers hold, so that the end of it is still to be read.
    let photo = place.photo("a.jpg", 12 << 20, 1);
    let id = add(&outbox, &photo.path).await;
    outbox.set_link(Link::none());
    run(&outbox).await;
    let now;
    if while_sent {
        link.set(Conditions::open().rates(600_000, 1_000_000));
        let mut changes = outbox.observe();
        outbox.set_link(Link::wifi());
        let running = tokio::spawn({
            let outbox = outbox.clone();
            async move { outbox.run(at_once(), CancellationToken::new()).await }
        });
        within(async {
            while !matches!(changes.recv().await, Ok(Change::Progress { rendition: Rendition::Original, sent, .. }) if sent > 0) {}
        })
        .await;
        now = meddling.meddle(&photo);
        link.set(Conditions::open());
        within(running).await.unwrap().unwrap();
    } else {
        now = meddling.meddle(&photo);
        outbox.set_link(Link::wifi());
    }
    let good = place.photo("good.jpg", 2_000, 2);
    add(&outbox, &good.path).await;
    // What changed is left alone for a moment, and then read again.
    let options = RunOptions { linger: Duration::from_secs(20), ..RunOptions::default() };
    let report = within(outbox.run(options, CancellationToken::new())).await.unwrap();
    let state = outbox.asset(id).await.unwrap().state;
    assert_eq!(tus.completions_of(&good.hash), 1, "{what}: the good one was held back");
    match &now {
        None => {
            assert_eq!(state, AssetState::Parked { reason: ParkReason::SourceGone }, "{what}");
            assert_eq!(tus.completed().len(), 1, "{what}");
        }
        Some(bytes) => {
            assert!(matches!(state, AssetState::Delivered { .. }), "{what}: {state:?}");
            assert_eq!(report.counts.needs_person(), 0, "{what}");
            let hash = blake3::hash(bytes).to_hex().to_string();
            assert_eq!(tus.completions_of(&hash), 1, "{what}");
            assert_eq!(tus.completed().len(), 2, "{what}: something else was completed as well");
        }
    }
    if meddling.keeps_the_bytes() {
        assert_eq!(tus.created(), 2, "{what}: it was begun anew");
        let whole = tus.completed().into_iter().find(|c| c.hash == photo.hash).unwrap();
        let mut seen = tus.seen();
        seen.retain(|s| s.path.ends_with(&format!("/{}", whole.id)));
        from_where_the_server_stood(&seen, &photo, &what);
    } else {
        assert!(tus.kept().iter().all(|k| k.offset == k.length), "{what}: half an upload was left behind");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_done_to_a_file_before_it_is_sent_only_what_it_holds_arrives() {
    for meddling in Meddling::ALL {
        meddled_with(meddling, false).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_done_to_a_file_while_it_is_sent_only_what_it_holds_arrives() {
    for meddling in Meddling::ALL {
        meddled_with(meddling, true).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twins_the_one_that_is_left_serves() {
    for copy in [false, true] {
        let (place, tus, outbox, _good) = with_a_good_one().await;
        outbox.set_link(Link::none());
        let first = place.photo("first.jpg", 5_000, 1);
        let second = place.photo("second.jpg", 5_000, 1);
        add(&outbox, &first.path).await;
        let id = outbox.add(&second.path, &AddOptions { copy, ..AddOptions::default() }).await.unwrap().id();
        run(&outbox).await;
        fs::remove_file(&first.path).unwrap();
        outbox.set_link(Link::wifi());
        run_out(&outbox).await;
        assert!(
            matches!(outbox.asset(id).await.unwrap().state, AssetState::Delivered { .. }),
            "{:?}",
            states(&outbox).await
        );
        assert_eq!(tus.completions_of(&first.hash), 1);
    }
}

/// The post goes first; if the file is another one by the time that it goes itself, the post must say so.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changes_after_its_post_went_gets_a_new_revision() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let receiver = receiver(store.path()).await;
    let mut config = place.config();
    config.policy = Some(Policy { uploads_at_once: 1, ..Policy::over_any_link() });
    let outbox = open(config).await;
    pair(&outbox, &receiver, None).await;
    let photo = place.photo("a.jpg", 3_000_000, 1);
    let id = add(&outbox, &photo.path).await;
    let mut changes = outbox.observe();
    let cancel = CancellationToken::new();
    let running = tokio::spawn({
        let (outbox, cancel) = (outbox.clone(), cancel.clone());
        async move { outbox.run(at_once(), cancel).await }
    });
    within(async {
        while !matches!(changes.recv().await, Ok(Change::Delivered { rendition: Rendition::Text, .. })) {}
    })
    .await;
    cancel.cancel();
    within(running).await.unwrap().unwrap();
    assert_eq!(outbox.counts().await.unwrap().delivered, 0, "too late to change anything");
    place.photo("a.jpg", 3_000_001, 2);
    let options = RunOptions { linger: Duration::from_secs(20), ..RunOptions::default() };
    let report = within(outbox.run(options, CancellationToken::new())).await.unwrap();
    assert_eq!((report.counts.needs_person(), report.counts.waiting()), (0, 0), "{:?}", all(&outbox).await);
    assert_eq!(outbox.asset(id).await.unwrap().revision, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_none_is_named_and_tried_again() {
    let place = Place::new();
    let outbox = place.open().await;
    let photo = place.photo("a.jpg", 1_000, 1);
    let id = add(&outbox, &photo.path).await;
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    outbox.set_tus_target(format!("http://{nobody}/files/").parse().unwrap()).await.unwrap();
    let report = run(&outbox).await;
    assert!(report.wake.at_utc_ms.is_some());
    let state = outbox.asset(id).await.unwrap().state;
    let AssetState::Waiting { reason, .. } = &state else { panic!("{state:?}") };
    assert!(matches!(reason, WaitReason::TargetRests { trouble: Trouble::Unreachable, .. }), "{reason:?}");
    assert!(reason.words().contains("could not be reached"));
    let website = Liar::start(vec![Rule::always(Answer::Reply(Reply::html(200, "<html>Welcome")))]).await.unwrap();
    outbox.set_tus_target(format!("{}/files/", website.url()).parse().unwrap()).await.unwrap();
    run(&outbox).await;
    let asset = outbox.asset(id).await.unwrap();
    let states: Vec<_> = asset.deliveries.iter().map(|d| d.state.clone()).collect();
    let page = |s: &AssetState| {
        matches!(
            s,
            AssetState::Waiting { reason: WaitReason::TargetRests { trouble: Trouble::Blocked(Block::Page), .. }, .. }
        )
    };
    assert!(states.iter().any(page), "{states:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_addresses_tokens_and_pins_are_said_in_words() {
    let (place, tus, outbox, good) = with_a_good_one().await;
    for url in ["ftp://example.org/", "file:///tmp/x", "data:text/plain,x"] {
        let error = outbox.set_tus_target(url.parse().unwrap()).await.unwrap_err();
        assert!(matches!(&error, Error::Invalid(words) if words.contains("http")), "{error}");
    }
    for token in ["", "two words", "a\nb", "ünïcode"] {
        assert!(Token::new(token).is_err(), "{token:?}");
    }
    tus.require_token("right");
    let target = outbox.targets().await.unwrap()[0].id;
    for token in [None, Some("wrong")] {
        if let Some(token) = token {
            outbox.set_token(target, Token::new(token).unwrap());
        }
        outbox.try_now().await.unwrap();
        run(&outbox).await;
        let state = all(&outbox).await[0].state.clone();
        let AssetState::Waiting { reason, .. } = &state else { panic!("{state:?}") };
        assert!(matches!(reason, WaitReason::TargetRests { trouble: Trouble::NeedsToken, .. }), "{reason:?}");
    }
    outbox.set_token(target, Token::new("right").unwrap());
    outbox.try_now().await.unwrap();
    run(&outbox).await;
    assert_eq!(tus.completions_of(&good.hash), 1);
    // A receiver whose key is not the one that was pinned.
    let store = tempfile::tempdir().unwrap();
    let receiver = receiver(store.path()).await;
    let mut code = receiver.pairing_code();
    code.pin = "A".repeat(43).parse().unwrap();
    let error = satchel::pairing::pair(&code, "phone", None).await.unwrap_err();
    assert!(!error.to_string().is_empty());
    assert!(receiver.completed_uploads().await.unwrap().is_empty());
    drop(place);
}

/// A copy may be the only bytes of a photo: where all records of it were lost, it is kept for a person to look at.
#[tokio::test(flavor = "multi_thread")]
async fn copies_outlive_the_loss_of_all_records() {
    let place = Place::new();
    let photo = place.photo("a.jpg", 5_000, 1);
    let outbox = place.open().await;
    outbox.add(&photo.path, &AddOptions { copy: true, ..AddOptions::default() }).await.unwrap();
    assert_eq!(outbox.saved(), 0);
    drop(outbox);
    std::fs::remove_file(&photo.path).unwrap();
    lose_database(&place.folder);
    std::fs::remove_file(place.folder.join("journal")).unwrap();
    let outbox = place.open().await;
    assert_eq!((outbox.saved(), outbox.counts().await.unwrap().waiting()), (1, 0));
    let spool = std::fs::read_dir(place.folder.join("spool")).unwrap().map(|file| file.unwrap().path());
    let saved: Vec<_> = spool.filter(|file| file.extension().is_some_and(|e| e == "saved")).collect();
    assert_eq!(std::fs::read(&saved[0]).unwrap(), photo.bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_root_that_is_no_certificate_is_refused_when_the_outbox_is_opened() {
    let place = Place::new();
    let config = satchel::Config { extra_roots: vec!["rubbish".into()], ..place.config() };
    let error = satchel::Outbox::open(config).await.err().unwrap();
    assert!(matches!(error, satchel::Error::Invalid(_)), "{error}");
    assert!(!place.folder.join("outbox.db").exists(), "nothing was made");
}
