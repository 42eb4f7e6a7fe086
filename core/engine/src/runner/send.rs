//! One upload, from its lease to its end: a wire machine's needs, acted on one after another.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use satchel_kernel::gate::judge;
use satchel_kernel::ids::{DeliveryId, Nonce, UploadKey};
use satchel_kernel::outcome::{Cut, Outcome, Request, Segment};
use satchel_kernel::wire::{Carrier, Event, Need, Wire};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::conclude::{self, Conclusion, Next};
use super::upload::{Upload, gained, job, random, record};
use crate::error::Result;
use crate::http::{Http, Token};
use crate::journal::Durable;
use crate::outbox::Inner;
use crate::store::uploads::{self, RequestRecord, StepRecord};
use crate::store::{self, Target, deliveries};

/// At most ten progress events a second for each upload.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// An upload that this runner carries.
struct Sending {
    upload: Upload,
    http: Http,
    stop: CancellationToken,
    /// What the last request carried, where there was one.
    token: Mutex<Option<Option<Token>>>,
}

/// Sends a delivery, or goes on with it.
pub(super) async fn send(
    inner: Arc<Inner>,
    target: Arc<Target>,
    delivery: DeliveryId,
    owner: uploads::Owner,
    stop: CancellationToken,
) -> Result<()> {
    let Some(out) = inner.store.read(move |conn| deliveries::outgoing(conn, delivery)).await? else {
        return inner.store.write(move |tx| deliveries::forget(tx, delivery)).await;
    };
    let protocol = uploads::protocol(out.class);
    let fresh = (UploadKey::from_bytes(random()?), Nonce::from_bytes(random()?));
    let mut job = job(&inner, &target, &out, fresh);
    let (now, length, link) = (inner.config.clock.now(), out.length, inner.link.borrow().class());
    let target_id = target.id;
    // The lease and the first step are one transaction: nothing is handed out that is not stored.
    let begun = inner
        .store
        .write(move |tx| {
            let Some(open) = uploads::lease(tx, delivery, protocol, length, owner, fresh, &now)? else {
                return Ok(None);
            };
            (job.key, job.nonce) = (open.key, open.nonce);
            let (wire, needs) = open.wire.carried_by(Carrier::Engine).step(&job, Event::Start, &now);
            let record = StepRecord { upload: open.id, delivery, target: target_id, link, wire, request: None };
            uploads::step(tx, &record, &now)?;
            Ok(Some((open.id, record.wire, needs, job)))
        })
        .await?;
    let Some((id, wire, needs, job)) = begun else { return Ok(()) };
    let http = inner.client(&target)?;
    let upload = Upload { inner, target, out, id, job, freeing: false, link };
    Sending { upload, http, stop, token: Mutex::default() }.drive(wire, needs).await
}

/// Frees what a server keeps of an upload that nobody wants any more.
pub(super) async fn abandon(
    inner: Arc<Inner>,
    target: Arc<Target>,
    delivery: DeliveryId,
    stop: CancellationToken,
) -> Result<()> {
    let now = inner.config.clock.now();
    let found = inner.store.read(move |conn| uploads::dropped(conn, delivery)).await?;
    let Some((out, open)) = found else { return Ok(()) };
    let job = job(&inner, &target, &out, (open.key, open.nonce));
    let (wire, needs) = open.wire.carried_by(Carrier::Engine).step(&job, Event::Abandon, &now);
    let (http, link) = (inner.client(&target)?, inner.link.borrow().class());
    let upload = Upload { inner, target, out, id: open.id, job, freeing: true, link };
    Sending { upload, http, stop, token: Mutex::default() }.drive(wire, needs).await
}

