//! Asking a receiver what it has.

use std::sync::Arc;

use satchel_kernel::ids::{BlobHash, DeliveryId, Nonce, UploadKey};
use satchel_kernel::link::Link;
use satchel_kernel::outcome::{Cut, Outcome, Request};
use satchel_kernel::protocol::have::{HaveEntry, HaveState};
use satchel_kernel::protocol::post::Rendition;
use satchel_kernel::retry::{CAP_MS, backoff_ms};
use satchel_kernel::state::{ParkReason, Proof, Trouble};
use satchel_kernel::time::Now;
use satchel_kernel::wire::{Protocol, Stored, Wire, trouble_of};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::send;
use super::upload::random;
use crate::accounts::Ticket;
use crate::error::Result;
use crate::http::calls::{self, CallFault, HASHES_PER_CALL};
use crate::journal::{Durable, Record};
use crate::observe::Change;
use crate::outbox::Inner;
use crate::receipts::{Expected, verify};
use crate::sight::Sight;
use crate::store::{self, Target, deliveries, endpoints, targets, uploads};

/// Asks, as many calls as it takes, and records each answer.
pub(super) async fn ask(
    inner: Arc<Inner>,
    target: Arc<Target>,
    hashes: Vec<(DeliveryId, BlobHash)>,
    ticket: Ticket,
    stop: CancellationToken,
) -> Result<()> {
    // What is asked takes 67 bytes for each, an answer that it is there about 700.
    let held = send::reserve(&inner, &ticket, hashes.len() as u64 * 380).await?;
    if held.is_none() {
        return Ok(());
    }
    let asked = all(&inner, &target, &hashes, &ticket, &stop).await;
    send::give_back(&inner, held).await?;
    asked
}

async fn all(
    inner: &Arc<Inner>,
    target: &Arc<Target>,
    hashes: &[(DeliveryId, BlobHash)],
    ticket: &Ticket,
    stop: &CancellationToken,
) -> Result<()> {
    for some in hashes.chunks(HASHES_PER_CALL) {
        if stop.is_cancelled()
            || !inner.accounts.is_good(ticket)
            || !ask_some(inner, target, some, &ticket.link, stop).await?
        {
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
    link: &Link,
    stop: &CancellationToken,
) -> Result<bool> {
    let Some((question, request)) = question(inner, target, asked)? else { return Ok(false) };
    let http = inner.client(target)?;
    let (served, token) = (target.id, inner.token(target.id));
    let outcome = http.send(&request, token.as_ref(), None, &|_| {}, stop).await.ok();
    // We ended it ourselves: that says nothing of the target.
    if matches!(outcome, Some(Outcome::Cut { cut: Cut::Stopped | Cut::Spent, .. })) {
        return Ok(false);
    }
    if stop.is_cancelled() && outcome.as_ref().is_none_or(|o| calls::parse_have(&request, o).is_err()) {
        return Ok(false);
    }
    let (now, target, telling) = (inner.config.clock.now(), target.clone(), inner.clone());
    let sight = outcome.as_ref().map(|outcome| Sight::of(&request, outcome, &http, link, &now));
    let work = move |tx: &store::Tx<'_>| {
        let outcome = outcome.as_ref().zip(sight.as_ref());
        record(tx, &telling, &target, &question, &request, outcome, &now)
    };
    let (answered, changes) = inner.store.write(work).await?;
    inner.tokens.answered(served, token.as_ref());
    changes.into_iter().for_each(|change| inner.mention(change));
    Ok(answered)
}

/// What was asked, and under which names: what the answer is held against.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Question {
    asked: Vec<(DeliveryId, BlobHash)>,
    nonce: Nonce,
    /// For uploads that are adopted.
    key: UploadKey,
}

/// The request for these, at most [`HASHES_PER_CALL`] of them; none where the target cannot be asked.
pub(crate) fn question(
    inner: &Inner,
    target: &Target,
    asked: &[(DeliveryId, BlobHash)],
) -> Result<Option<(Question, Request)>> {
    let Some(base) = &target.spec.receiver else { return Ok(None) };
    let asked = asked[..asked.len().min(HASHES_PER_CALL)].to_vec();
    let (nonce, key) = (Nonce::from_bytes(random()?), UploadKey::from_bytes(random()?));
    let hashes: Vec<_> = asked.iter().map(|(_, hash)| *hash).collect();
    let request = calls::have_request(base, nonce, &hashes, &target.spec.headers, &inner.config.patience);
    Ok(Some((Question { asked, nonce, key }, request)))
}

