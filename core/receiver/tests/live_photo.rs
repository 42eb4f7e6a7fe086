//! A live photo, still and motion in two files, at the receiver: one post, two files, and gone as one.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod desk;

use std::fs;
use std::path::PathBuf;

use desk::{Desk, Phone, header, location};
use reqwest::{Method, RequestBuilder, Response};
use satchel_kernel::ids::{AssetId, BlobHash};
use serde_json::{Value, json};

const TIME: &str = "2024-05-06T07:08:09+02:00";
const SHELF: &str = "Ana/2024-05-06";

/// One live photo, or a plain photo, as its phone has it: files by role, name and bytes.
struct Taken<'a> {
    number: u8,
    files: Vec<(&'a str, &'a str, &'a [u8])>,
}

impl<'a> Taken<'a> {
    fn live(number: u8, still: (&'a str, &'a [u8]), motion: (&'a str, &'a [u8])) -> Self {
        Self { number, files: vec![("still", still.0, still.1), ("motion", motion.0, motion.1)] }
    }

    fn plain(number: u8, name: &'a str, bytes: &'a [u8]) -> Self {
        Self { number, files: vec![("still", name, bytes)] }
    }

    async fn post(&self, desk: &Desk, phone: &Phone, revision: u32, headers: &[(&str, &str)]) -> u16 {
        let asset = AssetId::from_bytes([self.number; 16]);
        let parts = self.files.iter().map(|(role, name, bytes)| {
            let media_type = if *role == "motion" { "video/quicktime" } else { "image/heic" };
            json!({ "role": role, "rendition": "original", "hash": BlobHash::of(bytes), "length": bytes.len(), "name": name, "type": media_type })
        });
        let document = json!({ "asset": asset, "revision": revision, "caption": "Boats", "tags": ["sea"], "time": TIME, "parts": parts.collect::<Vec<_>>() });
        let mut request = phone.request(desk, Method::PUT, &format!("/v1/posts/{asset}/{revision}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(document.to_string()).send().await.unwrap().status().as_u16()
    }
}

async fn look(desk: &Desk, path: &str) -> Response {
    desk.http.get(desk.url(path)).bearer_auth(desk.receiver().viewer_key()).send().await.unwrap()
}

async fn shown(desk: &Desk) -> Vec<Value> {
    look(desk, "/api/assets").await.json::<Value>().await.unwrap()["assets"].as_array().unwrap().clone()
}

fn here(asset: &Value) -> Vec<bool> {
    asset["parts"].as_array().unwrap().iter().map(|p| p["here"].as_bool().unwrap()).collect()
}

async fn state(desk: &Desk, phone: &Phone, bytes: &[u8]) -> String {
    phone.have(desk, &[BlobHash::of(bytes)]).await["results"][0]["state"].as_str().unwrap().to_owned()
}

fn on_disk(desk: &Desk, bytes: &[u8]) -> bool {
    desk.receiver().blob_path(&BlobHash::of(bytes)).exists()
}

#[tokio::test]
async fn it_is_one_post_with_two_files_in_whichever_order_they_come() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let first = Taken::live(1, ("IMG_1.HEIC", b"still"), ("IMG_1.MOV", b"motion"));
    assert_eq!(first.post(&desk, &ana, 1, &[]).await, 201);
    ana.send(&desk, b"still").await;
    let list = shown(&desk).await;
    assert_eq!((list.len(), here(&list[0])), (1, vec![true, false]), "the motion is still to come");
    let id = list[0]["id"].as_i64().unwrap();
    assert_eq!(look(&desk, &format!("/media/{id}/1")).await.status(), 404);
    let path = ana.create(&desk, b"motion").await;
    ana.patch(&desk, &path, 0, b"mot").send().await.unwrap();
    assert_eq!(shown(&desk).await[0]["parts"][1]["received"], 3);
    ana.patch(&desk, &path, 3, b"ion").send().await.unwrap();

    // Both files of the second come before their post, and are shown by themselves till then.
    ana.send(&desk, b"other motion").await;
    ana.send(&desk, b"other still").await;
    assert_eq!(shown(&desk).await.len(), 3);
    let second = Taken::live(2, ("IMG_2", b"other still"), ("IMG_2", b"other motion"));
    assert_eq!(second.post(&desk, &ana, 1, &[]).await, 201);

    let list = shown(&desk).await;
    assert_eq!(list.len(), 2);
    for asset in &list {
        assert_eq!(here(asset), [true, true]);
        let roles: Vec<_> = asset["parts"].as_array().unwrap().iter().map(|p| p["role"].as_str().unwrap()).collect();
        assert_eq!(roles, ["still", "motion"]);
    }
    let tags: Value = look(&desk, "/api/tags").await.json().await.unwrap();
    assert_eq!(tags, json!([{ "tag": "sea", "count": 2 }]), "a live photo counts once");
    assert_eq!(desk.receiver().assets().await.unwrap().len(), 2);
    assert_eq!(desk.completed().await, 4, "each file has its own upload, and its own receipt");
    let id = list.iter().find(|a| a["parts"][0]["name"] == "IMG_1.HEIC").unwrap()["id"].as_i64().unwrap();
    for (position, name, kind, bytes) in
        [(0, "IMG_1.HEIC", "image/heic", "still"), (1, "IMG_1.MOV", "video/quicktime", "motion")]
    {
        let kept = look(&desk, &format!("/media/{id}/{position}?download=1")).await;
        assert_eq!(header(&kept, "content-type"), kind);
        assert!(header(&kept, "content-disposition").starts_with(&format!("attachment; filename=\"{name}\"")));
        assert_eq!(kept.text().await.unwrap(), bytes);
    }
}

/// The newsroom's folder: what is in it, without the sidecars, each of which must be there.
struct Folder(PathBuf);

impl Folder {
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.join(SHELF)).into_iter().flatten();
        let mut all: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        all.sort();
        all
    }

    async fn holds(&self, want: &[(&str, &str)]) {
        let read = |name: &str| fs::read_to_string(self.0.join(SHELF).join(name)).ok();
        for (name, text) in want {
            desk::until(&format!("{name} holds {text}: {:?}", self.names()), || async {
                read(name).as_deref() == Some(*text) && read(&format!("{name}.xmp")).is_some()
            })
            .await;
        }
        // A sidecar that is written once more has a file of its own until it is whole.
        let alone = async || self.names().len() == 2 * want.len();
        desk::until(&format!("nothing else is there: {:?}", self.names()), alone).await;
    }
}

