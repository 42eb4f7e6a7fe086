//! Folders: everything in them that a camera made, in batches that share a commit.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{AddOptions, AddOutcome, Candidate, WithMotion, blocking, pair, take};
use crate::error::{Error, Result};
use crate::observe::Change;
use crate::outbox::{Inner, Outbox};
use crate::source::{Source, SourceFault, Stamp};
use crate::walk::{Found, Walk};

/// Files of a folder that share one commit.
const BATCH: usize = 256;
/// Faults of a folder that are told one by one; the rest are counted.
const FAULTS: usize = 100;

/// What became of a folder.
#[derive(Debug, Clone, Default)]
pub struct FolderReport {
    /// New assets.
    pub added: u64,
    /// Assets whose post or urgency changed.
    pub revised: u64,
    /// Assets of which nothing new was said.
    pub unchanged: u64,
    /// Files that are neither photo nor video.
    pub skipped: u64,
    /// Files that could not be taken.
    pub failed: u64,
    /// The first hundred of these, with the reason.
    pub faults: Vec<FolderFault>,
}

/// A file that could not be taken.
#[derive(Debug, Clone)]
pub struct FolderFault {
    /// Which; for the command line and the app, not for logs.
    pub path: PathBuf,
    /// Why.
    pub fault: SourceFault,
}

impl Outbox {
    /// Adds the photos and videos of a folder and the folders in it; a live photo's still and motion, as phones export them side
    /// by side under one name, are one asset. What is neither is skipped and counted; what cannot
    /// be read is told and does not hold back the others. `progress` hears of each batch, which is safe by then, and may
    /// end the walk there.
    pub async fn add_folder(
        &self,
        folder: &Path,
        options: &AddOptions,
        progress: impl Fn(&FolderReport) -> ControlFlow<()> + Send + 'static,
    ) -> Result<FolderReport> {
        if options.motion.is_some() {
            return Err(Error::Invalid("a folder has no motion; add the photo that it belongs to with it".into()));
        }
        let (inner, options) = (self.inner.clone(), options.clone());
        let folder = std::path::absolute(folder).map_err(|e| Error::io(&e))?;
        let report = blocking(move || walk(&inner, &folder, &options, &progress)).await?;
        self.inner.tell(Change::Assets);
        Ok(report)
    }
}

fn walk(
    inner: &Arc<Inner>,
    folder: &Path,
    options: &AddOptions,
    progress: &dyn Fn(&FolderReport) -> ControlFlow<()>,
) -> Result<FolderReport> {
    let mut report = FolderReport::default();
    let mut batch: Vec<WithMotion> = Vec::with_capacity(BATCH + 1);
    for found in Walk::new(folder).except(&inner.config.folder) {
        match found {
            Ok(Found::Skipped) => report.skipped += 1,
            Ok(Found::Media { path, kind, media_type }) => match Stamp::of_path(&path) {
                Ok(stamp) if stamp.size == 0 => report.fault(path, SourceFault::Empty),
                Ok(stamp) => {
                    let name = path.file_name().unwrap_or_default().to_owned();
                    let source = Source::File(path);
                    let file = Candidate { source, name, opened: None, kind, media_type, stamp, named: false };
                    match batch.last_mut() {
                        // In the order of names, a live photo's motion comes right after its still.
                        Some((still, motion @ None)) if pair::are_live(still, &file) => *motion = Some(file),
                        _ => batch.push((file, None)),
                    }
                }
                Err(why) => report.fault(path, why),
            },
            Err(why) => report.fault(why.path, why.fault),
        }
        // The last one stays: its motion may come next.
        if batch.len() > BATCH {
            let last = batch.pop();
            report.take(inner, std::mem::take(&mut batch), options)?;
            batch.extend(last);
            if progress(&report).is_break() {
                return Ok(report);
            }
        }
    }
    report.take(inner, batch, options)?;
    let _ = progress(&report);
    Ok(report)
}

impl FolderReport {
    fn take(&mut self, inner: &Arc<Inner>, batch: Vec<WithMotion>, options: &AddOptions) -> Result<()> {
        for outcome in take(inner, batch, options)? {
            match outcome {
                Ok(AddOutcome::Added(_)) => self.added += 1,
                Ok(AddOutcome::Revised(_)) => self.revised += 1,
                Ok(AddOutcome::Unchanged(_)) => self.unchanged += 1,
                Err((path, why)) => self.fault(path, why),
            }
        }
        Ok(())
    }

    fn fault(&mut self, path: PathBuf, fault: SourceFault) {
        self.failed += 1;
        if self.faults.len() < FAULTS {
            self.faults.push(FolderFault { path, fault });
        }
    }
}
