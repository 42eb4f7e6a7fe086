//! An outbox of any size at once, and one plan of it: what `cargo xtask bench queue` measures. Only with the feature `bench`.
//!
//! The rows are written by the store's own code, in the order in which intake, reading and sending write them; only the
//! photos are not there, nor what the journal says of them.

use std::path::PathBuf;

use satchel_kernel::ids::{AssetId, BlobHash, Nonce, PartId, UploadKey};
use satchel_kernel::planner::{Unchecked, plan};
use satchel_kernel::protocol::post::{Post, Role};
use satchel_kernel::state::{AssetKind, ParkReason, Proof, Trouble};
use satchel_kernel::wire::Protocol;

use crate::error::Result;
use crate::outbox::Outbox;
use crate::source::{Source, Stamp};
use crate::store::uploads::{self, Ended};
use crate::store::{self, Around, NewAsset, deliveries, parts};

/// Assets that share a commit.
const BATCH: u64 = 20_000;

/// Adds so many assets to an outbox that has a receiver, and lets them get as far as a long journey would: of ten one is not
/// read yet; of the nine others one was not asked about; of a hundred of the rest two need a person, five rest after trouble
/// and 46 are delivered.
///
/// # Errors
/// Where the database cannot be written.
pub async fn fill(outbox: &Outbox, count: u64) -> Result<()> {
    let now = outbox.inner.config.clock.now();
    for first in (0..count).step_by(BATCH as usize) {
        let batch = move |tx: &store::Tx<'_>| {
            for n in first..count.min(first + BATCH) {
                let hash = BlobHash::of(&n.to_le_bytes());
                let [id, ..] = hash.as_bytes().as_chunks::<16>().0 else { continue };
                let size = 2_000_000 + n % 1_000_000;
                let stamp = Stamp { device: 1, inode: n, size, mtime_ns: 0, ctime_ns: 0, read_mode: 0 };
                let kind = if n % 50 == 7 { AssetKind::Video } else { AssetKind::Photo };
                let name = format!("IMG_{n:07}.JPG");
                let new = NewAsset {
                    id: AssetId::from_bytes(*id),
                    kind,
                    role: Role::Still,
                    source: Source::File(PathBuf::from(format!("/DCIM/{:03}CAMERA/{name}", n / 1000))),
                    spool: None,
                    name,
                    media_type: "image/jpeg".into(),
                    urgent: n % 997 == 3,
                    album: if n % 3 == 0 { "Camera".into() } else { String::new() },
                    post: Post { caption: Some(format!("Picture {n} of a journey")), ..Post::default() },
                    stamp,
                };
                store::insert_asset(tx, &new, &now)?;
                // The row that was written last is the original's.
                let part = PartId(tx.last_insert_rowid());
                if n % 10 > 0 {
                    parts::was_read(tx, part, &hash, &stamp, None, &now)?;
                }
            }
            Ok(())
        };
        outbox.inner.store.write(batch).await?;
    }
    let targets = outbox.inner.store.read(store::all_targets).await?;
    let Some(url) = targets.first().map(|target| target.url.clone()) else { return Ok(()) };
    let mut left = count * 8 / 10;
    while left > 0 {
        let asked = outbox.snapshot().await?.unchecked;
        if asked.is_empty() {
            return Ok(());
        }
        left = left.saturating_sub(asked.len() as u64);
        let url = url.clone();
        let settled = move |tx: &store::Tx<'_>| {
            for (n, Unchecked { delivery, hash, .. }) in asked.into_iter().enumerate() {
                deliveries::checked(tx, delivery)?;
                let [owner, key, ..] = hash.as_bytes().as_chunks::<16>().0 else { continue };
                let fresh = (UploadKey::from_bytes(*key), Nonce::from_bytes(*owner));
                let length = deliveries::length(tx, delivery)?;
                let lease = || uploads::lease(tx, delivery, Protocol::Tus, length, *owner, fresh, &url, &now);
                match n % 100 {
                    0 | 1 => deliveries::park(tx, delivery, &ParkReason::SourceGone)?,
                    2..=6 => {
                        let Some(open) = lease()? else { continue };
                        uploads::release(tx, open.id)?;
                        // Later than this bench lasts.
                        let due = now.after(3_600_000 + n as u64);
                        deliveries::rest(tx, delivery, Some((due, Trouble::Cut)), 1)?;
                    }
                    n if n % 2 == 0 => {
                        let Some(open) = lease()? else { continue };
                        deliveries::delivered(tx, delivery, Proof::Receipt, Some("a receipt"))?;
                        uploads::end(tx, open.id, Ended::Done, &now)?;
                    }
                    _ => {}
                }
            }
            Ok(())
        };
        outbox.inner.store.write(settled).await?;
    }
    Ok(())
}

/// Wakes what rested long enough, as the runner does before a snapshot.
///
/// # Errors
/// Where the database cannot be written.
pub async fn wake_once(outbox: &Outbox) -> Result<()> {
    let now = outbox.inner.config.clock.now();
    outbox.inner.store.write(move |tx| store::wake(tx, &now)).await
}

/// Loads a snapshot and plans, as the runner does before each action; answers how many actions there are.
///
/// # Errors
/// Where the database cannot be read.
pub async fn plan_once(outbox: &Outbox) -> Result<usize> {
    let (snapshot, policy) = (outbox.snapshot().await?, outbox.inner.settings.policy());
    Ok(plan(&outbox.inner.config.clock.now(), &snapshot, &policy).actions.len())
}

impl Outbox {
    async fn snapshot(&self) -> Result<satchel_kernel::planner::Snapshot> {
        let targets = self.inner.store.read(store::all_targets).await?;
        let around = Around {
            link: self.inner.accounts.now().0,
            targets: targets.iter().map(|target| target.id).collect(),
            ..Around::default()
        };
        let policy = self.inner.settings.policy();
        let now = self.inner.config.clock.now();
        self.inner.store.read(move |conn| store::load(conn, &around, &policy, &now)).await
    }
}
