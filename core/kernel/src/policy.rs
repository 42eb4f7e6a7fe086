//! The traveller's rules: which links may be used, and what goes first.

use serde::{Deserialize, Serialize};

use crate::link::{Link, LinkClass, LinkKind};
use crate::state::WaitReason;

/// Which links may carry bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Links {
    /// Only links that are known to cost nothing.
    #[default]
    Unmetered,
    /// Any link that there is.
    Any,
}

/// Which of two assets goes first when nothing else tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// What was added last goes first: it is news.
    #[default]
    Newest,
    /// What was added first goes first.
    Oldest,
}

/// The rules of an outbox. A stored document: [`Policy::VERSION`] goes up when a field's meaning changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The document's version, 1.
    pub version: u32,
    /// Which links may be used.
    #[serde(default)]
    pub links: Links,
    /// What goes first.
    #[serde(default)]
    pub order: Order,
    /// Uploads side by side, 1 to 8.
    #[serde(default = "Policy::default_uploads")]
    pub uploads_at_once: u8,
}

impl Default for Policy {
    fn default() -> Self {
        let uploads_at_once = Self::default_uploads();
        Self { version: Self::VERSION, links: Links::default(), order: Order::default(), uploads_at_once }
    }
}

impl Policy {
    /// The version that this code writes and reads.
    pub const VERSION: u32 = 1;

    fn default_uploads() -> u8 {
        2
    }

    /// Whether this link may carry bytes, and if not, why. An unknown price counts as a price (law 2).
    pub fn allows(&self, link: &Link) -> Result<(), WaitReason> {
        if link.kind == LinkKind::None {
            return Err(WaitReason::NoLink);
        }
        match (self.links, link.class()) {
            (Links::Any, _) | (Links::Unmetered, LinkClass::Unmetered) => Ok(()),
            (Links::Unmetered, LinkClass::Unknown) => Err(WaitReason::LinkPriceUnknown),
            (Links::Unmetered, LinkClass::Metered | LinkClass::Roaming) => Err(WaitReason::LinkCosts),
        }
    }
}

/// What a network must be to carry a request that somebody else sends, later, when nobody can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Constraints {
    /// Only one that costs nothing.
    pub unmetered_only: bool,
    /// Not one on which the person asked the system to save data.
    pub not_constrained: bool,
    /// Not the phone's own mobile data.
    pub no_cellular: bool,
}

impl Policy {
    /// What these rules ask of a network that is not there yet. `link` is the one that there is, which they allow: what is
    /// allowed on it now stays allowed.
    pub fn constraints(&self, link: &Link) -> Constraints {
        match self.links {
            Links::Any => Constraints::default(),
            Links::Unmetered => Constraints {
                unmetered_only: true,
                not_constrained: link.constrained != Some(true),
                no_cellular: link.kind != LinkKind::Cellular,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_of_unknown_price_is_not_free() {
        let unknown = Link { kind: LinkKind::Wifi, ..Link::default() };
        let policy = Policy::default();
        assert_eq!(policy.allows(&unknown), Err(WaitReason::LinkPriceUnknown));
        assert_eq!(policy.allows(&Link::cellular()), Err(WaitReason::LinkCosts));
        assert_eq!(policy.allows(&Link::none()), Err(WaitReason::NoLink));
        assert_eq!(policy.allows(&Link::wifi()), Ok(()));
        let any = Policy { links: Links::Any, ..policy };
        assert_eq!(any.allows(&unknown), Ok(()));
        assert_eq!(any.allows(&Link::none()), Err(WaitReason::NoLink));
    }

    #[test]
    fn an_unknown_field_is_named() {
        let error = serde_json::from_str::<Policy>(r#"{"version":1,"link":"any"}"#).unwrap_err();
        assert!(error.to_string().contains("`link`"), "{error}");
    }

    #[test]
    fn a_request_that_goes_later_is_bound_to_what_is_allowed_now() {
        let careful = Policy::default();
        let bound = Constraints { unmetered_only: true, not_constrained: true, no_cellular: true };
        assert_eq!(careful.constraints(&Link::wifi()), bound);
        let free_mobile = Link { metered: Some(false), constrained: Some(true), ..Link::cellular() };
        assert_eq!(careful.allows(&free_mobile), Ok(()));
        let of_it = Constraints { not_constrained: false, no_cellular: false, ..bound };
        assert_eq!(careful.constraints(&free_mobile), of_it);
        let any = Policy { links: Links::Any, ..careful };
        assert_eq!(any.constraints(&Link::cellular()), Constraints::default());
    }
}
