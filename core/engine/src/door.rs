//! The door: every byte that this outbox sends or gets leaves and comes through here, so that it is counted, allowed
//! beforehand, and cut at once.
//!
//! The HTTP library shows no socket, and a kernel takes megabytes of a body that nobody reads yet. So the library is given a
//! SOCKS5 proxy (RFC 1928, RFC 1929) on loopback, in this process, and the door makes the real connections: with little unsent in
//! the kernel, reset when they are cut, bound to the network that was chosen. TLS, headers and bodies all pass, both ways, so what
//! the door counts is what the network sees.
//!
//! **Whose bytes.** A target's bytes are on the account that it [entered](Door::enter) with, and stay within that account's
//! allowance, in [billed](satchel_kernel::money::billed) bytes. A target that has not entered sends nothing.
//!
//! **Law 2.** [`Door::shut`] resets every connection before it returns, and whoever wants to send must enter again. One lock is
//! held around "is it allowed", the count, and the write into the socket; so nothing can slip between them.
//!
//! Read in this order: [`state`] (what is allowed, and the sockets), [`relay`] (from the library's side to the network and back),
//! [`socks`] and [`dial`] (how a connection begins), [`met`] (how that went), [`socket`] (how it is set up), [`meter`] (the count
//! that a kill leaves), [`pretend`] (what testers put in the network's place).

mod dial;
mod listen;
mod met;
mod meter;
mod names;
mod pretend;
mod relay;
mod socket;
mod socks;
mod state;

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use satchel_kernel::health::How;
use satchel_kernel::ids::TargetId;
use satchel_kernel::outcome::Cut;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

pub(crate) use met::{Met, Whither};
pub(crate) use meter::Meter;
use pretend::Pretending;
pub(crate) use socket::Bound;
use state::State;

/// By which of its endpoints a target's connections go: the endpoint's row; 0: none in particular.
pub(crate) type Route = i64;

/// What a target's bytes are counted under from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    /// Never used for anything else, in the meter's life.
    pub(crate) id: u64,
    /// The most that it may cost in all, in billed bytes; `u64::MAX`: free.
    pub(crate) allowance: u64,
}

/// What went over an account so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Spent {
    /// Bytes handed to sockets: TLS and headers too.
    pub(crate) sent: u64,
    /// Bytes that came, whether anyone wanted them or not.
    pub(crate) received: u64,
    /// Connections begun.
    pub(crate) connections: u64,
}

impl Spent {
    /// In bytes as an operator counts them.
    pub(crate) fn billed(&self) -> u64 {
        satchel_kernel::money::billed(self.sent, self.received, self.connections)
    }
}

/// Where a request stood when it began: what the door can tell of it later is told from there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    permit: u64,
    events: u64,
    sent: u64,
    attempts: u64,
}

/// The door of one outbox. Clones are the same door; with the last one it closes.
#[derive(Clone)]
pub(crate) struct Door(Arc<Open>);

struct Open {
    shared: Arc<Shared>,
    listening: listen::Listening,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.shared.state().shut();
    }
}

/// What the door's tasks share.
struct Shared {
    state: Mutex<State>,
    /// What the HTTP library shows to be let through: 64 hexadecimal digits, of this process only.
    secret: String,
    pretending: Pretending,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        // What is in there is whole after a panic too: counts are raised before the bytes go.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Door")
    }
}

