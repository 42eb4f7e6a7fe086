//! The post: what a person says about an asset.

use serde::{Deserialize, Serialize};

use crate::ids::{AssetId, BlobHash};

/// What a person says; every field may be left empty. Has revisions: a later one replaces all fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Post {
    /// Free text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// Tags without `#`, in the order in which they were given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Where it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// When it was taken: local time with zone offset where that is known (RFC 3339), else without (ISO 8601).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
}

/// A place, by coordinates, name or both.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Degrees north, −90 to 90 (WGS 84).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latitude: Option<f64>,
    /// Degrees east, −180 to 180 (WGS 84).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longitude: Option<f64>,
    /// As a person would say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// `PUT /v1/posts/{asset}/{revision}`: one revision of an asset's post, and the blobs that it speaks of.
/// The blobs may come before it or after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PostDocument {
    /// Which asset, of the device that sends.
    pub asset: AssetId,
    /// From 1; the highest one counts, whatever the order in which they come.
    pub revision: u32,
    /// What is said.
    #[serde(flatten)]
    pub post: Post,
    /// The asset's parts, the original still or video first.
    pub parts: Vec<PostPart>,
}

/// The longest body of a post, the preview that comes along included, in bytes.
pub const MAX_BODY: usize = 64 << 10;

/// One part of an asset, as a post names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostPart {
    /// Still or motion.
    pub role: Role,
    /// Which rendition of it.
    pub rendition: Rendition,
    /// The payload's hash.
    pub hash: BlobHash,
    /// The payload's length in bytes.
    pub length: u64,
    /// The file's name on the device, without folders.
    pub name: String,
    /// Media type (RFC 6838), `application/octet-stream` where it is not known.
    #[serde(rename = "type")]
    pub media_type: String,
}

/// The half of an asset that a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A photo, or the still of a live photo.
    Still,
    /// A video, or the motion of a live photo.
    Motion,
}

/// What is made of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rendition {
    /// The post.
    Text,
    /// About 20 KB.
    Preview,
    /// 2048 px, at most 400 KB; a video at most 2 MB.
    Press,
    /// Bit for bit.
    Original,
}

macro_rules! names {
    ($type:ident { $($variant:ident = $name:literal),+ }) => {
        impl $type {
            /// As it is written in documents and in the database.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
            /// The reverse of [`Self::as_str`].
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
names!(Role { Still = "still", Motion = "motion" });
names!(Rendition { Text = "text", Preview = "preview", Press = "press", Original = "original" });
