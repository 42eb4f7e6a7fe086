//! What the host sees of network and power, what a person says of networks, and when to run next.

use satchel::kernel;

/// One observation of the network. What the host does not know it leaves out.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Link {
    /// What carries the bytes.
    pub kind: LinkKind,
    /// Bytes cost money.
    #[uniffi(default = None)]
    pub metered: Option<bool>,
    /// On a foreign operator's network.
    #[uniffi(default = None)]
    pub roaming: Option<bool>,
    /// The person asked the system to save data.
    #[uniffi(default = None)]
    pub constrained: Option<bool>,
    /// Metered by nature, but free for now (Android's `NET_CAPABILITY_TEMPORARILY_NOT_METERED`).
    #[uniffi(default = None)]
    pub temporarily_unmetered: Option<bool>,
    /// The system reached the internet through it.
    #[uniffi(default = None)]
    pub validated: Option<bool>,
    /// A sign-in page stands in front of it.
    #[uniffi(default = None)]
    pub captive: Option<bool>,
    /// The network's name, hashed by the host; the same network gives the same text.
    #[uniffi(default = None)]
    pub network: Option<String>,
    /// What goes up, in bytes a second, as the system estimates it.
    #[uniffi(default = None)]
    pub bytes_per_second: Option<u64>,
    /// The interface that sockets are bound to, by its name on Linux (`wlan0`), by its index on Apple's systems.
    #[uniffi(default = None)]
    pub interface: Option<String>,
    /// Android's handle of the network (`Network.getNetworkHandle()`), to which sockets are bound.
    #[uniffi(default = None)]
    pub handle: Option<u64>,
}

/// How the device is fed. What the host does not know it leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct Power {
    /// Whether it is being charged.
    #[uniffi(default = None)]
    pub charging: Option<bool>,
    /// What the battery holds, 0 to 100.
    #[uniffi(default = None)]
    pub battery_percent: Option<u8>,
    /// The person, or the system by itself, asked to save power.
    #[uniffi(default = None)]
    pub power_save: Option<bool>,
}

/// When to run next at the earliest, and what must be true then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Record)]
pub struct Wake {
    /// Not before this, in milliseconds since 1970; none when time alone changes nothing.
    pub at_utc_ms: Option<i64>,
    /// A link at least like this must be there.
    pub needs: Option<LinkNeed>,
    /// The device must be charged then.
    pub charging: bool,
    /// Sooner than `at_utc_ms` if a link at least like this one comes.
    pub sooner: Option<LinkNeed>,
    /// Payload bytes that wait for it, as far as known.
    pub bytes: u64,
}

/// What a person said of a network.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct NetworkMark {
    /// As in `Link.network`.
    pub network: String,
    /// What was said.
    pub mark: Mark,
}

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident for $theirs:path { $($(#[$variant_doc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl From<$theirs> for $name {
            fn from(value: $theirs) -> Self {
                match value { $(<$theirs>::$variant => Self::$variant),+ }
            }
        }

        impl From<$name> for $theirs {
            fn from(value: $name) -> Self {
                match value { $($name::$variant => <$theirs>::$variant),+ }
            }
        }
    };
}
pub(crate) use choice;

choice! {
    /// What carries the bytes.
    LinkKind for kernel::link::LinkKind {
        /// No network at all.
        None,
        /// Wi-Fi.
        Wifi,
        /// The phone's own mobile data.
        Cellular,
        /// A cable.
        Ethernet,
        /// Another device's mobile data.
        Hotspot,
        /// Something else.
        Other,
        /// The host cannot tell.
        Unknown,
    }
}

choice! {
    /// The classes by which bytes are counted.
    LinkClass for kernel::link::LinkClass {
        /// Known to cost nothing.
        Unmetered,
        /// Known to cost, or mobile data of which nothing is known.
        Metered,
        /// On a foreign operator's network.
        Roaming,
        /// Nobody knows.
        Unknown,
    }
}

choice! {
    /// The least that a link must be; later ones ask for more.
    LinkNeed for kernel::planner::LinkNeed {
        /// Any network (Android's `NETWORK_TYPE_ANY`).
        Any,
        /// One that is not a foreign operator's (`NETWORK_TYPE_NOT_ROAMING`).
        NotRoaming,
        /// Not the phone's own mobile data.
        NotCellular,
        /// One that costs nothing (`NETWORK_TYPE_UNMETERED`).
        Unmetered,
    }
}

choice! {
    /// A person's word about a network, which counts for more than the system's.
    Mark for kernel::link::Mark {
        /// It costs: a hotel's Wi-Fi by the megabyte.
        Metered,
        /// It costs nothing: the laptop's hotspot that the office pays.
        Free,
    }
}

impl From<Link> for satchel::Link {
    fn from(link: Link) -> Self {
        let Link {
            kind,
            metered,
            roaming,
            constrained,
            temporarily_unmetered,
            validated,
            captive,
            network,
            bytes_per_second,
            interface,
            handle,
        } = link;
        Self {
            kind: kind.into(),
            metered,
            roaming,
            constrained,
            temporarily_unmetered,
            validated,
            captive,
            network,
            bytes_per_second,
            interface,
            handle,
        }
    }
}

impl From<satchel::Link> for Link {
    fn from(link: satchel::Link) -> Self {
        let satchel::Link {
            kind,
            metered,
            roaming,
            constrained,
            temporarily_unmetered,
            validated,
            captive,
            network,
            bytes_per_second,
            interface,
            handle,
        } = link;
        Self {
            kind: kind.into(),
            metered,
            roaming,
            constrained,
            temporarily_unmetered,
            validated,
            captive,
            network,
            bytes_per_second,
            interface,
            handle,
        }
    }
}

impl From<Power> for satchel::Power {
    fn from(Power { charging, battery_percent, power_save }: Power) -> Self {
        Self { charging, battery_percent, power_save }
    }
}

impl From<satchel::Wake> for Wake {
    fn from(satchel::Wake { at_utc_ms, needs, charging, sooner, bytes }: satchel::Wake) -> Self {
        Self { at_utc_ms, needs: needs.map(Into::into), charging, sooner: sooner.map(Into::into), bytes }
    }
}

/// The class by which bytes over a link are counted.
#[uniffi::export]
pub fn link_class(link: Link) -> LinkClass {
    kernel::link::Link::from(link).class().into()
}
