//! From a WebP to a smaller picture. Its codecs predict from what they decoded, so it is held whole: a lossy one
//! as light and colours, 1.5 bytes a pixel, others as the decoder wants it.

use std::io::{BufReader, Read, Seek, SeekFrom};

use image_webp::vp8::{Frame, Vp8Decoder};
use image_webp::{DecodingError, WebPDecoder};

use super::png::rgba_on_white;
use super::shrink::fitted;
use super::source::Watched;
use super::{PreviewFault, Shrunk, bounded, shrinker, too_large};
use crate::metadata::orientation;
use crate::metadata::riff::{self, Chunk};

/// What decoding may take beside the shrunk picture.
const WHOLE: u64 = 46 << 20;

/// Profiles and EXIF longer than this are not looked at.
const ASIDE: u64 = 1 << 20;

/// Bytes of the file that the decoder holds at once.
const HELD: u64 = 24 << 20;

pub(super) fn shrunk<R: Read + Seek>(
    source: &mut Watched<'_, R>,
    longest: usize,
    stop: &dyn Fn() -> bool,
) -> Result<Shrunk, PreviewFault> {
    const CUT: PreviewFault = PreviewFault::Broken { why: "there is no picture in the WebP" };
    let chunks = riff::chunks(source).map_err(PreviewFault::Read)?.ok_or(CUT)?;
    let find = |name: &[u8; 4]| chunks.iter().find(|chunk| chunk.name == *name).copied();
    let flags = match find(b"VP8X") {
        Some(chunk) => riff::content(source, chunk, 1).map_err(PreviewFault::Read)?.first().copied().unwrap_or(0),
        None => 0,
    };
    if flags & 2 != 0 || find(b"ANIM").is_some() || find(b"ANMF").is_some() {
        return Err(PreviewFault::NotAPicture { found: "an animated WebP" });
    }
    let mut aside = |name: &[u8; 4]| match find(name) {
        Some(chunk) if chunk.length <= ASIDE => riff::content(source, chunk, ASIDE).map_err(PreviewFault::Read),
        _ => Ok(Vec::new()),
    };
    let (profile, exif) = (aside(b"ICCP")?, aside(b"EXIF")?);
    let orientation = orientation::of_tiff(exif.strip_prefix(b"Exif\0\0").unwrap_or(&exif)).unwrap_or(1);
    let (rgb, size) = match (find(b"VP8 "), find(b"VP8L")) {
        (Some(chunk), None) => lossy(source, chunk, find(b"ALPH"), longest, stop)?,
        (None, Some(chunk)) => lossless(source, chunk, longest)?,
        _ => return Err(CUT),
    };
    Ok(Shrunk { rgb, size, orientation, profile })
}

type Made = (Vec<u8>, (usize, usize));

fn lossy<R: Read + Seek>(
    source: &mut Watched<'_, R>,
    chunk: Chunk,
    alpha: Option<Chunk>,
    longest: usize,
    stop: &dyn Fn() -> bool,
) -> Result<Made, PreviewFault> {
    let start = riff::content(source, chunk, 10).map_err(PreviewFault::Read)?;
    let [_, _, _, 0x9D, 0x01, 0x2A, w0, w1, h0, h1] = *start else {
        return Err(PreviewFault::Broken { why: "a lossy WebP without its mark" });
    };
    let side = |low, high| usize::from(u16::from_le_bytes([low, high]) & 0x3FFF);
    let size = (side(w0, w1), side(h0, h1));
    if let Some(alpha) = alpha {
        // The frame, its pixels with alpha, the alpha decoded as pixels and by itself.
        sized(size, 11, chunk.length.max(alpha.length))?;
        return whole(source, size, longest);
    }
    // Light for all pixels, colours for every fourth, and a record by 256.
    sized(size, 2, chunk.length)?;
    source.seek(SeekFrom::Start(chunk.start)).map_err(PreviewFault::Read)?;
    let frame = Vp8Decoder::decode_frame(BufReader::new(source.take(chunk.length))).map_err(refused)?;
    if (usize::from(frame.width), usize::from(frame.height)) != size {
        return Err(PreviewFault::Broken { why: "a WebP of two sizes" });
    }
    let (mut shrink, to) = shrinker(size, fitted(size, longest));
    let mut rgb = vec![0; size.0 * 3];
    for y in 0..size.1 {
        if y % 64 == 0 && stop() {
            return Err(PreviewFault::Stopped);
        }
        row(&frame, y, &mut rgb).ok_or(PreviewFault::Broken { why: "rows are missing" })?;
        shrink.push(&rgb);
    }
    Ok((shrink.finish().ok_or(PreviewFault::Broken { why: "rows are missing" })?, to))
}

