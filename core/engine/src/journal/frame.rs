//! How records stand in the journal's file, so that each can be found and checked by itself.
//!
//! A frame is the byte 0x1E (RS, as in RFC 7464), the body's length as 8 hexadecimal digits, a space, the check as 16, a
//! space, the body, and a line feed. The body is JSON, in which RS cannot occur: whatever was damaged before, the next
//! RS begins the next frame. The check is the beginning of BLAKE3 over length and body.

use std::io::{self, BufRead};

const RS: u8 = 0x1E;
/// Bytes from RS to the body: length, space, check, space.
const HEAD: usize = 8 + 1 + 16 + 1;
/// The longest body.
const MAX_BODY: usize = 4 << 20;

/// Appends a frame; `None` when the body is too long, or holds what no JSON holds.
pub(super) fn write(body: &[u8], to: &mut Vec<u8>) -> Option<()> {
    if body.len() > MAX_BODY || body.contains(&RS) {
        return None;
    }
    to.push(RS);
    to.extend_from_slice(&head(body));
    to.extend_from_slice(body);
    to.push(b'\n');
    Some(())
}

fn head(body: &[u8]) -> [u8; HEAD] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(body.len() as u64).to_le_bytes()).update(body);
    let check = hasher.finalize().to_hex();
    let text = format!("{:08x} {} ", body.len(), &check.as_str()[..16]);
    text.as_bytes().try_into().expect("a length of at most 4 MiB has at most 8 digits")
}

/// The body at the beginning of what follows an RS, and what stands behind its frame.
fn parse(segment: &[u8]) -> Option<(&[u8], &[u8])> {
    let (said, rest) = segment.split_at_checked(HEAD)?;
    let length = usize::from_str_radix(std::str::from_utf8(&said[..8]).ok()?, 16).ok()?;
    let (body, behind) = rest.split_at_checked(length)?;
    (*said == head(body)).then(|| (body, behind.strip_prefix(b"\n").unwrap_or(behind)))
}

/// Finds the sound frames among whatever bytes.
#[derive(Debug)]
pub(super) struct Frames<R> {
    input: R,
    segment: Vec<u8>,
    /// Whether an RS stands before the next segment.
    led: bool,
    in_damage: bool,
    damaged: u64,
}

impl<R: BufRead> Frames<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, segment: Vec::new(), led: false, in_damage: false, damaged: 0 }
    }

    /// Unbroken stretches, so far, that are no part of a sound frame.
    pub(super) fn damaged(&self) -> u64 {
        self.damaged
    }

    /// The next sound frame's body; `None` at the end.
    pub(super) fn next_body(&mut self) -> io::Result<Option<&[u8]>> {
        loop {
            let led = self.led;
            if !self.read_segment()? && !led {
                return Ok(None);
            }
            let found =
                if led { parse(&self.segment).map(|(body, behind)| (body.len(), behind.is_empty())) } else { None };
            match found {
                Some((length, clean)) => {
                    self.in_damage = false;
                    if !clean {
                        self.note_damage();
                    }
                    return Ok(Some(&self.segment[HEAD..HEAD + length]));
                }
                // The file's beginning, up to the first RS, is rightly empty.
                None if !led && self.segment.is_empty() => {}
                None => self.note_damage(),
            }
        }
    }

    fn note_damage(&mut self) {
        self.damaged += u64::from(!self.in_damage);
        self.in_damage = true;
    }

    /// Reads up to the next RS or the end; of an endless segment only as much as a frame may have. False at the end.
    fn read_segment(&mut self) -> io::Result<bool> {
        self.segment.clear();
        self.led = false;
        let mut any = false;
        loop {
            let chunk = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                chunk => chunk?,
            };
            if chunk.is_empty() {
                return Ok(any);
            }
            any = true;
            let end = chunk.iter().position(|b| *b == RS);
            let part = end.unwrap_or(chunk.len());
            // One byte more than a frame may have, to see that something stands behind it.
            let room = (HEAD + MAX_BODY + 2).saturating_sub(self.segment.len());
            self.segment.extend_from_slice(&chunk[..part.min(room)]);
            self.input.consume(part + usize::from(end.is_some()));
            if end.is_some() {
                self.led = true;
                return Ok(true);
            }
        }
    }
}
