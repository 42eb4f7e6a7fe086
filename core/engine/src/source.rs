//! Where an original lives, and how to tell that it is still the one that was hashed.
//!
//! A source belongs to its owner, who may delete, replace or rewrite it at any moment. So nothing here trusts a
//! path twice: a file is opened once, and its [`Stamp`] says afterwards whether it stayed what it was.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use satchel_kernel::state::{ParkReason, Trouble, WaitReason};
use serde::{Deserialize, Serialize};

use crate::library::{LibraryFault, MediaLibrary, OpenItem};

/// How old a file's last change must be, in milliseconds, before its stamp vouches for it: file systems count
/// in steps of up to two seconds (FAT), and a second change within one step leaves no trace.
const SETTLED_MS: i64 = 2_000;

/// Where an original lives.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// A file of somebody's; absolute.
    File(PathBuf),
    /// An item of the host's media library, by its id there.
    Library(String),
}

impl Source {
    /// The file's path; none for an item of a library.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Library(_) => None,
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Library(id) => f.write_str(id),
        }
    }
}

/// What tells that a file is the one that was hashed. Two equal stamps of a [settled](Self::settled) file mean
/// equal bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// The device that holds the file; 0 where the system does not say.
    pub device: u64,
    /// The file's number on that device; 0 where the system does not say.
    pub inode: u64,
    /// Length in bytes.
    pub size: u64,
    /// Last change of the content, in nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Last change of content or attributes, in nanoseconds since 1970; 0 where the system does not say.
    pub ctime_ns: i64,
    /// How the file is read: 0 is as it is. A host that reads one file in several ways (with and without its
    /// place, say) numbers them, since each gives other bytes.
    pub read_mode: u8,
}

impl Stamp {
    /// From what the system says of a file.
    pub fn of(meta: &Metadata) -> Self {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            let ns = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
            Self {
                device: meta.dev(),
                inode: meta.ino(),
                size: meta.size(),
                mtime_ns: ns(meta.mtime(), meta.mtime_nsec()),
                ctime_ns: ns(meta.ctime(), meta.ctime_nsec()),
                read_mode: 0,
            }
        }
        #[cfg(not(unix))]
        {
            let since_1970 = |time: std::time::SystemTime| match time.duration_since(std::time::UNIX_EPOCH) {
                Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
                Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |ns| -ns),
            };
            let mtime_ns = meta.modified().map_or(0, since_1970);
            Self { device: 0, inode: 0, size: meta.len(), mtime_ns, ctime_ns: 0, read_mode: 0 }
        }
    }

    /// What an item of a media library is known by. Its number on the device may be another after each start of the phone,
    /// so only its length, its last change and how it is read count.
    fn of_item(self, read_mode: u8, modified_utc_ms: Option<i64>) -> Self {
        let mtime_ns = modified_utc_ms.map_or(self.mtime_ns, |ms| ms.saturating_mul(1_000_000));
        Self { device: 0, inode: 0, ctime_ns: 0, mtime_ns, read_mode, ..self }
    }

    /// Of an open file.
    pub fn of_file(file: &File) -> Result<Self, SourceFault> {
        Ok(Self::of(&file.metadata()?))
    }

    /// Of the regular file that a path leads to now, symbolic links followed.
    pub fn of_path(path: &Path) -> Result<Self, SourceFault> {
        let meta = std::fs::metadata(path)?;
        if meta.is_file() { Ok(Self::of(&meta)) } else { Err(SourceFault::NotAFile) }
    }

    /// Whether the last change is at least two seconds past and not in the future, so that a later change
    /// would show in the stamp. `now_utc_ms` is in milliseconds since 1970.
    pub fn settled(&self, now_utc_ms: i64) -> bool {
        self.mtime_ns.div_euclid(1_000_000).saturating_add(SETTLED_MS) <= now_utc_ms
    }
}

/// Opens a regular file for reading, symbolic links followed. Empty ones are opened too. Never waits for a
/// writer at the other end of a pipe, and never touches a device.
pub fn open(path: &Path) -> Result<(File, Stamp), SourceFault> {
    // Asked before opening, because opening alone sets some devices off; and after, because the path may by
    // then lead elsewhere.
    Stamp::of_path(path)?;
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed());
    }
    let file = options.open(path)?;
    let meta = file.metadata()?;
    if !meta.is_file() {
        return Err(SourceFault::NotAFile);
    }
    Ok((file, Stamp::of(&meta)))
}

/// A source that is open for reading, with what it is known by.
#[derive(Debug)]
pub(crate) struct Opened {
    pub file: File,
    pub stamp: Stamp,
    /// What the system said of the descriptor.
    seen: Stamp,
    path: Option<PathBuf>,
}

impl Opened {
    /// Opens what a path leads to.
    pub(crate) fn path(path: &Path) -> Result<Self, SourceFault> {
        let (file, stamp) = open(path)?;
        Ok(Self { file, stamp, seen: stamp, path: Some(path.to_owned()) })
    }

