//! By which endpoint a target's traffic goes, and which of them are probed: the first in order that is open gets it, and one
//! that stands before it gets it back once a probe finds it open again.

use serde::{Deserialize, Serialize};

use super::{Action, Group, Snapshot, TargetView, Wake, World, permit, whatever_its_size};
use crate::health::{Fares, Health, PROBE_BYTES};
use crate::ids::{EndpointId, GrantId, TargetId};
use crate::policy::{Item, Policy};
use crate::protocol::post::Rendition;
use crate::state::{AssetKind, Trouble};
use crate::time::{Due, Now};

/// How long a slow endpoint stands behind those that are not, in milliseconds; then it is tried in its turn.
const SLOW_MS: i64 = 30 * 60 * 1000;

/// Where a target's uploads are kept: endpoints with the same store lead to the same uploads.
pub type Store = u32;

/// One way to a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointView {
    /// Which.
    pub id: EndpointId,
    /// Where it leads.
    pub store: Store,
    /// It proves to be itself (TLS): its answer counts for more than a hint that the network is captive.
    pub proves: bool,
    /// How it fares on the network that there is.
    pub fares: Fares,
}

impl TargetView {
    /// The endpoint by which something goes now: the first that is open, or was not tried yet; of a store, where what goes
    /// belongs to one.
    pub fn way(&self, now: &Now, store: Option<Store>) -> Option<&EndpointView> {
        if self.rest.is_some_and(|(due, _)| !due.is_over(now)) {
            return None;
        }
        let usable =
            self.of_store(store).filter(|endpoint| endpoint.fares.is_awake(now) && !self.wants_probe(endpoint));
        // Of equals the first.
        usable.min_by_key(|endpoint| {
            let slow = endpoint.fares.health == Health::Slow;
            slow && (0..SLOW_MS).contains(&now.utc_ms.saturating_sub(endpoint.fares.since_utc_ms))
        })
    }

    /// Whether it may be sent to now.
    pub fn is_awake(&self, now: &Now) -> bool {
        self.way(now, None).is_some()
    }

    /// Until when nothing goes there, and why; of a store, where what goes belongs to one.
    pub fn rests(&self, now: &Now, store: Option<Store>) -> Option<(Due, Trouble)> {
        if self.way(now, store).is_some() {
            return None;
        }
        let own = self.rest.filter(|(due, _)| !due.is_over(now));
        let of_ways = || {
            // One that is suspect is probed at once.
            let rests = self.of_store(store).filter_map(|endpoint| {
                let Fares { due, trouble, .. } = endpoint.fares;
                Some((due.unwrap_or_else(|| now.after(0)), trouble?))
            });
            rests.min_by_key(|(due, _)| due.remaining_ms(now))
        };
        own.or_else(of_ways)
    }

    fn of_store(&self, store: Option<Store>) -> impl Iterator<Item = &EndpointView> {
        self.endpoints.iter().filter(move |endpoint| store.is_none_or(|store| store == endpoint.store))
    }

    /// Where there is another way, nothing is lost by asking first.
    fn wants_probe(&self, endpoint: &EndpointView) -> bool {
        let Fares { health, cleared, .. } = endpoint.fares;
        endpoint.fares.wants_probe() || self.endpoints.len() > 1 && health == Health::Down && !cleared
    }

    /// Those that would be used, were they found open: what stands before the way that there is, and what leads to a store to
    /// which something belongs.
    fn missed<'a>(&'a self, now: &Now, bound: &'a [(TargetId, Store)]) -> impl Iterator<Item = &'a EndpointView> {
        let way = self.way(now, None).map(|way| way.id);
        let before =
            self.endpoints.iter().position(|endpoint| Some(endpoint.id) == way).unwrap_or(self.endpoints.len());
        self.endpoints.iter().enumerate().filter_map(move |(place, endpoint)| {
            let wanted = place < before || bound.contains(&(self.id, endpoint.store));
            (wanted && self.wants_probe(endpoint)).then_some(endpoint)
        })
    }

    /// When the first of these may be probed, of those that wait for it.
    pub(super) fn next_probe(&self, now: &Now, bound: &[(TargetId, Store)]) -> Option<Due> {
        first(now, self.missed(now, bound))
    }

