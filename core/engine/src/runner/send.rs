//! One upload, from its lease to its end: a wire machine's needs, acted on one after another.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use satchel_kernel::gate::judge;
use satchel_kernel::ids::{DeliveryId, Nonce, UploadKey};
use satchel_kernel::money::price;
use satchel_kernel::outcome::{Cut, Outcome, Request, Segment};
use satchel_kernel::wire::{Carrier, Event, Need, Wire};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::conclude::{self, Conclusion, Next};
use super::upload::{Upload, gained, job, random, record};
use crate::accounts::{Held, Ticket};
use crate::error::Result;
use crate::http::{Http, Token};
use crate::journal::Durable;
use crate::outbox::Inner;
use crate::sight::{Sight, Sights};
use crate::store::uploads::{self, RequestRecord, StepRecord};
use crate::store::{self, Target, deliveries};

/// At most ten progress events a second for each upload.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// What the plan asks for.
pub(super) struct Errand {
    pub target: Arc<Target>,
    pub delivery: DeliveryId,
    /// Of a post: its preview goes along.
    pub along: bool,
    pub ticket: Ticket,
    pub owner: uploads::Owner,
}

/// An upload that this runner carries.
struct Sending {
    upload: Upload,
    http: Http,
    ticket: Ticket,
    /// None when the link changed before it began.
    held: Option<Held>,
    began: Instant,
    stop: CancellationToken,
    /// What the last request carried, where there was one.
    token: Mutex<Option<Option<Token>>>,
    /// What its requests saw.
    sights: Mutex<Sights>,
}

/// Sends a delivery, or goes on with it.
pub(super) async fn send(inner: Arc<Inner>, errand: Errand, stop: CancellationToken) -> Result<()> {
    let Errand { target, delivery, along, ticket, owner } = errand;
    let Some(mut out) = inner.store.read(move |conn| deliveries::outgoing(conn, delivery)).await? else {
        return inner.store.write(move |tx| deliveries::forget(tx, delivery)).await;
    };
    if !along {
        out.along = None;
    }
    let protocol = uploads::protocol(out.class);
    let fresh = (UploadKey::from_bytes(random()?), Nonce::from_bytes(random()?));
    let mut job = job(&inner, &target, &out, fresh);
    let (now, length, link) = (inner.config.clock.now(), out.length, ticket.link.class());
    let (target_id, store_name) = (target.id, target.via.store.clone());
    let beside = job.along.as_ref().map_or(0, |along| along.len() as u64);
    let _turn = inner.accounts.turn().await;
    let (holding, leave) = (inner.clone(), ticket.clone());
    // Reservation, lease and first step are one transaction: nothing is handed out that is not stored and paid for.
    let begun = inner
        .store
        .write(move |tx| {
            let todo = deliveries::todo(tx, delivery)?;
            let want = price::expected(todo + beside);
            let Some(hold) = holding.accounts.hold(tx, &leave, want, &now)? else { return Ok(None) };
            let Some(open) = uploads::lease(tx, delivery, protocol, length, owner, fresh, &store_name, &now)? else {
                return Ok(Some((hold, None)));
            };
            store::previews::leave_for_later(tx, delivery, !along)?;
            (job.key, job.nonce) = (open.key, open.nonce);
            let (wire, needs) = open.wire.carried_by(Carrier::Engine).step(&job, Event::Start, &now);
            let record = StepRecord { upload: open.id, delivery, target: target_id, link, wire, request: None };
            uploads::step(tx, &record, &now)?;
            Ok(Some((hold, Some((open.id, record.wire, needs, job)))))
        })
        .await?;
    let Some((hold, begun)) = begun else { return Ok(()) };
    let held = inner.accounts.admit(hold);
    drop(_turn);
    let Some((id, wire, needs, job)) = begun else { return give_back(&inner, held).await };
    let http = inner.client(&target)?;
    let upload = Upload { inner, target, out, id, job, freeing: false, link, grant: ticket.grant };
    Sending::new(upload, http, ticket, held, stop).drive(wire, needs).await
}

/// Frees what a server keeps of an upload that nobody wants any more.
pub(super) async fn abandon(
    inner: Arc<Inner>,
    target: Arc<Target>,
    delivery: DeliveryId,
    ticket: Ticket,
    stop: CancellationToken,
) -> Result<()> {
    let now = inner.config.clock.now();
    let found = inner.store.read(move |conn| uploads::dropped(conn, delivery)).await?;
    let Some((out, open)) = found else { return Ok(()) };
    let Some(held) = reserve(&inner, &ticket, 0).await? else { return Ok(()) };
    let job = job(&inner, &target, &out, (open.key, open.nonce));
    let (wire, needs) = open.wire.carried_by(Carrier::Engine).step(&job, Event::Abandon, &now);
    let (http, link) = (inner.client(&target)?, ticket.link.class());
    let upload = Upload { inner, target, out, id: open.id, job, freeing: true, link, grant: None };
    Sending::new(upload, http, ticket, Some(held), stop).drive(wire, needs).await
}

