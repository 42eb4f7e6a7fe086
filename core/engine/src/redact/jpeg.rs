//! JPEG: segments with lengths, and between a scan's header and the next marker the scan's data (ITU-T T.81, annex B).

use std::io::{BufRead, Write};

use super::{Counted, RedactFault, fill, more, upright_only};
use crate::metadata::orientation;

/// Tables, profiles and marks before the first scan; a printer's colour profile may have a megabyte.
const HEAD: usize = 4 << 20;

const EXIF: &[u8] = b"Exif\0\0";

/// From behind the start marker. Answers how much was left out, and the orientation.
pub(super) fn strip<R: BufRead, W: Write>(source: &mut R, to: &mut Counted<'_, W>) -> Result<(u32, u8), RedactFault> {
    // Our own EXIF must come first, and what it says may come late: the head is gathered.
    let (mut jfif, mut head) = (None, Vec::new());
    let (mut removed, mut exifs, mut plain) = (0, 0, false);
    let mut upright = None;
    let mut marker = marker_after(source)?;
    while marker != 0xDA {
        if marker == 0xD9 {
            return Err(RedactFault::Broken("there is no picture in it"));
        }
        let segment = segment(source, marker)?;
        match kept(marker, &segment)? {
            Some(part) => {
                removed += u32::from(part.len() != segment.len());
                if marker == 0xE0 {
                    jfif.get_or_insert(part);
                } else {
                    put(&mut head, marker, &part);
                }
            }
            None => {
                removed += 1;
                if marker == 0xE1 && segment.starts_with(EXIF) {
                    upright = upright.or(orientation::of_tiff(&segment[EXIF.len()..]));
                    exifs += 1;
                    plain = upright.is_some_and(|value| segment[EXIF.len()..] == upright_only(value) && value > 1);
                }
            }
        }
        if head.len() > HEAD {
            return Err(RedactFault::Broken("it has megabytes of tables"));
        }
        marker = marker_after(source)?;
    }
    // What was written by this before is nothing to take out.
    removed -= u32::from(exifs == 1 && plain);
    to.put(&[0xFF, 0xD8])?;
    let mut first = Vec::new();
    if let Some(jfif) = jfif {
        put(&mut first, 0xE0, &jfif);
    }
    let upright = upright.unwrap_or(1);
    if upright > 1 {
        put(&mut first, 0xE1, &[EXIF, &upright_only(upright)].concat());
    }
    to.put(&first)?;
    to.put(&head)?;
    // Scans, and the tables between them.
    while marker != 0xD9 {
        let segment = segment(source, marker)?;
        // Marks of applications belong before the first scan.
        if matches!(marker, 0xE0..=0xEF) || kept(marker, &segment)?.is_none() {
            removed += 1;
        } else {
            let mut bytes = Vec::new();
            put(&mut bytes, marker, &segment);
            to.put(&bytes)?;
        }
        marker = if marker == 0xDA { scan(source, to)? } else { marker_after(source)? };
    }
    to.put(&[0xFF, 0xD9])?;
    removed += u32::from(more(source)?);
    Ok((removed, upright))
}

/// What stays of a segment: all of it, less of it, or nothing.
fn kept(marker: u8, segment: &[u8]) -> Result<Option<Vec<u8>>, RedactFault> {
    let whole = || Ok(Some(segment.to_vec()));
    match marker {
        // Frames, tables, scans, lines, restart intervals.
        0xC0..=0xC7 | 0xC9..=0xCF | 0xDA..=0xDF => whole(),
        0xE0 if segment.starts_with(b"JFIF\0") => {
            // Its thumbnail shows the picture before any edit.
            let mut plain = segment.get(..14).ok_or(RedactFault::Broken("JFIF's mark is cut short"))?.to_vec();
            plain[12..].fill(0);
            Ok(Some(plain))
        }
        0xE2 if segment.starts_with(b"ICC_PROFILE\0") => whole(),
        // The colour transform is its twelfth and last byte.
        0xEE if segment.starts_with(b"Adobe") => {
            Ok(Some(segment.get(..12).ok_or(RedactFault::Broken("Adobe's mark is cut short"))?.to_vec()))
        }
        _ => Ok(None),
    }
}

fn put(to: &mut Vec<u8>, marker: u8, segment: &[u8]) {
    // It was read with a length of 16 bits, and none grows.
    to.extend([0xFF, marker]);
    to.extend((segment.len() as u16 + 2).to_be_bytes());
    to.extend(segment);
}

fn segment(source: &mut impl BufRead, marker: u8) -> Result<Vec<u8>, RedactFault> {
    if matches!(marker, 0x01 | 0xD0..=0xD8) {
        return Err(RedactFault::Broken("a marker where none may be"));
    }
    let mut length = [0; 2];
    fill(source, &mut length)?;
    let length = u16::from_be_bytes(length).checked_sub(2).ok_or(RedactFault::Broken("a segment's length is wrong"))?;
    let mut segment = vec![0; length.into()];
    fill(source, &mut segment)?;
    Ok(segment)
}

/// The marker that must be next; fill bytes may come before it.
fn marker_after(source: &mut impl BufRead) -> Result<u8, RedactFault> {
    let mut byte = [0];
    fill(source, &mut byte)?;
    if byte != [0xFF] {
        return Err(RedactFault::Broken("something lies between its segments"));
    }
    while byte == [0xFF] {
        fill(source, &mut byte)?;
    }
    Ok(byte[0])
}

/// Copies a scan's data, and answers the marker that ends it.
fn scan<R: BufRead, W: Write>(source: &mut R, to: &mut Counted<'_, W>) -> Result<u8, RedactFault> {
    loop {
        let there = source.fill_buf().map_err(RedactFault::Read)?;
        if there.is_empty() {
            return Err(RedactFault::Broken("its last scan does not end"));
        }
        let plain = there.iter().position(|byte| *byte == 0xFF).unwrap_or(there.len());
        to.put(&there[..plain])?;
        let escape = plain < there.len();
        source.consume(plain + usize::from(escape));
        if !escape {
            continue;
        }
        let mut after = [0xFF];
        while after == [0xFF] {
            fill(source, &mut after)?;
        }
        match after[0] {
            // An escaped 0xFF, and the marks to start anew at.
            0 | 0xD0..=0xD7 => to.put(&[0xFF, after[0]])?,
            marker => return Ok(marker),
        }
    }
}
