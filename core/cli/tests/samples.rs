//! Real camera files, whose folder is in `SATCHEL_SAMPLES`: the demo's day with them.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::path::Path;
use std::process::Command;

#[test]
#[ignore = "foreign: samples"]
fn real_camera_files_all_arrive_with_receipts() {
    let samples = std::env::var_os("SATCHEL_SAMPLES").expect("SATCHEL_SAMPLES names the folder");
    let before = stamps(samples.as_ref());
    assert!(!before.is_empty(), "the folder holds no file");
    let demo = Command::new(env!("CARGO_BIN_EXE_satchel"))
        .args(["demo", "--fast", "--photos"])
        .arg(&samples)
        .output()
        .expect("the command starts");
    let told = String::from_utf8_lossy(&demo.stdout);
    assert!(demo.status.success(), "{told}{}", String::from_utf8_lossy(&demo.stderr));
    assert!(told.contains("all delivered, each with a receipt"), "{told}");
    assert_eq!(stamps(samples.as_ref()), before, "the originals were touched");
}

/// Every file below a folder, with its length and time of change.
fn stamps(folder: &Path) -> Vec<(std::path::PathBuf, u64, std::time::SystemTime)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let entry = entry.expect("the entry can be read");
        let about = entry.metadata().expect("the entry can be looked at");
        if about.is_dir() {
            found.extend(stamps(&entry.path()));
        } else {
            found.push((entry.path(), about.len(), about.modified().expect("the system keeps times")));
        }
    }
    found.sort();
    found
}
