//! The one real clock here: a test's server writes dates into its replies.

use std::time::SystemTime;

/// The time of day, as the machine has it.
#[allow(clippy::disallowed_methods, reason = "a server of flesh and blood knows the date; the kernel gets its own")]
pub(crate) fn now() -> SystemTime {
    SystemTime::now()
}
