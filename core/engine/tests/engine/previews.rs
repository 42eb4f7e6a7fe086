//! A post goes with a preview of its picture, in one request, before any original; and without one where none can be made.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use satchel::host::HostLimits;
use satchel::kernel::protocol::post::Rendition;
use satchel::{
    AddOptions, AssetState, Change, Config, Link, Outbox, ParkReason, Policy, PreviewRequest, Previewer, Proof, Source,
    WaitReason,
};
use satchel_testkit::link::{Conditions, Simulator};
use tokio_util::sync::CancellationToken;

use super::host::system::Transfer;
use super::outbox::caption;
use super::world::{
    Photo, Place, add, at_once, lose_database, noise, open, pair, receiver, run, run_out, states, within,
};

/// A picture of 900 by 600 pixels that does not compress well.
fn picture(place: &Place) -> Photo {
    let (width, height) = (900, 600);
    let grain = noise(usize::from(width) * usize::from(height) * 3, 7);
    let rgb: Vec<u8> = grain.iter().enumerate().map(|(n, grain)| (n / 9000 % 200) as u8 + grain / 6).collect();
    let path = place.photos.join("IMG_0001.jpg");
    let encoder = jpeg_encoder::Encoder::new_file(&path, 90).unwrap();
    encoder.encode(&rgb, width, height, jpeg_encoder::ColorType::Rgb).unwrap();
    photo_at(&path)
}

fn photo_at(path: &Path) -> Photo {
    let bytes = fs::read(path).unwrap();
    Photo { path: path.to_owned(), hash: blake3::hash(&bytes).to_hex().to_string(), bytes }
}

/// The pictures that a receiver has, by whether they are previews: small JPEGs without metadata that nobody uploaded.
fn previews(store: &Path, originals: &[&Photo]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for shelf in fs::read_dir(store.join("blobs")).unwrap().map(|shelf| shelf.unwrap().path()) {
        for blob in fs::read_dir(shelf).unwrap().map(|blob| fs::read(blob.unwrap().path()).unwrap()) {
            if originals.iter().all(|original| original.bytes != blob) {
                found.push(blob);
            }
        }
    }
    found
}

fn is_preview(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFF, 0xD8, 0xFF]) && bytes.len() <= 24 * 1024 && !bytes.windows(4).any(|w| w == b"Exif")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_takes_its_preview_along_once_and_before_the_original() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let link = Simulator::start("127.0.0.1:0".parse().unwrap(), desk.addr(), 1).unwrap();
    let config = place.patient();
    let policy = Policy { uploads_at_once: 1, ..Policy::over_any_link() };
    let outbox = open(Config { policy: Some(policy), ..config }).await;
    pair(&outbox, &desk, Some(link.addr().port())).await;
    let photo = picture(&place);
    let id = add(&outbox, &photo.path).await;
    link.set(Conditions::three_g());
    let mut changes = outbox.observe();
    let running = outbox.clone();
    let running = tokio::spawn(async move { running.run(at_once(), CancellationToken::new()).await });
    while !matches!(within(changes.recv()).await, Ok(Change::Delivered { rendition: Rendition::Text, .. })) {}
    // The original takes seconds over such a link: what is there by now came with the post.
    let seen = previews(store.path(), &[&photo]);
    assert!(seen.len() == 1 && is_preview(&seen[0]), "{} blobs, {:?}", seen.len(), states(&outbox).await);
    assert_eq!(desk.completed_uploads().await.unwrap().len(), 0);
    link.set(Conditions::open());
    within(running).await.unwrap().unwrap();
    run_out(&outbox).await;
    assert_eq!(outbox.asset(id).await.unwrap().state, AssetState::Delivered { proof: Proof::Receipt });
    let upward = link.stats().forwarded_up;
    outbox.edit_post(id, caption("now with words")).await.unwrap();
    run_out(&outbox).await;
    assert!(link.stats().forwarded_up - upward < 12_000, "the preview went again with the words");
    assert_eq!(previews(store.path(), &[&photo]), seen);
    assert_eq!(desk.completed_uploads().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_picture_goes_without() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let outbox = place.open().await;
    pair(&outbox, &desk, None).await;
    let photo = place.photo("noise.jpg", 50_000, 3);
    add(&outbox, &photo.path).await;
    let report = run_out(&outbox).await;
    assert_eq!((report.counts.delivered, report.counts.posts_delivered), (1, 1), "{:?}", states(&outbox).await);
    assert!(previews(store.path(), &[&photo]).is_empty());
}

