//! The rules of tus 1.0, one by one: what a server must say to requests that are right, and to those that are not.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod desk;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use desk::{Desk, Phone, bytes, header, location};
use satchel_kernel::ids::BlobHash;
use sha2::Digest as _;

const BYTES: &str = "application/offset+octet-stream";

async fn desk_with_ana() -> (Desk, Phone) {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    (desk, ana)
}

#[tokio::test]
async fn options_says_what_the_server_can_do() {
    let desk = Desk::open().await;
    let reply = desk.http.request(reqwest::Method::OPTIONS, desk.url("/files/")).send().await.unwrap();
    assert_eq!(reply.status(), 204);
    assert_eq!(header(&reply, "tus-version"), "1.0.0");
    assert_eq!(
        header(&reply, "tus-extension"),
        "creation,creation-with-upload,creation-defer-length,expiration,termination,checksum"
    );
    assert_eq!(header(&reply, "tus-checksum-algorithm"), "sha1,sha256,blake3");
    assert_eq!(header(&reply, "tus-max-size"), (256u64 << 30).to_string());
}

#[tokio::test]
async fn every_reply_below_files_carries_the_mark() {
    let (desk, ana) = desk_with_ana().await;
    let path = ana.create(&desk, b"photo").await;
    let base = |method: &str, path: &str| desk.http.request(method.parse().unwrap(), desk.url(path));
    let cases = [
        (base("POST", "/files/"), 412),
        (base("POST", "/files/").header("Tus-Resumable", "0.2.2"), 412),
        (base("POST", "/files/").header("Tus-Resumable", "1.0.0"), 401),
        (base("POST", "/files/").header("Tus-Resumable", "1.0.0").bearer_auth("nonsense"), 401),
        (ana.tus(&desk, "GET", &path), 405),
        (ana.tus(&desk, "PUT", "/files/"), 405),
        (ana.tus(&desk, "HEAD", "/files/0123"), 404),
        (ana.tus(&desk, "PATCH", "/files/a/b").header("Content-Type", BYTES).header("Upload-Offset", 0), 404),
        (ana.tus(&desk, "POST", "/files/"), 400),
        (ana.tus(&desk, "POST", "/files/").header("Upload-Length", "-1"), 400),
        (ana.tus(&desk, "POST", "/files/").header("Upload-Length", "1e3"), 400),
        (ana.tus(&desk, "POST", "/files/").header("Upload-Length", "5").header("Upload-Defer-Length", "1"), 400),
        (ana.tus(&desk, "POST", "/files/").header("Upload-Defer-Length", "2"), 400),
        (ana.tus(&desk, "POST", "/files/").header("Upload-Length", "5").header("Upload-Metadata", "filename %%%"), 400),
        (ana.tus(&desk, "POST", "/files/").header("Upload-Length", "5").header("Satchel-Hash", "abc"), 400),
        (ana.tus(&desk, "POST", "/files/").header("Upload-Length", "5").header("Satchel-Nonce", "abc"), 400),
        (ana.tus(&desk, "POST", "/files/").header("Upload-Length", (256u64 << 30) + 1), 413),
        (
            ana.tus(&desk, "POST", "/files/")
                .header("Upload-Length", "5")
                .header("Content-Type", "image/jpeg")
                .body("photo"),
            415,
        ),
        (
            ana.tus(&desk, "POST", "/files/").header("Upload-Length", "4").header("Content-Type", BYTES).body("photo"),
            413,
        ),
        (
            ana.tus(&desk, "PATCH", &path)
                .header("Upload-Offset", "0")
                .header("Content-Type", "image/jpeg")
                .body("photo"),
            415,
        ),
        (ana.tus(&desk, "PATCH", &path).header("Content-Type", BYTES).body("photo"), 400),
        (
            ana.tus(&desk, "PATCH", &path).header("Upload-Offset", "zero").header("Content-Type", BYTES).body("photo"),
            400,
        ),
        (ana.patch(&desk, &path, 3, b"to"), 409),
        (ana.patch(&desk, &path, 0, b"a photo that is too long"), 413),
        (ana.patch(&desk, &path, 0, b"ph").header("Upload-Checksum", "md5 YQ=="), 400),
        (ana.patch(&desk, &path, 0, b"ph").header("Upload-Checksum", "sha1 YQ=="), 400),
        (ana.patch(&desk, &path, 0, b"ph").header("Upload-Checksum", "sha1"), 400),
    ];
    for (number, (request, status)) in cases.into_iter().enumerate() {
        let reply = request.send().await.unwrap();
        assert_eq!(reply.status(), status, "case {number}");
        assert_eq!(header(&reply, "tus-resumable"), "1.0.0", "case {number}");
        if status == 401 {
            assert_eq!(header(&reply, "www-authenticate"), "Bearer");
        }
        if status == 412 {
            assert_eq!(header(&reply, "tus-version"), "1.0.0");
        }
    }
    assert_eq!(ana.offset(&desk, &path).await, 0, "none of these moved the upload");
}

