//! The have-check: what the account that asks has here already, on disk. Never what another one has.

use std::sync::Arc;

use satchel_kernel::ids::BlobHash;
use satchel_kernel::protocol::FILES_PATH;
use satchel_kernel::protocol::have::{HaveEntry, HaveReply, HaveRequest, HaveState, MAX_HASHES};

use crate::clock;
use crate::held::{self, Promised};
use crate::refusal::Refusal;
use crate::server::App;
use crate::signing::Promise;
use crate::store::StoreError;
use crate::store::holdings::{self, Holding};
use crate::store::people::Caller;
use crate::store::uploads;

enum Known {
    Held(Holding),
    Partial(String, u64),
    Nothing,
}

/// `POST /v1/have`.
pub(crate) async fn have(app: &App, caller: Caller, request: HaveRequest) -> Result<HaveReply, Refusal> {
    let HaveRequest { nonce, hashes } = request;
    if hashes.is_empty() || hashes.len() > MAX_HASHES {
        return Err(Refusal::bad("hashes", format!("ask for 1 to {MAX_HASHES} hashes at a time")));
    }
    let hashes: Arc<[BlobHash]> = hashes.into();
    let mut known = look(app, &caller, &hashes).await?;
    let promised = hashes.iter().zip(&known).filter_map(|(hash, known)| match known {
        Known::Held(Holding { length, upload, deleted: false, .. }) => {
            Some(Promised { hash: *hash, length: *length, upload: upload.clone() })
        }
        _ => None,
    });
    if held::take_back_lost(app, &caller.account, promised.collect()).await? {
        known = look(app, &caller, &hashes).await?;
    }
    let results = hashes.iter().zip(known).map(|(&hash, known)| {
        let state = match known {
            Known::Nothing => HaveState::Missing,
            Known::Partial(upload, offset) => HaveState::Partial { upload: format!("{FILES_PATH}{upload}"), offset },
            Known::Held(Holding { deleted: true, .. }) => HaveState::Deleted,
            Known::Held(Holding { length, upload, completed, .. }) => {
                let promise =
                    Promise { account: &caller.account, upload: &upload, nonce, hash, length, time: completed };
                HaveState::Have { receipt: app.signer.receipt(promise) }
            }
        };
        HaveEntry { hash, state }
    });
    Ok(HaveReply { nonce, results: results.collect() })
}

/// What the rows say, in the order of the hashes.
async fn look(app: &App, caller: &Caller, hashes: &Arc<[BlobHash]>) -> Result<Vec<Known>, StoreError> {
    let (account, device, hashes) = (caller.account.clone(), caller.device.clone(), hashes.clone());
    let known = app.store.read(move |c| {
        let now = clock::unix_now();
        let mut known = Vec::with_capacity(hashes.len());
        for hash in hashes.iter() {
            known.push(match holdings::find(c, &account, hash)? {
                Some(holding) if !holding.deleted => Known::Held(holding),
                held => match (uploads::partial(c, &device, hash, now)?, held) {
                    (Some((upload, offset)), _) => Known::Partial(upload, offset),
                    (None, Some(deleted)) => Known::Held(deleted),
                    (None, None) => Known::Nothing,
                },
            });
        }
        Ok(known)
    });
    known.await
}
