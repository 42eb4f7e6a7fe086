//! From a PNG to a smaller picture: by rows, or whole where it is interlaced.

use std::io::{BufReader, Read, Seek};

use png::{ColorType, Decoder, DecodingError, Limits, Transformations};

use super::shrink::fitted;
use super::source::Watched;
use super::{PreviewFault, Shrunk, bounded, shrinker, too_large};
use crate::metadata::orientation;

/// What the decoder may take besides our buffers: colour profiles, EXIF and a row.
const ASIDE: usize = 8 << 20;

/// An interlaced picture is held whole, 3 or 4 bytes a pixel, beside the shrunk one.
const WHOLE: usize = 38 << 20;

/// Each pixel is unpacked and filtered, so there is a second's work in this many.
const PIXELS: usize = 100_000_000;

pub(super) fn shrunk<R: Read + Seek>(
    source: &mut Watched<'_, R>,
    longest: usize,
    stop: &dyn Fn() -> bool,
) -> Result<Shrunk, PreviewFault> {
    let mut decoder = Decoder::new_with_limits(BufReader::new(source), Limits { bytes: ASIDE });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    decoder.set_ignore_text_chunk(true);
    let size = decoder.read_header_info().map(|info| (info.width as usize, info.height as usize));
    let size = size.map_err(|fault| refused(fault, (0, 0)))?;
    bounded(size.0, size.1)?;
    if size.0 * size.1 > PIXELS {
        return Err(too_large(size, "a PNG may have 100 million pixels"));
    }
    let mut reader = decoder.read_info().map_err(|fault| refused(fault, size))?;
    let info = reader.info();
    let orientation = info.exif_metadata.as_deref().and_then(orientation::of_tiff).unwrap_or(1);
    let profile = info.icc_profile.as_deref().map(<[u8]>::to_vec).unwrap_or_default();
    let interlaced = info.interlaced;
    let colours = reader.output_color_type().0;
    let (mut shrink, to) = shrinker(size, fitted(size, longest));
    let mut rgb = vec![0; size.0 * 3];
    if interlaced {
        let bytes = reader.output_buffer_size().filter(|bytes| *bytes <= WHOLE);
        let bytes = bytes.ok_or_else(|| too_large(size, "an interlaced PNG is decoded whole, in at most 38 MB"))?;
        let mut whole = vec![0; bytes];
        let frame = reader.next_frame(&mut whole).map_err(|fault| refused(fault, size))?;
        for row in whole.chunks_exact(frame.line_size) {
            flattened(row, colours, &mut rgb);
            shrink.push(&rgb);
        }
    } else {
        let mut asked = 0;
        while let Some(row) = reader.next_row().map_err(|fault| refused(fault, size))? {
            flattened(row.data(), colours, &mut rgb);
            shrink.push(&rgb);
            asked += size.0;
            if asked > 1 << 18 {
                asked = 0;
                if stop() {
                    return Err(PreviewFault::Stopped);
                }
            }
        }
    }
    let rgb = shrink.finish().ok_or(PreviewFault::Broken { why: "rows are missing" })?;
    Ok(Shrunk { rgb, size: to, orientation, profile })
}

fn flattened(row: &[u8], colours: ColorType, rgb: &mut [u8]) {
    let pixels = rgb.chunks_exact_mut(3);
    match colours {
        ColorType::Grayscale => pixels.zip(row).for_each(|(pixel, value)| pixel.fill(*value)),
        ColorType::GrayscaleAlpha => {
            pixels.zip(row.chunks_exact(2)).for_each(|(pixel, from)| pixel.fill(on_white(from[0], from[1])));
        }
        ColorType::Rgba => rgba_on_white(row, rgb),
        // A palette is expanded by the decoder.
        ColorType::Rgb | ColorType::Indexed => {
            pixels.zip(row.chunks_exact(3)).for_each(|(pixel, from)| pixel.copy_from_slice(from));
        }
    }
}

/// Lays a row with transparency on white.
pub(super) fn rgba_on_white(row: &[u8], rgb: &mut [u8]) {
    for (pixel, from) in rgb.chunks_exact_mut(3).zip(row.chunks_exact(4)) {
        for (out, value) in pixel.iter_mut().zip(from) {
            *out = on_white(*value, from[3]);
        }
    }
}

fn on_white(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

fn refused(fault: DecodingError, size: (usize, usize)) -> PreviewFault {
    match fault {
        DecodingError::IoError(fault) if fault.kind() == std::io::ErrorKind::UnexpectedEof => {
            PreviewFault::Broken { why: "the file ends early" }
        }
        DecodingError::IoError(fault) => PreviewFault::Read(fault),
        DecodingError::LimitsExceeded => too_large(size, "its rows or its colour profile take more than 8 MB"),
        DecodingError::Format(_) | DecodingError::Parameter(_) => PreviewFault::Broken { why: "it is no valid PNG" },
    }
}
