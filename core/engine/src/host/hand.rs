//! Handing out steps: the plan made, its uploads leased, their machines run to the next request, its body staged; each
//! step in the database before anyone hears of it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use satchel_kernel::health::Fares;
use satchel_kernel::ids::{BlobHash, DeliveryId, EndpointId, GrantId, HostId, Nonce, TargetId, UploadId, UploadKey};
use satchel_kernel::link::{Link, LinkKind};
use satchel_kernel::money::price;
use satchel_kernel::outcome::{Cut, Outcome, Request};
use satchel_kernel::planner::{Action, Group, Permit, Plan, Wake, permit, plan_for};
use satchel_kernel::policy::{Constraints, Item, Policy};
use satchel_kernel::protocol::post::Rendition;
use satchel_kernel::state::AssetKind;
use satchel_kernel::wire::{Carrier, Event, Wire};
use tokio_util::sync::CancellationToken;

use super::advance::{Advanced, Reached, advance, after};
use super::body::{self, Staged};
use super::hold::Hold;
use super::task::{self, Purpose, Task};
use super::{HostBody, HostLimits, HostStep, HostSteps};
use crate::error::Result;
use crate::observe::Change;
use crate::outbox::{Inner, lock};
use crate::runner::conclude;
use crate::runner::upload::{Upload, job, random};
use crate::runner::{have, probe, read, render};
use crate::store::leases::{self, Lease};
use crate::store::{self, Around, Target, deliveries, grants, money, uploads};
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
        link: inner.accounts.now().0,
        policy: inner.settings.policy(),
        steps: vec![],
        passed: HashSet::new(),
        asked: HashSet::new(),
        probed: HashSet::new(),
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
    /// Targets of which an endpoint was to be probed.
    probed: HashSet<TargetId>,
}

