//! The server's signing keys: the first is pinned at pairing, each later one is signed by the one before.

use serde::{Deserialize, Serialize};

use super::sealed::Lines;

/// The reply of `GET /v1/keys`: how the key in use follows from older ones, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyChain {
    /// Each a sealed [`Succession`], signed by its `old` key.
    pub successions: Vec<String>,
}

/// A signing key as it is pinned at pairing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningKey {
    /// The key's name in receipts.
    pub id: String,
    /// The 32 bytes of an Ed25519 public key (RFC 8032), base64url without padding.
    pub public: String,
}

/// `satchel-key-v1`: the old key's statement that a new one follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succession {
    /// The id of the key that signs this.
    pub old: String,
    /// The key that follows.
    pub new: SigningKey,
    /// When, in Unix seconds.
    pub time: i64,
}

const HEADING: &str = "satchel-key-v1";

impl Succession {
    /// The bytes to sign.
    pub fn statement(&self) -> Vec<u8> {
        let Self { old, new: SigningKey { id, public }, time } = self;
        format!("{HEADING}\nold:{old}\nnew:{id}\npublic:{public}\ntime:{time}\n").into_bytes()
    }

    /// Reads a statement; `None` when it is not one of this version.
    pub fn parse(statement: &[u8]) -> Option<Self> {
        let mut lines = Lines::below(HEADING, statement)?;
        let old = lines.take("old")?.to_owned();
        let id = lines.take("new")?.to_owned();
        let public = lines.take("public")?.to_owned();
        let time = lines.take("time")?.parse().ok()?;
        lines.end().then_some(Self { old, new: SigningKey { id, public }, time })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_succession_reads_back() {
        let new = SigningKey { id: "k2".into(), public: "AAAA".into() };
        let s = Succession { old: "k1".into(), new, time: 5 };
        assert_eq!(Succession::parse(&s.statement()), Some(s));
    }
}
