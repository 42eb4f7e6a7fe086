//! WebP: two sizes in one file, animations, chunks without end.

use super::bits::{riff, webp};
use super::{Case, case};
use crate::made;

const LOSSY: &[u8] = include_bytes!("../samples/lossy.webp");
const ALPHA: &[u8] = include_bytes!("../samples/lossy-alpha.webp");
const ANIMATED: &[u8] = include_bytes!("../samples/animated.webp");

/// Features, and the size less one in three bytes each.
fn extended(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let sizes = [&(width - 1).to_le_bytes()[..3], &(height - 1).to_le_bytes()[..3]].concat();
    riff(b"VP8X", &[&[flags, 0, 0, 0][..], &sizes].concat())
}

/// A key frame's first bytes.
fn lossy(width: u16, height: u16, more: &[u8]) -> Vec<u8> {
    let start = [&[0x10, 0, 0, 0x9D, 1, 0x2A][..], &width.to_le_bytes(), &height.to_le_bytes()].concat();
    riff(b"VP8 ", &[&start, more].concat())
}

fn lossless(width: u32, height: u32, more: &[u8]) -> Vec<u8> {
    let bits = (width - 1) | (height - 1) << 14;
    riff(b"VP8L", &[&[0x2F][..], &bits.to_le_bytes(), more].concat())
}

pub(super) fn cases() -> Vec<Case> {
    let named = |name: &str, bytes: Vec<u8>| case(format!("webp: {name}"), "webp", bytes);
    let small = made::webp(&made::scene(40, 30), (40, 30), image_webp::ColorType::Rgb8);
    let noise = made::scene(300, 100);
    let frame = |inside: &[u8]| riff(b"ANMF", &[&[0; 6][..], &[39, 0, 0, 29, 0, 0, 1, 0, 0, 0], inside].concat());
    let mut nested = riff(b"VP8L", &small[20..]);
    for _ in 0..2000 {
        nested = frame(&nested);
    }
    let mut cases = vec![
        named("lossy, 16,383 by 16,383", webp(&[lossy(16_383, 16_383, &[0; 40])])),
        named("lossy, as large as is held", webp(&[lossy(4800, 4800, &noise)])),
        named("lossy, of no size", webp(&[lossy(0, 0, &noise)])),
        named("lossy, of many parts that are not there", webp(&[lossy(640, 480, &[0xFF; 64])])),
        named("lossless, 16,384 by 16,384", webp(&[lossless(16_384, 16_384, &[0; 40])])),
        named("lossless, as large as is held", webp(&[lossless(2000, 2000, &noise)])),
        named("lossless, zeros without end", webp(&[lossless(2000, 2000, &[0; 200_000])])),
        named("lossless, ones without end", webp(&[lossless(2000, 2000, &[0xFF; 200_000])])),
        named("a small container of a large picture", webp(&[extended(0, 6, 6), lossy(16_383, 16_383, &[0; 40])])),
        named("a large container of a small picture", {
            webp(&[extended(0, 1 << 24, 1 << 24), lossless(10, 10, &[0; 40])])
        }),
        named("transparency of noise", {
            webp(&[extended(0x10, 640, 480), riff(b"ALPH", &[&[1], &noise[..]].concat()), lossy(640, 480, &noise)])
        }),
        named("transparency of another picture", {
            let alpha = [&[1][..], &lossless(16_384, 16_384, &[0; 40])[8..]].concat();
            webp(&[extended(0x10, 640, 480), riff(b"ALPH", &alpha), lossy(640, 480, &noise)])
        }),
        named("an animation", ANIMATED.to_vec()),
        named("an animation of ten thousand frames", {
            let frames = frame(&small[12..]).repeat(10_000);
            webp(&[extended(2, 40, 30), riff(b"ANIM", &[0, 0, 0, 0, 0, 0]), frames])
        }),
        named(
            "an animation without the flag",
            webp(&[extended(0, 40, 30), riff(b"ANIM", &[0; 6]), frame(&small[12..])]),
        ),
        named("frames in frames", webp(&[extended(2, 40, 30), riff(b"ANIM", &[0; 6]), nested])),
        named("a frame that is cut", webp(&[extended(2, 40, 30), riff(b"ANIM", &[0; 6]), riff(b"ANMF", &[0; 7])])),
        named("a million empty chunks", webp(&[riff(b"JUNK", &[]).repeat(1 << 20), small[12..].to_vec()])),
        named("four billion bytes, they say", [b"RIFF\xFF\xFF\xFF\xFFWEBP", &small[12..]].concat()),
        named("no bytes, they say", [b"RIFF\0\0\0\0WEBP", &small[12..]].concat()),
        named("an odd length", [b"RIFF", &33u32.to_le_bytes()[..], b"WEBP", &small[12..]].concat()),
        named(
            "EXIF of four billion bytes",
            [&webp(&[extended(8, 40, 30)]), &b"EXIF\xFF\xFF\xFF\xFFII*\0"[..]].concat(),
        ),
        named(
            "a packet of four billion bytes",
            [b"RIFF\xFF\xFF\xFF\x7FWEBP".as_slice(), b"XMP \xFF\xFF\xFF\xFF"].concat(),
        ),
        named("a profile of noise", webp(&[extended(0x20, 40, 30), riff(b"ICCP", &noise), small[12..].to_vec()])),
        named("both codecs", webp(&[lossy(40, 30, &noise), small[12..].to_vec()])),
        named("nothing in it", webp(&[])),
        named("a picture of no byte", webp(&[riff(b"VP8 ", &[])])),
        named("a mark that is wrong", webp(&[riff(b"VP8 ", &[0; 30])])),
    ];
    for (name, whole) in [("lossy", LOSSY), ("with alpha", ALPHA), ("lossless", &small), ("animated", ANIMATED)] {
        for part in [6, 11, 17, 24, 29, whole.len() / 2, whole.len() - 3] {
            cases.push(named(&format!("{name}, cut at {part}"), whole[..part].to_vec()));
        }
    }
    cases
}
