//! The clock: the only place where time enters the engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use satchel_kernel::ids::BootId;
use satchel_kernel::time::Now;

/// Where the engine learns what time it is.
#[derive(Clone)]
pub enum Clock {
    /// The device's.
    System(Arc<SystemClock>),
    /// Always this instant, for tests of what depends on it.
    Fixed(Now),
}

/// The device's clock: wall time, and a steady count since this process first asked.
pub struct SystemClock {
    boot: BootId,
    steady_offset_ms: u64,
    started: Instant,
    /// By how much the wall clock is pretended to be ahead, in milliseconds.
    ahead_ms: AtomicI64,
}

impl Clock {
    /// The device's clock. The boot id is the kernel's where it can be read, else this process's own.
    pub fn system() -> Self {
        Self::System(Arc::new(SystemClock::new()))
    }

    /// Pretends that somebody set the device's wall clock, so many milliseconds ahead of what it says (below zero: behind): for
    /// tests of what clocks must not change. A fixed clock stays as it is.
    pub fn pretend_ahead(&self, ms: i64) {
        if let Self::System(clock) = self {
            clock.ahead_ms.store(ms, Ordering::Relaxed);
        }
    }

    /// Now, in the device's zone.
    pub fn now(&self) -> Now {
        match self {
            Self::Fixed(now) => *now,
            Self::System(clock) => clock.now(),
        }
    }
}

impl SystemClock {
    fn new() -> Self {
        #[allow(clippy::disallowed_methods, reason = "this is the clock port")]
        let started = Instant::now();
        let kernel = linux_boot();
        let steady_offset_ms = kernel.map_or(0, |(_, uptime_ms)| uptime_ms);
        let boot = kernel.map_or_else(own_boot, |(boot, _)| boot);
        Self { boot, steady_offset_ms, started, ahead_ms: AtomicI64::new(0) }
    }

    fn now(&self) -> Now {
        #[allow(clippy::disallowed_methods, reason = "this is the clock port")]
        let (utc, steady) = (SystemTime::now(), self.started.elapsed());
        Now {
            utc_ms: since_1970_ms(utc).saturating_add(self.ahead_ms.load(Ordering::Relaxed)),
            boot: self.boot,
            since_boot_ms: self.steady_offset_ms + millis(steady),
            zone_min: zone_min(),
        }
    }
}

/// Local time less UTC now, by the system's zone.
fn zone_min() -> i32 {
    #[allow(clippy::disallowed_methods, reason = "this is the clock port")]
    let offset = *chrono::Local::now().offset();
    offset.local_minus_utc() / 60
}

fn since_1970_ms(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX),
    }
}

fn millis(d: Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}

/// Linux and Android: the kernel's boot id and the time since boot. Elsewhere there is none to be had without more.
fn linux_boot() -> Option<(BootId, u64)> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let boot = id.trim().replace('-', "").parse().ok()?;
    let uptime = std::fs::read_to_string("/proc/uptime").ok()?;
    let seconds: f64 = uptime.split_whitespace().next()?.parse().ok()?;
    Some((boot, (seconds * 1000.0) as u64))
}

fn own_boot() -> BootId {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("the system has a random number generator");
    BootId::from_bytes(bytes)
}