#[tokio::test]
async fn a_wrong_offset_is_told_the_right_one() {
    let (desk, ana) = desk_with_ana().await;
    let path = ana.create(&desk, b"photo").await;
    ana.patch(&desk, &path, 0, b"ph").send().await.unwrap();
    let reply = ana.patch(&desk, &path, 0, b"photo").send().await.unwrap();
    assert_eq!((reply.status().as_u16(), header(&reply, "upload-offset")), (409, "2".into()));
}

#[tokio::test]
async fn a_creation_may_bring_the_bytes() {
    let (desk, ana) = desk_with_ana().await;
    let photo = bytes(5000, 1);
    let part =
        ana.creation(&desk, &photo).header("Content-Type", BYTES).body(photo[..2000].to_vec()).send().await.unwrap();
    assert_eq!((part.status().as_u16(), header(&part, "upload-offset")), (201, "2000".into()));
    assert_eq!(ana.offset(&desk, &location(&part)).await, 2000);
    let whole = ana.creation(&desk, &photo).header("Content-Type", BYTES).body(photo.clone()).send().await.unwrap();
    assert_eq!((whole.status().as_u16(), header(&whole, "upload-offset")), (201, "5000".into()));
    assert_eq!(ana.verified(&header(&whole, "satchel-receipt")).length, 5000);
}

#[tokio::test]
async fn nothing_is_a_file_too() {
    let (desk, ana) = desk_with_ana().await;
    let reply = ana.creation(&desk, b"").send().await.unwrap();
    assert_eq!((reply.status().as_u16(), header(&reply, "upload-offset")), (201, "0".into()));
    assert_eq!(ana.verified(&header(&reply, "satchel-receipt")).hash, BlobHash::of(b""));
    assert_eq!(std::fs::read(desk.receiver().blob_path(&BlobHash::of(b""))).unwrap(), b"");
}

#[tokio::test]
async fn a_length_may_come_later() {
    let (desk, ana) = desk_with_ana().await;
    let created = ana.tus(&desk, "POST", "/files/").header("Upload-Defer-Length", "1").send().await.unwrap();
    let path = location(&created);
    ana.patch(&desk, &path, 0, b"pho").send().await.unwrap();
    let head = ana.tus(&desk, "HEAD", &path).send().await.unwrap();
    assert_eq!((header(&head, "upload-defer-length"), header(&head, "upload-offset")), ("1".into(), "3".into()));
    assert!(head.headers().get("upload-length").is_none());
    let short = ana.patch(&desk, &path, 3, b"to").header("Upload-Length", 2).send().await.unwrap();
    assert_eq!(short.status(), 400);
    let last = ana.patch(&desk, &path, 3, b"to").header("Upload-Length", 5).send().await.unwrap();
    assert_eq!(last.status(), 204);
    let head = ana.tus(&desk, "HEAD", &path).send().await.unwrap();
    assert_eq!((header(&head, "upload-length"), header(&head, "upload-offset")), ("5".into(), "5".into()));
    assert_eq!(desk.completed().await, 1);
}

