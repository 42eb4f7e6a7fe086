//! Who may send how much, what was counted, and the sockets themselves: all behind one lock, which is held around each write.

mod accounts;
mod targets;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use satchel_kernel::health::How;
use satchel_kernel::ids::TargetId;
use satchel_kernel::outcome::Cut;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::met::{Memory, Whither, how_of};
use super::{Account, Bound, Mark, Meter, Route, Spent, socket};
use accounts::Accounts;
use targets::Targets;

/// Everything that changes in a door.
#[derive(Default)]
pub(super) struct State {
    accounts: Accounts,
    targets: Targets,
    connections: HashMap<u64, Connection>,
    last: u64,
    bound: Option<Bound>,
    /// Only for routes that have some.
    addresses: HashMap<Route, Vec<IpAddr>>,
    pub(super) memory: Memory,
}

/// A socket to the outside, from before it is connected.
struct Connection {
    target: TargetId,
    /// Where it goes, until the first byte comes back.
    unheard: Option<Whither>,
    account: u64,
    stream: TcpStream,
    /// Whom to tell when it is taken away.
    waker: Option<Waker>,
}

/// Why a connection is not made.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unmade {
    /// The door did not try, or took it away.
    Not(Cut),
    /// The network did not.
    Met(How),
}

/// Why nothing more goes through a connection.
#[derive(Debug)]
pub(super) enum End {
    /// The door took it away.
    Gone,
    /// The network did.
    Broken,
}

impl State {
    pub(super) fn set_meter(&mut self, meter: Option<Arc<Meter>>) {
        self.accounts.set_meter(meter);
    }

    pub(super) fn bind(&mut self, bound: Option<Bound>) {
        self.bound = bound;
    }

    /// The network that connections are bound to.
    pub(super) fn bound(&self) -> Option<Bound> {
        self.bound.clone()
    }

    pub(super) fn set_addresses(&mut self, route: Route, addresses: Vec<IpAddr>) {
        self.addresses.remove(&route);
        if !addresses.is_empty() {
            self.addresses.insert(route, addresses);
        }
    }

    /// The route's own addresses; none: it goes by name.
    pub(super) fn addresses(&self, route: Route) -> Option<Vec<IpAddr>> {
        self.addresses.get(&route).cloned()
    }

    pub(super) fn enter(&mut self, target: TargetId, account: Account) {
        if self.targets.account(target) != Some(account.id) {
            self.leave(target);
        }
        self.accounts.open(account);
        self.targets.enter(target, account.id);
    }

    pub(super) fn leave(&mut self, target: TargetId) {
        if self.targets.leave(target) {
            self.memory.forget(|of| of == target);
            self.reset_all(|connection| connection.target == target);
        }
    }

    pub(super) fn allow(&mut self, target: TargetId, more: u64) {
        if let Some(account) = self.targets.account(target) {
            self.accounts.allow(account, more);
        }
    }

    pub(super) fn withdraw(&mut self, target: TargetId, less: u64) -> u64 {
        self.targets.account(target).map_or(0, |account| self.accounts.withdraw(account, less))
    }

    pub(super) fn spent(&self, account: u64) -> Option<Spent> {
        self.accounts.spent(account)
    }

    pub(super) fn close(&mut self, account: u64) -> Option<Spent> {
        for target in self.targets.on(account) {
            self.leave(target);
        }
        self.reset_all(|connection| connection.account == account);
        self.accounts.close(account)
    }

    pub(super) fn shut(&mut self) {
        self.targets.leave_all();
        self.memory.forget(|_| true);
        self.reset_all(|_| true);
    }

    pub(super) fn mark(&mut self, target: TargetId) -> Mark {
        Mark { attempts: self.memory.last(), ..self.targets.mark(target) }
    }

    pub(super) fn moving(&mut self, target: TargetId) -> watch::Receiver<u64> {
        self.targets.moving(target)
    }

    pub(super) fn ended_since(&mut self, target: TargetId, mark: &Mark) -> Option<Cut> {
        self.targets.ended_since(target, mark)
    }

    pub(super) fn unconnected_since(&self, whither: &Whither, mark: &Mark) -> Option<Cut> {
        self.targets.unconnected_since(whither, mark)
    }

    /// Under another permit than the target has now it says nothing to requests that were begun since.
    pub(super) fn not_connected(&mut self, whither: Whither, permit: u64, cut: Cut) {
        if self.mark(whither.target).permit == permit {
            self.targets.not_connected(whither, cut);
        }
    }

    /// Whether the target could begin a connection now.
    pub(super) fn may_connect(&mut self, target: TargetId) -> Result<(), Cut> {
        let account = self.targets.account(target).ok_or(Cut::Stopped)?;
        self.accounts.may_connect(account)
    }

    /// Begins a connection for a target that has had this permit since it was asked.
    pub(super) fn connect(&mut self, whither: &Whither, permit: u64, address: SocketAddr) -> Result<u64, Unmade> {
        let target = whither.target;
        if self.mark(target).permit != permit {
            return Err(Unmade::Not(Cut::Stopped));
        }
        let account = self.targets.account(target).ok_or(Unmade::Not(Cut::Stopped))?;
        self.accounts.connect(account).map_err(Unmade::Not)?;
        let met = |error: io::Error| Unmade::Met(how_of(&error));
        let stream = socket::connecting(address, self.bound.as_ref()).map_err(met)?;
        self.last += 1;
        self.connections
            .insert(self.last, Connection { target, unheard: Some(whither.clone()), account, stream, waker: None });
        Ok(self.last)
    }

