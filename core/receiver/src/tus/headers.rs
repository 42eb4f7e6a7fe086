//! What the headers of a tus request say, read once and checked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{self, HeaderMap};
use satchel_kernel::ids::{BlobHash, Nonce};
use satchel_kernel::protocol;

use super::OFFSET_TYPE;
use crate::refusal::Refusal;

const MAX_KEY: usize = 255;
const MAX_METADATA: usize = 16 * 1024;

/// A request to create an upload.
pub(super) struct Creation {
    /// `None` when it is deferred.
    pub(super) length: Option<u64>,
    pub(super) key: Option<String>,
    pub(super) hash: Option<BlobHash>,
    pub(super) nonce: Option<Nonce>,
    pub(super) metadata: Option<String>,
    pub(super) checksum: Option<Checksum>,
    /// A person wants it here though a viewer deleted it.
    pub(super) again: bool,
}

impl Creation {
    pub(super) fn read(headers: &HeaderMap, max: u64) -> Result<Self, Refusal> {
        let length = number(headers, "upload-length")?;
        let deferred = match text(headers, "upload-defer-length")? {
            None => false,
            Some("1") => true,
            Some(_) => return Err(Refusal::bad("length", "Upload-Defer-Length can only be 1")),
        };
        if length.is_some() == deferred {
            return Err(Refusal::bad("length", "say either Upload-Length: BYTES or Upload-Defer-Length: 1"));
        }
        within(length, max)?;
        let key = text(headers, protocol::IDEMPOTENCY_KEY)?.map(str::to_owned);
        if key.as_ref().is_some_and(|k| k.is_empty() || k.len() > MAX_KEY) {
            return Err(Refusal::bad("key", format!("Idempotency-Key must have 1 to {MAX_KEY} characters")));
        }
        let metadata = text(headers, "upload-metadata")?.map(str::to_owned);
        if let Some(metadata) = &metadata {
            if metadata.len() > MAX_METADATA {
                return Err(Refusal::bad("metadata", format!("Upload-Metadata is longer than {MAX_METADATA} bytes")));
            }
            super::metadata::pairs(metadata).map_err(|why| Refusal::bad("metadata", why))?;
        }
        Ok(Self {
            length,
            key,
            hash: parsed(headers, protocol::HASH, "Satchel-Hash must be 64 hexadecimal digits of BLAKE3")?,
            nonce: parsed(headers, protocol::NONCE, "Satchel-Nonce must be 32 hexadecimal digits")?,
            metadata,
            checksum: Checksum::read(headers)?,
            again: headers.get(protocol::OVERRIDE_DELETED).is_some_and(|word| word == "1"),
        })
    }
}

/// 413 for a length that is beyond what the server takes.
pub(super) fn within(length: Option<u64>, max: u64) -> Result<(), Refusal> {
    // SQLite and file offsets are signed.
    let max = max.min(i64::MAX as u64);
    if length.is_some_and(|l| l > max) {
        let name = hyper::header::HeaderName::from_static("tus-max-size");
        return Err(Refusal::new(413, "too_long", format!("an upload may have {max} bytes at most"))
            .with(name, &max.to_string())
            .closing());
    }
    Ok(())
}

/// True when a body was announced. A POST without one creates an empty upload, whatever its type.
pub(super) fn has_body(headers: &HeaderMap, body: &axum::body::Body) -> bool {
    use hyper::body::Body as _;
    headers.get(header::CONTENT_LENGTH).map_or(!body.is_end_stream(), |l| l != "0")
}

/// 415 unless the body is what tus sends.
pub(super) fn offset_type(headers: &HeaderMap) -> Result<(), Refusal> {
    if headers.get(header::CONTENT_TYPE).is_some_and(|t| t.as_bytes().eq_ignore_ascii_case(OFFSET_TYPE.as_bytes())) {
        return Ok(());
    }
    Err(Refusal::new(415, "content_type", format!("bytes of an upload have Content-Type: {OFFSET_TYPE}")).closing())
}

pub(super) fn number(headers: &HeaderMap, name: &str) -> Result<Option<u64>, Refusal> {
    let bad = || Refusal::bad("number", format!("{name} must be a whole number of bytes, 0 or more"));
    let Some(text) = text(headers, name)? else { return Ok(None) };
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(bad());
    }
    text.parse().map(Some).map_err(|_| bad())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, Refusal> {
    let value = headers.get(name).map(|v| v.to_str()).transpose();
    value.map_err(|_| Refusal::bad("header", format!("{name} holds characters that a header cannot")))
}

fn parsed<T: std::str::FromStr>(headers: &HeaderMap, name: &str, says: &'static str) -> Result<Option<T>, Refusal> {
    text(headers, name)?.map(str::parse).transpose().map_err(|_| Refusal::bad("header", says))
}

/// What a request's bytes must hash to.
pub(super) struct Checksum {
    pub(super) digest: Digest,
    wanted: Vec<u8>,
}

/// A running checksum.
#[derive(Clone)]
pub(super) enum Digest {
    Sha1(sha1::Sha1),
    Sha256(sha2::Sha256),
    Blake3(Box<blake3::Hasher>),
}

impl Checksum {
    /// `Upload-Checksum: <algorithm> <base64>`.
    pub(super) fn read(headers: &HeaderMap) -> Result<Option<Self>, Refusal> {
        let Some(value) = text(headers, "upload-checksum")? else { return Ok(None) };
        let bad = || {
            Refusal::bad(
                "checksum",
                "Upload-Checksum must be sha1, sha256 or blake3, a space, and the digest in base64",
            )
        };
        let (algorithm, encoded) = value.split_once(' ').ok_or_else(bad)?;
        let (digest, length) = match algorithm {
            "sha1" => (Digest::Sha1(sha1::Sha1::default()), 20),
            "sha256" => (Digest::Sha256(sha2::Sha256::default()), 32),
            "blake3" => (Digest::Blake3(Box::default()), 32),
            _ => return Err(bad()),
        };
        let wanted = STANDARD.decode(encoded.trim()).map_err(|_| bad())?;
        if wanted.len() == length { Ok(Some(Self { digest, wanted })) } else { Err(bad()) }
    }

    pub(super) fn matches(self) -> bool {
        self.digest.finish() == self.wanted
    }
}

impl Digest {
    pub(super) fn update(&mut self, bytes: &[u8]) {
        use sha2::Digest as _;
        match self {
            Self::Sha1(d) => d.update(bytes),
            Self::Sha256(d) => d.update(bytes),
            Self::Blake3(d) => {
                d.update(bytes);
            }
        }
    }

    fn finish(self) -> Vec<u8> {
        use sha2::Digest as _;
        match self {
            Self::Sha1(d) => d.finalize().to_vec(),
            Self::Sha256(d) => d.finalize().to_vec(),
            Self::Blake3(d) => d.finalize().as_bytes().to_vec(),
        }
    }
}