#[tokio::test]
async fn checksums_decide_what_counts() {
    let (desk, ana) = desk_with_ana().await;
    let photo = bytes(9000, 2);
    let path = ana.create(&desk, &photo).await;
    let sums = |b: &[u8]| {
        [
            format!("sha1 {}", STANDARD.encode(sha1::Sha1::digest(b))),
            format!("sha256 {}", STANDARD.encode(sha2::Sha256::digest(b))),
            format!("blake3 {}", STANDARD.encode(blake3::hash(b).as_bytes())),
        ]
    };
    let mut offset = 0;
    for (good, wrong) in sums(&photo[..3000]).into_iter().zip(sums(b"something else")) {
        let chunk = &photo[offset..offset + 3000];
        let good = if offset == 0 { good } else { sums(chunk)[offset / 3000].clone() };
        let refused =
            ana.patch(&desk, &path, offset as u64, chunk).header("Upload-Checksum", wrong).send().await.unwrap();
        assert_eq!(refused.status().as_u16(), 460);
        assert_eq!(ana.offset(&desk, &path).await, offset as u64, "bytes with a wrong checksum do not count");
        let taken = ana.patch(&desk, &path, offset as u64, chunk).header("Upload-Checksum", good).send().await.unwrap();
        assert_eq!(taken.status(), 204);
        offset += 3000;
    }
    assert_eq!(desk.receiver().completed_uploads().await.unwrap()[0].hash, BlobHash::of(&photo));
}

#[tokio::test]
async fn checksummed_bytes_that_were_cut_do_not_count() {
    let (desk, ana) = desk_with_ana().await;
    let photo = bytes(600_000, 3);
    let path = ana.create(&desk, &photo).await;
    ana.patch(&desk, &path, 0, &photo[..1000]).send().await.unwrap();
    let sum = format!("sha1 {}", STANDARD.encode(sha1::Sha1::digest(&photo[1000..])));
    let mut stream = tokio::net::TcpStream::connect(desk.receiver().addr()).await.unwrap();
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {}\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 1000\r\n\
         Content-Type: {BYTES}\r\nUpload-Checksum: {sum}\r\nContent-Length: 599000\r\n\r\n",
        ana.token
    );
    use tokio::io::AsyncWriteExt as _;
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&photo[1000..500_000]).await.unwrap();
    let file = desk.dir.path().join("store/incoming").join(path.rsplit('/').next().unwrap());
    desk::until("some of them were written", || async { std::fs::metadata(&file).is_ok_and(|m| m.len() > 1000) }).await;
    drop(stream);
    assert_eq!(ana.offset(&desk, &path).await, 1000);
    assert_eq!(ana.patch(&desk, &path, 1000, &photo[1000..]).send().await.unwrap().status(), 204);
}

