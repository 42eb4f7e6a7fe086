//! A hundred photos of which each is another picture.

use std::fs;
use std::path::{Path, PathBuf};

use satchel_testkit::samples::{self, Kind, SampleSet};

use super::PHOTOS;

/// A photo, as it lies in the folder that is sent.
pub(crate) struct Photo {
    pub(crate) hash: String,
    pub(crate) bytes: u64,
}

/// Writes them: real ones where there is a folder of them, else drawn ones.
pub(crate) fn hundred(given: Option<&Path>, into: &Path) -> Vec<Photo> {
    fs::create_dir_all(into).unwrap();
    let sources = match given {
        Some(folder) => real(folder),
        None => {
            println!("no --photos DIR: the test kit draws them");
            drawn(&into.with_extension("drawn"))
        }
    };
    assert!(!sources.is_empty(), "there is no JPEG in it");
    let write = |n: usize| {
        let source = &sources[n % sources.len()];
        let bytes = varied(fs::read(source).unwrap(), n / sources.len());
        fs::write(into.join(format!("IMG_{n:04}.JPG")), &bytes).unwrap();
        Photo { hash: blake3::hash(&bytes).to_hex().to_string(), bytes: bytes.len() as u64 }
    };
    (0..PHOTOS).map(write).collect()
}

/// The JPEGs of a folder and of those in it that end as they should.
fn real(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            found.extend(real(&entry));
        } else if entry.extension().is_some_and(|end| end.eq_ignore_ascii_case("jpg"))
            && fs::read(&entry).is_ok_and(|bytes| bytes.ends_with(&[0xFF, 0xD9]))
        {
            found.push(entry);
        }
    }
    found.sort();
    found
}

fn drawn(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for seed in 0.. {
        let made = samples::make(&folder.join(seed.to_string()), seed, SampleSet::Full).unwrap();
        found.extend(made.into_iter().filter(|made| made.kind == Kind::Photo).map(|made| made.path));
        if found.len() >= PHOTOS {
            break;
        }
    }
    found
}

/// Where in the zigzag's order the quantities stand that even a picture shrunk to a quarter shows.
const COARSE: [usize; 3] = [1, 2, 4];

/// The same scene with other pixels: one of its tables' quantities is larger, which every preview shows. Bytes that no
/// decoder looks at would make another file of the same picture, whose preview would not have to travel.
fn varied(mut jpeg: Vec<u8>, turn: usize) -> Vec<u8> {
    let Some(turn) = turn.checked_sub(1) else { return jpeg };
    let mut at = 2;
    while jpeg[at] == 0xFF && jpeg[at + 1] != 0xDA {
        // Quantities of one byte.
        if jpeg[at + 1] == 0xDB && jpeg[at + 4] >> 4 == 0 {
            let quantity = &mut jpeg[at + 5 + COARSE[turn % 3]];
            *quantity = quantity.saturating_add(2 + (turn / 3) as u8);
            break;
        }
        at += 2 + usize::from(u16::from_be_bytes([jpeg[at + 2], jpeg[at + 3]]));
    }
    jpeg
}
