//! What a link is like: everything that can be asked of the simulator, as one value.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::sizes::Size;
use super::trace::Trace;

/// The link as it is to be, until told otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Conditions {
    /// Whether anything passes, and what comes in its place.
    pub mode: Mode,
    /// From the client to the server, all connections together.
    pub up: Rate,
    /// From the server to the client, all connections together.
    pub down: Rate,
    /// One way, from the client to the server.
    pub latency_up: Duration,
    /// One way, from the server to the client.
    pub latency_down: Duration,
    /// A cut at an exact byte, once.
    pub cut_after: Option<Cut>,
    /// Replies that never arrive although the server did what it was asked to.
    pub lose_reply: Option<LostReply>,
    /// Cuts by chance, again and again.
    pub random_cuts: Option<RandomCuts>,
}

/// Whether anything passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// Bytes pass.
    Open,
    /// Nothing passes: connections are reset, those that exist and new ones as they come.
    Off,
    /// Silence: connections are accepted and nothing comes back. With `swallow` the client's bytes are read
    /// and thrown away, and such a connection is cut when the hole ends; without, they stay in the kernels'
    /// buffers and go on when the hole ends.
    Hole {
        /// Whether what the client sends is read.
        swallow: bool,
    },
    /// New connections get a page instead of the service; those that exist are reset.
    Page(Page),
    /// Each connection is cut after that many bytes from the client (from now on, for those that exist).
    Reset {
        /// Bytes from the client, all of them forwarded.
        after: u64,
    },
}

/// A warning page, as a portal or an authority puts it in the service's place; over TLS with a certificate
/// that nobody vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The HTTP status: 200, 302, 403, 451, 503, 511 and the like.
    pub status: u16,
    /// Where a redirect leads.
    pub location: Option<String>,
}

impl Page {
    /// A page with that status; a redirect leads to an address that does not exist.
    pub fn with_status(status: u16) -> Self {
        let location = (300..400).contains(&status).then(|| "http://warning.invalid/".to_owned());
        Self { status, location }
    }
}

/// How fast bytes pass.
#[derive(Debug, Clone, PartialEq)]
pub enum Rate {
    /// As fast as the machine can.
    Unlimited,
    /// Steady, in bytes a second (at least 1).
    Steady(u64),
    /// As measured somewhere, from the moment that the conditions were set, and from its start again at its end.
    Trace(Arc<Trace>),
}

/// A cut after an exact number of bytes that were read from the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Read from the client before the cut, in bytes.
    pub after: u64,
    /// How many of the last of them never reach the server (at most `after`).
    pub swallowed: u64,
    /// Whose bytes are counted.
    pub whose: Whose,
}

/// Whose bytes count towards a [`Cut`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// Those of the next connection that is accepted.
    NextConnection,
    /// Those of all connections from now on; the one that brings the last byte is cut.
    WholeLink,
}

impl Cut {
    /// The next connection is cut after `after` bytes, all of which reach the server.
    pub fn forwarding(after: u64) -> Self {
        Self { after, swallowed: 0, whose: Whose::NextConnection }
    }

    /// The next connection is cut after `after` bytes, the last `swallowed` of which never reach the server.
    pub fn swallowing(after: u64, swallowed: u64) -> Self {
        Self { after, swallowed, whose: Whose::NextConnection }
    }

    /// Counts the bytes of all connections from now on.
    #[must_use]
    pub fn on_whole_link(self) -> Self {
        Self { whose: Whose::WholeLink, ..self }
    }
}

/// Lost replies: the request goes through, and the connection is cut before the reply's first byte comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LostReply {
    /// A connection must have carried that many bytes from the client since the conditions were set. With
    /// more than the size of a small request (and of a TLS handshake), the reply to an upload can be meant.
    pub after: u64,
    /// How many replies are lost before the link is honest again.
    pub times: u32,
}

/// Cuts by chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RandomCuts {
    /// All connections, with this time between two cuts on average.
    Time(Duration),
    /// The connection that brings the byte, with that many bytes from clients between two cuts on average.
    Bytes(u64),
}

impl Conditions {
    /// Open, unlimited and without delay.
    pub fn open() -> Self {
        Self {
            mode: Mode::Open,
            up: Rate::Unlimited,
            down: Rate::Unlimited,
            latency_up: Duration::ZERO,
            latency_down: Duration::ZERO,
            cut_after: None,
            lose_reply: None,
            random_cuts: None,
        }
    }

