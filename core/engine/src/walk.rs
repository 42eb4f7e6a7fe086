//! Finding the photos and videos in a folder.
//!
//! Names are read a folder at a time and kept as names only, so that a folder of 100,000 photos costs a few
//! megabytes while it is walked. Each folder is entered once, however many links lead to it: links in a circle,
//! or many links to one place, end.

use std::collections::{HashSet, VecDeque};
use std::ffi::OsString;
use std::fs::{self, DirEntry};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use satchel_kernel::state::AssetKind;

use crate::kinds;
use crate::source::{self, SourceFault};

/// What a walk comes across.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// A photo or video.
    Media {
        /// The walked folder joined with the way to the file; any bytes.
        path: PathBuf,
        /// Which of both.
        kind: AssetKind,
        /// By its name; by its first bytes where the name says nothing.
        media_type: &'static str,
    },
    /// A file that is neither.
    Skipped,
}

/// Something on the way could not be looked at; the walk goes on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub(crate) struct WalkFault {
    /// What it was: for the person at the command line, never for a log (law 9).
    pub(crate) path: PathBuf,
    /// What is wrong with it.
    pub(crate) fault: SourceFault,
}

/// A walk through a folder and those below it, in the order of their names. Hidden files and folders (names that
/// begin with a dot; on Windows also those marked so) and what is no regular file are passed over.
pub(crate) struct Walk {
    root: Option<PathBuf>,
    open: Vec<Level>,
    entered: HashSet<Identity>,
    faults: VecDeque<WalkFault>,
}

struct Level {
    folder: PathBuf,
    names: std::vec::IntoIter<(OsString, What)>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    File,
    Folder,
    Link,
}

/// What tells one folder from another.
#[cfg(unix)]
type Identity = (u64, u64);
#[cfg(not(unix))]
type Identity = PathBuf;

impl Walk {
    /// Begins at a folder, which may itself be hidden or a link.
    pub(crate) fn new(folder: &Path) -> Self {
        Self { root: Some(folder.to_owned()), open: Vec::new(), entered: HashSet::new(), faults: VecDeque::new() }
    }

    /// Never enters this folder: an outbox that lies among the photos must not take its own spool for photos.
    pub(crate) fn except(mut self, folder: &Path) -> Self {
        self.entered.extend(identity(folder));
        self
    }

    fn enter(&mut self, folder: PathBuf) {
        match identity(&folder).map(|identity| self.entered.insert(identity)) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => return self.fail(folder, error),
        }
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => return self.fail(folder, error),
        };
        let mut names = Vec::new();
        for entry in entries {
            match entry.and_then(|entry| Ok(what(&entry)?.map(|what| (entry.file_name(), what)))) {
                Ok(found) => names.extend(found),
                Err(error) => self.fail(folder.clone(), error),
            }
        }
        names.sort_unstable();
        self.open.push(Level { folder, names: names.into_iter() });
    }

    fn fail(&mut self, path: PathBuf, error: impl Into<SourceFault>) {
        self.faults.push_back(WalkFault { path, fault: error.into() });
    }

    /// Follows a link; `None` when it led to a folder, which is entered, or to nothing that is a file.
    fn follow(&mut self, path: PathBuf) -> Option<Result<Found, WalkFault>> {
        match fs::metadata(&path) {
            Ok(meta) if meta.is_dir() => self.enter(path),
            Ok(meta) if meta.is_file() => return Some(judge(path)),
            Ok(_) => {}
            Err(error) => self.fail(path, error),
        }
        None
    }
}

impl Iterator for Walk {
    type Item = Result<Found, WalkFault>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(root) = self.root.take() {
            self.enter(root);
        }
        loop {
            if let Some(fault) = self.faults.pop_front() {
                return Some(Err(fault));
            }
            let level = self.open.last_mut()?;
            let Some((name, what)) = level.names.next() else {
                self.open.pop();
                continue;
            };
            let path = level.folder.join(name);
            let item = match what {
                What::File => Some(judge(path)),
                What::Link => self.follow(path),
                What::Folder => {
                    self.enter(path);
                    None
                }
            };
            if item.is_some() {
                return item;
            }
        }
    }
}

/// What an entry is, without asking the file system again; `None` when it is passed over.
fn what(entry: &DirEntry) -> io::Result<Option<What>> {
    if entry.file_name().as_encoded_bytes().starts_with(b".") {
        return Ok(None);
    }
    #[cfg(windows)]
    {
        use std::os::windows::fs::MetadataExt;
        const HIDDEN: u32 = 2;
        if entry.metadata()?.file_attributes() & HIDDEN != 0 {
            return Ok(None);
        }
    }
    let kind = entry.file_type()?;
    Ok(if kind.is_symlink() {
        Some(What::Link)
    } else if kind.is_dir() {
        Some(What::Folder)
    } else if kind.is_file() {
        Some(What::File)
    } else {
        None
    })
}

/// Photo, video or neither. The file is opened only when its name does not tell.
fn judge(path: PathBuf) -> Result<Found, WalkFault> {
    let name = path.file_name().unwrap_or_default();
    let kind = match kinds::by_extension(name) {
        Some(kind) => Some(kind),
        None => match head(&path) {
            Ok(head) => kinds::by_magic(&head),
            Err(fault) => return Err(WalkFault { path, fault }),
        },
    };
    Ok(match kind {
        Some((kind, media_type)) => Found::Media { path, kind, media_type },
        None => Found::Skipped,
    })
}

