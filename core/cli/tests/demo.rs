//! `satchel demo`, as a person without a terminal runs it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

use satchel_testkit::samples::{self, SampleSet};
use serde_json::Value;

fn demo(args: &[&OsStr]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_satchel"));
    command.arg("demo").arg("--fast").args(args).env_remove("SATCHEL_TOKEN").env_remove("SATCHEL_OUTBOX");
    command.output().unwrap()
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The sums at the end.
fn end(output: &Output) -> Value {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let events = stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    events.into_iter().find(|event| event["event"] == "end").unwrap_or_else(|| panic!("no end in:\n{}", text(output)))
}

/// The number in a row of the table.
fn row(text: &str, name: &str) -> u64 {
    let line =
        text.lines().find_map(|line| line.trim().strip_prefix(name)).unwrap_or_else(|| panic!("no {name} in:\n{text}"));
    line.split_whitespace().next().unwrap().parse().unwrap()
}

fn arg(path: &Path) -> [&OsStr; 2] {
    ["--photos".as_ref(), path.as_os_str()]
}

/// Everything in a folder, with its content and times.
fn contents(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>, std::time::SystemTime)> {
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), std::fs::read(&path).unwrap(), path.metadata().unwrap().modified().unwrap()))
        .collect();
    all.sort();
    all
}

/// What a command of the outbox prints with `--json`, one object a line.
fn objects(outbox: &Path, command: &[&str]) -> Vec<Value> {
    let mut satchel = Command::new(env!("CARGO_BIN_EXE_satchel"));
    let output = satchel.args(command).args(["--json", "--outbox"]).arg(outbox).output().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_day_ends_well() {
    let output = demo(&[]);
    let text = text(&output);
    assert!(output.status.success(), "{text}");
    assert_eq!(row(&text, "assets"), row(&text, "receipts"), "{text}");
    assert_eq!((row(&text, "assets"), row(&text, "twins")), (17, 3), "{text}");
    // Each chapter had its event, and nothing was skipped.
    for told in [
        "there is no network",
        "before a byte goes",
        "too little left for it",
        "granted: up to",
        "the link was cut",
        "it goes on from there",
        "certificate",
        "killed in the middle",
        "it goes on there",
    ] {
        assert!(text.contains(told), "{told:?} is missing in:\n{text}");
    }
    assert!(!text.contains('\x1b'), "no colours where there is no terminal:\n{text}");
    assert!(
        text.lines().all(|line| line.chars().count() <= 80 || line.contains("satchel ") || line.contains("://")),
        "{text}"
    );
}

/// The story, by the ledger, the outbox and the receiver's store, when nobody tells it any more.
#[tokio::test(flavor = "multi_thread")]
async fn the_money_of_the_day_is_in_the_ledger_and_the_order_in_the_receiver() {
    let folder = tempfile::tempdir().unwrap();
    let dir: Vec<std::ffi::OsString> = vec!["--dir".into(), folder.path().into(), "--json".into()];
    let played = tokio::task::spawn_blocking(move || demo(&dir.iter().map(AsRef::as_ref).collect::<Vec<_>>()));
    let output = played.await.unwrap();
    let end = end(&output);
    assert!(output.status.success(), "{}", text(&output));
    let outbox = folder.path().join("outbox");

    // Abroad went no more than the budget and the grant; all else cost nothing.
    let ledger = objects(&outbox, &["ledger"]);
    let sum = |link: &str, what: &str| {
        let rows = ledger.iter().filter(|row| row["link"] == link);
        rows.map(|row| row[what].as_u64().unwrap()).sum::<u64>()
    };
    let abroad = sum("roaming", "sent") + sum("roaming", "received");
    let (budget, granted) = (end["budget"].as_u64().unwrap(), end["granted"].as_u64().unwrap());
    assert_eq!((end["abroad"].as_u64(), budget), (Some(abroad), 300_000), "{end}");
    assert!(abroad > 200_000 && abroad <= budget + granted, "{end}");
    assert!(ledger.iter().all(|row| row["link"] == "roaming" || row["link"] == "unmetered"), "{ledger:#?}");
    let kept = objects(&outbox, &["budget", "show"]);
    assert_eq!((&kept[0]["budget"], &kept[0]["bytes"]), (&"abroad".into(), &300_000.into()), "{kept:#?}");
    assert!(kept[0]["left"].as_u64().unwrap() < 40_000, "{kept:#?}");

    // What was granted, and what was under way at the kill.
    let status = objects(&outbox, &["status"]);
    let mut urgent: Vec<_> = status.iter().filter(|asset| asset["urgent"] == true).collect();
    urgent.sort_by_key(|asset| asset["bytes"].as_u64());
    let [granted, large] = urgent[..] else { panic!("{urgent:#?}") };
    let word = |asset: &Value| asset["hash"].as_str().unwrap().to_owned();
    assert!(sum("roaming", "acknowledged") > granted["bytes"].as_u64().unwrap(), "{ledger:#?}");
    assert!(sum("unmetered", "acknowledged") > large["bytes"].as_u64().unwrap(), "{ledger:#?}");

    // At the receiver: posts first, then the one that was granted, then everything else.
    let store = folder.path().join("receiver");
    let desk = satchel_receiver::Receiver::start(satchel_receiver::Config::new("127.0.0.1:0".parse().unwrap(), store));
    let desk = desk.await.unwrap();
    let uploads = desk.completed_uploads().await.unwrap();
    let at = |hash: &str| uploads.iter().find(|upload| upload.hash.to_string() == hash).unwrap().completed;
    let first = at(&word(granted));
    assert!(uploads.iter().all(|upload| upload.completed >= first), "{uploads:#?}");
    let shown = desk.assets().await.unwrap();
    assert_eq!(shown.len(), 17);
    assert!(shown.iter().filter(|asset| asset.posted && asset.arrived <= first).count() >= 10, "{shown:#?}");
    assert!(shown.iter().all(|asset| asset.parts.iter().all(|part| part.here)), "{shown:#?}");
    desk.shutdown().await;
}

#[test]
fn a_folder_of_odd_files_is_delivered_and_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    samples::make(&folder.path().join("below"), 7, SampleSet::Small).unwrap();
    let write = |name: &OsStr, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    write("empty.jpg".as_ref(), b"");
    write("notes.txt".as_ref(), b"not a photo");
    write("tiny.gif".as_ref(), b"GIF89a\x01\0\x01\0\0\0\0;");
    write("two\nlines.jpg".as_ref(), b"\xff\xd8\xff\xe0 and so on");
    #[cfg(target_os = "linux")]
    write(std::os::unix::ffi::OsStrExt::from_bytes(b"caf\xe9.jpg"), b"\xff\xd8\xff\xe0 by another name");
    #[cfg(not(target_os = "linux"))]
    write("cafe.jpg".as_ref(), b"\xff\xd8\xff\xe0 by another name");
    let before = contents(folder.path());
    let output = demo(&[arg(folder.path()).as_slice(), &["--json".as_ref()]].concat());
    let end = end(&output);
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!((&end["assets"], &end["receipts"], &end["twins"]), (&20.into(), &20.into(), &3.into()), "{end}");
    assert_eq!(end["uploads_completed"], 17, "{end}");
    assert!(text(&output).contains("empty.jpg left out"), "{}", text(&output));
    assert_eq!(contents(folder.path()), before);
}

