//! What came of a step: judged, told to the machine, and recorded in one transaction.

use std::sync::Arc;

use satchel_kernel::ids::LeaseId;
use satchel_kernel::outcome::{Headers, Identity, MAX_BODY, Outcome, Reply, Request};
use satchel_kernel::time::Now;
use satchel_kernel::wire::Wire;

use super::advance::{self, Advanced, Reached};
use super::task::{self, Purpose, Task};
use super::{HostOutcome, Peer, Taken, body};
use crate::door::Spent;
use crate::error::Result;
use crate::journal::Durable;
use crate::observe::Change;
use crate::outbox::Inner;
use crate::runner::conclude::{self, Conclusion};
use crate::runner::have;
use crate::sight::{Sight, Sights};
use crate::store::leases::{self, Lease};
use crate::store::{self, Target, deliveries, endpoints, money, uploads};

pub(super) async fn take(inner: &Arc<Inner>, id: LeaseId, told: HostOutcome) -> Result<Taken> {
    let Some(lease) = inner.store.read(move |conn| leases::get(conn, id)).await? else { return void(inner, id).await };
    let Some(handed) = lease.handed_utc_ms else { return Ok(Taken::Stale) };
    let task = Task::read(inner, &lease)?;
    let Some(target) = task::target(inner, lease.target, &task).await? else { return void(inner, id).await };
    match &task.purpose {
        Purpose::Have(_) => return answered(inner, lease, task, target, told).await,
        Purpose::Probe => return probed(inner, lease, task, target, told).await,
        Purpose::Wire { .. } | Purpose::Keys | Purpose::Free => {}
    }
    let Some((upload, wire, _)) = task::held(inner, &lease, &task).await? else { return void(inner, id).await };
    let outcome = seen(told, &task.request, &target, &wire);
    let (link, now) = (task.met_over(inner.accounts.now().0), inner.config.clock.now());
    let mut sights = Sights::after(task.unanswered.as_ref(), &task.request, &link, &now);
    sights.add(Sight::told(&task.request, &outcome, &link, &now));
    let cost = cost(&outcome);
    let located = wire.locator().map(str::to_owned);
    let Advanced { wire, reached, request, .. } =
        advance::after(&upload, wire, &task.purpose, &task.request, outcome, handed).await;
    let now = inner.config.clock.now();
    let acknowledged = wire.acknowledged();
    let telling = upload.clone();
    let recorded = inner.store.write(move |tx| {
        // Told twice at once, or void since: the first word counted.
        if leases::get(tx, id)?.is_none() {
            return Ok(None);
        }
        let file = leases::take(tx, id)?.flatten();
        pay(tx, id, cost, &now)?;
        uploads::step(tx, &upload.step_record(wire.clone(), request), &now)?;
        let (delivery, is_here) = (upload.out.delivery, task.is_here(tx)?);
        let wanted = upload.freeing || deliveries::is_in(tx, delivery, "sending")?;
        let conclusion = match reached {
            Reached::Send { purpose, request, wait_ms } if wanted => {
                let due = (wait_ms > 0).then(|| now.utc_ms.saturating_add_unsigned(wait_ms));
                let unanswered = sights.unanswered();
                let next = Task { purpose, request, unanswered, ..task };
                let held = Some((upload.id, delivery, lease.epoch));
                leases::insert(tx, &next.lease(lease.owner, held, upload.target.id, due)?, now.utc_ms)?;
                if let Some(began) = upload.began(located.as_deref(), &wire) {
                    upload.inner.journal.append(&[began], Durable::Now)?;
                    store::agree(tx, &upload.inner.journal)?;
                }
                return Ok(Some((true, vec![], file)));
            }
            Reached::Send { .. } => Conclusion::Stopped,
            Reached::End(conclusion) => conclusion,
        };
        let (conclusion, sight) = match (conclusion, is_here) {
            (Conclusion::Rest(rest), false) if rest.of_target => (Conclusion::Stopped, None),
            (other, false) => (other, None),
            (other, true) => {
                let sight = sights.telling(other.progressed());
                (other, sight)
            }
        };
        Ok(Some((false, conclude::record(tx, &upload, conclusion, sight.as_ref(), &now)?, file)))
    });
    let Some((more, changes, file)) = recorded.await? else { return Ok(Taken::Stale) };
    if !telling.out.is_stub() && acknowledged > 0 {
        telling.progress(acknowledged);
    }
    over(inner, changes, file);
    Ok(Taken::Recorded { more })
}

