//! The newsroom's folder: contributor/day/original-name, sidecars, collisions, revisions, restarts.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod desk;

use std::fs;
use std::path::PathBuf;

use desk::{Desk, Phone};
use reqwest::Method;
use satchel_kernel::ids::{AssetId, BlobHash};
use serde_json::json;

struct Newsroom {
    desk: Desk,
    ana: Phone,
    folder: PathBuf,
}

impl Newsroom {
    async fn open() -> Self {
        let mut folder = PathBuf::new();
        let desk = Desk::open_with(|c| {
            folder = c.store.with_file_name("folder");
            c.folder = Some(folder.clone());
        })
        .await;
        let ana = desk.pair("Ana / Desk").await;
        Self { desk, ana, folder }
    }

    async fn post(&self, asset: u8, revision: u32, name: &str, photo: &[u8], caption: &str, time: &str) {
        let asset = AssetId::from_bytes([asset; 16]);
        let part = json!({ "role": "still", "rendition": "original", "hash": BlobHash::of(photo), "length": photo.len(), "name": name, "type": "image/jpeg" });
        let post = json!({
            "asset": asset, "revision": revision, "caption": caption, "tags": ["sea", "a&b"], "author": "Ana", "time": time,
            "place": { "name": "Hel", "latitude": 54.6, "longitude": -18.8 }, "parts": [part]
        });
        let reply = self
            .ana
            .request(&self.desk, Method::PUT, &format!("/v1/posts/{asset}/{revision}"))
            .json(&post)
            .send()
            .await
            .unwrap();
        assert_eq!(reply.status(), 201);
    }

    fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.folder.join(path)).ok()
    }

    async fn sees(&self, path: &str, text: &str) {
        desk::until(&format!("{path} holds {text}"), || async { self.read(path).is_some_and(|t| t.contains(text)) })
            .await;
    }

    fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut todo = vec![self.folder.clone()];
        while let Some(dir) = todo.pop() {
            for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
                if entry.path().is_dir() {
                    todo.push(entry.path());
                } else {
                    found.push(entry.path().strip_prefix(&self.folder).unwrap().to_string_lossy().into_owned());
                }
            }
        }
        found.sort();
        found
    }
}

const DAY: &str = "Ana _ Desk/2024-05-06";
const TIME: &str = "2024-05-06T23:08:09+02:00";

#[tokio::test]
async fn photos_lie_by_contributor_and_day_with_what_was_said() {
    let news = Newsroom::open().await;
    news.post(1, 1, "IMG_1.jpg", b"one", "Boats & <nets>", TIME).await;
    news.ana.send(&news.desk, b"one").await;
    news.sees(&format!("{DAY}/IMG_1.jpg.xmp"), "Boats &amp; &lt;nets&gt;").await;
    assert_eq!(news.read(&format!("{DAY}/IMG_1.jpg")).unwrap(), "one");
    let sidecar = news.read(&format!("{DAY}/IMG_1.jpg.xmp")).unwrap();
    for field in [
        "<rdf:li>sea</rdf:li><rdf:li>a&amp;b</rdf:li>",
        "<dc:creator><rdf:Seq><rdf:li>Ana</rdf:li>",
        "<Iptc4xmpCore:Location>Hel<",
        "<exif:GPSLatitude>54,36.00000N<",
        "<exif:GPSLongitude>18,48.00000W<",
        "<xmp:CreateDate>2024-05-06T23:08:09+02:00<",
    ] {
        assert!(sidecar.contains(field), "{field} is not in {sidecar}");
    }

    // Another photo of the same name, and a twin of the first.
    news.post(2, 1, "img_1.JPG", b"two", "Second", TIME).await;
    news.ana.send(&news.desk, b"two").await;
    news.sees(&format!("{DAY}/img_1-2.JPG"), "two").await;
    news.post(3, 1, "IMG_1.jpg", b"one", "Twin", TIME).await;
    // `IMG_1-2.jpg` is taken, on disks that do not tell cases apart.
    news.sees(&format!("{DAY}/IMG_1-3.jpg.xmp"), "Twin").await;
    // A name that would leave the folder.
    news.post(4, 1, "../../../evil.jpg", b"four", "Fourth", TIME).await;
    news.ana.send(&news.desk, b"four").await;
    news.sees(&format!("{DAY}/_.._.._.._evil.jpg"), "four").await;

    // An edit in the newsroom does not reach the blob that the receipt speaks of.
    fs::write(news.folder.join(format!("{DAY}/IMG_1.jpg")), "edited").unwrap();
    assert_eq!(fs::read(news.desk.receiver().blob_path(&BlobHash::of(b"one"))).unwrap(), b"one");
}

