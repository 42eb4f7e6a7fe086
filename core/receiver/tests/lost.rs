//! Blobs whose files are gone or cut short behind the receiver's back: nothing more is promised of them, and
//! a client that asks can send them again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod desk;

use std::fs;
use std::path::{Path, PathBuf};

use desk::{Desk, Phone, bytes, header, location};
use reqwest::{Method, Response};
use satchel_kernel::ids::{AssetId, BlobHash};
use serde_json::{Value, json};

const BYTES: &str = "application/offset+octet-stream";

fn blob(desk: &Desk, photo: &[u8]) -> PathBuf {
    let name = BlobHash::of(photo).to_string();
    desk.config.store.join("blobs").join(&name[..2]).join(name)
}

fn empty(path: &Path) {
    fs::write(path, b"").unwrap();
}

async fn state(desk: &Desk, phone: &Phone, photo: &[u8]) -> String {
    let reply = phone.have(desk, &[BlobHash::of(photo)]).await;
    reply["results"][0]["state"].as_str().unwrap().to_owned()
}

async fn send_keyed(desk: &Desk, phone: &Phone, key: &str, photo: &[u8]) -> Response {
    let request = phone.creation(desk, photo).header("Idempotency-Key", key).header("Content-Type", BYTES);
    let reply = request.body(photo.to_vec()).send().await.unwrap();
    assert_eq!(reply.status(), 201);
    reply
}

async fn assets(desk: &Desk) -> Vec<Value> {
    let request = desk.http.get(desk.url("/api/assets?limit=500")).bearer_auth(desk.receiver().viewer_key());
    let list: Value = request.send().await.unwrap().json().await.unwrap();
    list["assets"].as_array().unwrap().clone()
}

