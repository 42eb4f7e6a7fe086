//! Faults on demand, for the tests of the packages (feature `faults`); no released library has them.

use crate::SatchelError;
use crate::satchel::on_runtime;

/// Panics on a thread of the engine's.
#[uniffi::export]
pub async fn panic_on_runtime() -> Result<(), SatchelError> {
    on_runtime(async { panicking() }).await
}

/// Panics on the caller's thread, at once.
#[uniffi::export]
pub fn panic_at_once() -> Result<(), SatchelError> {
    panicking()
}

fn panicking() -> Result<(), SatchelError> {
    panic!("a panic that was asked for")
}
