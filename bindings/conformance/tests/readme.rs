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
    assert_eq!(blocks.len(), 4, "the first photo, rules, budgets, a price");
    for block in &blocks {
        assert!(sources.iter().any(|source| source.contains(block.as_str())), "{block}");
    }
    assert!(blocks[0].lines().count() <= 15 && blocks[1..].iter().all(|block| block.lines().count() == 3));
}

#[test]
fn the_kotlin_that_is_shown_is_run() {
    let tests = "kotlin/src/test/kotlin/app/satchel";
    all_are_run("kotlin", &[&format!("{tests}/FifteenLines.kt"), &format!("{tests}/TripLines.kt")]);
}

#[test]
fn the_swift_that_is_shown_is_run() {
    let tests = "swift/Tests/SatchelTests";
    all_are_run("swift", &[&format!("{tests}/FifteenLines.swift"), &format!("{tests}/TripLines.swift")]);
}
