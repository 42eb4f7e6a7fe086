//! What to do now, and when to wake next: `plan(&Now, &Snapshot, &Policy) -> Plan`.
//!
//! The snapshot is bounded: of each class only the first [`CANDIDATES`] come along, in the order in which they
//! would go, and the rest as counts. So a million assets cost no more than a hundred. The plan is a pure function
//! of its arguments (law 8): whoever asks twice gets the same answer.
//!
//! Order: urgent first; then text, preview, press, original; within each the newest first, or the oldest.

use serde::{Deserialize, Serialize};

use crate::ids::{BlobHash, DeliveryId, PartId, TargetId};
use crate::link::Link;
use crate::policy::{Order, Policy};
use crate::protocol::have::MAX_HASHES;
use crate::protocol::post::Rendition;
use crate::state::{AssetState, ParkReason, Proof, Trouble, WaitReason};
use crate::time::{Due, Now};

/// How many candidates of each class a snapshot holds at most.
pub const CANDIDATES: usize = 32;
/// Parts that are read one after another before the plan is made anew. One at a time: a phone has one flash chip, and
/// the reading is faster than any link.
pub const READ_IN_A_ROW: usize = 16;

/// What the plan is made from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Snapshot {
    /// What concerns every asset.
    pub world: World,
    /// Parts that were accepted and not read yet, in order, at most [`CANDIDATES`].
    pub unread: Vec<PartId>,
    /// Deliveries that may go now, for each target and class at most [`CANDIDATES`].
    pub candidates: Vec<Candidate>,
    /// Deliveries of which the server was not asked yet, at most [`MAX_HASHES`] for each target.
    pub unchecked: Vec<(TargetId, DeliveryId, BlobHash)>,
    /// Uploads under way, leased ones included.
    pub sending: usize,
    /// Whether parts are being read.
    pub reading: bool,
    /// Deliveries that nobody wants any more, of which a server may still keep something.
    pub dropped: Vec<(TargetId, DeliveryId)>,
    /// Targets that are being asked what they have.
    pub asking: Vec<TargetId>,
    /// The earliest end of a wait among deliveries and parts that rest.
    pub next_due: Option<Due>,
    /// How many deliveries are neither delivered, parked nor removed, those that rest included.
    pub open: u64,
}

/// What concerns every asset: the snapshot without its candidates.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct World {
    /// The network.
    pub link: Link,
    /// Whether the person paused the outbox.
    pub paused: bool,
    /// Targets that this run serves.
    pub targets: Vec<TargetView>,
}

/// A target, as the planner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetView {
    /// Which.
    pub id: TargetId,
    /// Whether it can be asked what it has.
    pub have_check: bool,
    /// Set while it rests after a trouble that every delivery would meet.
    pub rest: Option<(Due, Trouble)>,
}

/// A delivery that may go now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Which.
    pub delivery: DeliveryId,
    /// Where to.
    pub target: TargetId,
    /// What it is.
    pub class: Rendition,
    /// Its asset, or one of its twins, is urgent.
    pub urgent: bool,
    /// Grows with each asset added.
    pub order: i64,
    /// A post whose preview is to be made before it goes.
    pub unrendered: bool,
}

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// Read these parts, one after another, and name them by their hashes.
    Read(Vec<PartId>),
    /// Ask a target which of these it has.
    AskHave(TargetId, Vec<(DeliveryId, BlobHash)>),
    /// Make the preview that goes along with this post.
    Render(TargetId, DeliveryId),
    /// Begin an upload, or go on with it.
    Send(TargetId, DeliveryId),
    /// Free what a server keeps of an upload that nobody wants any more.
    Abandon(TargetId, DeliveryId),
}

/// What the plan says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Plan {
    /// In this order, all at once.
    pub actions: Vec<Action>,
    /// When to wake next if nothing happens before.
    pub wake: Wake,
}

/// When to run next at the earliest, and what must be true then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Wake {
    /// Not before this, by the wall clock, in milliseconds since 1970; `None` when time alone changes nothing.
    pub at_utc_ms: Option<i64>,
    /// Something waits for a link of this kind.
    pub needs: Option<LinkNeed>,
}

/// The least that a link must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkNeed {
    /// Any network.
    Any,
    /// One that costs nothing.
    Unmetered,
}

/// Plans.
pub fn plan(now: &Now, snapshot: &Snapshot, policy: &Policy) -> Plan {
    let free = usize::from(policy.uploads_at_once.clamp(1, 8)).saturating_sub(snapshot.sending);
    plan_for(now, snapshot, policy, free)
}

