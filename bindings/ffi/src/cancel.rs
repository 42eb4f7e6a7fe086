//! How a host stops what it began: its own task's cancellation does not reach Rust.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

/// Stops what it was given to. Nothing is lost: the next run goes on from there.
#[derive(Debug, Default, uniffi::Object)]
pub struct CancelToken(CancellationToken);

#[uniffi::export]
impl CancelToken {
    /// One that stops nothing yet.
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::new(Self::default())
    }

    /// Stops; again does nothing.
    pub fn cancel(&self) {
        self.0.cancel();
    }

    /// Whether it was told to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}

impl CancelToken {
    pub(crate) fn inner(&self) -> CancellationToken {
        self.0.clone()
    }
}
