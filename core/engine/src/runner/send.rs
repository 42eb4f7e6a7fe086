//! One upload, from its lease to its end: a wire machine's needs, acted on one after another.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use satchel_kernel::gate::{Verdict, judge};
use satchel_kernel::ids::{DeliveryId, Nonce, OutboxId, UploadId, UploadKey};
use satchel_kernel::link::LinkClass;
use satchel_kernel::outcome::{Cut, Outcome, Request, Segment};
use satchel_kernel::protocol;
use satchel_kernel::protocol::post::{Post, Rendition};
use satchel_kernel::wire::{Event, Job, Need, Status, Wire};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::conclude::{self, Conclusion};
use crate::error::{Error, Result};
use crate::http::{Blob, Http, calls};
use crate::journal::{Durable, Record};
use crate::observe::Change;
use crate::outbox::Inner;
use crate::source;
use crate::store::uploads::{self, RequestRecord, StepRecord};
use crate::store::{self, Outgoing, Target, deliveries};

/// At most ten progress events a second for each upload.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// An upload in hand.
pub(super) struct Sending {
    pub inner: Arc<Inner>,
    pub target: Arc<Target>,
    pub out: Outgoing,
    pub upload: UploadId,
    pub job: Job,
    pub http: Http,
    pub stop: CancellationToken,
    /// Nobody wants it any more: only what the server keeps of it is to be freed.
    pub freeing: bool,
    link: LinkClass,
}

/// Sends a delivery, or goes on with it.
pub(super) async fn send(
    inner: Arc<Inner>,
    target: Arc<Target>,
    delivery: DeliveryId,
    owner: OutboxId,
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
            let (wire, needs) = open.wire.step(&job, Event::Start, &now);
            let record = StepRecord { upload: open.id, delivery, target: target_id, link, wire, request: None };
            uploads::step(tx, &record, &now)?;
            Ok(Some((open.id, record.wire, needs, job)))
        })
        .await?;
    let Some((upload, wire, needs, job)) = begun else { return Ok(()) };
    let http = inner.client(&target)?;
    Sending { inner, target, out, upload, job, http, stop, freeing: false, link }.drive(wire, needs).await
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
    let (wire, needs) = open.wire.step(&job, Event::Abandon, &now);
    let (http, link) = (inner.client(&target)?, inner.link.borrow().class());
    Sending { inner, target, out, upload: open.id, job, http, stop, freeing: true, link }.drive(wire, needs).await
}

/// What the wire machine is to know.
fn job(inner: &Inner, target: &Target, out: &Outgoing, (key, nonce): (UploadKey, Nonce)) -> Job {
    let spec = &target.spec;
    let create = match (&spec.receiver, out.class) {
        (Some(base), Rendition::Text) => {
            let path = format!("{}{}/{}", protocol::POSTS_PATH, out.part.asset, out.part.revision);
            calls::below(base, &path)
        }
        _ => spec.create.clone(),
    };
    Job {
        create,
        origins: spec.origins.iter().map(url::Url::origin).collect(),
        length: out.length,
        hash: out.hash,
        key,
        nonce,
        metadata: metadata(target, out),
        headers: spec.headers.clone(),
        satchel: target.is_receiver(),
        checksum: spec.checksum,
        patience: inner.config.patience,
        inline: out.inline.clone(),
    }
}

/// `Upload-Metadata`. A server that takes no posts gets the post with the first photo that has these bytes.
fn metadata(target: &Target, out: &Outgoing) -> Vec<(String, String)> {
    let mut pairs =
        vec![("filename".to_owned(), out.part.name.clone()), ("filetype".to_owned(), out.part.media_type.clone())];
    if target.is_receiver() {
        return pairs;
    }
    let Post { caption, tags, place, author, time } = &out.part.post;
    let mut add = |key: &str, value: Option<String>| pairs.extend(value.map(|v| (key.to_owned(), v)));
    add("caption", caption.clone());
    add("tags", (!tags.is_empty()).then(|| tags.join(",")));
    add("author", author.clone());
    add("time", time.clone());
    if let Some(place) = place {
        add("place", place.name.clone());
        add("latitude", place.latitude.map(|d| d.to_string()));
        add("longitude", place.longitude.map(|d| d.to_string()));
    }
    pairs
}

fn random() -> Result<[u8; 16]> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Error::Storage("the system gave no random numbers".into()))?;
    Ok(bytes)
}

impl Sending {
    async fn drive(self, mut wire: Wire, needs: Vec<Need>) -> Result<()> {
        let mut queue = VecDeque::from(needs);
        let (mut last, mut earlier) = (None, None);
        while let Some(need) = queue.pop_front() {
            let located = wire.locator().map(str::to_owned);
            let before = wire.acknowledged();
            let (event, request) = self.act(need).await?;
            let (next, needs) = wire.clone().step(&self.job, event, &self.inner.config.clock.now());
            earlier = Some(std::mem::replace(&mut wire, next));
            queue.extend(needs);
            let gained = match (&wire, wire.status(), &request) {
                // A post is kept whole or not at all.
                (Wire::Post(_), Status::Done(_), Some(request)) => request.sent,
                _ => wire.acknowledged().saturating_sub(before),
            };
            last = request.map(|r| RequestRecord { gained, ..r });
            if !queue.is_empty() {
                self.store(&wire, last.take(), None).await?;
                if wire.locator().is_some() && wire.locator() != located.as_deref() {
                    self.began().await?;
                }
            }
        }
        let (conclusion, wire) = conclude::of(&self, wire, earlier).await?;
        self.store(&wire, last, Some(conclusion)).await
    }

