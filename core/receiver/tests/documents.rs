//! Have-check, posts, receipts and keys.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod desk;

use desk::{Desk, Phone, header, nonce, signed_by, verified};
use reqwest::Method;
use satchel_kernel::ids::{AssetId, BlobHash};
use satchel_kernel::protocol::keys::{KeyChain, Succession};
use serde_json::{Value, json};

fn post(asset: AssetId, revision: u32, caption: &str, photo: &[u8]) -> Value {
    json!({
        "asset": asset, "revision": revision, "caption": caption, "tags": ["harbour"], "time": "2024-05-06T07:08:09+02:00",
        "parts": [{ "role": "still", "rendition": "original", "hash": BlobHash::of(photo), "length": photo.len(), "name": "IMG_1.jpg", "type": "image/jpeg" }]
    })
}

async fn put(desk: &Desk, phone: &Phone, asset: AssetId, revision: u32, body: &Value) -> (u16, Value) {
    let request = phone
        .request(desk, Method::PUT, &format!("/v1/posts/{asset}/{revision}"))
        .header("Satchel-Nonce", nonce().to_string());
    let reply = request.body(body.to_string()).send().await.unwrap();
    assert_eq!(header(&reply, "satchel-version"), "1");
    (reply.status().as_u16(), reply.json().await.unwrap())
}

