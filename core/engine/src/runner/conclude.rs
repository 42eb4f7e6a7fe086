//! What an upload's end means for its delivery, its target and its source.

use satchel_kernel::outcome::{Outcome, Request};
use satchel_kernel::protocol::keys::SigningKey;
use satchel_kernel::protocol::post::Rendition;
use satchel_kernel::retry::backoff_ms;
use satchel_kernel::state::{ParkReason, Proof, Trouble};
use satchel_kernel::time::{Due, Now};
use satchel_kernel::wire::{Done, Event, Need, Rest, Status, Wire};

use tokio_util::sync::CancellationToken;

use super::read::{AWAY_MS, CALM_MS};
use super::receipt::{self, Checked};
use super::upload::Upload;
use crate::fingerprint;
use crate::journal::{Durable, Record};
use crate::observe::Change;
use crate::sight::Sight;
use crate::source::{SourceFault, Stamp};
use crate::store::uploads::{self, Ended};
use crate::store::{self, deliveries, endpoints, making, parts, previews, targets};

/// Troubles in a row of one delivery that are taken to be the target's alone.
const SHARED: u32 = 4;

/// How an upload ended.
pub(crate) enum Conclusion {
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
    /// It is there, and was begun in an earlier life of this outbox: the have-check brings a receipt of this one.
    Adopted,
    /// The source was touched, and holds what it held: it goes on with this stamp.
    Same(Stamp),
    /// The source is not what it was, or was not to be read; the upload was given up.
    Source(SourceFault),
    /// It was given up.
    Abandoned,
    /// It needs a person.
    Park(ParkReason),
}

impl Conclusion {
    /// Of one that rests: whether it came further.
    pub(crate) fn progressed(&self) -> Option<bool> {
        match self {
            Self::Rest(rest) => Some(rest.progressed),
            _ => None,
        }
    }
}

/// What follows when a machine needs nothing more.
pub(crate) enum Next {
    /// This is its end.
    End(Conclusion),
    /// The server signed with a key that is not known: its chain of keys is asked for, and [`with_keys`] tells the end.
    Keys(Request),
    /// The source is not what it was: what the server keeps is freed as far as this one try can, and then it ends so.
    Free(Request, SourceFault),
}

/// What follows from where the machine stands, and the state to go on from. `earlier` is the machine before its last step.
pub(crate) async fn of(upload: &Upload, wire: Wire, earlier: Option<Wire>, stop: &CancellationToken) -> (Next, Wire) {
    let stopped = stop.is_cancelled();
    let conclusion = match wire.status() {
        Status::Rest(_) | Status::Running if stopped => Conclusion::Stopped,
        // One answer must do: what is left at the server expires there, and must hold back nothing else.
        Status::Rest(Rest { trouble: Trouble::Unreachable | Trouble::Cut, .. }) if upload.freeing => rested(&wire),
        Status::Rest(_) | Status::Running | Status::Park(_) | Status::Lost if upload.freeing => Conclusion::Abandoned,
        Status::Rest(_) | Status::Running => rested(&wire),
        Status::Abandoned => Conclusion::Abandoned,
        Status::Lost => Conclusion::Lost,
        Status::Park(reason) => Conclusion::Park(reason.clone()),
        Status::SourceChanged => {
            let fault = source_fault(upload).await;
            if let Some(earlier) = earlier {
                if stopped {
                    return (Next::End(Conclusion::Stopped), earlier);
                }
                // What the server keeps of it is not thrown away for that.
                if fault.is_away() {
                    let rest = Rest { after_ms: Some(AWAY_MS), ..rest(fault.wait().1) };
                    return (Next::End(Conclusion::Rest(rest)), earlier);
                }
                if let Some(stamp) = same_bytes(upload, stop).await {
                    return (Next::End(Conclusion::Same(stamp)), earlier);
                }
            }
            return match freeing(upload, &wire) {
                Some(request) => (Next::Free(request, fault), wire),
                None => (Next::End(Conclusion::Source(fault)), wire),
            };
        }
        Status::Done(done) => return (delivered(upload, done), wire),
    };
    (Next::End(conclusion), wire)
}

