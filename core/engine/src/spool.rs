//! The outbox's own bytes: copies of sources that their owner may delete.
//!
//! Names are random and say nothing (law 9). A file bears its name only once it is whole and on the disk: until
//! then it is called `<name>.part`. A copy belongs to nobody until its row is committed, so whoever adds holds
//! an [`Adding`], and [`Spool::sweep`] removes nothing while anyone does, in whichever process.

mod made;

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::Seek as _;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize, de};

use crate::crash;
use crate::durable;
use crate::source::{Opened, SourceFault, Stamp};

/// How old an orphan must be before it is swept, in milliseconds: where a file system has no locks, this alone
/// protects a running `add`.
pub(crate) const ORPHAN_AGE_MS: i64 = 10 * 60 * 1000;

/// Held shared by those who add, exclusively by a sweep.
const LOCK: &str = "lock";
/// The extension of what is not whole yet.
const PART: &str = "part";
/// The extension of a body that a host's system sends.
const STEP: &str = "step";
/// The extension of what a host writes itself.
const STAGE: &str = "stage";
/// The extension of copies whose records were lost.
const SAVED: &str = "saved";
/// How long a host may write nothing to what it stages, in milliseconds: a day, since it may be waiting for a cloud.
pub(crate) const STAGE_AGE_MS: i64 = 24 * 3600 * 1000;

/// What a file in the spool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// A copy of a source.
    Copy,
    /// The body of a step that a host carries.
    Body,
    /// What was made of an original.
    Made,
}

/// A file of the spool: 32 random hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SpoolName(u128);

/// Why the spool could not do it. Holds no path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SpoolError {
    /// It is the source's fault.
    #[error(transparent)]
    Source(#[from] SourceFault),
    /// There is no room for a copy.
    #[error("the storage is full; free some space, or add the file without copying it")]
    Full,
    /// The spool's folder failed.
    #[error("the outbox's folder could not be used ({0}); check that it is there and may be written to")]
    Io(io::ErrorKind),
}

impl From<io::Error> for SpoolError {
    fn from(error: io::Error) -> Self {
        if durable::no_room(error.kind()) { Self::Full } else { Self::Io(error.kind()) }
    }
}

/// The folder of staged bytes.
#[derive(Debug, Clone)]
pub(crate) struct Spool {
    folder: PathBuf,
}

/// Leave to put files into the spool. Keep it until the rows that name them are committed: while it lives, no
/// sweep runs.
#[derive(Debug)]
pub(crate) struct Adding<'a> {
    spool: &'a Spool,
    _lock: File,
}

