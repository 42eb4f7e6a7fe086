//! A step's body, staged as one file: a system takes a file whole, and may read it when the app is gone.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use satchel_kernel::outcome::{Cut, Segment};

use crate::error::{Error, Result};
use crate::http::Blob;
use crate::outbox::Inner;
use crate::source::{Opened, read_at};
use crate::spool::{Spool, SpoolError, SpoolName};

/// How much is copied at a time, in bytes.
const PIECE: usize = 256 << 10;

/// A body on the disk. It goes when this is dropped, unless it is [kept](Staged::keep). While this lives, no sweep runs.
pub(super) struct Staged {
    spool: Arc<Spool>,
    pub name: SpoolName,
    pub length: u64,
    kept: bool,
    _lock: File,
}

impl Staged {
    pub(super) fn path(&self) -> PathBuf {
        self.spool.body(self.name)
    }

    /// A row names it now.
    pub(super) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.kept {
            // One that stays is swept.
            let _ = self.spool.remove_body(self.name);
        }
    }
}

/// Writes a body. The blob must be what was hashed, before its first byte is read and still after the last.
pub(super) async fn stage(
    inner: &Arc<Inner>,
    segments: Vec<Segment>,
    blob: Option<Blob>,
) -> Result<Result<Staged, Cut>> {
    let spool = inner.spool.clone();
    let work = move || write(&spool, &segments, blob.as_ref());
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(Error::Storage("staging was interrupted".into())))
}

fn write(spool: &Arc<Spool>, segments: &[Segment], blob: Option<&Blob>) -> Result<Result<Staged, Cut>> {
    let fault = |e: SpoolError| match e {
        SpoolError::Full => Error::StorageFull,
        other => Error::Storage(other.to_string()),
    };
    let adding = spool.adding().map_err(fault)?;
    let (name, mut file) = adding.new_body().map_err(fault)?;
    let length = segments.iter().map(Segment::len).sum();
    let staged = Staged { spool: spool.clone(), name, length, kept: false, _lock: adding.into_lock() };
    let mut source = None;
    for segment in segments {
        let cut = match (segment, blob) {
            (Segment::Bytes(bytes), _) => file.write_all(bytes).map(|()| None).map_err(|e| Error::io(&e))?,
            (Segment::Blob(range), _) if range.is_empty() => None,
            (Segment::Blob(_), None) => Some(Cut::SourceUnreadable),
            (Segment::Blob(range), Some(blob)) => match opened(&mut source, blob) {
                Ok(from) => copy(from, range.clone(), &mut file)?,
                Err(cut) => Some(cut),
            },
        };
        if let Some(cut) = cut {
            return Ok(Err(cut));
        }
    }
    if let Some(source) = &source {
        match source.untouched() {
            Ok(true) => {}
            Ok(false) => return Ok(Err(Cut::SourceChanged)),
            Err(_) => return Ok(Err(Cut::SourceUnreadable)),
        }
    }
    Ok(Ok(staged))
}

fn opened<'a>(source: &'a mut Option<Opened>, blob: &Blob) -> Result<&'a File, Cut> {
    let source = match source {
        Some(source) => source,
        none => none.insert(blob.open()?),
    };
    Ok(&source.file)
}

/// Copies a range; says what is wrong with the source, if anything is.
fn copy(from: &File, range: std::ops::Range<u64>, into: &mut File) -> Result<Option<Cut>> {
    let mut piece = vec![0; PIECE];
    let mut at = range.start;
    while at < range.end {
        let size = usize::try_from(range.end - at).unwrap_or(usize::MAX).min(PIECE);
        match read_at(from, &mut piece[..size], at) {
            Ok(0) => return Ok(Some(Cut::SourceChanged)),
            Ok(read) => {
                into.write_all(&piece[..read]).map_err(|e| Error::io(&e))?;
                at += read as u64;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return Ok(Some(Cut::SourceUnreadable)),
        }
    }
    Ok(None)
}

/// Removes the bodies of steps that are over; what cannot be removed now is swept.
pub(super) fn remove(inner: &Inner, files: impl IntoIterator<Item = String>) {
    for name in files.into_iter().filter_map(|name| name.parse().ok()) {
        let _ = inner.spool.remove_body(name);
    }
}