/// The end of an upload that is done, by the server's answer to [`Next::Keys`].
pub(crate) fn with_keys(upload: &Upload, wire: &Wire, request: &Request, outcome: &Outcome) -> Conclusion {
    match wire.status() {
        Status::Done(done) => {
            let checked = receipt::check_by_chain(upload, done.receipt.as_deref(), request, outcome);
            by_receipt(done, checked)
        }
        _ => rested(wire),
    }
}

fn rested(wire: &Wire) -> Conclusion {
    match wire.status() {
        Status::Rest(rest) => Conclusion::Rest(*rest),
        // A machine without needs that calls itself running has a fault; a wait keeps it from spinning.
        _ => Conclusion::Rest(rest(Trouble::Other)),
    }
}

/// The source's stamp, if it holds what it held: a change of its name or rights leaves its bytes as they are.
async fn same_bytes(upload: &Upload, stop: &CancellationToken) -> Option<Stamp> {
    let (reach, stop, hash) = (upload.source()?, stop.clone(), upload.out.hash);
    let read = move || fingerprint::of_opened(&reach.open()?, &|| stop.is_cancelled(), &mut |_| {});
    let found = tokio::task::spawn_blocking(read).await.ok()?.ok()??;
    (found.hash == hash).then_some(found.stamp)
}

fn rest(trouble: Trouble) -> Rest {
    Rest { trouble, after_ms: None, of_target: false, progressed: false }
}

/// The end of an upload that is done; the question for the server's keys, where its receipt needs them.
fn delivered(upload: &Upload, done: &Done) -> Next {
    if upload.job.nonce == uploads::ADOPTED && upload.target.is_receiver() {
        return Next::End(Conclusion::Adopted);
    }
    match receipt::check(upload, done.receipt.as_deref()) {
        Checked::UnknownKey(request) => Next::Keys(request),
        checked => Next::End(by_receipt(done, checked)),
    }
}

fn by_receipt(Done { proof, receipt }: &Done, checked: Checked) -> Conclusion {
    match checked {
        Checked::None => Conclusion::Delivered { proof: *proof, receipt: None, key: None },
        Checked::Good { key } => Conclusion::Delivered { proof: Proof::Receipt, receipt: receipt.clone(), key },
        Checked::Bad => Conclusion::Park(ParkReason::BadReceipt),
        Checked::Later(trouble) => Conclusion::Rest(rest(trouble)),
        Checked::UnknownKey(_) => Conclusion::Rest(rest(Trouble::Cut)),
    }
}

/// What frees the upload at the server, where it has a name there; what one try does not free expires.
fn freeing(upload: &Upload, wire: &Wire) -> Option<Request> {
    let now = upload.inner.config.clock.now();
    let (_, needs) = wire.clone().step(&upload.job, Event::Abandon, &now);
    needs.into_iter().find_map(|need| match need {
        Need::Send(_, request) => Some(request),
        Need::Digest(..) | Need::Wait(..) => None,
    })
}

/// What is wrong with the source.
pub(crate) async fn source_fault(upload: &Upload) -> SourceFault {
    let Some(reach) = upload.source() else { return SourceFault::Changed };
    match tokio::task::spawn_blocking(move || reach.open()).await {
        Ok(Ok(_)) | Err(_) => SourceFault::Changed,
        Ok(Err(fault)) => fault,
    }
}

/// Records a conclusion, and says what observers are to be told. `sight` is what the last request saw of the endpoint.
pub(crate) fn record(
    tx: &store::Tx<'_>,
    upload: &Upload,
    conclusion: Conclusion,
    sight: Option<&Sight>,
    now: &Now,
) -> crate::Result<Vec<Change>> {
    let Upload { inner, target, out, .. } = upload;
    let delivery = out.delivery;
    let seed = inner.seed ^ delivery.0.unsigned_abs();
    let saw = match sight.filter(|sight| !matches!(conclusion, Conclusion::Stopped) || sight.is_authentic()) {
        Some(sight) => endpoints::saw(tx, target, sight, now, inner.seed)?,
        None => None,
    };
    let stands_in_the_way = saw.as_ref().and_then(|saw| saw.rest);
    let mut changes = record_end(tx, upload, conclusion, stands_in_the_way, seed, now)?;
    if saw.is_some_and(|saw| saw.changed) {
        changes.push(Change::Endpoints { target: target.id });
    }
    Ok(changes)
}

