//! Whose certificates a client did not believe, and why: the verifier is asked as ever, and what it refuses is looked at once more.

use std::collections::VecDeque;
use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme};

use super::certificate::{CertificateSeen, Refusal, Said, sha256};

/// Hosts of one client whose certificates are remembered.
const REMEMBERED: usize = 16;

/// The last certificate of each host that was refused.
#[derive(Default)]
pub(super) struct Refused(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    /// The newest first.
    seen: VecDeque<(String, CertificateSeen)>,
    /// By their hash, the certificates that were believed and whose keys are still to be shown, and by whom.
    shown: VecDeque<([u8; 32], String)>,
}

impl Refused {
    /// Of this host, as it stands in a URL, IPv6 without brackets.
    pub(super) fn of(&self, host: &str) -> Option<CertificateSeen> {
        self.memory().seen.iter().find(|(of, _)| of.eq_ignore_ascii_case(host)).map(|(_, seen)| seen.clone())
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a verifier believes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// Authorities that vouch for names and dates.
    Roots,
    /// One key, whatever its certificate says.
    Pin,
}

/// Asks another verifier, whose word holds, and notes what it refuses.
pub(super) struct Noting {
    pub(super) inner: Arc<dyn ServerCertVerifier>,
    pub(super) by: By,
    pub(super) refused: Arc<Refused>,
}

impl fmt::Debug for Noting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Noting").field("inner", &self.inner).field("by", &self.by).finish_non_exhaustive()
    }
}

impl ServerCertVerifier for Noting {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let ask = |at| self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, at);
        let judged = ask(now);
        let host = host(server_name);
        match &judged {
            Ok(_) => {
                let mut memory = self.refused.memory();
                memory.shown.truncate(REMEMBERED - 1);
                memory.shown.push_front((sha256(end_entity), host));
            }
            Err(error) => {
                let said = Said::of(end_entity);
                let (why, only_dates) = match self.by {
                    By::Pin => (of_pin(error), false),
                    By::Roots => of_roots(error, said.as_ref(), intermediates, now, |at| ask(at).map(drop)),
                };
                self.note(host, CertificateSeen::new(end_entity, said.as_ref(), why, only_dates));
            }
        }
        judged
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.key_shown(cert, self.inner.verify_tls12_signature(message, cert, dss))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.key_shown(cert, self.inner.verify_tls13_signature(message, cert, dss))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }

    fn requires_raw_public_keys(&self) -> bool {
        self.inner.requires_raw_public_keys()
    }

    fn root_hint_subjects(&self) -> Option<&[DistinguishedName]> {
        self.inner.root_hint_subjects()
    }
}

impl Noting {
    fn note(&self, host: String, seen: CertificateSeen) {
        let mut memory = self.refused.memory();
        memory.seen.retain(|(of, _)| *of != host);
        memory.seen.truncate(REMEMBERED - 1);
        memory.seen.push_front((host, seen));
    }

    /// The certificate was believed, and now its holder is to show that it has the key. The library does not say again which
    /// host it is about.
    fn key_shown<T>(&self, der: &CertificateDer<'_>, judged: Result<T, Error>) -> Result<T, Error> {
        if let Err(error) = &judged {
            let hash = sha256(der);
            let host = self.refused.memory().shown.iter().find(|(of, _)| *of == hash).map(|(_, host)| host.clone());
            let is_thief = matches!(error, Error::InvalidCertificate(CertificateError::BadSignature));
            let why = if is_thief { Refusal::OtherKey } else { Refusal::Other };
            if let Some(host) = host {
                self.note(host, CertificateSeen::new(der, Said::of(der).as_ref(), why, false));
            }
        }
        judged
    }
}

/// As the host stands in a URL, IPv6 without brackets.
fn host(name: &ServerName<'_>) -> String {
    match name {
        ServerName::IpAddress(ip) => IpAddr::from(*ip).to_string(),
        other => other.to_str().to_ascii_lowercase(),
    }
}

fn of_pin(error: &Error) -> Refusal {
    match error {
        Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure) => Refusal::OtherKey,
        _ => Refusal::Other,
    }
}

/// Why, and whether it is the dates alone. Dates are looked at first by some verifiers, so that one which is forged all the same
/// may look as if it were only old: it is asked again about a time at which it would be good. Some systems' verifiers say of
/// dates nothing that could be told apart, so the certificate's own are read besides.
fn of_roots(
    error: &Error,
    said: Option<&Said>,
    intermediates: &[CertificateDer<'_>],
    now: UnixTime,
    ask: impl Fn(UnixTime) -> Result<(), Error>,
) -> (Refusal, bool) {
    let at = Duration::from_secs(now.as_secs());
    let by_dates = dates(error).or_else(|| match said {
        Some(said) if at < said.from => Some(Refusal::NotYetValid),
        Some(said) if at > said.until => Some(Refusal::Expired),
        _ => None,
    });
    let (Some(by_dates), Some(said)) = (by_dates, said) else { return (other_than_dates(error, said), false) };
    let mut why = by_dates;
    for moment in moments(said, intermediates) {
        match ask(UnixTime::since_unix_epoch(moment)) {
            Ok(()) => return (by_dates, true),
            Err(error) if dates(&error).is_some() => {}
            Err(error) => why = other_than_dates(&error, Some(said)),
        }
    }
    (why, false)
}

/// Times at which the certificate would be good: in the midst of what it has in common with the intermediate ones that were shown
/// with it, if that is anything, and its own first and last.
fn moments(said: &Said, intermediates: &[CertificateDer<'_>]) -> Vec<Duration> {
    let (mut from, mut until) = (said.from, said.until);
    for other in intermediates.iter().filter_map(|der| Said::of(der)) {
        (from, until) = (from.max(other.from), until.min(other.until));
    }
    let common = (from <= until).then(|| from + (until - from) / 2);
    common.into_iter().chain([said.from, said.until]).collect()
}

fn dates(error: &Error) -> Option<Refusal> {
    use CertificateError as E;
    match error {
        Error::InvalidCertificate(E::NotValidYet | E::NotValidYetContext { .. }) => Some(Refusal::NotYetValid),
        Error::InvalidCertificate(E::Expired | E::ExpiredContext { .. }) => Some(Refusal::Expired),
        _ => None,
    }
}

fn other_than_dates(error: &Error, said: Option<&Said>) -> Refusal {
    use CertificateError as E;
    let is_of_itself = said.is_some_and(Said::is_of_itself);
    match error {
        Error::InvalidCertificate(E::NotValidForName | E::NotValidForNameContext { .. }) => Refusal::WrongName,
        // A signature that does not fit is one of somebody who bears a known issuer's name; and an authority's own certificate in
        // a server's place (CaUsedAsEndEntity) is among the others.
        Error::InvalidCertificate(E::UnknownIssuer | E::BadSignature | E::Other(_)) if is_of_itself => {
            Refusal::SelfSigned
        }
        Error::InvalidCertificate(E::UnknownIssuer | E::BadSignature) => Refusal::UnknownIssuer,
        _ => dates(error).unwrap_or(Refusal::Other),
    }
}