impl Door {
    /// A door, where nobody has entered yet.
    ///
    /// # Errors
    /// When the system gives no port on loopback, or no random numbers.
    pub(crate) fn new() -> io::Result<Self> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(io::Error::other)?;
        let secret = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let shared =
            Arc::new(Shared { state: Mutex::new(State::default()), secret, pretending: Pretending::default() });
        Ok(Self(Arc::new(Open { shared, listening: listen::Listening::bind()? })))
    }

    /// Notes every count in this meter too, from now on. What was counted before stays where it was.
    pub(crate) fn note_in(&self, meter: Option<Arc<Meter>>) {
        self.state().set_meter(meter);
    }

    /// What connections that are made from now on meet in place of the network, for testers.
    pub(crate) fn pretend(&self, pretend: crate::pretend::Pretend) {
        self.0.shared.pretending.set(pretend);
    }

    /// Binds connections that are made from now on to this network; none: the system chooses.
    pub(crate) fn bind(&self, bound: Option<Bound>) {
        self.state().bind(bound);
    }

    /// Lets a target's bytes through, on this account. If they were on another one, the target's connections are reset first. An
    /// account that is known keeps what it spent, and its allowance becomes this one.
    pub(crate) fn enter(&self, target: TargetId, account: Account) {
        self.state().enter(target, account);
    }

    /// Lets nothing of this target through any more, and resets its connections.
    #[cfg(test)]
    pub(crate) fn leave(&self, target: TargetId) {
        self.state().leave(target);
    }

    /// Raises the allowance of the account that the target is on, by so many billed bytes.
    pub(crate) fn allow(&self, target: TargetId, more: u64) {
        self.state().allow(target, more);
    }

    /// Takes back up to so many billed bytes of what the target's account was allowed and has not spent; says how many. From a
    /// free account nothing is taken.
    pub(crate) fn withdraw(&self, target: TargetId, less: u64) -> u64 {
        self.state().withdraw(target, less)
    }

    /// What went over an account; none when it is not known here.
    pub(crate) fn spent(&self, account: u64) -> Option<Spent> {
        self.state().spent(account)
    }

    /// Forgets an account, in the meter too, and says what went over it. Targets that are on it leave.
    pub(crate) fn close(&self, account: u64) -> Option<Spent> {
        self.state().close(account)
    }

    /// Resets all connections at once, and lets nobody through who does not enter anew. When this returns, no byte that was
    /// allowed before enters a socket any more, and kernels have thrown away what they held. Callable from anywhere.
    pub(crate) fn shut(&self) {
        self.state().shut();
    }

    /// Where connections of this route go that are begun from now on, whatever host they name: to these, in this order, and no
    /// name is asked for. None: where the name leads. TLS checks the name all the same.
    pub(crate) fn set_addresses(&self, route: Route, addresses: Vec<IpAddr>) {
        self.state().set_addresses(route, addresses);
    }

    /// What the last attempt to connect there met. It is forgotten when the target's connections are cut.
    pub(crate) fn met(&self, whither: &Whither) -> Met {
        self.state().memory.met(whither)
    }

    /// Connects, and resets the connection at once, without a byte. Counted as every connection is; [`How::Unknown`] when the
    /// target may not, and when it was stopped.
    pub(crate) async fn knock(&self, whither: &Whither, patience: Duration, stop: &CancellationToken) -> How {
        dial::knock(&self.0.shared, whither, patience, stop).await
    }

    /// Whoever waited for a connection that was begun since the mark, and for at least so long, waits no more. The door notices
    /// that by itself; [`Self::met`] is to know it at once.
    pub(crate) fn gave_up(&self, whither: &Whither, mark: &Mark, waited: Duration) {
        self.state().memory.gave_up(whither, mark, waited);
    }

    /// The proxy's address with a target's name, its route and the secret: not for logs.
    pub(crate) fn proxy(&self, target: TargetId, route: Route) -> String {
        format!("socks5h://t{target}r{route}:{}@{}", self.0.shared.secret, self.0.listening.address())
    }

    /// Lets the HTTP library in; to be called in a tokio runtime, before each request. A runtime that ended took the last
    /// listener with it.
    pub(crate) fn listen(&self) -> io::Result<()> {
        self.0.listening.run(&self.0.shared)
    }

    /// Which permit the target has: another one means that its old connections are gone.
    pub(crate) fn permit(&self, target: TargetId) -> u64 {
        self.state().mark(target).permit
    }

    /// Where the target stands now.
    pub(crate) fn mark(&self, target: TargetId) -> Mark {
        self.state().mark(target)
    }

    /// Bytes of a target that went into sockets since the mark. They hold what of a body can have arrived.
    pub(crate) fn sent_since(&self, target: TargetId, mark: &Mark) -> u64 {
        self.state().mark(target).sent.saturating_sub(mark.sent)
    }

    /// Changes with each byte of the target that goes into a socket.
    pub(crate) fn moving(&self, target: TargetId) -> watch::Receiver<u64> {
        self.state().moving(target)
    }

    /// Why the door ended the target's connections since the mark: [`Cut::Stopped`] or [`Cut::Spent`]. None of them carries a
    /// byte any more.
    pub(crate) fn ended_since(&self, target: TargetId, mark: &Mark) -> Option<Cut> {
        self.state().ended_since(target, mark)
    }

    /// Why a connection, begun since the mark, was not made.
    pub(crate) fn unconnected_since(&self, whither: &Whither, mark: &Mark) -> Option<Cut> {
        self.state().unconnected_since(whither, mark)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.shared.state()
    }
}

#[cfg(test)]
mod tests;
