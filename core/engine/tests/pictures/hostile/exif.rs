//! EXIF: directories in circles, counts beyond the file, values that make no sense.

use super::bits::{entry, jpeg_with, segment, tiff};
use super::{Case, case};
use crate::made::{self, Jpeg};

const SHORT: u16 = 3;
const LONG: u16 = 4;
const RATIONAL: u16 = 5;
const TEXT: u16 = 2;
const EXIF: u16 = 0x8769;
const GPS: u16 = 0x8825;
const SUB: u16 = 0x014A;
const ORIENTATION: u16 = 0x0112;
const MAKE: u16 = 0x010F;

pub(super) fn cases() -> Vec<Case> {
    let photo = Jpeg::default().scene(48, 32);
    let inside = |tiff: &[u8]| {
        let content = [b"Exif\0\0".as_slice(), &tiff[..tiff.len().min(65_000)]].concat();
        jpeg_with(&photo, &segment(0xE1, &content))
    };
    let directories: Vec<(&str, Vec<u8>)> = vec![
        ("its own successor", tiff(&[entry(ORIENTATION, SHORT, 1, 6)], 8)),
        ("its own EXIF and its own place", tiff(&[entry(EXIF, LONG, 1, 8), entry(GPS, LONG, 1, 8)], 8)),
        ("two that lead to each other", {
            let first = tiff(&[entry(EXIF, LONG, 1, 26)], 26);
            [first, [1, 0].to_vec(), entry(EXIF, LONG, 1, 8).to_vec(), vec![8, 0, 0, 0]].concat()
        }),
        ("five thousand that lead to the first", tiff(&[entry(EXIF, LONG, 1, 8); 5000], 8)),
        ("a thousand below, each the first", {
            let list = 8 + 2 + 12 + 4;
            [tiff(&[entry(SUB, LONG, 1000, list)], 0), 8u32.to_le_bytes().repeat(1000)].concat()
        }),
        ("a chain of three thousand", {
            let mut chain = b"II*\0\x08\0\0\0".to_vec();
            for n in 1..=3000u32 {
                chain.extend([&[1, 0][..], &entry(ORIENTATION, SHORT, 1, 3), &(8 + n * 18).to_le_bytes()].concat());
            }
            chain
        }),
        ("65,535 entries, they say", b"II*\0\x08\0\0\0\xFF\xFF\x12\x01\x03\0\x01\0\0\0\x06\0\0\0".to_vec()),
        ("a text of four billion letters", tiff(&[entry(MAKE, TEXT, u32::MAX, 8)], 0)),
        ("four billion numbers", tiff(&[entry(ORIENTATION, SHORT, u32::MAX, 6), entry(EXIF, LONG, u32::MAX, 8)], 0)),
        ("counts that overflow when they are multiplied", tiff(&[entry(0x829A, RATIONAL, 0x2000_0001, 8)], 0)),
        ("values behind the end", tiff(&[entry(MAKE, TEXT, 100, 0xFFFF_FFF0)], 0xFFFF_FFFE)),
        ("fractions of nothing", {
            let at = 8 + 2 + 24 + 4;
            let fractions = tiff(&[entry(0x829A, RATIONAL, 1, at), entry(GPS, LONG, 1, at)], 0);
            [fractions, vec![0; 40]].concat()
        }),
        ("a place of fractions of nothing", {
            let gps = 8 + 2 + 12 + 4;
            let values = gps + 2 + 4 * 12 + 4;
            let place = [
                entry(1, TEXT, 2, u32::from(b'N')),
                entry(2, RATIONAL, 3, values),
                entry(3, TEXT, 2, u32::from(b'E')),
                entry(4, RATIONAL, 3, values),
            ];
            [tiff(&[entry(GPS, LONG, 1, gps)], 0), vec![4, 0], place.concat(), vec![0; 4], vec![0; 24]].concat()
        }),
        (
            "types that there are not",
            tiff(&[entry(ORIENTATION, 99, 1, 6), entry(MAKE, 0, 4, 6), entry(EXIF, 0xFFFF, 1, 8)], 0),
        ),
        ("an orientation of 65,535", tiff(&[entry(ORIENTATION, SHORT, 1, 65_535)], 0)),
        ("a maker of control letters", tiff(&[entry(MAKE, TEXT, 4, 0x1B5B_1B00)], 0)),
        ("a time that never was", {
            let at = 8 + 2 + 12 + 4;
            [tiff(&[entry(0x0132, TEXT, 20, at)], 0), b"9999:99:99 99:99:99\0".to_vec()].concat()
        }),
        ("a maker's note over all of it", [tiff(&[entry(0x927C, 7, 60_000, 0)], 0), vec![0x4D; 60_000]].concat()),
        ("no directory", b"II*\0\0\0\0\0".to_vec()),
        ("a directory in the header", b"II*\0\x02\0\0\0\x01\0\x12\x01".to_vec()),
        ("the large kind of TIFF", b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF".to_vec()),
        ("big-endian and cut", b"MM\0*\0\0\0\x08\0\x05\x01\x12\0\x03\0\0".to_vec()),
    ];
    let mut cases = Vec::new();
    for (name, tiff) in directories {
        cases.push(case(format!("exif: {name}"), "jpg", inside(&tiff)));
        cases.push(case(format!("exif: {name}, as a TIFF"), "tif", tiff));
    }
    let twice = inside(&made::tiff(6));
    cases.push(case("exif: hundreds of times", "jpg", [&twice[..2], &twice[2..40].repeat(500), &twice[2..]].concat()));
    cases
}
