//! `satchel-receipt-v1`: a server's signed proof that it holds a payload whole.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::sealed::Lines;
use crate::ids::{BlobHash, Nonce};

/// What the signer promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptKind {
    /// A relay has it and will pass it on.
    Custody,
    /// The place where it was to go has it, whole and on disk.
    Final,
}

impl ReceiptKind {
    /// As it stands in the statement.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Custody => "custody",
            Self::Final => "final",
        }
    }
}

/// The statement that is signed. Its canonical bytes are UTF-8 lines, in this order, each ended by one line feed:
///
/// ```text
/// satchel-receipt-v1
/// kind:final
/// key:<id of the signing key>
/// server:<id>
/// account:<id>
/// upload:<id of the upload at the server>
/// nonce:<the client's, 32 hexadecimal digits>
/// hash:<BLAKE3 of the payload, 64 hexadecimal digits>
/// length:<bytes, decimal>
/// time:<Unix seconds, decimal>
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What is promised.
    pub kind: ReceiptKind,
    /// Which of the server's keys signed.
    pub key: String,
    /// Who signed.
    pub server: String,
    /// Whose payload it is.
    pub account: String,
    /// The upload that brought it (a post's is `post/<asset>/<revision>`).
    pub upload: String,
    /// Repeats the client's nonce.
    pub nonce: Nonce,
    /// The payload's hash, computed by the server from what it stored.
    pub hash: BlobHash,
    /// The payload's length in bytes.
    pub length: u64,
    /// When the payload was complete, in Unix seconds by the server's clock.
    pub time: i64,
}

/// The heading of a receipt's statement.
pub const HEADING: &str = "satchel-receipt-v1";

impl Receipt {
    /// The bytes to sign.
    ///
    /// # Panics
    /// When a name holds a line feed: the server chooses the names and must not choose such ones.
    pub fn statement(&self) -> Vec<u8> {
        for name in [&self.key, &self.server, &self.account, &self.upload] {
            assert!(!name.contains('\n'), "a name in a receipt holds a line feed");
        }
        self.to_string().into_bytes()
    }

    /// Reads a statement whose signature was verified; `None` when it is not a receipt of this version.
    pub fn parse(statement: &[u8]) -> Option<Self> {
        let mut lines = Lines::below(HEADING, statement)?;
        let receipt = Self {
            kind: match lines.take("kind")? {
                "custody" => ReceiptKind::Custody,
                "final" => ReceiptKind::Final,
                _ => return None,
            },
            key: lines.take("key")?.to_owned(),
            server: lines.take("server")?.to_owned(),
            account: lines.take("account")?.to_owned(),
            upload: lines.take("upload")?.to_owned(),
            nonce: lines.take("nonce")?.parse().ok()?,
            hash: lines.take("hash")?.parse().ok()?,
            length: lines.take("length")?.parse().ok()?,
            time: lines.take("time")?.parse().ok()?,
        };
        lines.end().then_some(receipt)
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, key, server, account, upload, nonce, hash, length, time } = self;
        let kind = kind.as_str();
        write!(
            f,
            "{HEADING}\nkind:{kind}\nkey:{key}\nserver:{server}\naccount:{account}\nupload:{upload}\n\
             nonce:{nonce}\nhash:{hash}\nlength:{length}\ntime:{time}\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::sealed::Sealed;
    use super::*;

    fn receipt() -> Receipt {
        Receipt {
            kind: ReceiptKind::Final,
            key: "k1".into(),
            server: "s".into(),
            account: "ana".into(),
            upload: "u/7".into(),
            nonce: Nonce::from_bytes([7; 16]),
            hash: BlobHash::of(b"photo"),
            length: 5,
            time: 1_361_770_980,
        }
    }

    #[test]
    fn a_statement_reads_back() {
        let r = receipt();
        assert_eq!(Receipt::parse(&r.statement()), Some(r.clone()));
        let sealed = Sealed { statement: r.statement(), signature: [9; 64] };
        assert_eq!(sealed.to_string().parse::<Sealed>(), Ok(sealed));
    }

    #[test]
    fn anything_added_or_missing_is_no_receipt() {
        let whole = receipt().to_string();
        assert!(Receipt::parse(format!("{whole}more:1\n").as_bytes()).is_none());
        assert!(Receipt::parse(whole.trim_end().as_bytes()).is_none());
        for line in whole.lines() {
            let without = whole.replacen(&format!("{line}\n"), "", 1);
            assert!(Receipt::parse(without.as_bytes()).is_none(), "without {line}");
        }
    }
}
