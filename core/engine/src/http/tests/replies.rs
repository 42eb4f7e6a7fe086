//! What comes back, or does not, and what it is called.

use std::sync::Arc;

use satchel_kernel::outcome::{Identity, MAX_BODY};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::server::{Server, answer, drain, head};
use super::*;

const NO_CONTENT: &str = "HTTP/1.1 204 No Content\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 5\r\n\r\n";

/// Answers everything with this, and tells what it was asked.
async fn saying(text: &'static str) -> (Server, mpsc::UnboundedReceiver<(String, Vec<u8>)>) {
    let (tx, rx) = mpsc::unbounded_channel();
    let server = Server::start(move |mut stream| {
        let tx = tx.clone();
        async move {
            while let Some(asked) = answer(&mut stream, text).await {
                let _ = tx.send(asked);
            }
        }
    });
    (server.await, rx)
}

/// Answers everything with this and closes.
async fn saying_once(text: &'static [u8]) -> Server {
    Server::start(move |mut stream| async move {
        head(&mut stream).await;
        let _ = stream.write_all(text).await;
        let _ = stream.shutdown().await;
        drain(&mut stream).await;
    })
    .await
}

#[tokio::test]
async fn a_request_travels_as_it_is() {
    let (server, mut asked) = saying(NO_CONTENT).await;
    let url = server.url().join("u1?x=%20").unwrap();
    let body = vec![Segment::Bytes(b"ab".to_vec()), Segment::Bytes(b"cde".to_vec())];
    let outcome = plain(&http(&url), &request(Method::Patch, &url, body)).await;
    assert_eq!(outcome.sent(), 5);
    let reply = reply(outcome);
    assert_eq!((reply.status, reply.identity, &reply.url), (204, Identity::None, &url));
    assert_eq!(reply.headers.get_u64("upload-offset"), Some(5));
    let (head, body) = asked.recv().await.unwrap();
    assert!(head.starts_with("patch /files/u1?x=%20 http/1.1\r\n"), "{head}");
    assert!(head.contains("\r\ncontent-length: 5\r\n") && head.contains("\r\ntus-resumable: 1.0.0\r\n"), "{head}");
    assert!(head.contains(concat!("\r\nuser-agent: satchel/", env!("CARGO_PKG_VERSION"), "\r\n")), "{head}");
    assert!(!head.contains("transfer-encoding") && !head.contains("authorization"), "{head}");
    assert_eq!(body, b"abcde");
}

