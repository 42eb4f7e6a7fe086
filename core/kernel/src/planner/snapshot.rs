//! What a plan is made from: bounded, whatever the outbox holds.

use serde::{Deserialize, Serialize};

use super::endpoints::{EndpointView, Store};
use crate::ids::{BlobHash, DeliveryId, GrantId, PartId, TargetId};
use crate::link::Link;
use crate::money::budget::BudgetView;
use crate::money::grant::GrantView;
use crate::power::Power;
use crate::protocol::post::Rendition;
use crate::state::{AssetKind, Trouble};
use crate::time::Due;

/// What the plan is made from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Snapshot {
    /// What concerns every asset.
    pub world: World,
    /// Parts that were accepted and not read yet, in order, at most [`CANDIDATES`](super::CANDIDATES).
    pub unread: Vec<PartId>,
    /// What is open, by what rules can tell apart.
    pub groups: Vec<Group>,
    /// Deliveries that may go now, for each target and class at most [`CANDIDATES`](super::CANDIDATES).
    pub candidates: Vec<Candidate>,
    /// Deliveries of which the server was not asked yet, at most [`MAX_HASHES`](crate::protocol::have::MAX_HASHES) for each target.
    pub unchecked: Vec<Unchecked>,
    /// Uploads under way, leased ones included.
    pub sending: usize,
    /// What is being made.
    pub making: Vec<Making>,
    /// Whether parts are being read.
    pub reading: bool,
    /// Deliveries that nobody wants any more, of which a server may still keep something; and the store that it is in.
    pub dropped: Vec<(TargetId, DeliveryId, Option<Store>)>,
    /// Targets that are being asked what they have.
    pub asking: Vec<TargetId>,
    /// Targets of which an endpoint is being probed.
    pub probing: Vec<TargetId>,
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
    /// How the device is fed.
    pub power: Power,
    /// Whether the person paused the outbox.
    pub paused: bool,
    /// Targets that this run serves.
    pub targets: Vec<TargetView>,
    /// Budgets, with what they have left.
    pub budgets: Vec<BudgetView>,
    /// Grants that hold.
    pub grants: Vec<GrantView>,
    /// Targets that are being sent to, and under which grant: bytes of one grant are counted apart from all others, so
    /// connections are not shared between them.
    pub entered: Vec<(TargetId, Option<GrantId>)>,
}

/// Open deliveries to one target that no rule tells apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Where to.
    pub target: TargetId,
    /// What kind of asset.
    pub kind: AssetKind,
    /// Which rendition.
    pub rendition: Rendition,
    /// The album; empty where there is none.
    pub album: String,
    /// Urgent.
    pub urgent: bool,
    /// How many.
    pub open: u64,
    /// Their payload bytes.
    pub bytes: u64,
}

/// A target, as the planner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetView {
    /// Which.
    pub id: TargetId,
    /// Whether it can be asked what it has.
    pub have_check: bool,
    /// Set while it rests after a trouble that every delivery would meet, by whichever endpoint.
    pub rest: Option<(Due, Trouble)>,
    /// The ways to it, in the order in which they are tried.
    pub endpoints: Vec<EndpointView>,
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
    /// A post whose preview, or something whose bytes, are to be made before it goes.
    pub unrendered: bool,
    /// Which of the snapshot's groups it is in.
    pub group: usize,
    /// Payload bytes that the server has not said it kept.
    pub todo: u64,
    /// The grant that it may go by.
    pub grant: Option<GrantId>,
    /// The store that it belongs to, where bytes of it were sent: only endpoints that lead there carry it.
    pub store: Option<Store>,
}

/// A delivery of which the server was not asked yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unchecked {
    /// Which.
    pub delivery: DeliveryId,
    /// Where to.
    pub target: TargetId,
    /// Its payload.
    pub hash: BlobHash,
    /// The store that it belongs to: what another one says of it tells nothing.
    pub store: Option<Store>,
    /// Which of the snapshot's groups it is in.
    pub group: usize,
    /// The grant that it may go by.
    pub grant: Option<GrantId>,
}

/// What is made one at a time: each picture takes tens of megabytes while it is made, and a film minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bench {
    /// Previews and press renditions of photos, originals without their metadata.
    Pictures,
    /// What the host makes of videos, which may take its time: their pictures and press renditions.
    Films,
}

/// Something that is being made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Making {
    /// For which delivery.
    pub delivery: DeliveryId,
    /// What it is.
    pub class: Rendition,
    /// Its asset is urgent.
    pub urgent: bool,
    /// Where it is made.
    pub bench: Bench,
    /// For how long, in milliseconds.
    pub for_ms: u64,
}
