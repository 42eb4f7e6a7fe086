//! PNG: chunks with a length, a name and a checksum (PNG, third edition, clause 5).

use std::io::{BufRead, Read, Write};

use super::{Counted, RedactFault, fill, more, upright_only};
use crate::metadata::orientation;

/// Chunks that change how the picture looks: the critical ones, colour, transparency, the pixels' shape, animation.
/// `iCCP` tells a profile's name besides, which is the profile's.
const KEPT: [&[u8; 4]; 18] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV",
    b"cLLI", b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

/// EXIF that is looked at for the orientation.
const EXIF: u64 = 1 << 20;

/// From behind the first two bytes. Answers how much was left out, and the orientation.
pub(super) fn strip<R: BufRead, W: Write>(source: &mut R, to: &mut Counted<'_, W>) -> Result<(u32, u8), RedactFault> {
    let mut signature = [0; 6];
    fill(source, &mut signature)?;
    if signature != *b"NG\r\n\x1a\n" {
        return Err(RedactFault::Broken("it does not start like a PNG"));
    }
    to.put(b"\x89PNG\r\n\x1a\n")?;
    let (mut removed, mut upright, mut pixels, mut first) = (0, None, false, true);
    loop {
        let mut header = [0; 8];
        fill(source, &mut header)?;
        let [l3, l2, l1, l0, name @ ..] = header;
        let length = u32::from_be_bytes([l3, l2, l1, l0]);
        if first != (name == *b"IHDR") || length > i32::MAX as u32 {
            return Err(RedactFault::Broken("a chunk is out of order or too long"));
        }
        first = false;
        if name == *b"eXIf" && u64::from(length) <= EXIF && upright.is_none() {
            let mut content = vec![0; length as usize];
            fill(source, &mut content)?;
            fill(source, &mut [0; 4])?;
            upright = orientation::of_tiff(&content);
            match upright {
                // After the pixels it was of no use to most readers, so it is told nowhere.
                Some(value @ 2..=8) if !pixels => {
                    let plain = upright_only(value);
                    removed += u32::from(content != plain);
                    chunk(to, b"eXIf", &plain)?;
                }
                _ => removed += 1,
            }
            continue;
        }
        pixels |= name == *b"IDAT";
        // A critical chunk that is not known may be the picture.
        let critical = name[0].is_ascii_uppercase();
        if critical && !KEPT.contains(&&name) {
            return Err(RedactFault::Broken("it has a critical chunk that is not known"));
        }
        let keep = KEPT.contains(&&name);
        if keep {
            to.put(&header)?;
        } else {
            removed += 1;
        }
        copied(source, u64::from(length) + 4, keep.then_some(&mut *to))?;
        if name == *b"IEND" {
            break;
        }
    }
    if !pixels {
        return Err(RedactFault::Broken("there is no picture in it"));
    }
    removed += u32::from(more(source)?);
    Ok((removed, upright.unwrap_or(1)))
}

/// Goes over so many bytes, and copies them where they are wanted.
fn copied<R: BufRead, W: Write>(
    source: &mut R,
    count: u64,
    mut to: Option<&mut Counted<'_, W>>,
) -> Result<(), RedactFault> {
    let mut left = source.take(count);
    while left.limit() > 0 {
        let there = left.fill_buf().map_err(RedactFault::Read)?;
        if there.is_empty() {
            return Err(RedactFault::Broken("it ends early"));
        }
        let count = there.len();
        if let Some(to) = &mut to {
            to.put(there)?;
        }
        left.consume(count);
    }
    Ok(())
}

fn chunk<W: Write>(to: &mut Counted<'_, W>, name: &[u8; 4], content: &[u8]) -> Result<(), RedactFault> {
    let named = [&name[..], content].concat();
    to.put(&(content.len() as u32).to_be_bytes())?;
    to.put(&named)?;
    to.put(&checksum(&named).to_be_bytes())
}

/// CRC-32 as in annex D, bit by bit: it is taken of 30 bytes.
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 })
    })
}
