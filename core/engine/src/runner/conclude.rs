//! What an upload's end means for its delivery, its target and its source.

use rusqlite::Transaction;
use satchel_kernel::ids::UploadId;
use satchel_kernel::protocol::keys::SigningKey;
use satchel_kernel::retry::backoff_ms;
use satchel_kernel::state::{ParkReason, Proof, Trouble};
use satchel_kernel::time::Now;
use satchel_kernel::wire::{Done, Event, Need, Rest, Status, Wire};

use super::receipt;
use super::send::Sending;
use crate::error::Result;
use crate::journal::{Durable, Journal, Record};
use crate::observe::Change;
use crate::source::{SourceFault, Stamp};
use crate::store::uploads::{self, Ended};
use crate::store::{self, Outgoing, Target, deliveries, parts, targets};

/// How an upload ended.
pub(super) enum Conclusion {
    /// It was cut by us: it goes on when it may.
    Stopped,
    /// It goes on after a wait.
    Rest(Rest),
    /// It is there.
    Delivered {
        proof: Proof,
        receipt: Option<String>,
        /// The key that signed, when it is a new one.
        key: Option<SigningKey>,
    },
    /// It is gone at the server, and may have completed.
    Lost,
    /// The source is not what it was, or was not to be read; the upload was given up.
    Source(SourceFault),
    /// It was given up.
    Abandoned,
    /// It needs a person.
    Park(ParkReason),
}

/// What follows from where the machine stands. Verifies the receipt; frees the upload of a source that changed.
pub(super) async fn of(sending: &Sending, wire: &Wire) -> Result<Conclusion> {
    let stopped = sending.stop.is_cancelled();
    Ok(match wire.status() {
        Status::Rest(_) | Status::Running if stopped => Conclusion::Stopped,
        // A machine without needs that calls itself running has a fault; a wait keeps it from spinning.
        Status::Running => Conclusion::Rest(rest(Trouble::Other)),
        Status::Rest(rest) => Conclusion::Rest(*rest),
        Status::Abandoned => Conclusion::Abandoned,
        Status::Lost => Conclusion::Lost,
        Status::Park(reason) => Conclusion::Park(reason.clone()),
        Status::SourceChanged if stopped => Conclusion::Stopped,
        Status::SourceChanged => {
            give_up(sending, wire).await;
            Conclusion::Source(source_fault(sending))
        }
        Status::Done(done) => delivered(sending, done).await,
    })
}

fn rest(trouble: Trouble) -> Rest {
    Rest { trouble, after_ms: None, of_target: false, progressed: false }
}

async fn delivered(sending: &Sending, Done { proof, receipt }: &Done) -> Conclusion {
    match receipt::check(sending, receipt.as_deref()).await {
        receipt::Checked::None => Conclusion::Delivered { proof: *proof, receipt: None, key: None },
        receipt::Checked::Good { key } => {
            Conclusion::Delivered { proof: Proof::Receipt, receipt: receipt.clone(), key }
        }
        receipt::Checked::Bad => Conclusion::Park(ParkReason::BadReceipt),
        receipt::Checked::Later(trouble) => Conclusion::Rest(rest(trouble)),
    }
}

/// Frees the upload at the server as far as one try can; what is left there expires.
async fn give_up(sending: &Sending, wire: &Wire) {
    let now = sending.inner.config.clock.now();
    let (_, needs) = wire.clone().step(&sending.job, Event::Abandon, &now);
    for need in needs {
        if let Need::Send(_, request) = need {
            sending.request(&request).await;
        }
    }
}

fn source_fault(sending: &Sending) -> SourceFault {
    match sending.source().map(|path| Stamp::of_path(&path)) {
        None | Some(Ok(_)) => SourceFault::Changed,
        Some(Err(fault)) => fault,
    }
}

/// Records a conclusion, and says what observers are to be told.
#[expect(clippy::too_many_arguments, reason = "one transaction over everything that an end touches")]
pub(super) fn record(
    tx: &Transaction<'_>,
    journal: &Journal,
    target: &Target,
    out: &Outgoing,
    upload: UploadId,
    conclusion: Conclusion,
    seed: u64,
    now: &Now,
) -> Result<Vec<Change>> {
    let delivery = out.delivery;
    uploads::release(tx, upload)?;
    let asset = Some(out.part.asset);
    let seed = seed ^ delivery.0.unsigned_abs();
    Ok(match conclusion {
        Conclusion::Stopped => {
            deliveries::rest(tx, delivery, None, deliveries::failures(tx, delivery)?)?;
            vec![]
        }
        Conclusion::Rest(Rest { trouble, after_ms, of_target, progressed }) => {
            // Uploads side by side meet one trouble together: it counts once.
            let rests = targets::rests(tx, target.id, now)?;
            let before = match (progressed, of_target) {
                (true, _) => 0,
                (false, true) if rests => targets::failures(tx, target.id)?.saturating_sub(1),
                (false, true) => targets::failures(tx, target.id)?,
                (false, false) => deliveries::failures(tx, delivery)?,
            };
            let failures = before.saturating_add(1);
            let due = now.after(after_ms.unwrap_or_else(|| backoff_ms(failures, seed)));
            if of_target {
                targets::rest(tx, target.id, &due, trouble, failures)?;
                deliveries::rest(tx, delivery, None, deliveries::failures(tx, delivery)?)?;
            } else {
                deliveries::rest(tx, delivery, Some((due, trouble)), failures)?;
            }
            vec![Change::Trouble { target: target.id, trouble }]
        }
        Conclusion::Delivered { proof, receipt, key } => {
            deliveries::delivered(tx, delivery, proof, receipt.as_deref())?;
            uploads::end(tx, upload, Ended::Done, now)?;
            targets::well(tx, target.id)?;
            if let Some(key) = key {
                targets::pin_key(tx, target, key)?;
            }
            let record = Record::Delivered { hash: out.hash, target: target.url.clone(), proof, receipt };
            journal.append(&[record], Durable::Later)?;
            store::agree(tx, journal)?;
            vec![Change::Delivered { asset, rendition: out.class, proof }]
        }
        Conclusion::Lost if target.is_receiver() => {
            uploads::end(tx, upload, Ended::Lost, now)?;
            deliveries::unchecked(tx, delivery)?;
            vec![]
        }
        Conclusion::Lost => {
            uploads::end(tx, upload, Ended::Lost, now)?;
            deliveries::park(tx, delivery, &ParkReason::FateUnknown)?;
            vec![Change::Parked { asset, reason: ParkReason::FateUnknown }]
        }
        Conclusion::Source(fault) => {
            uploads::end(tx, upload, Ended::Abandoned, now)?;
            deliveries::rest(tx, delivery, None, 0)?;
            deliveries::lost_source(tx, out.part.part)?;
            let parked = parts::source_fault(tx, out.part.part, fault, &now.after(super::read::CALM_MS))?;
            parked.map(|reason| Change::Parked { asset, reason }).into_iter().collect()
        }
        Conclusion::Abandoned => {
            uploads::end(tx, upload, Ended::Abandoned, now)?;
            deliveries::rest(tx, delivery, None, 0)?;
            vec![]
        }
        Conclusion::Park(reason) => {
            deliveries::park(tx, delivery, &reason)?;
            vec![Change::Parked { asset, reason }]
        }
    })
}