async fn newsroom() -> (Desk, Phone, Folder) {
    let mut folder = PathBuf::new();
    let desk = Desk::open_with(|c| {
        folder = c.store.with_file_name("folder");
        c.folder = Some(folder.clone());
    })
    .await;
    let ana = desk.pair("Ana").await;
    (desk, ana, Folder(folder))
}

#[tokio::test]
async fn in_the_folder_still_and_motion_keep_one_name() {
    let (desk, ana, folder) = newsroom().await;
    // A plain photo has the name already, so the still is numbered; its motion must not end up beside the wrong still.
    Taken::plain(1, "IMG_1.HEIC", b"plain").post(&desk, &ana, 1, &[]).await;
    ana.send(&desk, b"plain").await;
    folder.holds(&[("IMG_1.HEIC", "plain")]).await;
    Taken::live(2, ("IMG_1.HEIC", b"still"), ("IMG_1.MOV", b"motion")).post(&desk, &ana, 1, &[]).await;
    ana.send(&desk, b"still").await;
    folder.holds(&[("IMG_1.HEIC", "plain"), ("IMG_1-2.HEIC", "still")]).await;
    // Another one comes whole, its motion first, before the first one's motion does.
    Taken::live(3, ("IMG_1.HEIC", b"other still"), ("IMG_1.MOV", b"other motion")).post(&desk, &ana, 1, &[]).await;
    ana.send(&desk, b"other motion").await;
    ana.send(&desk, b"other still").await;
    ana.send(&desk, b"motion").await;
    folder
        .holds(&[
            ("IMG_1.HEIC", "plain"),
            ("IMG_1-2.HEIC", "still"),
            ("IMG_1-2.MOV", "motion"),
            ("IMG_1-3.HEIC", "other still"),
            ("IMG_1-3.MOV", "other motion"),
        ])
        .await;
}

