//! Reading parts: naming them by their content.

use std::sync::Arc;

use satchel_kernel::ids::{BlobHash, PartId};
use satchel_kernel::protocol::post::Rendition;
use tokio_util::sync::CancellationToken;

use crate::error::{Error, Result};
use crate::fingerprint;
use crate::journal::{Durable, Record};
use crate::metadata::{self, Said};
use crate::observe::Change;
use crate::outbox::Inner;
use crate::source::{Opened, SourceFault, Stamp};
use crate::store;
use crate::store::parts::{self, Following};

/// Results share a commit until so many bytes were read, so that a long video does not hold back what was read before it.
const COMMIT_AFTER: u64 = 64 << 20;
/// How long a file that changed under our hands is left alone, in milliseconds.
pub(super) const CALM_MS: u64 = 2_500;
/// When an original that cannot be opened just now is tried again, in milliseconds.
pub(super) const AWAY_MS: u64 = 60_000;

enum Outcome {
    /// With what it says of when and where, where it was asked.
    Read(BlobHash, Stamp, Option<Said>),
    Fault(SourceFault),
}

/// Reads the parts, one after another.
pub(crate) async fn read(inner: Arc<Inner>, parts: Vec<PartId>, stop: CancellationToken) -> Result<()> {
    let stopped = stop.clone();
    let reading = tokio::task::spawn_blocking(move || read_all(&inner, parts, &stop));
    tokio::select! {
        read = reading => read.unwrap_or_else(|_| Err(Error::Storage("reading was interrupted".into()))),
        // The host's library may take its time: what it gives is recorded when it comes.
        () = stopped.cancelled() => Ok(()),
    }
}

fn read_all(inner: &Arc<Inner>, parts: Vec<PartId>, stop: &CancellationToken) -> Result<()> {
    let mut done = Vec::new();
    let mut bytes = 0;
    for part in parts {
        if stop.is_cancelled() {
            break;
        }
        let Some(outcome) = read_one(inner, part, stop)? else { continue };
        if let Outcome::Read(_, stamp, _) = &outcome {
            bytes += stamp.size;
        }
        done.push((part, outcome));
        if bytes >= COMMIT_AFTER {
            record(inner, std::mem::take(&mut done))?;
            bytes = 0;
        }
    }
    record(inner, done)
}

/// `None` when it is not to be read any more, or the reading was stopped.
fn read_one(inner: &Arc<Inner>, part: PartId, stop: &CancellationToken) -> Result<Option<Outcome>> {
    let Some(to_read) = inner.store.read_blocking(move |conn| parts::to_read(conn, part))? else { return Ok(None) };
    let Some(reach) = inner.reach(to_read.spool.as_deref(), Some(&to_read.source)) else {
        return inner.store.noted(Err(Error::Damaged));
    };
    let opened = reach.open();
    if to_read.spool.is_none()
        && let Ok(Opened { stamp, .. }) = opened
    {
        let source = to_read.source;
        let known = inner.store.read_blocking(move |conn| parts::remembered(conn, &source, &stamp))?;
        if let Some(hash) = known {
            let said = opened.ok().and_then(said);
            return Ok(Some(Outcome::Read(hash, stamp, said)));
        }
    }
    let read = |opened| {
        let found = fingerprint::of_opened(&opened, &|| stop.is_cancelled(), &mut |_| {})?;
        Ok(found.map(|found| (found, said(opened))))
    };
    Ok(match opened.and_then(read) {
        Ok(Some((found, said))) => Some(Outcome::Read(found.hash, found.stamp, said)),
        Ok(None) => None,
        // It was read before, says the journal: what is delivered of it needs no source any more.
        Err(SourceFault::Gone) => match inner.store.read_blocking(move |conn| parts::hashed_before(conn, part))? {
            Some((hash, stamp)) => Some(Outcome::Read(hash, stamp, None)),
            None => Some(Outcome::Fault(SourceFault::Gone)),
        },
        Err(fault) => Some(Outcome::Fault(fault)),
    })
}

/// What a file says of when and where it was taken. Whatever it holds, that is no fault of it.
fn said(opened: Opened) -> Option<Said> {
    let mut file = &opened.file;
    let reading = std::panic::AssertUnwindSafe(|| metadata::read(&mut file));
    let found = std::panic::catch_unwind(reading).ok()?;
    Some(Said { time: found.taken, place: found.place })
}

fn record(inner: &Arc<Inner>, done: Vec<(PartId, Outcome)>) -> Result<()> {
    if done.is_empty() {
        return Ok(());
    }
    let (journal, now) = (inner.journal.clone(), inner.config.clock.now());
    let changes = inner.store.write_blocking(move |tx| {
        let mut records = Vec::new();
        let mut changes = Vec::new();
        for (part, outcome) in done {
            let (asset, motion) = parts::whose(tx, part)?;
            let following = match outcome {
                Outcome::Read(hash, stamp, said) => {
                    let said = said.filter(|_| !motion);
                    let following = parts::was_read(tx, part, &hash, &stamp, said.as_ref(), &now)?;
                    records.push(Record::Hashed { asset, motion, hash, stamp, said });
                    changes.push(Change::Read { asset });
                    following
                }
                Outcome::Fault(fault) => {
                    if fault.is_away() {
                        parts::away(tx, part, &fault.wait().0, &now.after(AWAY_MS))?;
                    } else if fault.passes() {
                        parts::read_again(tx, part, &now.after(CALM_MS))?;
                    } else {
                        let reason = fault.park_reason();
                        parts::park(tx, part, &reason)?;
                        changes.push(Change::Parked { asset: Some(asset), reason });
                    }
                    parts::was_not_read(tx, part)?
                }
            };
            let Following { revised, press } = following;
            let rendition = Rendition::Press;
            records.extend(press.map(|(hash, length)| Record::Rendered { asset, hash, length, rendition }));
            records.extend(revised.map(|(revision, post)| Record::Revised { asset, revision, post }));
        }
        journal.append(&records, Durable::Later)?;
        store::agree(tx, &journal)?;
        Ok(changes)
    })?;
    changes.into_iter().for_each(|change| inner.mention(change));
    Ok(())
}
