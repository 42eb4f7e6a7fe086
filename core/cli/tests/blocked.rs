//! The README's chapter about blocks, as it is told there: a page stands before one address, all goes by the other, and what
//! was seen is kept.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod traveller;

use satchel_testkit::link::{Conditions, Simulator};
use traveller::Traveller;

/// The chapter's commands and what stands below them.
fn chapter() -> Vec<(String, String)> {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    let (_, section) = readme.split_once("\n## When the service is blocked\n").unwrap();
    let (section, _) = section.split_once("\n## ").unwrap();
    let mut found = Vec::new();
    for block in section.split("```").skip(1).step_by(2) {
        let (kind, text) = block.split_once('\n').unwrap();
        found.push((kind.to_owned(), text.to_owned()));
    }
    found
}

/// Without what differs from run to run: addresses, days and times, hashes, how often.
fn plain(text: &str) -> String {
    let word = |word: &str| match word {
        url if url.trim_end_matches([':', ',']).starts_with("https://") => "URL".to_owned(),
        day if day.len() == 10 && day.split('-').count() == 3 => "DAY".into(),
        time if time.len() <= 6 && time.contains(':') => "TIME".into(),
        hash if hash.contains('…') => "HASH".into(),
        count if count.parse::<u32>().is_ok() => "N".into(),
        other => other.to_owned(),
    };
    let line = |line: &str| line.split_whitespace().map(word).collect::<Vec<_>>().join(" ");
    // How often it was seen, and when it is asked again, is chance.
    let chance = [" to DAY TIME, N times", "; asked again in N s", "; asked again now"];
    let lines = text.lines().map(line).map(|line| chance.iter().fold(line, |line, part| line.replace(part, "")));
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readmes_chapter_about_blocks_is_what_happens() {
    let (traveller, link) = Traveller::over(4_000_000).await;
    let mirror = Simulator::start("127.0.0.1:0".parse().unwrap(), traveller.desk.addr(), 2).unwrap();
    let (desk, other) = [&link, &mirror].map(|link| format!("https://127.0.0.1:{}/", link.addr().port())).into();
    let photo = traveller.photo("IMG_0001.jpg", 300_000);
    traveller.well(&["add", &photo]).await;
    link.set(Conditions::page());
    let (mut last, mut compared) = (String::new(), 0);
    for (kind, text) in chapter() {
        if kind == "text" {
            assert_eq!(plain(&last), plain(&text), "it says:\n{last}");
            compared += 1;
            continue;
        }
        for line in text.lines().map(|line| line.split_once(" #").map_or(line, |(line, _)| line).trim()) {
            let there = line.replace("https://desk.example:8443/", &desk).replace("https://desk.example.net/", &other);
            let words: Vec<&str> = there.split_whitespace().collect();
            assert_eq!(words[0], "satchel", "{line}");
            let output = traveller.run(&words[1..]).await;
            assert!(matches!(output.status.code(), Some(0 | 3)), "{line}: {}", traveller::told(&output));
            last = String::from_utf8(output.stdout).unwrap();
        }
    }
    assert!(compared >= 2, "the chapter shows nothing");
    let status = traveller.objects(&["status"]).await;
    assert!(status.iter().all(|asset| asset["state"] == "delivered"), "{status:?}");
    let export = std::fs::read_to_string(traveller.home.path().join("blocks.json")).unwrap();
    let export: serde_json::Value = serde_json::from_str(&export).unwrap();
    assert_eq!(export["blocks"][0]["kind"], "certificate");
    assert!(export["blocks"][0]["certificate"].as_str().is_some_and(|hash| hash.len() == 64));
}
