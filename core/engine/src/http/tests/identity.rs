//! Who answers over TLS: the pinned key, a trusted root, or somebody else. And pairing, which rests on it.

use std::sync::Arc;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{CertificateParams, KeyPair, PublicKeyData as _, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use satchel_kernel::outcome::Identity;
use satchel_kernel::protocol::pairing::{PairReply, PairRequest, PairingCode};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use super::server::{Server, answer, drain};
use super::*;
use crate::pairing::{PairError, pair};

pub(super) const FINE: &str = "HTTP/1.1 200 OK\r\nSatchel-Version: 1\r\nContent-Length: 0\r\n\r\n";

struct Shown {
    key: KeyPair,
    certificate: rcgen::Certificate,
}

/// A certificate for this name, long past or not.
fn certificate(name: &str, expired: bool) -> Shown {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    if expired {
        (params.not_before, params.not_after) = (date_time_ymd(1999, 1, 1), date_time_ymd(2000, 1, 1));
    }
    let certificate = params.self_signed(&key).unwrap();
    Shown { key, certificate }
}

impl Shown {
    fn pin(&self) -> Pin {
        pin(&self.key)
    }
}

pub(super) fn pin(key: &KeyPair) -> Pin {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, &key.subject_public_key_info())).parse().unwrap()
}

/// Shows a certificate whether or not the key is its own.
#[derive(Debug)]
struct Shows(Arc<CertifiedKey>);

impl ResolvesServerCert for Shows {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

async fn tls_server(
    shown: &Shown,
    key: &KeyPair,
    text: String,
) -> (Server, mpsc::UnboundedReceiver<(String, Vec<u8>)>) {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let signer = provider.key_provider.load_private_key(private).unwrap();
    serves(Arc::new(CertifiedKey::new(vec![shown.certificate.der().clone()], signer)), text).await
}

/// A server that shows this, and gives that answer to each request.
pub(super) async fn serves(
    certified: Arc<CertifiedKey>,
    text: String,
) -> (Server, mpsc::UnboundedReceiver<(String, Vec<u8>)>) {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let config = rustls::ServerConfig::builder_with_provider(provider.into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Shows(certified)));
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (tx, rx) = mpsc::unbounded_channel();
    let server = Server::start(move |stream| {
        let (acceptor, text, tx) = (acceptor.clone(), text.clone(), tx.clone());
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            while let Some(asked) = answer(&mut stream, &text).await {
                let _ = tx.send(asked);
            }
        }
    });
    (server.await, rx)
}

async fn asked(trust: &Trust, server: &Server) -> Outcome {
    plain(&with_trust(trust, &server.https()), &get(&server.https())).await
}

#[tokio::test]
async fn the_pinned_key_is_believed_whatever_its_certificate_says() {
    for shown in [certificate("localhost", false), certificate("elsewhere.example", true)] {
        let (server, _asked) = tls_server(&shown, &shown.key, FINE.into()).await;
        let reply = reply(asked(&Trust::Pinned(shown.pin()), &server).await);
        assert_eq!((reply.status, reply.identity), (200, Identity::Proved));
    }
}

#[tokio::test]
async fn another_key_than_the_pinned_one_is_somebody_else() {
    let (shown, ours) = (certificate("localhost", false), certificate("localhost", false));
    let (server, mut heard) = tls_server(&shown, &shown.key, FINE.into()).await;
    let outcome = asked(&Trust::Pinned(ours.pin()), &server).await;
    assert_eq!((cut(&outcome), outcome.sent()), (Cut::Certificate, 0));
    drop(server);
    assert!(heard.recv().await.is_none(), "nothing was said to it");
}

#[tokio::test]
async fn the_pinned_certificate_without_its_key_is_somebody_else() {
    let (shown, thief) = (certificate("localhost", false), KeyPair::generate().unwrap());
    let (server, _asked) = tls_server(&shown, &thief, FINE.into()).await;
    assert_eq!(cut(&asked(&Trust::Pinned(shown.pin()), &server).await), Cut::Certificate);
}

