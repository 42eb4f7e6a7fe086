//! The port for pictures of what the core cannot read: a frame of a video, a photo in a format of the phone's own.

use std::path::PathBuf;

use satchel_kernel::state::AssetKind;

use crate::source::Source;

/// Makes pictures with what the host's system knows: Android's ImageDecoder, Apple's ImageIO, a video's frames.
pub trait Previewer: Send + Sync + 'static {
    /// Writes a picture of an original to [`PreviewRequest::to`]; false when there is none to be had. It becomes smaller,
    /// upright and free of metadata afterwards. Called on a thread that may wait, one at a time, with nothing locked.
    fn picture(&self, request: &PreviewRequest) -> bool;

    /// Writes a small version of a film to [`PreviewRequest::to`], as MP4 that any browser plays, of at most [`FILM`] bytes and
    /// with nothing in it of where and when; false when there is none to be had. It goes as it is, if it keeps to that. Called
    /// on a thread that may wait, one film at a time, with nothing locked; other pictures are asked for meanwhile.
    fn film(&self, request: &PreviewRequest) -> bool {
        let _ = request;
        false
    }
}

/// The most bytes of a film's press version.
pub const FILM: u64 = 2 << 20;

/// A picture or a film that the host is to make.
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
    /// Where to write it: a picture as JPEG, PNG or WebP. An empty file is there.
    pub to: PathBuf,
}
