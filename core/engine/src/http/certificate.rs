//! What a certificate says of itself, read for evidence only: whether it is believed is never decided here.

use std::fmt::Write as _;
use std::time::Duration;

use aws_lc_rs::digest;
use rustls::pki_types::CertificateDer;
use x509_cert::certificate::Rfc5280;
use x509_cert::der::asn1::{AnyRef, ContextSpecific};
use x509_cert::der::{self, Decode as _, SliceReader, TagNumber};
use x509_cert::name::Name;
use x509_cert::time::Validity;

/// The most that is kept of a name, in characters: whoever forges a certificate writes what they like.
const NAME: usize = 512;

/// A certificate that was not believed. What it says was written by whoever showed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CertificateSeen {
    /// SHA-256 of the certificate's DER, in lowercase hexadecimal.
    pub(crate) sha256: String,
    /// Who it says made it, as text (RFC 4514), at most 512 characters without control characters; empty when it cannot be read.
    pub(crate) issuer: String,
    /// Whom it says it is of, likewise.
    pub(crate) subject: String,
    /// Why it was not believed.
    pub(crate) why: Refusal,
    /// At another time it would have been believed, for this name and by these roots: then it is the device's clock that is
    /// wrong, or the certificate that was not renewed. One that nobody vouches for stays so at any time.
    pub(crate) only_dates: bool,
}

/// Why a certificate was not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No trusted root vouches for it; its issuer may bear the name of one.
    UnknownIssuer,
    /// No trusted root vouches for it, and it says that it made itself.
    SelfSigned,
    /// A trusted root vouches for it, but for another name.
    WrongName,
    /// Its key is not the one that was pinned; or whoever showed it does not hold its key.
    OtherKey,
    /// It is of a later time, and nothing else is against it that could be found.
    NotYetValid,
    /// Its time is over, and nothing else is against it that could be found.
    Expired,
    /// Anything else: revoked, made for another purpose, unreadable.
    Other,
}

/// What could be read of a certificate.
pub(super) struct Said {
    issuer: Name,
    subject: Name,
    /// Its first and last second, since 1970.
    pub(super) from: Duration,
    pub(super) until: Duration,
}

impl Said {
    /// Reads as far as the subject (RFC 5280 §4.1), whatever stands behind it. None: this is no certificate.
    pub(super) fn of(der: &[u8]) -> Option<Self> {
        Self::read(&mut SliceReader::new(der).ok()?).ok()
    }

    fn read<'r>(reader: &mut SliceReader<'r>) -> der::Result<Self> {
        // The outer two sequences are entered without being taken to their end.
        der::Header::decode(reader)?.tag().assert_eq(der::Tag::Sequence)?;
        der::Header::decode(reader)?.tag().assert_eq(der::Tag::Sequence)?;
        let _version = ContextSpecific::<AnyRef<'r>>::decode_explicit(reader, TagNumber(0))?;
        let _serial = AnyRef::decode(reader)?;
        let _algorithm = AnyRef::decode(reader)?;
        let issuer = Name::decode(reader)?;
        let Validity::<Rfc5280> { not_before, not_after, .. } = Validity::decode(reader)?;
        let subject = Name::decode(reader)?;
        Ok(Self { issuer, subject, from: not_before.to_unix_duration(), until: not_after.to_unix_duration() })
    }

    /// Its issuer and its subject are one.
    pub(super) fn is_of_itself(&self) -> bool {
        self.issuer == self.subject
    }
}

impl CertificateSeen {
    pub(super) fn new(der: &CertificateDer<'_>, said: Option<&Said>, why: Refusal, only_dates: bool) -> Self {
        let name = |of: fn(&Said) -> &Name| said.map(|said| text(of(said))).unwrap_or_default();
        let (issuer, subject) = (name(|said| &said.issuer), name(|said| &said.subject));
        Self { sha256: hex(&sha256(der)), issuer, subject, why, only_dates }
    }
}

pub(super) fn sha256(der: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, der).as_ref());
    hash
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// As much as is kept of a name. (Some characters beyond ASCII control how others are shown.)
fn text(name: &Name) -> String {
    let mut text = String::new();
    // A name that its own library cannot write is left as far as it came.
    let _ = write!(text, "{name}");
    let shown = |c: char| {
        if c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            '\u{fffd}'
        } else {
            c
        }
    };
    text.chars().take(NAME).map(shown).collect()
}
