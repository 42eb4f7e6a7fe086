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
    /// The person asked the system to save data.
    pub constrained: Option<bool>,
    /// The system reached the internet through it.
    pub validated: Option<bool>,
    /// A sign-in page stands in front of it.
    pub captive: Option<bool>,
    /// The network's name, hashed by the host; the same network gives the same text.
    pub network: Option<String>,
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

    /// The class by which its bytes are counted. Mobile data is metered unless the host says otherwise.
    pub fn class(&self) -> LinkClass {
        match (self.roaming, self.metered, self.kind) {
            (Some(true), _, _) => LinkClass::Roaming,
            (_, Some(true), _) | (_, None, LinkKind::Cellular | LinkKind::Hotspot) => LinkClass::Metered,
            (_, Some(false), _) => LinkClass::Unmetered,
            _ => LinkClass::Unknown,
        }
    }
}

impl LinkClass {
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
