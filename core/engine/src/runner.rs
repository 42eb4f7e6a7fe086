//! The one loop: load a snapshot, plan, act, judge, record, tell observers.
//!
//! Deciding is the kernel's ([`planner::plan`](satchel_kernel::planner::plan)); here is only the acting. Each action is a
//! task of its own; when one ends, or the world changes, the plan is made anew.

mod alone;
pub(crate) mod conclude;
pub(crate) mod have;
pub(crate) mod probe;
pub(crate) mod read;
mod receipt;
pub(crate) mod render;
pub(crate) mod send;
mod tidy;
mod under_way;
pub(crate) mod upload;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use satchel_kernel::ids::{DeliveryId, EndpointId, GrantId, OutboxId, TargetId};
use satchel_kernel::link::Link;
use satchel_kernel::planner::{Action, Group, Plan, Snapshot, Wake, World, permit, plan};
use satchel_kernel::policy::Policy;
use satchel_kernel::time::Now;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::accounts::Ticket;
use crate::error::{Error, Result};
use crate::observe::Change;
use crate::outbox::{Inner, Outbox};
use crate::store::{self, Around, Counts, Target};
use crate::tokens;
pub(crate) use alone::{only_runner, void_if_alone};
pub(crate) use tidy::sweep;
use under_way::{InMaking, Task, UnderWay, at, is_set};

/// How often the runner looks anew: another process may have added, removed or paused something, and there is no other
/// way to hear of it.
const LOOK: Duration = Duration::from_secs(1);

/// How long a run goes on, and for whom.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Ends after this at the latest; what is under way is cut, and goes on next time. With a deadline the run goes on as
    /// long as anything is open; without one it ends when nothing is due within `linger`.
    pub deadline: Option<Duration>,
    /// How long to wait for something that is due.
    pub linger: Duration,
    /// Only these targets; all when left out.
    pub targets: Option<Vec<TargetId>>,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self { deadline: None, linger: Duration::from_secs(30), targets: None }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Report {
    /// What there is now, for the targets that were served.
    pub counts: Counts,
    /// When to run next, and what must be true then.
    pub wake: Wake,
    /// Ended by its deadline or by the caller.
    pub stopped: bool,
}

impl Outbox {
    /// Does what can be done: reads, asks, sends; until nothing is due, the deadline, or `cancel`.
    ///
    /// # Errors
    /// [`Error::AlreadyRunning`] when another process (or another call) runs this outbox; [`Error::StorageFull`] and
    /// [`Error::Storage`], after which what was under way goes on next time.
    pub async fn run(&self, options: RunOptions, cancel: CancellationToken) -> Result<Report> {
        let _only = only_runner(&self.inner)?;
        let _running = self.inner.running.lock().await;
        if self.inner.is_suspended() {
            return Ok(Report { counts: self.counts().await?, wake: self.wake().await?, stopped: true });
        }
        let mut runner = Runner::new(self.inner.clone(), options, cancel).await?;
        let outcome = runner.run().await;
        runner.stop().await;
        let now = runner.now();
        self.inner.accounts.end_run(&self.inner.store, now).await?;
        outcome?;
        runner.report().await
    }

    /// When to run next, and what must be true then, over all targets: for a host that sets its system's alarms anew. What could
    /// be begun at once is due at once.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn wake(&self) -> Result<Wake> {
        let targets = self.inner.store.read(store::all_targets).await?;
        wake(&self.inner, targets.iter().map(|target| target.id).collect()).await
    }
}

struct Runner {
    inner: Arc<Inner>,
    options: RunOptions,
    cancel: CancellationToken,
    /// Names this run in leases.
    owner: OutboxId,
    tasks: JoinSet<(Task, Result<()>)>,
    reading: bool,
    asking: HashMap<TargetId, UnderWay>,
    probing: HashMap<TargetId, UnderWay>,
    sending: HashMap<DeliveryId, UnderWay>,
    making: HashMap<DeliveryId, InMaking>,
    /// How often what is allowed had changed when the last plan was made.
    generation: u64,
    /// The link then.
    link: Option<Link>,
    /// When the first leave of what is under way ends by itself.
    lasts: Option<Instant>,
    last: Plan,
    /// What observers were told to wait for, if nothing ended since.
    told: Option<Wake>,
    stopped: bool,
    ends: Option<Instant>,
}

