//! Whom we believe: the system's trusted roots, or the one key that was pinned at pairing.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Client, ClientBuilder, Proxy, redirect};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use url::Origin;

use super::refused::{By, Noting, Refused};
use super::{Options, Way};

/// How long an idle connection is kept. Shorter than the shortest wait of common servers (Node closes after
/// 5 s), so that a request seldom meets a connection that the server is just closing.
const KEEP: Duration = Duration::from_secs(4);

/// Whom we believe to be the target.
#[derive(Debug, Clone)]
pub(crate) enum Trust {
    /// Whoever the system's trusted roots vouch for, and these further ones. On Android the roots that come with the
    /// library stand for the system's; the host adds what its owner trusts besides.
    Roots {
        /// Certificates of further authorities, in PEM; a text may hold several.
        extra_pem: Vec<String>,
    },
    /// Whoever holds this key. Names and dates do not count: a wrong clock must not lock anyone out.
    Pinned(Pin),
    /// Nobody: every origin of the target speaks plain HTTP.
    Nobody,
}

/// SHA-256 of a certificate's SubjectPublicKeyInfo (RFC 7469 §2.4); as text base64url without padding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pin([u8; 32]);

/// A text was not a pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a key pin: it has 43 letters, digits, - and _, and is part of the pairing code that the receiver shows")]
pub struct BadPin;

impl FromStr for Pin {
    type Err = BadPin;
    fn from_str(text: &str) -> Result<Self, BadPin> {
        URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(BadPin)
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pin({self})")
    }
}

/// The trusted certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    /// One of the PEM texts holds no readable certificate.
    #[error("the extra certificate number {0} is not a certificate in PEM form")]
    BadPem(usize),
    /// The system's roots, or the client over them.
    #[error(
        "the system's trusted certificates cannot be used ({0}); install them (often a package named ca-certificates)"
    )]
    Roots(String),
}

impl Trust {
    /// The same trust, without loading roots that no origin needs: a machine without any can still send to a
    /// plain endpoint on loopback.
    pub(super) fn for_origins(&self, origins: &[Origin]) -> Self {
        let plain = |origin: &Origin| matches!(origin, Origin::Tuple(scheme, ..) if scheme == "http");
        match self {
            Self::Roots { .. } if !origins.is_empty() && origins.iter().all(plain) => Self::Nobody,
            other => other.clone(),
        }
    }

    /// A client that believes whom this says, and goes this way and no other: what the environment says of proxies does not
    /// count. What it does not believe it notes. `keep`: whether it uses connections again.
    pub(super) fn client(
        &self,
        options: &Options,
        way: &Way,
        refused: &Arc<Refused>,
        keep: bool,
    ) -> Result<Client, HttpError> {
        let proxy = Proxy::all(way.door.proxy(way.target, way.route)).map_err(|e| HttpError::Roots(fault_text(&e)))?;
        let builder = ClientBuilder::new()
            .user_agent(concat!("satchel/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .proxy(proxy)
            .http1_only()
            .connect_timeout(options.connect_timeout)
            .pool_idle_timeout(KEEP)
            .pool_max_idle_per_host(if keep { 8 } else { 0 });
        let config = match self {
            Self::Roots { extra_pem } => noting(rooted(extra_pem)?, By::Roots, refused)?,
            Self::Pinned(pin) => noting(pinned(*pin), By::Pin, refused)?,
            Self::Nobody => nobody()?,
        };
        builder.tls_backend_preconfigured(config).build().map_err(|e| HttpError::Roots(fault_text(&e)))
    }
}

/// The innermost error's words: the outer ones only say "builder error".
fn fault_text(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(inner) = innermost.source() {
        innermost = inner;
    }
    innermost.to_string()
}

/// Whether all of these can be trusted: asked when an outbox is opened, so that no later run ends over one.
pub(crate) fn usable(extra_pem: &[String]) -> Result<(), HttpError> {
    authorities(extra_pem).map(drop)
}

/// The system's own verifier, as the HTTP library would take it.
#[cfg(not(target_os = "android"))]
fn rooted(extra_pem: &[String]) -> Result<Arc<dyn ServerCertVerifier>, HttpError> {
    use rustls_platform_verifier::Verifier;
    let verifier = match &authorities(extra_pem)?[..] {
        [] => Verifier::new(provider()),
        extra => Verifier::new_with_extra_roots(extra.to_vec(), provider()),
    };
    Ok(Arc::new(verifier.map_err(no_config)?))
}

/// Here the system's verifier needs the app's Java context, and calls some good certificates revoked.
#[cfg(target_os = "android")]
fn rooted(extra_pem: &[String]) -> Result<Arc<dyn ServerCertVerifier>, HttpError> {
    shipped(extra_pem)
}

/// The certificates of these texts, each of which must be able to be a root.
fn authorities(extra_pem: &[String]) -> Result<Vec<CertificateDer<'static>>, HttpError> {
    let mut all = Vec::new();
    for (index, pem) in extra_pem.iter().enumerate() {
        let found: Option<Vec<_>> = CertificateDer::pem_slice_iter(pem.as_bytes())
            .map(|der| der.ok().filter(|der| RootCertStore::empty().add(der.clone()).is_ok()))
            .collect();
        all.extend(found.filter(|found| !found.is_empty()).ok_or(HttpError::BadPem(index + 1))?);
    }
    Ok(all)
}

/// Believes Mozilla's roots, which come with the library, and these.
#[cfg(any(target_os = "android", test))]
pub(super) fn shipped(extra_pem: &[String]) -> Result<Arc<dyn ServerCertVerifier>, HttpError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    roots.add_parsable_certificates(authorities(extra_pem)?);
    let builder = rustls::client::WebPkiServerVerifier::builder_with_provider(roots.into(), provider());
    Ok(builder.build().map_err(|e| HttpError::Roots(e.to_string()))?)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn no_config(error: rustls::Error) -> HttpError {
    HttpError::Roots(error.to_string())
}

fn pinned(pin: Pin) -> Arc<dyn ServerCertVerifier> {
    Arc::new(PinVerifier { pin, algorithms: provider().signature_verification_algorithms })
}

/// Believes whom this verifier believes.
pub(super) fn noting(
    inner: Arc<dyn ServerCertVerifier>,
    by: By,
    refused: &Arc<Refused>,
) -> Result<ClientConfig, HttpError> {
    let verifier = Noting { inner, by, refused: refused.clone() };
    let builder =
        ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().map_err(no_config)?;
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier));
    Ok(over_http1(builder.with_no_client_auth()))
}

fn nobody() -> Result<ClientConfig, HttpError> {
    let builder =
        ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().map_err(no_config)?;
    Ok(over_http1(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth()))
}

fn over_http1(mut config: ClientConfig) -> ClientConfig {
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}

/// Accepts the certificates of one key. That the peer holds the key is still proved by its handshake signature.
#[derive(Debug)]
struct PinVerifier {
    pin: Pin,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for PinVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let spki = ParsedCertificate::try_from(end_entity)?.subject_public_key_info();
        if digest::digest(&digest::SHA256, &spki).as_ref() == self.pin.0 {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
