//! Handing out steps: the plan made, its uploads leased, their machines run to the next request, its body staged; each
//! step in the database before anyone hears of it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use satchel_kernel::ids::{BlobHash, DeliveryId, HostId, Nonce, TargetId, UploadId, UploadKey};
use satchel_kernel::link::Link;
use satchel_kernel::outcome::{Cut, Outcome, Request};
use satchel_kernel::planner::{Action, Plan, Wake, plan_for};
use satchel_kernel::policy::Policy;
use satchel_kernel::wire::{Carrier, Event, Wire};
use tokio_util::sync::CancellationToken;

use super::advance::{Advanced, Reached, advance, after};
use super::body::{self, Staged};
use super::task::{self, Purpose, Task};
use super::{HostBody, HostLimits, HostStep, HostSteps};
use crate::error::Result;
use crate::observe::Change;
use crate::outbox::Inner;
use crate::runner::conclude;
use crate::runner::upload::{Upload, job, random};
use crate::runner::{have, read, render};
use crate::store::leases::{self, Lease};
use crate::store::{self, Around, Target, deliveries, uploads};
use crate::tokens;

/// Batches of parts that one call reads at most: whoever waits for steps should not wait for a whole card.
const BATCHES: usize = 4;
/// Plans that one call makes at most.
const ROUNDS: usize = 64;
/// How long one call waits for a new token.
const TOKEN: Duration = Duration::from_secs(20);

pub(super) async fn steps(inner: &Arc<Inner>, owner: HostId, limits: HostLimits) -> Result<HostSteps> {
    let mut handing = Handing {
        inner: inner.clone(),
        owner,
        limits,
        left: limits.budget_left,
        link: inner.link.borrow().clone(),
        policy: inner.policy.borrow().clone(),
        steps: vec![],
        passed: HashSet::new(),
        asked: HashSet::new(),
    };
    let wake = match handing.fill().await {
        Ok(wake) => wake,
        // What was leased by now must reach the host; whatever is wrong is met again.
        Err(_) if !handing.steps.is_empty() => {
            Wake { at_utc_ms: Some(inner.config.clock.now().utc_ms), ..Wake::default() }
        }
        Err(error) => return Err(error),
    };
    Ok(HostSteps { steps: handing.steps, wake })
}

struct Handing {
    inner: Arc<Inner>,
    owner: HostId,
    limits: HostLimits,
    /// Of the budget, after the steps so far.
    left: Option<u64>,
    link: Link,
    policy: Policy,
    steps: Vec<HostStep>,
    /// Deliveries that made no step, and will not in this call.
    passed: HashSet<DeliveryId>,
    /// Targets that were to be asked what they have.
    asked: HashSet<TargetId>,
}

/// How an upload comes to be held.
#[derive(Debug, Clone, Copy)]
enum Hold {
    /// It is leased now, if it is still as it was seen.
    New { seen: Option<(UploadId, i64)>, fresh: (UploadKey, Nonce) },
    /// The same, of one that nobody wants any more.
    Dropped { seen: (UploadId, i64) },
    /// This lease holds it already; a new one takes its place.
    Ready { lease: satchel_kernel::ids::LeaseId, epoch: i64 },
}

impl Handing {
    async fn fill(&mut self) -> Result<Wake> {
        let now = self.inner.config.clock.now();
        self.inner.store.write(move |tx| store::wake(tx, &now)).await?;
        let paused = self.inner.store.read(store::paused).await?;
        let may_send = !paused && self.policy.allows(&self.link).is_ok() && self.left != Some(0);
        if may_send {
            self.go_on().await?;
        }
        for target in self.inner.store.read(store::all_targets).await? {
            if tokens::due(&self.inner, &target) {
                // One that comes later serves the next call.
                let _ = tokio::time::timeout(TOKEN, tokens::renew(&self.inner, &target)).await;
            }
        }
        let mut batches = 0;
        for _ in 0..ROUNDS {
            tokens::settle(&self.inner).await?;
            let targets: Vec<_> = self.inner.store.read(store::all_targets).await?.into_iter().map(Arc::new).collect();
            let plan = self.plan(&targets).await?;
            let mut acted = false;
            for action in &plan.actions {
                match action {
                    _ if !self.is_new(action) => {}
                    Action::Read(parts) if batches < BATCHES => {
                        batches += 1;
                        acted = true;
                        read::read(self.inner.clone(), parts.clone(), CancellationToken::new()).await?;
                    }
                    Action::Read(_) => {}
                    Action::Render(..) if batches >= BATCHES => {}
                    Action::Render(_, delivery) if may_send && self.left != Some(0) => {
                        batches += 1;
                        acted = true;
                        render::render(self.inner.clone(), *delivery, CancellationToken::new()).await?;
                    }
                    _ if !may_send || self.left == Some(0) || self.is_full() => {}
                    _ => {
                        acted = true;
                        self.act(action, &targets).await?;
                    }
                }
            }
            if !acted {
                let more = plan.actions.iter().any(|action| match action {
                    Action::Read(_) => true,
                    other => may_send && self.left != Some(0) && self.is_new(other),
                });
                let at_utc_ms = if more { Some(self.inner.config.clock.now().utc_ms) } else { plan.wake.at_utc_ms };
                return Ok(Wake { at_utc_ms, ..plan.wake });
            }
        }
        Ok(Wake { at_utc_ms: Some(now.utc_ms), ..Wake::default() })
    }