#[tokio::test]
async fn roots_vouch_for_name_and_date() {
    let good = certificate("localhost", false);
    let trusts = |shown: &Shown| Trust::Roots { extra_pem: vec![shown.certificate.pem()] };
    let (server, _asked) = tls_server(&good, &good.key, FINE.into()).await;
    assert_eq!(reply(asked(&trusts(&good), &server).await).identity, Identity::Proved);
    let unknown = certificate("localhost", false);
    assert_eq!(cut(&asked(&trusts(&unknown), &server).await), Cut::Certificate);
    for bad in [certificate("elsewhere.example", false), certificate("localhost", true)] {
        let (server, _asked) = tls_server(&bad, &bad.key, FINE.into()).await;
        assert_eq!(cut(&asked(&trusts(&bad), &server).await), Cut::Certificate);
    }
}

/// What Android gets in place of the system's roots: built and asked here, though only used there.
#[tokio::test]
async fn the_roots_that_come_with_the_library_vouch_and_take_further_ones() {
    let good = certificate("localhost", false);
    let (server, _asked) = tls_server(&good, &good.key, FINE.into()).await;
    let address = server.https().socket_addrs(|| None).unwrap()[0];
    for (extra_pem, believed) in [(vec![good.certificate.pem()], true), (vec![], false)] {
        let shipped = crate::http::trust::shipped(&extra_pem).unwrap();
        let config = crate::http::trust::noting(shipped, refused::By::Roots, &Arc::default()).unwrap();
        let tcp = tokio::net::TcpStream::connect(address).await.unwrap();
        let shaken = tokio_rustls::TlsConnector::from(Arc::new(config)).connect("localhost".try_into().unwrap(), tcp);
        assert_eq!(shaken.await.is_ok(), believed);
    }
}

#[tokio::test]
async fn who_does_not_speak_tls_fails_the_handshake() {
    let shown = certificate("localhost", false);
    let deaf = Server::start(|mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        drain(&mut stream).await;
    })
    .await;
    assert_eq!(cut(&asked(&Trust::Pinned(shown.pin()), &deaf).await), Cut::Handshake);
    let rude = Server::start(|stream| async move {
        stream.set_zero_linger().unwrap();
    })
    .await;
    assert_eq!(cut(&asked(&Trust::Pinned(shown.pin()), &rude).await), Cut::Handshake);
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_no_connection() {
    let silent = Server::start(|mut stream| async move {
        drain(&mut stream).await;
    })
    .await;
    let trust = Trust::Pinned(certificate("localhost", false).pin());
    let options = Options { connect_timeout: Duration::from_millis(200) };
    let http = through(&trust, &silent.https(), &options);
    assert_eq!(cut(&plain(&http, &get(&silent.https())).await), Cut::NoConnection);
}

#[test]
fn what_is_no_pin_or_certificate_is_refused() {
    for bad in ["", "abc", &"A".repeat(44), &format!("{}=", "A".repeat(43)), &"é".repeat(22)] {
        assert_eq!(bad.parse::<Pin>().unwrap_err(), BadPin, "{bad}");
    }
    let origins = ["https://box.example".parse::<Url>().unwrap().origin()];
    for bad in ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let trust = Trust::Roots { extra_pem: vec![certificate("a.example", false).certificate.pem(), bad.into()] };
        let refused = Http::new(&trust, &origins, &Options::default(), &free_door(), TARGET, 0).unwrap_err();
        assert!(matches!(refused, HttpError::BadPem(2)), "{bad:?}: {refused}");
    }
}

fn code(server: &Server, pin: Pin) -> PairingCode {
    PairingCode {
        host: "127.0.0.1".into(),
        port: server.address.port(),
        pin: pin.to_string(),
        code: "K7QX-2MAB".into(),
    }
}