impl Spool {
    /// Opens the folder, making it where it is missing.
    pub(crate) fn open(folder: &Path) -> Result<Self, SpoolError> {
        durable::make_folder(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Asks for leave to add; waits while a sweep runs, which is short.
    pub(crate) fn adding(&self) -> Result<Adding<'_>, SpoolError> {
        let lock = self.lock_file()?;
        match lock.lock_shared() {
            Err(error) if error.kind() != io::ErrorKind::Unsupported => Err(error.into()),
            _ => Ok(Adding { spool: self, _lock: lock }),
        }
    }

    /// Where a file's bytes are.
    pub(crate) fn path(&self, name: SpoolName) -> PathBuf {
        self.folder.join(name.to_string())
    }

    /// Where a body is that a host's system sends.
    pub(crate) fn body(&self, name: SpoolName) -> PathBuf {
        self.folder.join(format!("{name}.{STEP}"))
    }

    /// Where a host writes bytes itself.
    pub(crate) fn staged(&self, name: SpoolName) -> PathBuf {
        self.folder.join(format!("{name}.{STAGE}"))
    }

    /// Deletes a body; one that is gone already is fine.
    pub(crate) fn remove_body(&self, name: SpoolName) -> Result<(), SpoolError> {
        Ok(remove_if_there(&self.body(name))?)
    }

    /// Deletes what a host wrote; what is gone already is fine.
    pub(crate) fn remove_staged(&self, name: SpoolName) -> Result<(), SpoolError> {
        Ok(remove_if_there(&self.staged(name))?)
    }

    /// Deletes a file; one that is gone already is fine.
    pub(crate) fn remove(&self, name: SpoolName) -> Result<(), SpoolError> {
        Ok(remove_if_there(&self.path(name))?)
    }

    /// Deletes what was left behind by those who were killed: copies and bodies that `keep` does not want, and what a host
    /// began to write and forgot. Copies must be older than [`ORPHAN_AGE_MS`] at `now_utc_ms`, a host's writing than
    /// [`STAGE_AGE_MS`]. Returns how many, or `None` when somebody is adding: try again later.
    ///
    /// `keep` is asked when no add is running; it must answer from what is committed by then, not before.
    pub(crate) fn sweep(
        &self,
        now_utc_ms: i64,
        mut keep: impl FnMut(Kept, SpoolName) -> bool,
    ) -> Result<Option<u64>, SpoolError> {
        let lock = self.lock_file()?;
        let locked = match lock.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => false,
            Err(TryLockError::Error(error)) => return Err(error.into()),
        };
        let mut removed = 0;
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let path = entry.path();
            // What the spool did not name is not the spool's to delete.
            let Some(name) = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok()) else { continue };
            let (kept, age_ms) = match path.extension().and_then(|extension| extension.to_str()) {
                None => (Some(Kept::Copy), ORPHAN_AGE_MS),
                Some(PART) => (None, ORPHAN_AGE_MS),
                // Those who make one hold the lock until it is somebody's.
                Some(STEP) => (Some(Kept::Body), if locked { 0 } else { ORPHAN_AGE_MS }),
                Some(made::EXTENSION) => (Some(Kept::Made), if locked { 0 } else { ORPHAN_AGE_MS }),
                Some(STAGE) => (None, STAGE_AGE_MS),
                Some(_) => continue,
            };
            let meta = match entry.metadata() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                meta => meta?,
            };
            let changed_ms = Stamp::of(&meta).mtime_ns.div_euclid(1_000_000);
            let old = age_ms == 0 || changed_ms.saturating_add(age_ms) <= now_utc_ms;
            if old && !kept.is_some_and(|kept| keep(kept, name)) {
                remove_if_there(&path)?;
                removed += 1;
            }
        }
        Ok(Some(removed))
    }

    /// Keeps copies that nobody knows out of every later sweep, under a name of their own: where the records of them were
    /// lost, they may be the only bytes of a photo. Returns how many; none while somebody adds.
    pub(crate) fn save_unknown(&self, mut known: impl FnMut(SpoolName) -> bool) -> Result<u64, SpoolError> {
        let lock = self.lock_file()?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
            Err(TryLockError::WouldBlock) => return Ok(0),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let mut saved = 0;
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str()?.parse().ok());
            if name.is_some_and(|name| !known(name)) {
                fs::rename(&path, path.with_extension(SAVED))?;
                saved += 1;
            }
        }
        Ok(saved)
    }

    fn lock_file(&self) -> io::Result<File> {
        durable::private().read(true).write(true).create(true).truncate(false).open(self.folder.join(LOCK))
    }

    /// A place for bytes that come: they are in the spool once [`Stage::commit`] returns, and gone if it is
    /// never called.
    fn stage(&self) -> Stage<'_> {
        let name = SpoolName::random();
        Stage { spool: self, name, part: self.folder.join(format!("{name}.{PART}")), armed: true }
    }
}

impl Adding<'_> {
    /// The leave itself, for those who keep it longer than they borrow the spool.
    pub(crate) fn into_lock(self) -> File {
        self._lock
    }

    /// Makes the file for a body, under a new name.
    pub(crate) fn new_body(&self) -> Result<(SpoolName, File), SpoolError> {
        let name = SpoolName::random();
        let file = durable::private().write(true).create_new(true).open(self.spool.body(name))?;
        Ok((name, file))
    }

    /// Makes what a host wrote a file of the spool, whole and on the disk. It may have been made one before, by a call that
    /// was killed then. `now_utc_ms` becomes its age.
    pub(crate) fn commit_staged(&self, name: SpoolName, now_utc_ms: i64) -> Result<(), SpoolError> {
        let staged = self.spool.staged(name);
        match fs::symlink_metadata(&staged) {
            Ok(meta) if !meta.is_file() => return Err(SourceFault::NotAFile.into()),
            Ok(meta) if meta.len() == 0 => return Err(SourceFault::Empty.into()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.spool.path(name).is_file() => return Ok(()),
            Err(error) => return Err(SourceFault::from(error).into()),
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&staged, fs::Permissions::from_mode(0o600))?;
        }
        let file = File::options().read(true).write(true).open(&staged).map_err(SourceFault::from)?;
        if let Ok(now) = u64::try_from(now_utc_ms) {
            file.set_modified(UNIX_EPOCH + Duration::from_millis(now))?;
        }
        file.sync_all()?;
        fs::rename(&staged, self.spool.path(name))?;
        crash::point("what was staged has its name and is nobody's");
        durable::sync_folder(&self.spool.folder)?;
        Ok(())
    }

    /// Copies a source, sharing its blocks where the file system can. When this returns, the copy is whole and
    /// on the disk; on any failure nothing of it is left. The stamp is the source's, which was the same before
    /// and after; an empty source is refused. `now_utc_ms` becomes the copy's age.
    pub(crate) fn copy_in(&self, source: &Opened, now_utc_ms: i64) -> Result<(SpoolName, Stamp), SpoolError> {
        if source.stamp.size == 0 {
            return Err(SourceFault::Empty.into());
        }
        Ok((self.copy_opened(source, now_utc_ms)?, source.stamp))
    }

    /// Copies a source, which must be what was opened still when the copy is made.
    fn copy_opened(&self, source: &Opened, now_utc_ms: i64) -> Result<SpoolName, SpoolError> {
        let (stage, size) = (self.spool.stage(), source.stamp.size);
        let copy = copy_to(&source.file, size, &stage.part)?;
        crash::after("half of a copy is in the spool", || drop(copy.set_len(size / 2)));
        if !source.unchanged()? || copy.metadata()?.len() != size {
            return Err(SourceFault::Changed.into());
        }
        // A copy that shares blocks may come with the source's times.
        if let Ok(now) = u64::try_from(now_utc_ms) {
            copy.set_modified(UNIX_EPOCH + Duration::from_millis(now))?;
        }
        copy.sync_all()?;
        drop(copy);
        Ok(stage.commit()?)
    }
}

