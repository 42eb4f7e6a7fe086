//! Who writes to an upload: one request at a time, and the newest one wins.
//!
//! A phone that lost its network leaves a half-dead connection behind and comes back on another. The new
//! request must not wait for the old one to time out: it tells it to stop, and the old one syncs what it
//! has, so that the new one sees the final offset.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio_util::sync::CancellationToken;

use crate::refusal::Refusal;

/// Longest wait for the request before to sync and stop.
const PATIENCE: Duration = Duration::from_secs(15);

/// The hash of an upload's bytes so far, where this process saw them all come in.
#[derive(Default)]
pub(crate) struct Running {
    pub(crate) hasher: Option<blake3::Hasher>,
}

#[derive(Default)]
struct Slot {
    running: Arc<tokio::sync::Mutex<Running>>,
    newest: Mutex<CancellationToken>,
}

/// One slot for each upload that was written to lately.
#[derive(Default)]
pub(crate) struct Slots(Mutex<HashMap<String, Arc<Slot>>>);

/// The right to write to an upload, until it is dropped.
pub(crate) struct Turn {
    pub(crate) running: OwnedMutexGuard<Running>,
    /// Set when a newer request wants the upload.
    pub(crate) stale: CancellationToken,
}

impl Slots {
    /// Stops whoever writes to this upload, waits for it, and takes its place.
    pub(crate) async fn take(&self, upload: &str) -> Result<Turn, Refusal> {
        let slot = self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(upload.to_owned()).or_default().clone();
        let stale = CancellationToken::new();
        std::mem::replace(&mut *slot.newest.lock().unwrap_or_else(PoisonError::into_inner), stale.clone()).cancel();
        let taken = tokio::time::timeout(PATIENCE, slot.running.clone().lock_owned()).await;
        match taken {
            Ok(running) if !stale.is_cancelled() => Ok(Turn { running, stale }),
            _ => Err(Refusal::new(
                423,
                "locked",
                "another request writes to this upload: ask for its offset and try again",
            )),
        }
    }

    /// Forgets an upload that takes no more bytes.
    pub(crate) fn forget(&self, upload: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(upload);
    }

    /// Forgets slots that nobody uses; their hashes are made anew from the files.
    pub(crate) fn forget_idle(&self) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|_, slot| Arc::strong_count(slot) > 1 || Arc::strong_count(&slot.running) > 1);
    }
}