#[tokio::test]
async fn a_name_that_was_kept_for_a_motion_is_not_taken_from_who_used_it_meanwhile() {
    let (desk, ana, folder) = newsroom().await;
    Taken::live(1, ("IMG_1.HEIC", b"still"), ("IMG_1.MOV", b"motion")).post(&desk, &ana, 1, &[]).await;
    ana.send(&desk, b"still").await;
    folder.holds(&[("IMG_1.HEIC", "still")]).await;
    for name in ["IMG_1.MOV", "IMG_1.MOV.xmp"] {
        fs::write(folder.0.join(SHELF).join(name), "an editor's own").unwrap();
    }
    ana.send(&desk, b"motion").await;
    folder.holds(&[("IMG_1-2.MOV", "motion"), ("IMG_1.HEIC", "still"), ("IMG_1.MOV", "an editor's own")]).await;
}

#[tokio::test]
async fn in_the_folder_files_of_one_name_do_not_collide() {
    let (desk, ana, folder) = newsroom().await;
    Taken::live(1, ("IMG_1", b"still"), ("IMG_1", b"motion")).post(&desk, &ana, 1, &[]).await;
    ana.send(&desk, b"still").await;
    ana.send(&desk, b"motion").await;
    folder.holds(&[("IMG_1", "still"), ("IMG_1-2", "motion")]).await;
    Taken::live(1, ("IMG_1", b"still"), ("IMG_1", b"motion")).post(&desk, &ana, 2, &[]).await;
    // Laid after the revision, so that it was looked at by then.
    Taken::plain(2, "IMG_2.HEIC", b"next").post(&desk, &ana, 1, &[]).await;
    ana.send(&desk, b"next").await;
    folder.holds(&[("IMG_2.HEIC", "next"), ("IMG_1", "still"), ("IMG_1-2", "motion")]).await;
}

#[tokio::test]
async fn both_files_of_the_same_bytes_stay_in_the_folder() {
    let (desk, ana, folder) = newsroom().await;
    Taken::live(1, ("IMG_1.HEIC", b"same"), ("IMG_1.MOV", b"same")).post(&desk, &ana, 1, &[]).await;
    ana.send(&desk, b"same").await;
    folder.holds(&[("IMG_1.HEIC", "same"), ("IMG_1.MOV", "same")]).await;
    Taken::live(1, ("IMG_1.HEIC", b"same"), ("IMG_1.MOV", b"same")).post(&desk, &ana, 2, &[]).await;
    Taken::plain(2, "IMG_2.HEIC", b"next").post(&desk, &ana, 1, &[]).await;
    ana.send(&desk, b"next").await;
    folder.holds(&[("IMG_2.HEIC", "next"), ("IMG_1.HEIC", "same"), ("IMG_1.MOV", "same")]).await;
}

#[tokio::test]
async fn deleting_it_takes_both_files_and_no_twin() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    Taken::live(1, ("IMG_1.HEIC", b"still"), ("IMG_1.MOV", b"motion")).post(&desk, &ana, 1, &[]).await;
    Taken::plain(2, "IMG_9.HEIC", b"still").post(&desk, &ana, 1, &[]).await;
    Taken::live(3, ("IMG_3.HEIC", b"third still"), ("IMG_3.MOV", b"third motion")).post(&desk, &ana, 1, &[]).await;
    for bytes in [&b"still"[..], b"motion", b"third still", b"third motion"] {
        ana.send(&desk, bytes).await;
    }
    let list = shown(&desk).await;
    let row = |name: &str| list.iter().find(|a| a["parts"][0]["name"] == name).unwrap()["id"].as_i64().unwrap();
    assert!(desk.receiver().delete_asset(row("IMG_1.HEIC")).await.unwrap());
    assert!(desk.receiver().delete_asset(row("IMG_3.HEIC")).await.unwrap());
    let left = shown(&desk).await;
    assert_eq!((left.len(), &left[0]["parts"][0]["name"], here(&left[0])), (1, &json!("IMG_9.HEIC"), vec![true]));
    for (bytes, said) in
        [(&b"still"[..], "have"), (b"motion", "deleted"), (b"third still", "deleted"), (b"third motion", "deleted")]
    {
        assert_eq!(state(&desk, &ana, bytes).await, said);
        assert_eq!(on_disk(&desk, bytes), said == "have");
    }
}

