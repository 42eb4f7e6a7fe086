//! The link simulator against real sockets: every byte is either forwarded or swallowed, and a cut falls
//! where it was asked for.

#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use satchel_testkit::Chance;
use satchel_testkit::link::{Command, Conditions, Cut, Mode, Moment, Page, RandomCuts, Rate, Script, Simulator, Trace};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

const LOCALHOST: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);
/// Far beyond what anything here takes: only a hang meets it.
const HANG: Duration = Duration::from_secs(60);

/// A server that keeps what each connection sends, and answers the byte `\n` with `done\n`.
struct Keeper {
    addr: SocketAddr,
    kept: Arc<Mutex<Vec<Vec<u8>>>>,
    ended: watch::Receiver<usize>,
}

impl Keeper {
    async fn start() -> Self {
        let listener = TcpListener::bind(LOCALHOST).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let kept = Arc::new(Mutex::new(Vec::new()));
        let (done, ended) = watch::channel(0);
        let store = kept.clone();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let (store, done) = (store.clone(), done.clone());
                tokio::spawn(async move {
                    let mine = {
                        let mut store = store.lock().unwrap();
                        store.push(Vec::new());
                        store.len() - 1
                    };
                    let mut buffer = vec![0; 64 * 1024];
                    while let Ok(read @ 1..) = socket.read(&mut buffer).await {
                        let asks = buffer[..read].contains(&b'\n');
                        store.lock().unwrap()[mine].extend_from_slice(&buffer[..read]);
                        if asks && socket.write_all(b"done\n").await.is_err() {
                            break;
                        }
                    }
                    done.send_modify(|count| *count += 1);
                });
            }
        });
        Self { addr, kept, ended }
    }

    async fn connections_ended(&self, count: usize) -> Vec<Vec<u8>> {
        let mut ended = self.ended.clone();
        timeout(HANG, ended.wait_for(|ended| *ended >= count)).await.unwrap().unwrap();
        self.kept.lock().unwrap().clone()
    }
}

async fn world(seed: u64) -> (Keeper, Simulator) {
    let keeper = Keeper::start().await;
    let simulator = Simulator::start(LOCALHOST, keeper.addr, seed).unwrap();
    (keeper, simulator)
}

/// Bytes without a newline.
fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    Chance::new(seed).fill(&mut bytes);
    bytes.iter_mut().filter(|b| **b == b'\n').for_each(|b| *b = b'n');
    bytes
}

/// Sends until done or cut, then reads to the end. What was read, or that the connection was reset.
async fn send(to: SocketAddr, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let exchange = async {
        let mut socket = TcpStream::connect(to).await?;
        socket.write_all(bytes).await?;
        socket.shutdown().await?;
        let mut reply = Vec::new();
        socket.read_to_end(&mut reply).await?;
        Ok(reply)
    };
    timeout(HANG, exchange).await.expect("the exchange hangs")
}

#[tokio::test]
async fn an_open_link_changes_nothing_and_passes_half_closes_on() {
    let (keeper, link) = world(1).await;
    let mut bytes = noise(1, 3_000_000);
    bytes.push(b'\n');
    // The sender closes its half before the reply comes: the reply must still arrive.
    assert_eq!(send(link.addr(), &bytes).await.unwrap(), b"done\n");
    assert_eq!(keeper.connections_ended(1).await, [bytes.clone()]);
    let stats = link.until(|stats| stats.live == 0).await;
    assert_eq!((stats.read_up, stats.forwarded_up, stats.swallowed_up), (3_000_001, 3_000_001, 0));
    assert_eq!((stats.read_down, stats.forwarded_down, stats.cuts), (5, 5, 0));
}

