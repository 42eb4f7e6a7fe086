//! Budgets: bytes allowed per class of links or network, a day or a trip.

use serde::{Deserialize, Serialize};

use crate::link::{Link, LinkClass};

/// Which links a budget counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Covers {
    /// A class. That of metered links counts all that cost, those abroad too, and those of which nobody knows.
    Class(LinkClass),
    /// The network of this id ([`Link::network`]).
    Network(String),
}

/// For how long a budget is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Period {
    /// Each day anew, from local midnight on.
    Day,
    /// Once, from an instant until another. Before and after it, the budget neither allows nor forbids.
    Trip {
        /// In milliseconds since 1970.
        from_utc_ms: i64,
        /// The first millisecond after it.
        to_utc_ms: i64,
    },
}

/// So many bytes in a period over these links. Bytes are [billed](super::billed()) ones: of both directions, and with what the
/// protocols below need.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// What the traveller calls it; one of each name.
    pub name: String,
    /// What it counts.
    pub covers: Covers,
    /// How many bytes.
    pub bytes: u64,
    /// In which time.
    pub period: Period,
}

impl Covers {
    /// Whether it counts bytes of this class and network.
    pub fn counts(&self, class: LinkClass, network: Option<&str>) -> bool {
        match self {
            Self::Class(LinkClass::Metered) => !class.is_free(),
            Self::Class(of) => *of == class,
            Self::Network(id) => network == Some(id),
        }
    }

    /// Whether it is consent to spend on such links. What was set for mobile data at home is none to roam.
    pub fn allows(&self, class: LinkClass, network: Option<&str>) -> bool {
        let for_home = matches!(self, Self::Class(LinkClass::Metered)) && class == LinkClass::Roaming;
        self.counts(class, network) && !for_home
    }
}

impl Budget {
    /// Whether it counts what goes over this link.
    pub fn covers(&self, link: &Link) -> bool {
        self.covers.counts(link.class(), link.network.as_deref())
    }

    /// Whether what was spent of the one was spent of the other: they count the same, whatever their amounts.
    pub fn counts_same_as(&self, other: &Self) -> bool {
        (&self.covers, self.period) == (&other.covers, other.period)
    }

    /// Whether it is consent to spend over this link.
    pub fn allows(&self, link: &Link) -> bool {
        self.covers.allows(link.class(), link.network.as_deref())
    }
}

/// The period that a budget is in, in [reckoned](super::reckoned) time, and what was spent in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// Its first millisecond.
    pub from_ms: i64,
    /// The first after it.
    pub to_ms: i64,
    /// Billed bytes.
    pub used: u64,
}

const DAY_MS: i64 = 86_400_000;
/// A day of a budget has at least so many hours: whoever flies west, or turns the zone to and fro, does not get a new one at
/// each midnight. At most it has 20 + 24.
const SHORTEST_DAY_MS: i64 = 20 * 3_600_000;

impl Running {
    /// The first period of a budget that is set now. Its day ends at the next local midnight.
    pub fn first(period: Period, reckoned_ms: i64, zone_min: i32) -> Self {
        match period {
            Period::Day => Self { from_ms: reckoned_ms, to_ms: midnight_after(reckoned_ms, zone_min), used: 0 },
            Period::Trip { from_utc_ms, to_utc_ms } => Self { from_ms: from_utc_ms, to_ms: to_utc_ms, used: 0 },
        }
    }

    /// The period by now. A change of zone does not end the one that runs.
    #[must_use]
    pub fn by(self, period: Period, reckoned_ms: i64, zone_min: i32) -> Self {
        if period != Period::Day || reckoned_ms < self.to_ms {
            return self;
        }
        // Days that passed without anyone looking are over; the one that runs began at the latest midnight of these.
        let last = midnight_after(reckoned_ms, zone_min).saturating_sub(DAY_MS);
        let from_ms = last.clamp(self.to_ms, reckoned_ms.max(self.to_ms));
        let to_ms = midnight_after(from_ms.saturating_add(SHORTEST_DAY_MS).saturating_sub(1), zone_min);
        Self { from_ms, to_ms, used: 0 }
    }

    /// Whether an instant lies in it.
    pub fn contains(&self, reckoned_ms: i64) -> bool {
        (self.from_ms..self.to_ms).contains(&reckoned_ms)
    }

    /// Moved with reckoned time, when that is set.
    #[must_use]
    pub fn moved(self, period: Period, by_ms: i64) -> Self {
        match period {
            Period::Day => Self {
                from_ms: self.from_ms.saturating_add(by_ms),
                to_ms: self.to_ms.saturating_add(by_ms),
                used: self.used,
            },
            Period::Trip { .. } => self,
        }
    }
}

fn midnight_after(at_ms: i64, zone_min: i32) -> i64 {
    let zone_ms = i64::from(zone_min) * 60_000;
    let day = at_ms.saturating_add(zone_ms).div_euclid(DAY_MS);
    (day + 1).saturating_mul(DAY_MS).saturating_sub(zone_ms)
}

/// A budget as the planner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetView {
    /// What it is.
    pub budget: Budget,
    /// Billed bytes of this period that are neither spent nor reserved.
    pub left: u64,
    /// How long until there is a new one, in milliseconds; none where there will be none.
    pub refills_in_ms: Option<u64>,
}

#[cfg(test)]
mod tests;
