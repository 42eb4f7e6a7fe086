//! What is seen of whoever answers in the service's place: its certificate and why that was not believed, and whether it speaks TLS
//! at all. An authority of the test's own stands for the trusted roots.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use satchel_kernel::health::{Heard, How};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::identity::{FINE, serves};
use super::server::{Server, drain};
use super::*;
use crate::http::certificate::{Refusal, Said};

type Years = (i32, i32);
const GOOD: Years = (2000, 2200);

/// An authority, or one below it.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    der: CertificateDer<'static>,
    pem: String,
}

fn params(name: &str, years: Years, common: &str) -> CertificateParams {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, common);
    (params.not_before, params.not_after) = (date_time_ymd(years.0, 1, 1), date_time_ymd(years.1, 1, 1));
    params
}

fn authority_params(common: &str, years: Years) -> CertificateParams {
    let mut params = params("authority.example", years, common);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    params
}

impl Authority {
    fn new(common: &str) -> Self {
        let (key, params) = (KeyPair::generate().unwrap(), authority_params(common, GOOD));
        let made = params.self_signed(&key).unwrap();
        Self { der: made.der().clone(), pem: made.pem(), issuer: Issuer::new(params, key) }
    }

    fn below(&self, common: &str, years: Years) -> Self {
        let (key, params) = (KeyPair::generate().unwrap(), authority_params(common, years));
        let made = params.signed_by(&key, &self.issuer).unwrap();
        Self { der: made.der().clone(), pem: made.pem(), issuer: Issuer::new(params, key) }
    }

    fn signs(&self, name: &str, years: Years) -> Shown {
        let key = KeyPair::generate().unwrap();
        let made = params(name, years, "the box").signed_by(&key, &self.issuer).unwrap();
        Shown { chain: vec![made.der().clone()], key }
    }

    fn trust(&self) -> Trust {
        Trust::Roots { extra_pem: vec![self.pem.clone()] }
    }
}

/// What a server shows.
struct Shown {
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
}

impl Shown {
    fn of_itself(name: &str, years: Years, is_authority: bool) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = params(name, years, "a portal");
        if is_authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        Self { chain: vec![params.self_signed(&key).unwrap().der().clone()], key }
    }

    fn with(mut self, authority: &Authority) -> Self {
        self.chain.push(authority.der.clone());
        self
    }

    async fn serve(&self, key: &KeyPair) -> Server {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let signer = provider.key_provider.load_private_key(private).unwrap();
        serves(Arc::new(CertifiedKey::new(self.chain.clone(), signer)), FINE.into()).await.0
    }
}

/// What is seen of one who shows this.
async fn seen(trust: &Trust, shown: &Shown) -> CertificateSeen {
    seen_with(trust, shown, &shown.key).await
}

async fn seen_with(trust: &Trust, shown: &Shown, key: &KeyPair) -> CertificateSeen {
    let server = shown.serve(key).await;
    let (url, http) = (server.https(), with_trust(trust, &server.https()));
    assert_eq!(http.certificate(&url), None);
    assert_eq!(cut(&plain(&http, &get(&url)).await), Cut::Certificate);
    assert_eq!((http.met(&url).how, http.met(&url).heard), (How::Connected, Heard::Tls));
    let seen = http.certificate(&url).unwrap();
    assert_eq!(seen.sha256, hex(&shown.chain[0]));
    assert_eq!(http.certificate(&"https://other.example/".parse().unwrap()), None);
    seen
}

fn hex(der: &[u8]) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der);
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn a_certificate_that_is_believed_is_not_noted() {
    let ours = Authority::new("ours");
    let between = ours.below("between", GOOD);
    for shown in [ours.signs("localhost", GOOD), between.signs("localhost", GOOD).with(&between)] {
        let server = shown.serve(&shown.key).await;
        let http = with_trust(&ours.trust(), &server.https());
        assert_eq!(reply(plain(&http, &get(&server.https())).await).status, 200);
        assert_eq!(http.certificate(&server.https()), None);
    }
}

