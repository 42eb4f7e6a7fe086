//! How long the chapters take. The story lasts about as long for a few photos as for many: what is scaled are the
//! simulated link's rates.

use std::time::Duration;

use satchel_testkit::link::Conditions;

/// Rates below this one make even a handshake drag.
const SLOWEST: u64 = 24_000;

/// The day's pace.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    /// To read a line of prose.
    pub(super) read: Duration,
    /// What may be spent abroad, in bytes.
    pub(super) budget: u64,
    /// Words and previews on 3G.
    pub(super) previews: Duration,
    /// The urgent photo on 3G, its cuts not counted.
    pub(super) urgent: Duration,
    /// In each tunnel.
    pub(super) tunnel: Duration,
    /// Before the warning page.
    pub(super) page: Duration,
    /// The large one on the hotspot, as if it went through undisturbed.
    pub(super) large: Duration,
    /// How long the second life of the process is, in whole seconds.
    pub(super) second_life: u64,
    /// All the rest.
    pub(super) rest: Duration,
    /// One way, on mobile data.
    pub(super) latency: Duration,
}

impl Pace {
    pub(super) const DAY: Self = Self {
        read: Duration::from_millis(1500),
        budget: 300_000,
        previews: Duration::from_millis(5000),
        urgent: Duration::from_millis(4000),
        tunnel: Duration::from_millis(1000),
        page: Duration::from_millis(3000),
        large: Duration::from_millis(7000),
        second_life: 1,
        rest: Duration::from_millis(6000),
        latency: Duration::from_millis(60),
    };
    pub(super) const FAST: Self = Self {
        read: Duration::from_millis(50),
        budget: 300_000,
        previews: Duration::from_millis(1500),
        urgent: Duration::from_millis(1000),
        tunnel: Duration::from_millis(150),
        page: Duration::from_millis(300),
        large: Duration::from_millis(2400),
        second_life: 1,
        rest: Duration::from_millis(1200),
        latency: Duration::from_millis(5),
    };

    /// Mobile data on which so many bytes take so long.
    pub(super) fn mobile(&self, bytes: u64, takes: Duration) -> Conditions {
        let rate = rate(bytes, takes);
        Conditions::open().rates(rate, rate.saturating_mul(3)).latency(self.latency)
    }

    /// Wi-Fi on which so many bytes take so long.
    pub(super) fn wifi(&self, bytes: u64) -> Conditions {
        let rate = rate(bytes, self.rest).max(400_000);
        Conditions::open().rates(rate, rate.saturating_mul(3)).latency(self.latency / 10)
    }
}

/// Bytes a second.
fn rate(bytes: u64, takes: Duration) -> u64 {
    let ms = u64::try_from(takes.as_millis()).unwrap_or(u64::MAX).max(1);
    (bytes.saturating_mul(1000) / ms).max(SLOWEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use satchel_testkit::link::Rate;

    #[test]
    fn a_chapter_lasts_as_long_whatever_is_sent() {
        for bytes in [400_000, 50_000_000] {
            let link = Pace::DAY.mobile(bytes, Duration::from_secs(5));
            assert_eq!(link.up, Rate::Steady(bytes / 5));
        }
        assert_eq!(Pace::DAY.mobile(1, Duration::from_secs(5)).up, Rate::Steady(SLOWEST));
    }
}