impl Runner {
    async fn new(inner: Arc<Inner>, options: RunOptions, cancel: CancellationToken) -> Result<Self> {
        let mut owner = [0; 16];
        getrandom::fill(&mut owner).map_err(|_| Error::Storage("the system gave no random numbers".into()))?;
        inner.store.write(store::uploads::void_leases).await?;
        inner.accounts.begin_run(&inner.store, &inner.config.folder, inner.config.clock.now()).await?;
        sweep(&inner).await?;
        tidy::compact(&inner).await?;
        let ends = options.deadline.map(|d| Instant::now() + d);
        Ok(Self {
            inner,
            options,
            // A child: that this run ended must not end the caller's next one.
            cancel: cancel.child_token(),
            owner: OutboxId::from_bytes(owner),
            tasks: JoinSet::new(),
            reading: false,
            asking: HashMap::new(),
            probing: HashMap::new(),
            sending: HashMap::new(),
            generation: 0,
            link: None,
            lasts: None,
            making: HashMap::new(),
            last: Plan::default(),
            told: None,
            stopped: false,
            ends,
        })
    }

    async fn run(&mut self) -> Result<()> {
        let mut suspended = self.inner.suspended.subscribe();
        let mut look = tokio::time::interval(LOOK);
        let (link, generation) = self.inner.accounts.now();
        (self.link, self.generation) = (Some(link.clone()), generation);
        let now = self.now();
        self.inner.store.write(move |tx| store::endpoints::came_to(tx, &link, &now)).await?;
        loop {
            self.follow().await?;
            tokens::settle(&self.inner).await?;
            let now = self.now();
            let targets = self.targets().await?;
            self.renew(&targets);
            let open = self.plan_and_act(&now, &targets).await?;
            if self.inner.accounts.now().1 != self.generation {
                // Planned for a link that is gone meanwhile, or what is under way has no leave any more.
                continue;
            }
            if self.tasks.is_empty() && !self.worth_waiting(&now, open) {
                return Ok(());
            }
            let due = self.until_due(&now);
            let ends = self.ends;
            tokio::select! {
                Some(done) = self.tasks.join_next() => self.finished(done)?,
                () = self.inner.settings.changed.notified() => {}
                () = self.inner.changed.notified() => self.cut_unwanted().await?,
                () = self.cancel.cancelled() => { self.stopped = true; return Ok(()) }
                () = at(ends) => { self.stopped = true; return Ok(()) }
                () = is_set(&mut suspended) => { self.stopped = true; return Ok(()) }
                () = tokio::time::sleep(due) => {}
                () = at(self.lasts) => {}
                _ = look.tick() => {
                    self.inner.look_at_settings().await?;
                    self.cut_unwanted().await?;
                }
            }
        }
    }

    fn now(&self) -> Now {
        self.inner.config.clock.now()
    }

    async fn targets(&self) -> Result<Vec<Arc<Target>>> {
        let all = self.inner.store.read(store::all_targets).await?;
        let served = |t: &Target| self.options.targets.as_ref().is_none_or(|only| only.contains(&t.id));
        Ok(all.into_iter().filter(served).map(Arc::new).collect())
    }

