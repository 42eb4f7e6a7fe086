//! What a restart finds, however the process ended.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod desk;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use desk::{Desk, bytes, header, location, nonce};
use reqwest::{Client, Method};
use satchel_kernel::ids::BlobHash;
use satchel_kernel::protocol::pairing::{PairReply, PairRequest};
use satchel_receiver::{Config, Receiver};

#[tokio::test]
async fn everything_outlives_a_restart() {
    let mut desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let photo = bytes(100_000, 1);
    let whole = ana.send(&desk, b"whole").await;
    let part = ana.create(&desk, &photo).await;
    ana.patch(&desk, &part, 0, &photo[..60_000]).send().await.unwrap();
    let (server, key, page) =
        (desk.receiver().server_id().to_owned(), desk.receiver().viewer_key().to_owned(), ana.key.clone());
    desk.restart().await;
    assert_eq!((desk.receiver().server_id(), desk.receiver().viewer_key()), (server.as_str(), key.as_str()));
    let head = ana.tus(&desk, "HEAD", &whole).send().await.unwrap();
    assert_eq!(desk::verified(&page, &header(&head, "satchel-receipt")).hash, BlobHash::of(b"whole"));
    assert_eq!(ana.offset(&desk, &part).await, 60_000);
    let last = ana.patch(&desk, &part, 60_000, &photo[60_000..]).send().await.unwrap();
    assert_eq!(
        ana.verified(&header(&last, "satchel-receipt")).hash,
        BlobHash::of(&photo),
        "the hash is made anew from the file"
    );
}

/// States that a kill leaves between two steps, made by hand.
#[tokio::test]
async fn half_done_steps_are_done_again() {
    let mut desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let photo = bytes(50_000, 2);
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let paths: Vec<String> = futures_util::future::join_all((0..5).map(|_| ana.create(&desk, &photo))).await;
    for path in &paths {
        assert_eq!(ana.patch(&desk, path, 0, &photo[..1000]).send().await.unwrap().status(), 204);
    }
    desk.stop().await;
    let incoming = desk.config.store.join("incoming");
    let database = rusqlite::Connection::open(desk.config.store.join("receiver.sqlite")).unwrap();
    let recorded = |path: &str, sql: &str| database.execute(sql, [id(path)]).unwrap();
    // 0: more bytes in the file than recorded. 1: whole, and not yet finished. 2: linked as a blob, no row yet.
    fs::write(incoming.join(id(&paths[0])), &photo[..2000]).unwrap();
    fs::write(incoming.join(id(&paths[1])), &photo).unwrap();
    fs::write(incoming.join(id(&paths[2])), &photo).unwrap();
    let blob = desk.config.store.join("blobs").join(&BlobHash::of(&photo).to_string()[..2]);
    fs::create_dir_all(&blob).unwrap();
    fs::hard_link(incoming.join(id(&paths[2])), blob.join(BlobHash::of(&photo).to_string())).unwrap();
    // 3: bytes whose checksum was not verified. 4: as after a power cut, when only what was recorded counts.
    fs::write(incoming.join(id(&paths[3])), &photo[..2000]).unwrap();
    recorded(&paths[3], "UPDATE upload SET unverified = 1000 WHERE id = ?1");
    fs::write(incoming.join("0123456789abcdef0123456789abcdef"), b"a file that no row knows").unwrap();
    desk.start().await;
    assert_eq!(ana.offset(&desk, &paths[0]).await, 2000);
    for whole in [&paths[1], &paths[2]] {
        let head = ana.tus(&desk, "HEAD", whole).send().await.unwrap();
        assert_eq!(ana.verified(&header(&head, "satchel-receipt")).hash, BlobHash::of(&photo));
    }
    assert_eq!(ana.offset(&desk, &paths[3]).await, 1000);
    assert!(!incoming.join("0123456789abcdef0123456789abcdef").exists());

    desk.stop().await;
    fs::write(incoming.join(id(&paths[4])), &photo[..2000]).unwrap();
    database.execute("UPDATE meta SET value = 'another boot' WHERE name = 'boot'", []).unwrap();
    desk.start().await;
    assert_eq!(ana.offset(&desk, &paths[4]).await, 1000);
    let done = ana.patch(&desk, &paths[4], 1000, &photo[1000..]).send().await.unwrap();
    assert_eq!(done.status(), 204);
    assert_eq!(desk.completed().await, 3);
}

#[tokio::test]
async fn a_store_of_a_later_version_is_left_alone() {
    let mut desk = Desk::open().await;
    desk.stop().await;
    let database = rusqlite::Connection::open(desk.config.store.join("receiver.sqlite")).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    let refused = Receiver::start(desk.config.clone()).await.unwrap_err();
    assert!(matches!(refused, satchel_receiver::StartError::Newer(_)), "{refused}");
}

/// A receiver in a process of its own, which can be killed.
struct Process {
    child: Child,
    url: String,
    code: String,
}

const STORE: &str = "SATCHEL_TEST_STORE";

