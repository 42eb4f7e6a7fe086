//! The code that `bindings/README.md` shows is the code that the packages' tests compile and run.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

fn shown(language: &str) -> String {
    let readme = read("README.md");
    let (_, rest) = readme.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_kotlin_that_is_shown_is_run() {
    let source = read("kotlin/src/test/kotlin/app/satchel/FifteenLines.kt");
    assert!(source.contains(&shown("kotlin")), "{}", shown("kotlin"));
    assert!(shown("kotlin").lines().count() <= 15);
}

#[test]
fn the_swift_that_is_shown_is_run() {
    let source = read("swift/Tests/SatchelTests/FifteenLines.swift");
    assert!(source.contains(&shown("swift")), "{}", shown("swift"));
    assert!(shown("swift").lines().count() <= 15);
}