#[tokio::test]
async fn a_payload_that_is_not_what_it_announced_is_never_stored() {
    let (desk, ana) = desk_with_ana().await;
    let path = ana.create(&desk, b"photo").await;
    let reply = ana.patch(&desk, &path, 0, b"phony").send().await.unwrap();
    assert_eq!(reply.status().as_u16(), 460);
    assert!(reply.headers().get("satchel-receipt").is_none());
    assert_eq!(
        ana.tus(&desk, "HEAD", &path).send().await.unwrap().status().as_u16(),
        460,
        "nor does it pass for complete later"
    );
    assert!(!desk.receiver().blob_path(&BlobHash::of(b"phony")).exists());
    assert_eq!(desk.completed().await, 0);
    assert_eq!(ana.have(&desk, &[BlobHash::of(b"photo")]).await["results"][0]["state"], "missing");
    assert_eq!(ana.tus(&desk, "DELETE", &path).send().await.unwrap().status(), 204);
    assert_eq!(ana.tus(&desk, "HEAD", &path).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn an_unfinished_upload_can_be_deleted_and_a_complete_one_cannot() {
    let (desk, ana) = desk_with_ana().await;
    let path = ana.create(&desk, b"photo").await;
    ana.patch(&desk, &path, 0, b"ph").send().await.unwrap();
    assert_eq!(ana.tus(&desk, "DELETE", &path).send().await.unwrap().status(), 204);
    assert_eq!(ana.tus(&desk, "HEAD", &path).send().await.unwrap().status(), 404);
    assert_eq!(std::fs::read_dir(desk.dir.path().join("store/incoming")).unwrap().count(), 0);
    let path = ana.send(&desk, b"photo").await;
    assert_eq!(ana.tus(&desk, "DELETE", &path).send().await.unwrap().status(), 403);
    assert!(desk.receiver().blob_path(&BlobHash::of(b"photo")).exists());
}

#[tokio::test]
async fn an_upload_left_too_long_is_gone() {
    let desk = Desk::open_with(|c| c.expiry = std::time::Duration::from_secs(1)).await;
    let ana = desk.pair("Ana").await;
    let ask = || ana.creation(&desk, b"photo").header("Idempotency-Key", "k");
    let path = location(&ask().send().await.unwrap());
    desk::until("410", || async { ana.tus(&desk, "HEAD", &path).send().await.unwrap().status() == 410 }).await;
    assert_eq!(ana.patch(&desk, &path, 0, b"photo").send().await.unwrap().status(), 410);
    let anew = ask().send().await.unwrap();
    assert_eq!(anew.status(), 201);
    assert_ne!(location(&anew), path, "its key makes a new one");
}

#[tokio::test]
async fn another_accounts_upload_is_not_there() {
    let (desk, ana) = desk_with_ana().await;
    let bob = desk.pair("Bob").await;
    let path = ana.create(&desk, b"photo").await;
    for method in ["HEAD", "DELETE"] {
        assert_eq!(bob.tus(&desk, method, &path).send().await.unwrap().status(), 404);
    }
    assert_eq!(bob.patch(&desk, &path, 0, b"photo").send().await.unwrap().status(), 404);
    assert_eq!(ana.offset(&desk, &path).await, 0);
}

#[tokio::test]
async fn a_client_without_patch_says_what_it_means() {
    let (desk, ana) = desk_with_ana().await;
    let path = ana.create(&desk, b"photo").await;
    let reply = ana
        .tus(&desk, "POST", &path)
        .header("X-HTTP-Method-Override", "PATCH")
        .header("Upload-Offset", 0)
        .header("Content-Type", BYTES)
        .body("photo")
        .send()
        .await
        .unwrap();
    assert_eq!((reply.status().as_u16(), header(&reply, "upload-offset")), (204, "5".into()));
}

#[tokio::test]
async fn a_body_of_unknown_length_is_taken_up_to_the_uploads_length() {
    let (desk, ana) = desk_with_ana().await;
    let photo = bytes(300_000, 4);
    let stream = |b: &[u8]| {
        reqwest::Body::wrap_stream(futures_util::stream::iter(
            b.chunks(70_000).map(|c| Ok::<_, std::io::Error>(c.to_vec())).collect::<Vec<_>>(),
        ))
    };
    let path = ana.create(&desk, &photo).await;
    let more = [&photo[..], b"surplus"].concat();
    let refused = ana.patch(&desk, &path, 0, b"").body(stream(&more)).send().await.unwrap();
    assert_eq!(refused.status(), 413);
    assert_eq!(ana.offset(&desk, &path).await, 0);
    let taken = ana.patch(&desk, &path, 0, b"").body(stream(&photo)).send().await.unwrap();
    assert_eq!(taken.status(), 204);
    assert_eq!(ana.verified(&header(&taken, "satchel-receipt")).hash, BlobHash::of(&photo));
}

#[tokio::test]
async fn a_client_that_sends_on_still_reads_why_it_was_refused() {
    let (desk, ana) = desk_with_ana().await;
    let path = ana.create(&desk, &bytes(3_000_000, 5)).await;
    for _ in 0..5 {
        let reply =
            ana.patch(&desk, &path, 1, &bytes(2_000_000, 5)).send().await.expect("the reply is not lost in a reset");
        assert_eq!(reply.status(), 409);
    }
}

#[tokio::test]
async fn requests_at_once_make_one_upload_and_one_blob() {
    let (desk, ana) = desk_with_ana().await;
    let photo = bytes(200_000, 6);
    let ask = || async {
        let reply = ana
            .creation(&desk, &photo)
            .header("Idempotency-Key", "k")
            .header("Content-Type", BYTES)
            .body(photo.clone())
            .send()
            .await;
        reply.unwrap()
    };
    let replies = futures_util::future::join_all((0..8).map(|_| ask())).await;
    let statuses: Vec<u16> = replies.iter().map(|r| r.status().as_u16()).collect();
    assert!(statuses.iter().all(|s| [201, 423].contains(s)), "{statuses:?}");
    let last = ask().await;
    assert_eq!(last.status(), 201);
    assert_eq!(ana.verified(&header(&last, "satchel-receipt")).hash, BlobHash::of(&photo));
    assert_eq!(desk.completed().await, 1);
}
