//! Taking in what the camera made: one file, or a folder.
//!
//! When `add` returns, the asset survives a kill at any instant (law 1): its row is committed, its record is in the
//! journal, and its copy, where one was made, is on the disk. Folders go in batches, so that 100,000 files cost a few
//! hundred commits.

mod folder;
mod pair;
mod stage;

use std::ffi::OsString;
use std::io::{Read as _, Seek as _};
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
use crate::spool::{Adding, SpoolError, SpoolName};
use crate::store::{self, Known, NewAsset};

pub use folder::{FolderFault, FolderReport};
pub use pair::Motion;
pub use stage::{BadStageId, Stage, StageId, StagedFile};

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
    /// The motion of a live photo, of which the file that is added is the still: both are one asset, which travels as one and
    /// shows as one post. For a photo that is there already, it joins it.
    pub motion: Option<Motion>,
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

/// A file, and the motion that it is the still of.
type WithMotion = (Candidate, Option<Candidate>);

/// A copy in the spool, and what its source was then.
type Spooled = (SpoolName, Stamp);

/// A file on its way in by itself.
struct Single {
    candidate: Candidate,
    /// Where it is in the spool already, since its host wrote it there.
    staged: Option<SpoolName>,
}

impl Outbox {
    /// Adds one file, whatever it is. The same path again revises that asset's post, and sends it once more where somebody
    /// deleted it at the server; a path whose file is another one by now gives a new asset.
    ///
    /// # Errors
    /// [`Error::Source`] when it, or its motion, cannot be read or holds no byte; [`Error::Invalid`] for a motion that is none,
    /// or another one than the photo has; [`Error::StorageFull`].
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
        let (inner, options, item) = (self.inner.clone(), options.clone(), item.clone());
        let outcome = blocking(move || {
            let (source, name) = of_item(&inner, item)?;
            single(&inner, source, name, &options)
        })
        .await?;
        self.inner.tell(Change::Assets);
        Ok(outcome)
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

/// An item of the media library, and its name.
fn of_item(inner: &Inner, LibraryItem { id, name }: LibraryItem) -> Result<(Source, OsString)> {
    is_file_name(&name)?;
    if id.is_empty() || id.len() > 1_024 || id.contains('\0') {
        let words = "an item's id must have 1 to 1,024 bytes; give it as the media library does";
        return Err(Error::Invalid(words.into()));
    }
    if inner.config.library.is_none() {
        let words = "no media library was given when this outbox was opened; open it with one";
        return Err(Error::Invalid(words.into()));
    }
    Ok((Source::Library(id), name.into()))
}

fn single(inner: &Arc<Inner>, source: Source, name: OsString, options: &AddOptions) -> Result<AddOutcome> {
    let file = Single { candidate: candidate(inner, source, name)?, staged: None };
    let adding = if options.copy || options.motion.as_ref().is_some_and(Motion::is_staged) {
        // Held until the rows are committed, so that no sweep takes a copy for an orphan.
        Some(inner.spool.adding().map_err(spool_fault)?)
    } else {
        None
    };
    alone(inner, file, adding.as_ref(), options)
}

/// Takes one file in, and its motion with it.
fn alone(inner: &Arc<Inner>, file: Single, adding: Option<&Adding<'_>>, options: &AddOptions) -> Result<AddOutcome> {
    let now = inner.config.clock.now();
    let motion = pair::motion(inner, options.motion.clone(), &file.candidate, adding, &now)?;
    let copying = adding.filter(|_| options.copy);
    let copy = |file: &Single, motion| -> Result<Option<Spooled>> {
        match file.staged {
            Some(place) => Ok(Some((place, file.candidate.stamp))),
            None => Ok(copied(inner, copying, &file.candidate, motion, &now)??),
        }
    };
    let spool = copy(&file, false)?;
    let beside = motion.map(|motion| copy(&motion, true).map(|spool| (motion, spool))).transpose()?;
    let (journal, options) = (inner.journal.clone(), options.clone());
    inner.store.write_blocking(move |tx| {
        let mut records = Vec::new();
        let (known, spool) = file.known(tx, spool)?;
        let mut outcome = one(tx, file.candidate, known, spool, &options, &mut records, &now)?;
        if let Some((motion, spool)) = beside {
            outcome = pair::join(tx, outcome, motion, spool, &mut records)?;
        }
        if !records.is_empty() {
            journal.append(&records, Durable::Now)?;
            store::agree(tx, &journal)?;
        }
        Ok(outcome)
    })
}

impl Single {
    /// What stands in the outbox of it; and its copy, if that is new there.
    fn known(&self, tx: &store::Tx<'_>, spool: Option<Spooled>) -> Result<(Option<Known>, Option<Spooled>)> {
        let Some(place) = self.staged else {
            return Ok((store::known(tx, &self.candidate.source, &self.candidate.stamp)?, spool));
        };
        let known = store::known_copy(tx, &place.to_string())?;
        let fresh = spool.filter(|_| known.is_none());
        Ok((known, fresh))
    }
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

/// Takes a batch in: copies first, then everything in one transaction. Says of what could not be taken which file it was.
fn take(
    inner: &Arc<Inner>,
    batch: Vec<WithMotion>,
    options: &AddOptions,
) -> Result<Vec<Result<AddOutcome, (PathBuf, SourceFault)>>> {
    let now = inner.config.clock.now();
    // Held until the rows are committed, so that no sweep takes a copy for an orphan.
    let adding = if options.copy { Some(inner.spool.adding().map_err(spool_fault)?) } else { None };
    let copy = |candidate: Candidate, motion| -> Result<_> {
        let path = || candidate.source.path().unwrap_or(Path::new("")).to_owned();
        let copied = copied(inner, adding.as_ref(), &candidate, motion, &now)?.map_err(|fault| (path(), fault));
        Ok(copied.map(|spool| (candidate, spool)))
    };
    let mut staged = Vec::with_capacity(batch.len());
    for (candidate, motion) in batch {
        staged.push((copy(candidate, false)?, motion.map(|motion| copy(motion, true)).transpose()?));
    }
    let (journal, options) = (inner.journal.clone(), options.clone());
    inner.store.write_blocking(move |tx| {
        let mut records = Vec::new();
        let mut outcomes = Vec::with_capacity(staged.len());
        for (still, motion) in staged {
            let mut alone = |staged| -> Result<_> {
                let (candidate, spool): (Candidate, _) = match staged {
                    Ok(staged) => staged,
                    Err(fault) => return Ok(Err(fault)),
                };
                let known = store::known(tx, &candidate.source, &candidate.stamp)?;
                one(tx, candidate, known, spool, &options, &mut records, &now).map(Ok)
            };
            let outcome = alone(still)?;
            let joined = match (outcome, motion) {
                (Ok(outcome), Some(Ok((candidate, spool)))) if pair::is_free(tx, outcome.id(), &candidate)? => {
                    Ok(pair::join(tx, outcome, Single { candidate, staged: None }, spool, &mut records)?)
                }
                (outcome, Some(motion)) => {
                    // One that is something by itself already, or whose still could not be taken.
                    outcomes.push(alone(motion)?);
                    outcome
                }
                (outcome, None) => outcome,
            };
            outcomes.push(joined);
        }
        if !records.is_empty() {
            journal.append(&records, Durable::Now)?;
            store::agree(tx, &journal)?;
        }
        Ok(outcomes)
    })
}

/// The copy of a file, where copies are made and there is none yet.
fn copied(
    inner: &Arc<Inner>,
    adding: Option<&Adding<'_>>,
    candidate: &Candidate,
    motion: bool,
    now: &Now,
) -> Result<Result<Option<Spooled>, SourceFault>> {
    let Some(adding) = adding else { return Ok(Ok(None)) };
    if is_copied(inner, candidate, motion)? {
        return Ok(Ok(None));
    }
    // What was opened already is what its kind was read from.
    let reopened = match &candidate.opened {
        Some(_) => None,
        None => match inner.source(&candidate.source).open() {
            Ok(opened) => Some(opened),
            Err(fault) => return Ok(Err(fault)),
        },
    };
    let Some(opened) = candidate.opened.as_ref().or(reopened.as_ref()) else { return Ok(Ok(None)) };
    match adding.copy_in(opened, now.utc_ms) {
        Ok((name, stamp)) => Ok(Ok(Some((name, stamp)))),
        Err(SpoolError::Source(fault)) => Ok(Err(fault)),
        Err(other) => Err(spool_fault(other)),
    }
}

/// Whether there is a copy of it already. One of a film by itself is not that of a pair's motion.
fn is_copied(inner: &Arc<Inner>, candidate: &Candidate, motion: bool) -> Result<bool> {
    let (source, stamp) = (candidate.source.clone(), candidate.stamp);
    let known = inner.store.read_blocking(move |conn| store::known(conn, &source, &stamp))?;
    Ok(known.is_some_and(|known| known.copied && (known.motion || !motion)))
}

fn one(
    tx: &store::Tx<'_>,
    candidate: Candidate,
    known: Option<Known>,
    spool: Option<Spooled>,
    options: &AddOptions,
    records: &mut Vec<Record>,
    now: &Now,
) -> Result<AddOutcome> {
    let Candidate { source, name, opened: _, kind, media_type, stamp, named } = candidate;
    if let Some(known) = known {
        let mut changed = touched(tx, &known, &stamp, spool, records)?;
        // A folder that is added again does not bring back what was deleted at a server; who names the photo wants it there.
        if named {
            changed |= store::want_again(tx, known.seq)?;
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

/// A file that is known was handed in again.
fn touched(
    tx: &store::Tx<'_>,
    known: &Known,
    stamp: &Stamp,
    spool: Option<Spooled>,
    records: &mut Vec<Record>,
) -> Result<bool> {
    let mut changed = store::reread(tx, known.part, stamp)?;
    // It was added without a copy before, and its owner wants one now: the card will not stay.
    if let Some((name, stamp)) = spool
        && store::attach(tx, known.part, &name.to_string(), &stamp)?
    {
        records.push(Record::Copied { asset: known.id, motion: known.motion, name, stamp });
        changed = true;
    }
    Ok(changed)
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
