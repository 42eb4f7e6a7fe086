//! Taking in what the camera made: one file, or a folder.
//!
//! When `add` returns, the asset survives a kill at any instant (law 1): its row is committed, its record is in the
//! journal, and its copy, where one was made, is on the disk. Folders go in batches, so that 100,000 files cost a few
//! hundred commits.

mod stage;

use std::ffi::{OsStr, OsString};
use std::io::Read as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use satchel_kernel::ids::AssetId;
use satchel_kernel::state::AssetKind;
use satchel_kernel::time::Now;

use crate::error::{Error, Result};
use crate::journal::{Durable, Record, SourceRecord};
use crate::kinds;
use crate::observe::Change;
use crate::outbox::{Inner, Outbox, PostEdit, fits};
use crate::source::{self, SourceFault, Stamp};
use crate::spool::SpoolError;
use crate::store::{self, Known, NewAsset};
use crate::walk::{Found, Walk};

pub use stage::{BadStageId, Stage, StageId, StagedFile};

/// Files of a folder that share one commit.
const BATCH: usize = 256;
/// Faults of a folder that are told one by one; the rest are counted.
const FAULTS: usize = 100;

/// How something is added.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddOptions {
    /// What is said of it; for something that is there already, what changes.
    pub post: PostEdit,
    /// Before all that is not urgent.
    pub urgent: bool,
    /// Copy the bytes into the outbox (sharing them where the file system can), for sources that will not stay.
    pub copy: bool,
}

/// What became of a file that was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddOutcome {
    /// It is new.
    Added(AssetId),
    /// It was there already; its post or urgency changed.
    Revised(AssetId),
    /// It was there already, and nothing new was said.
    Unchanged(AssetId),
}

impl AddOutcome {
    /// The asset.
    pub fn id(self) -> AssetId {
        match self {
            Self::Added(id) | Self::Revised(id) | Self::Unchanged(id) => id,
        }
    }
}

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

/// A file on its way in.
struct Candidate {
    path: PathBuf,
    /// Where it is not the path's.
    name: Option<OsString>,
    kind: AssetKind,
    media_type: &'static str,
    stamp: Stamp,
}

impl Outbox {
    /// Adds one file, whatever it is. The same path again revises that asset's post; a path whose file is another one by
    /// now gives a new asset.
    ///
    /// # Errors
    /// [`Error::Source`] when it cannot be read or holds no byte; [`Error::StorageFull`].
    pub async fn add(&self, path: &Path, options: &AddOptions) -> Result<AddOutcome> {
        let (inner, options) = (self.inner.clone(), options.clone());
        let path = std::path::absolute(path).map_err(|e| Error::io(&e))?;
        let outcome = blocking(move || {
            let candidate = named(path)?;
            let mut outcomes = take(&inner, vec![candidate], &options)?;
            outcomes.pop().unwrap_or(Err(SourceFault::Gone)).map_err(Error::Source)
        })
        .await?;
        self.inner.tell(Change::Assets);
        Ok(outcome)
    }

    /// Adds the photos and videos of a folder and the folders in it. What is neither is skipped and counted; what cannot
    /// be read is told and does not hold back the others. `progress` hears of each batch, which is safe by then, and may
    /// end the walk there.
    pub async fn add_folder(
        &self,
        folder: &Path,
        options: &AddOptions,
        progress: impl Fn(&FolderReport) -> ControlFlow<()> + Send + 'static,
    ) -> Result<FolderReport> {
        let (inner, options) = (self.inner.clone(), options.clone());
        let folder = std::path::absolute(folder).map_err(|e| Error::io(&e))?;
        let report = blocking(move || walk(&inner, &folder, &options, &progress)).await?;
        self.inner.tell(Change::Assets);
        Ok(report)
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(Error::Storage("adding was interrupted".into())))
}

fn named(path: PathBuf) -> Result<Candidate, SourceFault> {
    let name = path.file_name().unwrap_or_default().to_owned();
    opened(path, &name)
}

/// A file that goes by this name.
fn opened(path: PathBuf, name: &OsStr) -> Result<Candidate, SourceFault> {
    let (mut file, stamp) = source::open(&path)?;
    if stamp.size == 0 {
        return Err(SourceFault::Empty);
    }
    let mut head = Vec::new();
    file.by_ref().take(kinds::HEAD as u64).read_to_end(&mut head)?;
    let (kind, media_type) = kinds::kind_of(name, &head).unwrap_or((AssetKind::Other, kinds::UNKNOWN));
    Ok(Candidate { path, name: None, kind, media_type, stamp })
}

