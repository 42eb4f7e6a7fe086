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
//! [`socks`] and [`dial`] (how a connection begins), [`socket`] (how it is set up), [`meter`] (the count that a kill leaves).

mod dial;
mod listen;
mod meter;
mod relay;
mod socket;
mod socks;
mod state;

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use satchel_kernel::ids::TargetId;
use satchel_kernel::outcome::Cut;
use tokio::sync::watch;

pub(crate) use meter::Meter;
pub(crate) use socket::Bound;
use state::State;

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
        let shared = Arc::new(Shared { state: Mutex::new(State::default()), secret });
        Ok(Self(Arc::new(Open { shared, listening: listen::Listening::bind()? })))
    }

    /// Notes every count in this meter too, from now on. What was counted before stays where it was.
    pub(crate) fn note_in(&self, meter: Option<Arc<Meter>>) {
        self.state().set_meter(meter);
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

    /// The proxy's address with a target's name and the secret: not for logs.
    pub(crate) fn proxy(&self, target: TargetId) -> String {
        format!("socks5h://t{target}:{}@{}", self.0.shared.secret, self.0.listening.address())
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

    /// Why a connection to this host and port, begun since the mark, was not made.
    pub(crate) fn unconnected_since(&self, target: TargetId, mark: &Mark, host: &str, port: u16) -> Option<Cut> {
        self.state().unconnected_since(target, mark, host, port)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.shared.state()
    }
}

#[cfg(test)]
mod tests;
