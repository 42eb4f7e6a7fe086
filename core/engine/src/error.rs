//! The engine's errors: few, each with what to do about it. None of them names a file (law 9).

use satchel_kernel::ids::AssetId;

/// What can go wrong when the engine is asked for something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another process runs this outbox. `add` works all the same.
    #[error("another process is already syncing this outbox; wait for it, or stop it first")]
    AlreadyRunning,
    /// The database was written by a newer version.
    #[error("this outbox was written by a newer Satchel; update this one to open it")]
    NewerVersion,
    /// The database is damaged; opening the outbox again rebuilds it from the journal.
    #[error("the outbox's database is damaged; open the outbox again to rebuild it")]
    Damaged,
    /// The storage is full.
    #[error("the storage is full; free some space and do it again (nothing was lost)")]
    StorageFull,
    /// The outbox's folder or database cannot be used.
    #[error("the outbox cannot be read or written: {0}; check that its folder is there and that you may write to it")]
    Storage(String),
    /// There is no such asset.
    #[error("there is no asset {0} in this outbox")]
    NoSuchAsset(AssetId),
    /// What was to be added cannot be.
    #[error(transparent)]
    Source(#[from] crate::source::SourceFault),
    /// A value is out of its range.
    #[error("{0}")]
    Invalid(String),
}

/// The engine's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// From the operating system, without the path that some platforms put into the message.
    pub(crate) fn io(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::StorageFull,
            kind => Self::Storage(kind.to_string()),
        }
    }
}
