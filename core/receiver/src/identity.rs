//! Who the receiver is on the network: a key of its own, kept in the store, and a certificate that it signs itself.
//!
//! Devices pin the key, not the certificate, so that the certificate can name another host tomorrow.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, PublicKeyData as _};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::Digest as _;

use crate::{StartError, chance, files};

/// The receiver's TLS side.
pub(crate) struct Identity {
    /// SHA-256 of the certificate's SubjectPublicKeyInfo, base64url without padding.
    pub(crate) pin: String,
    pub(crate) tls: Arc<ServerConfig>,
}

impl Identity {
    /// Reads the store's key, or makes one; `hosts` are the names by which the receiver is reached.
    pub(crate) fn open(store: &Path, hosts: &[String]) -> Result<Self, StartError> {
        let path = store.join("tls-key.pem");
        let io = |source| StartError::Files { path: path.clone(), source };
        let bad = |why: String| StartError::Key { path: path.clone(), why };
        let key = match files::read_if_there(&path).map_err(io)? {
            Some(pem) => KeyPair::from_pem(&pem).map_err(|e| bad(e.to_string()))?,
            None => {
                let key = KeyPair::generate().map_err(|e| bad(e.to_string()))?;
                files::write_private(&path, key.serialize_pem().as_bytes()).map_err(io)?;
                key
            }
        };
        let pin = URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(key.subject_public_key_info()));
        let certificate = certificate(store, &key, hosts)?;
        let private = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).map_err(|e| bad(e.to_string()))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut tls = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|b| b.with_no_client_auth().with_single_cert(vec![certificate], private))
            .map_err(|e| bad(e.to_string()))?;
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { pin, tls: Arc::new(tls) })
    }
}

/// The certificate for these hosts. It is kept, because browsers remember an exception by the certificate.
fn certificate(store: &Path, key: &KeyPair, hosts: &[String]) -> Result<CertificateDer<'static>, StartError> {
    let name: String = chance::hashed(&hosts.join(" ")).iter().take(4).map(|b| format!("{b:02x}")).collect();
    let path = store.join(format!("tls-cert-{name}.pem"));
    let io = |source| StartError::Files { path: path.clone(), source };
    let bad = |why: String| StartError::Key { path: path.clone(), why };
    let pem = match files::read_if_there(&path).map_err(io)? {
        Some(pem) => pem,
        None => {
            let mut params = CertificateParams::new(hosts).map_err(|e| bad(e.to_string()))?;
            params.distinguished_name.push(DnType::CommonName, "Satchel receiver");
            params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
            let pem = params.self_signed(key).map_err(|e| bad(e.to_string()))?.pem();
            files::write_private(&path, pem.as_bytes()).map_err(io)?;
            pem
        }
    };
    CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|e| bad(e.to_string()))
}
