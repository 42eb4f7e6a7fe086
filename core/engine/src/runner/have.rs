//! Asking a receiver what it has.

use std::sync::Arc;

use satchel_kernel::ids::{BlobHash, DeliveryId, Nonce, UploadKey};
use satchel_kernel::protocol::have::{HaveEntry, HaveState};
use satchel_kernel::retry::{CAP_MS, backoff_ms};
use satchel_kernel::state::{ParkReason, Proof, Trouble};
use satchel_kernel::time::Now;
use satchel_kernel::wire::{Protocol, Stored, Wire};
use tokio_util::sync::CancellationToken;

use crate::error::{Error, Result};
use crate::http::calls::{self, CallFault, HASHES_PER_CALL};
use crate::journal::{Durable, Record};
use crate::observe::Change;
use crate::outbox::Inner;
use crate::receipts::{Expected, verify};
use crate::store::{self, Target, deliveries, targets, uploads};

/// Asks, as many calls as it takes, and records each answer.
pub(super) async fn ask(
    inner: Arc<Inner>,
    target: Arc<Target>,
    hashes: Vec<(DeliveryId, BlobHash)>,
    stop: CancellationToken,
) -> Result<()> {
    for some in hashes.chunks(HASHES_PER_CALL) {
        if stop.is_cancelled() || !ask_some(&inner, &target, some, &stop).await? {
            break;
        }
    }
    Ok(())
}

/// One call; false when it got no answer.
async fn ask_some(
    inner: &Arc<Inner>,
    target: &Arc<Target>,
    asked: &[(DeliveryId, BlobHash)],
    stop: &CancellationToken,
) -> Result<bool> {
    let Some(base) = &target.spec.receiver else { return Ok(false) };
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|_| Error::Storage("the system gave no random numbers".into()))?;
    let (mut nonce, mut key) = ([0; 16], [0; 16]);
    nonce.copy_from_slice(&random[..16]);
    key.copy_from_slice(&random[16..]);
    let (nonce, key) = (Nonce::from_bytes(nonce), UploadKey::from_bytes(key));
    let hashes: Vec<_> = asked.iter().map(|(_, hash)| *hash).collect();
    let request = calls::have_request(base, nonce, &hashes, &target.spec.headers, &inner.config.patience);
    let allowed = inner.policy.borrow().allows(&inner.link.borrow()).is_ok();
    if !allowed {
        return Ok(false);
    }
    let http = inner.client(target)?;
    let token = inner.token(target.id);
    let outcome = http.send(&request, token.as_ref(), None, &|_| {}, stop).await;
    let answer = match &outcome {
        Ok(outcome) => calls::parse_have(&request, outcome),
        // Nothing was sent: the token must not go where it would have gone.
        Err(_) => Err(CallFault::Refused { status: 401, message: None }),
    };
    let (now, seed) = (inner.config.clock.now(), inner.seed);
    let target = target.clone();
    match answer {
        Ok(answer) => {
            let (asked, journal) = (asked.to_vec(), inner.journal.clone());
            let changes = inner
                .store
                .write(move |tx| {
                    let mut changes = Vec::new();
                    let mut records = Vec::new();
                    for (delivery, hash) in asked {
                        let entry = answer.value.results.iter().find(|e| e.hash == hash);
                        let found = settle(tx, &target, delivery, hash, nonce, entry, &now)?;
                        if let Found::Adopt(wire) = &found {
                            uploads::adopt(tx, delivery, wire, key_for(key, delivery), &now)?;
                        }
                        if let Found::Delivered(sealed) = found {
                            let (proof, url) = (Proof::Receipt, target.url.clone());
                            records.push(Record::Delivered { hash, target: url, proof, receipt: Some(sealed) });
                            let rendition = satchel_kernel::protocol::post::Rendition::Original;
                            changes.push(Change::Delivered { asset: None, rendition, proof });
                        }
                    }
                    targets::well(tx, target.id)?;
                    journal.append(&records, Durable::Later)?;
                    store::agree(tx, &journal)?;
                    Ok(changes)
                })
                .await?;
            changes.into_iter().for_each(|change| inner.mention(change));
            Ok(true)
        }
        Err(_) if stop.is_cancelled() => Ok(false),
        Err(fault) => {
            let trouble = trouble(&fault);
            let id = target.id;
            let after = outcome.as_ref().ok().and_then(|o| calls::asked_wait(o, &now));
            inner
                .store
                .write(move |tx| {
                    let failures = targets::failures(tx, id)?.saturating_add(1);
                    let due = now.after(after.unwrap_or_else(|| backoff_ms(failures, seed)));
                    targets::rest(tx, id, &due, trouble, failures)
                })
                .await?;
            inner.mention(Change::Trouble { target: id, trouble });
            Ok(false)
        }
    }
}

