//! The press rendition: after the post with its preview, before the original, of one and the same post; made when its turn
//! comes, found or made again after whatever happens.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use satchel::kernel::protocol::post::Rendition;
use satchel::{AssetKind, AssetState, Change, Config, Link, Outbox, Policy, PreviewRequest, Previewer, Proof};
use satchel_receiver::Receiver;
use satchel_testkit::liar::LyingTus;
use satchel_testkit::link::{Conditions, Simulator};
use tokio_util::sync::CancellationToken;

use super::camera::{jpeg, large, write};
use super::outbox::caption;
use super::world::{
    Place, add, aim, at_once, lose_database, noise, open, pair, receiver, run, run_out, states, within,
};

/// What the spool holds of that was made.
pub(crate) fn made(place: &Place) -> Vec<PathBuf> {
    let spool = fs::read_dir(place.folder.join("spool")).unwrap().map(|entry| entry.unwrap().path());
    spool.filter(|path| path.extension().is_some_and(|extension| extension == "made")).collect()
}

/// The renditions of each asset that a receiver shows, with whether they are there.
async fn shown(desk: &Receiver) -> Vec<Vec<(String, bool)>> {
    let assets = desk.assets().await.unwrap();
    assets.into_iter().map(|asset| asset.parts.into_iter().map(|p| (p.rendition, p.here)).collect()).collect()
}

/// The press renditions that a receiver has.
async fn presses(desk: &Receiver) -> Vec<Vec<u8>> {
    let assets = desk.assets().await.unwrap();
    let parts = assets.iter().flat_map(|asset| &asset.parts).filter(|part| part.rendition == "press" && part.here);
    let hashes: HashSet<_> = parts.map(|part| part.hash).collect();
    hashes.into_iter().map(|hash| fs::read(desk.blob_path(&hash)).unwrap()).collect()
}

/// How many blobs came by uploads. (What a cut connection still held may arrive beside its successor, and is one blob.)
async fn uploaded(desk: &Receiver) -> usize {
    let uploads = desk.completed_uploads().await.unwrap();
    uploads.into_iter().map(|upload| upload.hash).collect::<HashSet<_>>().len()
}

fn is_press(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFF, 0xD8, 0xFF]) && bytes.len() <= 400 * 1024 && !bytes.windows(4).any(|w| w == b"Exif")
}

#[tokio::test(flavor = "multi_thread")]
async fn text_and_preview_then_press_then_the_original_as_one_post() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let config = place.config();
    let outbox =
        open(Config { policy: Some(Policy { uploads_at_once: 1, ..Policy::over_any_link() }), ..config }).await;
    pair(&outbox, &desk, None).await;
    let photo = large(&place, "IMG_0001.jpg", 1);
    assert!(photo.bytes.len() > 500_000, "{} bytes", photo.bytes.len());
    let id = add(&outbox, &photo.path).await;
    let mut changes = outbox.observe();
    let report = run_out(&outbox).await;
    assert_eq!((report.counts.delivered, report.counts.needs_person()), (1, 0), "{:?}", states(&outbox).await);
    let mut order = Vec::new();
    while let Ok(change) = changes.try_recv() {
        order.extend(if let Change::Delivered { rendition, .. } = change { Some(rendition) } else { None });
    }
    // The second text names the press.
    assert_eq!(order, [Rendition::Text, Rendition::Text, Rendition::Press, Rendition::Original]);
    let there = |name: &str| (name.to_owned(), true);
    assert_eq!(shown(&desk).await, [[there("original"), there("preview"), there("press")]]);
    let seen = presses(&desk).await;
    assert!(seen.len() == 1 && is_press(&seen[0]) && seen[0].len() > 30_000);
    assert_eq!(outbox.asset(id).await.unwrap().state, AssetState::Delivered { proof: Proof::Receipt });
    assert!(made(&place).is_empty(), "nobody waits for it any more");
    assert_eq!(desk.completed_uploads().await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_small_needs_none_and_what_cannot_be_read_has_none() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let outbox = place.open().await;
    pair(&outbox, &desk, None).await;
    let small = write(&place, "small.jpg", &jpeg(300, 200, 1));
    add(&outbox, &small.path).await;
    add(&outbox, &place.photo("noise.jpg", 600_000, 2).path).await;
    let report = run_out(&outbox).await;
    assert_eq!((report.counts.delivered, report.counts.posts_delivered), (2, 2), "{:?}", states(&outbox).await);
    assert_eq!((report.counts.needs_person(), report.counts.waiting()), (0, 0));
    assert!(presses(&desk).await.is_empty() && made(&place).is_empty());
    assert!(shown(&desk).await.iter().flatten().all(|(rendition, here)| rendition != "press" && *here));
}