    /// No link.
    pub fn off() -> Self {
        Self { mode: Mode::Off, ..Self::open() }
    }

    /// Scarce 3G: 80 KB/s up, 200 KB/s down, 150 ms each way.
    pub fn three_g() -> Self {
        Self::open().rates(80_000, 200_000).latency(Duration::from_millis(150))
    }

    /// EDGE: 12 KB/s up, 25 KB/s down, 350 ms each way.
    pub fn edge() -> Self {
        Self::open().rates(12_000, 25_000).latency(Duration::from_millis(350))
    }

    /// Good Wi-Fi: 6 MB/s up, 10 MB/s down, 10 ms each way.
    pub fn wifi() -> Self {
        Self::open().rates(6_000_000, 10_000_000).latency(Duration::from_millis(10))
    }

    /// A warning page with status 200 in the service's place.
    pub fn page() -> Self {
        Self::page_with(Page::with_status(200))
    }

    /// That page in the service's place.
    pub fn page_with(page: Page) -> Self {
        Self { mode: Mode::Page(page), ..Self::open() }
    }

    /// Silence; nothing is read.
    pub fn hole() -> Self {
        Self { mode: Mode::Hole { swallow: false }, ..Self::open() }
    }

    /// These steady rates, in bytes a second.
    #[must_use]
    pub fn rates(self, up: u64, down: u64) -> Self {
        Self { up: Rate::Steady(up.max(1)), down: Rate::Steady(down.max(1)), ..self }
    }

    /// The same latency each way.
    #[must_use]
    pub fn latency(self, one_way: Duration) -> Self {
        Self { latency_up: one_way, latency_down: one_way, ..self }
    }

    /// With this cut armed.
    #[must_use]
    pub fn cut_after(self, cut: Cut) -> Self {
        Self { cut_after: Some(cut), ..self }
    }

    /// With the next reply lost, on a connection that carried `after` bytes from the client.
    #[must_use]
    pub fn losing_a_reply(self, after: u64) -> Self {
        Self { lose_reply: Some(LostReply { after, times: 1 }), ..self }
    }

    /// With cuts by chance.
    #[must_use]
    pub fn random_cuts(self, cuts: RandomCuts) -> Self {
        Self { random_cuts: Some(cuts), ..self }
    }
}

impl Default for Conditions {
    fn default() -> Self {
        Self::open()
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlimited => f.write_str("unlimited"),
            Self::Steady(rate) => write!(f, "{}/s", Size(*rate)),
            Self::Trace(trace) => write!(f, "a trace of {}/s on average", Size(trace.mean() as u64)),
        }
    }
}

impl fmt::Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.mode {
            Mode::Off => return f.write_str("off"),
            Mode::Hole { swallow: false } => return f.write_str("hole: silence"),
            Mode::Hole { swallow: true } => return f.write_str("hole: silence, and what is sent is swallowed"),
            Mode::Page(page) => {
                return write!(f, "page: a warning page with status {} in the service's place", page.status);
            }
            Mode::Open => f.write_str("open")?,
            Mode::Reset { after } => write!(f, "open, each connection reset after {}", Size(*after))?,
        }
        match (&self.up, &self.down) {
            (Rate::Unlimited, Rate::Unlimited) => {}
            (up, down) => write!(f, ", {up} up, {down} down")?,
        }
        if self.latency_up == self.latency_down {
            if !self.latency_up.is_zero() {
                write!(f, ", {} ms each way", self.latency_up.as_millis())?;
            }
        } else {
            write!(f, ", {} ms up, {} ms down", self.latency_up.as_millis(), self.latency_down.as_millis())?;
        }
        if let Some(cut) = self.cut_after {
            write!(f, ", a cut after {}", Size(cut.after))?;
        }
        if let Some(lost) = self.lose_reply {
            write!(f, ", {} replies to lose", lost.times)?;
        }
        match self.random_cuts {
            Some(RandomCuts::Time(mean)) => write!(f, ", a cut every {:.1} s on average", mean.as_secs_f64()),
            Some(RandomCuts::Bytes(mean)) => write!(f, ", a cut every {} on average", Size(mean)),
            None => Ok(()),
        }
    }
}