/// Records what came of the question, and says whether it was an answer and what observers are to be told. No outcome
/// means that it was not sent: the token must not go where it would have gone.
pub(crate) fn record(
    tx: &store::Tx<'_>,
    inner: &Inner,
    target: &Target,
    question: &Question,
    request: &Request,
    outcome: Option<(&Outcome, &Sight)>,
    now: &Now,
) -> Result<(bool, Vec<Change>)> {
    let answer = match outcome {
        Some((outcome, _)) => calls::parse_have(request, outcome),
        None => Err(CallFault::Refused { status: 401, message: None }),
    };
    let mut changes = Vec::new();
    let saw = match outcome {
        Some((_, sight)) => endpoints::saw(tx, target, sight, now, inner.seed)?,
        None => None,
    };
    if saw.as_ref().is_some_and(|saw| saw.changed) {
        changes.push(Change::Endpoints { target: target.id });
    }
    let answer = match answer {
        Ok(answer) => answer,
        Err(fault) => {
            if let Some((_, trouble)) = saw.and_then(|saw| saw.rest) {
                changes.push(Change::Trouble { target: target.id, trouble });
                return Ok((false, changes));
            }
            let trouble = trouble(&fault);
            let failures = targets::failures(tx, target.id)?.saturating_add(1);
            let after = outcome.and_then(|(_, sight)| sight.asked_ms);
            let due = now.after(after.unwrap_or_else(|| backoff_ms(failures, inner.seed)));
            targets::rest(tx, target.id, &due, trouble, failures)?;
            changes.push(Change::Trouble { target: target.id, trouble });
            return Ok((false, changes));
        }
    };
    let counts = endpoints::is_asked(tx, target)?;
    let mut records = Vec::new();
    for (delivery, hash) in &question.asked {
        let (delivery, hash) = (*delivery, *hash);
        // What it has not, the one to which traffic goes by now may have, or the one that got all of it.
        if !endpoints::may_settle(tx, target, delivery, counts)? {
            continue;
        }
        // It was asked about twice at once, and is on its way by the other answer: its own outcome tells.
        if deliveries::is_in(tx, delivery, "sending")? {
            continue;
        }
        let entry = answer.value.results.iter().find(|e| e.hash == hash);
        match settle(tx, inner, target, delivery, hash, question.nonce, entry, now)? {
            Found::Nothing => {}
            Found::Adopt(wire) => {
                let key = key_for(question.key, delivery);
                uploads::adopt(tx, delivery, &wire, key, &target.via.store, now)?;
            }
            Found::Delivered(sealed) => {
                let (proof, url) = (Proof::Receipt, target.url.clone());
                records.push(Record::Delivered { hash, target: url, proof, receipt: Some(sealed) });
                changes.push(Change::Delivered {
                    asset: None,
                    rendition: Rendition::Original,
                    target: target.id,
                    proof,
                });
            }
        }
    }
    targets::well(tx, target.id)?;
    inner.journal.append(&records, Durable::Later)?;
    store::agree(tx, &inner.journal)?;
    Ok((true, changes))
}

enum Found {
    Nothing,
    Delivered(String),
    Adopt(Box<Wire>),
}

#[expect(clippy::too_many_arguments, reason = "what was asked, and what was answered")]
fn settle(
    tx: &store::Tx<'_>,
    inner: &Inner,
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
                inner.let_go(tx, delivery)?;
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
            Ok(wire.map_or(Found::Nothing, |wire| Found::Adopt(Box::new(wire))))
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
    match fault {
        // Of a gateway's answer the status is not kept: whoever asks through one hears that it fails.
        CallFault::NotService(verdict) => trouble_of(*verdict, 502),
        CallFault::Refused { status: 401 | 403, .. } => Trouble::NeedsToken,
        CallFault::Refused { status: status @ (429 | 500..), .. } => Trouble::Busy(*status),
        CallFault::Refused { status, .. } => Trouble::Refused(*status),
        CallFault::Contradiction(_) => Trouble::Contradiction,
    }
}
