//! The port for pictures of what the core cannot read: a frame of a video, a photo in a format of the phone's own.

use std::path::PathBuf;

use satchel_kernel::state::AssetKind;

use crate::source::Source;

/// Makes pictures with what the host's system knows: Android's ImageDecoder, Apple's ImageIO, a video's frames.
pub trait Previewer: Send + Sync + 'static {
    /// Writes a picture of an original to [`PreviewRequest::to`]; false when there is none to be had. It becomes smaller,
    /// upright and free of metadata afterwards. Called on a thread that may wait, one at a time, with nothing locked.
    fn picture(&self, request: &PreviewRequest) -> bool;
}

/// A picture that the host is to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviewRequest {
    /// The original, or the outbox's copy of it.
    pub source: Source,
    /// What kind of thing it is.
    pub kind: AssetKind,
    /// Its media type (RFC 6838), as far as known.
    pub media_type: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// The longer side that is wanted, in pixels; a larger picture is fine.
    pub longest: u32,
    /// Where to write it, as JPEG, PNG or WebP. An empty file is there.
    pub to: PathBuf,
}
