//! The interference lab from a client's socket: what comes before an interference passes, the interference is what was
//! written down, and once it is lifted everything passes again.

#![allow(clippy::unwrap_used)]

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use satchel_testkit::interfere::{Authorities, Case, Neutral, NeutralWord, Relay, Shown, Stage, Upstream};
use satchel_testkit::liar::LyingTus;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// Longer than anything here may take.
const HANG: Duration = Duration::from_secs(20);
/// So long is waited for what must not come.
const NOTHING: Duration = Duration::from_millis(400);
const SECRET: &str = "bearer-of-a-secret";

struct Lab {
    tus: LyingTus,
    relay: Relay,
    tls: bool,
    /// PEM of all that this client trusts.
    roots: Vec<String>,
}

/// A server with the relay in front of it.
async fn lab(scheme: &str, of: &str) -> Lab {
    let text = format!(r#"[{{"name":"a case","scheme":"{scheme}","names":["down"],{of}}}]"#);
    let case = Case::read(&text).unwrap_or_else(|bad| panic!("{bad:?}")).remove(0);
    let tls = case.over_tls();
    let tus = if tls { LyingTus::start_tls().await } else { LyingTus::start().await }.unwrap();
    let upstream = match tus.certificate() {
        Some(certificate) => Upstream::tls(tus.addr(), certificate).unwrap(),
        None => Upstream::plain(tus.addr()),
    };
    let authorities = Authorities::new().unwrap();
    let own = tus.certificate().map(|certificate| certificate.pem().to_owned());
    let roots = own.into_iter().chain([authorities.known.pem()]).collect();
    let relay = Relay::start(&case, upstream, &authorities).await.unwrap();
    Lab { tus, relay, tls, roots }
}

impl Lab {
    fn at(&self) -> SocketAddr {
        let port = self.relay.url().trim_end_matches('/').rsplit(':').next().unwrap().parse().unwrap();
        (std::net::Ipv4Addr::LOCALHOST, port).into()
    }

    /// Sends a request and reads to the end of the connection.
    async fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> io::Result<String> {
        self.ask_at(self.at(), method, path, headers, body).await
    }

    async fn ask_at(&self, at: SocketAddr, method: &str, path: &str, headers: &str, body: &[u8]) -> io::Result<String> {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {at}\r\nTus-Resumable: 1.0.0\r\nAuthorization: Bearer {SECRET}\r\n\
             {headers}Content-Length: {}\r\n\r\n",
            body.len()
        );
        let talk = async {
            let socket = TcpStream::connect(at).await?;
            if self.tls {
                let name = ServerName::try_from("localhost").unwrap();
                exchange(self.connector().connect(name, socket).await?, head.as_bytes(), body).await
            } else {
                exchange(socket, head.as_bytes(), body).await
            }
        };
        timeout(HANG, talk).await.expect("the exchange hangs")
    }

    fn connector(&self) -> tokio_rustls::TlsConnector {
        let mut roots = rustls::RootCertStore::empty();
        for pem in &self.roots {
            roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        tokio_rustls::TlsConnector::from(Arc::new(config))
    }

    /// Creates an upload; its path.
    async fn create(&self, length: usize) -> io::Result<String> {
        let said = self.ask("POST", "/files/", &format!("Upload-Length: {length}\r\n"), b"").await?;
        assert!(said.starts_with("HTTP/1.1 201 "), "{said}");
        Ok(format!("/files/u{}", self.tus.created()))
    }

    async fn patch(&self, path: &str, offset: usize, body: &[u8]) -> io::Result<String> {
        let headers = format!("Upload-Offset: {offset}\r\nContent-Type: application/offset+octet-stream\r\n");
        self.ask("PATCH", path, &headers, body).await
    }

    /// Everything passes: an upload is created and sent.
    async fn works(&self) {
        let path = self.create(5).await.unwrap();
        let said = self.patch(&path, 0, b"hello").await.unwrap();
        assert!(said.contains(" 204 ") && said.to_ascii_lowercase().contains("upload-offset: 5"), "{said}");
    }

    fn bodies_of(&self, method: &str) -> Vec<u64> {
        self.tus.seen().iter().filter(|seen| seen.method == method).map(|seen| seen.body).collect()
    }

    async fn fails(&self) -> io::ErrorKind {
        self.ask("HEAD", "/files/u1", "", b"").await.expect_err("it was answered").kind()
    }
}

async fn exchange(mut with: impl AsyncRead + AsyncWrite + Unpin, head: &[u8], body: &[u8]) -> io::Result<String> {
    with.write_all(head).await?;
    // Who is refused early may break off; what is said to that is what counts.
    let _ = with.write_all(body).await;
    let _ = with.flush().await;
    let _ = with.shutdown().await;
    let mut said = Vec::new();
    match with.read_to_end(&mut said).await {
        Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
        Err(error) if said.is_empty() => Err(error),
        _ => Ok(String::from_utf8_lossy(&said).into_owned()),
    }
}

#[tokio::test]
async fn a_control_passes_everything() {
    for of in [r#""at":"any","do":{"pass":true},"control":true"#, r#""at":"connect","do":{"pass":true},"control":true"#]
    {
        for scheme in ["http", "https"] {
            let lab = lab(scheme, of).await;
            lab.works().await;
            assert!(lab.relay.met() > 0, "{scheme} {of}");
            let heard = lab.relay.heard();
            assert!(!heard.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()) || scheme == "http");
        }
    }
}

#[tokio::test]
async fn a_page_stands_where_the_case_says_and_nowhere_else() {
    let page = r#""do":{"reply":{"status":403,"headers":[["Content-Type","text/html"]],"body":"<h1>No","pad":9}}"#;
    for (scheme, certificate) in [("http", ""), ("https", r#","certificate":"gateway""#)] {
        let lab = lab(scheme, &format!(r#""at":"patch",{page}{certificate}"#)).await;
        let path = lab.create(5).await.unwrap();
        let said = lab.patch(&path, 0, b"hello").await.unwrap();
        assert!(said.starts_with("HTTP/1.1 403 Forbidden\r\n") && said.contains("<h1>No"), "{said}");
        assert!(lab.ask("HEAD", &path, "", b"").await.unwrap().contains(" 200 "), "another request passes");
        assert_eq!((lab.bodies_of("PATCH"), lab.relay.met()), (vec![], 1));
        lab.relay.lift().unwrap();
        assert!(lab.patch(&path, 0, b"hello").await.unwrap().contains(" 204 "));
    }
}

#[tokio::test]
async fn a_patch_whose_body_came_is_not_passed_on() {
    let lab = lab("https", r#""at":"patch_end","do":{"close":true}"#).await;
    let path = lab.create(50_000).await.unwrap();
    assert!(lab.patch(&path, 0, &[7; 50_000]).await.is_err());
    assert_eq!((lab.bodies_of("PATCH"), lab.relay.met()), (vec![], 1));
}

#[tokio::test]
async fn some_bytes_get_through_before_it_ends() {
    for scheme in ["http", "https"] {
        let lab = lab(scheme, r#""at":"patch","do":{"reset":true},"after_bytes":20000,"times":1"#).await;
        let path = lab.create(50_000).await.unwrap();
        assert!(lab.patch(&path, 0, &[7; 50_000]).await.is_err());
        assert_eq!(lab.bodies_of("PATCH"), [20_000], "{scheme}");
        assert!(lab.relay.is_over());
        assert!(lab.patch(&path, 20_000, &[7; 30_000]).await.unwrap().contains(" 204 "), "once is once");
    }
    // Under TLS, where nobody looks inside, the bytes of the connection count.
    let lab = lab("https", r#""at":"any","do":{"reset":true},"after_bytes":20000"#).await;
    let path = lab.create(50_000).await.unwrap();
    assert!(lab.patch(&path, 0, &[7; 50_000]).await.is_err());
    assert_eq!(lab.relay.met(), 1);
    assert!(lab.relay.heard().len() > 20_000 && !lab.relay.heard().windows(64).any(|window| window == [7; 64]));
}

#[tokio::test]
async fn a_port_can_refuse_and_swallow_until_it_is_opened() {
    for scheme in ["http", "https"] {
        let lab = lab(scheme, r#""at":"connect","do":{"refuse":true}"#).await;
        assert_eq!(lab.fails().await, io::ErrorKind::ConnectionRefused);
        lab.relay.lift().unwrap();
        lab.works().await;
    }
    let lab = lab("http", r#""at":"connect","do":{"blackhole":true}"#).await;
    assert!(timeout(NOTHING, TcpStream::connect(lab.at())).await.is_err(), "somebody answered");
    assert!(timeout(NOTHING, TcpStream::connect(lab.at())).await.is_err(), "somebody answered");
    lab.relay.lift().unwrap();
    lab.works().await;
}

#[tokio::test]
async fn what_is_done_to_a_connection_is_done_at_its_beginning() {
    for at in ["connect", "hello"] {
        let reset = lab("https", &format!(r#""at":"{at}","do":{{"reset":true}},"times":1"#)).await;
        let kind = reset.fails().await;
        assert!(matches!(kind, io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof), "{at}: {kind}");
        reset.works().await;
        let close = lab("https", &format!(r#""at":"{at}","do":{{"close":true}}"#)).await;
        assert_eq!(close.fails().await, io::ErrorKind::UnexpectedEof, "{at}");
        let plain = lab("https", &format!(r#""at":"{at}","do":{{"reply":{{"status":302}}}}"#)).await;
        assert_eq!(plain.fails().await, io::ErrorKind::InvalidData, "{at}: it is no TLS");
        let banner = lab("https", &format!(r#""at":"{at}","do":{{"raw":"SSH-2.0-OpenSSH_9.9\\r\\n"}}"#)).await;
        assert_eq!(banner.fails().await, io::ErrorKind::InvalidData, "{at}: it is no TLS");
        for other in [&reset, &close, &plain, &banner] {
            assert!(!other.tus.seen().iter().any(|seen| seen.method == "HEAD"));
            assert!(other.relay.met() > 0);
            other.relay.lift().unwrap();
            other.works().await;
        }
    }
}

#[tokio::test]
async fn who_is_held_is_let_go_when_it_is_lifted() {
    for (scheme, of) in [
        ("https", r#""at":"hello","do":{"silence":true}"#),
        ("https", r#""at":"patch","do":{"silence":true}"#),
        ("http", r#""at":"patch_end","do":{"silence":true}"#),
        ("http", r#""at":"connect","do":{"silence":true}"#),
    ] {
        let lab = lab(scheme, of).await;
        let held = lab.patch("/files/u1", 0, b"hello");
        tokio::pin!(held);
        assert!(timeout(NOTHING, &mut held).await.is_err(), "{of}: it was answered");
        lab.relay.lift().unwrap();
        assert!(held.await.is_err(), "{of}");
        lab.works().await;
    }
}

#[tokio::test]
async fn a_false_certificate_is_seen_through_by_its_kind_and_hears_nothing() {
    for (shown, words) in [
        ("self_signed", "UnknownIssuer"),
        ("unknown_authority", "UnknownIssuer"),
        ("wrong_name", "not valid for name"),
        ("expired", "expired"),
        ("not_yet_valid", "not valid yet"),
    ] {
        for at in ["any", "patch"] {
            let of = format!(r#""at":"{at}","do":{{"reply":{{"status":200}}}},"certificate":"{shown}""#);
            let lab = lab("https", &of).await;
            if at == "patch" {
                let path = lab.create(5).await.unwrap();
                assert!(lab.patch(&path, 0, b"hello").await.is_err(), "its connection breaks");
                assert_eq!(lab.relay.met(), 0);
            }
            let error = lab.patch("/files/u1", 0, b"hello").await.unwrap_err().to_string();
            assert!(
                error.contains(words) || shown == "self_signed" && error.contains("BadSignature"),
                "{shown}: {error}"
            );
            assert_eq!((lab.relay.heard(), lab.relay.met()), (vec![], 1), "{shown}");
            lab.relay.lift().unwrap();
            lab.works().await;
        }
    }
}

#[tokio::test]
async fn who_believes_a_false_certificate_is_overheard() {
    let of = r#""at":"any","do":{"pass":true},"certificate":"unknown_authority""#;
    let mut lab = lab("https", of).await;
    assert_eq!(lab.relay.heard(), b"");
    // Anybody could believe it; this client is made to.
    let authorities = Authorities::new().unwrap();
    lab.roots.push(authorities.unknown.pem());
    let case = Case::read(&format!(r#"[{{"name":"b","scheme":"https","names":["down"],{of}}}]"#)).unwrap().remove(0);
    let upstream = Upstream::tls(lab.tus.addr(), lab.tus.certificate().unwrap()).unwrap();
    lab.relay = Relay::start(&case, upstream, &authorities).await.unwrap();
    lab.works().await;
    let heard = String::from_utf8_lossy(&lab.relay.heard()).into_owned();
    assert!(heard.contains(SECRET) && heard.contains("hello"), "{heard}");
    assert_eq!(case.certificate, Shown::UnknownAuthority);
}

#[tokio::test]
async fn a_true_reply_can_be_torn_and_slow() {
    for scheme in ["http", "https"] {
        let lab = lab(scheme, r#""at":"create","do":{"cut_reply":20}"#).await;
        let said = lab.ask("POST", "/files/", "Upload-Length: 5\r\n", b"").await;
        assert!(said.as_ref().map_or(0, String::len) <= 20, "{said:?}");
        assert_eq!(lab.tus.created(), 1);
        lab.relay.lift().unwrap();
        lab.works().await;
    }
    let lab = lab("http", r#""at":"patch","do":{"trickle":20000}"#).await;
    let begun = Instant::now();
    let path = lab.create(100_000).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1), "it is not slow yet");
    let begun = Instant::now();
    assert!(lab.patch(&path, 0, &[7; 100_000]).await.unwrap().contains(" 204 "));
    // A bucket's first fill and what the kernels hold come at once.
    assert!(begun.elapsed() > Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_name_can_lead_to_somebody_else_while_the_true_address_works() {
    let page = r#"{"reply":{"status":200,"body":"welcome"}}"#;
    for (scheme, certificate) in [("http", ""), ("https", ""), ("https", r#","certificate":"self_signed""#)] {
        let of = format!(r#""at":"name","do":{{"wrong_address":{page}}},"addresses":true{certificate}"#);
        let lab = lab(scheme, &of).await;
        match (scheme, certificate) {
            ("http", _) => assert!(lab.ask("GET", "/", "", b"").await.unwrap().contains("welcome")),
            (_, "") => assert_eq!(lab.fails().await, io::ErrorKind::InvalidData),
            _ => assert!(lab.ask("GET", "/", "", b"").await.unwrap_err().to_string().contains("certificate")),
        }
        let heard = lab.relay.heard();
        assert_eq!(heard.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()), scheme == "http");
        let beside = SocketAddr::new(lab.relay.true_address(), lab.at().port());
        let said = lab.ask_at(beside, "POST", "/files/", "Upload-Length: 5\r\n", b"").await.unwrap();
        assert!(said.contains(" 201 "), "{said}");
        lab.relay.lift().unwrap();
        lab.works().await;
    }
    for way in ["refuse", "blackhole"] {
        let of = format!(r#""at":"name","do":{{"wrong_address":{{"{way}":true}}}},"addresses":true"#);
        let lab = lab("http", &of).await;
        assert!(!matches!(timeout(NOTHING, TcpStream::connect(lab.at())).await, Ok(Ok(_))), "{way}");
        lab.relay.lift().unwrap();
        lab.works().await;
    }
    let nobody = lab("https", r#""at":"name","do":{"no_such_name":true},"addresses":true"#).await;
    assert!(nobody.relay.url().starts_with("https://photos.invalid:"));
    nobody.works().await;
}

#[tokio::test]
async fn a_cut_comes_before_the_interference_and_is_none() {
    let lab = lab("https", r#""at":"patch","do":{"reset":true}"#).await;
    lab.relay.cut_next(Stage::Patch, 2);
    let path = lab.create(5).await.unwrap();
    assert!(lab.patch(&path, 0, b"hello").await.is_err());
    timeout(HANG, lab.relay.until_cut()).await.unwrap();
    assert_eq!((lab.bodies_of("PATCH"), lab.relay.met()), (vec![2], 0));
    assert!(lab.patch(&path, 2, b"llo").await.is_err());
    assert_eq!((lab.bodies_of("PATCH"), lab.relay.met()), (vec![2], 1));
}

#[tokio::test]
async fn who_follows_a_redirect_comes_to_the_decoy() {
    let to = r#"{"reply":{"status":302,"headers":[["Location","http://login.example/a?b"]]}}"#;
    let lab = lab("http", &format!(r#""at":"create","do":{to}"#)).await;
    let said = lab.ask("POST", "/files/", "Upload-Length: 5\r\n", b"").await.unwrap();
    let location = said.lines().find_map(|line| line.strip_prefix("Location: ")).unwrap();
    assert_eq!(location, format!("{}/a?b", lab.relay.decoy().url()));
    assert_eq!(lab.relay.decoy().connections(), 0);
    lab.ask_at(lab.relay.decoy().addr(), "GET", "/a?b", "", b"").await.unwrap();
    assert_eq!(lab.relay.decoy().seen().len(), 1);
}

#[tokio::test]
async fn a_neutral_address_does_as_it_is_told() {
    for (word, status) in
        [(NeutralWord::Works, Some("204")), (NeutralWord::Portal, Some("302")), (NeutralWord::Nothing, None)]
    {
        let neutral = Neutral::start(word).await.unwrap();
        let at = neutral.url().strip_prefix("http://").unwrap().split('/').next().unwrap();
        let said = match TcpStream::connect(at).await {
            Ok(mut socket) => {
                socket.write_all(b"GET /generate_204 HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
                socket.shutdown().await.unwrap();
                let mut said = String::new();
                socket.read_to_string(&mut said).await.unwrap();
                Some(said.split(' ').nth(1).unwrap().to_owned())
            }
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
                None
            }
        };
        assert_eq!((said.as_deref(), neutral.asked()), (status, u64::from(status.is_some())), "{word:?}");
    }
}

#[test]
fn every_case_that_is_written_down_makes_sense() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/interference");
    let mut names = std::collections::HashSet::new();
    for file in std::fs::read_dir(folder).unwrap().flatten() {
        let text = std::fs::read_to_string(file.path()).unwrap();
        let cases = Case::read(&text).unwrap_or_else(|bad| {
            panic!("{:?}:\n{}", file.file_name(), bad.iter().map(|b| format!("{b}\n")).collect::<String>())
        });
        for case in cases {
            assert!(names.insert(case.name.clone()), "{:?} stands in two files", case.name);
        }
    }
    assert!(!names.is_empty());
}
