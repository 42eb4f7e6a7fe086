//! For testers: what an outbox's own connections meet in place of the real network. A person on a desk sees what a traveller
//! does. What there is for a link (none, metered, abroad, a sign-in page) is pretended by [`Outbox::set_link`].

use std::time::Duration;

use crate::error::{Error, Result};
use crate::outbox::Outbox;

/// The slowest network that is pretended, in bytes a second: below, timers of the protocol would end it.
const SLOWEST: u64 = 100;
/// The longest latency that is pretended.
const LONGEST: Duration = Duration::from_secs(30);

/// What connections meet. Nothing of it outlasts the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pretend {
    /// So much goes each way, over all connections together, in bytes a second, 100 or more; as the network is when left out.
    pub bytes_per_second: Option<u64>,
    /// An answer comes no sooner than this after the last byte that was sent, and a connection is made no sooner than this;
    /// at most 30 s.
    pub latency: Option<Duration>,
    /// This stands in the place of every server. None of its bytes leave the device, and none are in the ledger.
    pub stands: Option<StandIn>,
}

/// What stands in a server's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StandIn {
    /// A page that says that the service is blocked. (Where the server would be spoken to by TLS, the page comes in reply to the
    /// first word of that, so that no connection is made.)
    Page,
    /// Nothing: no connection is made, and nobody says so.
    Silence,
    /// Somebody who resets the connection once the first bytes went.
    Reset,
}

impl Outbox {
    /// Pretends, from now on; nothing any more when left out. Connections that are open are reset.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a rate or a latency out of range.
    pub fn pretend(&self, pretend: Option<Pretend>) -> Result<()> {
        let pretend = pretend.unwrap_or_default();
        if pretend.bytes_per_second.is_some_and(|rate| rate < SLOWEST) {
            return Err(Error::Invalid(format!("a pretended network has at least {SLOWEST} bytes a second")));
        }
        if pretend.latency.is_some_and(|latency| latency > LONGEST) {
            return Err(Error::Invalid("a pretended latency is at most 30 seconds".into()));
        }
        self.inner.pretend(pretend);
        Ok(())
    }
}
