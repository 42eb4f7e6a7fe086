//! A peer that counts what arrives, at the pace of a bad link if it is told so, on a thread of its own.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use url::Url;

/// 300 kbit/s, as so many bytes each so often.
const STEP: usize = 1875;
const EVERY: Duration = Duration::from_millis(50);

/// What a peer does with a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// Reads 300 kbit/s, never answers.
    Slow,
    /// Reads all that comes, and answers each request that is whole with 204.
    Quick,
    /// Reads one byte and answers with so many bytes of body at once.
    Talks(usize),
}

#[derive(Default)]
struct Counts {
    /// Bytes read over all connections, and those given in answer.
    read: AtomicU64,
    said: AtomicU64,
    connections: AtomicU64,
    reset: AtomicBool,
    ended: Mutex<u64>,
    changed: Condvar,
}

pub(super) struct Peer {
    address: SocketAddr,
    counts: Arc<Counts>,
}

impl Peer {
    /// Its receive buffer is 16 KB.
    pub(super) fn start(manner: Manner) -> Self {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(16 * 1024).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        socket.listen(16).unwrap();
        let listener = std::net::TcpListener::from(socket);
        let address = listener.local_addr().unwrap();
        let counts = Arc::<Counts>::default();
        let shared = counts.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let counts = shared.clone();
                counts.connections.fetch_add(1, Ordering::SeqCst);
                std::thread::spawn(move || serve(stream, manner, &counts));
            }
        });
        Self { address, counts }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(super) fn url(&self) -> Url {
        format!("http://{}/files/", self.address).parse().unwrap()
    }

    /// Bytes that arrived so far and were read.
    pub(super) fn read(&self) -> u64 {
        self.counts.read.load(Ordering::SeqCst)
    }

    pub(super) fn said(&self) -> u64 {
        self.counts.said.load(Ordering::SeqCst)
    }

    pub(super) fn connections(&self) -> u64 {
        self.counts.connections.load(Ordering::SeqCst)
    }

    pub(super) fn was_reset(&self) -> bool {
        self.counts.reset.load(Ordering::SeqCst)
    }

    /// Waits until it has read so much.
    pub(super) fn wait_for(&self, bytes: u64) {
        self.wait(|| self.read() >= bytes);
    }

    /// Waits until so many connections are over, and all that arrived over them is read.
    pub(super) fn wait_for_end(&self, connections: u64) {
        let mut ended = self.counts.ended.lock().unwrap();
        while *ended < connections {
            let (next, late) = self.counts.changed.wait_timeout(ended, Duration::from_secs(60)).unwrap();
            ended = next;
            assert!(!late.timed_out(), "no end came");
        }
    }

    fn wait(&self, done: impl Fn() -> bool) {
        let mut ended = self.counts.ended.lock().unwrap();
        while !done() {
            let (next, late) = self.counts.changed.wait_timeout(ended, Duration::from_secs(60)).unwrap();
            ended = next;
            assert!(!late.timed_out(), "nothing came");
        }
    }
}

fn serve(mut stream: TcpStream, manner: Manner, counts: &Counts) {
    let mut buffer = vec![0; if manner == Manner::Slow { STEP } else { 64 * 1024 }];
    let mut request = Vec::new();
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => {
                counts.read.fetch_add(n as u64, Ordering::SeqCst);
                drop(counts.ended.lock().unwrap());
                counts.changed.notify_all();
                let answer = match manner {
                    Manner::Slow => {
                        std::thread::sleep(EVERY);
                        vec![]
                    }
                    Manner::Quick => {
                        request.extend_from_slice(&buffer[..n]);
                        answered(&mut request)
                    }
                    Manner::Talks(bytes) => {
                        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {bytes}\r\n\r\n");
                        [head.into_bytes(), vec![b'x'; bytes]].concat()
                    }
                };
                // Of what a kernel takes and the peer's kernel never gets nobody knows; so it is a bound from above.
                if !answer.is_empty() {
                    counts.said.fetch_add(answer.len() as u64, Ordering::SeqCst);
                    let _ = stream.write_all(&answer);
                }
            }
            Err(error) => {
                counts.reset.store(error.kind() == std::io::ErrorKind::ConnectionReset, Ordering::SeqCst);
                break;
            }
        }
    }
    *counts.ended.lock().unwrap() += 1;
    counts.changed.notify_all();
}

/// The answer, once the request is whole.
fn answered(request: &mut Vec<u8>) -> Vec<u8> {
    let Some(head) = request.windows(4).position(|w| w == b"\r\n\r\n").map(|at| at + 4) else { return vec![] };
    let text = String::from_utf8_lossy(&request[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    if request.len() < head + length {
        return vec![];
    }
    request.drain(..head + length);
    b"HTTP/1.1 204 No Content\r\nTus-Resumable: 1.0.0\r\n\r\n".to_vec()
}