fn json(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} Said\r\nSatchel-Version: 1\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn given() -> PairReply {
    let key = satchel_kernel::protocol::keys::SigningKey { id: "k1".into(), public: "A".repeat(43) };
    PairReply { server: "desk".into(), account: "ana".into(), device: "d1".into(), token: "tok".into(), key }
}

#[tokio::test]
async fn pairing_gives_a_token_over_the_pinned_key() {
    let shown = certificate("elsewhere.example", true);
    let (server, mut heard) =
        tls_server(&shown, &shown.key, json(200, &serde_json::to_string(&given()).unwrap())).await;
    let code = code(&server, shown.pin());
    let paired = pair(&code, " Ana's phone ", Some("Ana")).await.unwrap();
    assert_eq!((paired.reply, paired.pin), (given(), code.pin));
    assert_eq!(paired.url.as_str(), format!("https://127.0.0.1:{}/", code.port));
    let (head, body) = heard.recv().await.unwrap();
    assert!(head.starts_with("post /v1/pair http/1.1\r\n") && !head.contains("authorization"), "{head}");
    let asked: PairRequest = serde_json::from_slice(&body).unwrap();
    assert_eq!(asked, PairRequest { code: code.code, device: "Ana's phone".into(), contributor: Some("Ana".into()) });
}

#[tokio::test]
async fn pairing_says_what_to_do_when_it_fails() {
    let shown = certificate("localhost", false);
    let own = |status, body: &str| json(status, body);
    let short_key = r#"{"server":"s","account":"a","device":"d","token":"t","key":{"id":"k","public":"AAAA"}}"#;
    for (text, want) in [
        (own(403, r#"{"error":"wrong_code","message":"no"}"#), "CodeRefused"),
        (own(429, "{}"), "TooManyTries"),
        (own(507, r#"{"message":"the disk is full"}"#), "Refused { status: 507, message: Some(\"the disk is full\") }"),
        (own(200, "{}"), "NotAReceiver"),
        (own(200, short_key), "NotAReceiver"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".into(), "NotAReceiver"),
        ("HTTP/1.1 204 No".into(), "AnswerLost"),
    ] {
        let lost = text.ends_with("No");
        let (server, _heard) = if lost {
            let acceptor = closing(&shown);
            (acceptor.await, None)
        } else {
            let (server, heard) = tls_server(&shown, &shown.key, text.clone()).await;
            (server, Some(heard))
        };
        let error = pair(&code(&server, shown.pin()), "phone", None).await.unwrap_err();
        assert!(format!("{error:?}").starts_with(want), "{text}: {error:?}");
    }
    let (server, _heard) = tls_server(&shown, &shown.key, FINE.into()).await;
    let other = certificate("localhost", false).pin();
    let host = format!("127.0.0.1:{}", server.address.port());
    let error = pair(&code(&server, other), "phone", None).await.unwrap_err();
    assert_eq!(error, PairError::KeyDoesNotFit { host: host.clone() });
    let good = code(&server, shown.pin());
    assert_eq!(pair(&good, "  ", None).await.unwrap_err(), PairError::BadName("device"));
    assert_eq!(pair(&good, "phone", Some(&"x".repeat(101))).await.unwrap_err(), PairError::BadName("contributor"));
    assert_eq!(
        pair(&PairingCode { pin: "x".into(), ..good }, "phone", None).await.unwrap_err(),
        PairError::BadPin(BadPin)
    );
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let error = pair(&PairingCode { port: nobody, ..code(&server, shown.pin()) }, "phone", None).await.unwrap_err();
    assert!(matches!(error, PairError::Unreachable { why: "no connection", .. }), "{error:?}");
}

/// Takes a request whole, and closes without a word.
async fn closing(shown: &Shown) -> Server {
    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(shown.key.serialize_der()));
    let config = rustls::ServerConfig::builder_with_provider(rustls::crypto::aws_lc_rs::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![shown.certificate.der().clone()], private)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Server::start(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let mut stream = acceptor.accept(stream).await.unwrap();
            answer(&mut stream, "").await;
        }
    })
    .await
}
