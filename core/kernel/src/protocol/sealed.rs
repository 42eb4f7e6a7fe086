//! Signed statements as they travel: `v1.<statement>.<signature>`.
//!
//! Both halves are base64url without padding (RFC 4648 §5). The statement's bytes are signed as they
//! are, so nothing is ever put together again before it is verified; it is parsed only afterwards.
//! Making and verifying Ed25519 signatures is left to the sides that hold the keys.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A statement with its Ed25519 signature (RFC 8032), not yet verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The exact bytes that were signed.
    pub statement: Vec<u8>,
    /// 64 bytes.
    pub signature: [u8; 64],
}

/// A text was not a sealed statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a signed statement of the form v1.<statement>.<signature>")]
pub struct NotSealed;

impl fmt::Display for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let b64 = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        write!(f, "v1.{}.{}", b64(&self.statement), b64(&self.signature))
    }
}

impl FromStr for Sealed {
    type Err = NotSealed;
    fn from_str(text: &str) -> Result<Self, NotSealed> {
        let rest = text.trim().strip_prefix("v1.").ok_or(NotSealed)?;
        let (statement, signature) = rest.split_once('.').ok_or(NotSealed)?;
        let bytes = |b64: &str| URL_SAFE_NO_PAD.decode(b64).map_err(|_| NotSealed);
        let signature = bytes(signature)?.try_into().map_err(|_| NotSealed)?;
        Ok(Self { statement: bytes(statement)?, signature })
    }
}

/// `name:value` lines below a heading: the form of every statement that Satchel signs.
pub(super) struct Lines<'a>(std::str::Split<'a, char>);

impl<'a> Lines<'a> {
    /// Starts below `heading`, which must be the first line; the text must end with a line feed.
    pub(super) fn below(heading: &str, statement: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(statement).ok()?.strip_suffix('\n')?;
        let mut lines = text.split('\n');
        (lines.next()? == heading).then_some(Self(lines))
    }

    /// The value of the next line, which must have this name.
    pub(super) fn take(&mut self, name: &str) -> Option<&'a str> {
        self.0.next()?.strip_prefix(name)?.strip_prefix(':')
    }

    /// True when nothing is left.
    pub(super) fn end(mut self) -> bool {
        self.0.next().is_none()
    }
}