fn walk(
    inner: &Arc<Inner>,
    folder: &Path,
    options: &AddOptions,
    progress: &dyn Fn(&FolderReport) -> ControlFlow<()>,
) -> Result<FolderReport> {
    let mut report = FolderReport::default();
    let mut batch = Vec::with_capacity(BATCH);
    for found in Walk::new(folder).except(&inner.config.folder) {
        match found {
            Ok(Found::Skipped) => report.skipped += 1,
            Ok(Found::Media { path, kind, media_type }) => match Stamp::of_path(&path) {
                Ok(stamp) if stamp.size == 0 => report.fault(path, SourceFault::Empty),
                Ok(stamp) => batch.push(Candidate { path, name: None, kind, media_type, stamp }),
                Err(why) => report.fault(path, why),
            },
            Err(why) => report.fault(why.path, why.fault),
        }
        if batch.len() == BATCH {
            report.take(inner, std::mem::take(&mut batch), options)?;
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
    fn take(&mut self, inner: &Arc<Inner>, batch: Vec<Candidate>, options: &AddOptions) -> Result<()> {
        let paths: Vec<_> = batch.iter().map(|c| c.path.clone()).collect();
        for (path, outcome) in paths.into_iter().zip(take(inner, batch, options)?) {
            match outcome {
                Ok(AddOutcome::Added(_)) => self.added += 1,
                Ok(AddOutcome::Revised(_)) => self.revised += 1,
                Ok(AddOutcome::Unchanged(_)) => self.unchanged += 1,
                Err(why) => self.fault(path, why),
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

/// Takes a batch in: copies first, then everything in one transaction.
fn take(
    inner: &Arc<Inner>,
    candidates: Vec<Candidate>,
    options: &AddOptions,
) -> Result<Vec<Result<AddOutcome, SourceFault>>> {
    let now = inner.config.clock.now();
    // Held until the rows are committed, so that no sweep takes a copy for an orphan.
    let adding = if options.copy { Some(inner.spool.adding().map_err(spool_fault)?) } else { None };
    let mut staged = Vec::with_capacity(candidates.len());
    for candidate in candidates {
        let spool = match &adding {
            None => Ok(None),
            Some(_) if is_copied(inner, &candidate)? => Ok(None),
            Some(adding) => match adding.copy_in(&candidate.path, now.utc_ms) {
                Ok((name, stamp)) => Ok(Some((name, stamp))),
                Err(SpoolError::Source(fault)) => Err(fault),
                Err(other) => return Err(spool_fault(other)),
            },
        };
        staged.push(spool.map(|spool| (candidate, spool)));
    }
    let (journal, options) = (inner.journal.clone(), options.clone());
    inner.store.write_blocking(move |tx| {
        let mut records = Vec::new();
        let mut outcomes = Vec::with_capacity(staged.len());
        for staged in staged {
            outcomes.push(match staged {
                Ok((candidate, spool)) => {
                    let known = store::known(tx, &candidate.path, &candidate.stamp)?;
                    Ok(one(tx, candidate, known, spool, &options, &mut records, &now)?)
                }
                Err(fault) => Err(fault),
            });
        }
        if !records.is_empty() {
            journal.append(&records, Durable::Now)?;
            store::agree(tx, &journal)?;
        }
        Ok(outcomes)
    })
}

fn is_copied(inner: &Arc<Inner>, candidate: &Candidate) -> Result<bool> {
    let (path, stamp) = (candidate.path.clone(), candidate.stamp);
    inner.store.read_blocking(move |conn| Ok(store::known(conn, &path, &stamp)?.is_some_and(|known| known.copied)))
}

fn one(
    tx: &store::Tx<'_>,
    candidate: Candidate,
    known: Option<Known>,
    spool: Option<(crate::spool::SpoolName, Stamp)>,
    options: &AddOptions,
    records: &mut Vec<Record>,
    now: &Now,
) -> Result<AddOutcome> {
    let Candidate { path, name, kind, media_type, stamp } = candidate;
    if let Some(known) = known {
        let mut changed = store::reread(tx, known.seq, &stamp)?;
        // It was added without a copy before, and its owner wants one now: the card will not stay.
        if let Some((name, stamp)) = spool
            && store::attach(tx, known.seq, &name.to_string(), &stamp)?
        {
            records.push(Record::Copied { asset: known.id, name, stamp });
            changed = true;
        }
        let post = fits(options.post.apply(&known.post))?;
        if let Some(revision) = store::revise(tx, known.seq, &post, now)? {
            records.push(Record::Revised { asset: known.id, revision, post });
            changed = true;
        }
        if options.urgent && !known.urgent {
            store::lift(tx, known.seq)?;
            records.push(Record::Urgent { asset: known.id });
            changed = true;
        }
        return Ok(if changed { AddOutcome::Revised(known.id) } else { AddOutcome::Unchanged(known.id) });
    }
    let (spool, stamp) = spool.map_or((None, stamp), |(name, stamp)| (Some(name), stamp));
    let id = new_id()?;
    let file_name = name.unwrap_or_else(|| path.file_name().unwrap_or_default().to_owned());
    let new = NewAsset {
        id,
        kind,
        role: store::role(kind),
        path,
        spool: spool.map(|name| name.to_string()),
        name: file_name.to_string_lossy().into_owned(),
        media_type: media_type.to_owned(),
        urgent: options.urgent,
        post: fits(options.post.apply(&Default::default()))?,
        stamp,
    };
    let order = store::insert_asset(tx, &new, now)?;
    let NewAsset { path, media_type, urgent, post, stamp, .. } = new;
    let source = match spool {
        Some(name) => SourceRecord::Spool { name },
        None => SourceRecord::File { path: path.clone() },
    };
    let added_utc_ms = now.utc_ms;
    records.push(Record::Added {
        asset: id,
        source,
        path,
        name: file_name,
        kind,
        media_type,
        urgent,
        order,
        added_utc_ms,
        post,
        stamp,
    });
    Ok(AddOutcome::Added(id))
}

fn new_id() -> Result<AssetId> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Error::Storage("the system gave no random numbers".into()))?;
    Ok(AssetId::from_bytes(bytes))
}

fn spool_fault(error: SpoolError) -> Error {
    match error {
        SpoolError::Full => Error::StorageFull,
        SpoolError::Source(fault) => Error::Source(fault),
        SpoolError::Io(kind) => Error::Storage(kind.to_string()),
    }
}
