//! The chunks of a WebP (a RIFF container: names, lengths, contents padded to even).

use std::io::{self, Read, Seek, SeekFrom};

/// More than any picture has; each costs a seek.
const MOST: usize = 1000;

/// Where a chunk's content lies in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) name: [u8; 4],
    pub(crate) start: u64,
    pub(crate) length: u64,
}

/// The chunks of the WebP at the reader's start, as far as the file and the container's own length go. `None` where
/// it is no WebP.
pub(crate) fn chunks(reader: &mut (impl Read + Seek)) -> io::Result<Option<Vec<Chunk>>> {
    reader.seek(SeekFrom::Start(0))?;
    let mut start = [0; 12];
    if !filled(reader, &mut start)? || start[..4] != *b"RIFF" || start[8..] != *b"WEBP" {
        return Ok(None);
    }
    let end = 8 + u64::from(u32::from_le_bytes([start[4], start[5], start[6], start[7]]));
    let mut found = Vec::new();
    let mut at = 12;
    while at + 8 <= end && found.len() < MOST {
        reader.seek(SeekFrom::Start(at))?;
        let mut header = [0; 8];
        if !filled(reader, &mut header)? {
            break;
        }
        let [n0, n1, n2, n3, length @ ..] = header;
        let length = u64::from(u32::from_le_bytes(length));
        found.push(Chunk { name: [n0, n1, n2, n3], start: at + 8, length });
        at += 8 + length + length % 2;
    }
    Ok(Some(found))
}

/// A chunk's first bytes: at most `most`, fewer where it or the file ends.
pub(crate) fn content(reader: &mut (impl Read + Seek), chunk: Chunk, most: u64) -> io::Result<Vec<u8>> {
    reader.seek(SeekFrom::Start(chunk.start))?;
    let mut content = Vec::new();
    reader.take(chunk.length.min(most)).read_to_end(&mut content)?;
    Ok(content)
}

/// Fills the buffer; `false` where the file ends before.
fn filled(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match reader.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(fault) if fault.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(fault) => Err(fault),
    }
}