/// A place on the target's account, for a request of so many bytes. None when it may not go now.
pub(crate) async fn reserve(inner: &Arc<Inner>, ticket: &Ticket, bytes: u64) -> Result<Option<Held>> {
    let _turn = inner.accounts.turn().await;
    let (holding, leave, now) = (inner.clone(), ticket.clone(), inner.config.clock.now());
    let work = move |tx: &store::Tx<'_>| holding.accounts.hold(tx, &leave, price::expected(bytes), &now);
    let hold = inner.store.write(work).await?;
    Ok(hold.and_then(|hold| inner.accounts.admit(hold)))
}

/// Gives a place back that is recorded by nothing else.
pub(crate) async fn give_back(inner: &Arc<Inner>, held: Option<Held>) -> Result<()> {
    let Some(held) = held else { return Ok(()) };
    let Some(settling) = inner.accounts.settling(held).await else { return Ok(()) };
    let now = inner.config.clock.now();
    let settling = inner
        .store
        .write(move |tx| {
            settling.record(tx, &now)?;
            Ok(settling)
        })
        .await?;
    inner.accounts.settled(settling);
    Ok(())
}

impl Sending {
    fn new(upload: Upload, http: Http, ticket: Ticket, held: Option<Held>, stop: CancellationToken) -> Self {
        let (token, sights) = (Mutex::default(), Mutex::default());
        Self { upload, http, ticket, held, began: Instant::now(), stop, token, sights }
    }

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
                self.store(&wire, last.take()).await?;
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
        self.conclude(wire, last, conclusion).await?;
        let used = self.token.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(used) = used {
            self.upload.inner.tokens.answered(self.upload.target.id, used.as_ref());
        }
        Ok(())
    }

    /// Stores a step.
    async fn store(&self, wire: &Wire, request: Option<RequestRecord>) -> Result<()> {
        let record = self.upload.step_record(wire.clone(), request);
        let now = self.upload.inner.config.clock.now();
        self.upload.inner.store.write(move |tx| uploads::step(tx, &record, &now)).await
    }

    /// Stores the last step, what it leads to, and what it cost: one transaction.
    async fn conclude(&self, wire: Wire, request: Option<RequestRecord>, conclusion: Conclusion) -> Result<()> {
        let inner = &self.upload.inner;
        let settling = match self.held {
            Some(held) => inner.accounts.settling(held).await,
            None => None,
        };
        let (upload, now) = (self.upload.clone(), inner.config.clock.now());
        let record = upload.step_record(wire, request);
        let pace = settling.as_ref().and_then(|settling| pace(settling.carried(), self.began.elapsed()));
        let (class, network) = (self.ticket.link.class(), self.ticket.link.network.clone());
        let sight = self.sights.lock().unwrap_or_else(PoisonError::into_inner).telling(conclusion.progressed());
        let (changes, settling) = inner
            .store
            .write(move |tx| {
                uploads::step(tx, &record, &now)?;
                if let Some(settling) = &settling {
                    settling.record(tx, &now)?;
                }
                if let Some(pace) = pace {
                    store::money::note_pace(tx, class, network.as_deref(), pace)?;
                }
                Ok((conclude::record(tx, &upload, conclusion, sight.as_ref(), &now)?, settling))
            })
            .await?;
        if let Some(settling) = settling {
            inner.accounts.settled(settling);
        }
        changes.into_iter().for_each(|change| inner.mention(change));
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
        if self.held.is_none() || !inner.accounts.is_good(&self.ticket) || self.stop.is_cancelled() {
            // The runner may not have heard of it yet; and it must not look like trouble of the server's.
            self.stop.cancel();
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
        let sight = Sight::of(request, &outcome, &self.http, &self.ticket.link, &inner.config.clock.now());
        self.sights.lock().unwrap_or_else(PoisonError::into_inner).add(sight);
        if outcome.sent() > 0 {
            self.upload.progress(from + outcome.sent());
        }
        // We ended it ourselves: that says nothing of the target, and it goes on when it may.
        if matches!(outcome, Outcome::Cut { cut: Cut::Stopped | Cut::Spent, .. }) {
            self.stop.cancel();
        }
        outcome
    }
}

/// Bytes a second, of a transfer that was long enough to tell.
fn pace(bytes: u64, took: Duration) -> Option<u64> {
    let ms = u64::try_from(took.as_millis()).ok().filter(|ms| *ms >= 500)?;
    (bytes >= 64 << 10).then(|| bytes.saturating_mul(1000) / ms)
}
