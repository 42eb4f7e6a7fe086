//! Sockets at which nobody listens: those that refuse, and those that swallow who knocks.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpListener;

/// Pairs of addresses with one port that are tried before giving up.
const TRIES: usize = 50;
/// How many connections may wait to be accepted.
const BACKLOG: i32 = 1024;
/// How long a knock takes at the most on loopback, where somebody is there.
const KNOCK: Duration = Duration::from_millis(100);

/// Where the true server is reached while its name leads elsewhere.
pub(super) const BESIDE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// A port that is ours, with nobody behind it yet.
pub(super) struct Shut {
    socket: Socket,
    /// Who sits in the only place where one can wait.
    waiting: Vec<Socket>,
}

/// Takes a port without listening: connections are refused.
pub(super) fn refusing(at: SocketAddr) -> io::Result<Shut> {
    let socket = Socket::new(Domain::for_address(at), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.bind(&at.into())?;
    Ok(Shut { socket, waiting: vec![] })
}

impl Shut {
    /// From now on nobody is let in and nobody is told so: the one place where a connection can wait is taken, and Linux lets
    /// further ones knock without an answer. Blocks for a moment.
    pub(super) fn swallowing(mut self) -> io::Result<Self> {
        self.socket.listen(0)?;
        let address = self.address()?;
        for _ in 0..8 {
            let filler = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
            let entered = filler.connect_timeout(&address.into(), KNOCK);
            self.waiting.push(filler);
            match entered {
                Ok(()) => {}
                Err(error) if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => {
                    return Ok(self);
                }
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other("this system lets everybody wait: there is no black hole on it"))
    }

    pub(super) fn address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()?.as_socket().ok_or_else(|| io::Error::other("not an address of the internet"))
    }

    /// Lets people in from now on.
    pub(super) fn open(self) -> io::Result<TcpListener> {
        self.socket.listen(BACKLOG)?;
        drop(self.waiting);
        TcpListener::from_std(self.socket.into())
    }
}

/// Listens on a free port of the loopback.
pub(super) fn anywhere() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

/// Takes one port at two addresses: what the name leads to, and [`BESIDE`] it.
pub(super) fn pair() -> io::Result<(Shut, Shut)> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..TRIES {
        let beside = refusing((IpAddr::V4(BESIDE), 0).into())?;
        match refusing((Ipv4Addr::LOCALHOST, beside.address()?.port()).into()) {
            Ok(named) => return Ok((named, beside)),
            Err(error) => last = error,
        }
    }
    Err(last)
}
