//! What the formats are made of.

use crate::made;

/// A JPEG's segment; at most 65,533 bytes of content.
pub(super) fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    [&[0xFF, marker][..], &(content.len() as u16 + 2).to_be_bytes(), content].concat()
}

/// A JPEG with something more behind its start marker.
pub(super) fn jpeg_with(jpeg: &[u8], more: &[u8]) -> Vec<u8> {
    [&jpeg[..2], more, &jpeg[2..]].concat()
}

/// A PNG's chunk, with its checksum.
pub(super) fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let named = [&name[..], content].concat();
    [&(content.len() as u32).to_be_bytes()[..], &named, &made::crc(&named).to_be_bytes()].concat()
}

/// `IHDR`'s content.
pub(super) fn header(width: u32, height: u32, depth: u8, colour: u8, interlaced: bool) -> Vec<u8> {
    [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, colour, 0, 0, interlaced.into()]].concat()
}

/// A PNG of these chunks, without an end.
pub(super) fn png(chunks: &[Vec<u8>]) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat()].concat()
}

/// A WebP's or another RIFF's chunk, padded.
pub(super) fn riff(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let padding = &[0][..content.len() % 2];
    [&name[..], &(content.len() as u32).to_le_bytes(), content, padding].concat()
}

/// A WebP of these chunks.
pub(super) fn webp(chunks: &[Vec<u8>]) -> Vec<u8> {
    let inside = chunks.concat();
    [b"RIFF", &(inside.len() as u32 + 4).to_le_bytes()[..], b"WEBP", &inside].concat()
}

/// A box of an ISO file.
pub(super) fn boxed(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&(content.len() as u32 + 8).to_be_bytes()[..], name, content].concat()
}

/// A little-endian TIFF of one directory, at byte 8.
pub(super) fn tiff(entries: &[[u8; 12]], next: u32) -> Vec<u8> {
    let count = (entries.len() as u16).to_le_bytes();
    [&b"II*\0\x08\0\0\0"[..], &count, entries.as_flattened(), &next.to_le_bytes()].concat()
}

/// An entry of a TIFF's directory: tag, type, count, and the value or where it lies.
pub(super) fn entry(tag: u16, kind: u16, count: u32, value: u32) -> [u8; 12] {
    let mut entry = [0; 12];
    entry[..2].copy_from_slice(&tag.to_le_bytes());
    entry[2..4].copy_from_slice(&kind.to_le_bytes());
    entry[4..8].copy_from_slice(&count.to_le_bytes());
    entry[8..].copy_from_slice(&value.to_le_bytes());
    entry
}

/// Zeros, deflated by hand (RFC 1950 and 1951) to a hundred and fifty-eighth of their length.
pub(super) fn zeros(count: usize) -> Vec<u8> {
    let (mut out, mut held, mut bits) = (vec![0x78, 1], 0u32, 0);
    let mut put = |value: u32, length: u32| {
        held |= value << bits;
        bits += length;
        while bits >= 8 {
            out.push(held as u8);
            (held, bits) = (held >> 8, bits - 8);
        }
    };
    // The last block, with fixed codes; codes go in from their highest bit.
    put(1, 1);
    put(1, 2);
    // A literal 0 is 0x30 in eight bits.
    put(0b0000_1100, 8);
    // 258 bytes more: 285 is 0xC5 in eight bits; one byte back: 0 in five.
    let repeats = count / 258;
    (0..repeats).for_each(|_| put(0b1010_0011, 13));
    // The end of the block, and what fills the last byte.
    put(0, 7);
    put(0, 7);
    // Adler-32 of zeros.
    let sum = ((repeats * 258 + 1) % 65_521) as u32;
    out.extend((sum << 16 | 1).to_be_bytes());
    out
}
