//! Live photos on the command line: one line, one post, two files.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use satchel_receiver::{Config, Receiver};
use serde_json::Value;

fn satchel(outbox: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_satchel"));
    command.env("SATCHEL_OUTBOX", outbox).env("XDG_CONFIG_HOME", outbox).args(args).output().unwrap()
}

fn lines(output: &Output) -> Vec<Value> {
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_still_with_its_motion_is_one_line_and_one_post() {
    let dir = tempfile::tempdir().unwrap();
    let outbox = dir.path().join("outbox");
    let (still, film) = (dir.path().join("IMG_1.JPG"), dir.path().join("IMG_1.MOV"));
    fs::write(&still, [&[0xFF, 0xD8, 0xFF, 0xE0][..], &[7; 3_000]].concat()).unwrap();
    fs::write(&film, [&b"\0\0\0\x14ftypqt  \0\0\0\0qt  "[..], &[9; 5_000]].concat()).unwrap();
    let [still, film] = [&still, &film].map(|path| path.to_str().unwrap());

    let refused = satchel(&outbox, &["add", "--motion", film, still, film]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--motion belongs to one photo"));
    let refused = satchel(&outbox, &["add", "--motion", still, still]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("a pair is a photo and, as its motion, a video"));
    let added = lines(&satchel(&outbox, &["add", "--json", "--motion", film, still]));
    assert_eq!((added.len(), &added[0]["outcome"]), (1, &Value::from("added")));

    let mut config = Config::new("127.0.0.1:0".parse().unwrap(), dir.path().join("desk"));
    config.plain_http = false;
    let desk = Receiver::start(config).await.unwrap();
    let code = desk.pairing_code().to_string();
    assert!(satchel(&outbox, &["pair", &code]).status.success());
    let synced = satchel(&outbox, &["sync"]);
    assert_eq!(synced.status.code(), Some(0), "{}", String::from_utf8_lossy(&synced.stderr));
    let shown = desk.assets().await.unwrap();
    assert_eq!(shown.len(), 1);
    let originals = shown[0].parts.iter().filter(|part| part.rendition == "original" && part.here);
    assert_eq!(originals.map(|part| part.name.as_str()).collect::<Vec<_>>(), ["IMG_1.JPG", "IMG_1.MOV"]);

    let status = lines(&satchel(&outbox, &["status", "--json"]));
    let photos: Vec<_> = status.iter().filter(|line| line.get("id").is_some()).collect();
    assert_eq!((photos.len(), &photos[0]["state"]), (1, &Value::from("delivered")));
    assert_eq!(photos[0]["bytes"], 3_004 + 5_020);
    assert_eq!(
        (&photos[0]["motion"]["path"], &photos[0]["motion"]["bytes"]),
        (&Value::from(film), &Value::from(5_020))
    );
    let words = satchel(&outbox, &["status"]);
    assert!(String::from_utf8_lossy(&words.stdout).contains("IMG_1.JPG + IMG_1.MOV  delivered"));
}
