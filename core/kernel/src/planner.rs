//! What to do now, and when to wake next: `plan(&Now, &Snapshot, &Policy) -> Plan`.
//!
//! The snapshot is bounded: of each class only the first [`CANDIDATES`] come along, in the order in which they
//! would go, and the rest as counts. So a million assets cost no more than a hundred. The plan is a pure function
//! of its arguments (law 8): whoever asks twice gets the same answer.
//!
//! Order: urgent first; then text, preview, press, original; within each the newest first, or the oldest.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::ids::{BlobHash, DeliveryId, EndpointId, GrantId, PartId, TargetId};
use crate::link::{Link, LinkKind};
use crate::money::price;
use crate::policy::{Item, Order, Policy};
use crate::protocol::have::MAX_HASHES;
use crate::protocol::post::Rendition;
use crate::state::AssetKind;
use crate::time::Now;

mod endpoints;
pub mod permit;
mod reason;
mod snapshot;

pub use crate::wake::{LinkNeed, Wake};
pub use endpoints::{EndpointView, Store};
pub use permit::Permit;
pub use reason::{Delivery, Stage, clock, reason};
pub use snapshot::{Bench, Candidate, Group, Making, Snapshot, TargetView, Unchecked, World};

/// How many candidates of each class a snapshot holds at most.
pub const CANDIDATES: usize = 32;
/// Parts that are read one after another before the plan is made anew. One at a time: a phone has one flash chip, and
/// the reading is faster than any link.
pub const READ_IN_A_ROW: usize = 16;
/// What a preview is taken for before it is made, in bytes.
pub const PREVIEW: u64 = 24 << 10;
/// How many blobs a target is asked of at once over a link that costs: those that may go in the next minutes.
pub const ASKED_WHERE_IT_COSTS: usize = 64;
/// For how long what is being made is waited for by what goes after it, in milliseconds; a post that would take a preview along
/// goes without it then.
pub const PROMPT_MS: u64 = 2_000;
/// How many are made ready beyond what is on its way, so that the link never waits for them.
pub const AHEAD: usize = 2;
/// What such a question and its answer take, in bytes: 64 hashes in hexadecimal, receipts for those that are there.
const ASKED_BYTES: u64 = 24 << 10;
/// How long a phone's radio stays awake after a transfer, in milliseconds: what is due within it costs no further waking.
pub const RADIO_AWAKE_MS: u64 = 12_000;
/// On mobile data, waits end together, at multiples of this many milliseconds since boot.
pub const GATHER_MS: u64 = 60_000;

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Read these parts, one after another, and name them by their hashes.
    Read(Vec<PartId>),
    /// Ask a target which of these it has.
    AskHave {
        /// Which target.
        target: TargetId,
        /// By which endpoint.
        endpoint: EndpointId,
        /// Under this grant.
        grant: Option<GrantId>,
        /// These.
        hashes: Vec<(DeliveryId, BlobHash)>,
    },
    /// Make what goes: the preview that goes along with a post, a press rendition, an original without its metadata.
    Render(Making),
    /// Begin an upload, or go on with it.
    Send {
        /// Where to.
        target: TargetId,
        /// By which endpoint.
        endpoint: EndpointId,
        /// Which.
        delivery: DeliveryId,
        /// Under this grant.
        grant: Option<GrantId>,
        /// Of a post: its preview may go along.
        along: bool,
    },
    /// Free what a server keeps of an upload that nobody wants any more.
    Abandon {
        /// Where.
        target: TargetId,
        /// By which endpoint.
        endpoint: EndpointId,
        /// Which.
        delivery: DeliveryId,
    },
    /// Ask an endpoint whether it is open again.
    Probe {
        /// Of which target.
        target: TargetId,
        /// Which endpoint.
        endpoint: EndpointId,
        /// Under this grant.
        grant: Option<GrantId>,
    },
}

/// What the plan says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Plan {
    /// In this order, all at once.
    pub actions: Vec<Action>,
    /// When to wake next if nothing happens before.
    pub wake: Wake,
}

/// Plans.
pub fn plan(now: &Now, snapshot: &Snapshot, policy: &Policy) -> Plan {
    let at_once = policy.uploads_over(&snapshot.world.link, &snapshot.world.power);
    plan_for(now, snapshot, policy, at_once.saturating_sub(snapshot.sending))
}