impl Sending {
    async fn drive(self, mut wire: Wire, needs: Vec<Need>) -> Result<()> {
        let mut queue = VecDeque::from(needs);
        let (mut last, mut earlier) = (None, None);
        while let Some(need) = queue.pop_front() {
            let located = wire.locator().map(str::to_owned);
            let before = wire.acknowledged();
            let (event, request) = self.act(need).await?;
            let (next, needs) = wire.clone().step(&self.upload.job, event, &self.upload.inner.config.clock.now());
            earlier = Some(std::mem::replace(&mut wire, next));
            queue.extend(needs);
            last = request.map(|r| RequestRecord { gained: gained(before, &wire, r.sent), ..r });
            if !queue.is_empty() {
                self.store(&wire, last.take(), None).await?;
                self.began(located.as_deref(), &wire).await?;
            }
        }
        let (next, wire) = conclude::of(&self.upload, wire, earlier, &self.stop).await;
        let conclusion = match next {
            Next::End(conclusion) => conclusion,
            Next::Keys(request) => {
                let outcome = self.request(&request).await;
                conclude::with_keys(&self.upload, &wire, &request, &outcome)
            }
            Next::Free(request, fault) => {
                self.request(&request).await;
                Conclusion::Source(fault)
            }
        };
        self.store(&wire, last, Some(conclusion)).await?;
        let used = self.token.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(used) = used {
            self.upload.inner.tokens.answered(self.upload.target.id, used.as_ref());
        }
        Ok(())
    }

    /// Stores a step and what it leads to: one transaction.
    async fn store(&self, wire: &Wire, request: Option<RequestRecord>, conclusion: Option<Conclusion>) -> Result<()> {
        let upload = self.upload.clone();
        let record = upload.step_record(wire.clone(), request);
        let now = upload.inner.config.clock.now();
        let changes = self
            .upload
            .inner
            .store
            .write(move |tx| {
                uploads::step(tx, &record, &now)?;
                match conclusion {
                    Some(c) => conclude::record(tx, &upload, c, &now),
                    None => Ok(vec![]),
                }
            })
            .await?;
        changes.into_iter().for_each(|change| self.upload.inner.mention(change));
        Ok(())
    }

    /// Tells the journal where the upload has a name at the server now, and bytes follow.
    async fn began(&self, before: Option<&str>, wire: &Wire) -> Result<()> {
        let Some(record) = self.upload.began(before, wire) else { return Ok(()) };
        let journal = self.upload.inner.journal.clone();
        let work = move |tx: &store::Tx<'_>| {
            journal.append(&[record], Durable::Now)?;
            store::agree(tx, &journal)
        };
        self.upload.inner.store.write(work).await
    }

    async fn act(&self, need: Need) -> Result<(Event, Option<RequestRecord>)> {
        Ok(match need {
            Need::Send(id, request) => {
                let started_utc_ms = self.upload.inner.config.clock.now().utc_ms;
                let outcome = self.request(&request).await;
                let verdict = judge(&request, &outcome);
                // Law 9: nothing of the photo but its asset's id.
                tracing::debug!(asset = %self.upload.asset(), method = request.method.as_str(), ?verdict, sent = outcome.sent(), "request");
                let record = record(&request, &outcome, verdict, started_utc_ms);
                (Event::Outcome(id, outcome, verdict), Some(record))
            }
            Need::Digest(id, algorithm, range) => {
                (Event::Digest(id, self.upload.digest(algorithm, range, &self.stop).await), None)
            }
            Need::Wait(id, ms) => {
                tokio::select! {
                    () = tokio::time::sleep(Duration::from_millis(ms)) => {}
                    () = self.stop.cancelled() => {}
                }
                (Event::Waited(id), None)
            }
        })
    }

    /// Sends a request, if the link still allows it (law 2).
    async fn request(&self, request: &Request) -> Outcome {
        let inner = &self.upload.inner;
        let allowed = {
            let (policy, link) = (inner.policy.borrow(), inner.link.borrow());
            policy.allows(&link).is_ok()
        };
        if !allowed || self.stop.is_cancelled() {
            return Outcome::Cut { sent: 0, cut: Cut::Stopped };
        }
        let token = inner.token(self.upload.target.id);
        *self.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
        let blob = self.upload.blob();
        let from = match request.body.first() {
            Some(Segment::Blob(range)) => range.start,
            _ => 0,
        };
        let told = Mutex::new(None::<Instant>);
        let progress = |sent: u64| {
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.is_none_or(|at| at.elapsed() >= PROGRESS_EVERY) {
                *told = Some(Instant::now());
                self.upload.progress(from + sent);
            }
        };
        let outcome = self.http.send(request, token.as_ref(), blob.as_ref(), &progress, &self.stop).await;
        // Refused means that nothing left the device: the token must not go where it would have gone.
        let outcome = outcome.unwrap_or(Outcome::Cut { sent: 0, cut: Cut::NoConnection });
        if outcome.sent() > 0 {
            self.upload.progress(from + outcome.sent());
        }
        outcome
    }
}