impl Process {
    fn start(store: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "serve_for_another_test", "--ignored", "--nocapture"])
            .env(STORE, store)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = lines.map(Result::unwrap).find_map(|l| l.split_once("SERVING ").map(|(_, said)| said.to_owned()));
        let said = said.expect("the other process serves");
        let (url, code) = said.split_once(' ').unwrap();
        Self { child, url: url.into(), code: code.into() }
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[tokio::test]
#[ignore = "a part of kills_lose_nothing_and_double_nothing, which starts it in another process"]
async fn serve_for_another_test() {
    let Some(store) = std::env::var_os(STORE) else { return };
    let mut config = Config::new(([127, 0, 0, 1], 0).into(), store);
    config.plain_http = true;
    let receiver = Receiver::start(config).await.unwrap();
    println!("SERVING {} {}", receiver.url(), receiver.pairing_code().code);
    // Until it is killed; should the test that started it be gone, not for ever.
    tokio::time::sleep(Duration::from_secs(120)).await;
}

/// One photo on its way, and what the server has acknowledged of it.
struct Sending {
    photo: Vec<u8>,
    path: Option<String>,
    acknowledged: u64,
    receipt: Option<String>,
}

/// Goes on with a photo until the server is gone; true when it is delivered.
async fn go_on(
    http: &Client,
    url: &str,
    token: &str,
    number: usize,
    sending: &mut Sending,
) -> Result<bool, reqwest::Error> {
    let tus = |method: &str, path: &str| {
        http.request(method.parse().unwrap(), format!("{url}{path}"))
            .bearer_auth(token)
            .header("Tus-Resumable", "1.0.0")
    };
    let photo = &sending.photo;
    if sending.path.is_none() {
        let create = tus("POST", "/files/")
            .header("Upload-Length", photo.len())
            .header("Satchel-Hash", BlobHash::of(photo).to_string())
            .header("Satchel-Nonce", nonce().to_string())
            .header("Idempotency-Key", format!("photo {number}"));
        let reply = create.send().await?;
        assert_eq!(reply.status(), 201);
        sending.path = Some(location(&reply));
    }
    let path = sending.path.clone().unwrap();
    let head = tus("HEAD", &path).send().await?;
    assert_eq!(head.status(), 200, "an upload whose creation was acknowledged is there");
    let mut offset: u64 = header(&head, "upload-offset").parse().unwrap();
    assert!(offset >= sending.acknowledged, "{offset} are kept, {} were acknowledged", sending.acknowledged);
    let mut receipt = head.headers().get("satchel-receipt").map(|r| r.to_str().unwrap().to_owned());
    while receipt.is_none() {
        let end = photo.len().min(offset as usize + 150_000);
        let patch = tus("PATCH", &path)
            .header("Upload-Offset", offset)
            .header("Content-Type", "application/offset+octet-stream")
            .body(photo[offset as usize..end].to_vec());
        let reply = patch.send().await?;
        assert_eq!(reply.status(), 204);
        offset = header(&reply, "upload-offset").parse().unwrap();
        sending.acknowledged = offset;
        receipt = reply.headers().get("satchel-receipt").map(|r| r.to_str().unwrap().to_owned());
    }
    sending.receipt = receipt;
    Ok(true)
}

#[tokio::test]
async fn kills_lose_nothing_and_double_nothing() {
    let dir = tempfile::TempDir::new().unwrap();
    let store = dir.path().join("store");
    let http = desk::client();
    let first = Process::start(&store);
    let request = PairRequest { code: first.code.clone(), device: "phone".into(), contributor: None };
    let paired: PairReply =
        http.post(format!("{}/v1/pair", first.url)).json(&request).send().await.unwrap().json().await.unwrap();
    first.kill();

    let mut all: Vec<Sending> = (0..40u32)
        .map(|n| Sending {
            photo: bytes(1 + (n as usize * 7919 * 31) % 600_000, n + 1),
            path: None,
            acknowledged: 0,
            receipt: None,
        })
        .collect();
    let mut kills = 0;
    while all.iter().any(|s| s.receipt.is_none()) {
        assert!(kills < 1000, "it does not get anywhere");
        let process = Process::start(&store);
        let url = process.url.clone();
        let work = async {
            for (number, sending) in all.iter_mut().enumerate().filter(|(_, s)| s.receipt.is_none()) {
                if go_on(&http, &url, &paired.token, number, sending).await.is_err() {
                    return;
                }
            }
        };
        // A different instant each time.
        let instant = Duration::from_micros(1_500 + (kills * 2_333) % 30_000);
        let kill = async {
            tokio::time::sleep(instant).await;
            process.kill();
        };
        tokio::join!(work, kill);
        kills += 1;
    }
    println!("{kills} kills");
    assert!(kills >= 3, "only {kills} kills happened");

    let database = rusqlite::Connection::open(store.join("receiver.sqlite")).unwrap();
    let sound: String = database.query_row("PRAGMA quick_check", [], |r| r.get(0)).unwrap();
    assert_eq!(sound, "ok");
    drop(database);
    let mut config = Config::new(([127, 0, 0, 1], 0).into(), &store);
    config.plain_http = true;
    let receiver = Receiver::start(config).await.unwrap();
    assert_eq!(receiver.completed_uploads().await.unwrap().len(), all.len());
    for sending in &all {
        let receipt = desk::verified(&paired.key, sending.receipt.as_ref().unwrap());
        assert_eq!(receipt.hash, BlobHash::of(&sending.photo));
        assert_eq!(fs::read(receiver.blob_path(&receipt.hash)).unwrap(), sending.photo);
    }
    let list: serde_json::Value = http
        .request(Method::GET, format!("{}/api/assets?limit=500", receiver.url()))
        .bearer_auth(receiver.viewer_key())
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(list["assets"].as_array().unwrap().len(), all.len());
    assert_eq!(fs::read_dir(store.join("incoming")).unwrap().count(), 0);
}