#[tokio::test]
async fn a_forged_one_is_told_with_its_issuer() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("Ministry, of \"Truth\""));
    let found = seen(&ours.trust(), &theirs.signs("localhost", GOOD).with(&theirs)).await;
    assert_eq!((found.why, found.only_dates), (Refusal::UnknownIssuer, false));
    assert_eq!((&found.issuer[..], &found.subject[..]), (r#"CN=Ministry\, of \"Truth\""#, "CN=the box"));
    // Under the name of an authority that is trusted, with another key.
    let impostor = Authority::new("ours");
    let found = seen(&ours.trust(), &impostor.signs("localhost", GOOD)).await;
    assert_eq!((found.why, &found.issuer[..]), (Refusal::UnknownIssuer, "CN=ours"));
}

#[tokio::test]
async fn one_that_made_itself_is_told_so() {
    let ours = Authority::new("ours");
    for is_authority in [false, true] {
        let found = seen(&ours.trust(), &Shown::of_itself("localhost", GOOD, is_authority)).await;
        assert_eq!((found.why, found.only_dates), (Refusal::SelfSigned, false));
        assert_eq!((&found.issuer[..], &found.subject[..]), ("CN=a portal", "CN=a portal"));
    }
}

#[tokio::test]
async fn a_good_one_of_somebody_else_is_of_the_wrong_name() {
    let ours = Authority::new("ours");
    let found = seen(&ours.trust(), &ours.signs("portal.example", GOOD)).await;
    assert_eq!((found.why, found.only_dates), (Refusal::WrongName, false));
}

const PAST: Years = (1990, 1999);
const FUTURE: Years = (2150, 2160);

#[tokio::test]
async fn dates_alone_are_told_from_what_is_forged_and_old_as_well() {
    let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
    // The authority is trusted at any time, as roots are.
    let between = ours.below("between", (1980, 2190));
    for (years, dates) in [(PAST, Refusal::Expired), (FUTURE, Refusal::NotYetValid)] {
        let told = async |shown: Shown| {
            let found = seen(&ours.trust(), &shown).await;
            (found.why, found.only_dates)
        };
        assert_eq!(told(ours.signs("localhost", years)).await, (dates, true));
        assert_eq!(told(between.signs("localhost", years).with(&between)).await, (dates, true));
        assert_eq!(told(theirs.signs("localhost", years)).await, (Refusal::UnknownIssuer, false));
        assert_eq!(told(Shown::of_itself("localhost", years, false)).await, (Refusal::SelfSigned, false));
        assert_eq!(told(Shown::of_itself("localhost", years, true)).await, (Refusal::SelfSigned, false));
        assert_eq!(told(ours.signs("portal.example", years)).await, (Refusal::WrongName, false));
        assert_eq!(told(Authority::new("ours").signs("localhost", years)).await, (Refusal::UnknownIssuer, false));
    }
}

/// A good certificate with an intermediate one that was not renewed: at a time that both share it is good.
#[tokio::test]
async fn an_intermediate_one_can_be_what_is_too_old() {
    let ours = Authority::new("ours");
    let between = ours.below("between", (2001, 2003));
    let found = seen(&ours.trust(), &between.signs("localhost", GOOD).with(&between)).await;
    assert_eq!((found.why, found.only_dates), (Refusal::Expired, true));
    // And one that has no time in common with it is never good.
    let found = seen(&ours.trust(), &between.signs("localhost", (2010, 2012)).with(&between)).await;
    assert_eq!((found.why, found.only_dates), (Refusal::Expired, false));
}

#[tokio::test]
async fn another_key_than_the_pinned_one_is_told_whatever_it_says() {
    let (shown, other) = (Shown::of_itself("localhost", PAST, false), Shown::of_itself("localhost", GOOD, false));
    let pin = |shown: &Shown| Trust::Pinned(super::identity::pin(&shown.key));
    let found = seen(&pin(&other), &shown).await;
    assert_eq!((found.why, found.only_dates, &found.issuer[..]), (Refusal::OtherKey, false, "CN=a portal"));
    // The right certificate, shown by one who does not have its key.
    let found = seen_with(&pin(&other), &other, &shown.key).await;
    assert_eq!((found.why, found.only_dates), (Refusal::OtherKey, false));
    let ours = Authority::new("ours");
    let found = seen_with(&ours.trust(), &ours.signs("localhost", GOOD), &shown.key).await;
    assert_eq!((found.why, found.only_dates), (Refusal::OtherKey, false));
}

#[tokio::test]
async fn what_is_no_certificate_is_told_by_its_hash() {
    let (ours, key) = (Authority::new("ours"), KeyPair::generate().unwrap());
    for rubbish in [vec![], vec![0x30, 0x82], vec![0xff; 300], b"<html>".to_vec()] {
        let shown = Shown { chain: vec![CertificateDer::from(rubbish)], key: KeyPair::generate().unwrap() };
        let found = seen_with(&ours.trust(), &shown, &key).await;
        assert_eq!((found.why, found.only_dates), (Refusal::Other, false));
        assert_eq!((&found.issuer[..], &found.subject[..]), ("", ""));
    }
}

/// What is damaged anywhere is read as far as it goes, and never a reason to fall over.
#[test]
fn rubbish_is_read_without_harm() {
    let ours = Authority::new("ours");
    let whole = ours.signs("localhost", GOOD).chain.remove(0);
    assert!(Said::of(&whole).is_some_and(|said| !said.is_of_itself()));
    let reads = |der: &[u8]| {
        let said = Said::of(der);
        let der = CertificateDer::from(der);
        let seen = CertificateSeen::new(&der, said.as_ref(), Refusal::Other, false);
        assert!(seen.issuer.chars().chain(seen.subject.chars()).all(|c| !c.is_control()));
        assert!(seen.issuer.chars().count() <= 512 && seen.subject.chars().count() <= 512);
        said.is_some()
    };
    let mut read = 0;
    for at in 0..whole.len() {
        reads(&whole[..at]);
        for bit in 0..8 {
            let mut damaged = whole.to_vec();
            damaged[at] ^= 1 << bit;
            read += u32::from(reads(&damaged));
        }
    }
    assert!(read > 1000, "{read}");
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    for _ in 0..100_000 {
        let mut damaged = whole.to_vec();
        for _ in 0..=state >> 62 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = (state >> 33) as usize % damaged.len().min(200);
            damaged[at] = (state >> 24) as u8;
        }
        reads(&damaged);
    }
}

