//! When to run next, in terms that Android's job constraints and iOS's background requests can express.

use serde::{Deserialize, Serialize};

/// When to run next at the earliest, and what must be true then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Wake {
    /// Not before this, by the wall clock, in milliseconds since 1970; `None` when time alone changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_utc_ms: Option<i64>,
    /// A link at least like this must be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<LinkNeed>,
    /// The device must be charged then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub charging: bool,
    /// Sooner than [`Self::at_utc_ms`] if a link at least like this one comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sooner: Option<LinkNeed>,
    /// Payload bytes that wait for it, as far as known.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub bytes: u64,
}

fn is_zero(bytes: &u64) -> bool {
    *bytes == 0
}

/// The least that a link must be; later ones ask for more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkNeed {
    /// Any network (Android's `NETWORK_TYPE_ANY`).
    Any,
    /// One that is not a foreign operator's (`NETWORK_TYPE_NOT_ROAMING`).
    NotRoaming,
    /// Not the phone's own mobile data (a `NetworkRequest` without `TRANSPORT_CELLULAR`).
    NotCellular,
    /// One that costs nothing (`NETWORK_TYPE_UNMETERED`; on Apple's systems `isExpensive` must be false).
    Unmetered,
}

impl LinkNeed {
    /// For a person.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Any => "a network",
            Self::NotRoaming => "a network that is not abroad",
            Self::NotCellular => "Wi-Fi or a cable",
            Self::Unmetered => "a network that costs nothing",
        }
    }
}

impl Wake {
    /// Once a link like this is there.
    pub const fn with(needs: LinkNeed) -> Self {
        Self { at_utc_ms: None, needs: Some(needs), charging: false, sooner: None, bytes: 0 }
    }

    /// Not before an instant.
    pub const fn at(utc_ms: i64) -> Self {
        Self { at_utc_ms: Some(utc_ms), needs: None, charging: false, sooner: None, bytes: 0 }
    }

    /// Whether nothing that happens by itself will change anything.
    pub const fn is_never(&self) -> bool {
        self.at_utc_ms.is_none() && self.needs.is_none() && !self.charging
    }

    /// Also at an instant, if that comes first.
    #[must_use]
    pub fn and_at(self, utc_ms: i64) -> Self {
        match self.at_utc_ms {
            Some(at) if at <= utc_ms => self,
            Some(_) => Self { at_utc_ms: Some(utc_ms), needs: None, charging: false, ..self },
            None => Self { at_utc_ms: Some(utc_ms), needs: None, charging: false, sooner: self.needs, ..self },
        }
    }

    /// One that comes as soon as the first of these: the earliest instant, or the least of links, whichever is there first.
    #[must_use]
    pub(crate) fn first_of(alternatives: impl Iterator<Item = Self>) -> Self {
        let (mut timed, mut open) = (None::<Self>, None::<Self>);
        let mut bytes = 0u64;
        for one in alternatives.filter(|one| !one.is_never()) {
            bytes = bytes.saturating_add(one.bytes);
            let place = if one.at_utc_ms.is_some() { &mut timed } else { &mut open };
            let asks = |wake: &Self| (wake.at_utc_ms, wake.charging, wake.needs);
            if place.as_ref().is_none_or(|other| asks(&one) < asks(other)) {
                *place = Some(one);
            }
        }
        match (timed, open) {
            (Some(timed), open) => {
                let link = open.filter(|open| !open.charging).and_then(|open| open.needs);
                let sooner = timed.sooner.into_iter().chain(link).min();
                Self { sooner, bytes, ..timed }
            }
            (None, Some(open)) => Self { bytes, ..open },
            (None, None) => Self::default(),
        }
    }
}
