//! Fits a picture into so many bytes: by its quality first, then by its size.

use super::shrink::{Shrink, fitted};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::{Form, PreviewFault, Rendered};

/// Below the first a picture looks worse than a smaller one would; above the second nobody sees a difference.
const fn qualities(form: Form) -> (u8, u8) {
    match form {
        Form::Preview => (42, 80),
        Form::Press => (60, 88),
    }
}

/// Each smaller size is this part of the one before: three quarters.
const STEP: (usize, usize) = (3, 4);

/// A size at which the quality may go below the least.
const LAST: usize = 160;

pub(super) fn within(
    rgb: Vec<u8>,
    size: (usize, usize),
    form: Form,
    stop: &dyn Fn() -> bool,
) -> Result<Rendered, PreviewFault> {
    let (mut rgb, mut size) = (rgb, size);
    loop {
        let longer = size.0.max(size.1);
        let (least, most) = qualities(form);
        let least = if longer <= LAST { 1 } else { least };
        if let Some(jpeg) = best(&rgb, size, (least, most), form.bytes(), stop)? {
            return Ok(Rendered { jpeg, width: size.0 as u32, height: size.1 as u32 });
        }
        if longer <= LAST {
            return Err(PreviewFault::Broken { why: "a picture that no quality makes small enough" });
        }
        let smaller = fitted(size, (longer * STEP.0 / STEP.1).max(LAST));
        let mut shrink = Shrink::new(size, smaller);
        rgb.chunks_exact(size.0 * 3).for_each(|row| shrink.push(row));
        rgb = shrink.finish().ok_or(PreviewFault::Broken { why: "rows are missing" })?;
        size = smaller;
    }
}

/// The best quality whose bytes are few enough, found in a few tries; `None` where the least has too many.
fn best(
    rgb: &[u8],
    size: (usize, usize),
    (least, most): (u8, u8),
    bytes: usize,
    stop: &dyn Fn() -> bool,
) -> Result<Option<Vec<u8>>, PreviewFault> {
    let top = encoded(rgb, size, most, stop)?;
    if top.len() <= bytes {
        return Ok(Some(top));
    }
    let mut over = (most, top.len());
    drop(top);
    let mut kept = encoded(rgb, size, least, stop)?;
    if kept.len() > bytes {
        return Ok(None);
    }
    let mut under = least;
    // The length's logarithm is nearly straight over the quality, so a few guesses come close.
    for _ in 0..3 {
        if over.0 - under <= 2 || kept.len() * 20 > bytes * 19 {
            break;
        }
        let logarithm = |length: usize| (length as f64).ln();
        let part = (logarithm(bytes) - logarithm(kept.len())) / (logarithm(over.1) - logarithm(kept.len())).max(1e-9);
        let guess = f64::from(under) + part * f64::from(over.0 - under);
        let guess = (guess as u8).clamp(under + 1, over.0 - 1);
        let tried = encoded(rgb, size, guess, stop)?;
        if tried.len() <= bytes {
            (under, kept) = (guess, tried);
        } else {
            over = (guess, tried.len());
        }
    }
    Ok(Some(kept))
}

fn encoded(rgb: &[u8], size: (usize, usize), quality: u8, stop: &dyn Fn() -> bool) -> Result<Vec<u8>, PreviewFault> {
    if stop() {
        return Err(PreviewFault::Stopped);
    }
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, quality);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.set_progressive(true);
    let made = encoder.encode(rgb, size.0 as u16, size.1 as u16, ColorType::Rgb);
    made.map_err(|_| PreviewFault::Broken { why: "the picture cannot be encoded" })?;
    Ok(out)
}