/// Copies a source to a new file. The blocks are shared where the file system can; not on Windows, where that
/// exists for server disks only and the way there is little proven.
fn copy_to(source: &File, size: u64, part: &Path) -> io::Result<File> {
    #[cfg(target_vendor = "apple")]
    {
        // Makes the new file itself, with the source's rights.
        use std::os::unix::fs::PermissionsExt;
        if reflink_copy::reflink_file_to_path(source, part).is_ok() {
            fs::set_permissions(part, fs::Permissions::from_mode(0o600))?;
            return durable::private().read(true).write(true).open(part);
        }
        remove_if_there(part)?;
    }
    let mut copy = durable::private().read(true).write(true).create_new(true).open(part)?;
    #[cfg(all(unix, not(target_vendor = "apple")))]
    {
        if reflink_copy::reflink_file(source, &copy).is_ok() {
            return Ok(copy);
        }
        copy.set_len(0)?;
    }
    // One byte more than there should be: a source that grows for ever is not copied for ever.
    let mut source = source;
    source.rewind()?;
    io::copy(&mut source.take(size.saturating_add(1)), &mut copy)?;
    Ok(copy)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

struct Stage<'a> {
    spool: &'a Spool,
    name: SpoolName,
    part: PathBuf,
    armed: bool,
}

impl Stage<'_> {
    /// Gives the bytes, synced by now, their name.
    fn commit(mut self) -> io::Result<SpoolName> {
        let whole = self.spool.path(self.name);
        fs::rename(&self.part, &whole)?;
        crash::point("a copy is in the spool and nobody's");
        self.armed = false;
        durable::sync_folder(&self.spool.folder).inspect_err(|_| {
            let _ = fs::remove_file(&whole);
        })?;
        Ok(self.name)
    }
}

impl Drop for Stage<'_> {
    fn drop(&mut self) {
        if self.armed {
            // If even this fails, a sweep finds it.
            let _ = fs::remove_file(&self.part);
        }
    }
}

impl SpoolName {
    pub(crate) fn random() -> Self {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the system has a random number generator");
        Self(u128::from_ne_bytes(bytes))
    }
}

impl fmt::Display for SpoolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for SpoolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpoolName({self})")
    }
}

/// A text was not the name of a file in the spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a name in the spool: expected 32 hexadecimal digits in lower case")]
pub(crate) struct NotASpoolName;

impl FromStr for SpoolName {
    type Err = NotASpoolName;
    fn from_str(text: &str) -> Result<Self, NotASpoolName> {
        let digits = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let number = digits.then(|| u128::from_str_radix(text, 16).ok()).flatten();
        number.map(Self).ok_or(NotASpoolName)
    }
}

impl Serialize for SpoolName {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SpoolName {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(d)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: i64 = 1_700_000_000_000;

    fn spool() -> (tempfile::TempDir, Spool) {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::open(&dir.path().join("outbox/spool")).unwrap();
        (dir, spool)
    }

