//! How an endpoint fares, and by what that is known.
//!
//! What came of a request says little by itself: a page may be a censor's or a hotel's, a silence the server's or the whole
//! network's. [`find`] puts together what was seen of the connection, what the system says, and what a neutral address met; it
//! names what stands in the way. [`Fares`] is what is kept of an endpoint, and when it is tried again.
//!
//! The system's word that a network is captive is a hint and never proof: it makes a page a portal, but no page a service, and
//! an answer of the service itself counts for more.

use serde::{Deserialize, Serialize};

use crate::gate::{Imposter, Verdict};
use crate::outcome::Cut;
use crate::retry::{backoff_ms, doubling_ms};
use crate::state::Trouble;
use crate::time::{Due, Now};

/// The longest wait before a blocked endpoint is probed again, in milliseconds.
pub const PROBE_CAP_MS: u64 = 60 * 60 * 1000;
/// What a probe is taken to cost, both ways, with its TLS handshake, in bytes.
pub const PROBE_BYTES: u64 = 8 << 10;
/// Troubles of one kind in a row after which a connection that broke, or fell silent, is no accident.
const NO_ACCIDENT: u32 = 2;

/// How an endpoint fares on the network that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(tag = "kind", content = "by", rename_all = "snake_case")]
pub enum Health {
    /// Not tried yet.
    #[default]
    Unknown,
    /// It answers.
    Open,
    /// It answers, and what is sent to it hardly gets through.
    Slow,
    /// It does not answer, or its server fails, and nothing says that somebody is in the way.
    Down,
    /// Somebody is in the way.
    Blocked(Block),
    /// The network wants a person to sign in first.
    Captive,
}

/// How an endpoint is blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// A page, or something else that is not the service, answers in its place.
    Page,
    /// The network sends us elsewhere.
    Redirect,
    /// Somebody else's certificate: forged, or signed by itself.
    Certificate,
    /// The connection is broken off, once it shows where it is meant to go.
    Reset,
    /// The name is not answered, or answered wrongly.
    Name,
    /// Nothing comes back from the service's port, though its host or the network answers otherwise.
    Silence,
}

/// How the connection went, below HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Not known: a connection was used again, or the host's system made it.
    #[default]
    Unknown,
    /// The name has no address.
    NoName,
    /// The address refused the port.
    Refused,
    /// No way leads there.
    Unreachable,
    /// Nothing came back.
    Silent,
    /// It was made.
    Connected,
}

/// What came back first over a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Heard {
    /// Not known: the host's system made the connection.
    #[default]
    Unknown,
    /// Not a byte.
    Nothing,
    /// TLS.
    Tls,
    /// HTTP: over TLS, a portal's or a censor's page in answer to the hello.
    Http,
    /// Something else.
    Other,
}

/// What a neutral address, or another endpoint, met over the same network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Contrast {
    /// None was asked.
    #[default]
    Unknown,
    /// It answered as it should: the network is well.
    Works,
    /// Something else answered in its place too.
    Portal,
    /// Nothing answered there either.
    Nothing,
}

/// Everything that is known of one request that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    /// The gate's word.
    pub verdict: Verdict,
    /// The reply's status; 0 where none came.
    pub status: u16,
    /// How the connection went.
    pub how: How,
    /// The other of the ports 80 and 443 of the same host, where it was knocked at.
    pub other_port: How,
    /// What the connection was answered with first.
    pub heard: Heard,
    /// It was to be TLS.
    pub tls: bool,
    /// The certificate would be good at another time.
    pub only_dates: bool,
    /// The system says that a sign-in page stands in front of the network.
    pub captive_hint: bool,
    /// The system says that it did not reach the internet over it.
    pub no_internet_hint: bool,
    /// What a neutral address met.
    pub contrast: Contrast,
    /// The same server answered at its configured addresses since this network came.
    pub open_by_address: bool,
    /// An authentic answer came from this endpoint at some time.
    pub known: bool,
    /// How often in a row, this one included, it ended so.
    pub in_a_row: u32,
    /// It was a probe.
    pub probe: bool,
}

/// What stands in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Finding {
    /// It fares so.
    Health(Health),
    /// Nothing answers over this network at all.
    NoLink,
    /// The certificate is good, and the device's date does not fit it (or it ran out).
    WrongClock,
}

impl Contrast {
    /// From the request to a neutral address. Over TLS whoever proves to be it will do; over plain HTTP only the empty 204 that
    /// such an address is for: a page may stand in its place as well.
    pub const fn of(verdict: Verdict, status: u16, is_empty: bool) -> Self {
        match (verdict, status) {
            (Verdict::Service(_) | Verdict::Gateway, _) => Self::Works,
            (Verdict::Imposter(_), 204) if is_empty => Self::Works,
            (Verdict::Imposter(_), _) => Self::Portal,
            (Verdict::Silence(_), _) => Self::Nothing,
        }
    }
}