#[tokio::test]
async fn a_motion_that_had_not_come_does_not_come_after_its_post_was_deleted() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let live = Taken::live(1, ("IMG_1.HEIC", b"still"), ("IMG_1.MOV", b"motion"));
    live.post(&desk, &ana, 1, &[]).await;
    ana.send(&desk, b"still").await;
    assert_eq!(state(&desk, &ana, b"motion").await, "missing");
    let id = shown(&desk).await[0]["id"].as_i64().unwrap();
    assert!(desk.receiver().delete_asset(id).await.unwrap());
    assert_eq!(state(&desk, &ana, b"motion").await, "deleted", "so that nobody sends it, to be shown without words");

    // A person's word brings back both, sent anew; one of them before the post.
    assert_eq!(ana.creation(&desk, b"motion").send().await.unwrap().status(), 410);
    let again = ("Satchel-Override-Deleted", "1");
    let motion = location(&ana.creation(&desk, b"motion").header(again.0, again.1).send().await.unwrap());
    assert_eq!(ana.patch(&desk, &motion, 0, b"motion").send().await.unwrap().status(), 204);
    assert_eq!(live.post(&desk, &ana, 1, &[again]).await, 200);
    assert_eq!(here(&shown(&desk).await[0]), [false, true]);
    ana.send(&desk, b"still").await;
    let list = shown(&desk).await;
    assert_eq!((list.len(), here(&list[0])), (1, vec![true, true]));
}

#[tokio::test]
async fn a_motion_that_is_on_its_way_when_its_post_is_deleted_is_thrown_away() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    Taken::live(1, ("IMG_1.HEIC", b"still"), ("IMG_1.MOV", b"motion")).post(&desk, &ana, 1, &[]).await;
    ana.send(&desk, b"still").await;
    let path = ana.create(&desk, b"motion").await;
    ana.patch(&desk, &path, 0, b"mot").send().await.unwrap();
    let writing = ana.create(&desk, b"still, sent again").await;
    let id = shown(&desk).await[0]["id"].as_i64().unwrap();
    assert!(desk.receiver().delete_asset(id).await.unwrap());
    assert_eq!(ana.patch(&desk, &path, 3, b"ion").send().await.unwrap().status(), 410);
    assert!(shown(&desk).await.is_empty(), "a motion alone, without words, is not what anybody wants to see");
    assert_eq!((state(&desk, &ana, b"motion").await, on_disk(&desk, b"motion")), ("deleted".into(), false));
    assert_eq!(ana.offset(&desk, &writing).await, 0, "another upload goes on");
}

/// The last bytes come in a request that began before the deletion.
#[tokio::test]
async fn a_request_that_is_under_way_does_not_outrun_the_deletion() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    Taken::live(1, ("IMG_1.HEIC", b"still"), ("IMG_1.MOV", b"motion")).post(&desk, &ana, 1, &[]).await;
    ana.send(&desk, b"still").await;
    let path = ana.create(&desk, b"motion").await;
    let mut request = ana.half_patch(&desk, &path, 0, 6, b"mot").await;
    let id = shown(&desk).await[0]["id"].as_i64().unwrap();
    assert!(desk.receiver().delete_asset(id).await.unwrap());
    // It may be cut off by now.
    let _ = tokio::io::AsyncWriteExt::write_all(&mut request, b"ion").await;
    let head = desk::raw_head(&mut request).await;
    assert!(!head.starts_with("http/1.1 204"), "{head}");
    assert_eq!(ana.tus(&desk, "HEAD", &path).send().await.unwrap().status(), 410);
    assert!(shown(&desk).await.is_empty());
    assert_eq!((state(&desk, &ana, b"motion").await, on_disk(&desk, b"motion")), ("deleted".into(), false));
}

fn row(asset: &Value) -> i64 {
    asset["id"].as_i64().unwrap()
}