    /// When the first of its waits ends, while nothing goes there. One that is over already says nothing: what it held back goes
    /// now, or waits for something else than time.
    pub(super) fn next_try(&self, now: &Now) -> Option<Due> {
        let own = self.rest.map(|(due, _)| due).filter(|due| !due.is_over(now));
        own.or_else(|| first(now, self.endpoints.iter()))
    }
}

fn first<'a>(now: &Now, endpoints: impl Iterator<Item = &'a EndpointView>) -> Option<Due> {
    let waits = endpoints.filter_map(|endpoint| endpoint.fares.due).filter(|due| !due.is_over(now));
    waits.min_by_key(|due| due.remaining_ms(now))
}

/// Probes that may go now: for each target the first endpoint that is due. None where the rules let nothing go to the target,
/// and none for a target with nothing to send. `bound` are the stores to which something belongs.
pub(super) fn probes(now: &Now, snapshot: &Snapshot, bound: &[(TargetId, Store)], policy: &Policy) -> Vec<Action> {
    let Snapshot { world, probing, .. } = snapshot;
    let captive = world.link.captive == Some(true);
    // That the system calls the network captive is a hint: the service's own answer tells.
    let mut believed = world.clone();
    believed.link.captive = world.link.captive.map(|_| false);
    let due = |target: &TargetView| {
        let awake = |endpoint: &&EndpointView| endpoint.fares.is_awake(now);
        if captive {
            // A portal that a person can open is not tried again, unless that person says so.
            let untried = |endpoint: &&EndpointView| {
                let Fares { health, due, cleared, .. } = endpoint.fares;
                endpoint.proves && !cleared && (health != Health::Captive || due.is_none())
            };
            let mut untried = target.endpoints.iter().filter(untried);
            return untried.find(awake).map(|endpoint| endpoint.id);
        }
        target.missed(now, bound).find(awake).map(|endpoint| endpoint.id)
    };
    let rests = |target: &&TargetView| target.rest.is_some_and(|(due, _)| !due.is_over(now));
    let idle = world.targets.iter().filter(|target| !probing.contains(&target.id) && !rests(target));
    let due = idle.filter_map(|target| Some((target.id, due(target)?)));
    due.filter_map(|(target, endpoint)| {
        let grant = leave(now, target, snapshot, &believed, policy)?;
        Some(Action::Probe { target, endpoint, grant })
    })
    .collect()
}

/// When there is leave to probe, for what the rules would let go if only there was a way.
pub(super) fn unpaid(now: &Now, snapshot: &Snapshot, bound: &[(TargetId, Store)], policy: &Policy) -> Vec<Wake> {
    let world = &snapshot.world;
    let wanted = |group: &&Group| {
        let target = world.targets.iter().find(|target| target.id == group.target);
        group.open > 0 && target.is_some_and(|target| target.missed(now, bound).next().is_some())
    };
    let policy = whatever_its_size(policy);
    let refused = |group: &Group| permit::permit(now, &group.item(), PROBE_BYTES, None, world, &policy).err();
    snapshot.groups.iter().filter(wanted).filter_map(refused).map(|refused| Wake { bytes: 0, ..refused.goes }).collect()
}

/// The grant, or none, by which a probe may go to a target: whatever may go there takes one along.
fn leave(now: &Now, target: TargetId, snapshot: &Snapshot, world: &World, policy: &Policy) -> Option<Option<GrantId>> {
    let policy = &whatever_its_size(policy);
    let may = |item: &Item<'_>, grant| {
        permit::permit(now, item, PROBE_BYTES, grant, world, policy).ok().map(|permit| permit.grant)
    };
    let groups = &snapshot.groups;
    let open = groups.iter().filter(|group| group.target == target && group.open > 0);
    let candidates = snapshot.candidates.iter().filter(|one| one.target == target);
    let unchecked = snapshot.unchecked.iter().filter(|one| one.target == target);
    let granted = candidates.map(|one| (one.group, one.grant)).chain(unchecked.map(|one| (one.group, one.grant)));
    let granted = granted.filter(|(_, grant)| grant.is_some());
    let plain = Item { kind: AssetKind::Photo, rendition: Rendition::Original, album: "", urgent: false };
    let dropped = snapshot.dropped.iter().filter(|(of, _, _)| *of == target).map(|_| (plain, None));
    open.map(|group| (group.item(), None))
        .chain(granted.filter_map(|(group, grant)| Some((groups.get(group)?.item(), grant))))
        .chain(dropped)
        .filter_map(|(item, grant)| may(&item, grant))
        .find(|grant| world.may_join(target, *grant))
}
