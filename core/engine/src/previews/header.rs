//! A JPEG's segments up to its frame header (ITU-T T.81, annex B): what decoding will take before anything is decoded, and
//! what the pixels mean.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

/// The most bytes of a colour profile that are looked at.
const PROFILE: usize = 1 << 20;

/// Segments and fill bytes that are gone over; cameras write 20.
const SEGMENTS: usize = 4000;

/// What stands before the pixels.
#[derive(Default)]
pub(super) struct Header {
    pub(super) width: u16,
    pub(super) height: u16,
    progressive: bool,
    /// Samples of each component in a unit, horizontally and vertically.
    sampling: Vec<(u8, u8)>,
    /// EXIF, from its TIFF header on.
    pub(super) exif: Vec<u8>,
    /// An ICC profile.
    pub(super) profile: Vec<u8>,
    /// Written by Adobe's programs, which turn the values of inks around.
    pub(super) adobe: bool,
}

impl Header {
    /// Bytes that decoding takes beside a few rows: a progressive picture's coefficients are all held, whatever the size that
    /// is wanted.
    pub(super) fn memory(&self) -> u64 {
        if !self.progressive {
            return 0;
        }
        let most = |side: fn(&(u8, u8)) -> u8| u64::from(self.sampling.iter().map(side).max().unwrap_or(1).max(1));
        let units = |length: u16, most: u64| u64::from(length).div_ceil(8 * most);
        let blocks: u64 = self.sampling.iter().map(|(h, v)| u64::from(*h) * u64::from(*v)).sum();
        units(self.width, most(|s| s.0)) * units(self.height, most(|s| s.1)) * blocks * 64 * 2
    }
}

/// Reads it, and goes back to the start. `None` where there is no frame header, or it makes no sense.
pub(super) fn read(source: &mut (impl Read + Seek)) -> io::Result<Option<Header>> {
    let start = source.stream_position()?;
    let found = segments(&mut BufReader::new(&mut *source));
    source.seek(SeekFrom::Start(start))?;
    match found {
        Err(fault) if fault.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        other => other,
    }
}

fn segments<R: Read + Seek>(source: &mut BufReader<R>) -> io::Result<Option<Header>> {
    let mut header = Header::default();
    let mut two = [0; 2];
    source.read_exact(&mut two)?;
    let mut passed = 0;
    while passed < SEGMENTS {
        passed += 1;
        let mut byte = [0];
        // A marker may be preceded by any number of 0xFF (B.1.1.2).
        source.read_exact(&mut byte)?;
        if byte[0] != 0xFF {
            return Ok(None);
        }
        while byte[0] == 0xFF && passed < SEGMENTS {
            passed += 1;
            source.read_exact(&mut byte)?;
        }
        source.read_exact(&mut two)?;
        let length = u16::from_be_bytes(two).saturating_sub(2);
        match byte[0] {
            kind @ (0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF) => {
                return Ok(header.frame(kind, &content(source, length)?).then_some(header));
            }
            0xE1 | 0xE2 | 0xEE => header.application(byte[0], &content(source, length)?),
            // The picture begins, or ends, or is none.
            0x00 | 0x01 | 0xD0..=0xDA => return Ok(None),
            _ => {
                source.seek_relative(i64::from(length))?;
            }
        }
    }
    Ok(None)
}

fn content(source: &mut impl Read, length: u16) -> io::Result<Vec<u8>> {
    let mut content = vec![0; usize::from(length)];
    source.read_exact(&mut content)?;
    Ok(content)
}

impl Header {
    fn application(&mut self, marker: u8, content: &[u8]) {
        if let (0xE1, Some(exif)) = (marker, content.strip_prefix(b"Exif\0\0")) {
            if self.exif.is_empty() {
                self.exif = exif.to_vec();
            }
        } else if let (0xE2, Some(piece)) = (marker, content.strip_prefix(b"ICC_PROFILE\0")) {
            // Its number and their count stand first; they come in order (ICC.1:2022, B.4).
            let piece = piece.get(2..).unwrap_or_default();
            if self.profile.len() + piece.len() <= PROFILE {
                self.profile.extend_from_slice(piece);
            }
        } else {
            self.adobe |= marker == 0xEE && content.starts_with(b"Adobe");
        }
    }

    /// Takes a frame header in; false when it makes no sense.
    fn frame(&mut self, kind: u8, content: &[u8]) -> bool {
        let [_, h1, h0, w1, w0, count, components @ ..] = content else { return false };
        self.sampling = components.chunks_exact(3).map(|c| (c[1] >> 4, c[1] & 15)).collect();
        (self.width, self.height) = (u16::from_be_bytes([*w1, *w0]), u16::from_be_bytes([*h1, *h0]));
        self.progressive = matches!(kind, 0xC2 | 0xC6 | 0xCA | 0xCE);
        self.width > 0 && self.height > 0 && (1..=4).contains(count) && self.sampling.len() == usize::from(*count)
    }
}