/// Names what stands in the way; none where the outcome says nothing of the endpoint.
pub fn find(evidence: &Evidence) -> Option<Finding> {
    let Evidence { captive_hint, contrast, known, status, .. } = *evidence;
    let is_portal = captive_hint || contrast == Contrast::Portal;
    let blocked = |by| Finding::Health(if is_portal { Health::Captive } else { Health::Blocked(by) });
    let down = Finding::Health(Health::Down);
    Some(match evidence.verdict {
        // The service, or its own front door: the way is open, whatever it says of this request.
        // A front door may answer a probe by itself, or not know its method: traffic tells.
        Verdict::Gateway if evidence.probe && (status < 400 || status == 501) => Finding::Health(Health::Unknown),
        // A success without marks is the front door's own page.
        Verdict::Gateway if !(400..500).contains(&status) => down,
        Verdict::Service(_) if status == 503 => down,
        Verdict::Service(_) | Verdict::Gateway => Finding::Health(Health::Open),
        // A server need not know the probe's method: its traffic tells.
        Verdict::Imposter(Imposter::Unmarked) if evidence.probe && matches!(status, 404 | 405 | 501) => {
            Finding::Health(Health::Unknown)
        }
        // RFC 6585 §6: only what intercepts answers so.
        Verdict::Imposter(_) if status == 511 => Finding::Health(Health::Captive),
        Verdict::Imposter(Imposter::Redirect) => blocked(Block::Redirect),
        Verdict::Imposter(Imposter::Certificate) if evidence.only_dates => Finding::WrongClock,
        Verdict::Imposter(Imposter::Certificate) if evidence.open_by_address => {
            Finding::Health(Health::Blocked(Block::Name))
        }
        Verdict::Imposter(Imposter::Certificate) => blocked(Block::Certificate),
        Verdict::Imposter(_) if evidence.open_by_address => Finding::Health(Health::Blocked(Block::Name)),
        // The words of a web server whose service behind it fails.
        Verdict::Imposter(_) if matches!(status, 500 | 502 | 504) && !is_portal => down,
        Verdict::Imposter(Imposter::Page) => blocked(Block::Page),
        // It may be a wrong address: of an endpoint that answered before it is not.
        Verdict::Imposter(Imposter::Unmarked | Imposter::Garbage) => {
            if known || is_portal || matches!(status, 200..400 | 403 | 451) { blocked(Block::Page) } else { down }
        }
        Verdict::Silence(cut) => return silence(evidence, cut, is_portal),
    })
}

/// Nobody spoke.
fn silence(evidence: &Evidence, cut: Cut, is_portal: bool) -> Option<Finding> {
    let Evidence { contrast, in_a_row, how, heard, .. } = *evidence;
    let is_well = contrast == Contrast::Works;
    let health = |health| Some(Finding::Health(health));
    let blocked = |by| health(if is_portal { Health::Captive } else { Health::Blocked(by) });
    // A request that waits no longer for its reply may wait for a connection still, or for a word in answer to the hello.
    let waited = matches!(cut, Cut::Stalled | Cut::NoReply) && heard != Heard::Tls;
    let cut = match how {
        How::NoName if waited => Cut::NoAddress,
        How::Silent | How::Refused | How::Unreachable if waited => Cut::NoConnection,
        How::Connected if waited && evidence.tls => Cut::NoConnection,
        _ => cut,
    };
    match cut {
        Cut::Stopped | Cut::Spent | Cut::SourceChanged | Cut::SourceUnreadable => None,
        // The gate calls these by other names.
        Cut::Certificate => blocked(Block::Certificate),
        Cut::Garbage => blocked(Block::Page),
        Cut::Handshake | Cut::Reset if heard == Heard::Other => {
            health(if is_portal { Health::Captive } else { Health::Down })
        }
        // Who takes a connection is somebody.
        _ if contrast == Contrast::Nothing && how != How::Connected => Some(Finding::NoLink),
        Cut::NoAddress | Cut::NoConnection if is_portal => health(Health::Captive),
        Cut::NoAddress | Cut::NoConnection if evidence.open_by_address => health(Health::Blocked(Block::Name)),
        _ if evidence.open_by_address && in_a_row >= NO_ACCIDENT => health(Health::Blocked(Block::Name)),
        Cut::NoAddress if evidence.no_internet_hint && !is_well => Some(Finding::NoLink),
        // Once may be an accident.
        Cut::NoAddress | Cut::Handshake if in_a_row < NO_ACCIDENT => health(Health::Down),
        Cut::NoAddress => health(Health::Blocked(Block::Name)),
        Cut::Handshake if heard == Heard::Http => blocked(Block::Page),
        Cut::Handshake => blocked(Block::Reset),
        Cut::NoConnection => match how {
            How::Unreachable if !is_well => Some(Finding::NoLink),
            How::Silent if matches!(evidence.other_port, How::Connected | How::Refused) => blocked(Block::Silence),
            // It took the connection, and nothing comes back once the hello shows where it is meant to go.
            How::Connected if in_a_row >= NO_ACCIDENT => blocked(Block::Silence),
            _ => health(Health::Down),
        },
        Cut::Reset if in_a_row >= NO_ACCIDENT => blocked(Block::Reset),
        Cut::Stalled | Cut::NoReply if heard == Heard::Nothing && in_a_row >= NO_ACCIDENT => blocked(Block::Silence),
        Cut::Stalled | Cut::NoReply if is_portal => health(Health::Captive),
        Cut::Stalled | Cut::NoReply if in_a_row > NO_ACCIDENT => health(Health::Down),
        Cut::Reset | Cut::Stalled | Cut::NoReply => health(Health::Slow),
    }
}

