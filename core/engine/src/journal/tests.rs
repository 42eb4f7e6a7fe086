//! Damage, crowds and later versions.

use std::ffi::OsString;
use std::io::Cursor;

use proptest::prelude::*;
use satchel_kernel::ids::{AssetId, BlobHash};
use satchel_kernel::protocol::post::{Place, Post, Rendition};
use satchel_kernel::state::{AssetKind, Proof};

use super::*;
use crate::source::Stamp;

fn asset(n: u8) -> AssetId {
    AssetId::from_bytes([n; 16])
}

const STAMP: Stamp = Stamp { device: u64::MAX, inode: 1, size: 2, mtime_ns: i64::MIN, ctime_ns: 3, read_mode: 1 };

fn added(n: u8) -> Record {
    let path = PathBuf::from(format!("/photos/IMG_{n:04}.jpg"));
    Record::Added {
        asset: asset(n),
        source: SourceRecord::File { path: path.clone() },
        name: path.file_name().unwrap().to_owned(),
        path,
        library: false,
        stamp: STAMP,
        kind: AssetKind::Photo,
        media_type: "image/jpeg".into(),
        urgent: n.is_multiple_of(2),
        album: if n == 1 { "Camera".into() } else { String::new() },
        order: i64::from(n),
        added_utc_ms: 1_700_000_000_000,
        post: Post { caption: Some("Σ, \u{1e} and\n\"quotes\"".into()), ..Post::default() },
    }
}

