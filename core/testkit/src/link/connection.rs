//! One connection through the link: from its acceptance, through whatever the link is then, to its end.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::charges::Mine;
use super::conditions::Mode;
use super::way::{Direction, Tally, Way};
use super::{SOCKET_BUFFER, Shared, World, page};
use crate::stream::reset_on_drop;

/// How long a server may take to notice that its client is gone, before its side is closed by force.
const GOODBYE: Duration = Duration::from_secs(10);

/// Why a connection ended before both sides were done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Cut: the client gets a reset, the server an end after the last forwarded byte.
    Cut,
    /// Reset on both sides.
    Reset,
    /// The server reset its side, or could not be reached.
    ServerGone,
    /// The client reset its side.
    ClientGone,
}

/// What both directions of a connection share.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) shared: Arc<Shared>,
    /// The count of endings when it was accepted: it ends when that count grows.
    endings: u64,
    pub(super) mine: Mutex<Mine>,
    pub(super) up: Tally,
    pub(super) down: Tally,
}

impl Wire {
    /// What the world, as it is now, means for a connection that carries bytes: its end, or that it may go on.
    pub(super) fn verdict(&self, world: &World) -> Result<(), End> {
        if world.endings != self.endings {
            return Err(world.last_ending);
        }
        match world.conditions.mode {
            Mode::Off | Mode::Page(_) => Err(End::Cut),
            Mode::Open | Mode::Reset { .. } | Mode::Hole { .. } => Ok(()),
        }
    }

    /// Waits until the link's mode is another one, or every connection is told to end.
    async fn until_other_than(&self, mode: &Mode) {
        let mut world = self.shared.world.subscribe();
        let other = |world: &World| world.conditions.mode != *mode || world.endings != self.endings;
        // Fails when the simulator is gone, and then all is over anyway.
        let _ = world.wait_for(other).await;
    }
}

/// Serves a client until its connection ends.
pub(super) async fn serve(shared: Arc<Shared>, client: TcpStream) {
    shared.count(|stats| stats.live += 1);
    // Small replies must not wait for each other: the latency is the conditions' part.
    let _ = client.set_nodelay(true);
    let endings = shared.world.borrow().endings;
    let mine = Mutex::new(shared.charges().claim());
    let wire = Wire { shared: shared.clone(), endings, mine, up: Tally::default(), down: Tally::default() };
    match wait_for_service(&wire, client).await {
        Some((client, server)) => pass_through(&wire, client, server).await,
        None => tracing::trace!("a connection ended before it reached the server"),
    }
    shared.count(|stats| stats.live -= 1);
}

/// Treats the client as the link's mode says, until there is a server to carry its bytes to. None where the
/// connection ended before that.
async fn wait_for_service(wire: &Wire, mut client: TcpStream) -> Option<(TcpStream, TcpStream)> {
    let mut swallowed = false;
    loop {
        let world = wire.shared.world.borrow().clone();
        let mode = &world.conditions.mode;
        let refused = *mode == Mode::Off;
        if refused || swallowed || world.endings != wire.endings {
            wire.shared.count(|stats| if refused { stats.refused += 1 } else { stats.cuts += 1 });
            reset_on_drop(&client);
            return None;
        }
        match mode {
            Mode::Off => return None,
            Mode::Page(page) => {
                tokio::select! {
                    () = page::serve(&wire.shared, client, page) => {}
                    () = wire.until_other_than(mode) => wire.shared.count(|stats| stats.cuts += 1),
                }
                return None;
            }
            Mode::Hole { swallow } => tokio::select! {
                () = wire.until_other_than(mode) => {}
                any = swallow_all(&wire.shared, &mut client), if *swallow => {
                    // The client left.
                    return any;
                }
            },
            Mode::Open | Mode::Reset { .. } => tokio::select! {
                reached = reach(&world) => match reached {
                    Ok(server) => return Some((client, server)),
                    Err(problem) => {
                        tracing::debug!(%problem, "the link's server cannot be reached");
                        reset_on_drop(&client);
                        return None;
                    }
                },
                () = wire.until_other_than(mode) => {}
            },
        }
        swallowed = matches!(mode, Mode::Hole { swallow: true });
    }
}

/// Reads and throws away until the client leaves.
async fn swallow_all<T>(shared: &Shared, client: &mut TcpStream) -> Option<T> {
    let mut sink = vec![0; SOCKET_BUFFER];
    while let Ok(read @ 1..) = client.read(&mut sink).await {
        shared.count(|stats| {
            stats.read_up += read as u64;
            stats.swallowed_up += read as u64;
        });
    }
    None
}

/// Connects to the server; the handshake's way there and back takes the link's latency.
async fn reach(world: &World) -> io::Result<TcpStream> {
    let to: SocketAddr = world.upstream;
    let handshake = world.conditions.latency_up + world.conditions.latency_down;
    if !handshake.is_zero() {
        tokio::time::sleep(handshake).await;
    }
    let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_send_buffer_size(SOCKET_BUFFER as u32)?;
    socket.set_recv_buffer_size(SOCKET_BUFFER as u32)?;
    let server = socket.connect(to).await?;
    server.set_nodelay(true)?;
    Ok(server)
}

async fn pass_through(wire: &Wire, mut client: TcpStream, mut server: TcpStream) {
    let ended = {
        let (client_read, client_write) = client.split();
        let (server_read, server_write) = server.split();
        let up = Way::new(Direction::Up, client_read, server_write, wire);
        let down = Way::new(Direction::Down, server_read, client_write, wire);
        tokio::try_join!(up.carry(), down.carry()).err()
    };
    // What never arrived and the cut are booked in one step, and before the client can feel the cut.
    let forced = matches!(ended, Some(End::Cut | End::Reset));
    wire.shared.count(|stats| {
        stats.swallowed_up += wire.up.missing();
        stats.swallowed_down += wire.down.missing();
        stats.cuts += u64::from(forced);
    });
    match ended {
        None => {}
        Some(End::Reset) => {
            reset_on_drop(&client);
            reset_on_drop(&server);
        }
        Some(End::ServerGone) => reset_on_drop(&client),
        Some(End::Cut | End::ClientGone) => {
            reset_on_drop(&client);
            drop(client);
            say_goodbye(&wire.shared, server).await;
        }
    }
}

/// Lets the server have all that was forwarded: closing at once would reset it because of its unread reply.
async fn say_goodbye(shared: &Shared, mut server: TcpStream) {
    let drain = async {
        // Fails where the server is gone already.
        let _ = server.shutdown().await;
        let mut sink = vec![0; SOCKET_BUFFER];
        while let Ok(read @ 1..) = server.read(&mut sink).await {
            shared.count(|stats| {
                stats.read_down += read as u64;
                stats.swallowed_down += read as u64;
            });
        }
    };
    let _ = tokio::time::timeout(GOODBYE, drain).await;
}