type Fate = (&'static str, fn(&Path));

/// What can befall a blob's file.
const FATES: [Fate; 3] = [
    ("gone", |p| fs::remove_file(p).unwrap()),
    ("emptied", empty),
    ("cut short", |p| fs::File::options().write(true).open(p).unwrap().set_len(999).unwrap()),
];

#[tokio::test]
async fn the_have_check_does_not_promise_what_is_not_on_disk() {
    for (number, (fate, strike)) in (0_u32..).zip(FATES) {
        let mut desk = Desk::open().await;
        let ana = desk.pair("Ana").await;
        let (photo, other) = (bytes(5000, 40 + number), bytes(700, 1));
        let first = location(&send_keyed(&desk, &ana, "photo 1", &photo).await);
        ana.send(&desk, &other).await;
        desk.stop().await;
        strike(&blob(&desk, &photo));
        desk.start().await;

        assert_eq!(state(&desk, &ana, &photo).await, "missing", "{fate}");
        assert_eq!(state(&desk, &ana, &photo).await, "missing", "{fate}, asked again");
        assert_eq!(state(&desk, &ana, &other).await, "have", "{fate}: another blob is not touched");
        let here = assets(&desk).await.iter().filter(|a| a["parts"][0]["here"] == true).count();
        assert_eq!(here, 1, "{fate}: the page does not say that it is here");
        let head = ana.tus(&desk, "HEAD", &first).send().await.unwrap();
        assert_eq!(head.status(), 410, "{fate}");
        assert!(head.headers().get("satchel-receipt").is_none(), "{fate}");

        let again = send_keyed(&desk, &ana, "photo 1", &photo).await;
        assert_ne!(location(&again), first, "{fate}");
        let receipt = ana.verified(&header(&again, "satchel-receipt"));
        assert_eq!((receipt.hash, receipt.length), (BlobHash::of(&photo), 5000), "{fate}");
        assert_eq!(format!("/files/{}", receipt.upload), location(&again), "{fate}");
        assert_eq!(fs::read(blob(&desk, &photo)).unwrap(), photo, "{fate}: the bytes landed");
        assert_eq!(state(&desk, &ana, &photo).await, "have", "{fate}");
        assert_eq!(desk.completed().await, 2, "{fate}");
        let shown = assets(&desk).await;
        assert_eq!(shown.len(), 2, "{fate}: no photo is shown twice: {shown:?}");
        assert!(shown.iter().all(|a| a["parts"][0]["here"] == true), "{fate}: {shown:?}");
    }
}

#[tokio::test]
async fn a_complete_uploads_answers_do_not_promise_what_is_not_on_disk() {
    // Nobody ran a have-check before these.
    for (fate, strike) in FATES {
        let desk = Desk::open().await;
        let ana = desk.pair("Ana").await;
        let (headed, patched, created) = (bytes(4000, 51), bytes(4100, 52), bytes(4200, 53));
        let mut paths = Vec::new();
        for photo in [&headed, &patched, &created] {
            paths.push(location(&send_keyed(&desk, &ana, &format!("key {}", photo.len()), photo).await));
            strike(&blob(&desk, photo));
        }
        let head = ana.tus(&desk, "HEAD", &paths[0]).send().await.unwrap();
        let patch = ana.patch(&desk, &paths[1], 4100, b"").send().await.unwrap();
        for reply in [&head, &patch] {
            assert_eq!(reply.status(), 410, "{fate}");
            assert!(reply.headers().get("satchel-receipt").is_none(), "{fate}");
        }
        let create = ana.creation(&desk, &created).header("Idempotency-Key", "key 4200").send().await.unwrap();
        assert_eq!((create.status().as_u16(), header(&create, "upload-offset")), (201, "0".into()), "{fate}");
        assert!(create.headers().get("satchel-receipt").is_none(), "{fate}");
        let fresh = location(&create);
        assert_ne!(fresh, paths[2], "{fate}");
        let done = ana.patch(&desk, &fresh, 0, &created).send().await.unwrap();
        assert_eq!(ana.verified(&header(&done, "satchel-receipt")).hash, BlobHash::of(&created), "{fate}");
        assert_eq!(fs::read(blob(&desk, &created)).unwrap(), created, "{fate}");
        assert_eq!(state(&desk, &ana, &headed).await, "missing", "{fate}");
        assert_eq!(state(&desk, &ana, &created).await, "have", "{fate}");
    }
}

#[tokio::test]
async fn what_was_verified_lands_whatever_lies_under_the_blobs_name() {
    let desk = Desk::open().await;
    let (ana, bob) = (desk.pair("Ana").await, desk.pair("Bob").await);
    let photo = bytes(3000, 61);
    ana.send(&desk, &photo).await;
    for lies in [Vec::new(), photo[..1000].to_vec(), bytes(3000, 62), bytes(3001, 63)] {
        fs::write(blob(&desk, &photo), &lies).unwrap();
        let path = bob.send(&desk, &photo).await;
        assert!(fs::read(blob(&desk, &photo)).unwrap() == photo, "{} bytes lay there", lies.len());
        assert_eq!(ana.tus(&desk, "HEAD", &path).send().await.unwrap().status(), 404);
    }
    assert_eq!(state(&desk, &ana, &photo).await, "have", "the same bytes are here again, whoever brought them");
    let shelf: Vec<_> = fs::read_dir(blob(&desk, &photo).parent().unwrap()).unwrap().collect();
    assert_eq!(shelf.len(), 1, "nothing else is left beside it: {shelf:?}");
}

#[tokio::test]
async fn what_a_viewer_deleted_is_not_taken_for_lost() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let path = location(&send_keyed(&desk, &ana, "photo 1", b"photo").await);
    let id = assets(&desk).await[0]["id"].as_i64().unwrap();
    assert!(desk.receiver().delete_asset(id).await.unwrap());
    assert!(!blob(&desk, b"photo").exists());
    let again = send_keyed(&desk, &ana, "photo 1", b"photo").await;
    assert_eq!(location(&again), path, "a client that did not hear the answer does not bring it back");
    assert_eq!(ana.tus(&desk, "HEAD", &path).send().await.unwrap().status(), 200);
    assert_eq!(state(&desk, &ana, b"photo").await, "deleted");
    assert!(assets(&desk).await.is_empty());
}