    /// Whether a connection is made by now.
    pub(super) fn poll_connected(&mut self, id: u64, cx: &mut Context<'_>) -> Poll<Result<(), Unmade>> {
        let connection = self.connection(id, cx).map_err(|_| Unmade::Not(Cut::Stopped))?;
        let met = |error: io::Error| Unmade::Met(how_of(&error));
        // What the system has to say is taken first: readiness alone may be told as another error.
        let ready = connection.stream.poll_write_ready(cx);
        if let Some(error) = connection.stream.take_error().map_err(met)? {
            return Poll::Ready(Err(met(error)));
        }
        ready!(ready).map_err(met)?;
        connection.stream.peer_addr().map_err(met)?;
        Poll::Ready(Ok(()))
    }

    /// Writes as much as the socket takes and the account allows. What is about to go is counted before it goes.
    pub(super) fn poll_write(&mut self, id: u64, bytes: &[u8], cx: &mut Context<'_>) -> Poll<Result<usize, End>> {
        let connection = self.connection(id, cx)?;
        let (target, account) = (connection.target, connection.account);
        let most = usize::try_from(self.accounts.room(account)).unwrap_or(usize::MAX).min(bytes.len());
        if most == 0 {
            return Poll::Ready(Err(self.ran_dry(id)));
        }
        loop {
            let connection = self.connection(id, cx)?;
            ready!(connection.stream.poll_write_ready(cx)).map_err(|_| End::Broken)?;
            if self.accounts.will_send(account, most as u64).is_err() {
                self.reset(id);
                return Poll::Ready(Err(End::Broken));
            }
            let written = self.connection(id, cx)?.stream.try_write(&bytes[..most]);
            let went = *written.as_ref().unwrap_or(&0);
            self.accounts.not_sent(account, (most - went) as u64);
            match written {
                Ok(_) => {
                    self.targets.sent(target, went as u64);
                    return Poll::Ready(Ok(went));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return Poll::Ready(Err(End::Broken)),
            }
        }
    }

    /// Reads what came, as far as the account allows. 0: the peer says nothing more.
    pub(super) fn poll_read(&mut self, id: u64, buffer: &mut [u8], cx: &mut Context<'_>) -> Poll<Result<usize, End>> {
        loop {
            let connection = self.connection(id, cx)?;
            ready!(connection.stream.poll_read_ready(cx)).map_err(|_| End::Broken)?;
            let account = connection.account;
            let room = usize::try_from(self.accounts.room(account)).unwrap_or(usize::MAX);
            let stream = &self.connection(id, cx)?.stream;
            if room == 0 && socket::unread(stream) > 0 {
                return Poll::Ready(Err(self.ran_dry(id)));
            }
            // Of an empty socket one byte is asked for, which is how its end shows.
            let most = room.max(1).min(buffer.len());
            match stream.try_read(&mut buffer[..most]) {
                Ok(came) => {
                    if self.accounts.received(account, came as u64).is_err() {
                        self.reset(id);
                        return Poll::Ready(Err(End::Broken));
                    }
                    if came > 0
                        && let Some(whither) = self.connection(id, cx)?.unheard.take()
                    {
                        self.memory.heard(&whither, &buffer[..came]);
                    }
                    return Poll::Ready(Ok(came));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return Poll::Ready(Err(End::Broken)),
            }
        }
    }

    /// Tells the peer that nothing more follows.
    pub(super) fn finish_writing(&mut self, id: u64) {
        if let Some(connection) = self.connections.get(&id) {
            let _ = socket2::SockRef::from(&connection.stream).shutdown(std::net::Shutdown::Write);
        }
    }

    /// Takes a connection away at once. One that both sides have closed in good order is not harmed by it: nothing of it is left.
    pub(super) fn reset(&mut self, id: u64) {
        if let Some(connection) = self.connections.remove(&id) {
            // It came over the network, whether anyone reads it or not.
            let _ = self.accounts.received(connection.account, socket::unread(&connection.stream));
            socket::reset(connection.stream);
            if let Some(waker) = connection.waker {
                waker.wake();
            }
        }
    }

    fn reset_all(&mut self, which: impl Fn(&Connection) -> bool) {
        let ids: Vec<_> = self.connections.iter().filter(|(_, c)| which(c)).map(|(id, _)| *id).collect();
        ids.into_iter().for_each(|id| self.reset(id));
    }

    /// Nothing is left for this connection, and so for none of its target's.
    fn ran_dry(&mut self, id: u64) -> End {
        if let Some(target) = self.connections.get(&id).map(|connection| connection.target) {
            self.targets.ran_dry(target);
            self.reset_all(|connection| connection.target == target);
        }
        End::Gone
    }

    /// The connection, if it is still there. Whoever asks is told when it no longer is.
    fn connection(&mut self, id: u64, cx: &Context<'_>) -> Result<&mut Connection, End> {
        let connection = self.connections.get_mut(&id).ok_or(End::Gone)?;
        match &mut connection.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Ok(connection)
    }
}
