//! How a socket to the outside is set up: little in the kernel's hands, and bound to the network that was chosen.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::TcpStream;

mod system;

/// The most that a kernel is to hold of what it has not sent yet, in bytes, where it can be told so.
pub(super) const UNSENT: u32 = 16 * 1024;
/// The most that a kernel is to hold of what came, in bytes. Replies are small; who floods us must not spend much.
const UNREAD: usize = 16 * 1024;

/// A network of this device, in the words of its system.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(dead_code, reason = "each system has its own word for it")]
pub(crate) enum Bound {
    /// Linux and Android: the interface's name, as `wlan0`.
    Name(String),
    /// Apple's systems: the interface's index, as `if_nametoindex` tells it.
    Index(std::num::NonZeroU32),
    /// Android: `Network.getNetworkHandle()`.
    Handle(u64),
}

/// Begins to connect; the socket becomes writable when that is done or has failed.
pub(super) fn connecting(address: SocketAddr, bound: Option<&Bound>) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    // Before it connects: the window that is offered follows from it. A system that refuses still counts right.
    let _ = socket.set_recv_buffer_size(UNREAD);
    let _ = system::limit_unsent(&socket, UNSENT);
    if let Some(bound) = bound {
        system::bind(&socket, bound, address)?;
    }
    match socket.connect(&address.into()) {
        Ok(()) => {}
        Err(error) if system::is_under_way(&error) => {}
        Err(error) => return Err(error),
    }
    TcpStream::from_std(socket.into())
}

/// Ends it at once: the kernel throws away what it held, and the peer is told that it is over.
pub(super) fn reset(stream: TcpStream) {
    let _ = SockRef::from(&stream).set_linger(Some(std::time::Duration::ZERO));
}

/// Bytes that came and that nobody has read.
pub(super) fn unread(stream: &TcpStream) -> u64 {
    system::unread(stream)
}