#[tokio::test]
async fn the_have_check_knows_what_this_account_has() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let tablet = desk.pair_with("Tablet", &desk.receiver().pairing_code_for("Ana").await.unwrap().unwrap().code).await;
    let bob = desk.pair("Bob").await;
    let (held, begun, unknown) = (BlobHash::of(b"held"), BlobHash::of(b"begun"), BlobHash::of(b"unknown"));
    let upload = ana.send(&desk, b"held").await;
    let partial = ana.create(&desk, b"begun").await;
    ana.patch(&desk, &partial, 0, b"be").send().await.unwrap();

    let reply = ana.have(&desk, &[held, begun, unknown]).await;
    assert_eq!(reply["nonce"], nonce().to_string());
    let results = reply["results"].as_array().unwrap();
    assert_eq!(results[0]["state"], "have");
    let receipt = ana.verified(results[0]["receipt"].as_str().unwrap());
    assert_eq!((receipt.hash, receipt.length, receipt.nonce), (held, 4, nonce()));
    assert_eq!(format!("/files/{}", receipt.upload), upload);
    assert_eq!(results[1], json!({ "hash": begun, "state": "partial", "upload": partial, "offset": 2 }));
    assert_eq!(results[2], json!({ "hash": unknown, "state": "missing" }));

    let states = |reply: &Value| {
        reply["results"].as_array().unwrap().iter().map(|r| r["state"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(states(&tablet.have(&desk, &[held, begun]).await), ["have", "missing"], "another device of the account");
    assert_eq!(states(&bob.have(&desk, &[held, begun]).await), ["missing", "missing"], "another account");

    bob.send(&desk, b"held").await;
    assert_eq!(desk.completed().await, 2, "each account sends its own");
}

#[tokio::test]
async fn the_have_check_has_limits() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let ask = async |body: String| {
        let reply = ana.request(&desk, Method::POST, "/v1/have").body(body).send().await.unwrap();
        assert_eq!(header(&reply, "satchel-version"), "1");
        let status = reply.status().as_u16();
        let body: Value = reply.json().await.unwrap();
        assert!(body["message"].is_string());
        (status, body["error"].as_str().unwrap().to_owned())
    };
    let hashes = |n: usize| json!({ "nonce": nonce(), "hashes": vec![BlobHash::of(b""); n] }).to_string();
    assert_eq!(ask(hashes(0)).await, (400, "hashes".into()));
    assert_eq!(ask(hashes(1001)).await, (400, "hashes".into()));
    assert_eq!(ask(hashes(9000)).await, (413, "too_long".into()));
    assert_eq!(ask("{}".into()).await, (400, "bad_json".into()));
    assert_eq!(ana.have(&desk, &vec![BlobHash::of(b""); 1000]).await["results"].as_array().unwrap().len(), 1000);
    let nobody = desk.http.post(desk.url("/v1/have")).body(hashes(1)).send().await.unwrap();
    assert_eq!((nobody.status().as_u16(), header(&nobody, "www-authenticate")), (401, "Bearer".into()));
    for (method, path, status) in [(Method::GET, "/v1/have", 405), (Method::GET, "/v1/nothing", 404)] {
        let reply = ana.request(&desk, method, path).send().await.unwrap();
        assert_eq!((reply.status().as_u16(), header(&reply, "satchel-version")), (status, "1".into()));
        assert!(reply.json::<Value>().await.unwrap()["error"].is_string());
    }
}

#[tokio::test]
async fn a_deleted_photo_is_said_to_be_deleted_and_can_come_back() {
    let desk = Desk::open().await;
    let (ana, bob) = (desk.pair("Ana").await, desk.pair("Bob").await);
    let hash = BlobHash::of(b"photo");
    ana.send(&desk, b"photo").await;
    bob.send(&desk, b"photo").await;
    let state =
        async |phone: &Phone| phone.have(&desk, &[hash]).await["results"][0]["state"].as_str().unwrap().to_owned();
    let rows = viewer_list(&desk).await;
    let of = |name: &str| rows.iter().find(|a| a["contributor"] == name).unwrap()["id"].as_i64().unwrap();
    assert!(desk.receiver().delete_asset(of("Ana")).await.unwrap());
    assert_eq!((state(&ana).await, state(&bob).await), ("deleted".into(), "have".into()));
    assert!(desk.receiver().blob_path(&hash).exists(), "Bob's is there still");
    assert!(desk.receiver().delete_asset(of("Bob")).await.unwrap());
    assert!(!desk.receiver().delete_asset(of("Bob")).await.unwrap());
    assert!(!desk.receiver().blob_path(&hash).exists());
    ana.send(&desk, b"photo").await;
    assert_eq!((state(&ana).await, state(&bob).await), ("have".into(), "deleted".into()));
    assert_eq!(std::fs::read(desk.receiver().blob_path(&hash)).unwrap(), b"photo");
}

async fn viewer_list(desk: &Desk) -> Vec<Value> {
    let reply = desk.http.get(desk.url("/api/assets")).bearer_auth(desk.receiver().viewer_key()).send().await.unwrap();
    reply.json::<Value>().await.unwrap()["assets"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_post_is_kept_once_and_its_receipt_verifies() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let asset = AssetId::from_bytes([1; 16]);
    let first = post(asset, 1, "Boats", b"photo");
    let (status, reply) = put(&desk, &ana, asset, 1, &first).await;
    assert_eq!(status, 201);
    let receipt = ana.verified(reply["receipt"].as_str().unwrap());
    assert_eq!(receipt.upload, format!("post/{asset}/1"));
    assert_eq!(receipt.hash, BlobHash::of(first.to_string().as_bytes()));
    let (status, again) = put(&desk, &ana, asset, 1, &first).await;
    assert_eq!((status, &again["receipt"]), (200, &reply["receipt"]));
    let (status, body) = put(&desk, &ana, asset, 1, &post(asset, 1, "Ships", b"photo")).await;
    assert_eq!((status, body["error"].as_str()), (409, Some("other_post")));

    assert_eq!(put(&desk, &ana, asset, 3, &post(asset, 3, "Third", b"photo")).await.0, 201);
    assert_eq!(put(&desk, &ana, asset, 2, &post(asset, 2, "Second", b"photo")).await.0, 201);
    let rows = viewer_list(&desk).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["caption"], "Third", "the highest revision counts, whatever the order");
    let bob = desk.pair("Bob").await;
    assert_eq!(put(&desk, &bob, asset, 1, &post(asset, 1, "Mine", b"x")).await.0, 201, "assets are each account's own");
}

#[tokio::test]
async fn posts_that_are_none_are_refused_with_a_reason() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let asset = AssetId::from_bytes([1; 16]);
    let good = post(asset, 1, "Boats", b"photo");
    let with = |pointer: &str, value: Value| {
        let mut changed = good.clone();
        changed[pointer] = value;
        changed
    };
    let cases = [
        (json!({}), 400),
        (with("revision", json!(2)), 400),
        (with("asset", json!("nothing")), 400),
        (with("caption", json!("x".repeat(10_001))), 400),
        (with("caption", json!("x".repeat(70_000))), 413),
        (with("tags", json!([""])), 400),
        (with("place", json!({ "latitude": 91.0 })), 400),
        (with("parts", json!(vec![good["parts"][0].clone(); 17])), 400),
        (with("parts", json!([{ "role": "still" }])), 400),
    ];
    for (body, status) in cases {
        let (got, reply) = put(&desk, &ana, asset, 1, &body).await;
        assert_eq!(got, status, "{reply}");
        assert!(reply["message"].as_str().unwrap().len() > 10);
    }
    for path in ["/v1/posts/xyz/1", &format!("/v1/posts/{asset}/one"), &format!("/v1/posts/{asset}/-1")] {
        assert_eq!(ana.request(&desk, Method::PUT, path).body(good.to_string()).send().await.unwrap().status(), 400);
    }
    assert!(viewer_list(&desk).await.is_empty());
}

