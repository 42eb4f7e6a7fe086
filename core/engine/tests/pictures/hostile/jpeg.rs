//! JPEG: frames that claim, scans without end, tables that lie.

use jpeg_encoder::SamplingFactor;

use super::bits::{jpeg_with, segment};
use super::{Case, case};
use crate::made::{self, Jpeg};

const PHOTO: &str = "jpg";

/// Where a marker stands first.
fn find(jpeg: &[u8], marker: &[u8]) -> usize {
    jpeg.windows(2).position(|two| two[0] == 0xFF && marker.contains(&two[1])).unwrap()
}

/// With bytes of the frame header changed, counted from its marker.
fn frame(mut jpeg: Vec<u8>, changes: &[(usize, u8)]) -> Vec<u8> {
    let at = find(&jpeg, &[0xC0, 0xC2]);
    changes.iter().for_each(|(offset, value)| jpeg[at + offset] = *value);
    jpeg
}

fn sized(jpeg: Vec<u8>, width: u16, height: u16) -> Vec<u8> {
    let ([h1, h0], [w1, w0]) = (height.to_be_bytes(), width.to_be_bytes());
    frame(jpeg, &[(5, h1), (6, h0), (7, w1), (8, w0)])
}

/// The last scan, many times.
fn scans(jpeg: &[u8], count: usize) -> Vec<u8> {
    let last = jpeg.windows(2).rposition(|two| two == [0xFF, 0xDA]).unwrap();
    [&jpeg[..last], &jpeg[last..jpeg.len() - 2].repeat(count), &[0xFF, 0xD9]].concat()
}

