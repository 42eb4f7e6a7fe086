//! Certificates that nobody vouches for: what a portal shows, and what a test's own server can be
//! trusted by.

use std::io;
use std::path::Path;
use std::sync::Arc;

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
        let names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(String::from).to_vec();
        let made = rcgen::generate_simple_self_signed(names).map_err(io::Error::other)?;
        Self::of(made.cert.der().clone(), made.cert.pem(), made.signing_key.serialize_der().into())
    }

    /// The one that a Satchel receiver keeps in its store: whoever shows it is that receiver, to all who pinned its key.
    ///
    /// # Errors
    /// Where the store holds no certificate with its key.
    pub fn of_receiver(store: &Path) -> io::Result<Self> {
        let is_certificate = |name: &str| name.starts_with("tls-cert-") && name.ends_with(".pem");
        let found = std::fs::read_dir(store)?.flatten().find(|f| f.file_name().to_str().is_some_and(is_certificate));
        let pem = std::fs::read_to_string(found.ok_or(io::ErrorKind::NotFound)?.path())?;
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(io::Error::other)?;
        let key = PrivatePkcs8KeyDer::from_pem_file(store.join("tls-key.pem")).map_err(io::Error::other)?;
        Self::of(der, pem, key)
    }

    fn of(der: CertificateDer<'static>, pem: String, key: PrivatePkcs8KeyDer<'static>) -> io::Result<Self> {
        let mut config = rustls::ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![der.clone()], key.into()))
            .map_err(io::Error::other)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { der, pem, acceptor: TlsAcceptor::from(Arc::new(config)) })
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
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.der.clone()).map_err(io::Error::other)?;
        let mut config = rustls::ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsConnector::from(Arc::new(config)))
    }

    pub(crate) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

impl std::fmt::Debug for SelfSigned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SelfSigned").field("der_bytes", &self.der.len()).finish_non_exhaustive()
    }
}