    /// Plans and starts what the plan says; tells how much is open.
    async fn plan_and_act(&mut self, now: &Now, targets: &[Arc<Target>]) -> Result<u64> {
        let policy = self.inner.settings.policy();
        let around = self.around(targets);
        let (at, rules) = (*now, policy.clone());
        if self.last.wake.at_utc_ms.is_some() {
            self.inner.store.write(move |tx| store::wake(tx, &at)).await?;
        }
        self.inner.follow_stores(targets, false, now).await?;
        let snapshot = self.inner.store.read(move |conn| store::load(conn, &around, &rules, &at)).await?;
        if !self.leaves(now, &snapshot.world, &policy).0 {
            self.inner.accounts.shut();
            return Ok(0);
        }
        let made = plan(now, &snapshot, &policy);
        for action in &made.actions {
            self.act(action, targets, &snapshot);
        }
        let (_, lasts) = self.leaves(now, &snapshot.world, &policy);
        self.lasts = lasts.map(|ms| Instant::now() + Duration::from_millis(ms));
        // Again after each thing that ended: only then do lists say of it what it waits for.
        if made.actions.is_empty() && self.told != Some(made.wake) {
            self.told = Some(made.wake);
            self.inner.mention(Change::Idle(made.wake));
        }
        self.last = made;
        Ok(snapshot.open + snapshot.unread.len() as u64)
    }

    fn around(&self, targets: &[Arc<Target>]) -> Around {
        Around {
            link: self.inner.accounts.now().0,
            power: self.inner.settings.power(),
            entered: self.inner.accounts.entered(),
            targets: targets.iter().map(|t| t.id).collect(),
            reading: self.reading,
            sending: self.sending.len(),
            making: self.making.values().map(InMaking::now).collect(),
            asking: self.asking.keys().copied().collect(),
            probing: self.probing.keys().copied().collect(),
            names_only: false,
        }
    }

    /// Whether all that is under way still has leave, since an hour may have come or the charger gone; and in how many
    /// milliseconds the first leave ends by itself.
    fn leaves(&self, now: &Now, world: &World, policy: &Policy) -> (bool, Option<u64>) {
        let (mut may, mut lasts) = (true, None::<u64>);
        let under_way = self.sending.values().chain(self.asking.values()).chain(self.probing.values());
        for UnderWay { leave, .. } in under_way.filter(|one| !one.stop.is_cancelled()) {
            let still = |(group, bytes, grant): &(Group, u64, Option<GrantId>)| {
                permit::still(now, &group.item(), *bytes, *grant, world, policy).ok()
            };
            let left: Vec<_> = leave.iter().filter_map(still).collect();
            lasts = lasts.into_iter().chain(left.iter().copied().flatten()).min();
            may &= leave.is_empty() || !left.is_empty();
        }
        (may, lasts)
    }