#[tokio::test(flavor = "multi_thread")]
async fn twins_share_one_and_each_post_names_it() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let outbox = place.open().await;
    pair(&outbox, &desk, None).await;
    let photo = large(&place, "one.jpg", 1);
    add(&outbox, &photo.path).await;
    add(&outbox, &write(&place, "two.jpg", &photo.bytes).path).await;
    run_out(&outbox).await;
    // One that comes when all is there.
    add(&outbox, &write(&place, "three.jpg", &photo.bytes).path).await;
    let report = run_out(&outbox).await;
    assert_eq!(report.counts.needs_person(), 0, "{:?}", states(&outbox).await);
    let there = |name: &str| (name.to_owned(), true);
    for post in shown(&desk).await {
        let seen: HashSet<_> = post.into_iter().collect();
        assert_eq!(seen, HashSet::from([there("original"), there("preview"), there("press")]));
    }
    assert_eq!(desk.assets().await.unwrap().len(), 3);
    assert_eq!(desk.completed_uploads().await.unwrap().len(), 2, "each of both once");
    assert!(made(&place).is_empty());
}

/// A bare server gets one file for each photo; press renditions where its owner wants them there.
#[tokio::test(flavor = "multi_thread")]
async fn a_bare_server_gets_one_only_if_that_was_asked_for() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let outbox = place.open().await;
    let target = aim(&outbox, &tus).await;
    let photo = large(&place, "IMG_1.jpg", 1);
    add(&outbox, &photo.path).await;
    run_out(&outbox).await;
    assert_eq!(tus.completed().len(), 1);
    outbox.set_press(target, true).await.unwrap();
    let report = run_out(&outbox).await;
    assert_eq!((tus.completed().len(), report.counts.needs_person()), (2, 0));
    add(&outbox, &large(&place, "IMG_2.jpg", 2).path).await;
    run_out(&outbox).await;
    assert_eq!(tus.completed().len(), 4);
    outbox.set_press(target, false).await.unwrap();
    add(&outbox, &large(&place, "IMG_3.jpg", 3).path).await;
    run_out(&outbox).await;
    assert_eq!(tus.completed().len(), 5);
}

