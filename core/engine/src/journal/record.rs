//! The facts that the journal keeps. What is written stays readable: fields are only ever added, with a default.

use std::ffi::OsString;
use std::path::PathBuf;

use satchel_kernel::ids::{AssetId, BlobHash};
use satchel_kernel::protocol::post::{Post, Rendition};
use satchel_kernel::state::{AssetKind, Proof};
use serde::{Deserialize, Serialize};

use super::os_text;
use crate::metadata::Said;
use crate::source::{Source, Stamp};
use crate::spool::SpoolName;

/// One fact. A later one about the same thing counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub(crate) enum Record {
    /// A target was set up or changed. Tokens are kept elsewhere.
    Target {
        /// Its address as the person named it; the other records call it so.
        url: String,
        /// The document that the database keeps of it.
        spec: String,
    },
    /// An asset was accepted.
    Added {
        /// Which.
        asset: AssetId,
        /// Where its original is.
        source: SourceRecord,
        /// Where it was added from, any bytes; an item of a library: its id.
        #[serde(with = "os_text")]
        path: PathBuf,
        /// It was added from the host's media library.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        library: bool,
        /// The file's name, without folders.
        #[serde(with = "os_text")]
        name: OsString,
        /// What it is.
        kind: AssetKind,
        /// Media type (RFC 6838).
        media_type: String,
        /// Whether it goes first.
        urgent: bool,
        /// The album that it comes from; empty where there is none.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        album: String,
        /// Its place in the outbox's order.
        order: i64,
        /// When, in milliseconds since 1970.
        added_utc_ms: i64,
        /// The post's first revision.
        post: Post,
        /// What the file was when it was added.
        stamp: Stamp,
    },
    /// The motion of a pair was accepted, beside its still.
    Motion {
        /// Whose.
        asset: AssetId,
        /// Where its original is.
        source: SourceRecord,
        /// Where it was added from, any bytes; an item of a library: its id.
        #[serde(with = "os_text")]
        path: PathBuf,
        /// It was added from the host's media library.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        library: bool,
        /// The file's name, without folders.
        #[serde(with = "os_text")]
        name: OsString,
        /// Media type (RFC 6838).
        media_type: String,
        /// What the file was when it was added.
        stamp: Stamp,
    },
    /// An original that was added without a copy got one.
    Copied {
        /// Which.
        asset: AssetId,
        /// The motion of a pair.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        motion: bool,
        /// In the spool, under this name.
        name: SpoolName,
        /// What the file was when it was copied.
        stamp: Stamp,
    },
    /// The content of an asset's original became known.
    Hashed {
        /// Which.
        asset: AssetId,
        /// The motion of a pair.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        motion: bool,
        /// Its original's hash.
        hash: BlobHash,
        /// What the file was when it was read.
        stamp: Stamp,
        /// What it says of when and where.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        said: Option<Said>,
    },
    /// An asset's preview was made, or its press; what it is can be made again.
    Rendered {
        /// Which.
        asset: AssetId,
        /// The rendition's hash.
        hash: BlobHash,
        /// Its length in bytes.
        length: u64,
        /// Which of both.
        #[serde(default = "preview", skip_serializing_if = "is_preview")]
        rendition: Rendition,
    },
    /// An asset's post changed.
    Revised {
        /// Which.
        asset: AssetId,
        /// From 2 on.
        revision: u32,
        /// All that is said now.
        post: Post,
    },
    /// An asset goes first from now on.
    Urgent {
        /// Which.
        asset: AssetId,
    },
    /// An asset waits its turn from now on.
    Calm {
        /// Which.
        asset: AssetId,
    },
    /// The byte that may complete an upload is about to be sent: from now on the target may hold the payload.
    Began {
        /// The payload.
        hash: BlobHash,
        /// The target's address.
        target: String,
    },
    /// A target holds a payload.
    Delivered {
        /// The payload.
        hash: BlobHash,
        /// The target's address.
        target: String,
        /// How well that is known.
        proof: Proof,
        /// The sealed receipt, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt: Option<String>,
    },
    /// A target that held a payload has not got it any more.
    Missing {
        /// The payload.
        hash: BlobHash,
        /// The target's address.
        target: String,
    },
    /// A payload is parked, because nobody can tell whether the target holds it.
    ParkedUnknown {
        /// The payload.
        hash: BlobHash,
        /// The target's address.
        target: String,
    },
    /// An asset was taken out of the outbox.
    Removed {
        /// Which.
        asset: AssetId,
    },
    /// Something that a person set: `policy`, `budget NAME`, `network ID`; none when it was taken back.
    Kept {
        /// What.
        what: String,
        /// Its document.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        value: Option<String>,
    },
    /// A fact of a later version. Compaction keeps it as it is; writing it says nothing.
    #[serde(other)]
    Other,
}

fn preview() -> Rendition {
    Rendition::Preview
}

fn is_preview(rendition: &Rendition) -> bool {
    *rendition == Rendition::Preview
}

impl Record {
    /// Whose record it is; none for what is said of targets and payloads.
    pub(crate) fn asset(&self) -> Option<AssetId> {
        match self {
            Self::Added { asset, .. }
            | Self::Motion { asset, .. }
            | Self::Copied { asset, .. }
            | Self::Hashed { asset, .. }
            | Self::Rendered { asset, .. }
            | Self::Revised { asset, .. }
            | Self::Urgent { asset }
            | Self::Calm { asset }
            | Self::Removed { asset } => Some(*asset),
            Self::Target { .. }
            | Self::Began { .. }
            | Self::Delivered { .. }
            | Self::Missing { .. }
            | Self::ParkedUnknown { .. }
            | Self::Kept { .. }
            | Self::Other => None,
        }
    }
}

/// Where an original is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SourceRecord {
    /// At its owner's.
    File {
        /// Any bytes.
        #[serde(with = "os_text")]
        path: PathBuf,
    },
    /// In the host's media library, by its id there.
    Library {
        /// Which.
        id: String,
    },
    /// In the spool.
    Spool {
        /// Under this name.
        name: SpoolName,
    },
}

impl SourceRecord {
    /// Where an original is that no copy was made of.
    pub(crate) fn of(source: &Source) -> Self {
        match source {
            Source::File(path) => Self::File { path: path.clone() },
            Source::Library(id) => Self::Library { id: id.clone() },
        }
    }

    /// Where an asset was added from, as [`Record::Added`] says it.
    pub(crate) fn added_from(source: Source) -> (PathBuf, bool) {
        match source {
            Source::File(path) => (path, false),
            Source::Library(id) => (id.into(), true),
        }
    }
}
