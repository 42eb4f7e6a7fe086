//! What is allowed, said a second time: by tables and words of its own, so that it cannot share a fault with the kernel.

use std::collections::HashMap;

use satchel::{AssetId, Link, LinkKind, Mark, Policy};

/// An album of which nothing goes by [`Rules::Mixed`].
pub(super) const PRIVATE: &str = "private";

/// What a link costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Price {
    Free,
    Costs,
    Unknown,
}

/// A link, and what is to be made of it.
#[derive(Debug, Clone)]
pub(super) struct Links {
    pub(super) name: &'static str,
    pub(super) link: Link,
    leads_out: bool,
    price: Price,
    /// Surely abroad; or mobile data of which nobody knows.
    abroad: bool,
    perhaps_abroad: bool,
    saving: bool,
    cabled_or_wifi: bool,
}

impl Links {
    /// One of each sort.
    pub(super) fn all(server_proves: bool) -> Vec<Self> {
        let of = |name, link: Link| Self {
            name,
            cabled_or_wifi: matches!(link.kind, LinkKind::Wifi | LinkKind::Ethernet),
            link,
            leads_out: true,
            price: Price::Costs,
            abroad: false,
            perhaps_abroad: false,
            saving: false,
        };
        let wifi = |network: &str, metered| Link {
            kind: LinkKind::Wifi,
            metered,
            network: Some(network.into()),
            ..Link::default()
        };
        let sim = || Link { network: Some("sim".into()), ..Link::cellular() };
        vec![
            Self { leads_out: false, price: Price::Unknown, ..of("no link", Link::none()) },
            Self { price: Price::Free, ..of("Wi-Fi", Link::wifi()) },
            Self { price: Price::Free, ..of("hotel", wifi("hotel", Some(false))) },
            Self { price: Price::Free, ..of("cable", Link { kind: LinkKind::Ethernet, ..Link::wifi() }) },
            of("Wi-Fi by the megabyte", wifi("ship", Some(true))),
            Self { price: Price::Unknown, ..of("Wi-Fi of which nothing is known", wifi("cafe", None)) },
            // A hint and no proof: who proves to be the server is asked once, and then it is a Wi-Fi like any other.
            Self {
                leads_out: server_proves,
                price: Price::Free,
                ..of("sign in", Link { captive: Some(true), ..wifi("hall", Some(false)) })
            },
            of("hotspot", Link { kind: LinkKind::Hotspot, metered: None, ..Link::default() }),
            of("mobile data", sim()),
            Self { abroad: true, ..of("abroad", Link { roaming: Some(true), ..sim() }) },
            Self { perhaps_abroad: true, ..of("perhaps abroad", Link { roaming: None, ..sim() }) },
            Self { saving: true, ..of("saving data", Link { constrained: Some(true), ..sim() }) },
            Self { price: Price::Free, ..of("free for now", Link { temporarily_unmetered: Some(true), ..sim() }) },
            Self { price: Price::Unknown, ..of("nothing known", Link::default()) },
        ]
    }

    fn marked(&self, mark: Option<Mark>) -> Self {
        match mark {
            None => self.clone(),
            Some(Mark::Metered) => Self { price: Price::Costs, ..self.clone() },
            Some(Mark::Free) => Self { price: Price::Free, abroad: false, perhaps_abroad: false, ..self.clone() },
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Rules {
    #[default]
    Never,
    Budget,
    Any,
    Mixed,
}

const MIXED: &str = r#"{ "version": 2, "rules": [
    { "for": { "albums": ["private"] }, "allow": [] },
    { "for": { "urgent": true }, "allow": [{ "over": "any" }] },
    { "for": { "kinds": ["video"] }, "allow": [{ "over": ["wifi", "ethernet"], "only_while_charging": true }] },
    { "allow": [{ "over": "free" }, { "over": "any", "up_to_bytes": 20000, "within_budget": true }] }
] }"#;

impl Rules {
    pub(super) const ALL: [Self; 4] = [Self::Never, Self::Budget, Self::Any, Self::Mixed];

