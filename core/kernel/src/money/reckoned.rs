//! Time by which budgets count: what has surely passed, and what a server vouches for. Not the wall clock, which a hand, a
//! network or a border can set.

use serde::{Deserialize, Serialize};

use crate::ids::BootId;
use crate::outcome::{Identity, Reply};
use crate::time::Now;

/// A point in reckoned time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reckoned {
    /// Milliseconds since 1970, as reckoned then.
    pub utc_ms: i64,
    /// Which boot `since_boot_ms` counts from.
    pub boot: BootId,
    /// See [`Now::since_boot_ms`].
    pub since_boot_ms: u64,
    /// Whether a server ever vouched for it; until then it began as the wall clock said.
    pub vouched: bool,
}

/// How far a server's word may be behind before it is taken for another opinion, in milliseconds: replies travel.
const TOLERANCE_MS: i64 = 5 * 60_000;

impl Reckoned {
    /// The beginning: nothing better than the wall clock is known.
    pub fn first(now: &Now) -> Self {
        Self { utc_ms: now.utc_ms, boot: now.boot, since_boot_ms: now.since_boot_ms, vouched: false }
    }

    /// Reckoned time now, in milliseconds since 1970. After another boot, at least the time since that boot has passed.
    pub fn at(&self, now: &Now) -> i64 {
        let passed = if self.boot == now.boot {
            now.since_boot_ms.saturating_sub(self.since_boot_ms)
        } else {
            now.since_boot_ms
        };
        self.utc_ms.saturating_add_unsigned(passed)
    }

    /// The same point of view, written down anew: what has passed by now counts after another boot too.
    #[must_use]
    pub fn noted(&self, now: &Now) -> Self {
        Self { utc_ms: self.at(now), boot: now.boot, since_boot_ms: now.since_boot_ms, vouched: self.vouched }
    }

    /// After a server that proved to be itself said what time it is: the later of both, since time does not go back. Only the
    /// first such word may set it back, where it began with a wall clock that was ahead; whatever runs then is moved by as
    /// much (the second value, negative), so that nothing is won or lost by it.
    #[must_use]
    pub fn vouched(&self, now: &Now, server_utc_ms: i64) -> (Self, i64) {
        let noted = self.noted(now);
        let differs = server_utc_ms.saturating_sub(noted.utc_ms);
        let set = differs > 0 || !noted.vouched && differs < -TOLERANCE_MS;
        let utc_ms = if set { server_utc_ms } else { noted.utc_ms };
        (Self { utc_ms, vouched: true, ..noted }, if set { differs.min(0) } else { 0 })
    }
}

/// What time it is by the word of who replied (`Date`, RFC 9110 §6.6.1); none when it did not prove to be itself.
pub fn vouched_by(reply: &Reply) -> Option<i64> {
    let date = reply.headers.get("date").filter(|_| reply.identity == Identity::Proved)?;
    let since = httpdate::parse_http_date(date).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok()
}