    /// Cuts everything once the link or the rules changed, which shut the door already.
    async fn follow(&mut self) -> Result<()> {
        let (link, generation) = self.inner.accounts.now();
        if generation == self.generation {
            return Ok(());
        }
        self.generation = generation;
        self.cut_all();
        if self.link.as_ref() != Some(&link) {
            self.link = Some(link.clone());
            let now = self.now();
            let work = move |tx: &store::Tx<'_>| {
                store::endpoints::link_changed(tx, &link, &now)?;
                store::targets::other_network(tx)
            };
            self.inner.store.write(work).await?;
        }
        Ok(())
    }

    fn act(&mut self, action: &Action, targets: &[Arc<Target>], snapshot: &Snapshot) {
        let target = |id: &TargetId, by: &EndpointId| targets.iter().find(|t| t.id == *id)?.by(*by).map(Arc::new);
        let inner = self.inner.clone();
        match action {
            Action::Read(parts) => {
                self.reading = true;
                let (parts, stop) = (parts.clone(), self.cancel.clone());
                self.tasks.spawn(async move { (Task::Read, read::read(inner, parts, stop).await) });
            }
            Action::AskHave { target: id, endpoint, grant, hashes } => {
                let (Some(target), Some(ticket)) = (target(id, endpoint), self.ticket(*id, *grant)) else { return };
                let (id, hashes, stop) = (*id, hashes.clone(), self.cancel.child_token());
                let named: HashSet<_> = hashes.iter().map(|(delivery, _)| *delivery).collect();
                let asked = snapshot.unchecked.iter().filter(|one| named.contains(&one.delivery));
                let mut leave: Vec<_> = vec![];
                for one in asked {
                    // A thousand hashes are of few groups. How large a thing is does not bound the question for it.
                    let Some(group) = snapshot.groups.get(one.group) else { continue };
                    if !leave.iter().any(|(known, _, _)| known == group) {
                        leave.push((group.clone(), 0, *grant));
                    }
                }
                self.asking.insert(id, UnderWay { stop: stop.clone(), leave, frees: false });
                self.tasks.spawn(async move { (Task::Ask(id), have::ask(inner, target, hashes, ticket, stop).await) });
            }
            Action::Render(what) => {
                let (delivery, stop) = (what.delivery, self.cancel.child_token());
                let in_making = InMaking { what: what.clone(), since: Instant::now(), stop: stop.clone() };
                self.making.insert(delivery, in_making);
                let what = what.clone();
                self.tasks.spawn(async move { (Task::Make(delivery), render::render(inner, what, stop).await) });
            }
            Action::Send { target: id, endpoint, delivery, grant, along } => {
                let (Some(target), Some(ticket)) = (target(id, endpoint), self.ticket(*id, *grant)) else { return };
                let Some(stop) = self.begin(*delivery, snapshot) else { return };
                let (delivery, owner, along) = (*delivery, *self.owner.as_bytes(), *along);
                let errand = send::Errand { target, delivery, along, ticket, owner };
                self.tasks.spawn(async move { (Task::Send(delivery), send::send(inner, errand, stop).await) });
            }
            Action::Abandon { target: id, endpoint, delivery } => {
                let (Some(target), Some(ticket)) = (target(id, endpoint), self.ticket(*id, None)) else { return };
                let Some(stop) = self.begin(*delivery, snapshot) else { return };
                let delivery = *delivery;
                self.tasks.spawn(async move {
                    (Task::Send(delivery), send::abandon(inner, target, delivery, ticket, stop).await)
                });
            }
            Action::Probe { target: id, endpoint, grant } => {
                let (Some(target), Some(ticket)) = (target(id, endpoint), self.ticket(*id, *grant)) else { return };
                let (id, stop) = (*id, self.cancel.child_token());
                // That a network is captive, as the system says, takes no leave away: it is what the probe is to find out.
                let of = |group: &&Group| group.target == id && snapshot.world.link.captive != Some(true);
                let leave = snapshot.groups.iter().filter(of).map(|group| (group.clone(), 0, *grant)).collect();
                self.probing.insert(id, UnderWay { stop: stop.clone(), leave, frees: false });
                self.tasks.spawn(async move { (Task::Probe(id), probe::probe(inner, target, ticket, stop).await) });
            }
        }
    }

    fn ticket(&self, target: TargetId, grant: Option<GrantId>) -> Option<Ticket> {
        self.inner.accounts.ticket(self.generation, target, grant)
    }

    /// Notes that a delivery is under way; none when it is already.
    fn begin(&mut self, delivery: DeliveryId, snapshot: &Snapshot) -> Option<CancellationToken> {
        if self.sending.contains_key(&delivery) {
            return None;
        }
        let candidate = snapshot.candidates.iter().find(|candidate| candidate.delivery == delivery);
        let leave = candidate.and_then(|c| Some((snapshot.groups.get(c.group)?.clone(), c.todo, c.grant)));
        let stop = self.cancel.child_token();
        let (leave, frees) = (leave.into_iter().collect(), candidate.is_none());
        self.sending.insert(delivery, UnderWay { stop: stop.clone(), leave, frees });
        Some(stop)
    }

    fn finished(&mut self, done: Result<(Task, Result<()>), tokio::task::JoinError>) -> Result<()> {
        let (task, outcome) = done.map_err(|e| Error::Storage(format!("a task ended early: {e}")))?;
        self.told = None;
        match task {
            Task::Read => self.reading = false,
            Task::Ask(target) => drop(self.asking.remove(&target)),
            Task::Make(delivery) => drop(self.making.remove(&delivery)),
            Task::Send(delivery) => drop(self.sending.remove(&delivery)),
            Task::Probe(target) => drop(self.probing.remove(&target)),
            Task::Renew => {}
        }
        outcome
    }

    /// Gets other tokens where targets refused those that there are. The runner does not wait for the host.
    fn renew(&mut self, targets: &[Arc<Target>]) {
        for target in targets.iter().filter(|target| tokens::due(&self.inner, target)) {
            let (inner, target, stop) = (self.inner.clone(), target.clone(), self.cancel.clone());
            self.tasks.spawn(async move {
                tokio::select! {
                    () = tokens::renew(&inner, &target) => {}
                    () = stop.cancelled() => {}
                }
                (Task::Renew, Ok(()))
            });
        }
    }

    /// Whether a run without tasks should wait for what comes.
    fn worth_waiting(&self, now: &Now, open: u64) -> bool {
        if self.ends.is_some() {
            return open > 0 || self.last.wake.at_utc_ms.is_some();
        }
        let linger = i64::try_from(self.options.linger.as_millis()).unwrap_or(i64::MAX);
        self.last.wake.at_utc_ms.is_some_and(|at| at.saturating_sub(now.utc_ms) <= linger)
    }

    fn until_due(&self, now: &Now) -> Duration {
        let at = self.last.wake.at_utc_ms.unwrap_or(i64::MAX);
        Duration::from_millis(u64::try_from(at.saturating_sub(now.utc_ms)).unwrap_or(0).clamp(1, 86_400_000))
    }

    /// The network or the rules are others now: nothing more is written, and every connection is reset (law 2).
    fn cut_all(&self) {
        let under_way = self.sending.values().chain(self.asking.values()).chain(self.probing.values());
        under_way.for_each(|under_way| under_way.stop.cancel());
    }

    /// Something was paused or removed.
    async fn cut_unwanted(&self) -> Result<()> {
        let idle = self.sending.is_empty() && self.asking.is_empty() && self.probing.is_empty();
        if idle && self.making.is_empty() {
            return Ok(());
        }
        // What frees an upload that nobody wants is not unwanted for that.
        let sent = self.sending.iter().filter(|(_, under_way)| !under_way.frees).map(|(id, _)| *id);
        let ids: Vec<_> = sent.chain(self.making.keys().copied()).collect();
        let (unwanted, paused) =
            self.inner.store.read(move |conn| Ok((store::unwanted(conn, &ids)?, store::paused(conn)?))).await?;
        if paused {
            // Another process may have done it; here as there nothing more goes.
            self.inner.accounts.shut();
        }
        for id in &unwanted {
            let sending = self.sending.get(id).map(|under_way| &under_way.stop);
            sending
                .into_iter()
                .chain(self.making.get(id).map(|making| &making.stop))
                .for_each(CancellationToken::cancel);
        }
        Ok(())
    }

    /// Cuts what is under way and waits until all is recorded.
    async fn stop(&mut self) {
        self.cancel.cancel();
        while self.tasks.join_next().await.is_some() {}
    }

    async fn report(&self) -> Result<Report> {
        let targets = self.targets().await?;
        let served: Vec<_> = targets.iter().map(|t| t.id).collect();
        let of = served.clone();
        let counts = self.inner.store.read(move |conn| store::counts(conn, Some(&of))).await?;
        Ok(Report { counts, wake: wake(&self.inner, served).await?, stopped: self.stopped })
    }
}

/// When to run next for these targets. What could be begun at once is due at once.
async fn wake(inner: &Inner, targets: Vec<TargetId>) -> Result<Wake> {
    let (now, policy) = (inner.config.clock.now(), inner.settings.policy());
    let (link, power) = (inner.accounts.now().0, inner.settings.power());
    let nothing = Around { link, power, targets, ..Around::default() };
    let rules = policy.clone();
    let snapshot = inner.store.read(move |conn| store::load(conn, &nothing, &rules, &now)).await?;
    let Plan { actions, wake } = plan(&now, &snapshot, &policy);
    Ok(if actions.is_empty() { wake } else { Wake { at_utc_ms: Some(now.utc_ms), ..wake } })
}
