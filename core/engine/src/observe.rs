//! What observers are told. Events say that something changed, not all of it: whoever shows a list asks for the page.

use satchel_kernel::ids::{AssetId, TargetId};
use satchel_kernel::planner::Wake;
use satchel_kernel::protocol::post::Rendition;
use satchel_kernel::state::{ParkReason, Proof, Trouble};

/// Something changed. An observer that falls behind by more than 1,024 events loses the oldest.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// Assets were added, revised, removed or set going again.
    Assets,
    /// A part was read: its content is known.
    Read {
        /// Whose.
        asset: AssetId,
    },
    /// An upload moved; at most ten of these a second for each.
    Progress {
        /// The first of the assets that share it.
        asset: AssetId,
        /// Which rendition.
        rendition: Rendition,
        /// Where to.
        target: TargetId,
        /// Bytes of the payload that were handed to the network, from its start.
        sent: u64,
        /// Length of the payload.
        bytes: u64,
    },
    /// A delivery is done.
    Delivered {
        /// The first of the assets that share it; none when the server had it already.
        asset: Option<AssetId>,
        /// Which rendition.
        rendition: Rendition,
        /// Where.
        target: TargetId,
        /// How well that is known.
        proof: Proof,
    },
    /// A delivery needs a person.
    Parked {
        /// Whose.
        asset: Option<AssetId>,
        /// Why.
        reason: ParkReason,
    },
    /// Something went wrong at a target; it is tried again.
    Trouble {
        /// Which.
        target: TargetId,
        /// What.
        trouble: Trouble,
    },
    /// The ways to a target fare otherwise than before.
    Endpoints {
        /// Which target.
        target: TargetId,
    },
    /// Nothing can be done until then.
    Idle(Wake),
}
