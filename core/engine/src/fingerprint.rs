//! Knowing a source by its content: one pass, in constant memory.
//!
//! Read with plain reads, since a mapped file that shrinks kills the process; and on one core, since a phone has
//! better uses for the others. These functions block: call them where that is allowed.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;

use satchel_kernel::ids::BlobHash;
use satchel_kernel::wire::Algorithm;
use sha2::Digest as _;

use crate::kinds;
use crate::source::{self, Opened, SourceFault, Stamp};

/// Bytes per read: enough for BLAKE3's widest lanes, little enough to stop soon.
const CHUNK: usize = 128 << 10;

/// What is known of a source after reading it once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// The name of its bytes.
    pub hash: BlobHash,
    /// What the file was while it was read.
    pub stamp: Stamp,
    /// Its first bytes, at most [`kinds::HEAD`], to tell what it is.
    pub head: Vec<u8>,
}

/// Reads a file to its end. `stop` is asked between reads; `progress` is told the bytes read so far.
///
/// `Ok(None)` when it was stopped; [`SourceFault::Changed`] when the file, or what its path leads to, is not the
/// same afterwards; [`SourceFault::Empty`] when it has no byte.
pub fn fingerprint(
    path: &Path,
    stop: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(u64),
) -> Result<Option<Fingerprint>, SourceFault> {
    of_opened(&Opened::path(path)?, stop, progress)
}

/// Reads to its end what was opened.
pub(crate) fn of_opened(
    source: &Opened,
    stop: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(u64),
) -> Result<Option<Fingerprint>, SourceFault> {
    let stamp = source.stamp;
    if stamp.size == 0 {
        return Err(SourceFault::Empty);
    }
    let mut hasher = blake3::Hasher::new();
    let mut head = Vec::with_capacity(kinds::HEAD);
    let whole = each_chunk(&source.file, 0..stamp.size, stop, &mut |chunk, so_far| {
        if head.len() < kinds::HEAD {
            head.extend_from_slice(&chunk[..chunk.len().min(kinds::HEAD - head.len())]);
        }
        hasher.update(chunk);
        progress(so_far);
    })?;
    if !whole {
        return Ok(None);
    }
    // The descriptor shows writes to this file, the path that another one took its place.
    if !source.unchanged()? {
        return Err(SourceFault::Changed);
    }
    let hash = BlobHash::from_bytes(*hasher.finalize().as_bytes());
    Ok(Some(Fingerprint { hash, stamp, head }))
}

/// Digests a range of an open file, whatever its cursor. `Ok(None)` when it was stopped; a range that reaches
/// past the end means that the file [changed](SourceFault::Changed). The caller compares stamps around it.
pub fn digest(
    file: &File,
    algorithm: Algorithm,
    range: Range<u64>,
    stop: &dyn Fn() -> bool,
) -> Result<Option<Vec<u8>>, SourceFault> {
    let mut digester = match algorithm {
        Algorithm::Sha1 => Digester::Sha1(sha1::Sha1::new()),
        Algorithm::Sha256 => Digester::Sha256(sha2::Sha256::new()),
        Algorithm::Blake3 => Digester::Blake3(Box::default()),
    };
    let whole = each_chunk(file, range, stop, &mut |chunk, _| digester.update(chunk))?;
    Ok(whole.then(|| digester.finish()))
}