#[tokio::test]
async fn a_new_key_is_signed_by_the_one_before() {
    let mut desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let upload = ana.send(&desk, b"photo").await;
    let second = desk.receiver().rotate_key().await.unwrap();
    let third = desk.receiver().rotate_key().await.unwrap();
    desk.restart().await;

    let chain: KeyChain = desk.http.get(desk.url("/v1/keys")).send().await.unwrap().json().await.unwrap();
    assert_eq!(chain.successions.len(), 2);
    let mut trusted = ana.key.clone();
    for sealed in &chain.successions {
        let succession = Succession::parse(&signed_by(&trusted, sealed)).unwrap();
        assert_eq!(succession.old, trusted.id);
        trusted = succession.new;
    }
    assert_eq!(trusted, third);
    assert_ne!(second, third);
    let head = ana.tus(&desk, "HEAD", &upload).send().await.unwrap();
    assert_eq!(verified(&third, &header(&head, "satchel-receipt")).key, third.id);
    assert_eq!(desk.pair("Bob").await.key, third);
}

/// A post whose preview comes along: sent as it is, with what the document says of it.
async fn put_with(desk: &Desk, phone: &Phone, document: &Value, preview: &[u8]) -> (u16, Value) {
    let path = format!("/v1/posts/{}/{}", document["asset"].as_str().unwrap(), document["revision"]);
    let body = [document.to_string().as_bytes(), b"\n", preview].concat();
    let request = phone.request(desk, Method::PUT, &path).header("Satchel-Nonce", nonce().to_string());
    let reply = request.header("Content-Type", "application/vnd.satchel.post").body(body.clone()).send().await.unwrap();
    let (status, said) = (reply.status().as_u16(), reply.json::<Value>().await.unwrap());
    if let Some(receipt) = said["receipt"].as_str() {
        let receipt = phone.verified(receipt);
        let document = document.to_string();
        let blob = (BlobHash::of(document.as_bytes()), document.len() as u64);
        assert_eq!((receipt.hash, receipt.length), blob, "the document, which names its preview");
    }
    (status, said)
}

