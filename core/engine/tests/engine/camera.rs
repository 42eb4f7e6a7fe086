//! Photos as a camera writes them: large enough to be worth a press rendition, and telling when and where.

use std::fs;
use std::path::PathBuf;

use super::world::{Photo, Place, noise};

/// Where [`tells`] says that it was taken: degrees north and east.
pub(crate) const PLACE: (f64, f64) = (54.5, 18.75);
/// When [`tells`] says that it was taken.
pub(crate) const TIME: &str = "2026-05-06T05:41:09+02:00";

/// A JPEG of so many pixels that does not compress well: 1200 by 900 take about 700 KB.
pub(crate) fn jpeg(width: u16, height: u16, seed: u64) -> Vec<u8> {
    let grain = noise(usize::from(width) * usize::from(height) * 3, seed);
    let row = usize::from(width) * 3;
    let rgb: Vec<u8> = grain.iter().enumerate().map(|(n, grain)| (n / row % 160) as u8 + grain / 3).collect();
    let mut bytes = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut bytes, 92);
    encoder.encode(&rgb, width, height, jpeg_encoder::ColorType::Rgb).unwrap();
    bytes
}

/// The same with an EXIF that tells [`TIME`] and [`PLACE`].
pub(crate) fn tells(jpeg: &[u8]) -> Vec<u8> {
    let tiff = tiff();
    let mut bytes = jpeg[..2].to_vec();
    bytes.extend([0xFF, 0xE1]);
    bytes.extend(u16::try_from(tiff.len() + 8).unwrap().to_be_bytes());
    bytes.extend(b"Exif\0\0");
    bytes.extend(&tiff);
    bytes.extend(&jpeg[2..]);
    bytes
}

pub(crate) fn write(place: &Place, name: &str, bytes: &[u8]) -> Photo {
    let path: PathBuf = place.photos.join(name);
    fs::write(&path, bytes).unwrap();
    Photo { path, hash: blake3::hash(bytes).to_hex().to_string(), bytes: bytes.to_vec() }
}

/// A photo worth a press rendition.
pub(crate) fn large(place: &Place, name: &str, seed: u64) -> Photo {
    write(place, name, &jpeg(1_200, 900, seed))
}

/// TIFF 6.0, big-endian: the main directory leads to one of EXIF and one of GPS.
fn tiff() -> Vec<u8> {
    let (exif_at, gps_at, values_at) = (8 + 2 + 2 * 12 + 4, 8 + 2 + 2 * 12 + 4 + 2 + 2 * 12 + 4, 200u32);
    let mut values: Vec<u8> = Vec::new();
    let mut put = |bytes: &[u8]| {
        let at = values_at + u32::try_from(values.len()).unwrap();
        values.extend(bytes);
        at
    };
    let degrees = |whole: u32, minutes: u32| {
        [whole, 1, minutes, 1, 0, 1].iter().flat_map(|n: &u32| n.to_be_bytes()).collect::<Vec<u8>>()
    };
    let (time, zone) = (put(b"2026:05:06 05:41:09\0"), put(b"+02:00\0"));
    let (north, east) = (put(&degrees(54, 30)), put(&degrees(18, 45)));
    let entry = |tag: u16, kind: u16, count: u32, value: u32| {
        [&tag.to_be_bytes()[..], &kind.to_be_bytes(), &count.to_be_bytes(), &value.to_be_bytes()].concat()
    };
    let directory = |entries: &[Vec<u8>]| {
        [&u16::try_from(entries.len()).unwrap().to_be_bytes()[..], &entries.concat(), &[0; 4]].concat()
    };
    let letter = |letter: u8| u32::from_be_bytes([letter, 0, 0, 0]);
    let mut tiff = b"MM\0\x2a\0\0\0\x08".to_vec();
    tiff.extend(directory(&[entry(0x8769, 4, 1, exif_at), entry(0x8825, 4, 1, gps_at)]));
    tiff.extend(directory(&[entry(0x9003, 2, 20, time), entry(0x9011, 2, 7, zone)]));
    tiff.extend(directory(&[
        entry(1, 2, 2, letter(b'N')),
        entry(2, 5, 3, north),
        entry(3, 2, 2, letter(b'E')),
        entry(4, 5, 3, east),
    ]));
    tiff.resize(values_at as usize, 0);
    tiff.extend(values);
    tiff
}
