//! An outbox that is driven as a person drives it: by the `satchel` command, and read by its `--json`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A file as a camera might have left it.
#[derive(Debug, Clone)]
pub(crate) struct Photo {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// BLAKE3 of its content, in hexadecimal digits.
    pub(crate) hash: String,
    /// Length in bytes.
    pub(crate) length: u64,
}

/// Writes a file that begins as a JPEG does and goes on with bytes that depend on `seed` alone.
pub(crate) fn photo(folder: &Path, name: &str, length: usize, seed: &str) -> Photo {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().update(seed.as_bytes()).finalize_xof().fill(&mut bytes);
    let start = [0xFF, 0xD8, 0xFF, 0xE0];
    let marked = start.len().min(length);
    bytes[..marked].copy_from_slice(&start[..marked]);
    let path = folder.join(name);
    fs::write(&path, &bytes).unwrap();
    Photo { path, hash: blake3::hash(&bytes).to_hex().to_string(), length: length as u64 }
}

/// An outbox in a folder.
#[derive(Debug)]
pub(crate) struct Outbox(pub(crate) PathBuf);

impl Outbox {
    /// `satchel pair`, which must go well.
    pub(crate) fn pair(&self, code: &str) {
        let output = satchel().args(["pair", "--outbox"]).arg(&self.0).arg(code).output().unwrap();
        assert!(output.status.success(), "pair: {}", told(&output));
    }

    /// `satchel add`, which must go well.
    pub(crate) fn add(&self, words: &[&str], paths: &[&Path]) {
        let output =
            satchel().args(["add", "--json", "--outbox"]).arg(&self.0).args(words).args(paths).output().unwrap();
        assert!(output.status.success(), "add: {}", told(&output));
    }

    /// `satchel retry` of all that is parked, which must go well.
    pub(crate) fn retry_all(&self) {
        let output = satchel().args(["retry", "--all", "--outbox"]).arg(&self.0).output().unwrap();
        assert!(output.status.success(), "retry: {}", told(&output));
    }

    /// `satchel sync`, not started yet.
    pub(crate) fn sync(&self, to: &str, deadline_s: u32) -> Command {
        let mut command = satchel();
        command.args(["sync", "--json", "--to", to, "--deadline", &deadline_s.to_string(), "--outbox"]).arg(&self.0);
        command.stdin(Stdio::null());
        command
    }

    /// `satchel check`, not started yet.
    pub(crate) fn check(&self, to: &str) -> Command {
        let mut command = satchel();
        command.args(["check", "--json", "--to", to, "--outbox"]).arg(&self.0);
        command
    }

    /// Syncs again and again until all is delivered; at most this often.
    pub(crate) fn sync_until_done(&self, to: &str, attempts: u32) {
        let mut last = String::new();
        for _ in 0..attempts {
            let output = self.sync(to, 60).output().unwrap();
            match output.status.code() {
                Some(0) => return,
                Some(3) => last = told(&output),
                _ => panic!("sync: {}", told(&output)),
            }
        }
        panic!("not done after {attempts} syncs; the last said: {last}");
    }

    /// `satchel status --json`: one value for each asset.
    pub(crate) fn status(&self) -> Vec<Value> {
        let output = satchel().args(["status", "--json", "--outbox"]).arg(&self.0).output().unwrap();
        assert!(output.status.success(), "status: {}", told(&output));
        let text = String::from_utf8(output.stdout).unwrap();
        let values =
            text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap_or_else(|e| panic!("{line}: {e}")));
        // One object a line; those of assets have an id.
        values.filter(|value| value.get("id").is_some()).collect()
    }

    /// Checks that the status names exactly these, each delivered, with its hash and all its bytes acknowledged.
    pub(crate) fn assert_all_delivered(&self, photos: &[Photo]) {
        let status = self.status();
        assert_eq!(status.len(), photos.len(), "{status:#?}");
        for photo in photos {
            let own =
                |value: &&Value| value["path"].as_str().is_some_and(|path| same_file(Path::new(path), &photo.path));
            let asset = status.iter().find(own).unwrap_or_else(|| panic!("{photo:?} is not in {status:#?}"));
            assert_eq!(asset["state"], "delivered", "{asset:#}");
            assert_eq!(asset["hash"], photo.hash.as_str(), "{asset:#}");
            assert_eq!(asset["bytes"], photo.length, "{asset:#}");
            // A bare tus server over plain HTTP signs nothing: no more may be claimed than it said.
            let proof = asset["proof"].as_str().unwrap_or_default();
            assert!(["unproven", "size"].contains(&proof), "{asset:#}");
        }
    }
}

fn same_file(one: &Path, other: &Path) -> bool {
    one == other || fs::canonicalize(one).ok() == fs::canonicalize(other).ok()
}

fn satchel() -> Command {
    Command::new(env!("CARGO_BIN_EXE_satchel"))
}

fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}{}", output.status, text(&output.stdout), text(&output.stderr))
}
