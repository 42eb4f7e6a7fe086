//! What is made of originals and kept until it is sent: the press rendition, and originals without their metadata.
//!
//! Whatever happens between two durable writes, it is found again or made again: a file without its row is swept, a row
//! without its file is made anew.

use std::fs::File;
use std::io::{self, Seek as _, Write};
use std::sync::Arc;

use satchel_kernel::ids::{BlobHash, DeliveryId, PartId};
use satchel_kernel::planner::Bench;
use satchel_kernel::retry::backoff_ms;
use satchel_kernel::state::{AssetKind, ParkReason, Trouble};
use tokio_util::sync::CancellationToken;

use super::picture::{self, Came};
use super::told;
use crate::durable;
use crate::error::Result;
use crate::metadata;
use crate::observe::Change;
use crate::outbox::Inner;
use crate::previews::Form;
use crate::redact::{self, RedactFault};
use crate::runner::read::{AWAY_MS, CALM_MS};
use crate::source::SourceFault;
use crate::spool::SpoolError;
use crate::store::making::{Kept, Made, ToMake};
use crate::store::previews::ToRender;
use crate::store::{self, deliveries, making, parts};

/// What came of it.
enum Outcome {
    /// It is made; where it is kept, with the leave to add: no sweep runs until its row is committed.
    Made { hash: BlobHash, length: u64, kept: Option<(Kept, File)> },
    /// It cannot be made, and never will be by this version.
    Cannot,
    /// The original is not what was read, or cannot be read.
    Source(PartId, SourceFault),
    /// Nobody has the original any more.
    Gone,
    /// There is no room for it.
    Full,
    /// The outbox's folder failed otherwise.
    Failed,
    /// It was told to stop.
    Stopped,
}

impl From<SpoolError> for Outcome {
    fn from(error: SpoolError) -> Self {
        match error {
            SpoolError::Full => Self::Full,
            SpoolError::Source(_) | SpoolError::Io(_) => Self::Failed,
        }
    }
}

impl From<io::Error> for Outcome {
    fn from(error: io::Error) -> Self {
        if durable::no_room(error.kind()) { Self::Full } else { Self::Failed }
    }
}

/// Makes what a delivery is of, whose turn has come.
pub(super) async fn make(
    inner: Arc<Inner>,
    delivery: DeliveryId,
    bench: Bench,
    todo: ToMake,
    stop: CancellationToken,
) -> Result<()> {
    let alone = inner.at_bench(bench).await;
    let (what, source, asset) = (todo.what, todo.source, todo.origins.first().map(|origin| origin.asset));
    let (making, stopped) = (inner.clone(), stop.clone());
    let outcome = tokio::task::spawn_blocking(move || {
        let _alone = alone;
        first_of(&todo, |origin| match todo.what {
            Made::Press => press(&making, origin, &stopped),
            Made::Redacted => redacted(&making, origin, true, &stopped),
        })
    });
    let outcome = outcome.await.unwrap_or_else(|_| {
        tracing::warn!(?asset, ?what, "making a rendition panicked");
        Outcome::Cannot
    });
    if stop.is_cancelled() && !matches!(outcome, Outcome::Made { .. }) {
        return Ok(());
    }
    let (telling, now) = (inner.clone(), inner.config.clock.now());
    let changes = inner
        .store
        .write(move |tx| {
            let wait = |tx: &store::Tx<'_>, trouble, after_ms: Option<u64>| {
                let failures = deliveries::failures(tx, delivery)?.saturating_add(1);
                let due = now.after(after_ms.unwrap_or_else(|| backoff_ms(failures, telling.seed)));
                making::rest(tx, delivery, &due, trouble, failures)
            };
            let mut changes = Vec::new();
            let records = match outcome {
                Outcome::Made { hash, length, kept } => {
                    let kept = kept.as_ref().map(|(kept, _leave)| kept);
                    making::made(tx, &source, what, &hash, length, kept)?
                }
                Outcome::Cannot => {
                    let reason = ParkReason::CannotRedact;
                    changes.extend((what == Made::Redacted).then_some(Change::Parked { asset, reason }));
                    making::cannot(tx, &source, what)?
                }
                Outcome::Source(_, fault) if fault.is_away() => {
                    wait(tx, fault.wait().1, Some(AWAY_MS))?;
                    vec![]
                }
                Outcome::Source(part, fault) if what == Made::Redacted => {
                    deliveries::lost_source(tx, part)?;
                    let parked = parts::source_fault(tx, part, fault, &now.after(CALM_MS))?;
                    changes.extend(parked.map(|reason| Change::Parked { asset, reason }));
                    vec![]
                }
                // Whatever is wrong with the original, its own delivery says it.
                Outcome::Source(..) | Outcome::Gone => {
                    making::without_source(tx, &source, what)?;
                    vec![]
                }
                Outcome::Full => {
                    wait(tx, Trouble::StorageFull, None)?;
                    vec![]
                }
                Outcome::Failed => {
                    wait(tx, Trouble::Other, None)?;
                    vec![]
                }
                Outcome::Stopped => vec![],
            };
            told(tx, &telling.journal, records)?;
            Ok(changes)
        })
        .await?;
    changes.into_iter().for_each(|change| inner.mention(change));
    Ok(())
}