/// The phone asked before the deletion, and heard `missing`; it has no upload that the deletion could stop.
#[tokio::test]
async fn a_motion_that_is_created_after_its_post_was_deleted_is_refused() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let live = Taken::live(1, ("IMG_1.HEIC", b"still"), ("IMG_1.MOV", b"motion"));
    live.post(&desk, &ana, 1, &[]).await;
    assert_eq!(state(&desk, &ana, b"motion").await, "missing");
    ana.send(&desk, b"still").await;
    assert!(desk.receiver().delete_asset(row(&shown(&desk).await[0])).await.unwrap());

    let keyed = || ana.creation(&desk, b"motion").header("Idempotency-Key", "motion 1");
    for request in [keyed(), keyed(), ana.creation(&desk, b"motion"), with_bytes(keyed(), b"motion")] {
        let refused = request.send().await.unwrap();
        assert_eq!(refused.status(), 410);
        assert_eq!(refused.json::<Value>().await.unwrap()["error"], "expired");
    }
    assert!(shown(&desk).await.is_empty());
    assert_eq!((state(&desk, &ana, b"motion").await, on_disk(&desk, b"motion")), ("deleted".into(), false));
    assert_eq!(desk.completed().await, 1, "the still alone");
    // Nobody deleted it where Bob sends it from.
    let bob = desk.pair("Bob").await;
    bob.send(&desk, b"motion").await;
    // Deleted as a later revision named it, too.
    let more = Taken { number: 1, files: vec![("still", "IMG_1.HEIC", b"still"), ("motion", "IMG_1.MOV", b"longer")] };
    assert_eq!(more.post(&desk, &ana, 2, &[]).await, 201);
    assert_eq!(ana.creation(&desk, b"longer").send().await.unwrap().status(), 410);

    // Another post wants it, or a person does: the refused key is as good as new.
    Taken::plain(2, "IMG_2.MOV", b"longer").post(&desk, &ana, 1, &[]).await;
    ana.send(&desk, b"longer").await;
    assert_eq!(live.post(&desk, &ana, 3, &[("Satchel-Override-Deleted", "1")]).await, 201);
    assert_eq!(with_bytes(keyed(), b"motion").send().await.unwrap().status(), 201);
    let list = shown(&desk).await;
    let live = list.iter().find(|a| a["contributor"] == "Ana" && a["parts"][0]["name"] == "IMG_1.HEIC").unwrap();
    assert_eq!(here(live), [false, true]);
    assert_eq!(list.len(), 3, "{list:?}");
}

fn with_bytes(creation: RequestBuilder, bytes: &[u8]) -> RequestBuilder {
    creation.header("Content-Type", "application/offset+octet-stream").body(bytes.to_vec())
}

#[tokio::test]
async fn what_was_deleted_without_a_post_is_taken_again() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    ana.send(&desk, b"bare").await;
    // Its blob is lost before somebody deletes it: it is not here, and was not either.
    fs::remove_file(desk.receiver().blob_path(&BlobHash::of(b"bare"))).unwrap();
    assert_eq!(state(&desk, &ana, b"bare").await, "missing");
    assert!(desk.receiver().delete_asset(row(&shown(&desk).await[0])).await.unwrap());
    assert_eq!(state(&desk, &ana, b"bare").await, "deleted");
    ana.send(&desk, b"bare").await;
    assert_eq!(shown(&desk).await.len(), 1);
}

/// The last bytes are here, and the deletion is written after the upload was looked at and before it is complete.
#[tokio::test]
async fn a_deletion_that_is_written_first_holds_for_what_is_being_finished() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    Taken::live(1, ("IMG_1.HEIC", b"still"), ("IMG_1.MOV", b"motion")).post(&desk, &ana, 1, &[]).await;
    let path = ana.create(&desk, b"motion").await;
    ana.patch(&desk, &path, 0, b"mot").send().await.unwrap();
    let name = path.rsplit('/').next().unwrap();
    let mut other = rusqlite::Connection::open(desk.config.store.join("receiver.sqlite")).unwrap();
    fs::write(desk.config.store.join("incoming").join(name), b"motion").unwrap();
    other.execute("UPDATE upload SET offset = 6 WHERE id = ?1", [name]).unwrap();

    let first = other.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    let head = tokio::spawn(ana.tus(&desk, "HEAD", &path).send());
    desk::until("the blob is in its place", async || on_disk(&desk, b"motion")).await;
    first.execute("UPDATE upload SET expires = 0 WHERE id = ?1", [name]).unwrap();
    let hash = BlobHash::of(b"motion");
    let holding =
        "INSERT INTO holding (account, hash, length, upload, completed, deleted) VALUES (?1, ?2, 6, '', 1, 1)";
    first.execute(holding, rusqlite::params![ana.account, hash.as_bytes()]).unwrap();
    first.execute("UPDATE asset SET deleted = 1", []).unwrap();
    first.commit().unwrap();

    assert_eq!(head.await.unwrap().unwrap().status(), 410);
    assert!(shown(&desk).await.is_empty());
    assert_eq!((state(&desk, &ana, b"motion").await, on_disk(&desk, b"motion")), ("deleted".into(), false));
    assert_eq!(desk.completed().await, 0);
}

