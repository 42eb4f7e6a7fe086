//! Certificates that nobody vouches for: what a portal shows, and what a test's own server can be
//! trusted by. And authorities that vouch for others, well or badly.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// A self-signed certificate with its key, made anew each time.
#[derive(Clone)]
pub struct SelfSigned {
    der: CertificateDer<'static>,
    pem: String,
    acceptor: TlsAcceptor,
}

impl SelfSigned {
    /// Makes one for `localhost`, `127.0.0.1` and `::1`. HTTP/1.1 is the only protocol that it offers.
    ///
    /// # Errors
    /// Where the platform gives no randomness for the key.
    pub fn new() -> io::Result<Self> {
        let names: Vec<String> = LOCAL_NAMES.map(String::from).to_vec();
        let made = rcgen::generate_simple_self_signed(names).map_err(io::Error::other)?;
        Self::of(made.cert.der().clone(), made.cert.pem(), made.signing_key.serialize_der().into())
    }

    /// The one that a Satchel receiver keeps in its store: whoever shows it is that receiver, to all who pinned its key.
    ///
    /// # Errors
    /// Where the store holds no certificate with its key.
    pub fn of_receiver(store: &Path) -> io::Result<Self> {
        let pem = std::fs::read_to_string(receivers_certificate(store)?)?;
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(io::Error::other)?;
        let key = PrivatePkcs8KeyDer::from_pem_file(store.join("tls-key.pem")).map_err(io::Error::other)?;
        Self::of(der, pem, key)
    }

    fn of(der: CertificateDer<'static>, pem: String, key: PrivatePkcs8KeyDer<'static>) -> io::Result<Self> {
        let acceptor = accepting(der.clone(), key)?;
        Ok(Self { der, pem, acceptor })
    }

    /// The certificate, for a client that is to trust it.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate as PEM text.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Connects to whoever shows this certificate.
    pub(crate) fn connector(&self) -> io::Result<TlsConnector> {
        connecting(self.der.clone())
    }

    pub(crate) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }
}

/// When a certificate is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// For some years around now.
    Now,
    /// It was once.
    Past,
    /// It will be.
    Future,
}

/// An authority with a key of its own, made anew each time. Who trusts it trusts all that it vouches for.
#[derive(Debug)]
pub struct Authority {
    root: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    /// Makes one of that name.
    ///
    /// # Errors
    /// Where the platform gives no randomness for the key.
    pub fn new(called: &str) -> io::Result<Self> {
        let mut params = CertificateParams::new(vec![]).map_err(io::Error::other)?;
        params.distinguished_name.remove(DnType::CommonName);
        params.distinguished_name.push(DnType::CommonName, called);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().map_err(io::Error::other)?;
        Ok(Self { root: CertifiedIssuer::self_signed(params, key).map_err(io::Error::other)? })
    }

    /// Its own certificate as PEM text, for a client that is to trust it.
    pub fn pem(&self) -> String {
        self.root.pem()
    }

    /// Vouches for the key of a Satchel receiver, under the names that its certificate has already. It shows that certificate
    /// from its next start on. No device that pinned its key notices.
    ///
    /// # Errors
    /// Where the store holds no certificate with its key, or cannot be written.
    pub fn vouch_for_receiver(&self, store: &Path) -> io::Result<()> {
        let key = KeyPair::from_pem(&std::fs::read_to_string(store.join("tls-key.pem"))?).map_err(io::Error::other)?;
        let certificate = params(&LOCAL_NAMES, Validity::Now)?.signed_by(&key, &self.root).map_err(io::Error::other)?;
        std::fs::write(receivers_certificate(store)?, certificate.pem())
    }

    /// What a server shows whom it vouches for under these names, with a key of its own.
    pub(crate) fn acceptor(&self, names: &[&str], validity: Validity) -> io::Result<TlsAcceptor> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = params(names, validity)?.signed_by(&key, &self.root).map_err(io::Error::other)?;
        accepting(certificate.der().clone(), key.serialize_der().into())
    }

    /// Connects to whomever it vouches for.
    pub(crate) fn connector(&self) -> io::Result<TlsConnector> {
        connecting(self.root.der().clone())
    }
}

/// The names by which a server on this machine is reached.
pub(crate) const LOCAL_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

fn params(names: &[&str], validity: Validity) -> io::Result<CertificateParams> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).map_err(io::Error::other)?;
    let (from, to) = match validity {
        Validity::Now => (2020, 2080),
        Validity::Past => (2018, 2019),
        Validity::Future => (2090, 2091),
    };
    (params.not_before, params.not_after) = (rcgen::date_time_ymd(from, 1, 1), rcgen::date_time_ymd(to, 1, 1));
    Ok(params)
}

/// The file of a receiver's certificate.
fn receivers_certificate(store: &Path) -> io::Result<PathBuf> {
    let is_certificate = |name: &str| name.starts_with("tls-cert-") && name.ends_with(".pem");
    let found = std::fs::read_dir(store)?.flatten().find(|f| f.file_name().to_str().is_some_and(is_certificate));
    Ok(found.ok_or(io::ErrorKind::NotFound)?.path())
}

fn accepting(der: CertificateDer<'static>, key: PrivatePkcs8KeyDer<'static>) -> io::Result<TlsAcceptor> {
    let mut config = rustls::ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![der], key.into()))
        .map_err(io::Error::other)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Connects to whoever this root vouches for.
fn connecting(root: CertificateDer<'static>) -> io::Result<TlsConnector> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(root).map_err(io::Error::other)?;
    let mut config = rustls::ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

impl std::fmt::Debug for SelfSigned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SelfSigned").field("der_bytes", &self.der.len()).finish_non_exhaustive()
    }
}
