//! The have-check: which of these blobs does the server hold for this account already?
//!
//! A server answers strictly for the account that asks: a blob that another account sent is `missing`,
//! so that nobody can learn what others hold by asking for its hash.

use serde::{Deserialize, Serialize};

use crate::ids::{BlobHash, Nonce};

/// The most hashes in one question.
pub const MAX_HASHES: usize = 1000;

/// `POST /v1/have`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HaveRequest {
    /// Receipts in the reply repeat it.
    pub nonce: Nonce,
    /// 1 to [`MAX_HASHES`].
    pub hashes: Vec<BlobHash>,
}

/// The reply: one entry for each hash asked for, in any order. A hash that is not mentioned is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HaveReply {
    /// Repeats the request's nonce.
    pub nonce: Nonce,
    /// The answers.
    pub results: Vec<HaveEntry>,
}

/// What the server knows of one blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HaveEntry {
    /// Which blob.
    pub hash: BlobHash,
    /// What of it.
    #[serde(flatten)]
    pub state: HaveState,
}

/// The states of a blob at a server, extensible: an unknown one is read as [`HaveState::Other`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum HaveState {
    /// Held whole.
    Have {
        /// A sealed receipt with this request's nonce.
        receipt: String,
    },
    /// An upload that the same device began and did not finish.
    Partial {
        /// Its URL, absolute or relative to the receiver's address.
        upload: String,
        /// Bytes that the server kept.
        offset: u64,
    },
    /// Not held for this account.
    Missing,
    /// Was held, and was deleted there on purpose: do not send it again by yourself.
    Deleted,
    /// A state of a later version; treat it as "unknown", never as "have".
    #[serde(other)]
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_of_a_later_version_is_read_as_other() {
        let hash = BlobHash::of(b"x");
        let json = format!(r#"{{"hash":"{hash}","state":"archived","shelf":3}}"#);
        let entry: HaveEntry = serde_json::from_str(&json).unwrap();
        assert_eq!(entry, HaveEntry { hash, state: HaveState::Other });
    }

    #[test]
    fn entries_are_flat() {
        let entry =
            HaveEntry { hash: BlobHash::of(b"x"), state: HaveState::Partial { upload: "/files/1".into(), offset: 7 } };
        let json = serde_json::to_value(&entry).unwrap();
        assert_eq!(json["state"], "partial");
        assert_eq!(json["offset"], 7);
        assert_eq!(serde_json::from_value::<HaveEntry>(json).unwrap(), entry);
    }
}