/// Sends until the press rendition is in the spool and its bytes are on a slow link, then stops.
async fn stopped_in_the_middle(outbox: &Outbox, place: &Place, link: &Simulator) {
    link.set(Conditions::three_g());
    let stop = CancellationToken::new();
    let (running, stopping) = (outbox.clone(), stop.clone());
    let mut changes = outbox.observe();
    let running = tokio::spawn(async move { running.run(at_once(), stopping).await });
    loop {
        let change = within(changes.recv()).await.unwrap();
        if matches!(change, Change::Progress { rendition: Rendition::Press, sent: 1.., .. }) {
            break;
        }
    }
    stop.cancel();
    within(running).await.unwrap().unwrap();
    assert_eq!(made(place).len(), 1);
    link.set(Conditions::open());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_found_again_or_made_again_and_goes_on_where_it_was() {
    for lost in [false, true] {
        let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
        let desk = receiver(store.path()).await;
        let link = Simulator::start("127.0.0.1:0".parse().unwrap(), desk.addr(), 1).unwrap();
        let outbox = open(place.patient()).await;
        pair(&outbox, &desk, Some(link.addr().port())).await;
        let photo = large(&place, "IMG_0001.jpg", 1);
        add(&outbox, &photo.path).await;
        stopped_in_the_middle(&outbox, &place, &link).await;
        let before = made(&place);
        if lost {
            fs::remove_file(&before[0]).unwrap();
        }
        let report = run_out(&outbox).await;
        assert_eq!((report.counts.delivered, report.counts.needs_person()), (1, 0), "{:?}", states(&outbox).await);
        assert_eq!(presses(&desk).await.len(), 1);
        assert_eq!((uploaded(&desk).await, desk.assets().await.unwrap().len()), (2, 1), "once each");
        assert!(made(&place).is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loss_of_the_database_neither_doubles_it_nor_changes_its_post() {
    for whole in [false, true] {
        let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
        let desk = receiver(store.path()).await;
        let link = Simulator::start("127.0.0.1:0".parse().unwrap(), desk.addr(), 1).unwrap();
        let outbox = open(place.patient()).await;
        let mut code = desk.pairing_code();
        code.port = link.addr().port();
        let paired = satchel::pairing::pair(&code, "a test's phone", None).await.unwrap();
        let target = outbox.set_receiver(&paired).await.unwrap();
        let id = add(&outbox, &large(&place, "IMG_0001.jpg", 1).path).await;
        if whole {
            run_out(&outbox).await;
        } else {
            stopped_in_the_middle(&outbox, &place, &link).await;
        }
        let revision = outbox.asset(id).await.unwrap().revision;
        drop(outbox);
        lose_database(&place.folder);
        let outbox = open(place.patient()).await;
        outbox.set_token(target, satchel::Token::new(&paired.reply.token).unwrap());
        let report = run_out(&outbox).await;
        let asset = outbox.asset(id).await.unwrap();
        assert_eq!((report.counts.needs_person(), asset.revision), (0, revision), "{:?}", states(&outbox).await);
        assert_eq!((uploaded(&desk).await, desk.assets().await.unwrap().len()), (2, 1), "{whole}");
        assert!(made(&place).is_empty(), "what nobody knows is swept");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_comes_later_gets_it_too() {
    let (place, store, other) = (Place::new(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let tus = LyingTus::start().await.unwrap();
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    add(&outbox, &large(&place, "IMG_0001.jpg", 1).path).await;
    run_out(&outbox).await;
    for store in [&store, &other] {
        let desk = receiver(store.path()).await;
        pair(&outbox, &desk, None).await;
        run_out(&outbox).await;
        assert_eq!(presses(&desk).await.len(), 1, "{:?}", states(&outbox).await);
        assert_eq!(desk.assets().await.unwrap().len(), 1);
    }
    assert_eq!(tus.completed().len(), 1);
    assert!(made(&place).is_empty());
}

/// Words that are edited, an asset that is removed and one that becomes another, all with a press that was made.
#[tokio::test(flavor = "multi_thread")]
async fn it_follows_what_becomes_of_its_original() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let outbox = place.open().await;
    pair(&outbox, &desk, None).await;
    let photo = large(&place, "IMG_0001.jpg", 1);
    let id = add(&outbox, &photo.path).await;
    run_out(&outbox).await;
    outbox.edit_post(id, caption("with words")).await.unwrap();
    run_out(&outbox).await;
    assert_eq!(presses(&desk).await.len(), 1, "the words name it still");
    assert_eq!(desk.completed_uploads().await.unwrap().len(), 2);
    outbox.set_link(Link::none());
    let second = add(&outbox, &large(&place, "IMG_0002.jpg", 2).path).await;
    run(&outbox).await;
    outbox.remove(second).await.unwrap();
    // The same path, another picture: another asset.
    write(&place, "IMG_0001.jpg", &jpeg(1_200, 900, 7));
    add(&outbox, &photo.path).await;
    outbox.set_link(Link::wifi());
    let report = run_out(&outbox).await;
    assert_eq!(report.counts.needs_person(), 0, "{:?}", states(&outbox).await);
    assert_eq!((presses(&desk).await.len(), desk.assets().await.unwrap().len()), (2, 2));
    assert!(made(&place).is_empty());
}

/// Draws a picture, and makes a film of whatever it is told.
struct Studio {
    film: Vec<u8>,
}

impl Previewer for Studio {
    fn picture(&self, request: &PreviewRequest) -> bool {
        fs::write(&request.to, jpeg(400, 300, 3)).unwrap();
        true
    }

    fn film(&self, request: &PreviewRequest) -> bool {
        assert_eq!(request.kind, AssetKind::Video);
        fs::write(&request.to, &self.film).unwrap();
        true
    }
}

fn film(length: usize) -> Vec<u8> {
    [b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".as_slice(), &noise(length, 9)].concat()
}

async fn sent_with(film_made: Vec<u8>) -> Vec<Vec<u8>> {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let studio = Arc::new(Studio { film: film_made });
    let outbox = open(Config { previewer: Some(studio), ..place.config() }).await;
    pair(&outbox, &desk, None).await;
    add(&outbox, &write(&place, "clip.mp4", &film(3 << 20)).path).await;
    let report = run_out(&outbox).await;
    assert_eq!((report.counts.delivered, report.counts.needs_person()), (1, 0), "{:?}", states(&outbox).await);
    assert!(fs::read_dir(place.folder.join("spool")).unwrap().count() == 1, "its lock alone");
    presses(&desk).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_goes_small_where_the_host_makes_it_so() {
    let small = film(300_000);
    assert_eq!(sent_with(small.clone()).await, [small]);
    assert!(sent_with(film(2 << 20)).await.is_empty(), "more than a film may have");
    assert!(sent_with(noise(100_000, 1)).await.is_empty(), "no film");
}

/// A full disk: the press waits, with a reason, and everything else goes on.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn without_room_for_it_the_rest_goes_and_it_waits() {
    use super::full_disk::Disk;
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let spool = place.folder.join("spool");
    let Some(disk) = Disk::mount(&spool, 1 << 20) else { return };
    let desk = receiver(store.path()).await;
    let outbox = place.open().await;
    pair(&outbox, &desk, None).await;
    let id = add(&outbox, &large(&place, "IMG_0001.jpg", 1).path).await;
    disk.fill(20_000);
    run(&outbox).await;
    let counts = outbox.counts().await.unwrap();
    assert_eq!((counts.delivered, counts.posts_delivered, counts.posts_open), (1, 1, 1));
    let state = outbox.asset(id).await.unwrap().state;
    let satchel::AssetState::Waiting { reason: reason @ satchel::WaitReason::Retry { .. }, .. } = &state else {
        panic!("{state:?}")
    };
    assert!(reason.words().contains("storage is full"), "{}", reason.words());
    assert!(left(&spool), "half of one was left");
    disk.free();
    let report = run_out(&outbox).await;
    assert_eq!((report.counts.needs_person(), presses(&desk).await.len()), (0, 1));
}

#[cfg(target_os = "linux")]
fn left(spool: &Path) -> bool {
    fs::read_dir(spool).unwrap().all(|entry| {
        let name = entry.unwrap().file_name();
        name == "lock" || name == "filler"
    })
}

/// A host whose encoder never makes the same film twice.
struct Fickle(AtomicU64);

impl Previewer for Fickle {
    fn picture(&self, _: &PreviewRequest) -> bool {
        false
    }

    fn film(&self, request: &PreviewRequest) -> bool {
        let seed = self.0.fetch_add(1, Ordering::SeqCst);
        fs::write(&request.to, [film(50_000), seed.to_be_bytes().to_vec()].concat()).unwrap();
        true
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_comes_out_otherwise_when_it_is_made_again_is_another_for_all() {
    let (place, store, other) = (Place::new(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let link = Simulator::start("127.0.0.1:0".parse().unwrap(), desk.addr(), 1).unwrap();
    let config = Config { previewer: Some(Arc::new(Fickle(AtomicU64::new(0)))), ..place.patient() };
    let outbox = open(config).await;
    pair(&outbox, &desk, Some(link.addr().port())).await;
    add(&outbox, &write(&place, "clip.mp4", &film(3 << 20)).path).await;
    stopped_in_the_middle(&outbox, &place, &link).await;
    // Gone while nobody has it, and then while somebody has.
    fs::remove_file(&made(&place)[0]).unwrap();
    run_out(&outbox).await;
    let late = receiver(other.path()).await;
    pair(&outbox, &late, None).await;
    let report = run_out(&outbox).await;
    assert_eq!(report.counts.needs_person(), 0, "{:?}", states(&outbox).await);
    for desk in [&desk, &late] {
        let there = |name: &str| (name.to_owned(), true);
        assert_eq!(shown(desk).await, [[there("original"), there("press")]]);
    }
    assert_eq!(presses(&desk).await, presses(&late).await);
    assert!(made(&place).is_empty());
}
