//! The code that `bindings/README.md` shows is the code that the packages' tests compile and run.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

/// The lines of each block of a language, wherever they are indented.
fn shown(language: &str) -> Vec<String> {
    let begins = format!("```{language}\n");
    let readme = read("README.md");
    readme.split(&begins).skip(1).map(|rest| plain(rest.split_once("```").unwrap().0)).collect()
}

fn plain(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn all_are_run(language: &str, files: &[&str]) {
    let sources: Vec<_> = files.iter().map(|file| plain(&read(file))).collect();
    let blocks = shown(language);
    for block in &blocks {
        assert!(sources.iter().any(|source| source.contains(block.as_str())), "{block}");
    }
    let [first, trip @ .., background] = blocks.as_slice() else { panic!("{} blocks", blocks.len()) };
    assert!(first.lines().count() <= 15);
    assert!(
        trip.len() >= 3 && trip.iter().all(|block| block.lines().count() == 3),
        "rules, budgets, a price, other ways"
    );
    assert!(background.lines().count() < 60, "background upload is little to do");
}

#[test]
fn the_kotlin_that_is_shown_is_run() {
    let tests = "kotlin/src/test/kotlin/app/satchel";
    let background = "kotlin/android/src/test/kotlin/app/satchel/android/BackgroundUpload.kt";
    all_are_run("kotlin", &[&format!("{tests}/FifteenLines.kt"), &format!("{tests}/TripLines.kt"), background]);
}

#[test]
fn the_swift_that_is_shown_is_run() {
    let tests = "swift/Tests/SatchelTests";
    let files = ["FifteenLines", "TripLines", "BackgroundLines"].map(|name| format!("{tests}/{name}.swift"));
    all_are_run("swift", &files.each_ref().map(String::as_str));
}
