//! The samples are what they say: read back by a reader of metadata that others wrote.

#![allow(clippy::unwrap_used)]

use std::collections::HashSet;
use std::fs;
use std::sync::OnceLock;

use nom_exif::{EntryValue, ExifTag, MediaParser, MediaSource, TrackInfoTag};
use satchel_testkit::samples::{Kind, Made, SampleSet, make};

/// One set for all tests that only look at it: drawing takes its time without optimisation.
fn one_day() -> &'static [Made] {
    static DAY: OnceLock<(tempfile::TempDir, Vec<Made>)> = OnceLock::new();
    &DAY.get_or_init(|| small(1)).1
}

fn small(seed: u64) -> (tempfile::TempDir, Vec<Made>) {
    let dir = tempfile::tempdir().unwrap();
    let made = make(dir.path(), seed, SampleSet::Small).unwrap();
    (dir, made)
}

#[test]
fn a_set_has_what_a_day_has_and_the_same_seed_makes_it_again() {
    let made = one_day();
    let dir = made[0].path.parent().unwrap();
    let count = |kind: fn(&Kind) -> bool| made.iter().filter(|made| kind(&made.kind)).count();
    assert_eq!(count(|kind| *kind == Kind::Photo), 12);
    assert_eq!(count(|kind| matches!(kind, Kind::Twin { .. })), 3);
    assert_eq!((count(|kind| *kind == Kind::Video), count(|kind| *kind == Kind::Large)), (1, 1));
    assert_eq!(count(|kind| *kind == Kind::Other), 2);
    assert_eq!(fs::read_dir(dir).unwrap().count(), made.len());
    for file in made {
        let bytes = fs::read(&file.path).unwrap();
        assert_eq!((bytes.len() as u64, blake3::hash(&bytes).to_string()), (file.bytes, file.hash.clone()));
        if let Kind::Twin { of } = &file.kind {
            assert_eq!(bytes, fs::read(of).unwrap());
        }
    }
    let apart: HashSet<_> = made.iter().map(|made| &made.hash).collect();
    assert_eq!(apart.len(), made.len() - 3, "only the twins are the same");
    let large = made.iter().find(|made| made.kind == Kind::Large).unwrap();
    assert!((3_000_000..4_000_000).contains(&large.bytes), "{}", large.bytes);

    let hashes = |made: &[Made]| made.iter().map(|made| made.hash.clone()).collect::<Vec<_>>();
    let (_dir, again) = small(1);
    assert_eq!(hashes(made), hashes(&again));
    let (_dir, other) = small(2);
    assert_ne!(hashes(made), hashes(&other));
}

#[test]
fn photos_tell_their_time_place_and_camera() {
    let made = one_day();
    let mut parser = MediaParser::new();
    for photo in made.iter().filter(|made| made.kind == Kind::Photo) {
        let source = MediaSource::open(&photo.path).unwrap();
        let exif: nom_exif::Exif = parser.parse_exif(source).unwrap().into();
        let text = |tag| exif.get(tag).and_then(EntryValue::as_str).map(str::to_owned);
        let taken = exif.get(ExifTag::DateTimeOriginal).unwrap().to_string();
        // Printed as 2026-10-17T05:41:12+09:00: date, time and zone must be those that were meant.
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).take(14).collect::<String>();
        assert_eq!(digits(&taken), digits(photo.taken.as_ref().unwrap()), "{taken}");
        assert!(taken.contains("+09:00"), "{taken}");
        assert!(text(ExifTag::Make).is_some_and(|make| make == "FUJIFILM" || make == "Fairphone"));
        assert!(text(ExifTag::Model).is_some());
        let turned = exif.get(ExifTag::Orientation).and_then(EntryValue::as_u16).unwrap();
        assert!([1, 6].contains(&turned));
        let place = exif.gps_info().unwrap().to_iso6709();
        assert!(place.starts_with("+35.") && place.contains("+13"), "{place}");
    }
}

#[test]
fn photos_are_jpegs_of_their_size_with_their_metadata_first() {
    let made = one_day();
    for photo in made.iter().filter(|made| made.kind == Kind::Photo) {
        let bytes = fs::read(&photo.path).unwrap();
        assert!(bytes.starts_with(&[0xff, 0xd8]) && bytes.ends_with(&[0xff, 0xd9]));
        let (mut at, mut exif, mut size) = (2, false, None);
        while bytes[at] == 0xff && bytes[at + 1] != 0xda {
            let length = usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]));
            match bytes[at + 1] {
                0xe1 => exif |= bytes[at + 4..].starts_with(b"Exif\0\0"),
                0xc0 => size = Some([5, 7].map(|i| u16::from_be_bytes([bytes[at + i], bytes[at + i + 1]]))),
                _ => {}
            }
            at += 2 + length;
        }
        assert!(exif);
        assert_eq!(size, Some([480, 640]));
    }
}

#[test]
fn videos_tell_their_length_and_place() {
    let made = one_day();
    let mut parser = MediaParser::new();
    for video in made.iter().filter(|made| matches!(made.kind, Kind::Video | Kind::Large)) {
        let track = parser.parse_track(MediaSource::open(&video.path).unwrap()).unwrap();
        let text = |tag| track.get(tag).map(ToString::to_string).unwrap_or_default();
        let milliseconds: u64 = text(TrackInfoTag::DurationMs).parse().unwrap();
        assert!(milliseconds >= 2000, "{milliseconds}");
        let width = text(TrackInfoTag::Width);
        assert!(["320", "480"].contains(&width.as_str()), "{width}");
        assert!(text(TrackInfoTag::CreateDate).contains("2026-10-17"), "{}", text(TrackInfoTag::CreateDate));
        assert!(text(TrackInfoTag::GpsIso6709).starts_with("+35."), "{}", text(TrackInfoTag::GpsIso6709));
        // Every frame is a JPEG that begins where the one before it ends.
        let bytes = fs::read(&video.path).unwrap();
        let table = bytes.windows(4).rposition(|kind| kind == b"stsz").unwrap();
        let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        let mut at = 28;
        for frame in 0..number(table + 12) {
            let size = number(table + 16 + 4 * frame);
            assert!(bytes[at..].starts_with(&[0xff, 0xd8]) && bytes[..at + size].ends_with(&[0xff, 0xd9]));
            at += size;
        }
        assert_eq!(&bytes[at + 4..at + 8], b"moov");
    }
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = make(&file.path().join("below"), 1, SampleSet::Small).expect_err("a file is no folder");
    assert!(error.to_string().contains("give a folder that can be written to"), "{error}");
}
