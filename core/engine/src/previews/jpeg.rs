//! From a JPEG to a smaller picture. The decoder gives it row by row, at as many eighths of its size as are needed: so a
//! photo of 200 megapixels takes little more memory than a small one.

use std::io::{BufReader, Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};

use mozjpeg::decompress::{DecompressStarted, Format};
use mozjpeg::{ColorSpace, Decompress};

use super::header::{self, Header};
use super::shrink::fitted;
use super::source::Watched;
use super::{PreviewFault, Shrunk, bounded, shrinker, too_large};
use crate::metadata::orientation;

/// What a progressive picture's coefficients may take, in bytes.
const COEFFICIENTS: u64 = 40 << 20;

pub(super) fn shrunk<R: Read + Seek>(source: &mut Watched<'_, R>, longest: usize) -> Result<Shrunk, PreviewFault> {
    let header = header::read(source).map_err(PreviewFault::Read)?;
    let Some(header) = header else { return Err(PreviewFault::Broken { why: "there is no picture in the JPEG" }) };
    let size = (usize::from(header.width), usize::from(header.height));
    bounded(size.0, size.1)?;
    if header.memory() > COEFFICIENTS {
        return Err(too_large(size, "it is progressive, and decoding it takes more than 40 MB"));
    }
    let orientation = orientation::of_tiff(&header.exif).unwrap_or(1);
    // The decoder tells of what is wrong by unwinding.
    let decoded = catch_unwind(AssertUnwindSafe(|| decoded(source, &header, longest)));
    let (rgb, to) = decoded.unwrap_or(Err(PreviewFault::Broken { why: "it is no sound JPEG" }))?;
    Ok(Shrunk { rgb, size: to, orientation, profile: header.profile })
}

type Made = (Vec<u8>, (usize, usize));

fn decoded<R: Read>(source: &mut Watched<'_, R>, header: &Header, longest: usize) -> Result<Made, PreviewFault> {
    const BROKEN: PreviewFault = PreviewFault::Broken { why: "it is no sound JPEG" };
    let mut decoder = Decompress::new_reader(BufReader::new(source)).map_err(|_| BROKEN)?;
    let to = fitted(decoder.size(), longest);
    let most = decoder.width().max(decoder.height());
    let eighths = (to.0.max(to.1) * 8).div_ceil(most.max(1)).clamp(1, 8);
    decoder.scale(eighths as u8);
    decoder.do_block_smoothing(false);
    match decoder.image().map_err(|_| BROKEN)? {
        Format::RGB(rows) => gathered(rows, 3, to, |pixel| [pixel[0], pixel[1], pixel[2]]),
        Format::Gray(rows) => gathered(rows, 1, to, |light| [light[0]; 3]),
        Format::CMYK(rows) => {
            let ink = |value: u8| if header.adobe { value } else { 255 - value };
            gathered(rows, 4, to, |inks| {
                [0, 1, 2].map(|i| (u32::from(ink(inks[i])) * u32::from(ink(inks[3])) / 255) as u8)
            })
        }
    }
}

/// Shrinks the rows as they come.
fn gathered<R>(
    mut rows: DecompressStarted<R>,
    values: usize,
    to: (usize, usize),
    colour: impl Fn(&[u8]) -> [u8; 3],
) -> Result<Made, PreviewFault> {
    let (width, height) = (rows.width(), rows.height());
    let (mut shrink, to) = shrinker((width, height), to);
    let (mut row, mut rgb) = (vec![0; width * values], Vec::with_capacity(width * 3));
    debug_assert!(matches!((values, rows.color_space()), (3, ColorSpace::JCS_RGB) | (1 | 4, _)));
    for _ in 0..height {
        rows.read_scanlines_into(&mut row).map_err(|_| PreviewFault::Broken { why: "rows are missing" })?;
        rgb.clear();
        row.chunks_exact(values).for_each(|pixel| rgb.extend(colour(pixel)));
        shrink.push(&rgb);
    }
    let rgb = shrink.finish().ok_or(PreviewFault::Broken { why: "rows are missing" })?;
    Ok((rgb, to))
}
