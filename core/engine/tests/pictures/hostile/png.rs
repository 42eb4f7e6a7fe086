//! PNG: little that unfolds to much, chunks out of order, pictures that cannot be.

use super::bits::{chunk, header, png, zeros};
use super::{Case, case};
use crate::made;

/// What a hundred times as much memory as there may be deflates to.
const MUCH: usize = 400 << 20;

pub(super) fn cases() -> Vec<Case> {
    let end = || chunk(b"IEND", &[]);
    let small = made::png_scene(40, 30);
    let with = |name: &[u8; 4], content: &[u8]| made::png_with_chunk(&small, name, content);
    let bomb = zeros(MUCH);
    let image = |header: Vec<u8>, pixels: &[u8]| png(&[chunk(b"IHDR", &header), chunk(b"IDAT", pixels), end()]);
    let named = |name: &str, bytes: Vec<u8>| case(format!("png: {name}"), "png", bytes);
    let text = |keyword: &[u8], more: &[u8]| [keyword, more, &bomb].concat();
    let mut cases = vec![
        named("two billion by one", image(header(u32::MAX >> 1, 1, 8, 2, false), &zeros(1000))),
        named("four billion by four billion", image(header(u32::MAX, u32::MAX, 8, 2, false), &zeros(1000))),
        named("65,535 by 65,535", image(header(65_535, 65_535, 1, 0, false), &zeros(1000))),
        named("as many pixels as are let through", image(header(10_000, 10_000, 1, 0, false), &zeros(12_600_000))),
        named("sixteen million pixels of 64 bits", image(header(4000, 4000, 16, 6, false), &zeros(129_000_000))),
        named("one line of four hundred megabytes", image(header(65_535, 3, 16, 6, false), &bomb)),
        named("pixels for a thousand such pictures", image(header(100, 100, 8, 2, false), &bomb)),
        named("no pixels", png(&[chunk(b"IHDR", &header(100, 100, 8, 2, false)), end()])),
        named("interlaced, 64 bits", image(header(3000, 3000, 16, 6, true), &zeros(80_000_000))),
        named("interlaced, as large as is held", image(header(3500, 3500, 16, 2, true), &zeros(80_000_000))),
        named("interlaced, 16,384 wide", image(header(16_384, 16_384, 16, 6, true), &bomb)),
        named("interlaced, one bit", image(header(9000, 9000, 1, 0, true), &zeros(11_000_000))),
        named("no width", image(header(0, 10, 8, 2, false), &zeros(1000))),
        named("three bits", image(header(10, 10, 3, 2, false), &zeros(1000))),
        named("colours of a kind that is none", image(header(10, 10, 8, 5, false), &zeros(1000))),
        named("a palette that is missing", image(header(10, 10, 8, 3, false), &zeros(1000))),
        named("a palette of one colour for 256", {
            let palette = [chunk(b"IHDR", &header(10, 10, 8, 3, false)), chunk(b"PLTE", &[1, 2, 3])].concat();
            let pixels = [0x78, 1, 1, 110, 0, 0x91, 0xFF].iter().copied().chain([255; 110]).collect::<Vec<_>>();
            png(&[palette, chunk(b"IDAT", &pixels), end()])
        }),
        named("a filter that is none", {
            let pixels = [0x78, 1, 1, 31, 0, 0xE0, 0xFF].iter().copied().chain([9; 31]).collect::<Vec<_>>();
            image(header(10, 1, 8, 2, false), &pixels)
        }),
        named("a profile of four hundred megabytes", with(b"iCCP", &text(b"x", b"\0\0"))),
        named("a text of four hundred megabytes", with(b"zTXt", &text(b"Comment", b"\0\0"))),
        named("a packet of four hundred megabytes", with(b"iTXt", &text(b"XML:com.adobe.xmp", b"\0\x01\0\0\0"))),
        named("a text of two billion bytes, they say", {
            [&small[..33], &(u32::MAX >> 1).to_be_bytes(), b"iTXtXML:com.adobe.xmp\0\0\0\0\0<x/>"].concat()
        }),
        named(
            "a chunk of four billion bytes, they say",
            [&small[..33], b"\xFF\xFF\xFF\xFFeXIf", &small[33..]].concat(),
        ),
        named(
            "half a million empty chunks",
            [&small[..33], &chunk(b"tEXt", &[]).repeat(1 << 19), &small[33..]].concat(),
        ),
        named("thousands of empty pieces of pixels", {
            [&small[..33], &chunk(b"IDAT", &[]).repeat(1 << 16), &small[33..]].concat()
        }),
        named("four billion frames", with(b"acTL", &[0xFF; 8])),
        named("a frame outside the picture", {
            let control =
                [0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 9, 9];
            [&small[..33], &chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]), &chunk(b"fcTL", &control), &small[33..]].concat()
        }),
        named("a header of five bytes", png(&[chunk(b"IHDR", &[0, 0, 0, 1, 0]), end()])),
        named("two headers", [&small[..33], &small[8..]].concat()),
        named("an end first", png(&[end(), small[8..].to_vec()])),
        named("a critical chunk of a maker's own", png(&[chunk(b"CgBI", &[0; 4]), small[8..].to_vec()])),
        named("a checksum that is wrong", {
            let mut bytes = small.clone();
            bytes[30] ^= 1;
            bytes
        }),
        named("a brightness of nothing", with(b"gAMA", &[0; 4])),
        named("transparency for more than there is", with(b"tRNS", &[0; 3000])),
        named("EXIF that is its own successor", with(b"eXIf", b"II*\0\x08\0\0\0\0\0\x08\0\0\0")),
        named("a signature alone", small[..8].to_vec()),
    ];
    // Cut within each chunk's length, name and content, and before its checksum.
    let mut at = 8;
    while at + 12 <= small.len() {
        let length = u32::from_be_bytes([small[at], small[at + 1], small[at + 2], small[at + 3]]) as usize;
        let name = small[at + 4..at + 8].escape_ascii().to_string();
        for (what, cut) in
            [("length", at + 2), ("name", at + 6), ("content", at + 8 + length / 2), ("sum", at + 8 + length)]
        {
            cases.push(named(&format!("cut in the {what} of {name} at {at}"), small[..cut].to_vec()));
        }
        at += 12 + length;
    }
    cases
}
