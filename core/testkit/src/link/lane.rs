//! One direction of the link: when the bytes that were just read have passed, at the link's rate.
//!
//! Pure: the time is an argument, so that rates are tested by counting bytes and not by a stopwatch.

use std::time::Duration;

use tokio::time::Instant;

use super::conditions::Rate;

/// A timer wakes up to this much late; that must not cost the link its rate.
const SLACK: Duration = Duration::from_millis(5);

/// The most that is read at once, in bytes.
pub(super) const LARGEST_CHUNK: usize = 16 * 1024;

/// See the module.
#[derive(Debug)]
pub(super) struct Lane {
    started: Instant,
    free_at: Instant,
}

impl Lane {
    pub(super) fn new(now: Instant) -> Self {
        Self { started: now, free_at: now }
    }

    /// The conditions changed: debts are forgotten, and a trace starts anew.
    pub(super) fn restart(&mut self, now: Instant) {
        *self = Self::new(now);
    }

    /// Sends `bytes` through and says when the last of them is through.
    pub(super) fn pass(&mut self, now: Instant, rate: &Rate, bytes: usize) -> Instant {
        let earliest = now.checked_sub(SLACK).unwrap_or(now).max(self.started);
        let from = self.free_at.max(earliest);
        self.free_at = match rate {
            Rate::Unlimited => now,
            Rate::Steady(rate) => from + Duration::from_secs_f64(bytes as f64 / *rate as f64),
            Rate::Trace(trace) => self.started + trace.passed(from - self.started, bytes as f64),
        };
        self.free_at
    }
}

/// How much to read at once: about a fiftieth of a second's worth.
pub(super) fn chunk(rate: &Rate) -> usize {
    let per_second = match rate {
        Rate::Unlimited => return LARGEST_CHUNK,
        Rate::Steady(rate) => *rate as f64,
        Rate::Trace(trace) => trace.mean(),
    };
    (per_second / 50.0).clamp(64.0, LARGEST_CHUNK as f64) as usize
}

/// How much may be on its way at once: what the rate and the latency hold, and a little more.
pub(super) fn window(rate: &Rate, latency: Duration) -> usize {
    let per_second = match rate {
        Rate::Unlimited if latency.is_zero() => return 4 * LARGEST_CHUNK,
        Rate::Unlimited => return 1 << 20,
        Rate::Steady(rate) => *rate as f64,
        Rate::Trace(trace) => 2.0 * trace.mean(),
    };
    LARGEST_CHUNK + (1.25 * per_second * latency.as_secs_f64()).min(16e6) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that get through in a simulated time, read in the lane's own chunks.
    fn carried(rate: &Rate, simulated: Duration) -> usize {
        let start = Instant::now();
        let mut lane = Lane::new(start);
        let (mut now, mut bytes) = (start, 0);
        while now < start + simulated {
            now = lane.pass(now, rate, chunk(rate));
            bytes += chunk(rate);
        }
        bytes
    }

    #[test]
    fn ten_simulated_seconds_carry_ten_seconds_worth_of_bytes() {
        for rate in [700, 12_000, 80_000, 6_000_000] {
            let bytes = carried(&Rate::Steady(rate), Duration::from_secs(10));
            let ratio = bytes as f64 / (10.0 * rate as f64);
            assert!((0.99..1.03).contains(&ratio), "{rate} B/s: {bytes} bytes in ten seconds");
        }
    }

    #[test]
    fn a_late_timer_costs_nothing_and_an_idle_lane_saves_nothing_up() {
        let start = Instant::now();
        let rate = Rate::Steady(1_000_000);
        let mut lane = Lane::new(start);
        let mut now = start;
        for _ in 0..1000 {
            now = lane.pass(now, &rate, 16_000) + Duration::from_millis(2);
        }
        let late = (now - start).as_secs_f64();
        assert!((15.9..16.2).contains(&late), "16 MB at 1 MB/s took {late} s");

        let later = now + Duration::from_secs(60);
        let through = lane.pass(later, &rate, 1_000_000);
        assert!(through >= later + Duration::from_millis(990));
    }
}
