//! A toll gate: a proxy that counts every byte both ways, and reads no faster than a bad link carries.
//!
//! The link simulator decides what happens to bytes; this one only counts them, where an operator would. Its receive
//! buffer is 16 KB, so that what a client's kernel could still send stays where it is. It lives on threads of its own, and
//! counts on whatever a test does to its runtime.

use std::collections::HashSet;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use tokio::sync::watch;

/// 300 kbit/s, in bytes a second.
pub const SLOW: u64 = 37_500;

/// What a kernel holds of what was not read yet.
const BUFFER: usize = 16 * 1024;
/// How often a paced gate reads.
const EVERY: Duration = Duration::from_millis(50);

/// What passed so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Passed {
    /// Bytes that came from clients.
    pub up: u64,
    /// Bytes that were given to clients.
    pub down: u64,
    /// Connections that were accepted.
    pub connections: u64,
    /// Connections that are not over.
    pub live: u64,
}

/// The gate. When it is dropped it accepts no more; what passes ends by itself.
#[derive(Debug)]
pub struct Toll {
    addr: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    upstream: SocketAddr,
    /// Bytes a second of each connection; 0: as fast as they come.
    rate: AtomicU64,
    passed: watch::Sender<Passed>,
    closed: AtomicBool,
    /// Ports of our own that come in and are not counted.
    knocking: Mutex<HashSet<u16>>,
}

impl Toll {
    /// Opens a gate on loopback before this server. A rate is in bytes a second for each connection; none: as fast as it goes.
    ///
    /// # Errors
    /// Where no port can be had.
    pub fn start(upstream: SocketAddr, rate: Option<u64>) -> io::Result<Self> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        // Before it listens: connections inherit it, and so the window that is offered from the first packet on.
        socket.set_recv_buffer_size(BUFFER)?;
        // What is counted as given to a client is not to wait here.
        socket.set_send_buffer_size(4 << 10)?;
        socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
        socket.listen(64)?;
        let listener = TcpListener::from(socket);
        let addr = listener.local_addr()?;
        let shared = Arc::new(Shared {
            upstream,
            rate: AtomicU64::new(rate.unwrap_or(0)),
            passed: watch::Sender::default(),
            closed: AtomicBool::new(false),
            knocking: Mutex::default(),
        });
        let accepting = shared.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if accepting.closed.load(Ordering::SeqCst) {
                    return;
                }
                if accepting.is_knock(&stream) {
                    continue;
                }
                accepting.count(|passed| {
                    passed.connections += 1;
                    passed.live += 1;
                });
                let shared = accepting.clone();
                std::thread::spawn(move || {
                    // A server that is not there is as good as one that closes at once.
                    let _ = carry(&stream, &shared);
                    shared.count(|passed| passed.live -= 1);
                });
            }
        });
        Ok(Self { addr, shared })
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What passed so far.
    pub fn passed(&self) -> Passed {
        *self.shared.passed.borrow()
    }

    /// Another rate from now on.
    pub fn set_rate(&self, rate: Option<u64>) {
        self.shared.rate.store(rate.unwrap_or(0), Ordering::SeqCst);
    }

    /// Waits until a condition holds, and tells what passed by then.
    pub async fn until(&self, mut condition: impl FnMut(&Passed) -> bool) -> Passed {
        let mut passed = self.shared.passed.subscribe();
        // The sender lives as long as this gate does.
        passed.wait_for(|passed| condition(passed)).await.map_or_else(|_| self.passed(), |passed| *passed)
    }

    /// Waits until nobody is connected any more; then all that arrived is counted, and so is who was at the door when this was
    /// called and had not been let in.
    ///
    /// # Panics
    /// Where loopback cannot be used.
    pub async fn until_quiet(&self) -> Passed {
        // Who comes is let in one after the other: when ours was, everyone before it was.
        let knock = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket on loopback");
        knock.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into()).expect("a port on loopback");
        let port = knock.local_addr().ok().and_then(|address| address.as_socket()).map_or(0, |address| address.port());
        self.shared.knocking().insert(port);
        knock.connect(&self.addr.into()).expect("the gate is there");
        let shared = self.shared.clone();
        self.until(|passed| passed.live == 0 && !shared.knocking().contains(&port)).await
    }
}

impl Drop for Toll {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        // Wakes who accepts.
        let _ = TcpStream::connect(self.addr);
    }
}

impl Passed {
    /// Bytes both ways.
    pub fn bytes(&self) -> u64 {
        self.up + self.down
    }

