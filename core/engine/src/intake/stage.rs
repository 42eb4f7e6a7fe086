//! Bytes that the host writes itself, where no file can be added: a Photos export, a picture that the app made.
//!
//! The host asks for a place, writes there, and commits it: the file becomes the outbox's own copy without being copied.
//! The place is the outbox's to clear away when its host forgets it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::{AddOptions, AddOutcome, Motion, Single, alone, blocking, candidate, is_file_name, spool_fault};
use crate::error::Result;
use crate::observe::Change;
use crate::outbox::Outbox;
use crate::post_edit::PostEdit;
use crate::source::Source;
use crate::spool::{NotASpoolName, SpoolName};

/// A place for bytes that the host writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Names it when it is committed or discarded.
    pub id: StageId,
    /// Where to write. Nothing is there yet; it must become a regular file. One that is not written to for a day is
    /// cleared away.
    pub path: PathBuf,
}

/// Names a [`Stage`]; as text it survives a restart of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StageId(SpoolName);

/// A text was not the id of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a stage: expected 32 hexadecimal digits, as `stage` gave them")]
pub struct BadStageId;

/// How what was staged is committed.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StagedFile {
    /// The file's name, as the camera or the library calls it; without folders.
    pub name: String,
    /// What is said of it.
    pub post: PostEdit,
    /// Before all that is not urgent.
    pub urgent: bool,
    /// The album that it comes from; see [`AddOptions::album`].
    pub album: Option<String>,
    /// The motion of a live photo; see [`AddOptions::motion`].
    pub motion: Option<Motion>,
}

impl StageId {
    pub(super) const fn place(self) -> SpoolName {
        self.0
    }
}

impl Outbox {
    /// A place in the outbox's folder where the host may write bytes itself.
    pub async fn stage(&self) -> Result<Stage> {
        let name = SpoolName::random();
        Ok(Stage { id: StageId(name), path: self.inner.spool.staged(name) })
    }

    /// Makes an asset of what was written. When this returns, the bytes are on the disk and the asset survives a kill.
    /// A commit whose answer was lost may be repeated: the asset is the same, and only what is new of its post is taken.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for a name that is none, and a motion that is none; [`Error::Source`](crate::Error::Source) when nothing was written, or it is gone;
    /// [`Error::StorageFull`](crate::Error::StorageFull).
    pub async fn commit(&self, stage: StageId, file: &StagedFile) -> Result<AddOutcome> {
        let StagedFile { name, post, urgent, album, motion } = file.clone();
        is_file_name(&name)?;
        let (inner, StageId(place)) = (self.inner.clone(), stage);
        let outcome = blocking(move || {
            let now = inner.config.clock.now();
            // Held until the row is committed, so that no sweep takes the file for an orphan.
            let adding = inner.spool.adding().map_err(spool_fault)?;
            adding.commit_staged(place, now.utc_ms).map_err(spool_fault)?;
            let candidate = candidate(&inner, Source::File(inner.spool.path(place)), name.into())?;
            let options = AddOptions { post, urgent, album, copy: true, motion };
            alone(&inner, Single { candidate, staged: Some(place) }, Some(&adding), &options)
        })
        .await?;
        self.inner.tell(Change::Assets);
        Ok(outcome)
    }

    /// Clears away what was written and not committed; what is gone already is fine.
    pub async fn discard(&self, stage: StageId) -> Result<()> {
        let (inner, StageId(place)) = (self.inner.clone(), stage);
        blocking(move || inner.spool.remove_staged(place).map_err(spool_fault)).await
    }
}

impl fmt::Display for StageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for StageId {
    type Err = BadStageId;
    fn from_str(text: &str) -> Result<Self, BadStageId> {
        text.parse().map(Self).map_err(|NotASpoolName| BadStageId)
    }
}