pub(super) fn cases() -> Vec<Case> {
    let photo = Jpeg::default().scene(96, 64);
    let progressive = Jpeg { progressive: true, ..Jpeg::default() }.scene(96, 64);
    let full = Jpeg { progressive: true, sampling: SamplingFactor::R_4_4_4, ..Jpeg::default() };
    let flat = full.of(&vec![9; 1000 * 750 * 3], 1000, 750);
    let jpeg = |name: &str, bytes: Vec<u8>| case(format!("jpeg: {name}"), PHOTO, bytes);
    let profile = |content: &[u8]| {
        let piece = [b"ICC_PROFILE\0\x01\x01".as_slice(), content].concat();
        jpeg_with(&photo, &segment(0xE2, &piece))
    };
    let tags = |count: u32, offset: u32, length: u32| {
        let mut icc = vec![0; 128];
        icc[16..24].copy_from_slice(b"RGB XYZ ");
        icc.extend(count.to_be_bytes());
        for name in [b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC"] {
            icc.extend([&name[..], &offset.to_be_bytes(), &length.to_be_bytes()].concat());
        }
        icc.extend(b"curv\0\0\0\0\xFF\xFF\xFF\xFF\0\0\0\0");
        icc
    };
    let table = find(&photo, &[0xC4]);
    let quantities = find(&photo, &[0xDB]);
    let mut cases = vec![
        jpeg("65,535 by 65,535 pixels, they say", sized(photo.clone(), 65_535, 65_535)),
        jpeg("the most pixels that are let through, of a small file", sized(photo.clone(), 65_500, 3200)),
        jpeg("a strip of one line", sized(photo.clone(), 65_535, 1)),
        jpeg("progressive, and as large as is let through", sized(progressive.clone(), 4200, 3200)),
        jpeg("progressive and giant", sized(progressive.clone(), 60_000, 60_000)),
        jpeg("no width", sized(photo.clone(), 0, 64)),
        jpeg("a height that comes later", sized(photo.clone(), 96, 0)),
        jpeg("two thousand scans of a large frame", scans(&flat, 2000)),
        jpeg("thirty thousand scans of a small one", scans(&progressive, 30_000)),
        jpeg("two hundred and fifty-five components", frame(photo.clone(), &[(9, 255)])),
        jpeg("no components", frame(photo.clone(), &[(9, 0)])),
        jpeg("units of 15 by 15 blocks", frame(photo.clone(), &[(11, 0xFF)])),
        jpeg("units of no block", frame(photo.clone(), &[(11, 0)])),
        jpeg("a table that is not there", frame(photo.clone(), &[(12, 3)])),
        jpeg("twelve bits", frame(photo.clone(), &[(4, 12)])),
        jpeg("lossless", frame(photo.clone(), &[(1, 0xC3)])),
        jpeg("arithmetic codes", frame(photo.clone(), &[(1, 0xC9)])),
        jpeg("hierarchical", frame(photo.clone(), &[(1, 0xC5)])),
        jpeg("two frames", jpeg_with(&photo, &photo[2..])),
        jpeg("a start in each start", [b"\xFF\xD8".repeat(200_000), photo.clone()].concat()),
        jpeg("no frame", [&[0xFF, 0xD8][..], &photo[find(&photo, &[0xDA])..]].concat()),
        jpeg("nothing but an end", vec![0xFF, 0xD8, 0xFF, 0xD9, 0, 0, 0, 0, 0, 0, 0, 0]),
        jpeg("codes that are too many", {
            let mut bytes = photo.clone();
            bytes[table + 5..table + 21].fill(255);
            bytes
        }),
        jpeg("no codes", {
            let mut bytes = photo.clone();
            bytes[table + 5..table + 21].fill(0);
            bytes
        }),
        jpeg("quantities of 0", {
            let mut bytes = photo.clone();
            bytes[quantities + 5..quantities + 69].fill(0);
            bytes
        }),
        jpeg("a segment of length 0", jpeg_with(&photo, b"\xFF\xE5\0\0")),
        jpeg("a segment of length 1", jpeg_with(&photo, b"\xFF\xE5\0\x01")),
        jpeg("a million empty segments", jpeg_with(&photo, &b"\xFF\xFE\0\x02".repeat(1 << 20))),
        jpeg("megabytes between its segments", jpeg_with(&photo, &[0xFF; 4 << 20])),
        jpeg("megabytes of tables", jpeg_with(&photo, &segment(0xDB, &[1; 65]).repeat(40_000))),
        jpeg("a start anew after each unit, which none keeps", jpeg_with(&photo, &segment(0xDD, &[0, 1]))),
        jpeg("a scan of marks to start anew at", {
            let scan = find(&photo, &[0xDA]) + 14;
            [&photo[..scan], &b"\xFF\xD3".repeat(1 << 20), &[0xFF, 0xD9]].concat()
        }),
        jpeg("a profile of 16 MB", {
            let piece = [b"ICC_PROFILE\0\x01\xFF".as_slice(), &[0x5A; 65_000]].concat();
            jpeg_with(&photo, &segment(0xE2, &piece).repeat(255))
        }),
        jpeg("a profile of noise", profile(&made::scene(30, 30))),
        jpeg("a profile of four billion tags", profile(&tags(u32::MAX, 0, u32::MAX))),
        jpeg("a profile whose curves have four billion points", profile(&tags(6, 204, 16))),
        jpeg("a profile that lies in itself", profile(&tags(6, 0, 128))),
        jpeg("inks that no program wrote", {
            let mut out = Vec::new();
            let encoder = jpeg_encoder::Encoder::new(&mut out, 80);
            encoder.encode(&vec![200; 64 * 64 * 4], 64, 64, jpeg_encoder::ColorType::Cmyk).unwrap();
            let adobe = find(&out, &[0xEE]);
            out[adobe + 1] = 0xE9;
            out
        }),
        jpeg("a film of megabytes behind it", [photo.clone(), vec![0; 6 << 20]].concat()),
        jpeg("no end", photo[..photo.len() - 2].to_vec()),
    ];
    // Cut within each marker, each length and each content.
    let exif = [b"Exif\0\0".as_slice(), &made::tiff(6)].concat();
    let whole = jpeg_with(&photo, &segment(0xE1, &exif));
    let mut at = 2;
    while whole[at + 1] != 0xDA {
        let (marker, length) = (whole[at + 1], usize::from(u16::from_be_bytes([whole[at + 2], whole[at + 3]])));
        for (what, cut) in [("marker", at + 1), ("length", at + 3), ("content", at + 2 + length / 2)] {
            cases.push(jpeg(&format!("cut in the {what} of {marker:02X} at {at}"), whole[..cut].to_vec()));
        }
        at += 2 + length;
    }
    cases.push(jpeg("cut in its scan", whole[..(at + whole.len()) / 2].to_vec()));
    cases
}