/// What a request met, beside what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Met {
    /// What it met, as the wire names it.
    pub trouble: Trouble,
    /// How it ended, where no reply came.
    pub cut: Option<Cut>,
    /// So often one after the other, as a machine asks again by itself.
    pub times: u32,
    /// It was a probe, which shows the way and not what goes there.
    pub probe: bool,
    /// Whoever answered is the service, or its own front door: no probe tells more.
    pub authentic: bool,
    /// The upload came further by it: waits begin anew.
    pub progressed: bool,
    /// What an authentic server asked to wait, in milliseconds.
    pub asked_ms: Option<u64>,
}

/// What is kept of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Fares {
    /// As it was last found.
    pub health: Health,
    /// What went wrong last; none while nothing is.
    pub trouble: Option<Trouble>,
    /// Since when it fares so, in milliseconds since 1970.
    pub since_utc_ms: i64,
    /// Troubles in a row.
    pub failures: u32,
    /// How the last one ended, where no reply came, and how often in a row it ended so.
    pub cut: Option<Cut>,
    /// See [`Self::cut`].
    pub in_a_row: u32,
    /// It is left alone until then.
    pub due: Option<Due>,
    /// It failed for the first time: a probe at once tells an accident from what stays.
    pub suspect: bool,
    /// A probe found the way open since: traffic may try.
    pub cleared: bool,
    /// A neutral address met a portal on this network.
    pub portal: bool,
    /// An authentic answer came from it at some time.
    pub known: bool,
}

impl Fares {
    /// After something was found.
    #[must_use]
    pub fn after(self, finding: Finding, met: &Met, now: &Now, seed: u64) -> Self {
        let Met { trouble, cut, times, probe, authentic, progressed, asked_ms } = *met;
        let found = match finding {
            Finding::Health(health) => health,
            // Neither is the endpoint's doing.
            Finding::NoLink | Finding::WrongClock => Health::Down,
        };
        let since = |health| if health == self.health { self.since_utc_ms } else { now.utc_ms };
        match found {
            Health::Open if probe => return self.cleared(now),
            Health::Open => return Self { health: found, since_utc_ms: since(found), known: true, ..Self::default() },
            // The probe told nothing: traffic is to try, no more often than a probe would.
            Health::Unknown => {
                let failures = self.failures.saturating_add(1);
                let due = now.after(doubling_ms(failures, seed, PROBE_CAP_MS));
                return Self { failures, due: Some(due), suspect: false, cleared: true, ..self };
            }
            _ => {}
        }
        let trouble = match finding {
            Finding::Health(Health::Blocked(by)) => Trouble::Blocked(by),
            Finding::Health(Health::Captive) => Trouble::SignIn,
            Finding::NoLink => Trouble::NoLink,
            Finding::WrongClock => Trouble::WrongClock,
            Finding::Health(_) => trouble,
        };
        // Requests side by side meet one trouble together, and a probe that follows at once meets it again: it counts once.
        let together = self.suspect || self.due.is_some_and(|due| !due.is_over(now));
        let failures = match (progressed, together) {
            (true, _) => 1,
            (false, true) => self.failures.max(1),
            (false, false) => self.failures.saturating_add(1),
        };
        let in_a_row = match cut {
            None => 0,
            Some(_) if progressed => 1,
            Some(cut) => self.in_a_row_with(cut, times),
        };
        let suspect = !probe && !authentic && !progressed && failures == 1;
        let wait = asked_ms.unwrap_or_else(|| match found {
            Health::Blocked(_) | Health::Captive => doubling_ms(failures, seed, PROBE_CAP_MS),
            _ => backoff_ms(failures, seed),
        });
        Self {
            health: found,
            trouble: Some(trouble),
            since_utc_ms: since(found),
            failures,
            cut,
            in_a_row,
            due: (!suspect).then(|| now.after(wait)),
            suspect,
            cleared: false,
            ..self
        }
    }