/// After the database was lost the post says what it said, so the receiver knows it again.
#[tokio::test(flavor = "multi_thread")]
async fn a_post_with_its_preview_survives_the_loss_of_the_database() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let outbox = place.open().await;
    let paired = satchel::pairing::pair(&desk.pairing_code(), "a test's phone", None).await.unwrap();
    let target = outbox.set_receiver(&paired).await.unwrap();
    let photo = picture(&place);
    let id = add(&outbox, &photo.path).await;
    run_out(&outbox).await;
    drop(outbox);
    lose_database(&place.folder);
    let outbox = place.open().await;
    outbox.set_token(target, satchel::Token::new(&paired.reply.token).unwrap());
    let report = run_out(&outbox).await;
    let asset = outbox.asset(id).await.unwrap();
    assert_eq!((report.counts.needs_person(), asset.revision), (0, 1), "{:?}", states(&outbox).await);
    assert_eq!(desk.completed_uploads().await.unwrap().len(), 1);
}

/// Draws a picture where the core cannot: here, of whatever it is asked.
struct Artist {
    draws: Vec<u8>,
    asked: Mutex<Vec<PreviewRequest>>,
}

impl Artist {
    fn drawing(bytes: Vec<u8>) -> Arc<Self> {
        Arc::new(Self { draws: bytes, asked: Mutex::default() })
    }
}

impl Previewer for Artist {
    fn picture(&self, request: &PreviewRequest) -> bool {
        self.asked.lock().unwrap().push(request.clone());
        fs::write(&request.to, &self.draws).unwrap();
        !self.draws.is_empty()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_video_the_host_makes_the_picture_and_it_is_made_small() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let artist = Artist::drawing(picture(&place).bytes);
    let outbox = open(Config { previewer: Some(artist.clone()), ..place.config() }).await;
    pair(&outbox, &desk, None).await;
    let mut bytes = noise(40_000, 5);
    bytes[..12].copy_from_slice(b"\0\0\0\x18ftypmp42");
    let path = place.photos.join("clip.mp4");
    fs::write(&path, &bytes).unwrap();
    add(&outbox, &path).await;
    run_out(&outbox).await;
    let video = photo_at(&path);
    let seen = previews(store.path(), &[&video]);
    assert!(seen.len() == 1 && is_preview(&seen[0]), "{:?}", states(&outbox).await);
    let asked = artist.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 1);
    assert_eq!((&asked[0].source, asked[0].bytes), (&Source::File(path), 40_000));
    assert!(!asked[0].to.exists(), "nothing is left of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_draws_rubbish_or_nothing_holds_up_nothing() {
    for drawing in [b"rubbish".to_vec(), vec![]] {
        let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
        let desk = receiver(store.path()).await;
        let outbox = open(Config { previewer: Some(Artist::drawing(drawing)), ..place.config() }).await;
        pair(&outbox, &desk, None).await;
        let path = place.photos.join("clip.mp4");
        fs::write(&path, [b"\0\0\0\x18ftypmp42".as_slice(), &noise(9_000, 1)].concat()).unwrap();
        add(&outbox, &path).await;
        let report = run_out(&outbox).await;
        assert_eq!((report.counts.delivered, report.counts.posts_delivered), (1, 1), "{:?}", states(&outbox).await);
        assert_eq!(fs::read_dir(place.folder.join("spool")).unwrap().count(), 1, "its lock alone");
    }
}

/// What was read, and is gone before its post goes: the words go all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_post_whose_picture_is_gone_goes_without() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let outbox = place.open().await;
    pair(&outbox, &desk, None).await;
    let photo = picture(&place);
    outbox.set_link(Link::none());
    let id = add(&outbox, &photo.path).await;
    run(&outbox).await;
    fs::remove_file(&photo.path).unwrap();
    outbox.set_link(Link::wifi());
    run(&outbox).await;
    assert_eq!(outbox.counts().await.unwrap().posts_delivered, 1, "{:?}", states(&outbox).await);
    let state = outbox.asset(id).await.unwrap().state;
    assert_eq!(state, AssetState::Parked { reason: ParkReason::SourceGone });
}