#[tokio::test]
async fn a_post_without_a_body_says_so() {
    let (server, mut asked) = saying("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!(reply(plain(&http(&server.url()), &request(Method::Post, &server.url(), vec![])).await).status, 201);
    assert!(asked.recv().await.unwrap().0.contains("\r\ncontent-length: 0\r\n"));
}

#[tokio::test]
async fn connections_are_kept_unless_a_fresh_one_is_asked_for() {
    let (server, _asked) = saying(NO_CONTENT).await;
    let http = http(&server.url());
    let request = get(&server.url());
    for _ in 0..3 {
        reply(plain(&http, &request).await);
    }
    assert_eq!(server.count(), 1);
    for _ in 0..2 {
        reply(plain(&http, &Request { fresh_connection: true, ..request.clone() }).await);
    }
    assert_eq!(server.count(), 3);
    http.forget_connections();
    reply(plain(&http, &request).await);
    assert_eq!(server.count(), 4);
}

#[tokio::test]
async fn what_is_not_http_is_garbage() {
    for text in [
        &b"\0\x01\x02\xffgarbage\r\n\r\n"[..],
        b"220 mail.example ESMTP\r\n",
        b"HTTP/1.1 2x4 No\r\n\r\n",
        b"<html>hello</html>\r\n\r\n",
    ] {
        let server = saying_once(text).await;
        assert_eq!(cut(&plain(&http(&server.url()), &get(&server.url())).await), Cut::Garbage, "{text:?}");
    }
}

#[tokio::test]
async fn a_connection_that_closes_without_a_word_was_reset() {
    for text in [&b""[..], b"HTTP/1.1 200 OK\r\nTus-Res"] {
        let server = saying_once(text).await;
        assert_eq!(cut(&plain(&http(&server.url()), &get(&server.url())).await), Cut::Reset, "{text:?}");
    }
}

#[tokio::test]
async fn an_endless_body_is_cut_off_and_its_connection_dropped() {
    let (tx, mut gone) = mpsc::unbounded_channel();
    let server = Server::start(move |mut stream| {
        let tx = tx.clone();
        async move {
            head(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n").await;
            while stream.write_all(&[b'x'; 8192]).await.is_ok() {}
            let _ = tx.send(());
        }
    })
    .await;
    let http = http(&server.url());
    let reply = reply(plain(&http, &get(&server.url())).await);
    assert_eq!((reply.status, reply.body.len()), (200, MAX_BODY));
    gone.recv().await.unwrap();
}

#[tokio::test]
async fn a_body_that_never_ends_in_time_or_breaks_off_is_still_a_reply() {
    let begun = "HTTP/1.1 503 Busy\r\nTus-Resumable: 1.0.0\r\nContent-Length: 100\r\n\r\nwait";
    let slow = Server::start(move |mut stream| async move {
        answer(&mut stream, begun).await;
        drain(&mut stream).await;
    })
    .await;
    let mut request = get(&slow.url());
    request.timers.reply_ms = 300;
    let told = reply(plain(&http(&slow.url()), &request).await);
    assert_eq!((told.status, &told.body[..]), (503, &b"wait"[..]));
    let broken = saying_once(b"HTTP/1.1 503 Busy\r\nTus-Resumable: 1.0.0\r\nContent-Length: 100\r\n\r\nwait").await;
    let told = reply(plain(&http(&broken.url()), &get(&broken.url())).await);
    assert_eq!((told.status, told.headers.get("tus-resumable"), &told.body[..]), (503, Some("1.0.0"), &b"wait"[..]));
}

#[tokio::test]
async fn a_header_that_is_not_text_is_left_out() {
    let server = saying_once(
        b"HTTP/1.1 200 OK\r\nX-A: gr\xfc\xdfe\r\nX-B: fine\r\nX-C: gr\xc3\xbc\xc3\x9fe\r\nContent-Length: 0\r\n\r\n",
    )
    .await;
    let headers = reply(plain(&http(&server.url()), &get(&server.url())).await).headers;
    assert_eq!((headers.get("x-a"), headers.get("x-b"), headers.get("x-c")), (None, Some("fine"), Some("grüße")));
}

#[tokio::test]
async fn silence_has_an_end() {
    let server = Server::start(|mut stream| async move {
        drain(&mut stream).await;
    })
    .await;
    let short = Timers { stall_ms: 30_000, reply_ms: 200 };
    for body in [vec![], vec![Segment::Bytes(b"abc".to_vec())]] {
        let request = Request { timers: short, ..request(Method::Patch, &server.url(), body) };
        let outcome = plain(&http(&server.url()), &request).await;
        assert_eq!((cut(&outcome), outcome.sent()), (Cut::NoReply, request.body_len()));
    }
}

#[tokio::test]
async fn stop_ends_a_wait_and_closes_the_connection() {
    let (tx, mut events) = mpsc::unbounded_channel();
    let server = Server::start(move |mut stream| {
        let tx = tx.clone();
        async move {
            let asked = head(&mut stream).await;
            let _ = tx.send(!asked.is_empty());
            drain(&mut stream).await;
            let _ = tx.send(false);
        }
    })
    .await;
    let (http, request, stop) = (http(&server.url()), get(&server.url()), CancellationToken::new());
    let nothing = |_| {};
    let sending = http.send(&request, None, None, &nothing, &stop);
    let stopping = async {
        assert!(events.recv().await.unwrap(), "the request arrived");
        stop.cancel();
    };
    let (outcome, ()) = tokio::join!(sending, stopping);
    assert_eq!(cut(&outcome.unwrap()), Cut::Stopped);
    assert!(!events.recv().await.unwrap(), "the server saw the connection end");
    let again = http.send(&request, None, None, &nothing, &stop).await.unwrap();
    assert_eq!((cut(&again), server.count()), (Cut::Stopped, 1));
}

#[tokio::test]
async fn a_redirect_is_told_and_not_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let location = format!("http://{}/files/", elsewhere.local_addr().unwrap());
    for status in [301, 302, 303, 307, 308] {
        let text: Arc<str> =
            format!("HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n").into();
        let server = Server::start(move |mut stream| {
            let text = text.clone();
            async move { while answer(&mut stream, &text).await.is_some() {} }
        })
        .await;
        let token = Token::new("secret").unwrap();
        let request = request(Method::Patch, &server.url(), vec![Segment::Bytes(b"abc".to_vec())]);
        let http = http(&server.url());
        let outcome = http.send(&request, Some(&token), None, &|_| {}, &CancellationToken::new()).await.unwrap();
        let reply = reply(outcome);
        assert_eq!((reply.status, reply.url), (status, server.url()));
    }
    let visit = futures_util::FutureExt::now_or_never(elsewhere.accept());
    assert!(visit.is_none(), "somebody went elsewhere");
}

#[tokio::test]
async fn the_token_goes_to_the_targets_origins_only() {
    let (ours, mut at_ours) = saying(NO_CONTENT).await;
    let (other, mut at_other) = saying(NO_CONTENT).await;
    let http = http(&ours.url());
    let token = Token::new("t0p-secret").unwrap();
    let send = async |request: Request| {
        reply(http.send(&request, Some(&token), None, &|_| {}, &CancellationToken::new()).await.unwrap());
    };
    send(get(&ours.url())).await;
    assert!(at_ours.recv().await.unwrap().0.contains("\r\nauthorization: bearer t0p-secret\r\n"));
    send(Request { authorize: false, ..get(&ours.url()) }).await;
    assert!(!at_ours.recv().await.unwrap().0.contains("secret"));
    send(get(&other.url())).await;
    assert!(!at_other.recv().await.unwrap().0.contains("secret"));
    assert_eq!(format!("{token:?}"), "Token");
}

#[tokio::test]
async fn a_token_never_goes_over_plain_http_but_on_loopback() {
    let token = Token::new("secret").unwrap();
    for (host, fine) in [
        ("http://192.0.2.1/", false),
        ("http://box.example/", false),
        ("http://127.0.0.1:1/", true),
        ("http://[::1]:1/", true),
        ("http://localhost:1/", true),
    ] {
        let url: Url = host.parse().unwrap();
        let stop = CancellationToken::new();
        stop.cancel();
        let outcome = http(&url).send(&get(&url), Some(&token), None, &|_| {}, &stop).await;
        match outcome {
            Err(SendRefused::PlainHttp { .. }) => assert!(!fine, "{host}"),
            other => assert!(fine && other.is_ok_and(|o| cut(&o) == Cut::Stopped), "{host}"),
        }
    }
}

#[tokio::test]
async fn what_cannot_be_said_in_http_is_refused() {
    let url: Url = "http://127.0.0.1:1/".parse().unwrap();
    let with = |name: &str, value: &str| Request { headers: vec![(name.into(), value.into())], ..get(&url) };
    let bad = [
        with("a b", "x"),
        with("x", "line\nbreak"),
        with("content-length", "7"),
        with("Authorization", "Bearer x"),
        get(&"ftp://127.0.0.1/".parse().unwrap()),
        get(&"http://me:pw@127.0.0.1/".parse().unwrap()),
        request(Method::Patch, &url, vec![Segment::Blob(0..1)]),
    ];
    for request in bad {
        let refused = http(&url).send(&request, None, None, &|_| {}, &CancellationToken::new()).await;
        assert!(matches!(refused, Err(SendRefused::BadRequest(_))), "{request:?}: {refused:?}");
    }
    for bad in ["", " ", "a b", "ä", "a\nb"] {
        assert_eq!(Token::new(bad).unwrap_err(), BadToken, "{bad:?}");
    }
}

#[tokio::test]
async fn nobody_there_is_no_connection_and_no_name_is_no_address() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url: Url = format!("http://{closed}/").parse().unwrap();
    assert_eq!(cut(&plain(&http(&url), &get(&url)).await), Cut::NoConnection);
    let nameless: Url = "http://no-such-name.invalid/".parse().unwrap();
    assert_eq!(cut(&plain(&http(&nameless), &get(&nameless)).await), Cut::NoAddress);
}
