//! Taking hold of an upload for a step that a host carries.

use satchel_kernel::ids::{HostId, LeaseId, Nonce, UploadId, UploadKey};

use crate::error::Result;
use crate::runner::upload::Upload;
use crate::store::{self, leases, uploads};

/// How an upload comes to be held.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hold {
    /// It is leased now, if it is still as it was seen.
    New { seen: Option<(UploadId, i64)>, fresh: (UploadKey, Nonce) },
    /// The same, of one that nobody wants any more.
    Dropped { seen: (UploadId, i64) },
    /// This lease holds it already; a new one takes its place.
    Ready { lease: LeaseId, epoch: i64 },
}

impl Hold {
    /// Takes hold of the upload, and tells the epoch under which it is held; none when it is not what it was any more, and
    /// nothing changed.
    pub(super) fn take(&self, tx: &store::Tx<'_>, upload: &mut Upload, owner: HostId) -> Result<Option<i64>> {
        let out = &upload.out;
        match *self {
            Self::Ready { lease, epoch } => {
                let ready = leases::get(tx, lease)?.is_some_and(|lease| lease.handed_utc_ms.is_none());
                Ok((ready && leases::take(tx, lease)?.is_some()).then_some(epoch))
            }
            Self::Dropped { seen: (id, epoch) } => {
                let open = uploads::open(tx, out.delivery, uploads::protocol(out.class), out.length)?;
                let same = open.is_some_and(|open| (open.id, open.epoch) == (id, epoch));
                Ok((same && leases::lease_dropped(tx, id, owner)?).then_some(epoch + 1))
            }
            Self::New { seen, fresh } => {
                let protocol = uploads::protocol(out.class);
                let open = uploads::open(tx, out.delivery, protocol, out.length)?;
                if open.map(|open| (open.id, open.epoch)) != seen {
                    return Ok(None);
                }
                let now = upload.inner.config.clock.now();
                let leased = uploads::lease(
                    tx,
                    out.delivery,
                    protocol,
                    out.length,
                    *owner.as_bytes(),
                    fresh,
                    &upload.target.via.store,
                    &now,
                )?;
                upload.id = leased.as_ref().map_or(upload.id, |open| open.id);
                Ok(leased.map(|open| open.epoch))
            }
        }
    }
}