    /// What passed since an earlier look.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            up: self.up - earlier.up,
            down: self.down - earlier.down,
            connections: self.connections - earlier.connections,
            live: self.live,
        }
    }

    /// What an operator bills for it.
    pub fn billed(&self) -> u64 {
        satchel_kernel::money::billed(self.up, self.down, self.connections)
    }
}

impl Shared {
    fn knocking(&self) -> MutexGuard<'_, HashSet<u16>> {
        self.knocking.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody only wants to know that everyone before it was let in.
    fn is_knock(&self, stream: &TcpStream) -> bool {
        let ours = stream.peer_addr().is_ok_and(|address| self.knocking().remove(&address.port()));
        if ours {
            self.count(|_| {});
        }
        ours
    }

    fn count(&self, change: impl FnOnce(&mut Passed)) {
        self.passed.send_modify(change);
    }
}

/// Carries one connection until both ways are over, or one of them breaks.
fn carry(client: &TcpStream, shared: &Arc<Shared>) -> io::Result<()> {
    let server = TcpStream::connect(shared.upstream)?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from, to, telling) = (server.try_clone()?, client.try_clone()?, shared.clone());
    let down = std::thread::spawn(move || {
        let ended = pass(&from, &to, |_| {}, |bytes| telling.count(|passed| passed.down += bytes), 64 << 10);
        if ended.is_err() {
            let _ = from.shutdown(Shutdown::Both);
            let _ = to.shutdown(Shutdown::Both);
        }
    });
    let paced = |bytes: u64| {
        shared.count(|passed| passed.up += bytes);
        let rate = shared.rate.load(Ordering::SeqCst);
        if let Some(pause) = (bytes * 1000).checked_div(rate) {
            std::thread::sleep(Duration::from_millis(pause));
        }
    };
    let step = || match shared.rate.load(Ordering::SeqCst) {
        0 => 64 << 10,
        rate => usize::try_from(rate * EVERY.as_millis() as u64 / 1000).unwrap_or(1).clamp(1, 64 << 10),
    };
    let up = pass(client, &server, paced, |_| {}, step());
    if up.is_err() {
        // Reset by the client: the server is to see that it is over.
        let _ = server.shutdown(Shutdown::Both);
        let _ = client.shutdown(Shutdown::Both);
    }
    let _ = down.join();
    up
}

/// One way, until its end; then the other side is told that nothing more comes.
fn pass(
    mut from: &TcpStream,
    mut to: &TcpStream,
    came: impl Fn(u64),
    went: impl Fn(u64),
    most: usize,
) -> io::Result<()> {
    let mut buffer = vec![0; most];
    loop {
        let bytes = match from.read(&mut buffer) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        came(bytes as u64);
        if bytes == 0 {
            return to.shutdown(Shutdown::Write);
        }
        let mut rest = &buffer[..bytes];
        while !rest.is_empty() {
            // Of what is broken off, the first part went all the same.
            let some = to.write(rest)?;
            went(some as u64);
            rest = &rest[some..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that reads to the end and says as much again.
    fn echo() -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                std::thread::spawn(move || {
                    let mut all = Vec::new();
                    let _ = stream.read_to_end(&mut all);
                    let _ = stream.write_all(&all);
                });
            }
        });
        addr
    }

    #[tokio::test]
    async fn it_counts_what_passes_both_ways() {
        let toll = Toll::start(echo(), None).unwrap();
        for n in 1..=3u64 {
            let mut client = TcpStream::connect(toll.addr()).unwrap();
            client.write_all(&[7; 100_000]).unwrap();
            client.shutdown(Shutdown::Write).unwrap();
            let mut back = Vec::new();
            client.read_to_end(&mut back).unwrap();
            assert_eq!(back.len(), 100_000);
            let passed = toll.until_quiet().await;
            assert_eq!(passed, Passed { up: n * 100_000, down: n * 100_000, connections: n, live: 0 });
        }
    }

    #[tokio::test]
    async fn a_slow_one_takes_its_time_and_holds_little() {
        let toll = Toll::start(echo(), Some(SLOW)).unwrap();
        let client = TcpStream::connect(toll.addr()).unwrap();
        client.set_nonblocking(true).unwrap();
        let mut taken = 0;
        while let Ok(bytes) = (&client).write(&[1; 4096]) {
            taken += bytes as u64;
            if taken > 64 << 20 {
                break;
            }
        }
        let passed = toll.until(|passed| passed.up > 0).await;
        assert!(passed.up < 16_000, "{passed:?}");
        // A client that resets is over.
        socket2::SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
        drop(client);
        assert!(toll.until_quiet().await.up < taken);
    }
}
