//! Crash points: places where a test lets the process end at once, so that every instant between two durable writes is
//! tried and not only those that chance finds.
//!
//! `SATCHEL_ABORT_AT=3` ends the process at the third such place that it comes to, as a kill would: nothing is
//! flushed, no destructor runs. Its name goes to standard error. Debug builds only: elsewhere these functions are empty
//! and the variable means nothing.

/// A crash point.
pub(crate) fn point(name: &str) {
    after(name, || {});
}

/// A crash point at which something half done is left behind: `last` runs only when the process ends here.
#[cfg(debug_assertions)]
pub(crate) fn after(name: &str, last: impl FnOnce()) {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static AT: LazyLock<Option<u64>> = LazyLock::new(|| std::env::var("SATCHEL_ABORT_AT").ok()?.parse().ok());
    static PASSED: AtomicU64 = AtomicU64::new(0);

    let Some(at) = *AT else { return };
    if PASSED.fetch_add(1, Ordering::SeqCst) + 1 == at {
        last();
        eprintln!("satchel: crash point {at}: {name}");
        std::process::abort();
    }
}

/// A crash point, in a build that has none.
#[cfg(not(debug_assertions))]
pub(crate) fn after(_name: &str, _last: impl FnOnce()) {}