fn record_end(
    tx: &store::Tx<'_>,
    upload: &Upload,
    conclusion: Conclusion,
    stands_in_the_way: Option<(Due, Trouble)>,
    seed: u64,
    now: &Now,
) -> crate::Result<Vec<Change>> {
    let Upload { inner, target, out, id: upload, job, .. } = upload;
    let went = job.along.is_some();
    let (journal, upload, delivery) = (&inner.journal, *upload, out.delivery);
    uploads::release(tx, upload)?;
    let asset = (!out.is_stub()).then_some(out.part.asset);
    Ok(match conclusion {
        Conclusion::Stopped => {
            deliveries::rest(tx, delivery, None, deliveries::failures(tx, delivery)?)?;
            vec![]
        }
        Conclusion::Rest(Rest { trouble, after_ms, of_target, progressed }) => {
            // The way's trouble is the endpoint's, which rests already; any other the target has by whichever way.
            let of_way = stands_in_the_way.filter(|_| of_target);
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
            let trouble = of_way.map_or(trouble, |(_, trouble)| trouble);
            if of_target {
                if of_way.is_none() {
                    targets::rest(tx, target.id, &due, trouble, failures)?;
                }
                // One that alone provokes it must not hold back the others (law 7): after a few times it waits by itself.
                let own = if progressed { 0 } else { deliveries::failures(tx, delivery)?.saturating_add(1) };
                let wait = (own > SHARED).then(|| (now.after(backoff_ms(own - SHARED, seed)), trouble));
                deliveries::rest(tx, delivery, wait, own)?;
            } else {
                deliveries::rest(tx, delivery, Some((due, trouble)), failures)?;
            }
            vec![Change::Trouble { target: target.id, trouble }]
        }
        Conclusion::Delivered { proof, receipt, key } => {
            deliveries::delivered(tx, delivery, proof, receipt.as_deref())?;
            if out.class == Rendition::Text {
                previews::delivered(tx, delivery, went)?;
            }
            uploads::end(tx, upload, Ended::Done, now)?;
            inner.let_go(tx, delivery)?;
            targets::well(tx, target.id)?;
            if let Some(key) = key {
                targets::pin_key(tx, target, key)?;
            }
            let record = Record::Delivered { hash: out.hash, target: target.url.clone(), proof, receipt };
            journal.append(&[record], Durable::Later)?;
            store::agree(tx, journal)?;
            vec![Change::Delivered { asset, rendition: out.class, target: target.id, proof }]
        }
        Conclusion::Adopted => {
            uploads::end(tx, upload, Ended::Done, now)?;
            deliveries::unchecked(tx, delivery)?;
            vec![]
        }
        // Whether it arrived, the next have-check tells.
        Conclusion::Lost if target.is_receiver() => {
            deliveries::unchecked(tx, delivery)?;
            vec![]
        }
        Conclusion::Lost => {
            deliveries::park(tx, delivery, &ParkReason::FateUnknown)?;
            vec![Change::Parked { asset, reason: ParkReason::FateUnknown }]
        }
        Conclusion::Same(stamp) => {
            deliveries::rest(tx, delivery, None, deliveries::failures(tx, delivery)?)?;
            if out.made.is_some() {
                making::restamp(tx, delivery, &stamp)?;
                return Ok(vec![]);
            }
            parts::restamp(tx, out.part.part, &stamp, now)?;
            let (asset, motion) = parts::whose(tx, out.part.part)?;
            let record = Record::Hashed { asset, motion, hash: out.hash, stamp, said: None };
            journal.append(&[record], Durable::Later)?;
            store::agree(tx, journal)?;
            vec![]
        }
        Conclusion::Source(fault) => {
            uploads::end(tx, upload, Ended::Abandoned, now)?;
            deliveries::rest(tx, delivery, None, 0)?;
            if out.made.is_some() {
                making::lost(tx, delivery)?;
                return Ok(vec![]);
            }
            deliveries::lost_source(tx, out.part.part)?;
            let parked = parts::source_fault(tx, out.part.part, fault, &now.after(CALM_MS))?;
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
