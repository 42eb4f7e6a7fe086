//! A link that breaks on command: a TCP proxy between a client and a server, with a rate, a latency,
//! cuts at a byte or by chance, holes, resets, and warning pages in the service's place.
//!
//! It needs no rights and never looks into what it carries, so TLS passes through it unharmed. All
//! connections share the link's rate, as they would on a phone. The sockets' buffers are kept small, so
//! that a sender feels the link and does not pour a whole photo into a kernel's memory.
//!
//! What it counts is exact: every byte that it read from a client was either forwarded to the server
//! (whose kernel then had it, and a cut does not take it back) or swallowed.

mod charges;
mod command;
mod conditions;
mod connection;
mod lane;
mod page;
mod script;
mod sizes;
mod stats;
mod trace;
mod way;

pub(crate) use page::WARNING;

pub use command::{BadCommand, Command};
pub use conditions::{Conditions, Cut, LostReply, Mode, Page, RandomCuts, Rate, Whose};
pub use script::{BadScript, Moment, Script, Step};
pub use sizes::{BadSize, parse_duration, parse_size};
pub use stats::Stats;
pub use trace::{BadTrace, Trace};

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::certificate::SelfSigned;
use crate::chance::Chance;
use charges::Charges;
use lane::Lane;

/// What the sockets' buffers are asked to hold, in bytes. (Linux takes twice that, for its own books.)
const SOCKET_BUFFER: usize = 16 * 1024;

/// The largest segment that clients are told to send, in bytes: what fits through most links of the world.
#[cfg(unix)]
const SEGMENT: u32 = 1400;

/// The simulator at work. Clones are handles to the same one; when the last is dropped, it stops and
/// resets what it carries.
#[derive(Debug, Clone)]
pub struct Simulator {
    shared: Arc<Shared>,
    _stop: Arc<DropGuard>,
}

/// What the connections see of the simulator.
#[derive(Debug)]
struct Shared {
    address: SocketAddr,
    world: watch::Sender<World>,
    stats: watch::Sender<Stats>,
    charges: Mutex<Charges>,
    up: Mutex<Lane>,
    down: Mutex<Lane>,
    certificate: SelfSigned,
    stop: CancellationToken,
}

/// The state of the link at an instant.
#[derive(Debug, Clone)]
struct World {
    conditions: Conditions,
    upstream: SocketAddr,
    /// Counts the changes of the conditions: what was armed before does not fire after.
    generation: u64,
    /// Counts the commands that end every connection.
    endings: u64,
    last_ending: connection::End,
}

impl Simulator {
    /// Starts one in the current tokio runtime. Port 0 takes a free port: see [`Simulator::addr`].
    /// The link is open and unlimited until [`Simulator::set`] says otherwise.
    ///
    /// # Errors
    /// Where the address cannot be listened on.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn start(listen: SocketAddr, upstream: SocketAddr, seed: u64) -> io::Result<Self> {
        let listener = listen_with_small_buffers(listen)?;
        let now = Instant::now();
        let stop = CancellationToken::new();
        let shared = Arc::new(Shared {
            address: listener.local_addr()?,
            world: watch::Sender::new(World {
                conditions: Conditions::open(),
                upstream,
                generation: 0,
                endings: 0,
                last_ending: connection::End::Cut,
            }),
            stats: watch::Sender::new(Stats::default()),
            charges: Mutex::new(Charges::new(Chance::new(seed))),
            up: Mutex::new(Lane::new(now)),
            down: Mutex::new(Lane::new(now)),
            certificate: SelfSigned::new()?,
            stop: stop.clone(),
        });
        tokio::spawn(accept(listener, shared.clone()));
        tokio::spawn(cut_by_chance(shared.clone()));
        Ok(Self { shared, _stop: Arc::new(stop.drop_guard()) })
    }

    /// The address that clients connect to.
    pub fn addr(&self) -> SocketAddr {
        self.shared.address
    }

    /// Changes the link at once, for the connections that exist too. What was armed before (a cut at a
    /// byte, a reply to lose) is disarmed, and what the new conditions name is armed.
    pub fn set(&self, conditions: Conditions) {
        self.shared.set(conditions);
    }

    /// The conditions that hold now.
    pub fn conditions(&self) -> Conditions {
        self.shared.world.borrow().conditions.clone()
    }

    /// Sends new connections to another server, as after its restart on another port.
    pub fn set_upstream(&self, upstream: SocketAddr) {
        self.shared.world.send_modify(|world| world.upstream = upstream);
    }

    /// What was counted since the start.
    pub fn stats(&self) -> Stats {
        *self.shared.stats.borrow()
    }

    /// Waits until what was counted satisfies a condition.
    pub async fn until(&self, condition: impl FnMut(&Stats) -> bool) -> Stats {
        self.shared.until(condition).await
    }

    /// Waits until what was counted, or the conditions, satisfy a condition.
    pub async fn until_changed(&self, mut changed: impl FnMut(&Stats, &Conditions) -> bool) {
        let mut stats = self.shared.stats.subscribe();
        let mut world = self.shared.world.subscribe();
        while !changed(&stats.borrow_and_update(), &world.borrow_and_update().conditions) {
            // The senders live as long as this handle.
            tokio::select! {
                _ = stats.changed() => {}
                _ = world.changed() => {}
            }
        }
    }

    /// Ends all connections now. The client gets a TCP reset; what was not forwarded yet is swallowed; the
    /// server sees an end after the last forwarded byte, and so keeps what was forwarded.
    pub fn cut(&self) {
        self.shared.end_all(connection::End::Cut);
    }

    /// Resets all connections now, on both sides. Unlike after [`Simulator::cut`], bytes that were
    /// forwarded may be lost in the server's kernel.
    pub fn reset(&self) {
        self.shared.end_all(connection::End::Reset);
    }

    /// The certificate (DER) of the page that is served over TLS, for a client that falls for it.
    pub fn page_certificate(&self) -> &[u8] {
        self.shared.certificate.der()
    }

    /// Plays a script from now on, beside whatever else is called. The task ends with the script.
    pub fn play(&self, script: Script) -> tokio::task::JoinHandle<()> {
        let shared = self.shared.clone();
        tokio::spawn(async move {
            let stop = shared.stop.clone();
            tokio::select! {
                () = script::play(&shared, script) => {}
                () = stop.cancelled() => {}
            }
        })
    }

    /// Does what a typed command says. [`Command::Status`], [`Command::Help`] and [`Command::Quit`]
    /// change nothing: answering them is the caller's part.
    pub fn obey(&self, command: &Command) {
        command.apply(&self.shared);
    }
}