    fn is_full(&self) -> bool {
        self.steps.len() >= self.limits.most_steps
    }

    /// Whether it was not tried in this call.
    fn is_new(&self, action: &Action) -> bool {
        match action {
            Action::Send(_, delivery) | Action::Abandon(_, delivery) => !self.passed.contains(delivery),
            Action::AskHave(target, _) => !self.asked.contains(target),
            Action::Read(_) | Action::Render(..) => true,
        }
    }

    async fn plan(&self, targets: &[Arc<Target>]) -> Result<Plan> {
        let asking = self.inner.store.read(leases::asking).await?;
        let targets = targets.iter().map(|t| t.id).collect();
        let around = Around { link: self.link.clone(), targets, reading: false, sending: 0, asking };
        let policy = self.policy.clone();
        let snapshot = self.inner.store.read(move |conn| store::load(conn, &around, &policy)).await?;
        // Those that were passed over still stand among the first.
        let free = self.limits.most_steps.saturating_sub(self.steps.len()).saturating_add(self.passed.len());
        Ok(plan_for(&self.inner.config.clock.now(), &snapshot, &self.policy, free))
    }

    /// The longest body that may be handed out now.
    fn most(&self) -> u64 {
        self.left.map_or(self.limits.most_bytes_per_step, |left| left.min(self.limits.most_bytes_per_step))
    }

    fn carrier(&self) -> Carrier {
        Carrier::System { most: self.most() }
    }

    async fn act(&mut self, action: &Action, targets: &[Arc<Target>]) -> Result<()> {
        let target = |id: &TargetId| targets.iter().find(|t| t.id == *id).cloned();
        match action {
            Action::Send(id, delivery) => match target(id) {
                Some(target) => self.begin(target, *delivery).await,
                None => Ok(()),
            },
            Action::Abandon(id, delivery) => match target(id) {
                Some(target) => self.abandon(target, *delivery).await,
                None => Ok(()),
            },
            Action::AskHave(id, hashes) => match target(id) {
                Some(target) => self.ask(target, hashes).await,
                None => Ok(()),
            },
            Action::Read(_) | Action::Render(..) => Ok(()),
        }
    }

    /// Steps that outcomes led to, and that wait here.
    async fn go_on(&mut self) -> Result<()> {
        let (owner, limit) = (self.owner, self.limits.most_steps);
        for lease in self.inner.store.read(move |conn| leases::ready(conn, owner, limit)).await? {
            if self.is_full() || self.left == Some(0) {
                return Ok(());
            }
            let task = Task::read(&self.inner, &lease)?;
            let Some((upload, wire, wanted)) = task::held(&self.inner, &lease, &task).await? else { continue };
            if upload.target.rest.is_some_and(|(due, _)| !due.is_over(&self.inner.config.clock.now())) {
                continue;
            }
            let hold = Hold::Ready { lease: lease.id, epoch: lease.epoch };
            let wire = wire.carried_by(self.carrier());
            let advanced = if !wanted {
                Advanced { wire, reached: Reached::End(conclude::Conclusion::Stopped), request: None }
            } else if task.request.body_len() > self.most() {
                // What was prepared is more than there is leave for now: the machine is asked anew.
                advance(&upload, wire, Event::Start, &CancellationToken::new()).await
            } else {
                let now = self.inner.config.clock.now().utc_ms;
                let wait_ms = lease.due_utc_ms.map_or(0, |due| u64::try_from(due.saturating_sub(now)).unwrap_or(0));
                let Task { purpose, request, .. } = task;
                Advanced { wire, reached: Reached::Send { purpose, request, wait_ms }, request: None }
            };
            self.hand_out(upload, advanced, hold).await?;
        }
        Ok(())
    }