#[tokio::test]
async fn a_persons_word_counts_for_what_had_not_come_too() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let live = Taken::live(1, ("IMG_1.HEIC", b"still"), ("IMG_1.MOV", b"motion"));
    live.post(&desk, &ana, 1, &[]).await;
    ana.send(&desk, b"still").await;
    for revision in [1, 2] {
        assert!(desk.receiver().delete_asset(row(&shown(&desk).await[0])).await.unwrap());
        for bytes in [&b"still"[..], b"motion"] {
            assert_eq!(state(&desk, &ana, bytes).await, "deleted");
        }
        // As the revision that is here, and as a later one.
        assert!([200, 201].contains(&live.post(&desk, &ana, revision, &[("Satchel-Override-Deleted", "1")]).await));
        for bytes in [&b"still"[..], b"motion"] {
            assert_eq!(state(&desk, &ana, bytes).await, "missing", "so that it is sent");
        }
    }
    // Deleted once more before anything came anew: what was missing a moment ago does not come without its words.
    assert!(desk.receiver().delete_asset(row(&shown(&desk).await[0])).await.unwrap());
    for bytes in [&b"still"[..], b"motion"] {
        assert_eq!(ana.creation(&desk, bytes).send().await.unwrap().status(), 410);
    }
    // It is in another post of hers too, which nobody deleted, and of which it has not come either.
    let twin = Taken::live(2, ("IMG_1.HEIC", b"still"), ("IMG_1.MOV", b"motion"));
    assert_eq!(twin.post(&desk, &ana, 1, &[]).await, 201);
    assert_eq!(state(&desk, &ana, b"motion").await, "deleted", "till a person says so");
    assert_eq!(twin.post(&desk, &ana, 1, &[("Satchel-Override-Deleted", "1")]).await, 200);
    assert_eq!(state(&desk, &ana, b"motion").await, "missing");
    ana.send(&desk, b"motion").await;
    // A revision names it again that the one before did not.
    assert!(desk.receiver().delete_asset(row(&shown(&desk).await[0])).await.unwrap());
    assert_eq!(Taken::plain(2, "IMG_1.HEIC", b"still").post(&desk, &ana, 2, &[]).await, 201);
    assert_eq!(twin.post(&desk, &ana, 3, &[("Satchel-Override-Deleted", "1")]).await, 201);
    assert_eq!(state(&desk, &ana, b"motion").await, "missing");
}

#[tokio::test]
async fn names_that_cannot_all_be_kept_free_hold_up_nobodys_folder() {
    let (desk, ana, folder) = newsroom().await;
    let files = vec![
        ("still", "IMG_1.JPG", &b"still"[..]),
        ("motion", "IMG_1.MOV", b"one"),
        ("motion", "img_1.mov", b"two"),
        ("motion", "IMG_1.MOV", b"three"),
        ("motion", "IMG_1.MOV", b"one"),
    ];
    Taken { number: 1, files }.post(&desk, &ana, 1, &[]).await;
    ana.send(&desk, b"still").await;
    Taken::plain(2, "IMG_2.HEIC", b"next").post(&desk, &ana, 1, &[]).await;
    ana.send(&desk, b"next").await;
    folder.holds(&[("IMG_2.HEIC", "next"), ("IMG_1.JPG", "still")]).await;
    ana.send(&desk, b"three").await;
    folder.holds(&[("IMG_2.HEIC", "next"), ("IMG_1.JPG", "still"), ("IMG_1-2.MOV", "three")]).await;
    ana.send(&desk, b"two").await;
    ana.send(&desk, b"one").await;
    folder
        .holds(&[
            ("IMG_2.HEIC", "next"),
            ("IMG_1.JPG", "still"),
            ("IMG_1.MOV", "one"),
            ("IMG_1-2.MOV", "three"),
            ("img_1-3.mov", "two"),
        ])
        .await;
}