#[tokio::test]
async fn a_later_revision_rewrites_moves_and_leaves_alone_what_was_taken_away() {
    let news = Newsroom::open().await;
    news.ana.send(&news.desk, b"one").await;
    desk::until("the bare upload is laid out", || async { news.files().len() == 2 }).await;
    news.post(1, 1, "IMG_1.jpg", b"one", "First words", TIME).await;
    news.sees(&format!("{DAY}/IMG_1.jpg.xmp"), "First words").await;
    desk::until("the bare name is gone", || async {
        news.files() == [format!("{DAY}/IMG_1.jpg"), format!("{DAY}/IMG_1.jpg.xmp")]
    })
    .await;
    news.post(1, 2, "IMG_1.jpg", b"one", "Better words", TIME).await;
    news.sees(&format!("{DAY}/IMG_1.jpg.xmp"), "Better words").await;
    news.post(1, 3, "IMG_1.jpg", b"one", "Another day", "2024-05-09T10:00:00+02:00").await;
    news.sees("Ana _ Desk/2024-05-09/IMG_1.jpg.xmp", "Another day").await;
    desk::until("the old day is gone", || async { !news.folder.join(DAY).exists() }).await;

    fs::remove_file(news.folder.join("Ana _ Desk/2024-05-09/IMG_1.jpg")).unwrap();
    news.post(1, 4, "IMG_1.jpg", b"one", "Too late", "2024-05-09T10:00:00+02:00").await;
    news.post(2, 1, "IMG_2.jpg", b"two", "Next", TIME).await;
    news.ana.send(&news.desk, b"two").await;
    news.sees(&format!("{DAY}/IMG_2.jpg.xmp"), "Next").await;
    assert!(news.read("Ana _ Desk/2024-05-09/IMG_1.jpg").is_none(), "what an editor took away stays away");
}

#[tokio::test]
async fn what_was_interrupted_is_done_at_the_next_start() {
    let mut news = Newsroom::open().await;
    news.post(1, 1, "IMG_1.jpg", b"one", "Words", TIME).await;
    news.ana.send(&news.desk, b"one").await;
    news.sees(&format!("{DAY}/IMG_1.jpg.xmp"), "Words").await;
    news.desk.stop().await;

    // As a kill leaves it: the path is taken, the file is half there, the asset is not done.
    let db = rusqlite::Connection::open(news.desk.config.store.join("receiver.sqlite")).unwrap();
    db.execute_batch("UPDATE laid SET placed = 0; UPDATE asset SET unlaid = 2;").unwrap();
    drop(db);
    fs::write(news.folder.join(format!("{DAY}/IMG_1.jpg")), "o").unwrap();
    fs::remove_file(news.folder.join(format!("{DAY}/IMG_1.jpg.xmp"))).unwrap();
    news.desk.start().await;
    news.sees(&format!("{DAY}/IMG_1.jpg.xmp"), "Words").await;
    assert_eq!(news.read(&format!("{DAY}/IMG_1.jpg")).unwrap(), "one");
    assert_eq!(news.files().len(), 2, "{:?}", news.files());

    // A folder that is named only later gets everything.
    news.desk.stop().await;
    fs::remove_dir_all(&news.folder).unwrap();
    let db = rusqlite::Connection::open(news.desk.config.store.join("receiver.sqlite")).unwrap();
    db.execute_batch("DELETE FROM laid; UPDATE asset SET unlaid = 1;").unwrap();
    drop(db);
    news.desk.start().await;
    news.sees(&format!("{DAY}/IMG_1.jpg"), "one").await;
}

/// Something else has the name of a day's shelf.
#[tokio::test]
async fn what_cannot_be_laid_out_holds_up_nothing_else_and_is_tried_again() {
    let news = Newsroom::open().await;
    fs::create_dir_all(news.folder.join("Ana _ Desk")).unwrap();
    fs::write(news.folder.join(DAY), "in the way").unwrap();
    for (asset, photo) in [(1, b"one"), (2, b"two")] {
        news.post(asset, 1, &format!("IMG_{asset}.jpg"), photo, "Stuck", TIME).await;
        news.ana.send(&news.desk, photo).await;
    }
    let other = "2024-05-09T10:00:00+02:00";
    news.post(3, 1, "IMG_3.jpg", b"three", "Free", other).await;
    news.ana.send(&news.desk, b"three").await;
    news.sees("Ana _ Desk/2024-05-09/IMG_3.jpg.xmp", "Free").await;
    fs::remove_file(news.folder.join(DAY)).unwrap();
    news.post(4, 1, "IMG_4.jpg", b"four", "Free", other).await;
    news.ana.send(&news.desk, b"four").await;
    for (asset, photo) in [(1, "one"), (2, "two")] {
        news.sees(&format!("{DAY}/IMG_{asset}.jpg"), photo).await;
    }
}
