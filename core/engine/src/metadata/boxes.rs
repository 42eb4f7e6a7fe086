//! The outermost boxes of an ISO file (ISO 14496-12, 4.2): how many there are, because the parser goes over all of them
//! again for each piece that it reads, and a file can hold a million.

use std::io::{self, Read, Seek, SeekFrom};

/// Cameras write five. Films that were cut into fragments have two for each, but their index comes first.
const MOST: usize = 256;

/// Whether the index is within the first few boxes, or the file ends within them.
pub(super) fn are_few(source: &mut (impl Read + Seek)) -> io::Result<bool> {
    Ok(!matches!(sought(source)?, Sought::Lost))
}

/// Where a film's index begins, if it is among the first few boxes.
pub(crate) fn index(source: &mut (impl Read + Seek)) -> io::Result<Option<u64>> {
    Ok(if let Sought::Index(at) = sought(source)? { Some(at) } else { None })
}

enum Sought {
    Index(u64),
    /// The file ends before one comes.
    End,
    /// Not within the first few boxes, or these are none.
    Lost,
}

fn sought(source: &mut (impl Read + Seek)) -> io::Result<Sought> {
    let mut at = 0u64;
    for _ in 0..MOST {
        source.seek(SeekFrom::Start(at))?;
        let mut header = [0; 16];
        let mut read = 0;
        while read < header.len() {
            match source.read(&mut header[read..])? {
                0 => break,
                count => read += count,
            }
        }
        if read < 8 {
            return Ok(Sought::End);
        }
        let [l3, l2, l1, l0, name @ .., _, _, _, _, _, _, _, _] = header;
        if matches!(&name, b"moov" | b"meta") {
            return Ok(Sought::Index(at));
        }
        let length = match u32::from_be_bytes([l3, l2, l1, l0]) {
            // To the file's end.
            0 => return Ok(Sought::End),
            1 => u64::from_be_bytes(*header.last_chunk().unwrap_or(&[0; 8])),
            length => length.into(),
        };
        at = match at.checked_add(length) {
            Some(next) if length >= 8 => next,
            _ => return Ok(Sought::Lost),
        };
    }
    Ok(Sought::Lost)
}
