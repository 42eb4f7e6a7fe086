//! Pairs: a live photo's still and its motion, taken in as one asset.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

use satchel_kernel::ids::AssetId;
use satchel_kernel::state::AssetKind;
use satchel_kernel::time::Now;

use super::{AddOutcome, Candidate, Single, Spooled, StageId, candidate, is_file_name, of_item, spool_fault, touched};
use crate::error::{Error, Result};
use crate::journal::{Record, SourceRecord};
use crate::library::LibraryItem;
use crate::metadata::boxes;
use crate::outbox::Inner;
use crate::source::Source;
use crate::spool::Adding;
use crate::store::{self, NewMotion};

/// Where the motion of a pair is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Motion {
    /// A file.
    File(PathBuf),
    /// An item of the host's media library.
    Item(LibraryItem),
    /// What the host wrote to a place that the outbox gave it.
    Staged {
        /// Which.
        stage: StageId,
        /// The file's name, as the camera or the library calls it; without folders.
        name: String,
    },
}

impl Motion {
    /// Whether it is in the outbox's folder already.
    pub(super) const fn is_staged(&self) -> bool {
        matches!(self, Self::Staged { .. })
    }
}

/// The motion that belongs to a still.
pub(super) fn motion(
    inner: &Inner,
    motion: Option<Motion>,
    still: &Candidate,
    adding: Option<&Adding<'_>>,
    now: &Now,
) -> Result<Option<Single>> {
    let (source, name, staged) = match motion {
        None => return Ok(None),
        Some(Motion::File(path)) => {
            let path = std::path::absolute(path).map_err(|e| Error::io(&e))?;
            let name = path.file_name().unwrap_or_default().to_owned();
            (Source::File(path), name, None)
        }
        Some(Motion::Item(item)) => {
            let (source, name) = of_item(inner, item)?;
            (source, name, None)
        }
        Some(Motion::Staged { stage, name }) => {
            is_file_name(&name)?;
            let place = stage.place();
            if let Some(adding) = adding {
                adding.commit_staged(place, now.utc_ms).map_err(spool_fault)?;
            }
            (Source::File(inner.spool.path(place)), name.into(), Some(place))
        }
    };
    let candidate = candidate(inner, source, name)?;
    if (still.kind, candidate.kind) != (AssetKind::Photo, AssetKind::Video) {
        return Err(Error::Invalid(
            "a pair is a photo and, as its motion, a video; add what is neither by itself".into(),
        ));
    }
    Ok(Some(Single { candidate, staged }))
}

/// Whether a file of a folder is the motion of the still before it: beside it, under its name, and by its own word a live photo's.
/// (Apple marks both with one content identifier, in the film under this key. A camera that numbers a photo and a film alike
/// writes none.)
pub(super) fn are_live(still: &Candidate, motion: &Candidate) -> bool {
    let (Some(still_at), Some(motion_at)) = (still.source.path(), motion.source.path()) else { return false };
    let alike = still_at.parent() == motion_at.parent() && still_at.file_stem() == motion_at.file_stem();
    let kinds = (still.kind, motion.kind) == (AssetKind::Photo, AssetKind::Video);
    alike && kinds && motion.media_type == "video/quicktime" && File::open(motion_at).is_ok_and(|film| is_marked(&film))
}

/// The key of a film's content identifier, in its index (QuickTime File Format, metadata item keys).
const CONTENT_IDENTIFIER: &[u8] = b"com.apple.quicktime.content.identifier";
/// The largest index that is looked into, in bytes: a live photo takes three seconds.
const INDEX: u64 = 1 << 20;

fn is_marked(mut film: &File) -> bool {
    let Ok(Some(index)) = boxes::index(&mut film) else { return false };
    let mut bytes = Vec::new();
    let read = film.seek(SeekFrom::Start(index)).and_then(|_| film.take(INDEX).read_to_end(&mut bytes));
    read.is_ok() && bytes.windows(CONTENT_IDENTIFIER.len()).any(|key| key == CONTENT_IDENTIFIER)
}

/// Whether a file may become the motion of an asset: it is, or it has none and the file is nothing by itself.
pub(super) fn is_free(tx: &store::Tx<'_>, asset: AssetId, motion: &Candidate) -> Result<bool> {
    let seq = store::seq(tx, asset)?;
    Ok(match store::known(tx, &motion.source, &motion.stamp)? {
        Some(known) => known.motion && known.seq == seq,
        None => store::original(tx, seq, true)?.is_none(),
    })
}

/// Puts the motion of a pair beside its still.
pub(super) fn join(
    tx: &store::Tx<'_>,
    outcome: AddOutcome,
    motion: Single,
    spool: Option<Spooled>,
    records: &mut Vec<Record>,
) -> Result<AddOutcome> {
    let asset = outcome.id();
    let seq = store::seq(tx, asset)?;
    let (known, spool) = motion.known(tx, spool)?;
    if motion.staged.is_some() && known.as_ref().is_some_and(|known| !known.motion) {
        return Err(Error::Invalid("this stage is an asset by itself already; stage the motion anew".into()));
    }
    let Candidate { source, name, media_type, stamp, .. } = motion.candidate;
    if let Some(known) = known.filter(|known| known.motion && known.seq == seq) {
        let changed = touched(tx, &known, &stamp, spool, records)?;
        return Ok(if changed { revised(outcome) } else { outcome });
    }
    let (spool, stamp) = spool.map_or((None, stamp), |(name, stamp)| (Some(name), stamp));
    let new = NewMotion {
        source,
        spool: spool.map(|name| name.to_string()),
        name: name.to_string_lossy().into_owned(),
        media_type: media_type.to_owned(),
        stamp,
    };
    if !store::insert_motion(tx, seq, &new)? {
        return Err(Error::Invalid(
            "this photo has another motion already; remove the photo from the outbox first, then add both".into(),
        ));
    }
    let source = spool.map_or_else(|| SourceRecord::of(&new.source), |name| SourceRecord::Spool { name });
    let (path, library) = SourceRecord::added_from(new.source);
    records.push(Record::Motion { asset, source, path, library, name, media_type: new.media_type, stamp });
    Ok(revised(outcome))
}

/// What is new is new, whatever came to it since.
fn revised(outcome: AddOutcome) -> AddOutcome {
    match outcome {
        AddOutcome::Unchanged(id) => AddOutcome::Revised(id),
        other => other,
    }
}