    fn names(spool: &Spool) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(&spool.folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .filter(|n| n != LOCK)
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_copy_is_whole_and_the_original_untouched() {
        let (dir, spool) = spool();
        let source = dir.path().join("IMG_0001.jpg");
        let bytes: Vec<u8> = (0..300_000u32).map(|i| (i % 253) as u8).collect();
        fs::write(&source, &bytes).unwrap();
        let before = Stamp::of_path(&source).unwrap();
        let (name, stamp) = spool.adding().unwrap().copy_in(&Opened::path(&source).unwrap(), NOW).unwrap();
        assert_eq!((stamp, Stamp::of_path(&source).unwrap()), (before, before));
        assert_eq!(fs::read(spool.path(name)).unwrap(), bytes);
        assert_eq!(names(&spool), [name.to_string()]);
        fs::remove_file(&source).unwrap();
        assert_eq!(fs::read(spool.path(name)).unwrap(), bytes);
        spool.remove(name).unwrap();
        spool.remove(name).unwrap();
        assert_eq!(names(&spool), [""; 0]);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_look() {
        use std::os::unix::fs::PermissionsExt;
        let (dir, spool) = spool();
        let source = dir.path().join("a");
        fs::write(&source, b"x").unwrap();
        fs::set_permissions(&source, fs::Permissions::from_mode(0o444)).unwrap();
        let (name, _) = spool.adding().unwrap().copy_in(&Opened::path(&source).unwrap(), NOW).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&spool.folder), mode(&spool.path(name))), (0o700, 0o600));
        fs::set_permissions(&spool.folder, fs::Permissions::from_mode(0o755)).unwrap();
        Spool::open(&spool.folder).unwrap();
        assert_eq!(mode(&spool.folder), 0o700);
    }

    #[test]
    fn what_cannot_be_copied_leaves_nothing() {
        let (dir, spool) = spool();
        let empty = dir.path().join("empty");
        fs::write(&empty, b"").unwrap();
        let adding = spool.adding().unwrap();
        for (path, fault) in [
            (empty, SourceFault::Empty),
            (dir.path().join("none"), SourceFault::Gone),
            (dir.path().to_owned(), SourceFault::NotAFile),
        ] {
            let copied =
                Opened::path(&path).map_err(SpoolError::Source).and_then(|source| adding.copy_in(&source, NOW));
            assert_eq!(copied, Err(SpoolError::Source(fault)));
        }
        assert_eq!(names(&spool), [""; 0]);
    }

    #[test]
    fn a_source_that_is_rewritten_or_replaced_is_refused() {
        let (dir, spool) = spool();
        let path = dir.path().join("a");
        let adding = spool.adding().unwrap();
        let meddlers: [fn(&Path); 2] = [
            |p| fs::write(p, b"two").unwrap(),
            |p| {
                fs::write(p.with_extension("new"), b"two").unwrap();
                fs::rename(p.with_extension("new"), p).unwrap();
            },
        ];
        for meddle in meddlers {
            fs::write(&path, b"one").unwrap();
            let old = UNIX_EPOCH + Duration::from_secs(1_000_000);
            File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
            let source = Opened::path(&path).unwrap();
            meddle(&path);
            let refused = adding.copy_opened(&source, NOW);
            assert_eq!(refused, Err(SpoolError::Source(SourceFault::Changed)));
        }
        assert_eq!(names(&spool), [""; 0]);
    }