    /// A probe got an authentic answer. What traffic met there it has to meet no more before it is forgotten: a network that lets
    /// probes through alone must not be asked without end.
    fn cleared(self, now: &Now) -> Self {
        let opens = matches!(self.health, Health::Unknown | Health::Down | Health::Captive | Health::Open);
        let health = if opens { Health::Open } else { self.health };
        let since_utc_ms = if health == self.health { self.since_utc_ms } else { now.utc_ms };
        let trouble = self.trouble.filter(|_| !opens);
        Self { health, trouble, since_utc_ms, due: None, suspect: false, cleared: true, known: true, ..self }
    }

    /// How often in a row it will have ended so, if it ends so now, so many times.
    pub fn in_a_row_with(&self, cut: Cut, times: u32) -> u32 {
        let before = if self.cut.map(alike) == Some(alike(cut)) { self.in_a_row } else { 0 };
        before.saturating_add(times.max(1))
    }

    /// On another network nothing of it holds but that it is known.
    #[must_use]
    pub fn elsewhere(self, now: &Now) -> Self {
        Self { since_utc_ms: now.utc_ms, known: self.known, ..Self::default() }
    }

    /// On this network somebody has to sign in, as it turns out: what stood in the service's place is the page for it.
    #[must_use]
    pub fn captive(self, now: &Now) -> Self {
        match self.health {
            Health::Blocked(Block::Page | Block::Redirect | Block::Certificate) => {
                let (health, trouble) = (Health::Captive, Some(Trouble::SignIn));
                Self { health, trouble, since_utc_ms: now.utc_ms, ..self }
            }
            _ => self,
        }
    }

    /// Whether it may be tried.
    pub fn is_awake(&self, now: &Now) -> bool {
        self.due.is_none_or(|due| due.is_over(now))
    }

    /// Whether a probe is to find it open before anything else goes there.
    pub const fn wants_probe(&self) -> bool {
        !self.cleared && (self.suspect || matches!(self.health, Health::Blocked(_) | Health::Captive))
    }
}

/// Ends that are one and the same to whoever waits: which of the waits ends first is chance.
const fn alike(cut: Cut) -> Cut {
    match cut {
        Cut::NoConnection | Cut::Stalled | Cut::NoReply => Cut::NoReply,
        Cut::Handshake | Cut::Reset => Cut::Reset,
        other => other,
    }
}

impl Health {
    /// As it stands in lists, reports and tests: `open`, `blocked:page`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Open => "open",
            Self::Slow => "slow",
            Self::Down => "down",
            Self::Captive => "captive",
            Self::Blocked(Block::Page) => "blocked:page",
            Self::Blocked(Block::Redirect) => "blocked:redirect",
            Self::Blocked(Block::Certificate) => "blocked:certificate",
            Self::Blocked(Block::Reset) => "blocked:reset",
            Self::Blocked(Block::Name) => "blocked:name",
            Self::Blocked(Block::Silence) => "blocked:silence",
        }
    }
}

impl Block {
    /// The reverse of [`Self::as_str`].
    pub fn from_name(name: &str) -> Option<Self> {
        let all = [Self::Page, Self::Redirect, Self::Certificate, Self::Reset, Self::Name, Self::Silence];
        all.into_iter().find(|block| block.as_str() == name)
    }

    /// As it stands in records and exports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Redirect => "redirect",
            Self::Certificate => "certificate",
            Self::Reset => "reset",
            Self::Name => "name",
            Self::Silence => "silence",
        }
    }

    /// For a person.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Page => "a warning page stands in the service's place on this network",
            Self::Redirect => "this network sends us to another address in the service's place; it was not followed",
            Self::Certificate => "somebody else's certificate stands in the server's place on this network",
            Self::Reset => "this network breaks the connection as soon as it shows where it is meant to go",
            Self::Name => "this network gives no address, or a wrong one, for the server's name",
            Self::Silence => "this network swallows what is sent to the server",
        }
    }
}

#[cfg(test)]
mod tests;
