//! A picture's size, its EXIF and its XMP packet, from the format's own headers.

use std::io::{self, Read, Seek, SeekFrom};

use super::riff;

/// Longer packets are not looked at; a phone's has 4 KB.
const PACKET: u64 = 1 << 20;

/// Segments and fill bytes of a JPEG that are gone over; cameras write 20.
const SEGMENTS: usize = 4000;

#[derive(Debug, Default)]
pub(super) struct Picture {
    pub(super) size: Option<(u32, u32)>,
    pub(super) xmp: Option<Vec<u8>>,
    /// From the TIFF header on.
    pub(super) exif: Option<Vec<u8>>,
}

/// The segments before the first scan (ITU-T T.81, B.1; XMP part 3, 1.1.3).
pub(super) fn jpeg(source: &mut (impl Read + Seek)) -> io::Result<Picture> {
    const NAME: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
    let mut found = Picture::default();
    source.seek(SeekFrom::Start(2))?;
    for _ in 0..SEGMENTS {
        let [mark, marker] = array(source)?;
        if mark != 0xFF {
            return Ok(found);
        }
        match marker {
            // A fill byte.
            0xFF => {
                source.seek_relative(-1)?;
                continue;
            }
            0xD8 | 0x01 | 0xD0..=0xD7 => continue,
            0xD9 | 0xDA => return Ok(found),
            _ => {}
        }
        let Some(length) = u16::from_be_bytes(array(source)?).checked_sub(2) else { return Ok(found) };
        match marker {
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) && length >= 5 => {
                let [_, h1, h0, w1, w0] = array(source)?;
                let (width, height) = (u16::from_be_bytes([w1, w0]), u16::from_be_bytes([h1, h0]));
                if width > 0 && height > 0 {
                    found.size = Some((width.into(), height.into()));
                }
                source.seek_relative(i64::from(length - 5))?;
            }
            0xE1 if found.xmp.is_none() || found.exif.is_none() => {
                let mut segment = vec![0; length.into()];
                source.read_exact(&mut segment)?;
                let part = |name| segment.strip_prefix(name).map(<[u8]>::to_vec);
                found.xmp = found.xmp.or_else(|| part(NAME));
                found.exif = found.exif.or_else(|| part(b"Exif\0\0"));
            }
            _ => drop(source.seek_relative(length.into())?),
        }
    }
    Ok(found)
}

/// The chunks (PNG, third edition, 11.2.1 and 11.3.3.4). XMP may also come after the picture.
pub(super) fn png(source: &mut (impl Read + Seek)) -> io::Result<Picture> {
    const NAME: &[u8] = b"XML:com.adobe.xmp\0";
    let mut found = Picture::default();
    source.seek(SeekFrom::Start(8))?;
    // A picture of many small chunks is passed over no further than this.
    for _ in 0..20_000 {
        let Ok([l3, l2, l1, l0, name @ ..]) = array::<8>(source) else { break };
        let length = u32::from_be_bytes([l3, l2, l1, l0]);
        match &name {
            b"IHDR" if length == 13 => {
                let [w3, w2, w1, w0, h3, h2, h1, h0, ..] = array::<13>(source)?;
                let (width, height) = (u32::from_be_bytes([w3, w2, w1, w0]), u32::from_be_bytes([h3, h2, h1, h0]));
                found.size = (width > 0 && height > 0).then_some((width, height));
                source.seek_relative(4)?;
            }
            b"iTXt" if u64::from(length) <= PACKET && found.xmp.is_none() => {
                let mut content = Vec::new();
                source.take(length.into()).read_to_end(&mut content)?;
                // Compressed ones, which XMP's rules rule out, are left: flag, method, language, keyword.
                let packet = content.strip_prefix(NAME).and_then(|rest| rest.strip_prefix(&[0, 0]));
                let mut parts = packet.map(|rest| rest.splitn(3, |byte| *byte == 0));
                found.xmp = parts.as_mut().and_then(|parts| parts.nth(2)).map(<[u8]>::to_vec);
                source.seek_relative(4)?;
            }
            b"eXIf" if u64::from(length) <= PACKET && found.exif.is_none() => {
                let mut content = Vec::new();
                source.take(length.into()).read_to_end(&mut content)?;
                found.exif = Some(content);
                source.seek_relative(4)?;
            }
            b"IEND" => break,
            _ => drop(source.seek_relative(i64::from(length) + 4)?),
        }
    }
    Ok(found)
}

/// The chunks (RFC 9649, 2).
pub(super) fn webp(source: &mut (impl Read + Seek)) -> io::Result<Picture> {
    let mut found = Picture::default();
    for chunk in riff::chunks(source)?.unwrap_or_default() {
        let size = match &chunk.name {
            b"EXIF" if chunk.length <= PACKET => {
                let content = riff::content(source, chunk, PACKET)?;
                found.exif = Some(content.strip_prefix(b"Exif\0\0").unwrap_or(&content).to_vec());
                continue;
            }
            b"XMP " if chunk.length <= PACKET => {
                found.xmp = Some(riff::content(source, chunk, PACKET)?);
                continue;
            }
            b"VP8X" => match *riff::content(source, chunk, 10)? {
                [_, _, _, _, w0, w1, w2, h0, h1, h2] => {
                    Some((u32::from_le_bytes([w0, w1, w2, 0]) + 1, u32::from_le_bytes([h0, h1, h2, 0]) + 1))
                }
                _ => None,
            },
            b"VP8 " => match *riff::content(source, chunk, 10)? {
                [_, _, _, 0x9D, 0x01, 0x2A, w0, w1, h0, h1] => {
                    let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3FFF);
                    Some((side(w0, w1), side(h0, h1)))
                }
                _ => None,
            },
            b"VP8L" => match *riff::content(source, chunk, 5)? {
                [0x2F, b0, b1, b2, b3] => {
                    let bits = u32::from_le_bytes([b0, b1, b2, b3]);
                    Some(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
                }
                _ => None,
            },
            _ => None,
        };
        found.size = found.size.or(size);
    }
    Ok(found)
}

fn array<const N: usize>(source: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    source.read_exact(&mut bytes)?;
    Ok(bytes)
}
