//! What is made of originals, in the spool: under an extension of its own, since it can be made again.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use super::{Adding, PART, Spool, SpoolError, SpoolName, remove_if_there};
use crate::source::Stamp;
use crate::{crash, durable};

/// The extension of what was made of an original.
pub(super) const EXTENSION: &str = "made";

impl Spool {
    /// Where a file is that was made of an original.
    pub(crate) fn made(&self, name: SpoolName) -> PathBuf {
        self.folder.join(format!("{name}.{EXTENSION}"))
    }

    /// Deletes what was made; what is gone already is fine.
    pub(crate) fn remove_made(&self, name: SpoolName) -> Result<(), SpoolError> {
        Ok(remove_if_there(&self.made(name))?)
    }
}

impl Adding<'_> {
    /// Keeps what `write` writes: when this returns, it is whole and on the disk; on any failure nothing of it is left. The
    /// stamp is that of the file, by which it is known when it is read.
    pub(crate) fn make<T, E: From<io::Error>>(
        &self,
        write: impl FnOnce(&mut File) -> Result<T, E>,
    ) -> Result<(SpoolName, Stamp, T), E> {
        let name = SpoolName::random();
        let part = self.spool.folder.join(format!("{name}.{PART}"));
        let whole = self.spool.made(name);
        let make = || {
            let mut file = durable::private().read(true).write(true).create_new(true).open(&part)?;
            let written = write(&mut file)?;
            file.sync_all()?;
            drop(file);
            fs::rename(&part, &whole)?;
            crash::point("what was made has its name and is nobody's");
            durable::sync_folder(&self.spool.folder)?;
            Ok((name, Stamp::of(&fs::metadata(&whole)?), written))
        };
        make().inspect_err(|_: &E| {
            // If even this fails, a sweep finds it.
            let _ = remove_if_there(&part);
            let _ = remove_if_there(&whole);
        })
    }
}
