//! Bodies on their way: counted, watched, and only of the file that was hashed.

use std::fs::OpenOptions;
use std::io::{Seek as _, SeekFrom, Write as _};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{mpsc, oneshot};

use super::server::{Server, answer, drain, head, length};
use super::*;

const KEPT: &str = "HTTP/1.1 204 No Content\r\nTus-Resumable: 1.0.0\r\n\r\n";
/// More than the kernel and the HTTP library take ahead of a reader that does not read.
const LARGE: u64 = 64 << 20;

// On one thread, where a connection is back among the kept ones before the next request looks for it.
#[tokio::test]
async fn ranges_of_a_file_arrive_bit_for_bit() {
    let bytes: Vec<u8> = (0..1_000_003u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&bytes).unwrap();
    let (tx, mut asked) = mpsc::unbounded_channel();
    let server = Server::start(move |mut stream| {
        let tx = tx.clone();
        async move {
            while let Some(got) = answer(&mut stream, KEPT).await.map(|(_, body)| tx.send(body)) {
                got.unwrap()
            }
        }
    })
    .await;
    let (http, blob) = (http(&server.url()), blob_of(&file));
    let all = bytes.len() as u64;
    for (one, two) in [(0..all, 0..0), (1..2, 5..5), (all - 1..all, 0..1), (65_536..131_072, 0..0), (7..70_000, 3..5)] {
        let mut want = b"<".to_vec();
        let mut body = vec![Segment::Bytes(want.clone())];
        for range in [one, two] {
            want.extend_from_slice(&bytes[range.start as usize..range.end as usize]);
            body.push(Segment::Blob(range));
        }
        let seen = Seen::default();
        let request = request(Method::Patch, &server.url(), body);
        let outcome =
            http.send(&request, None, Some(&blob), &|sent| seen.note(sent), &CancellationToken::new()).await.unwrap();
        assert_eq!(outcome.sent(), want.len() as u64);
        assert_eq!(reply(outcome).status, 204);
        assert!(asked.recv().await.unwrap() == want, "the bytes differ");
        let seen = seen.all();
        assert!(seen.is_sorted_by(|a, b| a < b) && seen.last() == Some(&(want.len() as u64)), "{seen:?}");
    }
    assert_eq!(server.count(), 1, "one connection for all");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_stops_reading_is_a_stall() {
    let server = Server::start(|mut stream| async move {
        head(&mut stream).await;
        // Never reads on, and notices the end only because it is told of it.
        let _ = stream.ready(tokio::io::Interest::ERROR).await;
    })
    .await;
    let (_file, blob) = sparse(LARGE);
    let timers = Timers { stall_ms: 300, reply_ms: 30_000 };
    let request = Request { timers, ..request(Method::Patch, &server.url(), vec![Segment::Blob(0..LARGE)]) };
    let outcome = with_blob(&http(&server.url()), &request, &blob).await;
    assert_eq!(cut(&outcome), Cut::Stalled);
    assert!(outcome.sent() > 0 && outcome.sent() < LARGE, "{}", outcome.sent());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_in_mid_body_tells_how_much_may_have_arrived() {
    let (tx, mut read) = mpsc::unbounded_channel();
    let server = Server::start(move |mut stream| {
        let tx = tx.clone();
        async move {
            head(&mut stream).await;
            let mut some = vec![0; 100_000];
            stream.read_exact(&mut some).await.unwrap();
            let _ = tx.send(some.len() as u64);
            stream.set_zero_linger().unwrap();
        }
    })
    .await;
    let (_file, blob) = sparse(LARGE);
    let request = request(Method::Patch, &server.url(), vec![Segment::Blob(0..LARGE)]);
    let outcome = with_blob(&http(&server.url()), &request, &blob).await;
    assert_eq!(cut(&outcome), Cut::Reset);
    assert!(outcome.sent() >= read.recv().await.unwrap() && outcome.sent() < LARGE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_before_the_bodys_end_is_heard_and_ends_it() {
    let (tx, mut total) = mpsc::unbounded_channel();
    let server = Server::start(move |mut stream| {
        let tx = tx.clone();
        async move {
            head(&mut stream).await;
            let early = "HTTP/1.1 413 Too Large\r\nTus-Resumable: 1.0.0\r\nContent-Length: 4\r\n\r\n";
            stream.write_all(early.as_bytes()).await.unwrap();
            // The reply's own body comes late: only when nothing more of the request's body arrives.
            let (mut early, mut buffer) = (0, vec![0; 64 * 1024]);
            let quiet = Duration::from_millis(300);
            while let Ok(Ok(n @ 1..)) = tokio::time::timeout(quiet, stream.read(&mut buffer)).await {
                early += n as u64;
            }
            let _ = stream.write_all(b"full").await;
            let _ = tx.send(early + drain(&mut stream).await);
        }
    })
    .await;
    let (_file, blob) = sparse(LARGE);
    let request = request(Method::Patch, &server.url(), vec![Segment::Blob(0..LARGE)]);
    let outcome = with_blob(&http(&server.url()), &request, &blob).await;
    let sent = outcome.sent();
    let reply = reply(outcome);
    assert_eq!((reply.status, &reply.body[..]), (413, &b"full"[..]));
    assert!(sent < LARGE, "it went on sending");
    assert!(total.recv().await.unwrap() <= sent, "more arrived than was told");
}

/// As servers do that will not read what they refuse: the kernel sends a reset after the reply. The HTTP library
/// may meet the reset first, on its next write; then the reply is lost, and must not be taken for anything else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_just_before_a_reset_is_heard_or_is_a_reset() {
    let server = Server::start(|mut stream| async move {
        head(&mut stream).await;
        stream.read_u8().await.unwrap();
        stream.write_all(b"HTTP/1.1 409 Conflict\r\nTus-Resumable: 1.0.0\r\nContent-Length: 0\r\n\r\n").await.unwrap();
    })
    .await;
    let (_file, blob) = sparse(LARGE);
    let request = request(Method::Patch, &server.url(), vec![Segment::Blob(0..LARGE)]);
    for _ in 0..20 {
        match with_blob(&http(&server.url()), &request, &blob).await {
            Outcome::Reply { reply, sent } => assert_eq!((reply.status, sent < LARGE), (409, true)),
            Outcome::Cut { cut, sent } => assert_eq!((cut, sent < LARGE), (Cut::Reset, true)),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_in_mid_body_ends_the_connection() {
    let (tx, total) = oneshot::channel();
    let (began, begun) = oneshot::channel();
    let both = std::sync::Arc::new(Mutex::new(Some((tx, began))));
    let server = Server::start(move |mut stream| {
        let both = both.clone();
        async move {
            let (tx, began) = both.lock().unwrap().take().unwrap();
            head(&mut stream).await;
            stream.read_u8().await.unwrap();
            began.send(()).unwrap();
            tx.send(1 + drain(&mut stream).await).unwrap();
        }
    })
    .await;
    // So large that it cannot have gone before the stop comes.
    let length = 1 << 40;
    let (_file, blob) = sparse(length);
    let (http, stop) = (http(&server.url()), CancellationToken::new());
    let request = request(Method::Patch, &server.url(), vec![Segment::Blob(0..length)]);
    let nothing = |_| {};
    let stopping = async {
        begun.await.unwrap();
        stop.cancel();
    };
    let (outcome, ()) = tokio::join!(http.send(&request, None, Some(&blob), &nothing, &stop), stopping);
    let outcome = outcome.unwrap();
    assert_eq!(cut(&outcome), Cut::Stopped);
    assert!(total.await.unwrap() <= outcome.sent(), "more arrived than was told");
}

/// Sends a large file whose reader pauses after the first bytes, until `change` was done to the file.
async fn changed_under_way(change: impl FnOnce(&std::path::Path) + Send + 'static) -> (Outcome, u64) {
    let (file, blob) = sparse(LARGE);
    let (tx, mut total) = mpsc::unbounded_channel();
    let change = std::sync::Arc::new(Mutex::new(Some(change)));
    let path = file.path().to_owned();
    let server = Server::start(move |mut stream| {
        let (tx, change, path) = (tx.clone(), change.clone(), path.clone());
        async move {
            let head = head(&mut stream).await;
            assert_eq!(length(&head) as u64, LARGE);
            stream.read_u8().await.unwrap();
            change.lock().unwrap().take().unwrap()(&path);
            let _ = tx.send(1 + drain(&mut stream).await);
        }
    })
    .await;
    let request = request(Method::Patch, &server.url(), vec![Segment::Blob(0..LARGE)]);
    let outcome = with_blob(&http(&server.url()), &request, &blob).await;
    let arrived = total.recv().await.unwrap();
    (outcome, arrived)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_shrinks_while_it_is_sent_ends_it() {
    let change =
        |path: &std::path::Path| OpenOptions::new().write(true).open(path).unwrap().set_len(LARGE / 2).unwrap();
    let (outcome, arrived) = changed_under_way(change).await;
    assert_eq!(cut(&outcome), Cut::SourceChanged);
    assert!(arrived <= outcome.sent() && outcome.sent() < LARGE, "{arrived} {}", outcome.sent());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_was_written_to_while_it_is_sent_never_arrives_whole() {
    let change = |path: &std::path::Path| {
        let mut file = OpenOptions::new().write(true).open(path).unwrap();
        file.seek(SeekFrom::Start(0)).unwrap();
        file.write_all(b"!").unwrap();
    };
    let (outcome, arrived) = changed_under_way(change).await;
    assert_eq!(cut(&outcome), Cut::SourceChanged);
    assert!(arrived <= outcome.sent() && outcome.sent() < LARGE, "{arrived} {}", outcome.sent());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_file_or_none_is_found_before_anything_is_sent() {
    let server = Server::start(|mut stream| async move {
        drain(&mut stream).await;
    })
    .await;
    let http = http(&server.url());
    let request = request(Method::Patch, &server.url(), vec![Segment::Blob(0..100)]);
    let (file, blob) = sparse(100);
    file.as_file().set_len(101).unwrap();
    let changed = with_blob(&http, &request, &blob).await;
    assert_eq!((cut(&changed), changed.sent()), (Cut::SourceChanged, 0));
    file.close().unwrap();
    let gone = with_blob(&http, &request, &blob).await;
    assert_eq!((cut(&gone), gone.sent()), (Cut::SourceUnreadable, 0));
    assert_eq!(server.count(), 0, "nobody was called for it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_range_beyond_the_files_end_is_another_file() {
    let server = Server::start(|mut stream| async move {
        drain(&mut stream).await;
    })
    .await;
    let (_file, blob) = sparse(100);
    let request = request(Method::Patch, &server.url(), vec![Segment::Blob(0..200)]);
    let outcome = with_blob(&http(&server.url()), &request, &blob).await;
    assert_eq!((cut(&outcome), outcome.sent()), (Cut::SourceChanged, 0));
}