#[tokio::test]
async fn a_cut_falls_on_its_byte_and_loses_exactly_what_it_should() {
    let mut chance = Chance::new(2);
    let (keeper, link) = world(2).await;
    let bytes = noise(2, 200_000);
    let mut before = link.stats();
    for round in 1..=40 {
        let after = chance.below(bytes.len() as u64);
        let swallowed = [0, 1, chance.below(after + 1), after][round % 4].min(after);
        // Every third time the bytes are still on their way when the last is read.
        let latency = Duration::from_millis(if round % 3 == 0 { 5 } else { 0 });
        link.set(Conditions::open().latency(latency).cut_after(Cut::swallowing(after, swallowed)));
        let error = send(link.addr(), &bytes).await.expect_err("the link cuts");
        let reset = [std::io::ErrorKind::ConnectionReset, std::io::ErrorKind::BrokenPipe];
        assert!(reset.contains(&error.kind()), "{error:?}");
        let kept = keeper.connections_ended(round).await;
        assert_eq!(kept[round - 1], bytes[..(after - swallowed) as usize], "cut after {after}, {swallowed} swallowed");
        let now = link.stats();
        assert_eq!(now.read_up - before.read_up, after);
        assert_eq!(now.swallowed_up - before.swallowed_up, swallowed);
        assert_eq!(now.cuts - before.cuts, 1);
        before = now;
    }
    // What was armed is used up.
    assert!(send(link.addr(), &bytes).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_cut_counted_on_the_whole_link_falls_on_the_connection_that_brings_the_byte() {
    let (keeper, link) = world(3).await;
    link.set(Conditions::open().cut_after(Cut::swallowing(150_000, 20_000).on_whole_link()));
    let bytes = noise(3, 100_000);
    assert!(send(link.addr(), &bytes).await.is_ok());
    keeper.connections_ended(1).await;
    assert!(send(link.addr(), &bytes).await.is_err());
    let kept = keeper.connections_ended(2).await;
    assert_eq!(kept[1], bytes[..30_000]);
    assert_eq!(link.stats().swallowed_up, 20_000);
}

#[tokio::test]
async fn resets_come_to_each_connection_after_its_bytes() {
    let (keeper, link) = world(4).await;
    link.set(Conditions { mode: Mode::Reset { after: 70_000 }, ..Conditions::open() });
    let bytes = noise(4, 100_000);
    for round in 1..=3 {
        assert!(send(link.addr(), &bytes).await.is_err());
        assert_eq!(keeper.connections_ended(round).await[round - 1], bytes[..70_000]);
    }
    link.set(Conditions::open());
    assert!(send(link.addr(), &bytes).await.is_ok());
}

#[tokio::test]
async fn a_lost_reply_comes_after_the_server_had_everything() {
    let (keeper, link) = world(5).await;
    let mut request = noise(5, 50_000);
    request.push(b'\n');
    link.set(Conditions::open().losing_a_reply(10_000));
    // A small request before it is answered; the upload's answer is lost.
    assert_eq!(send(link.addr(), b"hello\n").await.unwrap(), b"done\n");
    assert!(send(link.addr(), &request).await.is_err());
    assert_eq!(keeper.connections_ended(2).await[1], request);
    let stats = link.until(|stats| stats.live == 0).await;
    assert_eq!((stats.lost_replies, stats.cuts, stats.swallowed_up), (1, 1, 0));
    assert!(stats.swallowed_down >= 5);
    assert_eq!(send(link.addr(), &request).await.unwrap(), b"done\n", "only one reply is lost");
}

#[tokio::test]
async fn off_ends_what_exists_and_refuses_what_comes() {
    let (keeper, link) = world(6).await;
    let mut socket = TcpStream::connect(link.addr()).await.unwrap();
    socket.write_all(b"one").await.unwrap();
    link.until(|stats| stats.forwarded_up == 3).await;
    link.set(Conditions::off());
    assert!(timeout(HANG, socket.read_u8()).await.unwrap().is_err());
    assert!(send(link.addr(), b"two").await.is_err() || link.stats().refused == 1);
    let stats = link.until(|stats| stats.refused == 1 && stats.live == 0).await;
    assert_eq!((stats.connections, stats.cuts), (2, 1));
    assert_eq!(keeper.connections_ended(1).await, [b"one".to_vec()]);
}

#[tokio::test]
async fn a_hole_is_silence_and_its_connections_go_on_after_it() {
    let (keeper, link) = world(7).await;
    link.set(Conditions::hole());
    let mut early = TcpStream::connect(link.addr()).await.unwrap();
    early.write_all(b"ask\n").await.unwrap();
    let mut reply = [0; 5];
    let silence = timeout(Duration::from_millis(100), early.read_exact(&mut reply)).await;
    assert!(silence.is_err(), "a hole says nothing");
    assert_eq!(link.stats().read_up, 0);
    link.set(Conditions::open());
    timeout(HANG, early.read_exact(&mut reply)).await.unwrap().unwrap();
    // The same for a connection that exists when the hole opens.
    link.set(Conditions::hole());
    early.write_all(b"more\n").await.unwrap();
    assert!(timeout(Duration::from_millis(100), early.read_exact(&mut reply)).await.is_err());
    link.set(Conditions::open());
    timeout(HANG, early.read_exact(&mut reply)).await.unwrap().unwrap();
    drop(early);
    assert_eq!(keeper.connections_ended(1).await, [b"ask\nmore\n".to_vec()]);
}

#[tokio::test]
async fn a_hole_that_swallows_keeps_nothing() {
    let (keeper, link) = world(8).await;
    let mut socket = TcpStream::connect(link.addr()).await.unwrap();
    socket.write_all(b"kept").await.unwrap();
    link.until(|stats| stats.forwarded_up == 4).await;
    link.set(Conditions { mode: Mode::Hole { swallow: true }, ..Conditions::open() });
    let mut fresh = TcpStream::connect(link.addr()).await.unwrap();
    for _ in 0..2 {
        socket.write_all(&[b'x'; 100_000]).await.unwrap();
        fresh.write_all(&[b'y'; 100_000]).await.unwrap();
    }
    link.until(|stats| stats.read_up == 400_004).await;
    link.set(Conditions::open());
    assert!(timeout(HANG, socket.read_u8()).await.unwrap().is_err());
    assert!(timeout(HANG, fresh.read_u8()).await.unwrap().is_err());
    assert_eq!(keeper.connections_ended(1).await, [b"kept".to_vec()]);
    let stats = link.until(|stats| stats.live == 0).await;
    assert_eq!((stats.swallowed_up, stats.cuts), (400_000, 2));
}

#[tokio::test]
async fn a_page_stands_in_for_the_service() {
    let (_keeper, link) = world(9).await;
    for status in [200, 302, 403, 451, 503, 511] {
        link.set(Conditions::page_with(Page::with_status(status)));
        let request = format!("PATCH /files/1 HTTP/1.1\r\nHost: x\r\n\r\n{}", "z".repeat(50_000));
        let reply = String::from_utf8(send(link.addr(), request.as_bytes()).await.unwrap()).unwrap();
        assert!(reply.starts_with(&format!("HTTP/1.1 {status} ")), "{reply}");
        assert!(reply.contains("text/html") && reply.ends_with("</html>\n"));
        assert_eq!(reply.contains("\r\nLocation: "), status == 302);
    }
    let stats = link.until(|stats| stats.live == 0).await;
    assert_eq!((stats.pages, stats.forwarded_up), (6, 0));
    assert_eq!(stats.read_up, stats.swallowed_up);
    let head = send(link.addr(), b"HEAD / HTTP/1.1\r\n\r\n").await.unwrap();
    assert!(head.ends_with(b"\r\n\r\n"), "a reply to HEAD has no body");
}

#[tokio::test]
async fn a_page_over_tls_has_a_certificate_that_nobody_vouches_for() {
    let (_keeper, link) = world(10).await;
    link.set(Conditions::page());
    let hello = |roots| {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = builder.unwrap().with_root_certificates(roots).with_no_client_auth();
        tokio_rustls::TlsConnector::from(Arc::new(config))
    };
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    let other = satchel_testkit::certificate::SelfSigned::new().unwrap();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(other.der().to_vec().into()).unwrap();
    let socket = TcpStream::connect(link.addr()).await.unwrap();
    let refused = hello(roots).connect(name.clone(), socket).await.expect_err("an unknown certificate");
    assert!(refused.to_string().contains("certificate"), "{refused}");

    let mut roots = rustls::RootCertStore::empty();
    roots.add(link.page_certificate().to_vec().into()).unwrap();
    let socket = TcpStream::connect(link.addr()).await.unwrap();
    let mut tls = hello(roots).connect(name, socket).await.unwrap();
    tls.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut reply = Vec::new();
    tls.read_to_end(&mut reply).await.unwrap();
    assert!(reply.starts_with(b"HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn the_rate_is_never_exceeded_and_a_sender_feels_it() {
    let (keeper, link) = world(11).await;
    link.set(Conditions::open().rates(400_000, 400_000));
    let bytes = noise(11, 200_000);
    let start = Instant::now();
    send(link.addr(), &bytes).await.unwrap();
    // Half a second at least by the rate; how much longer a busy machine takes is not this test's matter.
    assert!(start.elapsed() >= Duration::from_millis(450), "{:?}", start.elapsed());
    assert_eq!(keeper.connections_ended(1).await, [bytes]);

    // A link of 50 bytes a second: a sender cannot hand a megabyte to it.
    link.set(Conditions::open().rates(50, 50));
    let mut socket = TcpStream::connect(link.addr()).await.unwrap();
    let poured = timeout(Duration::from_millis(300), async {
        let mut poured = 0;
        while let Ok(written) = socket.write(&[0; 8192]).await {
            poured += written;
        }
        poured
    });
    assert!(poured.await.is_err(), "the sender must be held back");
    let read = link.stats().read_up - 200_000;
    assert!(read < 1_000, "{read} bytes in 0.3 s at 50 bytes a second");
}

#[tokio::test]
async fn a_change_frees_a_connection_that_waits_for_a_slow_link() {
    let (keeper, link) = world(12).await;
    link.set(Conditions::open().rates(64, 64));
    let bytes = noise(12, 100_000);
    let sending = tokio::spawn({
        let (to, bytes) = (link.addr(), bytes.clone());
        async move { send(to, &bytes).await }
    });
    link.until(|stats| stats.read_up > 0).await;
    link.set(Conditions::open());
    sending.await.unwrap().unwrap();
    assert_eq!(keeper.connections_ended(1).await, [bytes]);
}

#[tokio::test]
async fn chance_cuts_where_the_seed_says() {
    let bytes = noise(13, 120_000);
    let mut runs = Vec::new();
    for _ in 0..2 {
        let (keeper, link) = world(13).await;
        link.set(Conditions::open().random_cuts(RandomCuts::Bytes(60_000)));
        for _ in 0..12 {
            let _ = send(link.addr(), &bytes).await;
        }
        keeper.connections_ended(12).await;
        let stats = link.until(|stats| stats.live == 0).await;
        assert!(stats.cuts > 4, "{} cuts", stats.cuts);
        assert_eq!(stats.read_up, stats.forwarded_up + stats.swallowed_up);
        let kept: usize = keeper.kept.lock().unwrap().iter().map(Vec::len).sum();
        assert_eq!(kept as u64, stats.forwarded_up, "the server has what was forwarded");
        runs.push((stats.cuts, stats.read_up));
    }
    assert_eq!(runs[0], runs[1]);

    let (_keeper, link) = world(14).await;
    link.set(Conditions::open().rates(1000, 1000).random_cuts(RandomCuts::Time(Duration::from_millis(20))));
    assert!(send(link.addr(), &bytes).await.is_err(), "two minutes are not had between such cuts");
}

#[tokio::test]
async fn a_script_is_played_by_bytes_and_by_time() {
    let (keeper, link) = world(15).await;
    let script = Script::parse("0s open\n30KB cut\n30001B 3g\n").unwrap();
    let playing = link.play(script);
    assert!(send(link.addr(), &noise(15, 2_000_000)).await.is_err());
    assert!(send(link.addr(), b"x").await.is_ok());
    timeout(HANG, playing).await.unwrap().unwrap();
    assert_eq!(link.conditions(), Conditions::three_g());
    let first = &keeper.connections_ended(1).await[0];
    assert!(first.len() < 2_000_000);

    let by_time = Script::new().then(Moment::Time(Duration::from_millis(5)), Conditions::wifi());
    timeout(HANG, link.play(by_time)).await.unwrap().unwrap();
    assert_eq!(link.conditions(), Conditions::wifi());
    link.obey(&Command::parse("rate 80KB none").unwrap());
    link.obey(&Command::parse("latency 5").unwrap());
    let now = link.conditions();
    assert_eq!((now.up, now.down, now.latency_up), (Rate::Steady(80_000), Rate::Unlimited, Duration::from_millis(5)));
}

#[tokio::test]
async fn a_trace_from_a_file_sets_the_rate() {
    let (keeper, link) = world(16).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "0 0\n0.3 8\n0.6 8\n").unwrap();
    let rate = Rate::Trace(Arc::new(Trace::read(file.path(), 1.0).unwrap()));
    link.set(Conditions { up: rate, ..Conditions::open() });
    let start = Instant::now();
    send(link.addr(), &noise(16, 100_000)).await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(350), "nothing passes in the first 0.3 s");
    keeper.connections_ended(1).await;
}

#[tokio::test]
async fn the_last_handle_ends_what_it_carries_and_a_dead_server_is_felt() {
    let (_keeper, link) = world(17).await;
    let mut socket = TcpStream::connect(link.addr()).await.unwrap();
    socket.write_all(b"x").await.unwrap();
    link.until(|stats| stats.forwarded_up == 1).await;
    let gone = TcpListener::bind(LOCALHOST).await.unwrap().local_addr().unwrap();
    link.set_upstream(gone);
    assert!(send(link.addr(), b"x").await.is_err(), "nobody listens there");
    drop(link);
    assert!(timeout(HANG, socket.read_u8()).await.unwrap().is_err());
}