    /// Takes an item that the host opened.
    fn item(OpenItem { file, read_mode, modified_utc_ms }: OpenItem) -> Result<Self, SourceFault> {
        let meta = file.metadata()?;
        if !meta.is_file() {
            return Err(SourceFault::NotAFile);
        }
        let seen = Stamp::of(&meta);
        Ok(Self { file, stamp: seen.of_item(read_mode, modified_utc_ms), seen, path: None })
    }

    /// Whether nobody wrote to it since it was opened.
    pub(crate) fn untouched(&self) -> Result<bool, SourceFault> {
        Ok(Stamp::of_file(&self.file)? == self.seen)
    }

    /// Whether it is still what was opened: nobody wrote to it, and its path leads to no other file.
    pub(crate) fn unchanged(&self) -> Result<bool, SourceFault> {
        let same = match &self.path {
            Some(path) => Stamp::of_path(path)? == self.seen,
            None => true,
        };
        Ok(same && self.untouched()?)
    }
}

/// How the bytes of a part are got at.
#[derive(Clone)]
pub(crate) enum Reach {
    /// By a path: its owner's, or the spool's.
    Path(PathBuf),
    /// Through the host's library, where there is one.
    Item(Option<Arc<dyn MediaLibrary>>, String),
}

impl Reach {
    /// Opens it; waits for the disk, or for the host.
    pub(crate) fn open(&self) -> Result<Opened, SourceFault> {
        match self {
            Self::Path(path) => Opened::path(path),
            Self::Item(library, id) => {
                // Opened without its app, as by the command line, the item is there all the same.
                let library = library.as_ref().ok_or(SourceFault::Away)?;
                Opened::item(library.open(id).map_err(|fault| match fault {
                    LibraryFault::Gone => SourceFault::Gone,
                    LibraryFault::Denied => SourceFault::Unreadable,
                    LibraryFault::Away => SourceFault::Away,
                    LibraryFault::InCloud => SourceFault::InCloud,
                    LibraryFault::Failed => SourceFault::Host,
                })?)
            }
        }
    }
}

/// Reads at a position, whatever the file's cursor is, so that several readers share one descriptor. Fewer
/// bytes than asked for may come; 0 means the end.
pub fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    #[cfg(unix)]
    {
        std::os::unix::fs::FileExt::read_at(file, buffer, offset)
    }
    #[cfg(windows)]
    {
        std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
    }
    #[cfg(not(any(unix, windows)))]
    {
        use std::io::{Read, Seek, SeekFrom};
        let mut file = file;
        file.seek(SeekFrom::Start(offset))?;
        file.read(buffer)
    }
}

/// Why a source cannot be read. Holds no path: whoever asked knows it (law 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SourceFault {
    /// Nothing is there.
    #[error("there is no such file; check the name, or put the file back and try again")]
    Gone,
    /// The system forbids it.
    #[error("the file may not be read; allow this program to read it and try again")]
    Unreadable,
    /// It has no byte.
    #[error("the file is empty; try again when it has been written")]
    Empty,
    /// It is not what it was a moment ago.
    #[error("the file changed while it was read; try again when nothing writes to it")]
    Changed,
    /// A folder, a pipe, a socket or a device.
    #[error("this is not a file; name a photo, a video or a folder of them")]
    NotAFile,
    /// Symbolic links that lead to each other.
    #[error("the symbolic links lead round in a circle; name the file itself")]
    Loop,
    /// It is there, and cannot be opened just now.
    #[error("the original cannot be opened just now; try again when the phone is unlocked and has a network")]
    Away,
    /// It is only in the cloud.
    #[error("the original is only in the cloud; try again over a network that it may be fetched over")]
    InCloud,
    /// The host's media library failed.
    #[error("the app's own media library failed; try again, and report it to the app's maker")]
    Host,
    /// The system failed otherwise.
    #[error("the file could not be read ({0}); check that its disk or card is in place, then try again")]
    Io(io::ErrorKind),
}

impl SourceFault {
    /// What to say of an asset that needs a person for this.
    pub fn park_reason(self) -> ParkReason {
        match self {
            Self::Gone | Self::NotAFile | Self::Loop => ParkReason::SourceGone,
            Self::Unreadable | Self::Away | Self::InCloud | Self::Host | Self::Io(_) => ParkReason::SourceUnreadable,
            Self::Empty => ParkReason::SourceEmpty,
            Self::Changed => ParkReason::SourceKeepsChanging,
        }
    }

    /// Whether the original is there, as far as anybody knows, and only cannot be opened just now: it is tried again however
    /// often.
    pub fn is_away(self) -> bool {
        matches!(self, Self::Away | Self::InCloud | Self::Host)
    }

    /// Why what is [away](Self::is_away) waits.
    pub(crate) fn wait(self) -> (WaitReason, Trouble) {
        match self {
            Self::InCloud => (WaitReason::InCloud, Trouble::InCloud),
            _ => (WaitReason::SourceAway, Trouble::SourceAway),
        }
    }

    /// Whether this passes by itself, so that a few more tries are worth making before a person is asked.
    pub fn passes(self) -> bool {
        match self {
            Self::Changed | Self::Away | Self::InCloud | Self::Host => true,
            Self::Io(kind) => !matches!(
                kind,
                io::ErrorKind::InvalidInput | io::ErrorKind::InvalidFilename | io::ErrorKind::Unsupported
            ),
            Self::Gone | Self::Unreadable | Self::Empty | Self::NotAFile | Self::Loop => false,
        }
    }
}