/// Plans for a host whose system takes its requests in a queue: at most so many uploads are begun. How many of them go
/// side by side is then the system's to say.
pub fn plan_for(now: &Now, snapshot: &Snapshot, policy: &Policy, free: usize) -> Plan {
    let Snapshot { world, unread, candidates, unchecked, sending: _, reading, dropped, asking, next_due, open } =
        snapshot;
    let mut actions = Vec::new();
    if world.paused {
        return Plan::default();
    }
    if !reading && !unread.is_empty() {
        actions.push(Action::Read(unread.iter().take(READ_IN_A_ROW).copied().collect()));
    }
    let mut wake_at = next_due.map(|due| due.remaining_ms(now));
    let mut needs = None;
    if policy.allows(&world.link).is_err() {
        needs = (*open > 0).then_some(match policy.links {
            crate::policy::Links::Any => LinkNeed::Any,
            crate::policy::Links::Unmetered => LinkNeed::Unmetered,
        });
    } else {
        let (awake, resting): (Vec<_>, Vec<_>) = world.targets.iter().partition(|t| t.is_awake(now));
        for target in &awake {
            let hashes: Vec<_> =
                unchecked.iter().filter(|(t, ..)| *t == target.id).map(|(_, d, h)| (*d, *h)).take(MAX_HASHES).collect();
            if target.have_check && !asking.contains(&target.id) && !hashes.is_empty() {
                actions.push(Action::AskHave(target.id, hashes));
            }
        }
        let is_awake = |target: TargetId| awake.iter().any(|t| t.id == target);
        let mut ready: Vec<&Candidate> = candidates.iter().filter(|c| is_awake(c.target)).collect();
        ready.sort_by_key(|c| c.rank(policy.order));
        let sends = ready.iter().map(|c| match c.unrendered {
            true => Action::Render(c.target, c.delivery),
            false => Action::Send(c.target, c.delivery),
        });
        let abandons = dropped.iter().filter(|(t, _)| is_awake(*t)).map(|(t, d)| Action::Abandon(*t, *d));
        actions.extend(sends.chain(abandons).take(free));
        // A resting target matters only while something is open for it.
        let rests = resting.iter().filter_map(|t| t.rest).map(|(due, _)| due.remaining_ms(now));
        wake_at = wake_at.into_iter().chain(rests.filter(|_| *open > 0)).min();
    }
    let at_utc_ms = wake_at.map(|ms| now.utc_ms.saturating_add_unsigned(ms));
    Plan { actions, wake: Wake { at_utc_ms, needs } }
}

impl TargetView {
    /// Whether it may be sent to now.
    pub fn is_awake(&self, now: &Now) -> bool {
        self.rest.is_none_or(|(due, _)| due.is_over(now))
    }
}

impl Candidate {
    fn rank(&self, order: Order) -> (bool, Rendition, i64, DeliveryId) {
        let age = match order {
            Order::Newest => self.order.saturating_neg(),
            Order::Oldest => self.order,
        };
        (!self.urgent, self.class, age, self.delivery)
    }
}

/// A delivery as it is stored: enough to say what its state is and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Where to.
    pub target: TargetId,
    /// Where it stands.
    pub stage: Stage,
}

/// Where a delivery stands, as it is stored. What `waiting` waits for is not stored but computed: it changes with the world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// May go; or rests until a time, after trouble of its own.
    Waiting(Option<(Due, Trouble)>),
    /// An upload is leased.
    Sending,
    /// There.
    Delivered(Proof),
    /// Needs a person.
    Parked(ParkReason),
}

/// The state of a delivery, with its reason.
pub fn reason(now: &Now, delivery: &Delivery, world: &World, policy: &Policy) -> AssetState {
    let rest = match &delivery.stage {
        Stage::Sending => return AssetState::Sending,
        Stage::Delivered(proof) => return AssetState::Delivered { proof: *proof },
        Stage::Parked(reason) => return AssetState::Parked { reason: reason.clone() },
        Stage::Waiting(rest) => rest.filter(|(due, _)| !due.is_over(now)),
    };
    let at = |due: Due| now.utc_ms.saturating_add_unsigned(due.remaining_ms(now));
    let target_rest = world.targets.iter().find(|t| t.id == delivery.target).and_then(|t| t.rest);
    let reason = if world.paused {
        WaitReason::Paused
    } else if let Err(reason) = policy.allows(&world.link) {
        reason
    } else if let Some((due, trouble)) = target_rest.filter(|(due, _)| !due.is_over(now)) {
        WaitReason::TargetRests { at_utc_ms: at(due), trouble }
    } else if let Some((due, trouble)) = rest {
        WaitReason::Retry { at_utc_ms: at(due), trouble }
    } else {
        WaitReason::Turn
    };
    AssetState::Waiting { reason }
}

#[cfg(test)]
mod tests;