/// One row of a lossy picture (RFC 6386, 9.2: BT.601 with the narrow range), colours repeated.
fn row(frame: &Frame, y: usize, rgb: &mut [u8]) -> Option<()> {
    let stride = usize::from(frame.width).div_ceil(16) * 16;
    let light = frame.ybuf.get(y * stride..(y + 1) * stride)?;
    let colours = y / 2 * (stride / 2)..(y / 2 + 1) * (stride / 2);
    let (u, v) = (frame.ubuf.get(colours.clone())?, frame.vbuf.get(colours)?);
    let byte = |value: i32| (value >> 16).clamp(0, 255) as u8;
    let colours = u.iter().zip(v).flat_map(|pair| [pair, pair]);
    for ((pixel, y), (u, v)) in rgb.chunks_exact_mut(3).zip(light).zip(colours) {
        let (y, u, v) = ((i32::from(*y) - 16) * 76_309 + (1 << 15), i32::from(*u) - 128, i32::from(*v) - 128);
        pixel.copy_from_slice(&[byte(y + v * 104_597), byte(y - u * 25_675 - v * 53_279), byte(y + u * 132_201)]);
    }
    Some(())
}

fn lossless<R: Read + Seek>(source: &mut Watched<'_, R>, chunk: Chunk, longest: usize) -> Result<Made, PreviewFault> {
    let start = riff::content(source, chunk, 5).map_err(PreviewFault::Read)?;
    let [0x2F, bits @ ..] = start.as_slice() else {
        return Err(PreviewFault::Broken { why: "a lossless WebP without its mark" });
    };
    let bits = u32::from_le_bytes(bits.try_into().map_err(|_| PreviewFault::Broken { why: "the file ends early" })?);
    let size = ((bits & 0x3FFF) as usize + 1, (bits >> 14 & 0x3FFF) as usize + 1);
    // The pixels as the decoder has them, as it gives them, and its own pictures of transforms and codes.
    sized(size, 10, chunk.length)?;
    whole(source, size, longest)
}

/// Refuses what would take more than it may: so many bytes a pixel, and what the decoder holds of the file.
fn sized(size: (usize, usize), bytes_a_pixel: u64, held: u64) -> Result<(), PreviewFault> {
    if size.0 == 0 || size.1 == 0 {
        return Err(PreviewFault::Broken { why: "no width or no height" });
    }
    bounded(size.0, size.1)?;
    // The decoder works in squares of 16.
    let pixels = (size.0.next_multiple_of(16) * size.1.next_multiple_of(16)) as u64;
    if held > HELD || pixels * bytes_a_pixel + held > WHOLE {
        return Err(too_large(size, "a WebP is decoded whole, in at most 46 MB: lossy 2 bytes a pixel, others 10"));
    }
    Ok(())
}

fn whole<R: Read + Seek>(
    source: &mut Watched<'_, R>,
    size: (usize, usize),
    longest: usize,
) -> Result<Made, PreviewFault> {
    source.seek(SeekFrom::Start(0)).map_err(PreviewFault::Read)?;
    let mut decoder = WebPDecoder::new(BufReader::new(source)).map_err(refused)?;
    let told = decoder.dimensions();
    if (told.0 as usize, told.1 as usize) != size {
        return Err(PreviewFault::Broken { why: "a WebP of two sizes" });
    }
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let mut pixels = vec![0; size.0 * size.1 * channels];
    decoder.read_image(&mut pixels).map_err(refused)?;
    let (mut shrink, to) = shrinker(size, fitted(size, longest));
    let mut rgb = vec![0; size.0 * 3];
    for row in pixels.chunks_exact(size.0 * channels) {
        if channels == 4 {
            rgba_on_white(row, &mut rgb);
            shrink.push(&rgb);
        } else {
            shrink.push(row);
        }
    }
    Ok((shrink.finish().ok_or(PreviewFault::Broken { why: "rows are missing" })?, to))
}

fn refused(fault: DecodingError) -> PreviewFault {
    match fault {
        DecodingError::IoError(fault) if fault.kind() != std::io::ErrorKind::UnexpectedEof => PreviewFault::Read(fault),
        DecodingError::UnsupportedFeature(_) => PreviewFault::NotAPicture { found: "a WebP with an unknown feature" },
        _ => PreviewFault::Broken { why: "it is no valid WebP" },
    }
}