/// Takes a target's answer to what it has.
async fn answered(
    inner: &Arc<Inner>,
    lease: Lease,
    task: Task,
    target: Arc<Target>,
    told: HostOutcome,
) -> Result<Taken> {
    let (link, now) = (task.met_over(inner.accounts.now().0), inner.config.clock.now());
    let Purpose::Have(question) = task.purpose.clone() else { return Ok(Taken::Stale) };
    let request = task.request.clone();
    // The host ended it: that says nothing of the target.
    let stopped = matches!(told, HostOutcome::Cut { cut: satchel_kernel::outcome::Cut::Stopped, .. });
    let outcome = seen(told, &request, &target, &Wire::new(satchel_kernel::wire::Protocol::Post));
    let cost = cost(&outcome);
    let (telling, id) = (inner.clone(), lease.id);
    let sight = Sight::told(&request, &outcome, &link, &now);
    let recorded = inner.store.write(move |tx| {
        let Some(file) = leases::take(tx, id)? else { return Ok(None) };
        pay(tx, id, cost, &now)?;
        if stopped || !sight.is_authentic() && !task.is_here(tx)? {
            return Ok(Some((vec![], file)));
        }
        let outcome = Some((&outcome, &sight));
        let (_, changes) = have::record(tx, &telling, &target, &question, &request, outcome, &now)?;
        Ok(Some((changes, file)))
    });
    let Some((changes, file)) = recorded.await? else { return Ok(Taken::Stale) };
    over(inner, changes, file);
    Ok(Taken::Recorded { more: false })
}

/// Takes what came of a probe.
async fn probed(inner: &Arc<Inner>, lease: Lease, task: Task, target: Arc<Target>, told: HostOutcome) -> Result<Taken> {
    let request = &task.request;
    let outcome = seen(told, request, &target, &Wire::new(satchel_kernel::wire::Protocol::Post));
    let (link, now, id, seed) = (inner.accounts.now().0, inner.config.clock.now(), lease.id, inner.seed);
    let (cost, sight) = (cost(&outcome), Sight::told(request, &outcome, &task.met_over(link.clone()), &now));
    let (looked_at, proven) = (target.clone(), task.is_of(&link) && sight.is_proven());
    let recorded = inner.store.write(move |tx| {
        let Some(file) = leases::take(tx, id)? else { return Ok(None) };
        pay(tx, id, cost, &now)?;
        let saw = if task.is_here(tx)? { endpoints::saw(tx, &looked_at, &sight, &now, seed)? } else { None };
        Ok(Some((saw, file)))
    });
    let Some((saw, file)) = recorded.await? else { return Ok(Taken::Stale) };
    if proven && link.captive == Some(true) {
        inner.captive_is_wrong(&link);
    }
    let changed = saw.filter(|saw| saw.changed).map(|_| Change::Endpoints { target: target.id });
    over(inner, changed.into_iter().collect(), file);
    Ok(Taken::Recorded { more: false })
}

/// What a host's system put on the wire for a request, and got: the body as it says, and what surrounds it as it is on a
/// connection of its own with a certificate chain of the usual length (2.5 KB up, 4.5 KB down).
fn cost(outcome: &Outcome) -> Spent {
    let received = match outcome {
        Outcome::Reply { reply, .. } => reply.body.len() as u64,
        Outcome::Cut { .. } => 0,
    };
    Spent { sent: outcome.sent() + 2_500, received: received + 4_500, connections: 1 }
}

fn pay(tx: &store::Tx<'_>, lease: LeaseId, cost: Spent, now: &Now) -> Result<()> {
    match money::of_lease(tx, lease)? {
        Some(account) => money::close(tx, &account, Some(cost), now),
        None => Ok(()),
    }
}

/// A lease that holds nothing any more, or goes to what is no endpoint any more: nobody knows what it cost.
async fn void(inner: &Arc<Inner>, id: LeaseId) -> Result<Taken> {
    let now = inner.config.clock.now();
    let known = inner
        .store
        .write(move |tx| {
            let known = leases::let_go(tx, id)?;
            money::close_void(tx, &now)?;
            Ok(known)
        })
        .await?;
    body::remove(inner, known.flatten());
    Ok(Taken::Stale)
}

fn over(inner: &Inner, changes: Vec<Change>, file: Option<String>) {
    body::remove(inner, file);
    changes.into_iter().for_each(|change| inner.mention(change));
    inner.changed.notify_one();
}

/// The outcome in the kernel's words. Who answered is believed only as far as the target can be known so.
fn seen(told: HostOutcome, request: &Request, target: &Target, wire: &Wire) -> Outcome {
    let all = request.body_len();
    let count = |sent: Option<u64>| sent.map_or(all, |sent| sent.min(all));
    match told {
        HostOutcome::Cut { sent, cut } => Outcome::Cut { sent: count(sent), cut },
        HostOutcome::Reply { status, headers, mut body, url, peer, sent } => {
            let known = match peer {
                Peer::Unknown => false,
                Peer::Pin => target.spec.pin.is_some(),
                Peer::Root => target.spec.pin.is_none(),
            };
            let identity = match (url.scheme(), known) {
                ("https", true) => Identity::Proved,
                ("https", false) => Identity::Unknown,
                _ => Identity::None,
            };
            let headers = Headers(headers.into_iter().map(|(n, v)| (n.to_ascii_lowercase(), v)).collect());
            body.truncate(MAX_BODY);
            // A system that repeated it counts its last try, and a post is one file that went whole or not at all.
            let sent = if matches!(wire, Wire::Post(_)) { all } else { count(sent) };
            Outcome::Reply { sent, reply: Reply { url, identity, status, headers, body } }
        }
    }
}