impl Shared {
    fn set(&self, conditions: Conditions) {
        let now = Instant::now();
        // One lock for both, so that no byte is counted against a charge of the conditions before.
        let mut charges = self.charges();
        charges.arm(&conditions);
        locked(&self.up).restart(now);
        locked(&self.down).restart(now);
        self.world.send_modify(|world| {
            world.conditions = conditions;
            world.generation += 1;
        });
    }

    fn change(&self, change: impl FnOnce(&mut Conditions)) {
        let mut conditions = self.world.borrow().conditions.clone();
        change(&mut conditions);
        self.set(conditions);
    }

    fn end_all(&self, end: connection::End) {
        self.world.send_modify(|world| {
            world.endings += 1;
            world.last_ending = end;
        });
    }

    fn count(&self, change: impl FnOnce(&mut Stats)) {
        self.stats.send_modify(change);
    }

    async fn until(&self, condition: impl FnMut(&Stats) -> bool) -> Stats {
        let mut counted = self.stats.subscribe();
        let seen = counted.wait_for(condition).await.map(|stats| *stats);
        seen.expect("the sender is in the same struct and outlives this borrow")
    }

    fn charges(&self) -> MutexGuard<'_, Charges> {
        locked(&self.charges)
    }
}

/// A panic elsewhere leaves counters that are still good enough to read.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn listen_with_small_buffers(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // Windows means something else by this: there a second listener would steal the port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    // Accepted sockets inherit these, and the window that is offered in the handshake depends on them.
    socket.set_recv_buffer_size(SOCKET_BUFFER)?;
    socket.set_send_buffer_size(SOCKET_BUFFER)?;
    // A sender's kernel sizes its buffer in segments, and loopback's are of 64 KB: it would take in megabytes.
    #[cfg(unix)]
    socket.set_tcp_mss(SEGMENT)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(1024)?;
    TcpListener::from_std(socket.into())
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.stop.cancelled() => return,
        };
        match accepted {
            Ok((client, _)) => {
                shared.count(|stats| stats.connections += 1);
                tokio::spawn(connection::serve(shared.clone(), client));
            }
            // Out of descriptors, or a client that left at once: neither is the end of the link.
            Err(problem) => {
                tracing::debug!(%problem, "the link could not accept a connection");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

/// Cuts all connections at random times while the conditions ask for it.
async fn cut_by_chance(shared: Arc<Shared>) {
    let mut world = shared.world.subscribe();
    loop {
        let mean = world.borrow_and_update().conditions.random_cuts;
        let wait = async {
            match mean {
                Some(RandomCuts::Time(mean)) => {
                    let seconds = shared.charges().chance().exponential(mean.as_secs_f64());
                    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
                }
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            () = wait => shared.end_all(connection::End::Cut),
            _ = world.changed() => {}
            () = shared.stop.cancelled() => return shared.end_all(connection::End::Reset),
        }
    }
}