fn head(path: &Path) -> Result<Vec<u8>, SourceFault> {
    let (file, _) = source::open(path)?;
    let mut head = Vec::with_capacity(kinds::HEAD);
    file.take(kinds::HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

#[cfg(unix)]
fn identity(folder: &Path) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt;
    let meta = fs::metadata(folder)?;
    if meta.is_dir() { Ok((meta.dev(), meta.ino())) } else { Err(io::ErrorKind::NotADirectory.into()) }
}

#[cfg(not(unix))]
fn identity(folder: &Path) -> io::Result<Identity> {
    let folder = fs::canonicalize(folder)?;
    if folder.is_dir() { Ok(folder) } else { Err(io::ErrorKind::NotADirectory.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Paths below the folder, or what stood in their place, in the walk's order.
    fn walked(walk: Walk, root: &Path) -> Vec<String> {
        let below = |path: &Path| path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        walk.take(1000)
            .map(|item| match item {
                Ok(Found::Media { path, kind: AssetKind::Video, .. }) => format!("{} (video)", below(&path)),
                Ok(Found::Media { path, .. }) => below(&path),
                Ok(Found::Skipped) => "skipped".into(),
                Err(fault) => format!("{} {:?}", below(&fault.path), fault.fault),
            })
            .collect()
    }

    fn tree(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        dir
    }

    #[test]
    fn photos_and_videos_come_in_the_order_of_their_names() {
        let dir = tree(&[
            ("b.jpg", b""),
            ("a/2.MOV", b""),
            ("a/1.heic", b""),
            ("c.txt", b"text"),
            ("no-extension", b"\xFF\xD8\xFF\xE0"),
            ("empty", b""),
            (".hidden.jpg", b""),
            ("._b.jpg", b""),
            (".thumbnails/x.jpg", b""),
        ]);
        let expected = ["a/1.heic", "a/2.MOV (video)", "b.jpg", "skipped", "skipped", "no-extension"];
        assert_eq!(walked(Walk::new(dir.path()), dir.path()), expected);
        // Asked for by itself, a hidden folder is walked.
        let hidden = dir.path().join(".thumbnails");
        assert_eq!(walked(Walk::new(&hidden), &hidden), ["x.jpg"]);
    }

    #[test]
    fn a_missing_folder_or_a_file_is_one_fault() {
        let dir = tree(&[("b.jpg", b"")]);
        for missing in ["none", "b.jpg"] {
            let mut walk = Walk::new(&dir.path().join(missing));
            let fault = walk.next().unwrap().unwrap_err();
            assert_eq!(fault.fault, SourceFault::Gone);
            assert!(!fault.to_string().contains(missing));
            assert_eq!(walk.next(), None);
        }
    }

    #[test]
    fn the_outbox_among_the_photos_is_left_out() {
        let dir = tree(&[("a.jpg", b""), ("outbox/spool/0123", b"\xFF\xD8\xFF\xE0"), ("z.jpg", b"")]);
        let walk = Walk::new(dir.path()).except(&dir.path().join("outbox")).except(&dir.path().join("none"));
        assert_eq!(walked(walk, dir.path()), ["a.jpg", "z.jpg"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_once_and_never_round_in_circles() {
        use std::os::unix::fs::symlink;
        let dir = tree(&[("a/1.jpg", b""), ("b/2.jpg", b"")]);
        let at = |name: &str| dir.path().join(name);
        symlink("..", at("a/up")).unwrap();
        symlink("../b", at("a/b")).unwrap();
        symlink("../b", at("a/b-again")).unwrap();
        symlink("self", at("self")).unwrap();
        symlink("nowhere", at("dangling.jpg")).unwrap();
        symlink("b/2.jpg", at("z.jpg")).unwrap();
        symlink("/dev/zero", at("zero.jpg")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(at("pipe.jpg")).status().unwrap().success());
        let expected = ["a/1.jpg", "a/b/2.jpg", "dangling.jpg Gone", "self Loop", "z.jpg"];
        assert_eq!(walked(Walk::new(dir.path()), dir.path()), expected);
    }

    /// 2 links in each of 40 folders to the next one are 2^40 ways.
    #[cfg(unix)]
    #[test]
    fn many_ways_to_one_place_end() {
        use std::os::unix::fs::symlink;
        let dir = tree(&[("40/x.jpg", b"")]);
        for n in 0..40 {
            let folder = dir.path().join(n.to_string());
            fs::create_dir(&folder).unwrap();
            symlink(format!("../{}", n + 1), folder.join("l")).unwrap();
            symlink(format!("../{}", n + 1), folder.join("r")).unwrap();
        }
        assert_eq!(Walk::new(&dir.path().join("0")).take(1000).count(), 1);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn names_that_are_no_text_are_kept() {
        use std::os::unix::ffi::OsStrExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9 \n.jpg"));
        fs::write(&path, b"x").unwrap();
        let found: Vec<_> = Walk::new(dir.path()).collect();
        assert!(matches!(&found[..], [Ok(Found::Media { path: p, .. })] if *p == path), "{found:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_may_not_be_read_does_not_end_the_walk() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tree(&[("a.jpg", b""), ("locked/b.jpg", b""), ("z.jpg", b"")]);
        let locked = dir.path().join("locked");
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
        // Who may do everything (root) is not kept out.
        let middle = if fs::read_dir(&locked).is_ok() { "locked/b.jpg" } else { "locked Unreadable" };
        let found = walked(Walk::new(dir.path()), dir.path());
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(found, ["a.jpg", middle, "z.jpg"]);
    }
}