impl From<io::Error> for SourceFault {
    fn from(error: io::Error) -> Self {
        #[cfg(unix)]
        {
            use rustix::io::Errno;
            match error.raw_os_error() {
                Some(code) if code == Errno::LOOP.raw_os_error() => return Self::Loop,
                // A socket, or a device that is not there, opened like a file.
                Some(code) if code == Errno::NXIO.raw_os_error() => return Self::NotAFile,
                _ => {}
            }
        }
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Gone,
            io::ErrorKind::PermissionDenied => Self::Unreadable,
            io::ErrorKind::IsADirectory => Self::NotAFile,
            kind => Self::Io(kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_file_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(open(&dir.path().join("none")).unwrap_err(), SourceFault::Gone);
        assert_eq!(open(dir.path()).unwrap_err(), SourceFault::NotAFile);
        let file = dir.path().join("file");
        std::fs::write(&file, b"x").unwrap();
        assert_eq!(open(&file.join("below")).unwrap_err(), SourceFault::Gone);
        assert_eq!(open(&file).unwrap().1, Stamp::of_path(&file).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn pipes_sockets_devices_and_loops_neither_hang_nor_open() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
        let _listening = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        symlink("b", at("a")).unwrap();
        symlink("a", at("b")).unwrap();
        symlink("nowhere", at("dangling")).unwrap();
        symlink("pipe", at("to-pipe")).unwrap();
        for name in ["pipe", "socket", "to-pipe"] {
            assert_eq!(open(&at(name)).unwrap_err(), SourceFault::NotAFile, "{name}");
        }
        assert_eq!(open(Path::new("/dev/null")).unwrap_err(), SourceFault::NotAFile);
        assert_eq!(open(&at("a")).unwrap_err(), SourceFault::Loop);
        assert_eq!(open(&at("dangling")).unwrap_err(), SourceFault::Gone);
    }

    #[test]
    fn a_stamp_changes_with_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        std::fs::write(&path, b"one").unwrap();
        let (file, before) = open(&path).unwrap();
        assert_eq!(Stamp::of_file(&file).unwrap(), before);
        std::fs::write(&path, b"more").unwrap();
        assert_ne!(Stamp::of_file(&file).unwrap(), before);
        let json = serde_json::to_string(&before).unwrap();
        assert_eq!(serde_json::from_str::<Stamp>(&json).unwrap(), before);
    }

    #[cfg(unix)]
    #[test]
    fn a_replacement_of_equal_size_and_time_is_another_file() {
        let dir = tempfile::tempdir().unwrap();
        let (path, other) = (dir.path().join("f"), dir.path().join("g"));
        std::fs::write(&path, b"one").unwrap();
        let before = Stamp::of_path(&path).unwrap();
        std::fs::write(&other, b"two").unwrap();
        let mtime = std::fs::metadata(&path).unwrap().modified().unwrap();
        File::options().write(true).open(&other).unwrap().set_modified(mtime).unwrap();
        std::fs::rename(&other, &path).unwrap();
        let after = Stamp::of_path(&path).unwrap();
        assert_eq!((before.size, before.mtime_ns), (after.size, after.mtime_ns));
        assert_ne!(before, after);
    }

    #[test]
    fn the_words_hold_no_path_and_every_fault_has_a_reason() {
        let secret = "very-private-name";
        let fault: SourceFault = File::open(secret).unwrap_err().into();
        assert!(!format!("{fault} {fault:?}").contains(secret));
        let all = [SourceFault::Gone, SourceFault::Unreadable, SourceFault::Empty, SourceFault::Changed];
        let rest = [
            SourceFault::NotAFile,
            SourceFault::Loop,
            SourceFault::Away,
            SourceFault::Host,
            SourceFault::Io(io::ErrorKind::TimedOut),
        ];
        for fault in all.into_iter().chain(rest) {
            assert_ne!(fault.park_reason(), ParkReason::Other);
        }
    }

    proptest! {
        #[test]
        fn settled_means_two_seconds_and_never_the_future(mtime_ns: i64, now: i64) {
            let stamp = Stamp { device: 1, inode: 2, size: 3, mtime_ns, ctime_ns: 4, read_mode: 0 };
            let age_ns = i128::from(now) * 1_000_000 - i128::from(mtime_ns);
            if stamp.settled(now) {
                prop_assert!(age_ns > 1_999_000_000);
            } else {
                prop_assert!(age_ns < 2_000_000_000);
            }
        }

        #[test]
        fn settled_near_the_edge(mtime_ms in -10_000i64..10_000, rest in 0i64..1_000_000, age in -3_000i64..6_000) {
            let stamp = Stamp { device: 0, inode: 0, size: 0, mtime_ns: mtime_ms * 1_000_000 + rest, ctime_ns: 0, read_mode: 0 };
            prop_assert_eq!(stamp.settled(mtime_ms + age), age >= 2_000);
        }
    }
}
