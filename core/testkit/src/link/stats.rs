//! What the link counted.

use std::fmt;

use serde::Serialize;

use super::sizes::Size;

/// Counters since the simulator's start. Up is from the client to the server. For each direction,
/// `read = forwarded + swallowed + what is on its way`; what is on its way when a connection ends is swallowed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Connections accepted, whatever became of them.
    pub connections: u64,
    /// Of those, how many exist now.
    pub live: u64,
    /// Connections that were reset as soon as they came, because the link was off.
    pub refused: u64,
    /// Connections that were ended by force, for whatever cause: commands, bytes, chance, lost replies.
    pub cuts: u64,
    /// Replies that the server gave and the client never got.
    pub lost_replies: u64,
    /// Warning pages served.
    pub pages: u64,
    /// Bytes read from clients.
    pub read_up: u64,
    /// Bytes passed on to the server.
    pub forwarded_up: u64,
    /// Bytes read from clients that the server never got.
    pub swallowed_up: u64,
    /// Bytes read from the server.
    pub read_down: u64,
    /// Bytes passed on to clients; a page's bytes are not among them.
    pub forwarded_down: u64,
    /// Bytes read from the server that no client got.
    pub swallowed_down: u64,
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} connections ({} live), {} cuts, up {} read, {} forwarded, {} swallowed, down {}",
            self.connections,
            self.live,
            self.cuts,
            Size(self.read_up),
            Size(self.forwarded_up),
            Size(self.swallowed_up),
            Size(self.forwarded_down),
        )
    }
}