    /// Begins an upload, or goes on with one that nobody holds.
    async fn begin(&mut self, target: Arc<Target>, delivery: DeliveryId) -> Result<()> {
        self.passed.insert(delivery);
        let found = self.inner.store.read(move |conn| {
            let Some(out) = deliveries::outgoing(conn, delivery)? else { return Ok(None) };
            let open = uploads::open(conn, delivery, uploads::protocol(out.class), out.length)?;
            Ok(Some((out, open)))
        });
        let Some((out, open)) = found.await? else {
            return self.inner.store.write(move |tx| deliveries::forget(tx, delivery)).await;
        };
        let fresh = (UploadKey::from_bytes(random()?), Nonce::from_bytes(random()?));
        let seen = open.as_ref().map(|open| (open.id, open.epoch));
        let (id, wire, names) = match open {
            Some(open) => (open.id, open.wire, (open.key, open.nonce)),
            None => (UploadId(0), Wire::new(uploads::protocol(out.class)), fresh),
        };
        let mut job = job(&self.inner, &target, &out, names);
        // The words go without their preview rather than not at all.
        let whole = |along: &Vec<u8>| job.length + 1 + along.len() as u64;
        job.along = job.along.take().filter(|along| whole(along) <= self.most());
        let link = self.link.class();
        let upload = Upload { inner: self.inner.clone(), target, out, id, job, freeing: false, link };
        let wire = wire.carried_by(self.carrier());
        let advanced = advance(&upload, wire, Event::Start, &CancellationToken::new()).await;
        self.hand_out(upload, advanced, Hold::New { seen, fresh }).await
    }

    /// Frees what a server keeps of an upload that nobody wants any more.
    async fn abandon(&mut self, target: Arc<Target>, delivery: DeliveryId) -> Result<()> {
        self.passed.insert(delivery);
        let found = self.inner.store.read(move |conn| uploads::dropped(conn, delivery)).await?;
        let Some((out, open)) = found else { return Ok(()) };
        let job = job(&self.inner, &target, &out, (open.key, open.nonce));
        let link = self.link.class();
        let upload = Upload { inner: self.inner.clone(), target, out, id: open.id, job, freeing: true, link };
        let wire = open.wire.carried_by(self.carrier());
        let advanced = advance(&upload, wire, Event::Abandon, &CancellationToken::new()).await;
        self.hand_out(upload, advanced, Hold::Dropped { seen: (open.id, open.epoch) }).await
    }

