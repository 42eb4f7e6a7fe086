//! WebP: a RIFF container, whose length comes first (RFC 9649, clause 2).

use std::io::{BufRead, Read, Write};

use super::{Counted, RedactFault, WEBP, fill, more, upright_only};
use crate::metadata::orientation;

/// Which features a file with several chunks has: bits of the first byte of `VP8X`.
const HAS_EXIF: u8 = 1 << 3;
const HAS_XMP: u8 = 1 << 2;

/// Chunks of the file, and of each frame: an animation has one for each of its frames.
const MOST: usize = 20_000;

/// From behind the first two bytes. Answers how much was left out, and the orientation.
pub(super) fn strip<R: BufRead, W: Write>(source: &mut R, to: &mut Counted<'_, W>) -> Result<(u32, u8), RedactFault> {
    let mut start = [0; 10];
    fill(source, &mut start)?;
    let [b'F', b'F', l0, l1, l2, l3, b'W', b'E', b'B', b'P'] = start else { return Err(RedactFault::NotStrippable) };
    let length = u64::from(u32::from_le_bytes([l0, l1, l2, l3]));
    let length = length.checked_sub(4).ok_or(RedactFault::Broken("its length is wrong"))?;
    if length > WEBP {
        return Err(RedactFault::TooLarge);
    }
    // At its length at once: growing it would hold it twice.
    let mut content = Vec::with_capacity(length as usize);
    source.take(length).read_to_end(&mut content).map_err(RedactFault::Read)?;
    if content.len() as u64 != length {
        return Err(RedactFault::Broken("it ends early"));
    }
    let chunks = chunks(&content)?;
    if !chunks.iter().any(|(name, _)| matches!(*name, b"VP8 " | b"VP8L" | b"ANMF")) {
        return Err(RedactFault::Broken("there is no picture in it"));
    }
    let exif = chunks.iter().find(|(name, _)| *name == b"EXIF").map(|(_, content)| *content);
    let tiff = exif.map(|exif| exif.strip_prefix(b"Exif\0\0").unwrap_or(exif));
    // A file without `VP8X` has no features, EXIF neither.
    let tiff = tiff.filter(|_| chunks.iter().any(|(name, _)| *name == b"VP8X"));
    let upright = tiff.and_then(orientation::of_tiff).unwrap_or(1);
    let ours = exif.is_some_and(|exif| upright > 1 && exif == upright_only(upright));
    let kept: Vec<_> = chunks.iter().filter(|(name, _)| stays(name)).collect();
    let mut inside = 0;
    let plain = upright_only(upright);
    // Laid out as pieces of what is held, so that nothing is held twice.
    let mut out = vec![Piece::Own(b"WEBP".to_vec())];
    for (name, content) in &kept {
        match *name {
            b"VP8X" => {
                let mut features = content.to_vec();
                if let Some(flags) = features.first_mut() {
                    *flags &= !(HAS_EXIF | HAS_XMP);
                    *flags |= if upright > 1 { HAS_EXIF } else { 0 };
                }
                put(&mut out, name, vec![Piece::Own(features)]);
            }
            b"ANMF" => put(&mut out, name, frame(content, &mut inside)?),
            _ => put(&mut out, name, vec![Piece::Held(content)]),
        }
    }
    if upright > 1 {
        put(&mut out, b"EXIF", vec![Piece::Held(&plain)]);
    }
    to.put(b"RIFF")?;
    to.put(&(length_of(&out) as u32).to_le_bytes())?;
    for piece in &out {
        to.put(piece.bytes())?;
    }
    let mut removed = (chunks.len() - kept.len()) as u32 + inside - u32::from(ours);
    // One more byte is how some pad the whole.
    removed += u32::from(more(source)?);
    Ok((removed, upright))
}

/// Some of what is written.
enum Piece<'c> {
    Held(&'c [u8]),
    Own(Vec<u8>),
}

impl Piece<'_> {
    fn bytes(&self) -> &[u8] {
        match self {
            Piece::Held(bytes) => bytes,
            Piece::Own(bytes) => bytes,
        }
    }
}

fn length_of(pieces: &[Piece<'_>]) -> usize {
    pieces.iter().map(|piece| piece.bytes().len()).sum()
}

/// A frame of an animation: where and how long, then chunks of its own.
fn frame<'c>(content: &'c [u8], removed: &mut u32) -> Result<Vec<Piece<'c>>, RedactFault> {
    let (place, rest) = content.split_at_checked(16).ok_or(RedactFault::Broken("a frame is cut short"))?;
    let mut out = vec![Piece::Held(place)];
    for (name, content) in chunks(rest)? {
        match name {
            b"ALPH" | b"VP8 " | b"VP8L" => put(&mut out, name, vec![Piece::Held(content)]),
            _ => *removed += 1,
        }
    }
    Ok(out)
}

/// Chunks that the picture needs.
fn stays(name: &[u8; 4]) -> bool {
    matches!(name, b"VP8X" | b"VP8 " | b"VP8L" | b"ALPH" | b"ANIM" | b"ANMF" | b"ICCP")
}

fn put<'c>(out: &mut Vec<Piece<'c>>, name: &'c [u8; 4], content: Vec<Piece<'c>>) {
    let length = length_of(&content);
    out.push(Piece::Own([&name[..], &(length as u32).to_le_bytes()].concat()));
    out.extend(content);
    if length % 2 == 1 {
        out.push(Piece::Held(&[0]));
    }
}

type Chunks<'c> = Vec<(&'c [u8; 4], &'c [u8])>;

fn chunks(mut content: &[u8]) -> Result<Chunks<'_>, RedactFault> {
    const CUT: RedactFault = RedactFault::Broken("a chunk is cut short");
    let mut found = Vec::new();
    while !content.is_empty() {
        let (name, rest) = content.split_first_chunk::<4>().ok_or(CUT)?;
        let (length, rest) = rest.split_first_chunk::<4>().ok_or(CUT)?;
        let length = u32::from_le_bytes(*length) as usize;
        let (chunk, rest) = rest.split_at_checked(length).ok_or(CUT)?;
        // The last one's padding may be missing.
        content = rest.get(length % 2..).unwrap_or_default();
        if found.len() == MOST {
            return Err(RedactFault::Broken("it has more chunks than any picture"));
        }
        found.push((name, chunk));
    }
    Ok(found)
}
