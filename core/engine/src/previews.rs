//! Small pictures of large ones: the renditions `preview` and `press` of JPEG, PNG and WebP.
//!
//! They are new pictures, not copies: upright, in sRGB, with nothing in them but pixels, so no place and no serial
//! number can travel with one. Formats that are not read here are for the host's port, which knows HEIC and video.
//!
//! Memory stays within [`MEMORY`]. A JPEG is decoded by rows and shrunk as they come, so the largest photos of phones
//! fit; PNG comes by rows too, unless it is interlaced; WebP has to be decoded whole. What would take more is refused
//! by its header, before anything is decoded.

mod encode;
mod header;
mod host;
mod jpeg;
mod png;
mod profile;
mod shrink;
mod source;
mod turn;
mod webp;

use std::io::{self, Read, Seek};

pub use host::{FILM, PreviewRequest, Previewer};
use profile::ToSrgb;
use shrink::Shrink;
use turn::upright;

/// The most bytes of memory that making one takes, the encoder and its output included.
pub const MEMORY: u64 = 64 << 20;

/// The most bytes of a file that are read.
pub const FILE: u64 = 256 << 20;

/// The most pixels that a picture may have, whatever it takes: phones must be done in 2 s.
pub const PIXELS: u64 = 210_000_000;

/// The rendition that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// To see what it is: sides of at most 640 px, at most 24 KiB.
    Preview,
    /// To print or publish in a hurry: sides of at most 2048 px, at most 400 KB (409,600 bytes).
    Press,
}

impl Form {
    /// The longer side's most pixels.
    #[must_use]
    pub const fn longest(self) -> u32 {
        match self {
            Form::Preview => 640,
            Form::Press => 2048,
        }
    }

    /// The most bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Form::Preview => 24 * 1024,
            Form::Press => 400 * 1024,
        }
    }
}

/// A rendition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// A progressive JPEG with no segment but those that decoding needs.
    pub jpeg: Vec<u8>,
    /// In pixels, upright.
    pub width: u32,
    /// In pixels, upright.
    pub height: u32,
}

/// Why there is no rendition.
#[derive(Debug, thiserror::Error)]
pub enum PreviewFault {
    /// Of a format, or a kind of a format, that is not read here. The host may be able to.
    #[error("{found} is not read here; the host may make the preview")]
    NotAPicture {
        /// What it is, as far as that could be told.
        found: &'static str,
    },
    /// Decoding it would take more memory or time than it may.
    #[error("{width} x {height} pixels are too much to decode here: {why}")]
    TooLarge {
        /// In pixels, as stored; 0 where that was not reached.
        width: u32,
        /// In pixels, as stored; 0 where that was not reached.
        height: u32,
        /// What would not fit.
        why: &'static str,
    },
    /// The file is damaged or cut short.
    #[error("the picture is damaged: {why}")]
    Broken {
        /// What was found.
        why: &'static str,
    },
    /// The caller's `stop` said so.
    #[error("stopped")]
    Stopped,
    /// The file cannot be read.
    #[error("cannot read the picture: {0}")]
    Read(#[source] io::Error),
}

/// A picture that was decoded and shrunk, not yet upright.
struct Shrunk {
    rgb: Vec<u8>,
    size: (usize, usize),
    /// EXIF's, 1 to 8.
    orientation: u8,
    /// An ICC profile; empty where there is none.
    profile: Vec<u8>,
}

/// Makes a rendition of the picture at the start of `source`. It is never larger than the picture. `stop` is asked
/// often; once it says yes, the answer is [`PreviewFault::Stopped`].
///
/// # Errors
/// [`PreviewFault`].
pub fn make(
    source: &mut (impl Read + Seek),
    rendition: Form,
    stop: &dyn Fn() -> bool,
) -> Result<Rendered, PreviewFault> {
    let mut source = source::Watched::new(source, stop);
    let made = whole(&mut source, rendition, stop);
    // Decoders tell a stop as some fault of reading.
    if source.stopped() { Err(PreviewFault::Stopped) } else { made }
}

fn whole<R: Read + Seek>(
    source: &mut source::Watched<'_, R>,
    form: Form,
    stop: &dyn Fn() -> bool,
) -> Result<Rendered, PreviewFault> {
    let mut start = [0; 16];
    let read = source.start(&mut start).map_err(PreviewFault::Read)?;
    let longest = form.longest() as usize;
    let shrunk = match &start[..read] {
        [0xFF, 0xD8, 0xFF, ..] => jpeg::shrunk(source, longest)?,
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => png::shrunk(source, longest, stop)?,
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => webp::shrunk(source, longest, stop)?,
        other => return Err(PreviewFault::NotAPicture { found: named(other) }),
    };
    let Shrunk { mut rgb, size, orientation, profile } = shrunk;
    if let Some(way) = ToSrgb::new(&profile) {
        way.apply(&mut rgb);
    }
    let (rgb, size) = upright(rgb, size, orientation);
    encode::within(rgb, size, form, stop)
}

/// What a file that is not read here seems to be.
fn named(start: &[u8]) -> &'static str {
    match start {
        [] => "an empty file",
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => match brand.get(..4) {
            Some(b"heic" | b"heix" | b"heif" | b"mif1" | b"msf1" | b"hevc") => "a HEIC picture",
            Some(b"avif" | b"avis") => "an AVIF picture",
            _ => "a video or another container",
        },
        [b'G', b'I', b'F', b'8', ..] => "a GIF",
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => "a TIFF or a raw photo",
        _ => "this format",
    }
}

/// Refuses by the number of pixels alone.
fn bounded(width: usize, height: usize) -> Result<(), PreviewFault> {
    if width > 65_535 || height > 65_535 || width as u64 * height as u64 > PIXELS {
        return Err(too_large((width, height), "it has more than 210 million pixels or a side over 65,535"));
    }
    Ok(())
}

fn too_large(size: (usize, usize), why: &'static str) -> PreviewFault {
    PreviewFault::TooLarge { width: size.0 as u32, height: size.1 as u32, why }
}

/// A shrinker from the size that the decoder gives to the one that is wanted; it never enlarges.
fn shrinker(from: (usize, usize), wanted: (usize, usize)) -> (Shrink, (usize, usize)) {
    let to = (wanted.0.min(from.0), wanted.1.min(from.1));
    (Shrink::new(from, to), to)
}