impl Handing {
    async fn fill(&mut self) -> Result<Wake> {
        let now = self.inner.config.clock.now();
        let link = self.link.clone();
        let before = lock(&self.inner.host_link).replace(link.clone());
        let work = move |tx: &store::Tx<'_>| {
            if before.is_some_and(|before| before != link) {
                store::endpoints::link_changed(tx, &link, &now)?;
                store::targets::other_network(tx)?;
            }
            store::endpoints::came_to(tx, &link, &now)?;
            store::wake(tx, &now)
        };
        self.inner.store.write(work).await?;
        let paused = self.inner.store.read(store::paused).await?;
        let may_send = !paused && self.left != Some(0);
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
                    Action::Render(what) if may_send && self.left != Some(0) => {
                        batches += 1;
                        acted = true;
                        render::render(self.inner.clone(), what.clone(), CancellationToken::new()).await?;
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
            Action::Send { delivery, .. } | Action::Abandon { delivery, .. } => !self.passed.contains(delivery),
            Action::AskHave { target, .. } => !self.asked.contains(target),
            Action::Probe { target, .. } => !self.probed.contains(target),
            Action::Read(_) | Action::Render(..) => true,
        }
    }

    async fn plan(&self, targets: &[Arc<Target>]) -> Result<Plan> {
        let (asking, probing) = self.inner.store.read(leases::asking).await?;
        self.inner.follow_stores(targets, true, &self.inner.config.clock.now()).await?;
        let targets = targets.iter().map(|t| t.id).collect();
        let (link, power) = (self.link.clone(), self.inner.settings.power());
        // Each step is a connection, and an account, of its own.
        let around = Around { link, power, targets, asking, probing, names_only: true, ..Around::default() };
        let (policy, now) = (self.policy.clone(), self.inner.config.clock.now());
        let snapshot = self.inner.store.read(move |conn| store::load(conn, &around, &policy, &now)).await?;
        // Those that were passed over still stand among the first.
        let free = self.limits.most_steps.saturating_sub(self.steps.len()).saturating_add(self.passed.len());
        Ok(plan_for(&now, &snapshot, &self.policy, free))
    }

    /// The longest body that may be handed out now.
    fn most(&self) -> u64 {
        self.left.map_or(self.limits.most_bytes_per_step, |left| left.min(self.limits.most_bytes_per_step))
    }

    fn carrier(&self) -> Carrier {
        Carrier::System { most: self.most() }
    }

    async fn act(&mut self, action: &Action, targets: &[Arc<Target>]) -> Result<()> {
        let target = |id: &TargetId, by: &EndpointId| targets.iter().find(|t| t.id == *id)?.by(*by).map(Arc::new);
        match action {
            Action::Send { target: id, endpoint, delivery, grant, along } => match target(id, endpoint) {
                Some(target) => self.begin(target, *delivery, *grant, *along).await,
                None => Ok(()),
            },
            Action::Abandon { target: id, endpoint, delivery } => match target(id, endpoint) {
                Some(target) => self.abandon(target, *delivery).await,
                None => Ok(()),
            },
            Action::AskHave { target: id, endpoint, grant, hashes } => match target(id, endpoint) {
                Some(target) => self.ask(target, *grant, hashes).await,
                None => Ok(()),
            },
            Action::Probe { target: id, endpoint, grant } => match target(id, endpoint) {
                Some(target) => self.probe(target, *grant).await,
                None => Ok(()),
            },
            Action::Read(_) | Action::Render(..) => Ok(()),
        }
    }

    /// Steps that outcomes led to, and that wait here.
    async fn go_on(&mut self) -> Result<()> {
        let owner = self.owner;
        for lease in self.inner.store.read(move |conn| leases::ready(conn, owner)).await? {
            if self.is_full() || self.left == Some(0) {
                return Ok(());
            }
            let task = Task::read(&self.inner, &lease)?;
            let held = task::held(&self.inner, &lease, &task).await?;
            // Where it goes is none of its target's ways any more, or not now: the plan finds another, or says why it waits.
            let now = self.inner.config.clock.now();
            let is_open = |fares: &Fares| fares.is_awake(&now) && !fares.wants_probe();
            let Some((mut upload, wire, wanted)) = held.filter(|(upload, ..)| is_open(&upload.target.via.fares)) else {
                self.inner.store.write(move |tx| leases::let_go(tx, lease.id)).await?;
                continue;
            };
            match self.leave(upload.out.delivery).await? {
                Some(leave) => upload.grant = leave.grant,
                // What its server keeps, it keeps.
                None => continue,
            }
            if upload.target.rest.is_some_and(|(due, _)| !due.is_over(&now)) {
                continue;
            }
            let hold = Hold::Ready { lease: lease.id, epoch: lease.epoch };
            let wire = wire.carried_by(self.carrier());
            let advanced = if !wanted {
                Advanced { wire, reached: Reached::End(conclude::Conclusion::Stopped), request: None, unanswered: None }
            } else if task.request.body_len() > self.most() {
                // What was prepared is more than there is leave for now: the machine is asked anew.
                let advanced = advance(&upload, wire, Event::Start, &CancellationToken::new()).await;
                Advanced { unanswered: task.unanswered, ..advanced }
            } else {
                let now = self.inner.config.clock.now().utc_ms;
                let wait_ms = lease.due_utc_ms.map_or(0, |due| u64::try_from(due.saturating_sub(now)).unwrap_or(0));
                let Task { purpose, request, unanswered, .. } = task;
                Advanced { wire, reached: Reached::Send { purpose, request, wait_ms }, request: None, unanswered }
            };
            self.hand_out(upload, advanced, hold).await?;
        }
        Ok(())
    }

    /// Whether a delivery may go on over the link that there is.
    async fn leave(&self, delivery: DeliveryId) -> Result<Option<Permit>> {
        let (link, power, now) = (self.link.clone(), self.inner.settings.power(), self.inner.config.clock.now());
        let found = self.inner.store.read(move |conn| {
            let world = store::world(conn, link, power, &now)?;
            let grant = grants::of_delivery(conn, delivery, &world.grants)?;
            Ok((deliveries::group(conn, delivery)?, grant, world))
        });
        let (group, grant, world) = found.await?;
        Ok(permit::permit(&now, &group.item(), group.bytes, grant, &world, &self.policy).ok())
    }

    /// Begins an upload, or goes on with one that nobody holds.
    async fn begin(
        &mut self,
        target: Arc<Target>,
        delivery: DeliveryId,
        grant: Option<GrantId>,
        along: bool,
    ) -> Result<()> {
        self.passed.insert(delivery);
        let found = self.inner.store.read(move |conn| {
            let Some(out) = deliveries::outgoing(conn, delivery)? else { return Ok(None) };
            let open = uploads::open(conn, delivery, uploads::protocol(out.class), out.length)?;
            Ok(Some((out, open)))
        });
        let Some((mut out, open)) = found.await? else {
            return self.inner.store.write(move |tx| deliveries::forget(tx, delivery)).await;
        };
        if out.class == Rendition::Text {
            self.inner.store.write(move |tx| store::previews::leave_for_later(tx, delivery, !along)).await?;
        }
        if !along {
            out.along = None;
        }
        let fresh = (UploadKey::from_bytes(random()?), Nonce::from_bytes(random()?));
        let seen = open.as_ref().map(|open| (open.id, open.epoch));
        // One that is kept elsewhere is left there.
        let (id, wire, names) = match open.filter(|open| open.store == target.via.store) {
            Some(open) => (open.id, open.wire, (open.key, open.nonce)),
            None => (UploadId(0), Wire::new(uploads::protocol(out.class)), fresh),
        };
        let mut job = job(&self.inner, &target, &out, names);
        // The words go without their preview rather than not at all.
        let whole = |along: &Vec<u8>| job.length + 1 + along.len() as u64;
        job.along = job.along.take().filter(|along| whole(along) <= self.most());
        let link = self.link.class();
        let upload = Upload { inner: self.inner.clone(), target, out, id, job, freeing: false, link, grant };
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
        let upload =
            Upload { inner: self.inner.clone(), target, out, id: open.id, job, freeing: true, link, grant: None };
        let wire = open.wire.carried_by(self.carrier());
        let advanced = advance(&upload, wire, Event::Abandon, &CancellationToken::new()).await;
        self.hand_out(upload, advanced, Hold::Dropped { seen: (open.id, open.epoch) }).await
    }

    /// Hands out what was reached, or records the end. What cannot be sent at all is told to the machine here.
    async fn hand_out(&mut self, mut upload: Upload, mut advanced: Advanced, hold: Hold) -> Result<()> {
        loop {
            let Advanced { wire, reached, request: noted, unanswered } = advanced;
            let (purpose, request, wait_ms) = match reached {
                Reached::Send { purpose, request, wait_ms } => (purpose, request, wait_ms),
                Reached::End(conclusion) => {
                    let now = self.inner.config.clock.now();
                    let owner = self.owner;
                    let work = move |tx: &store::Tx<'_>| {
                        if hold.take(tx, &mut upload, owner)?.is_none() {
                            return Ok(vec![]);
                        }
                        uploads::step(tx, &upload.step_record(wire, noted), &now)?;
                        conclude::record(tx, &upload, conclusion, None, &now)
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
                    let endpoint = Some(upload.target.via.id);
                    let task = Task { unanswered, ..Task::of(purpose, request, &self.link, endpoint) };
                    let step = Some((upload, wire, noted, hold));
                    let target = step.as_ref().map(|(upload, ..)| upload.target.clone());
                    let Some(target) = target else { return Ok(()) };
                    let grant = step.as_ref().and_then(|(upload, ..)| upload.grant);
                    return self.lease(&target, task, step, grant, headers, staged, wait_ms).await;
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
    async fn ask(
        &mut self,
        target: Arc<Target>,
        grant: Option<GrantId>,
        hashes: &[(DeliveryId, BlobHash)],
    ) -> Result<()> {
        self.asked.insert(target.id);
        let Some((question, request)) = have::question(&self.inner, &target, hashes)? else { return Ok(()) };
        // Who cannot be asked for want of budget is asked another time; its uploads wait for the answer.
        if request.body_len() > self.most() {
            return Ok(());
        }
        match self.prepare(&target, &request, None).await? {
            Ok((headers, staged)) => {
                let task = Task::of(Purpose::Have(question), request, &self.link, Some(target.via.id));
                self.lease(&target, task, None, grant, headers, staged, 0).await
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

    /// Asks an endpoint whether it is open again.
    async fn probe(&mut self, target: Arc<Target>, grant: Option<GrantId>) -> Result<()> {
        self.probed.insert(target.id);
        let request = probe::request(&target, &self.inner.config.patience);
        match self.prepare(&target, &request, None).await? {
            Ok((headers, staged)) => {
                let task = Task::of(Purpose::Probe, request, &self.link, Some(target.via.id));
                self.lease(&target, task, None, grant, headers, staged, 0).await
            }
            Err(_) => Ok(()),
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

    /// Stores a lease as handed out, and what led to it, in one transaction; then it is the host's. What it may cost is
    /// reserved: where that is not there, nothing is handed out.
    #[expect(clippy::too_many_arguments, reason = "what a step is made of")]
    async fn lease(
        &mut self,
        target: &Arc<Target>,
        task: Task,
        step: Option<(Upload, Wire, Option<uploads::RequestRecord>, Hold)>,
        grant: Option<GrantId>,
        headers: Vec<(String, String)>,
        staged: Option<Staged>,
        wait_ms: u64,
    ) -> Result<()> {
        let (now, owner, id) = (self.inner.config.clock.now(), self.owner, target.id);
        let due = (wait_ms > 0).then(|| now.utc_ms.saturating_add_unsigned(wait_ms));
        let (request, file) = (task.request.clone(), staged.as_ref().map(|staged| staged.name.to_string()));
        let asset = step.as_ref().filter(|(upload, ..)| !upload.out.is_stub()).map(|(upload, ..)| upload.asset());
        let (link, body) = (self.link.clone(), request.body_len());
        let delivery = step.as_ref().map(|(upload, ..)| upload.out.delivery);
        let work = move |tx: &store::Tx<'_>| {
            let room = money::room(tx, link.class(), link.network.as_deref(), grant, &now)?;
            let want = price::expected(body);
            if room.is_some_and(|room| want > room) {
                return Ok(None);
            }
            let mut held = None;
            if let Some((mut upload, wire, noted, hold)) = step {
                let Some(epoch) = hold.take(tx, &mut upload, owner)? else { return Ok(None) };
                uploads::step(tx, &upload.step_record(wire, noted), &now)?;
                held = Some((upload.id, upload.out.delivery, epoch));
            }
            let lease = task.lease(owner, held, id, due)?;
            let lease = Lease { file, handed_utc_ms: Some(now.utc_ms), ..lease };
            leases::insert(tx, &lease, now.utc_ms)?;
            let account = money::open(tx, id, &link, grant, Some(lease.id))?;
            if room.is_some() {
                money::reserve(tx, account.id, want)?;
            }
            let group = delivery.map(|delivery| deliveries::group(tx, delivery)).transpose()?;
            Ok(Some((lease, group)))
        };
        let Some((lease, group)) = self.inner.store.write(work).await? else { return Ok(()) };
        let body = staged.map(|staged| {
            let body = HostBody { path: staged.path(), length: staged.length };
            staged.keep();
            body
        });
        self.left = self.left.map(|left| left.saturating_sub(request.body_len()));
        let plain = Item { kind: AssetKind::Photo, rendition: Rendition::Original, album: "", urgent: false };
        let item = group.as_ref().map_or(plain, Group::item);
        let constraints = match grant {
            // A grant is for the very link that there is.
            Some(_) => Constraints {
                no_cellular: self.link.kind != LinkKind::Cellular,
                not_roaming: self.link.roaming != Some(true),
                ..Constraints::default()
            },
            None => self.policy.constraints(&item, &self.link),
        };
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
            constraints,
            not_before_utc_ms: due,
            fresh_connection,
            pin: target.spec.pin.clone(),
        });
        Ok(())
    }
}