/// Makes an original without its metadata for its name alone: a post is about to go that names it.
pub(super) async fn name(inner: &Arc<Inner>, todo: ToMake, stop: &CancellationToken) -> Result<()> {
    let source = todo.source;
    let alone = inner.at_bench(Bench::Pictures).await;
    let (making, stopped) = (inner.clone(), stop.clone());
    let outcome = tokio::task::spawn_blocking(move || {
        let _alone = alone;
        first_of(&todo, |origin| redacted(&making, origin, false, &stopped))
    });
    let outcome = outcome.await.unwrap_or(Outcome::Cannot);
    let telling = inner.clone();
    let work = move |tx: &store::Tx<'_>| {
        let records = match outcome {
            Outcome::Made { hash, length, .. } => making::made(tx, &source, Made::Redacted, &hash, length, None)?,
            Outcome::Cannot => making::cannot(tx, &source, Made::Redacted)?,
            Outcome::Stopped => vec![],
            // The original's own turn will tell.
            Outcome::Source(..) | Outcome::Gone | Outcome::Full | Outcome::Failed => {
                making::put_off(tx, &source)?;
                vec![]
            }
        };
        told(tx, &telling.journal, records)
    };
    inner.store.write(work).await
}

/// What came of the first of the twins that can be read.
fn first_of(todo: &ToMake, make: impl Fn(&ToRender) -> Outcome) -> Outcome {
    let mut last = Outcome::Gone;
    for origin in &todo.origins {
        last = make(origin);
        if !matches!(last, Outcome::Source(..)) {
            break;
        }
    }
    last
}

fn press(inner: &Inner, origin: &ToRender, stop: &CancellationToken) -> Outcome {
    let came = match origin.kind {
        AssetKind::Video => picture::film(inner, origin),
        _ => picture::of(inner, origin, Form::Press, stop),
    };
    let made = match came {
        Came::Made(made) => made,
        _ if stop.is_cancelled() => return Outcome::Stopped,
        Came::Nothing => return Outcome::Cannot,
        Came::Source(fault) => return Outcome::Source(origin.part, fault),
    };
    // One that spares less than a quarter costs more than it gives.
    let whole = origin.stamp.map_or(0, |stamp| stamp.size);
    if made.len() as u64 > whole / 4 * 3 {
        tracing::debug!(asset = %origin.asset, "the original is as good as a press rendition of it");
        return Outcome::Cannot;
    }
    let keep = || {
        let adding = inner.spool.adding()?;
        let (name, stamp, ()) = adding.make(|file| file.write_all(&made).map_err(Outcome::from))?;
        let kept = Kept { name: name.to_string(), stamp };
        let (hash, length) = (BlobHash::of(&made), made.len() as u64);
        Ok(Outcome::Made { hash, length, kept: Some((kept, adding.into_lock())) })
    };
    keep().unwrap_or_else(|outcome: Outcome| outcome)
}

fn redacted(inner: &Inner, origin: &ToRender, keep: bool, stop: &CancellationToken) -> Outcome {
    let opened = match picture::sound(inner, origin) {
        Ok(opened) => opened,
        Err(fault) => return Outcome::Source(origin.part, fault),
    };
    let strip = |to: &mut dyn Write| {
        let mut file = &opened.file;
        file.rewind()?;
        let mut to = Hashed { to, hasher: blake3::Hasher::new() };
        match redact::strip(&mut Stoppable { file, stop }, &mut to) {
            Ok(_) => Ok(to.hasher),
            Err(_) if stop.is_cancelled() => Err(Outcome::Stopped),
            Err(RedactFault::Read(error)) => Err(Outcome::Source(origin.part, SourceFault::from(error))),
            Err(RedactFault::Write(error)) => Err(Outcome::from(error)),
            Err(fault @ (RedactFault::NotStrippable | RedactFault::TooLarge | RedactFault::Broken(_))) => {
                tracing::debug!(asset = %origin.asset, %fault, "not redacted");
                Err(Outcome::Cannot)
            }
        }
    };
    let make = || {
        let (hasher, kept) = if keep {
            let adding = inner.spool.adding()?;
            let (name, stamp, hasher) = adding.make(|file| {
                let hasher = strip(file)?;
                // Whoever asked for this must be able to rely on it.
                let said = metadata::read(file);
                if said.place.is_none() { Ok(hasher) } else { Err(Outcome::Cannot) }
            })?;
            (hasher, Some((Kept { name: name.to_string(), stamp }, adding.into_lock())))
        } else {
            (strip(&mut io::sink())?, None)
        };
        let (hash, length) = (BlobHash::from_bytes(*hasher.finalize().as_bytes()), hasher.count());
        Ok(Outcome::Made { hash, length, kept })
    };
    let made = make().unwrap_or_else(|outcome: Outcome| outcome);
    match (&made, opened.untouched()) {
        (Outcome::Made { .. } | Outcome::Cannot, Ok(false)) => Outcome::Source(origin.part, SourceFault::Changed),
        (Outcome::Made { .. } | Outcome::Cannot, Err(fault)) => Outcome::Source(origin.part, fault),
        _ => made,
    }
}

/// Hashes what is written.
struct Hashed<'a> {
    to: &'a mut dyn Write,
    hasher: blake3::Hasher,
}

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Reads until it is told to stop.
struct Stoppable<'a> {
    file: &'a File,
    stop: &'a CancellationToken,
}

impl io::Read for Stoppable<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.is_cancelled() {
            return Err(io::Error::other("stopped"));
        }
        self.file.read(buffer)
    }
}
