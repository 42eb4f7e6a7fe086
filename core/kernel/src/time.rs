//! What time it is, as far as anyone knows.
//!
//! A phone's wall clock is set by hand, by the network and by the border. Waits are therefore kept both
//! ways: by the time since boot where the boot is still the same one, else by UTC, clamped, so that a
//! clock set back or forward neither frees nor freezes anything for longer than the wait's cap.

use serde::{Deserialize, Serialize};

use crate::ids::BootId;

/// The instant at which the kernel is asked something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Now {
    /// Milliseconds since 1970 by the wall clock.
    pub utc_ms: i64,
    /// Which boot `since_boot_ms` counts from.
    pub boot: BootId,
    /// Milliseconds since then, suspended time included; never goes back.
    pub since_boot_ms: u64,
    /// Local time less UTC, in minutes.
    pub zone_min: i32,
}

/// The longest stored wait. Whatever a server asks for or a clock says, something is tried after this.
pub const MAX_WAIT_MS: u64 = 6 * 60 * 60 * 1000;

/// The end of a stored wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// By the wall clock, in milliseconds since 1970.
    pub utc_ms: i64,
    /// By the time since this boot.
    pub boot: BootId,
    /// See [`Now::since_boot_ms`].
    pub since_boot_ms: u64,
}

impl Now {
    /// The end of a wait that begins now; `ms` is clamped to [`MAX_WAIT_MS`].
    pub fn after(&self, ms: u64) -> Due {
        let ms = ms.min(MAX_WAIT_MS);
        Due {
            utc_ms: self.utc_ms.saturating_add_unsigned(ms),
            boot: self.boot,
            since_boot_ms: self.since_boot_ms.saturating_add(ms),
        }
    }

    /// Local days since 1970: the day that a ledger row belongs to.
    pub fn local_day(&self) -> i64 {
        self.utc_ms.saturating_add(i64::from(self.zone_min) * 60_000).div_euclid(86_400_000)
    }
}

impl Due {
    /// Milliseconds that are left; 0 when it is due. A wait from another boot that ends further away than
    /// any wait may last was made under another clock, and is due.
    pub fn remaining_ms(&self, now: &Now) -> u64 {
        let left = if self.boot == now.boot {
            self.since_boot_ms.saturating_sub(now.since_boot_ms)
        } else {
            u64::try_from(self.utc_ms.saturating_sub(now.utc_ms)).unwrap_or(0)
        };
        if left > MAX_WAIT_MS { 0 } else { left }
    }

    /// True when nothing is left of the wait.
    pub fn is_over(&self, now: &Now) -> bool {
        self.remaining_ms(now) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now(utc_ms: i64, boot: u8, since_boot_ms: u64) -> Now {
        Now { utc_ms, boot: BootId::from_bytes([boot; 16]), since_boot_ms, zone_min: 0 }
    }

    #[test]
    fn a_clock_set_within_one_boot_changes_nothing() {
        let due = now(1_000_000, 1, 500).after(60_000);
        for utc in [i64::MIN, 0, 1_000_000, i64::MAX] {
            assert_eq!(due.remaining_ms(&now(utc, 1, 500 + 10_000)), 50_000);
        }
    }

    proptest! {
        #[test]
        fn no_clock_freezes_a_wait(start: i64, later: i64, wait: u64, boot in 1u8..3, since in 0u64..1u64 << 50) {
            let due = now(start, 1, 0).after(wait);
            prop_assert!(due.remaining_ms(&now(later, boot, since)) <= MAX_WAIT_MS);
        }
    }
}
