//! Films by ffmpeg: a picture of them with their words, a small version before the whole, and nothing in either of where they
//! were taken. Where ffmpeg is not installed, these tests say so and end.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use satchel_receiver::{Config, Receiver};

/// A film of a few seconds that tells a place and does not compress well; none where there is no ffmpeg.
fn film(folder: &Path) -> Option<PathBuf> {
    let path = folder.join("CLIP_0001.mp4");
    let made = Command::new("ffmpeg")
        .args([
            "-nostdin",
            "-loglevel",
            "error",
            "-y",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=duration=4:size=1280x720:rate=25",
        ])
        .args([
            "-f",
            "lavfi",
            "-i",
            "sine=frequency=440:duration=4",
            "-vf",
            "noise=alls=40:allf=t",
            "-pix_fmt",
            "yuv420p",
        ])
        .args([
            "-c:v",
            "libx264",
            "-preset",
            "ultrafast",
            "-b:v",
            "12M",
            "-c:a",
            "aac",
            "-movflags",
            "use_metadata_tags",
        ])
        .args(["-metadata", "location=+54.5000+018.7500/", "-metadata", "location-eng=+54.5000+018.7500/", "-f", "mp4"])
        .arg(&path)
        .output();
    match made {
        Ok(made) if made.status.success() => Some(path),
        Ok(made) => panic!("{}", String::from_utf8_lossy(&made.stderr)),
        Err(why) => {
            eprintln!("not shown here: ffmpeg is not installed ({why})");
            None
        }
    }
}

fn satchel(outbox: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_satchel"));
    command.arg(words[0]).arg("--outbox").arg(outbox).args(&words[1..]);
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    text
}

fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

async fn receiver(store: &Path) -> Receiver {
    let mut config = Config::new("127.0.0.1:0".parse().unwrap(), store.to_owned());
    config.plain_http = false;
    Receiver::start(config).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_goes_with_a_picture_and_a_small_version_of_it() {
    let home = tempfile::tempdir().unwrap();
    let Some(film) = film(home.path()) else { return };
    let (outbox, whole) = (home.path().join("outbox"), fs::read(&film).unwrap());
    assert!(whole.len() > 3 << 20 && holds(&whole, b"+54.5"), "{} bytes", whole.len());
    let desk = receiver(&home.path().join("desk")).await;
    let code = desk.pairing_code().to_string();
    let (paired, added) = (outbox.clone(), film.clone());
    tokio::task::spawn_blocking(move || {
        said(&satchel(&paired, &["pair", &code]));
        said(&satchel(&paired, &["add", added.to_str().unwrap(), "--caption", "waves"]));
        said(&satchel(&paired, &["sync"]));
    })
    .await
    .unwrap();
    let shown = desk.assets().await.unwrap().pop().unwrap();
    assert_eq!(shown.caption.as_deref(), Some("waves"));
    let renditions: Vec<_> = shown.parts.iter().map(|part| (part.rendition.as_str(), part.here)).collect();
    assert_eq!(renditions, [("original", true), ("preview", true), ("press", true)]);
    let bytes: Vec<_> = shown.parts.iter().map(|part| fs::read(desk.blob_path(&part.hash)).unwrap()).collect();
    assert_eq!(bytes[0], whole);
    assert!(bytes[1].starts_with(&[0xFF, 0xD8, 0xFF]) && bytes[1].len() <= 24 * 1024);
    assert!(bytes[2].len() <= 2 << 20 && &bytes[2][4..8] == b"ftyp", "{} bytes", bytes[2].len());
    assert!(bytes[2].len() > 200_000, "it is no film: {} bytes", bytes[2].len());
    assert!(!bytes[1..].iter().any(|rendition| holds(rendition, b"+54.5")), "a place went along");
    assert_eq!(fs::read_dir(outbox.join("spool")).unwrap().count(), 1, "its lock alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_ffmpeg_the_words_go_and_status_says_why_there_is_no_picture() {
    let home = tempfile::tempdir().unwrap();
    let outbox = home.path().join("outbox");
    let film = home.path().join("CLIP_0001.mp4");
    fs::write(&film, [b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".as_slice(), &[7; 50_000]].concat()).unwrap();
    let desk = receiver(&home.path().join("desk")).await;
    let code = desk.pairing_code().to_string();
    tokio::task::spawn_blocking(move || {
        let without = |words: &[&str]| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_satchel"));
            command.env("SATCHEL_FFMPEG", "/nowhere/ffmpeg").arg(words[0]).arg("--outbox").arg(&outbox);
            said(&command.args(&words[1..]).output().unwrap())
        };
        without(&["pair", &code]);
        without(&["add", film.to_str().unwrap(), "--caption", "waves"]);
        let status = without(&["status"]);
        assert!(status.contains("ffmpeg is not installed"), "{status}");
        without(&["sync"]);
        assert!(!without(&["status"]).contains("ffmpeg"), "it is there whole");
    })
    .await
    .unwrap();
    let shown = desk.assets().await.unwrap().pop().unwrap();
    assert_eq!(shown.caption.as_deref(), Some("waves"));
    assert_eq!(shown.parts.iter().map(|part| part.rendition.as_str()).collect::<Vec<_>>(), ["original"]);
}

/// `satchel target`: set before anything goes, said in words, and kept to.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_not_to_learn_places_is_set_up_by_command() {
    let home = tempfile::tempdir().unwrap();
    let outbox = home.path().join("outbox");
    let photo = home.path().join("IMG_0001.jpg");
    let plain = satchel_testkit::samples::picture(&photo, 1).unwrap();
    // A comment is metadata too.
    let told = [&plain[..2], &[0xFF, 0xFE, 0, 8], b"secret", &plain[2..]].concat();
    fs::write(&photo, &told).unwrap();
    let desk = receiver(&home.path().join("desk")).await;
    let (code, url) = (desk.pairing_code().to_string(), format!("{}/", desk.url()));
    tokio::task::spawn_blocking(move || {
        said(&satchel(&outbox, &["pair", &code]));
        let redact = Command::new(env!("CARGO_BIN_EXE_satchel"))
            .args(["target", "redact", &url, "location", "--outbox"])
            .arg(&outbox)
            .output()
            .unwrap();
        assert!(said(&redact).contains("where photos were taken is kept from it"));
        let list =
            Command::new(env!("CARGO_BIN_EXE_satchel")).args(["target", "list", "--outbox"]).arg(&outbox).output();
        assert!(said(&list.unwrap()).contains("not told where photos were taken"));
        said(&satchel(&outbox, &["add", photo.to_str().unwrap()]));
        said(&satchel(&outbox, &["sync"]));
    })
    .await
    .unwrap();
    let shown = desk.assets().await.unwrap().pop().unwrap();
    let original = fs::read(desk.blob_path(&shown.parts[0].hash)).unwrap();
    assert!(shown.parts.iter().all(|part| part.here) && !holds(&original, b"secret"));
    assert!(original.len() < told.len() && original.starts_with(&[0xFF, 0xD8]));
}
