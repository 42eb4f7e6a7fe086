//! The list of codes that Kotlin and Swift are compared with is the one of Rust.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

#[test]
fn the_vocabulary_is_what_rust_says() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("vocabulary.json");
    let written: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let expected = satchel_conformance::view::vocabulary();
    let shown = serde_json::to_string_pretty(&expected).unwrap();
    assert_eq!(written, expected, "write this to vocabulary.json, and name what is new in Kotlin and Swift:\n{shown}");
}
