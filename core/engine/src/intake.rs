//! Taking in what the camera made: one file, or a folder.
//!
//! When `add` returns, the asset survives a kill at any instant (law 1): its row is committed, its record is in the
//! journal, and its copy, where one was made, is on the disk. Folders go in batches, so that 100,000 files cost a few
//! hundred commits.

mod stage;

use std::ffi::OsString;
use std::io::{Read as _, Seek as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use satchel_kernel::ids::AssetId;
use satchel_kernel::state::AssetKind;
use satchel_kernel::time::Now;

use crate::error::{Error, Result};
use crate::journal::{Durable, Record, SourceRecord};
use crate::kinds;
use crate::library::LibraryItem;
use crate::observe::Change;
use crate::outbox::{Inner, Outbox};
use crate::post_edit::{PostEdit, fits};
use crate::source::{Opened, Source, SourceFault, Stamp};
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
    /// The album that it comes from, as the app names it; rules may tell albums apart. What is there already stays in its own.
    pub album: Option<String>,
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
    source: Source,
    name: OsString,
    /// Where it was opened already.
    opened: Option<Opened>,
    kind: AssetKind,
    media_type: &'static str,
    stamp: Stamp,
    /// It was named itself, not found in a folder.
    named: bool,
}

impl Outbox {
    /// Adds one file, whatever it is. The same path again revises that asset's post, and sends it once more where somebody
    /// deleted it at the server; a path whose file is another one by now gives a new asset.
    ///
    /// # Errors
    /// [`Error::Source`] when it cannot be read or holds no byte; [`Error::StorageFull`].
    pub async fn add(&self, path: &Path, options: &AddOptions) -> Result<AddOutcome> {
        let (inner, options) = (self.inner.clone(), options.clone());
        let path = std::path::absolute(path).map_err(|e| Error::io(&e))?;
        let outcome = blocking(move || {
            let name = path.file_name().unwrap_or_default().to_owned();
            single(&inner, Source::File(path), name, &options)
        })
        .await?;
        self.inner.tell(Change::Assets);
        Ok(outcome)
    }

    /// Adds an item of the host's media library, whatever it is; it is opened through [`Config::library`](crate::Config), now and
    /// each time that it is read. The same item again revises that asset's post; one that changed gives a new asset.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an id or a name that is none; else as [`add`](Self::add).
    pub async fn add_item(&self, item: &LibraryItem, options: &AddOptions) -> Result<AddOutcome> {
        let (inner, options, LibraryItem { id, name }) = (self.inner.clone(), options.clone(), item.clone());
        is_file_name(&name)?;
        if id.is_empty() || id.len() > 1_024 || id.contains('\0') {
            return Err(Error::Invalid(
                "an item's id must have 1 to 1,024 bytes; give it as the media library does".into(),
            ));
        }
        if inner.config.library.is_none() {
            return Err(Error::Invalid(
                "no media library was given when this outbox was opened; open it with one".into(),
            ));
        }
        let outcome = blocking(move || single(&inner, Source::Library(id), name.into(), &options)).await?;
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

/// What a file may be called: no folder, nothing that a screen or a shell would stumble over.
fn is_file_name(name: &str) -> Result<()> {
    if name.is_empty() || name.chars().any(|c| c.is_control() || matches!(c, '/' | '\\')) || name.len() > 255 {
        let words = "the file's name must have 1 to 255 bytes, without folders or control characters";
        return Err(Error::Invalid(words.into()));
    }
    Ok(())
}

fn single(inner: &Arc<Inner>, source: Source, name: OsString, options: &AddOptions) -> Result<AddOutcome> {
    let candidate = candidate(inner, source, name)?;
    let mut outcomes = take(inner, vec![candidate], options)?;
    outcomes.pop().unwrap_or(Err(SourceFault::Gone)).map_err(Error::Source)
}

/// What a source holds, by its first bytes and this name.
fn candidate(inner: &Inner, source: Source, name: OsString) -> Result<Candidate, SourceFault> {
    let opened = inner.source(&source).open()?;
    let stamp = opened.stamp;
    if stamp.size == 0 {
        return Err(SourceFault::Empty);
    }
    let mut file = &opened.file;
    let mut head = Vec::new();
    file.rewind()?;
    file.take(kinds::HEAD as u64).read_to_end(&mut head)?;
    let (kind, media_type) = kinds::kind_of(&name, &head).unwrap_or((AssetKind::Other, kinds::UNKNOWN));
    Ok(Candidate { source, name, opened: Some(opened), kind, media_type, stamp, named: true })
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
                Ok(stamp) => {
                    let name = path.file_name().unwrap_or_default().to_owned();
                    batch.push(Candidate {
                        source: Source::File(path),
                        name,
                        opened: None,
                        kind,
                        media_type,
                        stamp,
                        named: false,
                    });
                }
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
        let paths: Vec<_> = batch.iter().map(|c| c.source.path().unwrap_or(Path::new("")).to_owned()).collect();
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
    for mut candidate in candidates {
        let opened = candidate.opened.take();
        let spool = match &adding {
            None => Ok(None),
            Some(_) if is_copied(inner, &candidate)? => Ok(None),
            Some(adding) => match opened.map_or_else(|| inner.source(&candidate.source).open(), Ok) {
                Ok(opened) => match adding.copy_in(&opened, now.utc_ms) {
                    Ok((name, stamp)) => Ok(Some((name, stamp))),
                    Err(SpoolError::Source(fault)) => Err(fault),
                    Err(other) => return Err(spool_fault(other)),
                },
                Err(fault) => Err(fault),
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
                    let known = store::known(tx, &candidate.source, &candidate.stamp)?;
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
    let (source, stamp) = (candidate.source.clone(), candidate.stamp);
    inner.store.read_blocking(move |conn| Ok(store::known(conn, &source, &stamp)?.is_some_and(|known| known.copied)))
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
    let Candidate { source, name, opened: _, kind, media_type, stamp, named } = candidate;
    if let Some(known) = known {
        let mut changed = store::reread(tx, known.seq, &stamp)?;
        // A folder that is added again does not bring back what was deleted at a server; who names the photo wants it there.
        if named {
            changed |= store::want_again(tx, known.seq)?;
        }
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
    let new = NewAsset {
        id,
        kind,
        role: store::role(kind),
        source,
        spool: spool.map(|name| name.to_string()),
        name: name.to_string_lossy().into_owned(),
        media_type: media_type.to_owned(),
        urgent: options.urgent,
        album: fits_album(options.album.as_deref())?,
        post: fits(options.post.apply(&Default::default()))?,
        stamp,
    };
    let order = store::insert_asset(tx, &new, now)?;
    let NewAsset { source: origin, media_type, urgent, album, post, stamp, .. } = new;
    let source = match spool {
        Some(name) => SourceRecord::Spool { name },
        None => SourceRecord::of(&origin),
    };
    let (path, library) = SourceRecord::added_from(origin);
    let added_utc_ms = now.utc_ms;
    records.push(Record::Added {
        asset: id,
        source,
        path,
        library,
        name,
        kind,
        media_type,
        urgent,
        album,
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

/// An album's name as it is kept; none is empty.
fn fits_album(album: Option<&str>) -> Result<String> {
    let album = album.unwrap_or_default();
    match album.chars().count() {
        0..=200 => Ok(album.to_owned()),
        _ => Err(Error::Invalid("an album's name has at most 200 characters".into())),
    }
}
