//! One way in which something may go: over these links, under these conditions.

use serde::{Deserialize, Serialize};

use super::Hours;
use crate::link::{Link, LinkClass, LinkKind};
use crate::power::Power;
use crate::state::WaitReason;
use crate::time::Now;
use crate::wake::LinkNeed;

/// Which links.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// Those that are known to cost nothing.
    #[default]
    Free,
    /// Any, whatever it costs.
    Any,
    /// These kinds, whatever they cost.
    #[serde(untagged)]
    Kinds(Vec<LinkKind>),
}

/// One way. All that it asks for must be true.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// Over which links.
    pub over: Over,
    /// Also on a foreign operator's network, and on mobile data of which nobody knows whether it is one.
    #[serde(default, skip_serializing_if = "is_false")]
    pub roaming: bool,
    /// Also where bytes cost and the person asked the system to save data.
    #[serde(default, skip_serializing_if = "is_false")]
    pub when_saving_data: bool,
    /// Only where a budget covers the link.
    #[serde(default, skip_serializing_if = "is_false")]
    pub within_budget: bool,
    /// Only what has at most so many bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to_bytes: Option<u64>,
    /// Only while the device is known to be charged.
    #[serde(default, skip_serializing_if = "is_false")]
    pub only_while_charging: bool,
    /// Only in these hours, local time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
}

/// What goes where no rule says otherwise.
pub(super) const FREE: &[Way] = &[Way {
    over: Over::Free,
    roaming: false,
    when_saving_data: false,
    within_budget: false,
    up_to_bytes: None,
    only_while_charging: false,
    hours: None,
}];

/// From this place on in the order of reasons, the link itself would do.
pub(crate) const LINK_TAKEN: u8 = 3;

fn is_false(value: &bool) -> bool {
    !value
}

impl Over {
    pub(super) fn takes_price(&self) -> bool {
        *self != Self::Free
    }

    pub(super) fn takes_kind(&self, kind: LinkKind) -> bool {
        match self {
            Self::Free | Self::Any => true,
            Self::Kinds(kinds) => kinds.contains(&kind),
        }
    }
}

impl Way {
    /// Over any link, whatever it costs.
    pub fn anything() -> Self {
        Self { over: Over::Any, roaming: true, when_saving_data: true, ..Self::default() }
    }

    /// Whether it is open now, but for budgets and size; if not, why. Of several ways the one that asked for most before
    /// it failed is nearest to open, and its reason says most: so the reason comes with its place in that order.
    pub(crate) fn is_open(&self, link: &Link, power: &Power, covered: bool, now: &Now) -> Result<(), (u8, WaitReason)> {
        let class = link.class();
        if self.over == Over::Free && class == LinkClass::Unknown {
            return Err((0, WaitReason::LinkPriceUnknown));
        }
        if self.over == Over::Free && !class.is_free() {
            return Err((0, WaitReason::LinkCosts));
        }
        if !self.over.takes_kind(link.kind) {
            return Err((1, WaitReason::LinkNotAllowed));
        }
        if !self.roaming && link.roaming == Some(true) {
            return Err((2, WaitReason::Roaming));
        }
        // A host that cannot tell must not make somebody pay for it (law 2).
        if !self.roaming && link.roaming.is_none() && link.kind == LinkKind::Cellular && !class.is_free() {
            return Err((2, WaitReason::RoamingUnknown));
        }
        if !self.when_saving_data && link.constrained == Some(true) && !class.is_free() {
            return Err((3, WaitReason::SavingData));
        }
        if self.within_budget && !covered && !class.is_free() {
            return Err((4, WaitReason::NoBudget));
        }
        if self.only_while_charging && power.charging != Some(true) {
            return Err((5, WaitReason::NotCharging));
        }
        match self.hours.and_then(|hours| hours.opens_in_ms(now)) {
            Some(ms) => Err((6, WaitReason::OutsideHours { at_utc_ms: now.utc_ms.saturating_add_unsigned(ms) })),
            None => Ok(()),
        }
    }

    /// The least that a link must be to be taken, whatever else is asked for.
    pub(crate) fn needs(&self) -> LinkNeed {
        let cellular = self.over.takes_kind(LinkKind::Cellular);
        match &self.over {
            Over::Free => LinkNeed::Unmetered,
            _ if !cellular => LinkNeed::NotCellular,
            _ if self.roaming => LinkNeed::Any,
            _ => LinkNeed::NotRoaming,
        }
    }
}