fn each_kind() -> Vec<Record> {
    let hash = BlobHash::of(b"photo");
    let target = || "https://desk.example:8443".to_owned();
    vec![
        Record::Target { url: "https://desk.example:8443".into(), spec: r#"{"pin":"a-_b"}"#.into() },
        added(1),
        Record::Added {
            asset: asset(2),
            source: SourceRecord::Spool { name: "0123456789abcdef0123456789abcdef".parse().unwrap() },
            path: "album/7".into(),
            library: true,
            stamp: STAMP,
            name: "x".into(),
            kind: AssetKind::Other,
            media_type: crate::kinds::UNKNOWN.into(),
            urgent: false,
            album: String::new(),
            order: i64::MIN,
            added_utc_ms: -1,
            post: Post::default(),
        },
        Record::Hashed { asset: asset(1), motion: false, hash, stamp: STAMP, said: None },
        Record::Rendered { asset: asset(1), hash, length: 20_000, rendition: Rendition::Preview },
        Record::Rendered { asset: asset(1), hash, length: 200_000, rendition: Rendition::Press },
        Record::Revised { asset: asset(1), revision: 2, post: Post { tags: vec!["sea".into()], ..Post::default() } },
        Record::Urgent { asset: asset(1) },
        Record::Calm { asset: asset(1) },
        Record::Kept { what: "budget trip".into(), value: Some("{}".into()) },
        Record::Kept { what: "network a".into(), value: None },
        Record::Began { hash, target: target() },
        Record::Missing { hash, target: target() },
        Record::Delivered { hash, target: target(), proof: Proof::Receipt, receipt: Some("v1.a.b".into()) },
        Record::ParkedUnknown { hash, target: target() },
        Record::Removed { asset: asset(2) },
    ]
}

fn journal() -> (tempfile::TempDir, Journal) {
    let dir = tempfile::tempdir().unwrap();
    let journal = Journal::open(dir.path()).unwrap();
    (dir, journal)
}

fn all(journal: &Journal) -> (Vec<Record>, u64) {
    let mut reading = journal.read().unwrap();
    let records = reading.by_ref().map(Result::unwrap).collect();
    (records, reading.damaged())
}

/// The records of a file as bytes, and how many places made no sense.
fn scan(bytes: &[u8]) -> (Vec<Record>, u64) {
    // A small buffer, so that frames lie across its edges.
    let mut frames = Frames::new(BufReader::with_capacity(7, Cursor::new(bytes)));
    let mut records = Vec::new();
    while let Some(body) = frames.next_body().unwrap() {
        records.push(record_of(body));
    }
    (records, frames.damaged())
}

/// A small file: its bytes, and where each record's frame lies.
fn small_file() -> (Vec<Record>, Vec<u8>, Vec<std::ops::Range<usize>>) {
    let records = each_kind();
    let mut bytes = Vec::new();
    let frames = records.iter().map(|record| {
        let from = bytes.len();
        frame::write(&serde_json::to_vec(record).unwrap(), &mut bytes).unwrap();
        from..bytes.len()
    });
    let frames = frames.collect();
    (records, bytes, frames)
}

#[test]
fn every_record_reads_back_in_order() {
    let (dir, journal) = journal();
    let records = each_kind();
    journal.append(&records[..3], Durable::Now).unwrap();
    journal.append(&records[3..], Durable::Later).unwrap();
    assert_eq!(all(&journal), (records.clone(), 0));
    assert_eq!(all(&Journal::open(dir.path()).unwrap()), (records, 0));
    assert_eq!(journal.len().unwrap(), std::fs::metadata(dir.path().join(FILE)).unwrap().len());
    let mut reading = journal.read().unwrap();
    journal.append(&[added(9)], Durable::Later).unwrap();
    assert_eq!(reading.by_ref().count(), each_kind().len(), "what comes later is left to the next reading");
}

#[test]
fn a_cut_at_every_byte_loses_only_what_it_cuts() {
    let (records, bytes, frames) = small_file();
    for cut in 0..=bytes.len() {
        let (read, damaged) = scan(&bytes[..cut]);
        // Without its line feed a frame is whole all the same.
        let whole = frames.iter().filter(|frame| frame.end - 1 <= cut).count();
        assert_eq!(read, records[..whole], "cut at {cut}");
        let clean = cut == 0 || frames.iter().any(|f| cut == f.end || cut == f.end - 1);
        assert_eq!(damaged, u64::from(!clean), "cut at {cut}");
    }
}

#[test]
fn a_flip_of_every_bit_loses_only_what_it_hits() {
    let (records, bytes, frames) = small_file();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1 << bit;
            let (read, damaged) = scan(&bytes);
            let hit = frames.iter().position(|frame| frame.contains(&at)).unwrap();
            let mut rest = records.clone();
            let lost = rest.remove(hit);
            let only_its_end = at == frames[hit].end - 1;
            if only_its_end {
                rest.insert(hit, lost);
            }
            assert_eq!(read, rest, "bit {bit} of byte {at}");
            assert_eq!(damaged, 1, "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn what_is_appended_after_a_torn_tail_is_read() {
    let (dir, journal) = journal();
    let (records, bytes, frames) = small_file();
    for cut in frames[1].clone() {
        std::fs::write(dir.path().join(FILE), &bytes[..cut]).unwrap();
        journal.append(&[added(7)], Durable::Now).unwrap();
        let (read, _) = all(&journal);
        assert_eq!((read.first(), read.last()), (Some(&records[0]), Some(&added(7))), "cut at {cut}");
    }
}

#[test]
fn pages_of_zeros_and_a_missing_file_are_survived() {
    let (dir, journal) = journal();
    journal.append(&[added(1)], Durable::Now).unwrap();
    let path = dir.path().join(FILE);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend(vec![0; 9 << 20]);
    std::fs::write(&path, bytes).unwrap();
    journal.append(&[added(2)], Durable::Now).unwrap();
    assert_eq!(all(&journal), (vec![added(1), added(2)], 1));
    std::fs::remove_file(&path).unwrap();
    assert_eq!(all(&journal), (vec![], 0));
    journal.append(&[added(3)], Durable::Now).unwrap();
    assert_eq!(all(&journal), (vec![added(3)], 0));
}

#[test]
fn compaction_keeps_later_versions_and_sets_damage_aside() {
    let (dir, journal) = journal();
    let path = dir.path().join(FILE);
    journal.append(&[added(1), added(2)], Durable::Now).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let later = br#"{"record":"shelved","asset":"?","shelf":3}"#;
    let richer = br#"{"record":"urgent","asset":{"new":"form"}}"#;
    let known = br#"{"record":"urgent","asset":"03030303030303030303030303030303","since":5}"#;
    for body in [&later[..], richer, known] {
        frame::write(body, &mut bytes).unwrap();
    }
    std::fs::write(&path, &bytes).unwrap();
    let mut reading = journal.read().unwrap();
    assert_eq!(reading.by_ref().filter(|r| matches!(r, Ok(Record::Other))).count(), 2);
    assert_eq!(reading.unknown(), 2);

    let not_the_first = |record: &Record| *record != added(1);
    assert_eq!(journal.compact(not_the_first), Ok(Compacted { kept: 4, dropped: 1, damaged: 0 }));
    let compacted = std::fs::read(&path).unwrap();
    assert!(bytes.ends_with(&compacted), "what is kept keeps its bytes");
    assert_eq!(journal.compact(|_| true), Ok(Compacted { kept: 4, dropped: 0, damaged: 0 }));

    let mut damaged = compacted.clone();
    damaged[50] ^= 1;
    std::fs::write(&path, &damaged).unwrap();
    assert_eq!(journal.compact(|_| true), Ok(Compacted { kept: 3, dropped: 0, damaged: 1 }));
    let names = || std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let aside = names().find(|name| name.starts_with(DAMAGED)).unwrap();
    assert_eq!(std::fs::read(dir.path().join(aside)).unwrap(), damaged);
    assert!(!names().any(|name| name == NEW));
}

#[test]
fn a_record_too_long_is_refused_and_nothing_of_its_batch_stays() {
    let (_dir, journal) = journal();
    let post = Post { caption: Some("x".repeat(4 << 20)), ..Post::default() };
    let long = Record::Revised { asset: asset(1), revision: 2, post };
    assert_eq!(journal.append(&[added(1), long], Durable::Now), Err(JournalError::TooLong));
    let post = Post { caption: Some("x".repeat(4_000_000)), ..Post::default() };
    let longest = Record::Revised { asset: asset(1), revision: 2, post };
    journal.append(std::slice::from_ref(&longest), Durable::Later).unwrap();
    assert_eq!(all(&journal), (vec![longest], 0));
}

/// Several journals in several threads stand for several processes: locks belong to the open file, not to the process.
#[test]
fn appends_in_a_crowd_lose_nothing_while_it_is_compacted() {
    const WRITERS: u8 = 4;
    const EACH: u8 = 40;
    let dir = tempfile::tempdir().unwrap();
    let open = || Journal::open(dir.path()).unwrap();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            scope.spawn(move || {
                let journal = open();
                for n in 0..EACH {
                    let id = writer * EACH + n;
                    journal.append(&[added(id), Record::Removed { asset: asset(id) }], Durable::Later).unwrap();
                }
            });
        }
        scope.spawn(move || {
            let journal = open();
            for _ in 0..30 {
                let done = journal.compact(|record| !matches!(record, Record::Removed { .. })).unwrap();
                assert_eq!(done.damaged, 0);
                assert_eq!(all(&journal).1, 0);
            }
        });
    });
    let journal = open();
    journal.compact(|record| !matches!(record, Record::Removed { .. })).unwrap();
    let (mut records, damaged) = all(&journal);
    assert_eq!(damaged, 0);
    let order = |record: &Record| if let Record::Added { order, .. } = record { *order } else { -1 };
    records.sort_by_key(order);
    assert_eq!(records, (0..WRITERS * EACH).map(added).collect::<Vec<_>>());
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, journal) = journal();
    journal.append(&[added(1)], Durable::Now).unwrap();
    journal.compact(|_| true).unwrap();
    for name in [FILE, LOCK] {
        let mode = std::fs::metadata(dir.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
#[ignore = "foreign: small-disk"]
fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let small = std::env::var_os("SATCHEL_TEST_SMALL_DISK").unwrap();
    let folder = Path::new(&small).join("outbox");
    let journal = Journal::open(&folder).unwrap();
    let mut acknowledged = 0;
    let batch = vec![added(1); 100];
    while journal.append(&batch, Durable::Now).is_ok() {
        acknowledged += batch.len();
    }
    assert_eq!(journal.append(&batch, Durable::Now), Err(JournalError::Full));
    let (records, damaged) = all(&journal);
    assert_eq!((records.len(), damaged), (acknowledged, 0));
    assert_eq!(journal.compact(|_| true), Err(JournalError::Full));
    assert_eq!(all(&journal).0.len(), acknowledged);
    std::fs::remove_dir_all(folder).unwrap();
}

#[cfg(unix)]
fn any_name() -> impl Strategy<Value = OsString> {
    use std::os::unix::ffi::OsStringExt;
    prop::collection::vec(1u8.., 0..200).prop_map(OsString::from_vec)
}

#[cfg(windows)]
fn any_name() -> impl Strategy<Value = OsString> {
    use std::os::windows::ffi::OsStringExt;
    prop::collection::vec(1u16.., 0..200).prop_map(|wide| OsString::from_wide(&wide))
}

proptest! {
    #[test]
    fn any_name_and_path_survive(name in any_name(), path in any_name(), caption in ".*", place in -1440i32..1440) {
        let mut record = added(1);
        if let Record::Added { name: n, path: p, source, post, .. } = &mut record {
            *p = PathBuf::from(name.clone());
            *n = name;
            *source = SourceRecord::File { path: path.into() };
            post.caption = Some(caption);
            post.place = Some(Place { latitude: Some(f64::from(place) / 16.0), longitude: None, name: None });
        }
        let mut bytes = Vec::new();
        frame::write(&serde_json::to_vec(&record).unwrap(), &mut bytes).unwrap();
        prop_assert_eq!(scan(&bytes), (vec![record], 0));
    }

    /// Whatever several injuries do, what they did not touch is read, and nothing that was never written.
    #[test]
    fn many_injuries(injuries in prop::collection::vec((any::<prop::sample::Index>(), prop::collection::vec(any::<u8>(), 1..60)), 1..6)) {
        let (records, mut bytes, frames) = small_file();
        let mut hit = vec![false; records.len()];
        for (at, with) in injuries {
            let at = at.index(bytes.len());
            for (n, byte) in with.into_iter().enumerate().take(bytes.len() - at) {
                bytes[at + n] = byte;
                hit[frames.iter().position(|frame| frame.contains(&(at + n))).unwrap()] = true;
            }
        }
        let (read, _) = scan(&bytes);
        let mut written = records.iter();
        for record in &read {
            prop_assert!(written.any(|w| w == record), "out of order, or never written");
        }
        for (record, hit) in records.iter().zip(hit) {
            prop_assert!(hit || read.contains(record));
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let (read, damaged) = scan(&bytes);
        prop_assert!(read.is_empty());
        prop_assert_eq!(damaged, u64::from(!bytes.is_empty()));
    }
}