/// Plans for a host whose system takes its requests in a queue: at most so many uploads are begun. How many of them go
/// side by side is then the system's to say.
pub fn plan_for(now: &Now, snapshot: &Snapshot, policy: &Policy, free: usize) -> Plan {
    let Snapshot {
        world,
        unread,
        groups,
        candidates,
        unchecked,
        reading,
        dropped,
        asking,
        probing,
        next_due,
        open,
        ..
    } = snapshot;
    if world.paused {
        return Plan::default();
    }
    let mut actions = Vec::new();
    if !reading && !unread.is_empty() {
        actions.push(Action::Read(unread.iter().take(READ_IN_A_ROW).copied().collect()));
    }
    let (awake, resting): (Vec<_>, Vec<_>) = world.targets.iter().partition(|t| t.is_awake(now));
    let way = |target: TargetId, store| Some(world.targets.iter().find(|t| t.id == target)?.way(now, store)?.id);
    let mut ready: Vec<_> = candidates.iter().filter_map(|c| Some((c, way(c.target, c.store)?))).collect();
    ready.sort_by_key(|(c, _)| c.rank(policy.order));
    let bound: Vec<_> = candidates.iter().filter_map(|c| Some((c.target, c.store?))).collect();
    let awaited = awaited(now, snapshot, &awake, policy);
    // What is begun here is not there for the next one.
    let seen = world;
    let mut world = world.clone();
    let mut making = snapshot.making.clone();
    let (mut renders, mut sends, mut ahead) = (Vec::new(), Vec::new(), AHEAD);
    for (candidate, endpoint) in ready {
        // What is being made keeps the place of its turn for a while.
        let held = making.iter().filter(|made| made.is_prompt()).any(|made| made.turn() < candidate.turn());
        if held || awaited.iter().any(|(target, turn)| *target == candidate.target && *turn < candidate.turn()) {
            continue;
        }
        let Some(item) = groups.get(candidate.group).map(Group::item) else { continue };
        let leave = |item: &Item<'_>, bytes| permit::permit(now, item, bytes, candidate.grant, &world, policy).ok();
        let Some(Permit { grant, .. }) = leave(&item, candidate.todo) else { continue };
        if !world.may_join(candidate.target, grant) {
            continue;
        }
        let is_full = sends.len() >= free;
        if is_full && ahead == 0 {
            break;
        }
        let Candidate { target, delivery, class, urgent, .. } = *candidate;
        let preview = Item { rendition: Rendition::Preview, ..item };
        let mut along = class == Rendition::Text
            && leave(&preview, candidate.todo + PREVIEW).is_some_and(|permit| permit.grant == grant);
        let mut is_ready = true;
        if candidate.unrendered && (along || class != Rendition::Text) {
            let bench = candidate.bench(&item);
            match making.iter().find(|made| made.bench == bench).map(Making::is_prompt) {
                None => {
                    let made = Making { delivery, class, urgent, bench, for_ms: 0 };
                    renders.push(Action::Render(made.clone()));
                    making.push(made);
                    is_ready = false;
                }
                // Words do not wait for pictures that take their time; whatever else this is, it cannot go without.
                Some(false) if class == Rendition::Text => along = false,
                Some(_) => continue,
            }
        }
        if is_full {
            ahead -= 1;
            continue;
        }
        if is_ready {
            sends.push(Action::Send { target, endpoint, delivery, grant, along });
        }
        let bytes = candidate.todo + if along { PREVIEW } else { 0 };
        world.spend(price::expected(bytes), grant);
        world.enter(target, grant);
    }
    let way_out = permit::has_way_out(&world.link);
    let asks = awake.iter().filter(|t| t.have_check && !asking.contains(&t.id));
    let asks: Vec<_> = asks.filter_map(|target| ask(now, target, unchecked, groups, &world, policy)).collect();
    actions.extend(asks);
    actions.extend(endpoints::probes(now, snapshot, &bound, policy));
    // Freeing what a server keeps is worth what any photo is worth.
    let plain = Item { kind: AssetKind::Photo, rendition: Rendition::Original, album: "", urgent: false };
    let may_free =
        |target| world.may_join(target, None) && permit::permit(now, &plain, 0, None, &world, policy).is_ok();
    let abandons = dropped.iter().filter(|(target, ..)| may_free(*target));
    let abandons: Vec<_> = abandons
        .filter_map(|(target, delivery, store)| {
            let (target, delivery, endpoint) = (*target, *delivery, way(*target, *store)?);
            Some(Action::Abandon { target, endpoint, delivery })
        })
        .collect();
    let room = free.saturating_sub(sends.len());
    let begun = !sends.is_empty();
    actions.extend(renders);
    actions.extend(sends);
    actions.extend(abandons.into_iter().take(room));
    let held = groups.iter().filter(|_| *open > 0);
    let refused: Vec<_> =
        held.filter_map(|group| group.refusal(now, &world, policy).map(|wake| (group.bytes, wake))).collect();
    let refused = refused.iter().map(|(bytes, wake)| Wake { bytes: *bytes, ..*wake });
    let unpaid = endpoints::unpaid(now, snapshot, &bound, policy);
    let mut wake = Wake::first_of(refused.chain(unpaid.into_iter().filter(|_| *open > 0)));
    // A resting target matters only while something is open for it.
    let rests = resting.iter().filter_map(|target| target.next_try(now));
    let probes = seen.targets.iter().filter(|t| !probing.contains(&t.id)).filter_map(|t| t.next_probe(now, &bound));
    let due = rests.chain(probes).filter(|_| *open > 0).chain(*next_due).map(|due| due.remaining_ms(now)).min();
    let due = due.map(|ms| gathered(now, &world.link, ms, begun || snapshot.sending > 0));
    if way_out && let Some(ms) = due {
        wake = wake.and_at(now.utc_ms.saturating_add_unsigned(ms));
    } else if let Some(ms) = next_due.map(|due| due.remaining_ms(now)) {
        wake = wake.and_at(now.utc_ms.saturating_add_unsigned(ms));
    }
    Plan { actions, wake }
}

