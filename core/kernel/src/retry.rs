//! When to try again: computed from (attempt, seed), never from a clock or a random number of its own.

use std::time::{Duration, UNIX_EPOCH};

use crate::time::{MAX_WAIT_MS, Now};

/// The first wait, before jitter.
pub const BASE_MS: u64 = 2_000;
/// The longest wait that we choose by ourselves.
pub const CAP_MS: u64 = 15 * 60 * 1000;

/// How long to wait after the `attempt`th failure in a row (from 1): doubling from [`BASE_MS`] to
/// [`CAP_MS`], of which the upper half is jitter, so that many phones do not come back in step.
pub fn backoff_ms(attempt: u32, seed: u64) -> u64 {
    doubling_ms(attempt, seed, CAP_MS)
}

/// The same with another cap.
pub fn doubling_ms(attempt: u32, seed: u64, cap_ms: u64) -> u64 {
    let doublings = attempt.saturating_sub(1).min(20);
    let ceiling = (BASE_MS << doublings).min(cap_ms);
    let half = ceiling / 2;
    half + mix(seed ^ u64::from(attempt)) % (half + 1)
}

/// `Retry-After` in milliseconds: seconds or an HTTP date (RFC 9110 §10.2.3), clamped to one second at
/// least and [`MAX_WAIT_MS`] at most. `None` when it is neither; a date that has passed counts as one second.
pub fn retry_after_ms(value: &str, now: &Now) -> Option<u64> {
    let value = value.trim();
    let ms = if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        value.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(1000)
    } else {
        let at = httpdate::parse_http_date(value).ok()?;
        let now = UNIX_EPOCH + Duration::from_millis(u64::try_from(now.utc_ms).unwrap_or(0));
        let left = at.duration_since(now).unwrap_or(Duration::ZERO);
        u64::try_from(left.as_millis()).unwrap_or(u64::MAX)
    };
    Some(ms.clamp(1_000, MAX_WAIT_MS))
}

/// SplitMix64's finaliser: spreads a seed over 64 bits.
pub fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::BootId;
    use proptest::prelude::*;

    fn now() -> Now {
        Now { utc_ms: 784_111_777_000, boot: BootId::from_bytes([0; 16]), since_boot_ms: 0, zone_min: 0 }
    }

    #[test]
    fn retry_after_is_read_in_both_forms_and_clamped() {
        assert_eq!(retry_after_ms("120", &now()), Some(120_000));
        assert_eq!(retry_after_ms("0", &now()), Some(1_000));
        assert_eq!(retry_after_ms("99999999999999999999999", &now()), Some(MAX_WAIT_MS));
        assert_eq!(retry_after_ms("Sun, 06 Nov 1994 08:50:37 GMT", &now()), Some(60_000));
        assert_eq!(retry_after_ms("Sun, 06 Nov 1994 07:00:00 GMT", &now()), Some(1_000));
        for bad in ["", "-1", "soon", "1.5"] {
            assert_eq!(retry_after_ms(bad, &now()), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_wait_is_bounded_and_the_same_for_the_same_arguments(attempt: u32, seed: u64) {
            let wait = backoff_ms(attempt, seed);
            prop_assert!((BASE_MS / 2..=CAP_MS).contains(&wait));
            prop_assert_eq!(wait, backoff_ms(attempt, seed));
        }
        #[test]
        fn any_header_gives_a_sane_wait(value in ".{0,40}") {
            if let Some(ms) = retry_after_ms(&value, &now()) {
                prop_assert!((1_000..=MAX_WAIT_MS).contains(&ms));
            }
        }
    }
}
