//! The one place where this crate reads the clock.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970 in UTC, by this machine's clock.
#[allow(clippy::disallowed_methods, reason = "a server's receipts, expiries and lists need the real time")]
pub(crate) fn unix_now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX))
}

/// Names one start of this machine, where the system tells: bytes that a process wrote without a sync are
/// whole after a kill, but not after the power went.
pub(crate) fn boot_id() -> Option<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned()).filter(|id| !id.is_empty())
}