#[test]
fn one_photo_and_its_twin_are_enough() {
    let folder = tempfile::tempdir().unwrap();
    let photo = [b"\xff\xd8\xff\xe0".as_slice(), &[7; 200_000]].concat();
    std::fs::write(folder.path().join("a.jpg"), &photo).unwrap();
    std::fs::write(folder.path().join("b.jpg"), &photo).unwrap();
    let output = demo(&[arg(folder.path()).as_slice(), &["--json".as_ref()]].concat());
    let end = end(&output);
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(
        (&end["assets"], &end["receipts"], &end["uploads_completed"]),
        (&2.into(), &2.into(), &1.into()),
        "{end}"
    );
}

#[test]
fn a_folder_without_photos_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let empty = demo(&arg(folder.path()));
    assert_eq!(empty.status.code(), Some(1));
    assert!(text(&empty).contains("no photo and no video") && text(&empty).contains("--photos"), "{}", text(&empty));
    let missing = demo(&arg(&folder.path().join("not there")));
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing).contains("cannot use the folder"), "{}", text(&missing));
    let inside =
        demo(&[arg(folder.path()).as_slice(), &["--dir".as_ref(), folder.path().join("x").as_os_str()]].concat());
    assert_eq!(inside.status.code(), Some(1));
    assert!(text(&inside).contains("outside of it"), "{}", text(&inside));
}

#[test]
fn a_folder_that_stays_serves_a_second_day() {
    let folder = tempfile::tempdir().unwrap();
    let dir: [&OsStr; 3] = ["--dir".as_ref(), folder.path().as_os_str(), "--json".as_ref()];
    for outbox in ["outbox", "outbox-2"] {
        let output = demo(&dir);
        assert!(output.status.success(), "{}", text(&output));
        assert_eq!(end(&output)["assets"], 17);
        let status = Command::new(env!("CARGO_BIN_EXE_satchel"))
            .args(["status", "--json", "--outbox"])
            .arg(folder.path().join(outbox))
            .output()
            .unwrap();
        // One object a line; those of assets have an id.
        let told = String::from_utf8_lossy(&status.stdout).into_owned();
        let assets = told.lines().filter(|line| serde_json::from_str::<Value>(line).unwrap().get("id").is_some());
        assert_eq!(assets.count(), 17, "{}", text(&status));
    }
}