    /// A source that is written to all the time is copied whole or not at all.
    #[test]
    fn a_source_that_changes_is_never_half_copied() {
        use std::io::Write;
        use std::sync::atomic::{AtomicBool, Ordering};
        let (dir, spool) = spool();
        let source = dir.path().join("growing");
        fs::write(&source, vec![7; 4 << 20]).unwrap();
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut file = fs::OpenOptions::new().append(true).open(&source).unwrap();
                for _ in 0..20_000 {
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                    file.write_all(&[7; 100]).unwrap();
                }
            });
            let adding = spool.adding().unwrap();
            for _ in 0..5 {
                match adding.copy_in(&Opened::path(&source).unwrap(), NOW) {
                    Ok((name, stamp)) => assert_eq!(fs::metadata(spool.path(name)).unwrap().len(), stamp.size),
                    Err(error) => assert_eq!(error, SpoolError::Source(SourceFault::Changed)),
                }
            }
            done.store(true, Ordering::Relaxed);
        });
        assert!(names(&spool).iter().all(|name| name.parse::<SpoolName>().is_ok()), "{:?}", names(&spool));
    }

    #[test]
    fn a_sweep_takes_old_orphans_only() {
        let (dir, spool) = spool();
        let source = dir.path().join("a");
        fs::write(&source, b"x").unwrap();
        let adding = spool.adding().unwrap();
        let (kept, _) = adding.copy_in(&Opened::path(&source).unwrap(), NOW).unwrap();
        let (orphan, _) = adding.copy_in(&Opened::path(&source).unwrap(), NOW).unwrap();
        let (young, _) = adding.copy_in(&Opened::path(&source).unwrap(), NOW + 1).unwrap();
        let half = format!("{}.{PART}", SpoolName::random());
        for foreign in [half.as_str(), "readme", "a.jpg"] {
            let file = File::create_new(spool.folder.join(foreign)).unwrap();
            file.set_modified(UNIX_EPOCH + Duration::from_millis(NOW as u64)).unwrap();
        }
        let later = NOW + ORPHAN_AGE_MS;
        assert_eq!(spool.sweep(later, |_, _| false), Ok(None), "while somebody adds, nothing is swept");
        drop(adding);
        assert_eq!(spool.sweep(later - 1, |_, _| false), Ok(Some(0)));
        assert_eq!(spool.sweep(later, |_, name| name == kept), Ok(Some(2)));
        let mut left = vec![kept.to_string(), young.to_string(), "a.jpg".into(), "readme".into()];
        left.sort();
        assert_eq!(names(&spool), left);
        assert!(!spool.path(orphan).exists());
    }

    #[test]
    fn a_body_that_is_nobodys_goes_at_once_and_what_a_host_writes_after_a_day() {
        let (_dir, spool) = spool();
        let adding = spool.adding().unwrap();
        let (kept, _) = adding.new_body().unwrap();
        let (orphan, _) = adding.new_body().unwrap();
        drop(adding);
        let stage = SpoolName::random();
        let file = File::create_new(spool.staged(stage)).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_millis(NOW as u64)).unwrap();
        let keep = |kind, name| kind == Kept::Body && name == kept;
        assert_eq!(spool.sweep(NOW + STAGE_AGE_MS - 1, keep), Ok(Some(1)));
        assert!(spool.body(kept).exists() && !spool.body(orphan).exists() && spool.staged(stage).exists());
        assert_eq!(spool.sweep(NOW + STAGE_AGE_MS, keep), Ok(Some(1)));
        assert!(!spool.staged(stage).exists());
    }

    #[test]
    fn copies_whose_records_were_lost_are_no_orphans() {
        let (dir, spool) = spool();
        let source = dir.path().join("a");
        fs::write(&source, b"the only bytes").unwrap();
        let adding = spool.adding().unwrap();
        let (kept, _) = adding.copy_in(&Opened::path(&source).unwrap(), NOW).unwrap();
        let (unknown, _) = adding.copy_in(&Opened::path(&source).unwrap(), NOW).unwrap();
        assert_eq!(spool.save_unknown(|_| false), Ok(0), "while somebody adds, a copy may be his");
        drop(adding);
        assert_eq!(spool.save_unknown(|name| name == kept), Ok(1));
        assert_eq!(spool.sweep(NOW + ORPHAN_AGE_MS, |_, name| name == kept), Ok(Some(0)));
        let mut left = vec![kept.to_string(), format!("{unknown}.{SAVED}")];
        left.sort();
        assert_eq!(names(&spool), left);
        assert_eq!(fs::read(spool.folder.join(format!("{unknown}.{SAVED}"))).unwrap(), b"the only bytes");
    }

    #[test]
    fn a_full_disk_says_so() {
        let full: SpoolError = io::Error::from(io::ErrorKind::StorageFull).into();
        assert_eq!(full, SpoolError::Full);
        assert!(full.to_string().contains("free some space"));
    }

    #[test]
    #[ignore = "foreign: small-disk"]
    fn a_copy_that_does_not_fit_leaves_nothing() {
        let small = std::env::var_os("SATCHEL_TEST_SMALL_DISK").unwrap();
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("big");
        fs::write(&source, vec![1; 3 << 20]).unwrap();
        let spool = Spool::open(&Path::new(&small).join("spool")).unwrap();
        assert_eq!(spool.adding().unwrap().copy_in(&Opened::path(&source).unwrap(), NOW), Err(SpoolError::Full));
        assert_eq!(names(&spool), [""; 0]);
    }

    proptest! {
        #[test]
        fn names_read_back_and_nothing_else_does(number: u128, text in "[0-9a-fA-F+-]{30,34}") {
            let name = SpoolName(number);
            prop_assert_eq!(name.to_string().parse(), Ok(name));
            let json = serde_json::to_string(&name).unwrap();
            prop_assert_eq!(serde_json::from_str::<SpoolName>(&json).unwrap(), name);
            if let Ok(name) = text.parse::<SpoolName>() {
                prop_assert_eq!(name.to_string(), text);
            }
        }
    }
}
