//! Ends by plan while things are made of a photo: the command ends at every place between two durable writes, one after the
//! other, and is run again. What is to be made is made again or found again, arrives once, and nothing is left in the spool.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

use std::fs;
use std::path::Path;
use std::process::Command;

use satchel_receiver::{Config, Receiver};
use satchel_testkit::Chance;

/// No sync of one photo passes so many crash points.
const MOST: u64 = 200;
/// Every so many of them, to be done in a minute.
const EACH: usize = 2;

/// A photo that is worth a press rendition, with a comment that is not for everybody.
fn photo(path: &Path, seed: u64) {
    let (width, height) = (900u16, 700u16);
    let mut rgb = vec![0; usize::from(width) * usize::from(height) * 3];
    Chance::new(seed).fill(&mut rgb);
    let mut jpeg = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut jpeg, 92);
    encoder.encode(&rgb, width, height, jpeg_encoder::ColorType::Rgb).unwrap();
    let told = [&jpeg[..2], &[0xFF, 0xFE, 0, 8], b"secret", &jpeg[2..]].concat();
    assert!(told.len() > 500_000);
    fs::write(path, told).unwrap();
}

/// Runs the command; true when it ended well, false when it was ended by plan.
fn satchel(outbox: &Path, words: &[&str], abort_at: Option<u64>) -> bool {
    let mut command = Command::new(env!("CARGO_BIN_EXE_satchel"));
    command.args(words).arg("--outbox").arg(outbox);
    if let Some(at) = abort_at {
        command.env("SATCHEL_ABORT_AT", at.to_string());
    }
    let output = command.output().unwrap();
    let ended = output.status.code().is_none();
    let said = || String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned();
    assert!((ended && abort_at.is_some()) || output.status.success(), "{words:?}, {:?}: {}", output.status, said());
    !ended
}

/// One outbox and one receiver, ended at this crash point; false when there is none such.
async fn ended_at(home: &Path, at: u64) -> bool {
    let (outbox, shot) = (home.join("outbox"), home.join("IMG_0001.jpg"));
    photo(&shot, at);
    let desk = Receiver::start(Config::new("127.0.0.1:0".parse().unwrap(), home.join("desk"))).await.unwrap();
    let (code, url) = (desk.pairing_code().to_string(), format!("{}/", desk.url()));
    let folder = outbox.clone();
    let through = tokio::task::spawn_blocking(move || {
        satchel(&folder, &["pair", &code], None);
        satchel(&folder, &["target", "redact", &url, "location"], None);
        satchel(&folder, &["add", shot.to_str().unwrap()], None);
        let through = satchel(&folder, &["sync", "--deadline", "60"], Some(at));
        satchel(&folder, &["sync", "--deadline", "60"], None);
        through
    });
    let through = through.await.unwrap_or_else(|error| panic!("crash point {at}: {error}"));
    let mut shown = desk.assets().await.unwrap();
    assert_eq!(shown.len(), 1, "crash point {at}");
    let parts = shown.pop().unwrap().parts;
    let renditions: Vec<_> = parts.iter().map(|part| (part.rendition.as_str(), part.here)).collect();
    assert_eq!(renditions, [("original", true), ("preview", true), ("press", true)], "crash point {at}");
    let original = fs::read(desk.blob_path(&parts[0].hash)).unwrap();
    assert!(!original.windows(6).any(|window| window == b"secret"), "crash point {at}");
    assert_eq!(desk.completed_uploads().await.unwrap().len(), 2, "crash point {at}: each once");
    let left: Vec<_> = fs::read_dir(outbox.join("spool")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| name == "lock" || name.to_string_lossy().ends_with(".part")), "{at}: {left:?}");
    desk.shutdown().await;
    !through
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_it_ends_what_is_made_arrives_once() {
    let home = tempfile::tempdir().unwrap();
    let mut points = 0;
    for at in (1..MOST).step_by(EACH) {
        let place = home.path().join(at.to_string());
        fs::create_dir(&place).unwrap();
        if !ended_at(&place, at).await {
            break;
        }
        points += 1;
        fs::remove_dir_all(&place).unwrap();
    }
    println!("{points} crash points");
    assert!((10..MOST as usize / EACH).contains(&points), "{points} crash points");
}