#[tokio::test]
async fn a_preview_comes_along_with_its_post_and_is_here_at_once() {
    let mut desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let asset = AssetId::from_bytes([9; 16]);
    // It may hold anything, a line feed at its start too.
    let preview = [b"\n\xff\xd8 small ".as_slice(), &[7; 900]].concat();
    let mut document = post(asset, 1, "First light", b"the original");
    document["parts"].as_array_mut().unwrap().push(json!({ "role": "still", "rendition": "preview",
        "hash": BlobHash::of(&preview), "length": preview.len(), "name": "IMG_1.jpg", "type": "image/jpeg" }));

    let (status, said) = put_with(&desk, &ana, &document, b"other bytes").await;
    assert_eq!((status, said["error"].as_str()), (400, Some("bad_preview")));
    assert_eq!(put_with(&desk, &ana, &document, &preview).await.0, 201);
    assert_eq!(put_with(&desk, &ana, &document, &preview).await.0, 200, "again");
    let (status, _) = put(&desk, &ana, asset, 1, &document).await;
    assert_eq!(status, 200, "the same document without its preview is the same revision");
    assert_eq!(std::fs::read(desk.receiver().blob_path(&BlobHash::of(&preview))).unwrap(), preview);
    let have = ana.have(&desk, &[BlobHash::of(&preview), BlobHash::of(b"the original")]).await;
    assert_eq!(have["results"][0]["state"], "have");
    assert_eq!(have["results"][1]["state"], "missing");

    // Of one that was put without its preview, the preview may follow.
    let late = AssetId::from_bytes([10; 16]);
    document["asset"] = json!(late);
    assert_eq!(put(&desk, &ana, late, 1, &document).await.0, 201);
    assert_eq!(put_with(&desk, &ana, &document, &preview).await.0, 200);

    desk.restart().await;
    assert_eq!(put_with(&desk, &ana, &document, &preview).await.0, 200);
    assert_eq!(ana.have(&desk, &[BlobHash::of(&preview)]).await["results"][0]["state"], "have");
    assert_eq!(std::fs::read_dir(desk.dir.path().join("store/incoming")).unwrap().count(), 0);
}

fn with_preview(asset: AssetId, revision: u32, preview: &[u8]) -> Value {
    let mut document = post(asset, revision, "First light", b"the original");
    document["parts"].as_array_mut().unwrap().push(json!({ "role": "still", "rendition": "preview",
        "hash": BlobHash::of(preview), "length": preview.len(), "name": "IMG_1.jpg", "type": "image/jpeg" }));
    document
}

fn blobs(desk: &Desk) -> usize {
    let shelves = std::fs::read_dir(desk.dir.path().join("store/blobs")).unwrap();
    shelves.map(|shelf| std::fs::read_dir(shelf.unwrap().path()).unwrap().count()).sum()
}

#[tokio::test]
async fn the_preview_of_what_a_viewer_deleted_does_not_come_back() {
    let desk = Desk::open().await;
    let (ana, asset) = (desk.pair("Ana").await, AssetId::from_bytes([9; 16]));
    let (first, second) = ([7; 900], [6; 900]);
    assert_eq!(put_with(&desk, &ana, &with_preview(asset, 1, &first), &first).await.0, 201);
    assert_eq!(blobs(&desk), 1);
    assert!(desk.receiver().delete_asset(1).await.unwrap());
    assert_eq!(put_with(&desk, &ana, &with_preview(asset, 1, &first), &first).await.0, 200);
    assert_eq!(put_with(&desk, &ana, &with_preview(asset, 2, &second), &second).await.0, 201);
    assert_eq!(blobs(&desk), 0);
    assert_ne!(ana.have(&desk, &[BlobHash::of(&first)]).await["results"][0]["state"], "have");
}

