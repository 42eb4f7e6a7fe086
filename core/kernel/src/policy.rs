//! The traveller's rules: what may go over which links, and what goes first.
//!
//! A policy is a list of rules. The first one whose `for` fits a thing decides about it; each of its ways is enough by
//! itself, and none at all means never. What no rule fits goes over links that are known to cost nothing.

mod document;
mod hours;
mod ready;
pub(crate) mod way;

use serde::{Deserialize, Serialize};

use crate::link::{Link, LinkKind};
use crate::power::Power;
use crate::protocol::post::Rendition;
use crate::state::AssetKind;

pub use document::PolicyFault;
pub use hours::Hours;
pub use ready::{NEVER_ON_MOBILE_DATA, PREVIEWS_ON_MOBILE_DATA, READY, WITHIN_MY_BUDGET};
pub use way::{Over, Way};

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

/// The rules of an outbox. A stored document: [`Policy::VERSION`] goes up when a field's meaning changes. It is read by
/// [`Policy::from_json`], whose errors name the field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The document's version, 2.
    pub version: u32,
    /// The first that fits decides.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// What goes first.
    #[serde(default)]
    pub order: Order,
    /// Uploads side by side, 1 to 8; on links that cost or are slow it is one, whatever stands here.
    #[serde(default = "Policy::default_uploads")]
    pub uploads_at_once: u8,
}

/// One rule: what it is for, and how that may go.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What it decides about; everything when left out.
    #[serde(rename = "for", default, skip_serializing_if = "Scope::is_everything")]
    pub scope: Scope,
    /// Each is enough; none means never.
    pub allow: Vec<Way>,
}

/// What a rule decides about: all that is named must fit, and an empty list fits everything.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Kinds of assets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<AssetKind>,
    /// Renditions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renditions: Vec<Rendition>,
    /// The albums that assets were added from, as the app names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub albums: Vec<String>,
    /// Only what is urgent, or only what is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgent: Option<bool>,
}

/// A thing that rules decide about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item<'a> {
    /// What kind of asset; of twins, the first that was added.
    pub kind: AssetKind,
    /// Which rendition of it.
    pub rendition: Rendition,
    /// The album that it was added from; empty when it came from none.
    pub album: &'a str,
    /// Urgent, or a twin of it is.
    pub urgent: bool,
}

impl Scope {
    fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    fn fits(&self, item: &Item<'_>) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&item.kind))
            && (self.renditions.is_empty() || self.renditions.contains(&item.rendition))
            && (self.albums.is_empty() || self.albums.iter().any(|album| album == item.album))
            && self.urgent.is_none_or(|urgent| urgent == item.urgent)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::of_rules(vec![])
    }
}

impl Policy {
    /// The version that this code writes. It also reads version 1.
    pub const VERSION: u32 = 2;

    /// Below this many bytes a second, uploads go one after another: 64 KB, half a megabit.
    pub const SLOW: u64 = 64_000;

    fn default_uploads() -> u8 {
        2
    }

    /// These rules, all else as usual.
    pub fn of_rules(rules: Vec<Rule>) -> Self {
        Self { version: Self::VERSION, rules, order: Order::default(), uploads_at_once: Self::default_uploads() }
    }

    /// Everything over any link, whatever it costs, abroad too.
    pub fn over_any_link() -> Self {
        Self::of_rules(vec![Rule { scope: Scope::default(), allow: vec![Way::anything()] }])
    }

    /// The ways that a thing may take.
    pub fn ways(&self, item: &Item<'_>) -> &[Way] {
        match self.rules.iter().find(|rule| rule.scope.fits(item)) {
            Some(rule) => &rule.allow,
            None => way::FREE,
        }
    }

    /// How many uploads go side by side over this link: one where each byte costs or there are few a second, and where
    /// power is to be saved; a second one only halves the first.
    pub fn uploads_over(&self, link: &Link, power: &Power) -> usize {
        let slow = link.bytes_per_second.is_some_and(|rate| rate < Self::SLOW);
        let dear = !link.class().is_free() && link.kind == LinkKind::Cellular;
        if slow || dear || power.power_save == Some(true) { 1 } else { usize::from(self.uploads_at_once.clamp(1, 8)) }
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
    /// Not a foreign operator's network.
    pub not_roaming: bool,
}

impl Policy {
    /// What these rules ask of a network that is not there yet, to carry this. `link` is the one that there is, which they
    /// allow: what is allowed on it now stays allowed.
    pub fn constraints(&self, item: &Item<'_>, link: &Link) -> Constraints {
        let ways = self.ways(item);
        let any = |fits: &dyn Fn(&Way) -> bool| ways.iter().any(fits);
        Constraints {
            unmetered_only: !any(&|way| way.over.takes_price()),
            not_constrained: !any(&|way| way.when_saving_data) && link.constrained != Some(true),
            no_cellular: !any(&|way| way.over.takes_price() && way.over.takes_kind(LinkKind::Cellular))
                && link.kind != LinkKind::Cellular,
            not_roaming: !any(&|way| way.roaming),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
