//! The tests' cache folder: what was downloaded or built for them, each thing in a folder named by what it was made
//! from.
//!
//! It is `satchel-tests` in the operating system's cache folder, or where `SATCHEL_CACHE` says. Deleting it costs only
//! time. A folder counts once its `complete` file is there, so an interrupted set-up starts anew; a lock makes two runs
//! wait for each other.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::clock::Stopwatch;

const COMPLETE: &str = "complete";

/// The cache folder.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// Finds and makes the folder.
    pub(crate) fn open() -> Result<Self, String> {
        let folder = match env::var_os("SATCHEL_CACHE").filter(|folder| !folder.is_empty()) {
            Some(folder) => std::path::absolute(PathBuf::from(folder)).map_err(|e| format!("SATCHEL_CACHE: {e}"))?,
            None => system_caches()
                .ok_or("no cache folder is known here: set SATCHEL_CACHE to a folder for the tests' downloads")?
                .join("satchel-tests"),
        };
        Self::at(folder)
    }

    fn at(folder: PathBuf) -> Result<Self, String> {
        fs::create_dir_all(&folder)
            .map_err(|e| format!("the cache folder {} cannot be made: {e}; set SATCHEL_CACHE", folder.display()))?;
        Ok(Self { folder })
    }

    /// A folder of the cache that a package manager fills by itself.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Whether an earlier run set this up.
    pub(crate) fn has(&self, name: &str, made_from: &[&[u8]]) -> bool {
        self.folder.join(format!("{name}-{}", key(made_from))).join(COMPLETE).is_file()
    }

    /// The folder of one thing that `make` sets up, unless an earlier run did. `made_from` is what it depends on: when
    /// that changes, it is set up anew.
    pub(crate) fn keep(
        &self,
        name: &str,
        made_from: &[&[u8]],
        make: impl FnOnce(&Path) -> Result<(), String>,
    ) -> Result<PathBuf, String> {
        let folder = self.folder.join(format!("{name}-{}", key(made_from)));
        if folder.join(COMPLETE).is_file() {
            return Ok(folder);
        }
        let problem = |e: std::io::Error| format!("the cache folder {}: {e}", folder.display());
        let lock = File::create(self.folder.join(format!("{name}.lock"))).map_err(problem)?;
        lock.lock().map_err(problem)?;
        if folder.join(COMPLETE).is_file() {
            return Ok(folder);
        }
        println!("setting up {name} in {}", folder.display());
        let watch = Stopwatch::start();
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(problem)?;
        }
        fs::create_dir_all(&folder).map_err(problem)?;
        make(&folder)?;
        fs::write(folder.join(COMPLETE), "").map_err(problem)?;
        println!("set up {name} in {:.0} s", watch.elapsed().as_secs_f64());
        Ok(folder)
    }
}

fn key(made_from: &[&[u8]]) -> String {
    let mut hasher = blake3::Hasher::new();
    for piece in made_from {
        hasher.update(&(piece.len() as u64).to_le_bytes()).update(piece);
    }
    hasher.finalize().to_hex()[..12].to_owned()
}

/// Where the operating system keeps caches.
fn system_caches() -> Option<PathBuf> {
    let folder = |name| env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        folder("HOME").map(|home| home.join("Library/Caches"))
    } else {
        folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_set_up_once_and_anew_when_its_making_changes_or_failed() {
        let home = tempfile::tempdir().unwrap();
        let cache = Cache::at(home.path().join("cache")).unwrap();
        let mut made = 0;
        for _ in 0..2 {
            let folder = cache
                .keep("thing", &[b"one"], |folder| {
                    made += 1;
                    fs::write(folder.join("file"), "x").map_err(|e| e.to_string())
                })
                .unwrap();
            assert!(folder.join("file").is_file());
        }
        assert_eq!(made, 1);

        let broken = cache.keep("thing", &[b"two"], |folder| {
            fs::write(folder.join("half"), "x").unwrap();
            Err("no network".into())
        });
        assert_eq!(broken, Err("no network".into()));
        let again = cache.keep("thing", &[b"two"], |_| Ok(())).unwrap();
        assert!(!again.join("half").exists(), "what a failed set-up left is gone");
    }

    #[test]
    fn pieces_do_not_run_into_each_other() {
        assert_ne!(key(&[b"ab", b"c"]), key(&[b"a", b"bc"]));
    }
}
