//! The README's travellers, as they are told there: each writes their rules, runs the commands, and sees what stands below.

// Elsewhere a command's zone is not told by its environment, and hours of the day are among what is compared.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod traveller;

use std::fmt::Write as _;

use chrono::Timelike as _;
use satchel_testkit::samples;
use traveller::Traveller;

/// A fenced block: what it is, and its lines.
struct Block {
    kind: String,
    text: String,
    /// The last file name that was named in prose before it.
    file: Option<String>,
}

/// Titles of the travellers, and their blocks.
fn travellers() -> Vec<(String, Vec<Block>)> {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    let (_, section) = readme.split_once("\n## Three travellers\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let mut found: Vec<(String, Vec<Block>)> = Vec::new();
    let (mut open, mut file) = (None::<Block>, None);
    for line in section.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => found.last_mut().unwrap().1.push(open.take().unwrap()),
            (Some(block), None) => writeln!(block.text, "{line}").unwrap(),
            (None, Some(kind)) => open = Some(Block { kind: kind.into(), text: String::new(), file: file.clone() }),
            (None, None) => {
                if let Some(title) = line.strip_prefix("### ") {
                    found.push((title.into(), vec![]));
                }
                let named = line.split('`').skip(1).step_by(2).find(|word| word.ends_with(".json"));
                file = named.map(str::to_owned).or(file);
            }
        }
    }
    found
}

/// What the travellers brought: two photos and a film.
fn dcim(traveller: &Traveller) {
    let folder = traveller.home.path().join("DCIM");
    std::fs::create_dir(&folder).unwrap();
    for (name, seed, bytes) in [("IMG_0001.jpg", 1, 2_400_000), ("IMG_0002.jpg", 2, 3_900_000)] {
        let path = folder.join(name);
        let mut photo = samples::picture(&path, seed).unwrap();
        // Nothing reads what stands behind the end of a picture.
        photo.resize(bytes, 0x5A);
        std::fs::write(&path, photo).unwrap();
    }
    let film = [b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom".as_slice(), &[7; 12_000_000]].concat();
    std::fs::write(folder.join("CLIP_0003.mp4"), film).unwrap();
}

/// A zone in which it is about noon: what the hours say is the same whenever this runs.
fn noon() -> String {
    let west = i64::from(chrono::Utc::now().hour()) - 12;
    format!("<noon>{west}")
}

/// Without what differs from run to run: ids, the day, the folder, the server's port.
fn plain(text: &str, home: &str) -> String {
    let mut lines = Vec::new();
    for line in text.replace(&format!("{home}/"), "").lines() {
        let words = line.split_whitespace().map(|word| match word {
            id if id.len() == 8 && id.chars().all(|c| c.is_ascii_hexdigit()) => "ID",
            day if day.len() == 10 && day.split('-').count() == 3 => "DAY",
            url if url.starts_with("https://") => "URL",
            word => word,
        });
        lines.push(words.collect::<Vec<_>>().join(" "));
    }
    // Whether ffmpeg is installed is said below a film that is not there.
    lines.retain(|line| !line.starts_with("ffmpeg"));
    lines.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readmes_travellers_see_what_it_says() {
    let all = travellers();
    assert_eq!(all.len(), 3);
    for (title, blocks) in all {
        let traveller = Traveller::in_zone(&noon()).await;
        dcim(&traveller);
        let home = traveller.home.path().canonicalize().unwrap().to_str().unwrap().to_owned();
        let (mut last, mut compared) = (String::new(), 0);
        for Block { kind, text, file } in blocks {
            match kind.as_str() {
                "json" => drop(traveller.file(&file.unwrap(), text)),
                "sh" => {
                    for line in text.lines() {
                        let asset = waiting(&traveller).await;
                        let words: Vec<&str> =
                            line.split_whitespace().map(|word| if word == "ASSET" { &asset } else { word }).collect();
                        assert_eq!(words[0], "satchel", "{title}: {line}");
                        let output = traveller.run(&words[1..]).await;
                        assert!(
                            matches!(output.status.code(), Some(0 | 3)),
                            "{title}: {line}: {}",
                            traveller::told(&output)
                        );
                        last = String::from_utf8(output.stdout).unwrap();
                    }
                }
                "text" => {
                    assert_eq!(
                        plain(&last, &home),
                        plain(&text, &home),
                        "{title} sees:\n{}",
                        last.replace(&format!("{home}/"), "")
                    );
                    compared += 1;
                }
                other => panic!("{title}: nobody runs {other}"),
            }
        }
        assert!(compared > 0, "{title} sees nothing");
    }
}

/// The id of the smallest photo that waits.
async fn waiting(traveller: &Traveller) -> String {
    if !traveller.outbox().join("link").exists() {
        return String::new();
    }
    let status = traveller.objects(&["status"]).await;
    let open = status.iter().filter(|asset| asset["state"] == "waiting");
    let smallest = open.min_by_key(|asset| asset["bytes"].as_u64());
    smallest.map_or_else(String::new, |asset| asset["id"].as_str().unwrap()[..8].to_owned())
}