/// Hands over a range piece by piece, each with the count of bytes so far. False when it was stopped.
fn each_chunk(
    file: &File,
    range: Range<u64>,
    stop: &dyn Fn() -> bool,
    take: &mut dyn FnMut(&[u8], u64),
) -> Result<bool, SourceFault> {
    let mut at = range.start;
    let length = range.end.saturating_sub(range.start);
    let mut buffer = vec![0; usize::try_from(length).map_or(CHUNK, |n| n.min(CHUNK))];
    while at < range.end {
        if stop() {
            return Ok(false);
        }
        let want = usize::try_from(range.end - at).map_or(buffer.len(), |left| left.min(buffer.len()));
        match source::read_at(file, &mut buffer[..want], at) {
            Ok(0) => return Err(SourceFault::Changed),
            Ok(n) => {
                at += n as u64;
                take(&buffer[..n], at - range.start);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(true)
}

enum Digester {
    Sha1(sha1::Sha1),
    Sha256(sha2::Sha256),
    Blake3(Box<blake3::Hasher>),
}

impl Digester {
    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(d) => d.update(bytes),
            Self::Sha256(d) => d.update(bytes),
            Self::Blake3(d) => {
                d.update(bytes);
            }
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha1(d) => d.finalize().to_vec(),
            Self::Sha256(d) => d.finalize().to_vec(),
            Self::Blake3(d) => d.finalize().as_bytes().to_vec(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fs;
    use std::io::Write;

    fn never() -> bool {
        false
    }

    fn file_of(bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("camera/photo");
        fs::create_dir(dir.path().join("camera")).unwrap();
        fs::write(&path, bytes).unwrap();
        (dir, path)
    }

    #[test]
    fn the_hash_is_that_of_the_bytes() {
        for length in [1, 511, 512, 513, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 17] {
            let bytes: Vec<u8> = (0..length).map(|i| (i * 31 % 251) as u8).collect();
            let (_dir, path) = file_of(&bytes);
            let mut seen = Vec::new();
            let print = fingerprint(&path, &never, &mut |n| seen.push(n)).unwrap().unwrap();
            assert_eq!(print.hash, BlobHash::of(&bytes));
            assert_eq!(print.stamp, Stamp::of_path(&path).unwrap());
            assert_eq!(print.head, &bytes[..length.min(kinds::HEAD)]);
            assert_eq!(seen.last(), Some(&(length as u64)));
            assert!(seen.is_sorted());
        }
    }

    #[test]
    fn an_empty_file_has_no_fingerprint() {
        let (_dir, path) = file_of(b"");
        assert_eq!(fingerprint(&path, &never, &mut |_| ()), Err(SourceFault::Empty));
    }

    #[test]
    fn it_stops_when_asked() {
        let (_dir, path) = file_of(&vec![1; 4 * CHUNK]);
        let read = std::cell::Cell::new(0);
        let print = fingerprint(&path, &|| read.get() >= 2 * CHUNK as u64, &mut |n| read.set(n));
        assert_eq!(print, Ok(None));
        assert_eq!(read.get(), 2 * CHUNK as u64);
    }

    /// What an owner may do to a file while it is read.
    #[test]
    fn every_change_while_reading_is_noticed() {
        type Meddle = fn(&Path);
        let meddlers: [(&str, Meddle, SourceFault); 6] = [
            (
                "grows",
                |p| fs::OpenOptions::new().append(true).open(p).unwrap().write_all(b"more").unwrap(),
                SourceFault::Changed,
            ),
            (
                "shrinks",
                |p| fs::OpenOptions::new().write(true).open(p).unwrap().set_len(7).unwrap(),
                SourceFault::Changed,
            ),
            ("is rewritten", |p| fs::write(p, vec![9; 3 * CHUNK]).unwrap(), SourceFault::Changed),
            (
                "is replaced",
                |p| {
                    fs::write(p.with_extension("new"), vec![1; 3 * CHUNK]).unwrap();
                    fs::rename(p.with_extension("new"), p).unwrap();
                },
                SourceFault::Changed,
            ),
            (
                // The one change that leaves no trace in the file itself.
                "is in a folder that is replaced",
                |p| {
                    let folder = p.parent().unwrap();
                    fs::rename(folder, folder.with_extension("away")).unwrap();
                    fs::create_dir(folder).unwrap();
                    fs::write(p, vec![1; 3 * CHUNK]).unwrap();
                },
                SourceFault::Changed,
            ),
            ("vanishes", |p| fs::remove_file(p).unwrap(), SourceFault::Gone),
        ];
        for (what, meddle, fault) in meddlers {
            let (_dir, path) = file_of(&vec![1; 3 * CHUNK]);
            // Old, so that any later change shows in the time as well.
            let old = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
            File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
            let mut done = false;
            let result = fingerprint(&path, &never, &mut |_| {
                if !std::mem::replace(&mut done, true) {
                    meddle(&path);
                }
            });
            // A removed file has one link less, which changes its ctime: either word is true.
            let vanished = fault == SourceFault::Gone && result == Err(SourceFault::Changed);
            assert!(result == Err(fault) || vanished, "a file that {what}: {result:?}");
        }
    }

    #[test]
    fn digests_agree_with_known_values() {
        // FIPS 180-4's example "abc", inside other bytes.
        let (_dir, path) = file_of(b"--abc--");
        let file = File::open(&path).unwrap();
        let hex = |algorithm, range| {
            let bytes = digest(&file, algorithm, range, &never).unwrap().unwrap();
            bytes.iter().map(|b| format!("{b:02x}")).collect::<String>()
        };
        assert_eq!(hex(Algorithm::Sha1, 2..5), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(hex(Algorithm::Sha256, 2..5), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(hex(Algorithm::Blake3, 2..5), BlobHash::of(b"abc").to_string());
        assert_eq!(hex(Algorithm::Sha1, 3..3), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        assert_eq!(digest(&file, Algorithm::Sha1, 2..8, &never), Err(SourceFault::Changed));
        assert_eq!(digest(&file, Algorithm::Sha1, 0..7, &|| true), Ok(None));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn any_range_digests_as_its_bytes(bytes in prop::collection::vec(any::<u8>(), 1..5000), a: prop::sample::Index, b: prop::sample::Index) {
            let (a, b) = (a.index(bytes.len() + 1), b.index(bytes.len() + 1));
            let (from, to) = (a.min(b), a.max(b));
            let (_dir, path) = file_of(&bytes);
            let file = File::open(&path).unwrap();
            let digest = digest(&file, Algorithm::Blake3, from as u64..to as u64, &never).unwrap().unwrap();
            let expected = BlobHash::of(&bytes[from..to]);
            prop_assert_eq!(&digest[..], &expected.as_bytes()[..]);
        }
    }
}
