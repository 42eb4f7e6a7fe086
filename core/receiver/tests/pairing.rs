//! Pairing, tokens, TLS, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod desk;

use std::net::SocketAddr;

use desk::Desk;
use satchel_kernel::protocol::pairing::PairRequest;
use satchel_receiver::{Config, Receiver, StartError};
use serde_json::Value;

async fn try_code(desk: &Desk, code: &str) -> (u16, Value) {
    let request = PairRequest { code: code.into(), device: "phone".into(), contributor: None };
    let reply = desk.http.post(desk.url("/v1/pair")).json(&request).send().await.unwrap();
    assert_eq!(desk::header(&reply, "satchel-version"), "1");
    (reply.status().as_u16(), reply.json().await.unwrap())
}

#[tokio::test]
async fn a_code_works_once() {
    let desk = Desk::open().await;
    let code = desk.receiver().pairing_code().code;
    assert_eq!(try_code(&desk, &code).await.0, 200);
    let (status, body) = try_code(&desk, &code).await;
    assert_eq!((status, body["error"].as_str()), (403, Some("wrong_code")));
}

#[tokio::test]
async fn guessing_voids_every_code_until_the_next() {
    let desk = Desk::open().await;
    let code = desk.receiver().pairing_code().code;
    for _ in 0..10 {
        assert_eq!(try_code(&desk, "AAAA-AAAA").await.0, 403);
    }
    let (status, body) = try_code(&desk, &code).await;
    assert_eq!((status, body["error"].as_str()), (429, Some("too_many_tries")));
    assert_eq!(try_code(&desk, &desk.receiver().pairing_code().code).await.0, 200);
}

#[tokio::test]
async fn names_do_not_let_anyone_into_an_account_but_codes_do() {
    let mut desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    let other = desk.pair("Ana").await;
    assert_ne!(ana.account, other.account);
    let code = desk.receiver().pairing_code_for("Ana").await.unwrap().unwrap();
    let tablet = desk.pair_with("Tablet", &code.code).await;
    assert_eq!(tablet.account, ana.account);
    assert!(desk.receiver().pairing_code_for("Nobody").await.unwrap().is_none());

    desk.config.account = Some("Ana".into());
    desk.restart().await;
    assert_eq!(desk.pair("Laptop").await.account, ana.account);
    desk.stop().await;
    desk.config.account = Some("Nobody".into());
    let refused = Receiver::start(desk.config.clone()).await.unwrap_err();
    assert!(matches!(refused, StartError::NoSuchAccount(_)), "{refused}");
}

#[tokio::test]
async fn a_revoked_device_is_refused_and_others_are_not() {
    let desk = Desk::open().await;
    let (ana, bob) = (desk.pair("Ana").await, desk.pair("Bob").await);
    assert!(desk.receiver().revoke_device(&ana.device).await.unwrap());
    assert!(!desk.receiver().revoke_device("nobody").await.unwrap());
    assert_eq!(ana.creation(&desk, b"photo").send().await.unwrap().status(), 401);
    assert_eq!(bob.creation(&desk, b"photo").send().await.unwrap().status(), 201);
    let devices = desk.receiver().devices().await.unwrap();
    assert_eq!(
        devices.iter().map(|d| (d.contributor.as_str(), d.revoked)).collect::<Vec<_>>(),
        [("Ana", true), ("Bob", false)]
    );
}

#[tokio::test]
async fn tokens_and_keys_are_not_readable_in_the_store() {
    let mut desk = Desk::open().await;
    let ana = desk.pair("Ana").await;
    desk.stop().await;
    for entry in std::fs::read_dir(desk.dir.path().join("store")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            continue;
        }
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        assert!(!text.contains(&ana.token), "the token stands in {path:?}");
        #[cfg(unix)]
        if ["tls-key.pem", "viewer-key"].iter().any(|n| path.ends_with(n))
            || path.extension().is_some_and(|e| e == "pk8")
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{path:?}");
        }
    }
}

#[tokio::test]
async fn plain_http_is_for_loopback_only() {
    let dir = tempfile::TempDir::new().unwrap();
    let mut config = Config::new(SocketAddr::from(([0, 0, 0, 0], 0)), dir.path());
    config.plain_http = true;
    let refused = Receiver::start(config).await.unwrap_err();
    assert!(matches!(refused, StartError::PlainHttp(_)), "{refused}");
}

#[tokio::test]
async fn one_store_serves_one_receiver() {
    let desk = Desk::open().await;
    let refused = Receiver::start(desk.config.clone()).await.unwrap_err();
    assert!(matches!(refused, StartError::InUse(_)), "{refused}");
}

#[tokio::test]
async fn https_is_the_default_and_its_key_is_the_one_that_the_code_pins() {
    let mut desk = Desk::open_with(|c| c.plain_http = false).await;
    assert!(desk.receiver().url().starts_with("https://127.0.0.1:"));
    let pin = desk.receiver().pin().to_owned();
    assert_eq!(desk.receiver().pairing_code().pin, pin);
    assert_eq!(pin_of(desk.receiver().addr()).await, (pin.clone(), Some(b"h2".to_vec())));
    let ana = desk.pair("Ana").await;
    let reply = ana.creation(&desk, b"photo").send().await.unwrap();
    assert_eq!(reply.version(), reqwest::Version::HTTP_2);
    ana.send(&desk, &desk::bytes(3_000_000, 7)).await;

    let plain = reqwest::get(format!("http://{}/", desk.receiver().addr())).await.unwrap();
    assert_eq!(plain.status(), 400);
    assert!(plain.text().await.unwrap().contains("https://"));

    desk.restart().await;
    assert_eq!(desk.receiver().pin(), pin, "the key outlives a restart");
}

/// SHA-256 of the certificate's key as a client sees it, and the protocol agreed on.
async fn pin_of(address: SocketAddr) -> (String, Option<Vec<u8>>) {
    use base64::Engine as _;
    use rustls::pki_types::ServerName;
    use sha2::Digest as _;
    use std::sync::Arc;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Any(provider)))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let tls = tokio_rustls::TlsConnector::from(Arc::new(config))
        .connect(ServerName::try_from("127.0.0.1").unwrap(), stream)
        .await
        .unwrap();
    let connection = tls.get_ref().1;
    let certificate = &connection.peer_certificates().unwrap()[0];
    let spki = rustls::server::ParsedCertificate::try_from(certificate).unwrap().subject_public_key_info();
    let pin = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(&spki));
    (pin, connection.alpn_protocol().map(<[u8]>::to_vec))
}

/// Looks at any certificate.
#[derive(Debug)]
struct Any(std::sync::Arc<rustls::crypto::CryptoProvider>);

impl rustls::client::danger::ServerCertVerifier for Any {
    fn verify_server_cert(
        &self,
        _: &rustls::pki_types::CertificateDer<'_>,
        _: &[rustls::pki_types::CertificateDer<'_>],
        _: &rustls::pki_types::ServerName<'_>,
        _: &[u8],
        _: rustls::pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &rustls::pki_types::CertificateDer<'_>,
        dss: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &rustls::pki_types::CertificateDer<'_>,
        dss: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }
    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
