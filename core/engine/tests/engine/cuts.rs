//! Law 4 over sockets: an upload that is cut anywhere ends whole, goes on from where the server says, and sends nothing
//! again that the server has.

use std::collections::HashMap;

use satchel::{AssetState, Proof};
use satchel_testkit::Chance;
use satchel_testkit::liar::{LyingTus, Seen};
use satchel_testkit::link::{Conditions, Cut, Simulator, Stats};

use super::world::{Photo, Place, add, pair, receiver, run_out, side_by_side, states, within};

/// Length of the photos, in bytes.
const LENGTH: usize = 66_000;
/// More than the requests' heads and the TLS handshake take on the way.
const HEADS: u64 = 4_000;

/// A place on the way, and how much of what was read before it never arrives.
fn cut(chance: &mut Chance) -> Cut {
    let after = match chance.below(8) {
        0 => chance.below(1_500),
        1 => LENGTH as u64 + chance.below(HEADS),
        _ => chance.below(LENGTH as u64 + HEADS),
    };
    let cut = match chance.below(2) {
        0 => Cut::forwarding(after),
        _ => Cut::swallowing(after, chance.below(after + 1)),
    };
    cut.on_whole_link()
}

async fn cuts_at_a_tus_server(seed: u64, cases: u64) {
    let place = Place::new();
    let tus = LyingTus::start().await.unwrap();
    let link = Simulator::start("127.0.0.1:0".parse().unwrap(), tus.addr(), seed).unwrap();
    let outbox = place.open().await;
    outbox.set_tus_target(format!("http://{}/files/", link.addr()).parse().unwrap()).await.unwrap();
    let mut chance = Chance::new(seed);
    for case in 0..cases {
        let cut = cut(&mut chance);
        let what = format!("seed {seed}, case {case}, {cut:?}");
        let photo = place.photo(&format!("IMG_{case}.JPG"), LENGTH, seed << 32 | case);
        let (seen_before, before) = (tus.seen().len(), link.stats());
        link.set(Conditions::open().cut_after(cut));
        add(&outbox, &photo.path).await;
        let report = within(run_out(&outbox)).await;
        assert_eq!((report.counts.delivered, report.counts.needs_person()), (case + 1, 0), "{what}");
        assert_eq!(tus.completions_of(&photo.hash), 1, "{what}: completed not once");
        whole(&tus, &photo, &what);
        from_where_the_server_stood(&tus.seen()[seen_before..], &photo, &what);
        nothing_twice(&before, &link.stats(), &what);
    }
    // A head that is swallowed leaves both sides waiting, and the client gives up before the link cuts.
    let cuts = link.stats().cuts;
    assert!(cuts * 2 > cases, "seed {seed}: only {cuts} of {cases} cuts fell");
}

/// What the server has is the photo.
fn whole(tus: &LyingTus, photo: &Photo, what: &str) {
    let done = tus.completed().into_iter().find(|c| c.hash == photo.hash).unwrap();
    assert_eq!(tus.bytes_of(&done.id).unwrap(), photo.bytes, "{what}");
}

/// By the count of the link in between: bytes that were sent again are at most those that it swallowed. Heads,
/// handshakes, have-checks and posts of all connections together are far below half a photo.
fn nothing_twice(before: &Stats, after: &Stats, what: &str) {
    let (read, lost) = (after.read_up - before.read_up, after.swallowed_up - before.swallowed_up);
    let besides = LENGTH as u64 / 2;
    assert!(read <= LENGTH as u64 + lost + besides, "{what}: {read} bytes read, {lost} swallowed");
}

/// Each PATCH began where the upload stood, so that no byte came twice.
pub(crate) fn from_where_the_server_stood(seen: &[Seen], photo: &Photo, what: &str) {
    let mut kept: HashMap<&str, u64> = HashMap::new();
    for request in seen.iter().filter(|s| s.method == "PATCH") {
        let offset: u64 = request.header("upload-offset").unwrap().parse().unwrap();
        let stands = kept.entry(&request.path).or_default();
        assert_eq!(offset, *stands, "{what}: a PATCH from elsewhere than where the upload stood");
        *stands += request.body;
    }
    let mut kept: Vec<_> = kept.into_values().filter(|kept| *kept > 0).collect();
    kept.sort_unstable();
    assert_eq!(kept, [photo.bytes.len() as u64], "{what}: the server was sent something twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_at_256_places_a_photo_arrives_whole_once_and_no_byte_of_it_twice() {
    side_by_side((1..=8).map(|seed| cuts_at_a_tus_server(seed, 32))).await;
}

async fn cuts_at_a_receiver(seed: u64, cases: u64) {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let receiver = receiver(store.path()).await;
    let link = Simulator::start("127.0.0.1:0".parse().unwrap(), receiver.addr(), seed).unwrap();
    let outbox = place.open().await;
    pair(&outbox, &receiver, Some(link.addr().port())).await;
    let mut chance = Chance::new(seed);
    for case in 0..cases {
        let cut = cut(&mut chance);
        let what = format!("seed {seed}, case {case}, {cut:?}");
        let photo = place.photo(&format!("IMG_{case}.JPG"), LENGTH, seed << 32 | case);
        let before = link.stats();
        link.set(Conditions::open().cut_after(cut));
        let id = add(&outbox, &photo.path).await;
        let report = within(run_out(&outbox)).await;
        assert_eq!(
            (report.counts.delivered, report.counts.needs_person()),
            (case + 1, 0),
            "{what}: {:?}",
            states(&outbox).await
        );
        let state = outbox.asset(id).await.unwrap().state;
        assert_eq!(state, AssetState::Delivered { proof: Proof::Receipt }, "{what}");
        let completed = receiver.completed_uploads().await.unwrap();
        let once = completed.iter().filter(|c| c.hash.to_string() == photo.hash).count();
        assert_eq!(once, 1, "{what}: completed not once");
        let hash = photo.hash.parse().unwrap();
        assert_eq!(std::fs::read(receiver.blob_path(&hash)).unwrap(), photo.bytes, "{what}");
        nothing_twice(&before, &link.stats(), &what);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cut_on_its_way_to_a_receiver_a_photo_is_signed_for_once() {
    side_by_side((1..=4).map(|seed| cuts_at_a_receiver(seed, 12))).await;
}
