//! The liars: honest when they are to be, and each lie as it was asked for, seen from a client's socket.

#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::time::Duration;

use satchel_testkit::liar::{
    Answer, FalseAnswer, FalseLocation, FalseOffset, Liar, Lie, LyingTus, Point, Release, Reply, Rule, When,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const HANG: Duration = Duration::from_secs(60);

/// A reply, read by nothing but its text.
#[derive(Debug)]
struct Got {
    status: u16,
    head: String,
    body: String,
}

impl Got {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// Sends one request on a connection of its own and reads to the connection's end.
async fn raw(to: SocketAddr, request: &str) -> std::io::Result<String> {
    let talk = async {
        let mut socket = TcpStream::connect(to).await?;
        socket.write_all(request.as_bytes()).await?;
        socket.shutdown().await?;
        let mut reply = Vec::new();
        socket.read_to_end(&mut reply).await?;
        Ok(String::from_utf8_lossy(&reply).into_owned())
    };
    timeout(HANG, talk).await.expect("the exchange hangs")
}

async fn ask(to: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Got {
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: {to}\r\nTus-Resumable: 1.0.0\r\n{headers}{length}\r\n{body}");
    let reply = raw(to, &request).await.unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no reply: {reply:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Got { status, head: head.to_owned(), body: body.to_owned() }
}

async fn create(tus: &LyingTus, length: usize) -> (Got, String) {
    let got =
        ask(tus.addr(), "POST", "/files/", &format!("Upload-Length: {length}\r\nUpload-Metadata: name eA==\r\n"), "")
            .await;
    let path = format!("/files/u{}", tus.created());
    (got, path)
}

async fn patch(tus: &LyingTus, path: &str, offset: usize, body: &str) -> Got {
    let headers = format!("Upload-Offset: {offset}\r\nContent-Type: application/offset+octet-stream\r\n");
    ask(tus.addr(), "PATCH", path, &headers, body).await
}

async fn head(tus: &LyingTus, path: &str) -> Got {
    ask(tus.addr(), "HEAD", path, "", "").await
}

#[tokio::test]
async fn an_honest_server_keeps_what_arrived_and_counts_what_is_whole() {
    let tus = LyingTus::start().await.unwrap();
    let (made, path) = create(&tus, 10).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.header("Location"), Some(format!("http://{}{path}", tus.addr()).as_str()));
    assert_eq!(made.header("Tus-Resumable"), Some("1.0.0"));

    // Cut in the middle of a body: what arrived stays, and the upload is free for the next.
    let cut = format!(
        "PATCH {path} HTTP/1.1\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Length: 10\r\n\
         Content-Type: application/offset+octet-stream\r\n\r\n0123"
    );
    assert_eq!(raw(tus.addr(), &cut).await.unwrap(), "");
    let seen = head(&tus, &path).await;
    assert_eq!((seen.status, seen.header("Upload-Offset"), seen.header("Upload-Length")), (200, Some("4"), Some("10")));
    assert_eq!(seen.header("Upload-Metadata"), Some("name eA=="));
    assert!(tus.completed().is_empty());
    assert_eq!(patch(&tus, &path, 3, "x").await.status, 409);
    assert_eq!(patch(&tus, &path, 4, "4567890").await.status, 413);
    let (_, path) = create(&tus, 10).await;
    assert_eq!(patch(&tus, &path, 0, "01234").await.header("Upload-Offset"), Some("5"));
    let done = patch(&tus, &path, 5, "56789").await;
    assert_eq!((done.status, done.header("Upload-Offset")), (204, Some("10")));
    let hash = blake3::hash(b"0123456789").to_string();
    assert!(tus.completions_of(&hash) >= 1);
    assert_eq!(tus.bytes_of(&path[7..]).as_deref(), Some(&b"0123456789"[..]));
    assert_eq!(ask(tus.addr(), "DELETE", &path, "", "").await.status, 204);
    assert_eq!(head(&tus, &path).await.status, 404);
    let seen = tus.seen();
    let cut = seen.iter().find(|seen| seen.method == "PATCH").unwrap();
    assert_eq!((cut.body, cut.whole, cut.authorized()), (4, false, false));
}

#[tokio::test]
async fn time_tokens_and_chunks_are_as_the_protocol_says() {
    let tus = LyingTus::start().await.unwrap();
    tus.expire_after(Duration::from_secs(3600));
    let (made, path) = create(&tus, 4).await;
    assert!(made.header("Upload-Expires").is_some_and(|at| at.ends_with(" GMT")));
    let chunked = format!(
        "PATCH {path} HTTP/1.1\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nTransfer-Encoding: chunked\r\n\
         Content-Type: application/offset+octet-stream\r\n\r\n1\r\na\r\n2;x=y\r\nbc\r\n0\r\n\r\n"
    );
    let reply = raw(tus.addr(), &chunked).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 204 ") && reply.contains("Upload-Offset: 3\r\n"), "{reply}");
    tus.expire_uploads();
    assert_eq!(head(&tus, &path).await.status, 410);
    tus.require_token("sesame");
    let got = head(&tus, &path).await;
    assert_eq!((got.status, got.header("Tus-Resumable")), (401, Some("1.0.0")));
    let got = ask(tus.addr(), "HEAD", &path, "Authorization: Bearer sesame\r\n", "").await;
    assert_eq!(got.status, 410);
    assert!(tus.seen().last().unwrap().authorized());
    let unmarked = raw(tus.addr(), "OPTIONS /files/ HTTP/1.1\r\nAuthorization: Bearer sesame\r\n\r\n").await.unwrap();
    assert!(unmarked.contains("Tus-Extension: creation,"));
}

#[tokio::test]
async fn every_offset_lie_is_told_where_it_was_asked_for() {
    for lie in FalseOffset::ALL {
        let tus = LyingTus::start().await.unwrap();
        let (_, path) = create(&tus, 100).await;
        tus.lie(When::next(Point::Patch), Lie::Offset(lie));
        tus.lie(When::next(Point::Head), Lie::Offset(lie));
        let told = [patch(&tus, &path, 0, "0123456789").await, head(&tus, &path).await];
        let expected = match lie {
            FalseOffset::AboveLength => Some("101"),
            FalseOffset::AboveSent => Some("100"),
            FalseOffset::Lower => Some("5"),
            FalseOffset::Negative => Some("-1"),
            FalseOffset::Absent => None,
            FalseOffset::Garbage => Some("many"),
            FalseOffset::Huge => Some("18446744073709551616"),
        };
        assert!(told.iter().all(|got| got.header("Upload-Offset") == expected), "{lie:?}: {told:?}");
        assert_eq!(tus.lies_told(), 2);
        assert_eq!(head(&tus, &path).await.header("Upload-Offset"), Some("10"), "once only");
    }
}

#[tokio::test]
async fn every_location_lie_is_told() {
    let tus = LyingTus::start().await.unwrap();
    for lie in FalseLocation::ALL {
        tus.honest();
        tus.lie(Point::Create, Lie::Location(lie));
        let (made, path) = create(&tus, 1).await;
        let place = made.header("Location");
        match lie {
            FalseLocation::Foreign => assert_eq!(place, Some(format!("{}{path}", tus.decoy().url()).as_str())),
            FalseLocation::Path => assert_eq!(place, Some(path.as_str())),
            FalseLocation::Relative => assert_eq!(place, path.strip_prefix("/files/")),
            FalseLocation::Absolute => assert_eq!(place, Some(format!("http://{}{path}", tus.addr()).as_str())),
            FalseLocation::Missing => assert_eq!(place, None),
            FalseLocation::Absurd => assert!(place.is_some_and(|place| place.contains("%zz"))),
        }
    }
}

#[tokio::test]
async fn the_work_is_done_or_not_as_the_lie_says() {
    let tus = LyingTus::start().await.unwrap();
    let done = |tus: &LyingTus| tus.completed().len();

    let (_, path) = create(&tus, 3).await;
    tus.lie(When::next(Point::Patch), Lie::LoseAnswer);
    let headers = "Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\n";
    let request = format!("PATCH {path} HTTP/1.1\r\n{headers}Content-Length: 3\r\n\r\nabc");
    assert!(raw(tus.addr(), &request).await.is_err(), "a reset in place of the answer");
    assert_eq!(done(&tus), 1);

    let (_, path) = create(&tus, 3).await;
    tus.lie(When::next(Point::Patch), Lie::Twice);
    let request = format!("PATCH {path} HTTP/1.1\r\n{headers}Content-Length: 3\r\n\r\nabc");
    assert_eq!(raw(tus.addr(), &request).await.unwrap().matches("HTTP/1.1 204 ").count(), 2);
    assert_eq!(done(&tus), 2, "said twice, done once");

    let (_, path) = create(&tus, 3).await;
    tus.lie(When::nth(Point::Patch, 2), Lie::Unmarked);
    assert_eq!(patch(&tus, &path, 0, "a").await.header("Tus-Resumable"), Some("1.0.0"));
    assert_eq!(patch(&tus, &path, 1, "bc").await.header("Tus-Resumable"), None);
    assert_eq!(done(&tus), 3);

    let (_, path) = create(&tus, 3).await;
    for status in [401, 404, 409, 410, 413, 423, 451, 500, 502, 503, 504] {
        for lie in [Lie::marked(status), Lie::unmarked(status)] {
            tus.lie(When::next(Point::Patch), lie.clone());
            let got = patch(&tus, &path, 0, "abc").await;
            let marks = matches!(lie, Lie::Status { marks: true, .. });
            assert_eq!((got.status, got.header("Tus-Resumable").is_some()), (status, marks));
        }
    }
    tus.lie(When::next(Point::Any), Lie::retry_after(429, "7"));
    assert_eq!(head(&tus, &path).await.header("Retry-After"), Some("7"));
    tus.lie(When::next(Point::Head), Lie::Length);
    assert_eq!(head(&tus, &path).await.header("Upload-Length"), Some("4"));
    assert_eq!(head(&tus, &path).await.header("Upload-Offset"), Some("0"), "nothing was done");
    tus.lie(When::next(Point::Head), Lie::Forget);
    assert_eq!(head(&tus, &path).await.status, 404);
    assert_eq!(patch(&tus, &path, 0, "abc").await.status, 404);
    assert_eq!(done(&tus), 3);
}

#[tokio::test]
async fn a_buffering_proxy_gives_the_server_whole_small_bodies_only() {
    let tus = LyingTus::start().await.unwrap();
    let (_, path) = create(&tus, 20).await;
    tus.lie(Point::Patch, Lie::Buffering { at_most: 5 });
    let headers = "Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\n";
    let cut = format!("PATCH {path} HTTP/1.1\r\n{headers}Content-Length: 5\r\n\r\n0123");
    raw(tus.addr(), &cut).await.unwrap();
    let large = format!("PATCH {path} HTTP/1.1\r\n{headers}Content-Length: 20\r\n\r\n0123456789abcdefghij");
    assert!(raw(tus.addr(), &large).await.is_err());
    assert_eq!(head(&tus, &path).await.header("Upload-Offset"), Some("0"));
    assert_eq!(patch(&tus, &path, 0, "01234").await.header("Upload-Offset"), Some("5"));
    assert_eq!(tus.seen().iter().filter(|seen| seen.method == "PATCH" && seen.body > 0).count(), 3);
}

#[tokio::test]
async fn every_false_answer_is_given_and_none_does_the_work() {
    let mut names = std::collections::HashSet::new();
    for answer in FalseAnswer::ALL {
        assert!(names.insert(answer.to_string()));
        let tus = LyingTus::start().await.unwrap();
        let (_, path) = create(&tus, 3).await;
        if answer.needs_tls() {
            continue;
        }
        tus.tell(answer);
        let request = format!(
            "PATCH {path} HTTP/1.1\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Length: 3\r\n\
             Content-Type: application/offset+octet-stream\r\n\r\nabc"
        );
        let mut socket = TcpStream::connect(tus.addr()).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut start = vec![0; 200_000];
        let mut filled = 0;
        let quiet = if answer == FalseAnswer::Silence { Duration::from_millis(100) } else { HANG };
        let ended = timeout(quiet, async {
            while filled < start.len() {
                match socket.read(&mut start[filled..]).await {
                    Ok(0) => return Ok(()),
                    Ok(read) => filled += read,
                    Err(reset) => return Err(reset),
                }
                // A reply that stays open says its length; one of these says enough by its first bytes.
                if matches!(answer, FalseAnswer::Html(_) | FalseAnswer::Json) {
                    return Ok(());
                }
            }
            Ok(())
        });
        let ended = ended.await;
        let text = String::from_utf8_lossy(&start[..filled]);
        match answer {
            FalseAnswer::Html(status) => {
                assert!(text.starts_with(&format!("HTTP/1.1 {status} ")) && text.contains("text/html"), "{text}");
                assert_eq!(text.contains(&tus.decoy().url()), answer.redirects());
            }
            FalseAnswer::Json => assert!(text.ends_with("{\"ok\":true}")),
            FalseAnswer::EndlessBody | FalseAnswer::EndlessHead => assert_eq!(filled, start.len()),
            FalseAnswer::Garbage => assert!(filled > 100 && !text.starts_with("HTTP")),
            FalseAnswer::ResetEarly | FalseAnswer::ResetLate => assert!(ended.unwrap().is_err()),
            FalseAnswer::Close => assert!(filled == 0 && ended.unwrap().is_ok()),
            FalseAnswer::Silence => assert!(ended.is_err() && filled == 0),
            FalseAnswer::SelfSigned => unreachable!("needs TLS"),
        }
        drop(socket);
        assert!(tus.completed().is_empty() && tus.decoy().connections() == 0);
        tus.honest();
        assert_eq!(patch(&tus, &path, 0, "abc").await.status, 204, "after {answer}");
        assert_eq!(tus.completed().len(), 1);
    }
}

#[tokio::test]
async fn another_certificate_is_shown_until_the_server_is_honest_again() {
    use std::sync::Arc;
    let tus = LyingTus::start_tls().await.unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(tus.certificate().unwrap().der().to_vec().into()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = builder.with_root_certificates(roots).with_no_client_auth();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    for honest in [true, false, true] {
        if honest {
            tus.honest();
        } else {
            tus.tell(FalseAnswer::SelfSigned);
        }
        let before = tus.seen().len();
        let socket = TcpStream::connect(tus.addr()).await.unwrap();
        let connected = connector.connect(name.clone(), socket).await;
        assert_eq!(connected.is_ok(), honest);
        if let Ok(mut tls) = connected {
            tls.write_all(b"OPTIONS /files/ HTTP/1.1\r\n\r\n").await.unwrap();
            assert_eq!(tls.read_u8().await.unwrap(), b'H');
        }
        assert_eq!(tus.seen().len() - before, usize::from(honest));
    }
    assert!(tus.url().starts_with("https://localhost:"));
}

#[tokio::test]
async fn rules_answer_by_method_path_and_turn() {
    let text = |text: &str| Answer::Reply(Reply::status(200).body(text));
    let release = Release::new();
    let liar = Liar::start(vec![
        Rule::always(text("second")).method("GET").path("/a").nth(2),
        Rule::always(Answer::Held(release.clone(), Box::new(text("held")))).path("/held"),
        Rule::always(Answer::Raw(b"HTTP/9 what\r\n\r\n".to_vec())).path("/raw"),
        Rule::always(text("first two")).path("/b").times(2),
    ])
    .await
    .unwrap();
    let to = liar.addr();
    let body = async |path: &str| ask(to, "GET", path, "", "").await;
    assert_eq!(body("/a").await.status, 404);
    assert_eq!(body("/a").await.body, "second");
    assert_eq!(body("/a").await.status, 404);
    assert_eq!((body("/b").await.body, body("/b").await.body), ("first two".into(), "first two".into()));
    assert_eq!(body("/b").await.status, 404);
    assert_eq!(raw(to, "GET /raw HTTP/1.1\r\n\r\n").await.unwrap(), "HTTP/9 what\r\n\r\n");

    let held = tokio::spawn(async move { ask(to, "GET", "/held", "Authorization: x\r\n", "").await });
    let seen = liar.until(|seen| seen.iter().any(|seen| seen.path == "/held")).await;
    assert!(seen.last().unwrap().authorized() && !held.is_finished());
    release.release();
    assert_eq!(held.await.unwrap().body, "held");
    assert_eq!(liar.connections(), 8);
    liar.set_rules(vec![Rule::always(Answer::Early(Box::new(Answer::Reset)))]);
    let large = format!("PUT / HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n{}", "x".repeat(1000));
    assert!(raw(to, &large).await.is_err());
    assert!(!liar.seen().last().unwrap().whole);
}