async fn post(desk: &Desk, phone: &Phone, number: u8, photo: &[u8]) {
    let asset = AssetId::from_bytes([number; 16]);
    let part = json!({ "role": "still", "rendition": "original", "hash": BlobHash::of(photo), "length": photo.len(), "name": format!("IMG_{number}.jpg"), "type": "image/jpeg" });
    let post = json!({ "asset": asset, "revision": 1, "caption": "Words", "tags": [], "time": "2024-05-06T23:08:09+02:00", "parts": [part] });
    let reply = phone.request(desk, Method::PUT, &format!("/v1/posts/{asset}/1")).json(&post).send().await.unwrap();
    assert_eq!(reply.status(), 201);
}

#[tokio::test]
async fn the_folder_goes_on_without_a_lost_blob_and_lays_it_out_when_it_comes() {
    let mut desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let photos: Vec<Vec<u8>> = (1..=5).map(|n| bytes(2000, 70 + n)).collect();
    for (number, photo) in (1_u8..).zip(&photos) {
        // The second one comes without a post.
        if number != 2 {
            post(&desk, &ana, number, photo).await;
        }
        send_keyed(&desk, &ana, &format!("photo {number}"), photo).await;
    }
    desk.stop().await;
    let spare = desk.dir.path().join("spare");
    fs::rename(blob(&desk, &photos[0]), &spare).unwrap();
    fs::remove_file(blob(&desk, &photos[1])).unwrap();
    empty(&blob(&desk, &photos[2]));
    let folder = desk.dir.path().join("folder");
    desk.config.folder = Some(folder.clone());
    desk.start().await;

    let shelf = folder.join("Ana/2024-05-06");
    let laid = |number: usize| fs::read(shelf.join(format!("IMG_{number}.jpg"))).ok();
    for number in [4, 5] {
        desk::until(&format!("{number} is laid out"), async || laid(number).as_ref() == Some(&photos[number - 1]))
            .await;
    }
    assert!([1, 2, 3].into_iter().all(|n| laid(n).is_none()));

    // One comes while the others stay away; they do not hold up what is new either.
    assert_eq!(state(&desk, &ana, &photos[2]).await, "missing");
    send_keyed(&desk, &ana, "photo 3", &photos[2]).await;
    desk::until("3 is laid out", async || laid(3).as_ref() == Some(&photos[2])).await;
    let fresh = bytes(2000, 90);
    post(&desk, &ana, 6, &fresh).await;
    ana.send(&desk, &fresh).await;
    desk::until("6 is laid out", async || laid(6).as_ref() == Some(&fresh)).await;
    assert!(laid(1).is_none());

    // Bob brings the bytes of Ana's photo without a post; hers is laid out as well.
    let bob = desk.pair("Bob").await;
    bob.send(&desk, &photos[1]).await;
    let bare = |name: &str| {
        let days = fs::read_dir(folder.join(name)).into_iter().flatten().flatten();
        let files = days.flat_map(|day| fs::read_dir(day.path()).into_iter().flatten().flatten());
        files.filter(|f| fs::read(f.path()).is_ok_and(|b| b == photos[1])).count()
    };
    desk::until("both have it", async || (bare("Ana"), bare("Bob")) == (1, 1)).await;

    // What is put back by hand is found at the next start.
    desk.stop().await;
    fs::rename(&spare, blob(&desk, &photos[0])).unwrap();
    desk.start().await;
    desk::until("1 is laid out", async || laid(1).as_ref() == Some(&photos[0])).await;
    assert_eq!(state(&desk, &ana, &photos[0]).await, "have");
}

/// Whoever copies the store of a receiver that was stopped copies all of it: SQLite keeps no log beside a database that is closed.
/// (Here, where no test starts a process: that would hold the lock until it is another program.)
#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_stopped_holds_no_file_open() {
    let mut desk = Desk::open().await;
    for round in 0..20 {
        desk.pair("Ana").await.send(&desk, &bytes(1_000, round)).await;
        desk.stop().await;
        assert!(!desk.config.store.join("receiver.sqlite-wal").exists(), "round {round}");
        desk.start().await;
    }
}
