//! What a photo or video says about itself: when and where it was taken, with what, which way up, what its author
//! wrote about it.
//!
//! EXIF and QuickTime are read by nom-exif, XMP by an XML parser, sizes from the formats' own headers. Any of it may be
//! missing or wrong; what cannot be read is not there, and nothing that a file holds is a fault. Of a picture at most
//! [`MOST`] bytes are read, of a film at most [`MOST_FILM`], for its index may lie at the end and grows with it.

mod bounded;
pub(crate) mod boxes;
mod exif;
pub(crate) mod orientation;
mod picture;
pub(crate) mod riff;
mod xmp;

use std::io::{Read, Seek, SeekFrom};

use bounded::Bounded;
use picture::Picture;
use serde::{Deserialize, Serialize};

/// Bytes read of a picture.
pub const MOST: u64 = 2 << 20;

/// Bytes read of a film: the index of two hours takes 5 MB.
pub const MOST_FILM: u64 = 12 << 20;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Metadata {
    /// When it was taken, RFC 3339: local time with the zone's offset where the file tells it; `Z` where it tells the
    /// instant but no zone (films, mostly); neither where it tells the local time alone.
    pub taken: Option<String>,
    /// Latitude (-90 to 90, north positive) and longitude (-180 to 180, east positive) in degrees, WGS 84.
    pub place: Option<(f64, f64)>,
    /// EXIF's orientation, 1 to 8.
    pub orientation: Option<u8>,
    /// The maker and the model.
    pub camera: Option<String>,
    /// In pixels, as stored, before any turning.
    pub width: Option<u32>,
    /// In pixels, as stored, before any turning.
    pub height: Option<u32>,
    /// XMP's `dc:description`.
    pub caption: Option<String>,
    /// XMP's `dc:subject`, in its order, without doubles.
    pub tags: Vec<String>,
    /// XMP's `xmp:Rating`, 1 to 5.
    pub rating: Option<u8>,
}

/// What a file says of when and where: what goes into its asset's post where no person said otherwise.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Said {
    /// As [`Metadata::taken`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// As [`Metadata::place`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<(f64, f64)>,
}

/// Reads what the file at the start of `source` says. A file that cannot be read says nothing.
pub fn read(source: &mut (impl Read + Seek)) -> Metadata {
    let mut found = Metadata::default();
    let mut start = [0; 12];
    if source.seek(SeekFrom::Start(0)).is_err() || source.read_exact(&mut start).is_err() {
        return found;
    }
    let picture = match start {
        [0xFF, 0xD8, ..] => picture::jpeg(&mut Bounded::new(source, MOST)),
        [0x89, b'P', b'N', b'G', ..] => picture::png(&mut Bounded::new(source, MOST)),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P'] => picture::webp(&mut Bounded::new(source, MOST)),
        [_, _, _, _, b'f', b't', b'y', b'p', ref brand @ ..] => {
            let still = matches!(brand, b"heic" | b"heix" | b"heif" | b"mif1" | b"msf1" | b"hevc" | b"avif" | b"avis");
            let most = if still { MOST } else { MOST_FILM };
            if boxes::are_few(&mut Bounded::new(source, MOST)).unwrap_or(false) {
                exif::of_file(&mut Bounded::new(source, most), &mut found);
            }
            Ok(Picture::default())
        }
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => {
            exif::of_file(&mut Bounded::new(source, MOST), &mut found);
            Ok(Picture::default())
        }
        _ => Ok(Picture::default()),
    };
    let picture = picture.unwrap_or_default();
    if let Some(packet) = &picture.xmp {
        xmp::read(packet, &mut found);
    }
    if let Some(tiff) = picture.exif {
        exif::of_tiff(tiff, &mut found);
    }
    // A header is right where EXIF, kept by some editor, is not any more.
    if let Some((width, height)) = picture.size {
        (found.width, found.height) = (Some(width), Some(height));
    }
    found
}