#[test]
fn a_long_name_is_cut_and_one_with_controls_is_shown() {
    let key = KeyPair::generate().unwrap();
    let made =
        params("localhost", GOOD, &format!("a\nb\u{202e}c\u{1b}[31m{}", "é".repeat(5000))).self_signed(&key).unwrap();
    let said = Said::of(made.der());
    let seen = CertificateSeen::new(made.der(), said.as_ref(), Refusal::Other, false);
    assert!(seen.issuer.starts_with("CN=a\\0ab\u{fffd}c\\1b[31mé"), "{}", seen.issuer);
    assert_eq!(seen.issuer.chars().count(), 512);
}

async fn met_by(server: &Server) -> (Cut, crate::door::Met) {
    let url = server.https();
    let options = Options { connect_timeout: Duration::from_millis(500) };
    let http = through(&Authority::new("ours").trust(), &url, &options);
    let outcome = plain(&http, &get(&url)).await;
    assert_eq!(http.certificate(&url), None);
    (cut(&outcome), http.met(&url))
}

#[tokio::test]
async fn who_answers_the_hello_with_something_else_is_told() {
    for (words, heard) in [
        (&b"HTTP/1.1 302 Found\r\nLocation: http://portal.example/\r\n\r\n"[..], Heard::Http),
        (b"SSH-2.0-box\r\n", Heard::Other),
        (b"\x00\x00\x00\x00\x00\x00", Heard::Other),
    ] {
        let portal = Server::start(move |mut stream| async move {
            let _ = stream.write_all(words).await;
            drain(&mut stream).await;
        })
        .await;
        let (cut, met) = met_by(&portal).await;
        assert_eq!((cut, met.how, met.heard), (Cut::Handshake, How::Connected, heard), "{words:?}");
    }
}

#[tokio::test]
async fn a_reset_an_alert_and_silence_after_the_hello_are_not_plain_words() {
    // An alert: handshake_failure (RFC 8446 §6).
    let alert = Server::start(|mut stream| async move {
        let _ = stream.write_all(&[0x15, 3, 3, 0, 2, 2, 40]).await;
        drain(&mut stream).await;
    });
    let reset = Server::start(|mut stream| async move {
        let _ = stream.read_u8().await;
        stream.set_zero_linger().unwrap();
    });
    let silent = Server::start(|mut stream| async move {
        drain(&mut stream).await;
    });
    for (server, want, heard) in [
        (alert.await, Cut::Handshake, Heard::Tls),
        (reset.await, Cut::Handshake, Heard::Nothing),
        (silent.await, Cut::NoConnection, Heard::Nothing),
    ] {
        let (cut, met) = met_by(&server).await;
        assert_eq!((cut, met.how, met.heard), (want, How::Connected, heard));
        assert_eq!(met.address, Some(server.address.ip()));
    }
}

/// By configured addresses it is still the name that the certificate is checked for.
#[tokio::test]
async fn by_address_the_name_is_what_tls_checks() {
    let ours = Authority::new("ours");
    for (name, believed) in [("box.invalid", true), ("portal.example", false)] {
        let shown = ours.signs(name, GOOD);
        let server = shown.serve(&shown.key).await;
        let url: Url = format!("https://box.invalid:{}/files/", server.address.port()).parse().unwrap();
        let door = free_door();
        door.set_addresses(4, vec![server.address.ip()]);
        let http = Http::new(&ours.trust(), &[url.origin()], &Options::default(), &door, TARGET, 4).unwrap();
        let outcome = plain(&http, &get(&url)).await;
        assert_eq!(http.met(&url).address, Some(server.address.ip()));
        match http.certificate(&url) {
            None => assert!(believed && reply(outcome).status == 200),
            Some(seen) => {
                assert_eq!((believed, seen.why, cut(&outcome)), (false, Refusal::WrongName, Cut::Certificate))
            }
        }
    }
}

#[tokio::test]
async fn a_probe_is_an_options_request_without_a_body() {
    let (tx, mut rx) = tokio::sync::mpsc::unbounded_channel();
    let server = Server::start(move |mut stream| {
        let tx = tx.clone();
        async move {
            let text = "HTTP/1.1 204 No\r\nTus-Version: 1.0.0\r\n\r\n";
            let _ = tx.send(super::server::answer(&mut stream, text).await);
        }
    })
    .await;
    let http = http(&server.url());
    let answer = reply(plain(&http, &request(Method::Options, &server.url(), vec![])).await);
    assert_eq!((answer.status, answer.headers.get("tus-version")), (204, Some("1.0.0")));
    let (head, body) = rx.recv().await.unwrap().unwrap();
    assert!(head.starts_with("options /files/ http/1.1\r\n"), "{head}");
    assert!(body.is_empty() && !head.contains("content-length") && head.len() < 300, "{head}");
}
