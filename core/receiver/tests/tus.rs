//! tus as other people's clients speak it, and the additions that Satchel's outbox uses.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod desk;

use desk::{Desk, bytes, header, location, nonce, raw_head};
use satchel_kernel::ids::BlobHash;
use tokio::io::AsyncWriteExt as _;

#[tokio::test]
async fn an_upload_arrives_whole_and_its_receipt_verifies() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let photo = bytes(700_000, 1);
    let path = ana.create(&desk, &photo).await;
    let first = ana.patch(&desk, &path, 0, &photo[..300_000]).send().await.unwrap();
    assert_eq!((first.status().as_u16(), header(&first, "upload-offset")), (204, "300000".into()));
    assert!(first.headers().get("satchel-receipt").is_none());
    assert!(first.headers().contains_key("upload-expires"));
    let last = ana.patch(&desk, &path, 300_000, &photo[300_000..]).send().await.unwrap();
    assert_eq!((last.status().as_u16(), header(&last, "upload-offset")), (204, "700000".into()));

    let receipt = ana.verified(&header(&last, "satchel-receipt"));
    assert_eq!(receipt.hash, BlobHash::of(&photo));
    assert_eq!(receipt.length, 700_000);
    assert_eq!(receipt.nonce, nonce());
    assert_eq!(
        (receipt.server, receipt.account, receipt.key),
        (ana.server.clone(), ana.account.clone(), ana.key.id.clone())
    );
    assert_eq!(format!("/files/{}", receipt.upload), path);

    let head = ana.tus(&desk, "HEAD", &path).send().await.unwrap();
    assert_eq!(header(&head, "satchel-receipt"), header(&last, "satchel-receipt"), "a HEAD repeats it");
    assert_eq!(std::fs::read(desk.receiver().blob_path(&receipt.hash)).unwrap(), photo);
    assert_eq!(desk.completed().await, 1);
}

#[tokio::test]
async fn bytes_before_a_cut_are_kept() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let photo = bytes(900_000, 2);
    let path = ana.create(&desk, &photo).await;
    let stream = ana.half_patch(&desk, &path, 0, photo.len(), &photo[..500_000]).await;
    drop(stream);
    desk::until("what came before the cut is kept", || async { ana.offset(&desk, &path).await > 0 }).await;
    let kept = ana.offset(&desk, &path).await;
    assert!(kept <= 500_000);
    let reply = ana.patch(&desk, &path, kept, &photo[kept as usize..]).send().await.unwrap();
    assert_eq!(reply.status(), 204);
    assert_eq!(ana.verified(&header(&reply, "satchel-receipt")).hash, BlobHash::of(&photo));
}

#[tokio::test]
async fn a_newer_request_takes_over_from_a_half_dead_connection() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let photo = bytes(400_000, 3);
    let path = ana.create(&desk, &photo).await;
    let mut stale = ana.half_patch(&desk, &path, 0, photo.len(), &photo[..250_000]).await;
    // The stale connection stays open all the while.
    desk::until("250000 bytes are kept", || async { ana.offset(&desk, &path).await > 0 }).await;
    let kept = ana.offset(&desk, &path).await;
    assert!(raw_head(&mut stale).await.starts_with("http/1.1 423"));
    let _ = stale.write_all(&photo[250_000..]).await;
    assert_eq!(ana.offset(&desk, &path).await, kept, "a stale connection writes nothing more");
    let reply = ana.patch(&desk, &path, kept, &photo[kept as usize..]).send().await.unwrap();
    assert_eq!(ana.verified(&header(&reply, "satchel-receipt")).hash, BlobHash::of(&photo));
}

#[tokio::test]
async fn a_creation_asked_for_again_waits_for_the_bytes_of_the_first() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let photo = bytes(400_000, 3);
    let incoming = desk.dir.path().join("store/incoming");
    let mut stale = ana.half_creation(&desk, "k1", &photo, &photo[..300_000]).await;
    // By the files, since whoever asks the receiver would stop the writer.
    let came = || std::fs::read_dir(&incoming).unwrap().map(|f| f.unwrap().metadata().unwrap().len()).sum::<u64>();
    desk::until("the first bytes are written", || async { came() > 0 }).await;
    // The stale connection stays open all the while.
    let again = ana.creation(&desk, &photo).header("Idempotency-Key", "k1").send().await.unwrap();
    assert_eq!((again.status().as_u16(), header(&again, "upload-offset")), (201, "300000".into()));
    assert!(raw_head(&mut stale).await.starts_with("http/1.1 423"));
    let path = location(&again);
    let last = ana.patch(&desk, &path, 300_000, &photo[300_000..]).send().await.unwrap();
    assert_eq!(ana.verified(&header(&last, "satchel-receipt")).hash, BlobHash::of(&photo));
    assert_eq!(desk.completed().await, 1);
}

#[tokio::test]
async fn creating_twice_with_one_key_gives_one_upload() {
    let desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let photo = bytes(1000, 4);
    let ask = || ana.creation(&desk, &photo).header("Idempotency-Key", "k1");
    let first = location(&ask().send().await.unwrap());
    ana.patch(&desk, &first, 0, &photo[..400]).send().await.unwrap();
    let again = ask().send().await.unwrap();
    assert_eq!(
        (again.status().as_u16(), location(&again), header(&again, "upload-offset")),
        (201, first.clone(), "400".into())
    );

    let bodied =
        ask().header("Content-Type", "application/offset+octet-stream").body(photo.clone()).send().await.unwrap();
    assert_eq!(
        (bodied.status().as_u16(), location(&bodied), header(&bodied, "upload-offset")),
        (201, first.clone(), "1000".into())
    );
    assert_eq!(ana.verified(&header(&bodied, "satchel-receipt")).hash, BlobHash::of(&photo));
    let done =
        ask().header("Content-Type", "application/offset+octet-stream").body(photo.clone()).send().await.unwrap();
    assert_eq!((done.status().as_u16(), header(&done, "upload-offset")), (201, "1000".into()));
    assert!(done.headers().contains_key("satchel-receipt"));
    assert_eq!(desk.completed().await, 1, "completed once, however often it was asked for");

    let other = ana.creation(&desk, b"other bytes").header("Idempotency-Key", "k1").send().await.unwrap();
    assert_eq!(other.status(), 409);
    let bob = desk.pair("Bob").await;
    let his = bob.creation(&desk, &photo).header("Idempotency-Key", "k1").send().await.unwrap();
    assert_ne!(location(&his), first, "keys are each account's own");
}
