//! Hours of the day, local time: `22:00-06:00`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::time::Now;

/// From one minute of the day to another; past midnight where the end is not after the start. Written `HH:MM-HH:MM`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hours {
    /// Minutes after local midnight, 0 to 1439.
    from: u16,
    /// Likewise; the first minute that is not in it any more.
    to: u16,
}

/// Not hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "hours are written HH:MM-HH:MM, from 00:00 to 23:59, as in 22:00-06:00; both ends alike would be no hours at all"
)]
pub struct BadHours;

const DAY_MS: i64 = 86_400_000;

impl Hours {
    /// How long until they open; none while they are.
    pub(crate) fn opens_in_ms(self, now: &Now) -> Option<u64> {
        let at = local_ms(now);
        let [from, to] = self.ends_ms();
        let inside = if from < to { (from..to).contains(&at) } else { at >= from || at < to };
        (!inside).then(|| (from - at).rem_euclid(DAY_MS).unsigned_abs())
    }

    /// How long until they close, from within.
    pub(crate) fn closes_in_ms(self, now: &Now) -> u64 {
        let [_, to] = self.ends_ms();
        match (to - local_ms(now)).rem_euclid(DAY_MS) {
            0 => DAY_MS.unsigned_abs(),
            ms => ms.unsigned_abs(),
        }
    }

    fn ends_ms(self) -> [i64; 2] {
        [self.from, self.to].map(|minute| i64::from(minute) * 60_000)
    }
}

fn local_ms(now: &Now) -> i64 {
    now.utc_ms.saturating_add(i64::from(now.zone_min) * 60_000).rem_euclid(DAY_MS)
}

impl FromStr for Hours {
    type Err = BadHours;

    fn from_str(text: &str) -> Result<Self, BadHours> {
        let (from, to) = text.split_once('-').ok_or(BadHours)?;
        let minute = |text: &str| {
            let (hour, minute) = text.trim().split_once(':').ok_or(BadHours)?;
            let number = |digits: &str, below: u16| {
                let two = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit());
                two.then(|| digits.parse::<u16>().ok()).flatten().filter(|n| *n < below).ok_or(BadHours)
            };
            Ok(number(hour, 24)? * 60 + number(minute, 60)?)
        };
        let (from, to) = (minute(from)?, minute(to)?);
        if from == to { Err(BadHours) } else { Ok(Self { from, to }) }
    }
}

impl TryFrom<String> for Hours {
    type Error = BadHours;

    fn try_from(text: String) -> Result<Self, BadHours> {
        text.parse()
    }
}

impl From<Hours> for String {
    fn from(hours: Hours) -> Self {
        hours.to_string()
    }
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to } = self;
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}
