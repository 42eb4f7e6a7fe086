//! What sending will cost, told before a byte goes.

use serde::{Deserialize, Serialize};

use super::billed;
use super::budget::BudgetView;
use crate::link::Link;

/// What a request needs beside its payload, at the socket: handshake of TLS, headers, replies. Measured at our receiver:
/// a connection's TLS takes 2 to 3 KB, a creation with its reply 1.5 KB, each PATCH likewise.
const AROUND: u64 = 8 << 10;

/// Billed bytes that an upload of so many bytes costs as a rule, on a connection of its own.
pub fn expected(payload_bytes: u64) -> u64 {
    // One in five hundred: TLS records and what is sent again after a short interruption.
    billed(payload_bytes.saturating_add(payload_bytes / 500).saturating_add(AROUND), 0, 1)
}

/// The longest payload that is expected to fit into so many billed bytes; none where not even an empty one does.
pub fn payload_within(left: u64) -> Option<u64> {
    if left == u64::MAX {
        return Some(u64::MAX);
    }
    if expected(0) > left {
        return None;
    }
    // `expected` only grows, by less than a tenth more than its argument.
    let (mut low, mut high) = (0, left);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if expected(middle) <= left { low = middle } else { high = middle - 1 }
    }
    Some(low)
}

/// The price of sending some things over the link that there is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Price {
    /// How many uploads.
    pub uploads: u64,
    /// Their bytes that are not at the server yet.
    pub payload_bytes: u64,
    /// Billed bytes.
    pub bytes: u64,
    /// How long it takes at the link's rate, in milliseconds; none where no rate is known.
    pub takes_ms: Option<u64>,
    /// The rate that was reckoned with, in bytes a second.
    pub bytes_per_second: Option<u64>,
    /// Each budget that covers the link.
    pub budgets: Vec<Share>,
}

/// What a price is of a budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The budget's name.
    pub name: String,
    /// What it has left, in billed bytes.
    pub left: u64,
    /// What it has in all, in billed bytes.
    pub of: u64,
    /// The largest single upload is more than the whole budget: it can never go by it.
    pub never: bool,
}

impl Share {
    /// The price in hundredths of what is left, rounded up; none where nothing is left.
    pub fn percent(&self, price: &Price) -> Option<u64> {
        (self.left > 0).then(|| price.bytes.saturating_mul(100).div_ceil(self.left))
    }
}

/// The price of uploads with these payload bytes, of which the largest has `largest`.
pub fn price(
    uploads: u64,
    payload_bytes: u64,
    largest: u64,
    link: &Link,
    rate: Option<u64>,
    budgets: &[BudgetView],
) -> Price {
    if uploads == 0 {
        return Price::default();
    }
    let bytes = expected(payload_bytes).saturating_add((uploads - 1).saturating_mul(expected(0)));
    let rate = rate.or(link.bytes_per_second).filter(|rate| *rate > 0);
    let takes_ms = rate.map(|rate| bytes.saturating_mul(1000) / rate);
    let share = |view: &BudgetView| Share {
        name: view.budget.name.clone(),
        left: view.left,
        of: view.budget.bytes,
        never: expected(largest) > view.budget.bytes,
    };
    let budgets = budgets.iter().filter(|view| view.budget.covers(link)).map(share).collect();
    Price { uploads, payload_bytes, bytes, takes_ms, bytes_per_second: rate, budgets }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_said_to_fit_fits(left in 0u64..1 << 45) {
            match payload_within(left) {
                Some(most) => prop_assert!(expected(most) <= left && expected(most + 1) > left),
                None => prop_assert!(expected(0) > left),
            }
        }
    }

    #[test]
    fn nothing_costs_nothing() {
        assert_eq!(price(0, 0, 0, &Link::cellular(), None, &[]), Price::default());
    }
}
