//! Policies that are often meant, by plain names.

use super::{Over, Policy, Rule, Scope, Way};
use crate::protocol::post::Rendition;

/// Everything over links that are known to cost nothing, and over no other.
pub const NEVER_ON_MOBILE_DATA: &str = "never on mobile data";
/// Text and preview over mobile data too, at home; all else over links that cost nothing.
pub const PREVIEWS_ON_MOBILE_DATA: &str = "previews on mobile data, originals on Wi-Fi";
/// Everything, where a budget covers what the link costs.
pub const WITHIN_MY_BUDGET: &str = "everything, within my budget";

/// The names of all ready-made policies.
pub const READY: [&str; 3] = [NEVER_ON_MOBILE_DATA, PREVIEWS_ON_MOBILE_DATA, WITHIN_MY_BUDGET];

impl Policy {
    /// A ready-made policy by its name, however it is spelled in capitals and spaces; see [`READY`].
    pub fn ready(name: &str) -> Option<Self> {
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        let name = plain(name);
        let free = || Rule { scope: Scope::default(), allow: vec![Way::default()] };
        let rules = if name == plain(NEVER_ON_MOBILE_DATA) {
            vec![free()]
        } else if name == plain(PREVIEWS_ON_MOBILE_DATA) {
            let renditions = vec![Rendition::Text, Rendition::Preview];
            let small = Scope { renditions, ..Scope::default() };
            vec![Rule { scope: small, allow: vec![Way { over: Over::Any, ..Way::default() }] }, free()]
        } else if name == plain(WITHIN_MY_BUDGET) {
            // Abroad too, where the budget is one for roaming: whoever set it meant it.
            let way = Way { over: Over::Any, roaming: true, within_budget: true, ..Way::default() };
            vec![Rule { scope: Scope::default(), allow: vec![way] }]
        } else {
            return None;
        };
        Some(Self::of_rules(rules))
    }
}
