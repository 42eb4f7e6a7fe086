//! How long a piece of work kept the processor: what else the machine does is not counted.

use std::time::Duration;

/// The processor's time of this thread so far, where the system tells (to a scheduler's tick of some milliseconds).
fn spent() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

/// Measures from its making, on the thread that made it.
pub(crate) struct Work {
    processor: Option<Duration>,
    begun: std::time::Instant,
}

impl Work {
    #[allow(clippy::disallowed_methods, reason = "a bound of time is what is tested")]
    pub(crate) fn begin() -> Self {
        Self { processor: spent(), begun: std::time::Instant::now() }
    }

    /// The processor's time where the system tells it, else the clock's.
    pub(crate) fn done(&self) -> Duration {
        match (self.processor, spent()) {
            (Some(before), Some(now)) => now.saturating_sub(before),
            _ => self.begun.elapsed(),
        }
    }
}