    pub(super) fn policy(self) -> Policy {
        use satchel::kernel::policy::{NEVER_ON_MOBILE_DATA, WITHIN_MY_BUDGET};
        match self {
            Self::Never => Policy::ready(NEVER_ON_MOBILE_DATA).unwrap(),
            Self::Budget => Policy::ready(WITHIN_MY_BUDGET).unwrap(),
            Self::Any => Policy::over_any_link(),
            Self::Mixed => Policy::from_json(MIXED).unwrap(),
        }
    }
}

/// A photo or video.
#[derive(Debug, Clone)]
pub(super) struct Thing {
    pub(super) video: bool,
    /// At most 15,000 bytes; otherwise at least 60,000.
    pub(super) small: bool,
    pub(super) urgent: bool,
    pub(super) private: bool,
    /// What is said of it goes by itself, and is small.
    pub(super) has_post: bool,
}

/// A grant for one of them.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) id: i64,
    pub(super) asset: AssetId,
    pub(super) link: Links,
    pub(super) marked: Option<Mark>,
}

#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) link: Links,
    pub(super) rules: Rules,
    pub(super) charging: Option<bool>,
    pub(super) paused: bool,
    pub(super) marks: HashMap<&'static str, Option<Mark>>,
    pub(super) grants: Vec<Given>,
}

impl Default for World {
    fn default() -> Self {
        let (link, rules) = (Links::all(true).remove(0), Rules::default());
        Self { link, rules, charging: None, paused: false, marks: HashMap::new(), grants: vec![] }
    }
}

impl World {
    /// A person's word about the network that there is.
    pub(super) fn mark(&self) -> Option<Mark> {
        self.link.link.network.as_deref().and_then(|id| self.marks.get(id).copied()).flatten()
    }

    /// Whether bytes of it may go: if this says no, none may.
    pub(super) fn may(&self, id: AssetId, thing: &Thing) -> bool {
        let link = self.link.marked(self.mark());
        if self.paused || !link.leads_out {
            return false;
        }
        self.grants.iter().any(|given| given.asset == id && self.holds(given, &link))
            || self.by_rules(thing, &link, true)
    }

    /// Whether it goes whatever it takes: then it must. What a budget has to cover may wait for one.
    pub(super) fn must(&self, thing: &Thing) -> bool {
        let link = self.link.marked(self.mark());
        let free = link.price == Price::Free && !link.abroad;
        !self.paused && link.leads_out && free && self.by_rules(thing, &link, false)
    }

    /// Whether bytes may cost that neither the budget nor a grant covers.
    pub(super) fn costs_without_limit(&self) -> bool {
        let link = self.link.marked(self.mark());
        self.rules == Rules::Any && link.leads_out && link.abroad
    }

    fn holds(&self, given: &Given, link: &Links) -> bool {
        let then = given.link.marked(given.marked);
        let same = given.link.link.kind == link.link.kind && given.link.link.network == link.link.network;
        // Given at home, it holds at home; given where nobody knew, not where it is known to be abroad.
        let further = |link: &Links| if link.abroad { 2 } else { u8::from(link.link.roaming.is_none()) };
        same && (further(link) <= further(&then) || link.price == Price::Free)
    }

    fn by_rules(&self, thing: &Thing, link: &Links, or_begun: bool) -> bool {
        let free = link.price == Price::Free && !link.abroad;
        // The budget is for metered links, and those of which nobody knows.
        let covered = !link.abroad;
        let at_home = !link.abroad && (free || !link.perhaps_abroad);
        let usual = at_home && (free || !link.saving);
        match self.rules {
            Rules::Never => free,
            Rules::Budget => free || covered && !link.saving,
            Rules::Any => true,
            Rules::Mixed if thing.private => false,
            Rules::Mixed if thing.urgent => usual,
            Rules::Mixed if thing.video => usual && link.cabled_or_wifi && self.charging == Some(true),
            // The rest of a large one may be small by now.
            Rules::Mixed => free || usual && covered && (thing.small || or_begun || thing.has_post),
        }
    }
}
