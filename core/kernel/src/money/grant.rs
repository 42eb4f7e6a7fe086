//! A grant: one act of consent. These assets, this link, up to so many bytes, until then. It goes before the rules and
//! budgets; its bytes count in both all the same.

use serde::{Deserialize, Serialize};

use crate::ids::GrantId;
use crate::link::{Link, LinkKind};

/// A grant as the planner sees it. Which assets it is for stands with each delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantView {
    /// Which.
    pub id: GrantId,
    /// The kind of link that it was given for.
    pub kind: LinkKind,
    /// That link's network, where it was known.
    pub network: Option<String>,
    /// Whether that was a foreign operator's, where it was known. A SIM has one id at home and abroad, so the network does not
    /// tell.
    pub roaming: Option<bool>,
    /// Billed bytes that are neither spent nor reserved.
    pub left: u64,
    /// How long it still holds, in milliseconds, by reckoned time.
    pub ends_in_ms: u64,
}

impl GrantView {
    /// Whether it holds on this link now. One that was given at home does not hold abroad.
    pub fn holds(&self, link: &Link) -> bool {
        // Consent reaches as far as what was known when it was given.
        let reach = |roaming| match roaming {
            Some(false) => 0,
            None => 1,
            Some(true) => 2,
        };
        let same = self.kind == link.kind && self.network == link.network;
        self.ends_in_ms > 0 && self.kind != LinkKind::None && same && reach(link.roaming) <= reach(self.roaming)
    }
}
