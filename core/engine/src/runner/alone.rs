//! Who runs an outbox: one at a time.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::outbox::Inner;
use crate::store::{self, Store};

/// One runner for an outbox; `add` from other processes works all the same.
pub(crate) fn only_runner(inner: &Inner) -> Result<File> {
    let path = inner.config.folder.join("runner.lock");
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(|e| Error::io(&e))?;
    // Whoever opens the outbox holds it for a moment: see [`void_if_alone`].
    for _ in 0..20 {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(5)),
            Err(std::fs::TryLockError::Error(e)) => return Err(Error::io(&e)),
        }
    }
    Err(Error::AlreadyRunning)
}

/// What a run that was killed left as under way is not, once nobody runs the outbox: lists are to say what it waits for.
pub(crate) fn void_if_alone(folder: &Path, store: &Store) -> Result<()> {
    let path = folder.join("runner.lock");
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(|e| Error::io(&e))?;
    match file.try_lock() {
        Ok(()) => store.write_blocking(store::uploads::void_leases),
        // Somebody does; or nobody can tell.
        Err(_) => Ok(()),
    }
}