    /// Hands out what was reached, or records the end. What cannot be sent at all is told to the machine here.
    async fn hand_out(&mut self, mut upload: Upload, mut advanced: Advanced, hold: Hold) -> Result<()> {
        loop {
            let Advanced { wire, reached, request: noted } = advanced;
            let (purpose, request, wait_ms) = match reached {
                Reached::Send { purpose, request, wait_ms } => (purpose, request, wait_ms),
                Reached::End(conclusion) => {
                    let now = self.inner.config.clock.now();
                    let owner = self.owner;
                    let work = move |tx: &store::Tx<'_>| {
                        if !hold.take(tx, &mut upload, owner)? {
                            return Ok(vec![]);
                        }
                        uploads::step(tx, &upload.step_record(wire, noted), &now)?;
                        conclude::record(tx, &upload, conclusion, &now)
                    };
                    let changes = self.inner.store.write(work).await?;
                    changes.into_iter().for_each(|change: Change| self.inner.mention(change));
                    self.inner.changed.notify_one();
                    return Ok(());
                }
            };
            if request.body_len() > self.most() {
                return Ok(());
            }
            match self.prepare(&upload.target, &request, Some(&upload)).await? {
                Ok((headers, staged)) => {
                    let task = Task { purpose, request, link: upload.link };
                    let step = Some((upload, wire, noted, hold));
                    let target = step.as_ref().map(|(upload, ..)| upload.target.clone());
                    let Some(target) = target else { return Ok(()) };
                    return self.lease(&target, task, step, headers, staged, wait_ms).await;
                }
                Err(cut) => {
                    let now = self.inner.config.clock.now().utc_ms;
                    let outcome = Outcome::Cut { sent: 0, cut };
                    advanced = after(&upload, wire, &purpose, &request, outcome, now).await;
                }
            }
        }
    }

    /// Asks a target what it has.
    async fn ask(&mut self, target: Arc<Target>, hashes: &[(DeliveryId, BlobHash)]) -> Result<()> {
        self.asked.insert(target.id);
        let Some((question, request)) = have::question(&self.inner, &target, hashes)? else { return Ok(()) };
        // Who cannot be asked for want of budget is asked another time; its uploads wait for the answer.
        if request.body_len() > self.most() {
            return Ok(());
        }
        match self.prepare(&target, &request, None).await? {
            Ok((headers, staged)) => {
                let task = Task { purpose: Purpose::Have(question), request, link: self.link.class() };
                self.lease(&target, task, None, headers, staged, 0).await
            }
            Err(_) => {
                let (inner, target, now) = (self.inner.clone(), target.clone(), self.inner.config.clock.now());
                let work = move |tx: &store::Tx<'_>| have::record(tx, &inner, &target, &question, &request, None, &now);
                let (_, changes) = self.inner.store.write(work).await?;
                changes.into_iter().for_each(|change| self.inner.mention(change));
                Ok(())
            }
        }
    }

    /// Headers and body; or why it cannot be sent.
    async fn prepare(
        &self,
        target: &Target,
        request: &Request,
        upload: Option<&Upload>,
    ) -> Result<Result<(Vec<(String, String)>, Option<Staged>), Cut>> {
        let token = self.inner.token(target.id);
        // Refused means that the token must not go where it would go.
        let Ok(headers) = self.inner.client(target)?.headers(request, token.as_ref()) else {
            return Ok(Err(Cut::NoConnection));
        };
        if request.body_len() == 0 {
            return Ok(Ok((headers, None)));
        }
        let staged = body::stage(&self.inner, request.body.clone(), upload.and_then(Upload::blob)).await?;
        Ok(staged.map(|staged| (headers, Some(staged))))
    }

    /// Stores a lease as handed out, and what led to it, in one transaction; then it is the host's.
    async fn lease(
        &mut self,
        target: &Arc<Target>,
        task: Task,
        step: Option<(Upload, Wire, Option<uploads::RequestRecord>, Hold)>,
        headers: Vec<(String, String)>,
        staged: Option<Staged>,
        wait_ms: u64,
    ) -> Result<()> {
        let (now, owner, id) = (self.inner.config.clock.now(), self.owner, target.id);
        let due = (wait_ms > 0).then(|| now.utc_ms.saturating_add_unsigned(wait_ms));
        let (request, file) = (task.request.clone(), staged.as_ref().map(|staged| staged.name.to_string()));
        let asset = step.as_ref().filter(|(upload, ..)| !upload.out.is_stub()).map(|(upload, ..)| upload.asset());
        let work = move |tx: &store::Tx<'_>| {
            let mut held = None;
            if let Some((mut upload, wire, noted, hold)) = step {
                if !hold.take(tx, &mut upload, owner)? {
                    return Ok(None);
                }
                uploads::step(tx, &upload.step_record(wire, noted), &now)?;
                held = Some((upload.id, upload.out.delivery, hold.epoch()));
            }
            let lease = task.lease(owner, held, id, due)?;
            let lease = Lease { file, handed_utc_ms: Some(now.utc_ms), ..lease };
            leases::insert(tx, &lease, now.utc_ms)?;
            Ok(Some(lease))
        };
        let Some(lease) = self.inner.store.write(work).await? else { return Ok(()) };
        let body = staged.map(|staged| {
            let body = HostBody { path: staged.path(), length: staged.length };
            staged.keep();
            body
        });
        self.left = self.left.map(|left| left.saturating_sub(request.body_len()));
        let Request { method, url, timers, fresh_connection, .. } = request;
        self.steps.push(HostStep {
            lease: lease.id,
            upload: lease.upload.map(|(upload, _)| upload.0),
            epoch: lease.epoch,
            asset,
            target: id,
            method,
            url,
            headers,
            body,
            timers,
            constraints: self.policy.constraints(&self.link),
            not_before_utc_ms: due,
            fresh_connection,
            pin: target.spec.pin.clone(),
        });
        Ok(())
    }
}

impl Hold {
    /// Takes hold of the upload; false when it is not what it was any more, and nothing changed.
    fn take(&self, tx: &store::Tx<'_>, upload: &mut Upload, owner: HostId) -> Result<bool> {
        let out = &upload.out;
        match *self {
            Self::Ready { lease, .. } => {
                let ready = leases::get(tx, lease)?.is_some_and(|lease| lease.handed_utc_ms.is_none());
                Ok(ready && leases::take(tx, lease)?.is_some())
            }
            Self::Dropped { seen: (id, epoch) } => {
                let open = uploads::open(tx, out.delivery, uploads::protocol(out.class), out.length)?;
                let same = open.is_some_and(|open| (open.id, open.epoch) == (id, epoch));
                Ok(same && leases::lease_dropped(tx, id, owner)?)
            }
            Self::New { seen, fresh } => {
                let protocol = uploads::protocol(out.class);
                let open = uploads::open(tx, out.delivery, protocol, out.length)?;
                if open.map(|open| (open.id, open.epoch)) != seen {
                    return Ok(false);
                }
                let now = upload.inner.config.clock.now();
                let leased = uploads::lease(tx, out.delivery, protocol, out.length, *owner.as_bytes(), fresh, &now)?;
                upload.id = leased.as_ref().map_or(upload.id, |open| open.id);
                Ok(leased.is_some())
            }
        }
    }

    /// The epoch under which it is held.
    fn epoch(&self) -> i64 {
        match *self {
            Self::Ready { epoch, .. } => epoch,
            Self::Dropped { seen: (_, epoch) } | Self::New { seen: Some((_, epoch)), .. } => epoch + 1,
            Self::New { seen: None, .. } => 0,
        }
    }
}