#[tokio::test]
async fn a_preview_that_no_revision_names_any_more_goes() {
    let desk = Desk::open().await;
    let (ana, asset) = (desk.pair("Ana").await, AssetId::from_bytes([9; 16]));
    for (revision, seed) in [(1, 1), (3, 3), (2, 2)] {
        let preview = [seed; 900];
        assert_eq!(put_with(&desk, &ana, &with_preview(asset, revision, &preview), &preview).await.0, 201);
        assert_eq!(blobs(&desk), 1, "after revision {revision}");
    }
    assert_eq!(ana.have(&desk, &[BlobHash::of(&[3; 900])]).await["results"][0]["state"], "have");
    assert!(desk.receiver().delete_asset(1).await.unwrap());
    assert_eq!(blobs(&desk), 0);
}

#[tokio::test]
async fn a_persons_word_brings_back_what_was_deleted() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let asset = AssetId::from_bytes([9; 16]);
    let words = post(asset, 1, "First light", b"the original");
    put(&desk, &ana, asset, 1, &words).await;
    ana.send(&desk, b"the original").await;
    assert!(desk.receiver().delete_asset(1).await.unwrap());
    let again = |revision: u32, words: Value| {
        let path = format!("/v1/posts/{asset}/{revision}");
        let request = ana.request(&desk, Method::PUT, &path).header("Satchel-Override-Deleted", "1");
        async move { request.body(words.to_string()).send().await.unwrap().status() }
    };
    // Without the word it stays deleted, also as a later revision, and when its bytes come they have no words.
    assert_eq!(put(&desk, &ana, asset, 2, &post(asset, 2, "Later", b"the original")).await.0, 201);
    assert!(viewer_list(&desk).await.is_empty());
    ana.send(&desk, b"the original").await;
    assert_eq!(viewer_list(&desk).await[0]["posted"], false);
    // An older revision brings back the newest, in the place of what came by itself.
    assert_eq!(again(1, words).await, 200);
    let shown = viewer_list(&desk).await;
    assert_eq!((shown.len(), shown[0]["caption"].as_str()), (1, Some("Later")));
    assert_eq!(shown[0]["parts"][0]["here"], true);
    assert!(desk.receiver().delete_asset(1).await.unwrap());
    assert_eq!(again(3, post(asset, 3, "And again", b"the original")).await, 201);
    let shown = viewer_list(&desk).await;
    assert_eq!((shown.len(), shown[0]["caption"].as_str()), (1, Some("And again")));
    assert_eq!(shown[0]["parts"][0]["here"], false, "its bytes come anew");
}

#[tokio::test]
async fn a_press_rendition_is_shown_by_its_post_alone_whichever_comes_first() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let asset = AssetId::from_bytes([9; 16]);
    let press = b"a picture to print";
    let upload = ana.tus(&desk, "POST", "/files/").header("Upload-Length", press.len());
    let upload = upload.header("Upload-Metadata", "filename YS1wcmVzcy5qcGc=,rendition cHJlc3M=");
    let reply = upload.header("Content-Type", "application/offset+octet-stream").body(&press[..]).send().await.unwrap();
    assert_eq!(reply.status(), 201);
    assert!(viewer_list(&desk).await.is_empty(), "no post names it");
    assert_eq!(put(&desk, &ana, asset, 1, &post(asset, 1, "First light", b"the original")).await.0, 201);
    let mut named = post(asset, 2, "First light", b"the original");
    named["parts"].as_array_mut().unwrap().push(json!({ "role": "still", "rendition": "press",
        "hash": BlobHash::of(press), "length": press.len(), "name": "IMG_1-press.jpg", "type": "image/jpeg" }));
    assert_eq!(put(&desk, &ana, asset, 2, &named).await.0, 201);
    assert_eq!(put(&desk, &ana, asset, 2, &named).await.0, 200, "again");
    ana.send(&desk, b"the original").await;
    let shown = viewer_list(&desk).await;
    assert_eq!(shown.len(), 1);
    let parts: Vec<_> = shown[0]["parts"].as_array().unwrap().iter().map(|p| (&p["rendition"], &p["here"])).collect();
    assert_eq!(parts, [(&json!("original"), &json!(true)), (&json!("press"), &json!(true))]);
}
