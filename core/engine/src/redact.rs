//! Takes places and all other metadata out of JPEG, PNG and WebP originals, and leaves the picture's own data as it is,
//! byte for byte.
//!
//! What stays is what the right picture needs: the colour profile, JFIF's and Adobe's marks, transparency, animation,
//! and the orientation, in an EXIF of its own that holds nothing else. Everything that is not known to be needed goes:
//! EXIF with its thumbnail, XMP, IPTC, comments, makers' segments, further pictures, and what lies behind the picture
//! (the film of a motion photo tells the place once more).
//!
//! JPEG and PNG are copied in pieces, in 200 KB of memory. A WebP tells its length first, so it is held as a whole,
//! of up to [`WEBP`] bytes.

mod jpeg;
mod png;
mod webp;

use std::io::{self, Read, Write};

use satchel_kernel::protocol::post::{Place, Post};
use serde::{Deserialize, Serialize};

use crate::metadata::Said;

/// What a target is not to learn from a file. Whatever a person said is said to it all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Redaction {
    /// Nothing is kept from it: originals go as they are.
    #[default]
    None,
    /// Where it was taken: originals go without their metadata, since places hide in many corners of it, and posts without
    /// the place that the file told.
    Location,
    /// As [`Self::Location`], and posts go without the time that the file told, too.
    All,
}

impl Redaction {
    /// As it is written in documents and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Location => "location",
            Self::All => "all",
        }
    }

    /// The reverse of [`Self::as_str`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::None, Self::Location, Self::All].into_iter().find(|level| level.as_str() == name)
    }

    /// What such a target is told of a post: all that a person said. Of a place with the file's coordinates and a person's
    /// name for it, the name.
    pub(crate) fn of_post(self, post: &Post, said: Option<&Said>) -> Post {
        let mut post = post.clone();
        let Some(said) = said.filter(|_| self != Self::None) else { return post };
        if let (Some(place), Some((latitude, longitude))) = (&mut post.place, said.place)
            && (place.latitude, place.longitude) == (Some(latitude), Some(longitude))
        {
            (place.latitude, place.longitude) = (None, None);
        }
        post.place = post.place.filter(|place| *place != Place::default());
        if self == Self::All && post.time == said.time {
            post.time = None;
        }
        post
    }
}

/// The longest WebP.
pub const WEBP: u64 = 48 << 20;

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stripped {
    /// Bytes written.
    pub bytes: u64,
    /// Segments or chunks that were left out, and what lay behind the picture as one more. 0 means that there was
    /// nothing to take out.
    pub removed: u32,
    /// EXIF's orientation, which was kept: 1 to 8.
    pub orientation: u8,
}

/// Why nothing was stripped. What was written until then is no picture and must not be sent.
#[derive(Debug, thiserror::Error)]
pub enum RedactFault {
    /// Only JPEG, PNG and WebP can be stripped without a change of the picture.
    #[error("only JPEG, PNG and WebP can be freed of metadata without changing the picture")]
    NotStrippable,
    /// It is longer than may be held.
    #[error("a WebP of more than {} MB is not stripped", WEBP >> 20)]
    TooLarge,
    /// The file is damaged or cut short: what cannot be understood cannot be vouched for.
    #[error("the picture is damaged, so nobody can say what is in it: {0}")]
    Broken(&'static str),
    /// The source cannot be read.
    #[error("cannot read the picture: {0}")]
    Read(#[source] io::Error),
    /// The copy cannot be written.
    #[error("cannot write the stripped picture: {0}")]
    Write(#[source] io::Error),
}

/// Copies the picture without its metadata. A stripped picture stays the same when it is stripped again.
///
/// # Errors
/// [`RedactFault`].
pub fn strip(source: &mut impl Read, to: &mut impl Write) -> Result<Stripped, RedactFault> {
    let mut source = io::BufReader::with_capacity(64 * 1024, source);
    let mut to = Counted { to, bytes: 0 };
    let mut start = [0; 2];
    fill(&mut source, &mut start)?;
    let (removed, orientation) = match start {
        [0xFF, 0xD8] => jpeg::strip(&mut source, &mut to),
        [0x89, b'P'] => png::strip(&mut source, &mut to),
        [b'R', b'I'] => webp::strip(&mut source, &mut to),
        _ => Err(RedactFault::NotStrippable),
    }?;
    to.to.flush().map_err(RedactFault::Write)?;
    Ok(Stripped { bytes: to.bytes, removed, orientation })
}

struct Counted<'a, W> {
    to: &'a mut W,
    bytes: u64,
}

impl<W: Write> Counted<'_, W> {
    fn put(&mut self, bytes: &[u8]) -> Result<(), RedactFault> {
        self.to.write_all(bytes).map_err(RedactFault::Write)?;
        self.bytes += bytes.len() as u64;
        Ok(())
    }
}

/// Fills the buffer; a file that ends before is damaged.
fn fill(source: &mut impl Read, buffer: &mut [u8]) -> Result<(), RedactFault> {
    source.read_exact(buffer).map_err(|fault| match fault.kind() {
        io::ErrorKind::UnexpectedEof => RedactFault::Broken("it ends early"),
        _ => RedactFault::Read(fault),
    })
}

/// Whether anything is left.
fn more(source: &mut impl io::BufRead) -> Result<bool, RedactFault> {
    source.fill_buf().map(|left| !left.is_empty()).map_err(RedactFault::Read)
}

/// An EXIF that says which way is up and nothing else (TIFF 6.0, little-endian, one entry).
fn upright_only(orientation: u8) -> [u8; 26] {
    let mut tiff = *b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x00\0\0\0\0\0\0\0";
    tiff[18] = orientation;
    tiff
}