enum Found {
    Nothing,
    Delivered(String),
    Adopt(Wire),
}

fn settle(
    tx: &store::Tx<'_>,
    target: &Target,
    delivery: DeliveryId,
    hash: BlobHash,
    nonce: Nonce,
    entry: Option<&HaveEntry>,
    now: &Now,
) -> Result<Found> {
    match entry.map(|e| &e.state) {
        Some(HaveState::Have { receipt }) => {
            let length = deliveries::length(tx, delivery)?;
            let spec = &target.spec;
            let (Some(server), Some(account), Some(key)) = (&spec.server, &spec.account, &spec.key) else {
                deliveries::checked(tx, delivery)?;
                return Ok(Found::Nothing);
            };
            let expected = Expected { server, account, nonce, hash, length };
            if verify(receipt, key, None, &expected).is_ok() {
                deliveries::delivered(tx, delivery, Proof::Receipt, Some(receipt))?;
                uploads::end_of(tx, delivery, now)?;
                return Ok(Found::Delivered(receipt.clone()));
            }
            // A receipt that does not hold proves nothing: an upload, which the server ends at once when it has the blob,
            // brings one that can be held against the chain of keys. One that was lost would only ask again.
            uploads::retry(tx, delivery)?;
            deliveries::checked(tx, delivery)?;
            Ok(Found::Nothing)
        }
        Some(HaveState::Partial { upload, .. }) => {
            deliveries::checked(tx, delivery)?;
            let length = deliveries::length(tx, delivery)?;
            let location = target.spec.create.join(upload).ok();
            let ours = location.filter(|l| l.origin() == target.spec.create.origin());
            let unknown = Stored { protocol: String::new(), version: 0, bytes: vec![] };
            let wire = ours.and_then(|l| Wire::restore(Protocol::Tus, &unknown, Some(l.as_str()), length));
            Ok(wire.map_or(Found::Nothing, Found::Adopt))
        }
        Some(HaveState::Deleted) => {
            deliveries::park(tx, delivery, &ParkReason::DeletedThere)?;
            Ok(Found::Nothing)
        }
        Some(HaveState::Missing) => {
            // An upload that was lost did not arrive: it is begun anew.
            uploads::retry(tx, delivery)?;
            deliveries::checked(tx, delivery)?;
            Ok(Found::Nothing)
        }
        // It cannot tell. What may have arrived is asked for again later; what was never begun may go.
        Some(HaveState::Other) | None => {
            match uploads::is_lost(tx, delivery)? {
                true => deliveries::ask_later(tx, delivery, &now.after(CAP_MS))?,
                false => deliveries::checked(tx, delivery)?,
            }
            Ok(Found::Nothing)
        }
    }
}

/// One random key for the batch, told apart by delivery.
fn key_for(key: UploadKey, delivery: DeliveryId) -> UploadKey {
    let mut bytes = *key.as_bytes();
    for (byte, id) in bytes.iter_mut().zip(delivery.0.to_be_bytes()) {
        *byte ^= id;
    }
    UploadKey::from_bytes(bytes)
}

fn trouble(fault: &CallFault) -> Trouble {
    use satchel_kernel::gate::Verdict;
    use satchel_kernel::outcome::Cut;
    match fault {
        CallFault::NotService(Verdict::Imposter(form)) => Trouble::Imposter(*form),
        CallFault::NotService(Verdict::Silence(Cut::NoAddress | Cut::NoConnection | Cut::Handshake)) => {
            Trouble::Unreachable
        }
        CallFault::NotService(Verdict::Silence(_)) => Trouble::Cut,
        CallFault::NotService(Verdict::Gateway | Verdict::Service(_)) => Trouble::Gateway(502),
        CallFault::Refused { status: 401 | 403, .. } => Trouble::NeedsToken,
        CallFault::Refused { status: status @ (429 | 500..), .. } => Trouble::Busy(*status),
        CallFault::Refused { status, .. } => Trouble::Refused(*status),
        CallFault::Contradiction(_) => Trouble::Contradiction,
    }
}
