//! What was tried for an asset.

use crate::Rendition;

/// A request that ended.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Attempt {
    /// Where to.
    pub target: i64,
    /// What of the asset.
    pub rendition: Rendition,
    /// When it began, in milliseconds since 1970.
    pub started_utc_ms: i64,
    /// When it ended, likewise.
    pub ended_utc_ms: i64,
    /// The method, in capitals.
    pub method: String,
    /// The reply's status; none where none came.
    pub status: Option<u16>,
    /// Bytes of the body that left.
    pub sent: u64,
    /// What came of it, for a person, in English.
    pub words: String,
}

impl From<satchel::Attempt> for Attempt {
    fn from(value: satchel::Attempt) -> Self {
        let words = value.words();
        // Who spoke is in the words.
        let satchel::Attempt { target, rendition, started_utc_ms, ended_utc_ms, method, status, sent, verdict: _ } =
            value;
        let (target, rendition) = (target.0, rendition.into());
        Self { target, rendition, started_utc_ms, ended_utc_ms, method, status, sent, words }
    }
}
