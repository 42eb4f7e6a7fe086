//! The network as the host sees it. What the host does not know is unknown, which is a value of its own.

use serde::{Deserialize, Serialize};

/// What carries the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// No network at all.
    None,
    /// Wi-Fi that is not somebody's hotspot, as far as is known.
    Wifi,
    /// The phone's own mobile data.
    Cellular,
    /// A cable.
    Ethernet,
    /// Another device's mobile data, reached by Wi-Fi, USB or Bluetooth.
    Hotspot,
    /// Something else (a VPN that hides what is below, a satellite terminal).
    Other,
    /// The host cannot tell.
    #[default]
    Unknown,
}

/// One observation of the network. `None` in a field means that the host does not know.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Link {
    /// What carries the bytes.
    pub kind: LinkKind,
    /// Bytes cost money.
    pub metered: Option<bool>,
    /// On a foreign operator's network.
    pub roaming: Option<bool>,
    /// The person asked the system to save data (Android's data saver, Apple's low data mode).
    pub constrained: Option<bool>,
    /// Metered by nature, but free for now (Android's `NET_CAPABILITY_TEMPORARILY_NOT_METERED`).
    #[serde(default)]
    pub temporarily_unmetered: Option<bool>,
    /// The system reached the internet through it.
    pub validated: Option<bool>,
    /// A sign-in page stands in front of it.
    pub captive: Option<bool>,
    /// The network's name (SSID, or which SIM), hashed by the host; the same network gives the same text.
    pub network: Option<String>,
    /// What goes up, in bytes a second, as the system estimates it.
    #[serde(default)]
    pub bytes_per_second: Option<u64>,
    /// The interface that sockets are bound to, by its name on Linux (`wlan0`), by its index on Apple's systems.
    #[serde(default)]
    pub interface: Option<String>,
    /// Android's handle of the network (`Network.getNetworkHandle()`), to which sockets are bound.
    #[serde(default)]
    pub handle: Option<u64>,
}

/// A person's word about a network, which counts for more than the system's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// It costs: a hotel's Wi-Fi by the megabyte.
    Metered,
    /// It costs nothing: the laptop's hotspot that the office pays.
    Free,
}

/// The classes by which bytes are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkClass {
    /// Known to cost nothing.
    Unmetered,
    /// Known to cost, or mobile data of which nothing is known.
    Metered,
    /// On a foreign operator's network.
    Roaming,
    /// Nobody knows.
    Unknown,
}

impl Link {
    /// No network.
    pub fn none() -> Self {
        Self { kind: LinkKind::None, ..Self::default() }
    }
    /// Wi-Fi that costs nothing.
    pub fn wifi() -> Self {
        Self { kind: LinkKind::Wifi, metered: Some(false), roaming: Some(false), ..Self::default() }
    }
    /// Mobile data at home.
    pub fn cellular() -> Self {
        Self { kind: LinkKind::Cellular, metered: Some(true), roaming: Some(false), ..Self::default() }
    }

    /// As a person's word about its network makes it.
    #[must_use]
    pub fn marked(self, mark: Option<Mark>) -> Self {
        match mark {
            None => self,
            Some(Mark::Metered) => Self { metered: Some(true), temporarily_unmetered: Some(false), ..self },
            Some(Mark::Free) => Self { metered: Some(false), roaming: Some(false), ..self },
        }
    }

    /// Whether bytes that may go over the one may go over the other: the same way out at the same price. Estimates, and
    /// whether the system reached the internet, are no such thing.
    pub fn is_same_way(&self, other: &Self) -> bool {
        let bare = |link: &Self| Self { bytes_per_second: None, validated: None, ..link.clone() };
        bare(self) == bare(other)
    }

    /// The class by which its bytes are counted. Mobile data is metered unless the host says otherwise.
    pub fn class(&self) -> LinkClass {
        match (self.roaming, self.metered, self.kind) {
            (Some(true), _, _) => LinkClass::Roaming,
            _ if self.temporarily_unmetered == Some(true) => LinkClass::Unmetered,
            (_, Some(true), _) | (_, None, LinkKind::Cellular | LinkKind::Hotspot) => LinkClass::Metered,
            (_, Some(false), _) => LinkClass::Unmetered,
            _ => LinkClass::Unknown,
        }
    }
}

impl LinkClass {
    /// Whether it is known to cost nothing.
    pub const fn is_free(self) -> bool {
        matches!(self, Self::Unmetered)
    }

    /// The reverse of [`Self::as_str`].
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Unmetered, Self::Metered, Self::Roaming, Self::Unknown].into_iter().find(|class| class.as_str() == name)
    }

    /// As it stands in the ledger.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unmetered => "unmetered",
            Self::Metered => "metered",
            Self::Roaming => "roaming",
            Self::Unknown => "unknown",
        }
    }
}