    /// Stores a step and what it leads to: one transaction.
    async fn store(&self, wire: &Wire, request: Option<RequestRecord>, conclusion: Option<Conclusion>) -> Result<()> {
        let (upload, delivery, target) = (self.upload, self.out.delivery, self.target.clone());
        let record = StepRecord { upload, delivery, target: target.id, link: self.link, wire: wire.clone(), request };
        let (now, seed, journal) = (self.inner.config.clock.now(), self.inner.seed, self.inner.journal.clone());
        let out = self.out.clone();
        let changes = self
            .inner
            .store
            .write(move |tx| {
                uploads::step(tx, &record, &now)?;
                match conclusion {
                    Some(c) => conclude::record(tx, &journal, &target, &out, upload, c, seed, &now),
                    None => Ok(vec![]),
                }
            })
            .await?;
        changes.into_iter().for_each(|change| self.inner.mention(change));
        Ok(())
    }

    /// The upload has a name at the server now, and bytes follow. A server that cannot be asked for a blob must not get
    /// them twice when the database is lost, so the journal says so first.
    async fn began(&self) -> Result<()> {
        if self.target.is_receiver() {
            return Ok(());
        }
        let record = Record::Began { hash: self.out.hash, target: self.target.url.clone() };
        let journal = self.inner.journal.clone();
        let work = move |tx: &store::Tx<'_>| {
            journal.append(&[record], Durable::Now)?;
            store::agree(tx, &journal)
        };
        self.inner.store.write(work).await
    }

    async fn act(&self, need: Need) -> Result<(Event, Option<RequestRecord>)> {
        Ok(match need {
            Need::Send(id, request) => {
                let started_utc_ms = self.inner.config.clock.now().utc_ms;
                let outcome = self.request(&request).await;
                let verdict = judge(&request, &outcome);
                // Law 9: nothing of the photo but its asset's id.
                tracing::debug!(asset = %self.out.part.asset, method = request.method.as_str(), ?verdict, sent = outcome.sent(), "request");
                let record = record(&request, &outcome, verdict, started_utc_ms);
                (Event::Outcome(id, outcome, verdict), Some(record))
            }
            Need::Digest(id, algorithm, range) => {
                let path = self.source();
                let stop = self.stop.clone();
                let read = move || {
                    let (file, _) = source::open(&path?).ok()?;
                    crate::fingerprint::digest(&file, algorithm, range, &|| stop.is_cancelled()).ok()?
                };
                let digest = tokio::task::spawn_blocking(read).await.unwrap_or(None);
                (Event::Digest(id, digest), None)
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
    pub(super) async fn request(&self, request: &Request) -> Outcome {
        let allowed = {
            let (policy, link) = (self.inner.policy.borrow(), self.inner.link.borrow());
            policy.allows(&link).is_ok()
        };
        if !allowed || self.stop.is_cancelled() {
            return Outcome::Cut { sent: 0, cut: Cut::Stopped };
        }
        let token = self.inner.token(self.target.id);
        let blob = self.source().zip(self.out.part.stamp).map(|(path, stamp)| Blob { path, stamp });
        let from = match request.body.first() {
            Some(Segment::Blob(range)) => range.start,
            _ => 0,
        };
        let told = Mutex::new(None::<Instant>);
        let progress = |sent: u64| {
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.is_none_or(|at| at.elapsed() >= PROGRESS_EVERY) {
                *told = Some(Instant::now());
                self.progress(from + sent);
            }
        };
        let outcome = self.http.send(request, token.as_ref(), blob.as_ref(), &progress, &self.stop).await;
        // Refused means that nothing left the device: the token must not go where it would have gone.
        let outcome = outcome.unwrap_or(Outcome::Cut { sent: 0, cut: Cut::NoConnection });
        if outcome.sent() > 0 {
            self.progress(from + outcome.sent());
        }
        outcome
    }

    fn progress(&self, sent: u64) {
        self.inner.mention(Change::Progress {
            asset: self.out.part.asset,
            rendition: self.out.class,
            target: self.target.id,
            sent,
            bytes: self.out.length,
        });
    }

    /// Where the bytes are read from; none for a post's document.
    pub(super) fn source(&self) -> Option<std::path::PathBuf> {
        let part = &self.out.part;
        match part.spool.as_deref().map(str::parse) {
            Some(Ok(name)) => Some(self.inner.spool.path(name)),
            Some(Err(_)) => None,
            None => part.path.clone(),
        }
    }
}

fn record(request: &Request, outcome: &Outcome, verdict: Verdict, started_utc_ms: i64) -> RequestRecord {
    let (status, received) = match outcome {
        Outcome::Reply { reply, .. } => (Some(reply.status), reply.body.len() as u64),
        Outcome::Cut { .. } => (None, 0),
    };
    let verdict = serde_json::to_string(&verdict).expect("a verdict is plain data");
    RequestRecord {
        method: request.method.as_str(),
        verdict,
        status,
        sent: outcome.sent(),
        received,
        gained: 0,
        started_utc_ms,
    }
}