/// Another receiver comes when the picture can be made no more.
#[tokio::test(flavor = "multi_thread")]
async fn a_preview_that_cannot_be_made_again_holds_up_no_later_receiver() {
    let (place, store, other) = (Place::new(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let link = Simulator::start("127.0.0.1:0".parse().unwrap(), desk.addr(), 1).unwrap();
    let outbox = open(place.patient()).await;
    pair(&outbox, &desk, Some(link.addr().port())).await;
    let photo = picture(&place);
    add(&outbox, &photo.path).await;
    link.set(Conditions::three_g());
    let (mut changes, stop) = (outbox.observe(), CancellationToken::new());
    let (running, stopping) = (outbox.clone(), stop.clone());
    let running = tokio::spawn(async move { running.run(at_once(), stopping).await });
    while !matches!(within(changes.recv()).await, Ok(Change::Delivered { rendition: Rendition::Text, .. })) {}
    stop.cancel();
    within(running).await.unwrap().unwrap();
    fs::remove_file(&photo.path).unwrap();
    link.set(Conditions::open());
    outbox.try_now().await.unwrap();
    run(&outbox).await;
    let late = receiver(other.path()).await;
    pair(&outbox, &late, None).await;
    run(&outbox).await;
    let counts = outbox.counts().await.unwrap();
    assert_eq!((counts.posts_delivered, counts.posts_open), (2, 0), "{:?}", states(&outbox).await);
}

/// A previewer that does not come back before it is let go.
#[derive(Default)]
struct Hanging {
    called: AtomicBool,
    let_go: Mutex<bool>,
    changed: Condvar,
}

/// Lets it go at the latest when the test ends: a test that fails must not wait for a thread that never ends.
struct LetGo(Arc<Hanging>);

impl Drop for LetGo {
    fn drop(&mut self) {
        *self.0.let_go.lock().unwrap() = true;
        self.0.changed.notify_all();
    }
}

impl Previewer for Hanging {
    fn picture(&self, _: &PreviewRequest) -> bool {
        self.called.store(true, Ordering::SeqCst);
        drop(self.changed.wait_while(self.let_go.lock().unwrap(), |let_go| !*let_go).unwrap());
        false
    }
}

fn film(place: &Place) -> PathBuf {
    let path = place.photos.join("clip.mp4");
    fs::write(&path, [b"\0\0\0\x18ftypmp42".as_slice(), &noise(9_000, 1)].concat()).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_hangs_holds_up_neither_a_cancel_nor_the_others() {
    // In either order, of which the newest is the first to go: the picture behind the one that hangs cannot be made, and its words go alone. One behind a film can.
    for (film, first) in [(false, false), (false, true), (true, true)] {
        with_one_that_hangs(film, first).await;
    }
}

async fn with_one_that_hangs(of_film: bool, first: bool) {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let hanging = Arc::new(Hanging::default());
    let at_last = LetGo(hanging.clone());
    let policy = Policy { uploads_at_once: 1, ..Policy::default() };
    let outbox = open(Config { previewer: Some(hanging.clone()), policy: Some(policy), ..place.config() }).await;
    pair(&outbox, &desk, None).await;
    let still = picture(&place);
    let heic = place.photos.join("IMG_2.heic");
    fs::write(&heic, [b"\0\0\0\x18ftypheic".as_slice(), &noise(9_000, 1)].concat()).unwrap();
    let mut sources = [still.path.clone(), if of_film { film(&place) } else { heic }];
    if first {
        sources.reverse();
    }
    for source in &sources {
        add(&outbox, source).await;
    }
    let stop = CancellationToken::new();
    let (running, stopping) = (outbox.clone(), stop.clone());
    let running = tokio::spawn(async move { running.run(at_once(), stopping).await });
    let mut changes = outbox.observe();
    loop {
        let there = outbox.counts().await.unwrap();
        if (there.delivered, there.posts_delivered) == (2, 2) {
            break;
        }
        let _ = within(changes.recv()).await;
    }
    let small = || previews(store.path(), &[&still]).iter().filter(|found| is_preview(found)).count();
    assert_eq!(small(), usize::from(of_film || first));
    assert!(hanging.called.load(Ordering::SeqCst) && !running.is_finished());
    stop.cancel();
    assert!(within(running).await.unwrap().unwrap().stopped);
    drop(at_last);
    let report = run_out(&outbox).await;
    assert_eq!((report.counts.posts_open, report.counts.posts_parked), (0, 0), "{:?}", states(&outbox).await);
    // The picture that waited behind the other one follows.
    assert_eq!(small(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_that_found_no_room_goes_with_a_later_revision() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let outbox = place.open().await;
    pair(&outbox, &desk, None).await;
    let photo = picture(&place);
    // Six bytes a character, in JSON.
    let post = caption(&"\u{1}".repeat(7_500));
    let id = outbox.add(&photo.path, &AddOptions { post, ..AddOptions::default() }).await.unwrap().id();
    run_out(&outbox).await;
    assert!(previews(store.path(), &[&photo]).is_empty());
    outbox.edit_post(id, caption("short")).await.unwrap();
    run_out(&outbox).await;
    assert_eq!(previews(store.path(), &[&photo]).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn within_a_small_budget_the_words_go_alone() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let outbox = place.open().await;
    pair(&outbox, &desk, None).await;
    add(&outbox, &picture(&place).path).await;
    let owner = Outbox::new_host_id().unwrap();
    outbox.host_running(owner, &[]).await.unwrap();
    let limits = HostLimits { budget_left: Some(0), ..HostLimits::default() };
    let nothing = outbox.host_steps(owner, limits).await.unwrap();
    assert_eq!((nothing.steps.len(), nothing.wake.at_utc_ms), (0, None), "it may send nothing");
    let limits = HostLimits { budget_left: Some(5_000), ..HostLimits::default() };
    for _ in 0..20 {
        for step in outbox.host_steps(owner, limits).await.unwrap().steps {
            let (lease, transfer) = (step.lease, Transfer::of(step));
            assert!(transfer.length() <= 5_000);
            outbox.host_outcome(lease, transfer.send().await).await.unwrap();
        }
    }
    assert_eq!(outbox.counts().await.unwrap().posts_delivered, 1, "{:?}", states(&outbox).await);
}

/// Words may cost here, and pictures not: the post goes alone, and its preview after it, as the same post.
#[tokio::test(flavor = "multi_thread")]
async fn words_go_alone_where_only_they_may_and_the_preview_follows() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let words = r#"{"version": 2, "rules": [{"for": {"renditions": ["text"]}, "allow": [{"over": "any"}]}]}"#;
    let outbox = open(Config { policy: Some(Policy::from_json(words).unwrap()), ..place.config() }).await;
    outbox.set_link(Link::cellular());
    pair(&outbox, &desk, None).await;
    let photo = picture(&place);
    let options = AddOptions { post: caption("from the road"), ..AddOptions::default() };
    let id = outbox.add(&photo.path, &options).await.unwrap().id();
    run(&outbox).await;
    assert_eq!((desk.assets().await.unwrap().len(), previews(store.path(), &[&photo]).len()), (1, 0));
    let state = outbox.asset(id).await.unwrap().state;
    assert_eq!(state.wait_reason(), Some(&WaitReason::LinkCosts), "{state:?}");
    let counts = outbox.counts().await.unwrap();
    assert_eq!((counts.posts_delivered, counts.open), (1, 1), "{counts:?}");
    outbox.set_link(Link::wifi());
    run_out(&outbox).await;
    let made = previews(store.path(), &[&photo]);
    assert_eq!((desk.assets().await.unwrap().len(), made.len()), (1, 1), "one post, one preview");
    assert!(is_preview(&made[0]));
    assert_eq!(outbox.asset(id).await.unwrap().state, AssetState::Delivered { proof: Proof::Receipt });
    let again = run(&outbox).await;
    assert_eq!(again.counts.waiting(), 0, "and then there is nothing left to be done");
}