/// What goes before other things, and of which a target is being asked, or is to be: those wait for its word, so that a
/// press rendition is not overtaken by its original.
fn awaited(
    now: &Now,
    snapshot: &Snapshot,
    awake: &[&TargetView],
    policy: &Policy,
) -> Vec<(TargetId, (bool, Rendition))> {
    let Snapshot { world, groups, unchecked, asking, .. } = snapshot;
    let mut turns = Vec::new();
    for target in awake.iter().filter(|target| target.have_check) {
        let question =
            if asking.contains(&target.id) { None } else { ask(now, target, unchecked, groups, world, policy) };
        let asked: Option<HashSet<_>> = match &question {
            Some(Action::AskHave { hashes, .. }) => Some(hashes.iter().map(|(delivery, _)| *delivery).collect()),
            _ if asking.contains(&target.id) => None,
            _ => continue,
        };
        let mine = unchecked.iter().filter(|one| one.target == target.id);
        let mine = mine.filter(|one| asked.as_ref().is_none_or(|asked| asked.contains(&one.delivery)));
        turns.extend(mine.filter_map(|one| Some((target.id, groups.get(one.group)?.turn()))));
    }
    turns.sort_unstable();
    turns.dedup();
    turns
}

/// What a target is to be asked: only of what may go, since the question costs as well.
fn ask(
    now: &Now,
    target: &TargetView,
    unchecked: &[Unchecked],
    groups: &[Group],
    world: &World,
    policy: &Policy,
) -> Option<Action> {
    let most = if world.link.class().is_free() { MAX_HASHES } else { ASKED_WHERE_IT_COSTS };
    let unsized_policy = whatever_its_size(policy);
    let (way, id) = (target.way(now, None)?, target.id);
    // What belongs to a store is asked about there, once all else is asked about.
    let ours = || unchecked.iter().filter(|one| one.target == id);
    let by_way = |one: &&Unchecked| one.store.is_none_or(|store| store == way.store);
    let elsewhere = || ours().find_map(|one| target.way(now, Some(one.store?)));
    let way = if ours().any(|one| by_way(&one)) { way } else { elsewhere()? };
    let (endpoint, target, store) = (way.id, id, way.store);
    let mine = || ours().filter(|one| one.store.is_none_or(|of| of == store));
    // Where a budget has too little left for a long question, what is small may still go: it is asked for in a short one.
    [most, 16, 4, 1].into_iter().find_map(|most| {
        let bytes = ASKED_BYTES.min(ASKED_BYTES / ASKED_WHERE_IT_COSTS as u64 * most as u64);
        let leave = |one: &&Unchecked| {
            let item = groups.get(one.group)?.item();
            permit::permit(now, &item, bytes, one.grant, world, &unsized_policy).ok().map(|permit| permit.grant)
        };
        let first = mine().filter_map(|one| leave(&one)).filter(|grant| world.may_join(target, *grant)).max()?;
        let hashes = mine().filter(|one| leave(one) == Some(first)).map(|one| (one.delivery, one.hash));
        Some(Action::AskHave { target, endpoint, grant: first, hashes: hashes.take(most).collect() })
    })
}

/// How large a thing may be does not bound a question for it; budgets do.
fn whatever_its_size(policy: &Policy) -> Policy {
    let mut policy = policy.clone();
    policy.rules.iter_mut().flat_map(|rule| &mut rule.allow).for_each(|way| way.up_to_bytes = None);
    policy
}

/// On mobile data, what is not due at once waits for its fellows, so that the radio sleeps in between: a transfer of a few
/// bytes keeps it awake for ten seconds or more.
fn gathered(now: &Now, link: &Link, ms: u64, busy: bool) -> u64 {
    if link.kind != LinkKind::Cellular || busy || ms <= RADIO_AWAKE_MS {
        return ms;
    }
    let at = now.since_boot_ms.saturating_add(ms);
    at.div_ceil(GATHER_MS).saturating_mul(GATHER_MS).saturating_sub(now.since_boot_ms)
}

impl World {
    /// Whether something may be sent to a target under this grant, or none, beside what is sent to it already.
    fn may_join(&self, target: TargetId, grant: Option<GrantId>) -> bool {
        self.entered.iter().all(|(t, under)| *t != target || *under == grant)
    }

    fn enter(&mut self, target: TargetId, grant: Option<GrantId>) {
        self.entered.push((target, grant));
    }

    /// Takes so many billed bytes from the budgets that cover the link, and from the grant.
    fn spend(&mut self, bytes: u64, grant: Option<GrantId>) {
        let Self { link, budgets, grants, .. } = self;
        for view in budgets.iter_mut().filter(|view| view.budget.covers(link)) {
            view.left = view.left.saturating_sub(bytes);
        }
        for view in grants.iter_mut().filter(|view| Some(view.id) == grant) {
            view.left = view.left.saturating_sub(bytes);
        }
    }
}

impl Group {
    /// What rules decide about.
    pub fn item(&self) -> Item<'_> {
        let Self { kind, rendition, album, urgent, .. } = self;
        Item { kind: *kind, rendition: *rendition, album, urgent: *urgent }
    }

    /// Its place among the groups of a target.
    fn turn(&self) -> (bool, Rendition) {
        (!self.urgent, self.rendition)
    }

    /// When what is in it may go, if not now. Of one whose members differ in size, an average one speaks; a pair goes as one, and
    /// has two.
    fn refusal(&self, now: &Now, world: &World, policy: &Policy) -> Option<Wake> {
        if self.open == 0 {
            return None;
        }
        let is_half = self.kind == AssetKind::Pair && self.rendition == Rendition::Original;
        let bytes = self.bytes / self.open * if is_half { 2 } else { 1 };
        permit::permit(now, &self.item(), bytes, None, world, policy).err().map(|refused| refused.goes)
    }
}

impl Making {
    /// Whether what goes after it still waits for it.
    const fn is_prompt(&self) -> bool {
        self.for_ms < PROMPT_MS
    }

    /// See [`Group::turn`].
    fn turn(&self) -> (bool, Rendition) {
        (!self.urgent, self.class)
    }
}

impl Candidate {
    /// See [`Group::turn`].
    fn turn(&self) -> (bool, Rendition) {
        (!self.urgent, self.class)
    }

    /// Where what is missing of it is made.
    fn bench(&self, item: &Item<'_>) -> Bench {
        // A plain original of a video is made by copying it without its metadata, which is no film.
        let is_film = item.kind == AssetKind::Video && self.class != Rendition::Original;
        if is_film { Bench::Films } else { Bench::Pictures }
    }

    fn rank(&self, order: Order) -> (bool, bool, Rendition, i64, DeliveryId) {
        let age = match order {
            Order::Newest => self.order.saturating_neg(),
            Order::Oldest => self.order,
        };
        (self.grant.is_none(), !self.urgent, self.class, age, self.delivery)
    }
}

#[cfg(test)]
mod tests;
