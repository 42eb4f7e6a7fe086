//! What can be said of an asset at a target, and why it is not further: in types, and in words that a
//! traveller understands (law 6).

use serde::{Deserialize, Serialize};

use crate::gate::Imposter;
use crate::health::Block;
use crate::wake::Wake;

/// What kind of thing the camera made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AssetKind {
    /// A photo.
    Photo,
    /// A video.
    Video,
    /// A live photo: still and motion, one unit.
    Pair,
    /// Something else that was named by itself.
    Other,
}

/// How well it is known that a target holds something whole; later ones are stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// Somebody who speaks the protocol said so over plain HTTP.
    Unproven,
    /// The service reported the whole length kept.
    Size,
    /// The service reported a whole-object checksum from its storage.
    Checksum,
    /// The server signed for it.
    Receipt,
}

impl Proof {
    /// Whether the original may be deleted on the strength of this (law 5).
    pub const fn safe_to_free(self) -> bool {
        matches!(self, Self::Checksum | Self::Receipt)
    }
}

/// Why something is waiting; it goes on by itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum WaitReason {
    /// Others go first.
    Turn,
    /// No target is set up.
    NoTarget,
    /// There is no network.
    NoLink,
    /// The link costs, and the policy says no.
    LinkCosts,
    /// Nobody knows whether the link costs.
    LinkPriceUnknown,
    /// The policy does not send this over links of this kind.
    LinkNotAllowed,
    /// A sign-in page stands in front of the network.
    SignIn,
    /// The network is a foreign operator's, and the policy says no.
    Roaming,
    /// Mobile data, and nobody knows whether it is a foreign operator's; the policy does not allow that.
    RoamingUnknown,
    /// The person asked the system to save data, and bytes cost on this link.
    SavingData,
    /// It goes over this link within a budget, and none covers it.
    NoBudget,
    /// What the budget has left is too little for it.
    BudgetSpent {
        /// The budget's name.
        budget: String,
        /// When there is a new one, in milliseconds since 1970; none where there will be none.
        at_utc_ms: Option<i64>,
    },
    /// It is larger than the whole budget: it cannot ever go by it.
    BudgetTooSmall {
        /// The budget's name.
        budget: String,
    },
    /// The device is not being charged, as far as is known, and the policy wants that.
    NotCharging,
    /// It is outside of the policy's hours.
    OutsideHours {
        /// When they begin, in milliseconds since 1970.
        at_utc_ms: i64,
    },
    /// It is larger than what the policy sends over this link.
    TooLargeHere {
        /// The most that goes, in bytes.
        most: u64,
    },
    /// The policy never sends it.
    Never,
    /// The person paused the outbox.
    Paused,
    /// It is tried again at a time, after something went wrong that concerns this one only.
    Retry {
        /// Milliseconds since 1970.
        at_utc_ms: i64,
        /// What went wrong.
        trouble: Trouble,
    },
    /// The target is tried again at a time.
    TargetRests {
        /// Milliseconds since 1970.
        at_utc_ms: i64,
        /// What went wrong.
        trouble: Trouble,
    },
    /// The file was being written when it was read; it is read again shortly.
    SourceBusy,
    /// The original cannot be opened just now: the phone is locked, say, or its library is busy. It is tried again by itself.
    SourceAway,
    /// The original is only in the cloud, and the person's rule does not fetch it over this link. It is tried again by itself.
    InCloud,
    /// A reason of a later version.
    #[serde(other)]
    Other,
}

/// What went wrong between the outbox and a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "detail", rename_all = "snake_case", from = "StoredTrouble")]
pub enum Trouble {
    /// The target could not be reached.
    Unreachable,
    /// The connection broke or fell silent.
    Cut,
    /// Something stood in the service's place.
    Imposter(Imposter),
    /// Somebody on the way is keeping us from the target.
    Blocked(Block),
    /// The network wants a person to sign in first.
    SignIn,
    /// Nothing answers over this network at all.
    NoLink,
    /// The server's certificate is good, and this device's date does not fit it.
    WrongClock,
    /// The host answered, but not the service behind it, with this status.
    Gateway(u16),
    /// The service asked to come back later, or failed, with this status.
    Busy(u16),
    /// Another connection still holds the upload.
    Locked,
    /// The credential is missing, wrong or revoked.
    NeedsToken,
    /// The service contradicted itself.
    Contradiction,
    /// The service refused, with this status.
    Refused(u16),
    /// Nothing of the target's: the original could not be opened just now.
    SourceAway,
    /// Nothing of the target's: the original is only in the cloud, and is not fetched over this link.
    InCloud,
    /// Nothing of the target's: there is no room on this device for what is to be made first.
    StorageFull,
    /// A trouble of a later version.
    Other,
}

/// A trouble as it is stored. (`#[serde(other)]` refuses an unknown kind that has a detail, and knows no unknown detail.)
#[derive(Deserialize)]
struct StoredTrouble {
    kind: String,
    #[serde(default)]
    detail: serde_json::Value,
}

impl From<StoredTrouble> for Trouble {
    fn from(StoredTrouble { kind, detail }: StoredTrouble) -> Self {
        let status = || detail.as_u64().and_then(|status| u16::try_from(status).ok());
        let known = match kind.as_str() {
            "unreachable" => Some(Self::Unreachable),
            "cut" => Some(Self::Cut),
            "imposter" => Imposter::deserialize(&detail).ok().map(Self::Imposter),
            "blocked" => Block::deserialize(&detail).ok().map(Self::Blocked),
            "sign_in" => Some(Self::SignIn),
            "no_link" => Some(Self::NoLink),
            "wrong_clock" => Some(Self::WrongClock),
            "gateway" => status().map(Self::Gateway),
            "busy" => status().map(Self::Busy),
            "locked" => Some(Self::Locked),
            "needs_token" => Some(Self::NeedsToken),
            "contradiction" => Some(Self::Contradiction),
            "refused" => status().map(Self::Refused),
            "source_away" => Some(Self::SourceAway),
            "in_cloud" => Some(Self::InCloud),
            "storage_full" => Some(Self::StorageFull),
            _ => None,
        };
        known.unwrap_or(Self::Other)
    }
}

/// Why something is parked; it needs a person, and `retry` sets it going again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum ParkReason {
    /// The source is not there any more.
    SourceGone,
    /// The source may not be read.
    SourceUnreadable,
    /// The source holds no byte.
    SourceEmpty,
    /// The source changed each time while it was read or sent.
    SourceKeepsChanging,
    /// The last answer was lost and the upload is gone: it may have arrived, and a second copy may be unwanted.
    FateUnknown,
    /// It arrived with another hash, twice, though the source is unchanged.
    HashMismatch,
    /// The server takes nothing so large.
    TooLarge,
    /// The server keeps contradicting itself.
    Contradiction,
    /// The server hands its uploads to an address that the target does not list.
    ForeignLocation,
    /// The server refuses it, with this status.
    Refused {
        /// HTTP status.
        status: u16,
    },
    /// The receipt is signed by a key that does not follow from the pinned one, or says something else than was sent.
    BadReceipt,
    /// Somebody deleted it at the server.
    DeletedThere,
    /// The target is not to learn what the file says of itself, and this kind of file cannot be freed of it.
    CannotRedact,
    /// A reason of a later version.
    #[serde(other)]
    Other,
}

/// The state of an asset at a target.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AssetState {
    /// Safe in the outbox, not yet read.
    Accepted,
    /// Being read.
    Hashing,
    /// Known by its content, and waiting.
    Waiting {
        /// Why.
        reason: WaitReason,
        /// When it will go, as far as that can be said: not before what this asks for is true.
        #[serde(default)]
        goes: Wake,
    },
    /// On its way.
    Sending,
    /// There.
    Delivered {
        /// How well that is known: the weakest proof among its parts.
        proof: Proof,
    },
    /// Needs a person.
    Parked {
        /// Why.
        reason: ParkReason,
    },
    /// Taken out of the outbox.
    Removed,
}

impl AssetState {
    /// The state's name, as in DESIGN's list and in all languages.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Hashing => "hashing",
            Self::Waiting { .. } => "waiting",
            Self::Sending => "sending",
            Self::Delivered { .. } => "delivered",
            Self::Parked { .. } => "parked",
            Self::Removed => "removed",
        }
    }

    /// Why it waits; none where it does not.
    pub const fn wait_reason(&self) -> Option<&WaitReason> {
        match self {
            Self::Waiting { reason, .. } => Some(reason),
            _ => None,
        }
    }

    /// An asset's state from those of its parts' deliveries at one target: the one that is furthest from done
    /// names it, and a person's attention comes before patience.
    pub fn of_deliveries(states: impl IntoIterator<Item = AssetState>) -> Option<AssetState> {
        let rank = |s: &AssetState| match s {
            Self::Parked { .. } => 0,
            Self::Sending => 1,
            Self::Hashing => 2,
            Self::Accepted => 3,
            Self::Waiting { reason: WaitReason::Turn, .. } => 5,
            Self::Waiting { .. } => 4,
            Self::Removed => 6,
            Self::Delivered { proof } => 7 + *proof as u8,
        };
        states.into_iter().min_by_key(rank)
    }
}

impl Trouble {
    /// For a person.
    pub fn words(self) -> String {
        match self {
            Self::Unreachable => "the server could not be reached".into(),
            Self::Cut => "the connection broke".into(),
            Self::Imposter(Imposter::Page) => {
                "a web page stood in the service's place (blocked, or a sign-in page)".into()
            }
            Self::Imposter(Imposter::Redirect) => "the network sent us to another address; it was not followed".into(),
            Self::Imposter(Imposter::Certificate) => "somebody else's certificate stood in the server's place".into(),
            Self::Imposter(Imposter::Garbage) => "what answered does not speak the server's language".into(),
            Self::Imposter(Imposter::Unmarked) => "what answered is not this service; check the address".into(),
            Self::Blocked(by) => by.words().into(),
            Self::SignIn => "this network wants you to sign in first; open its page in a browser".into(),
            Self::NoLink => "nothing answers over this network".into(),
            Self::WrongClock => {
                "the server's certificate does not fit this device's date; set the date, or ask the operator if it is right".into()
            }
            Self::Gateway(401 | 403) => "the server's gateway refuses the token".into(),
            Self::Gateway(status) => format!("the server's gateway answered {status} in the service's place"),
            Self::Busy(status) => format!("the server asked to come back later ({status})"),
            Self::Locked => "the server still holds an earlier connection".into(),
            Self::NeedsToken => "the server does not accept the token; pair again or give a new one".into(),
            Self::Contradiction => "the server contradicted itself".into(),
            Self::Refused(status) => format!("the server refused the request ({status})"),
            Self::SourceAway => {
                "the original could not be opened just now (the phone is locked, or its library is busy)".into()
            }
            Self::InCloud => "the original is only in the cloud, and is not fetched over this network".into(),
            Self::StorageFull => "this device's storage is full; free some space".into(),
            Self::Other => "something went wrong".into(),
        }
    }
}

impl Trouble {
    /// For a person, with what follows from it.
    pub fn words_of_wait(self) -> String {
        match self {
            // Trying again helps only once a person did something, and the words say what.
            Self::NeedsToken => self.words(),
            _ => format!("{}; it is tried again by itself", self.words()),
        }
    }
}

impl WaitReason {
    /// For a person. Times are left to whoever knows the zone.
    pub fn words(&self) -> String {
        match self {
            Self::Turn => "its turn comes".into(),
            Self::NoTarget => "no server is set up yet".into(),
            Self::NoLink => "there is no network".into(),
            Self::LinkCosts => "this network costs, and your rules say to wait for a free one".into(),
            Self::LinkPriceUnknown => "nobody knows whether this network costs; your rules say to wait".into(),
            Self::LinkNotAllowed => "your rules do not send this over a network of this kind".into(),
            Self::SignIn => "the network wants you to sign in first; open its page in a browser".into(),
            Self::Roaming => "this is another operator's network abroad (roaming), and your rules say no".into(),
            Self::RoamingUnknown => "nobody knows whether this is roaming, and your rules do not allow roaming".into(),
            Self::SavingData => "data saving is switched on, and this network costs".into(),
            Self::NoBudget => "it goes over this network within a budget, and you have set none for it".into(),
            Self::BudgetSpent { budget, .. } => format!("the budget \"{budget}\" has too little left for it"),
            Self::BudgetTooSmall { budget } => format!("it is larger than the whole budget \"{budget}\""),
            Self::NotCharging => "your rules send it only while the phone is charging".into(),
            Self::OutsideHours { .. } => "your rules send it only in certain hours".into(),
            Self::TooLargeHere { most } => {
                format!("it is larger than the {} that your rules send over this network", amount(*most))
            }
            Self::Never => "your rules never send it".into(),
            Self::Paused => "paused".into(),
            Self::Retry { trouble, .. } | Self::TargetRests { trouble, .. } => trouble.words_of_wait(),
            Self::SourceBusy => "the file is still being written".into(),
            Self::SourceAway => Trouble::SourceAway.words_of_wait(),
            Self::InCloud => Trouble::InCloud.words_of_wait(),
            Self::Other => "it waits".into(),
        }
    }
}

/// An amount of bytes, as a person says it: 20 KB, 1.5 MB.
pub fn amount(bytes: u64) -> String {
    match bytes {
        1 => "1 byte".into(),
        0..1_000 => format!("{bytes} bytes"),
        1_000..10_000 => format!("{:.1} KB", bytes as f64 / 1e3),
        10_000..1_000_000 => format!("{} KB", bytes / 1_000),
        1_000_000..100_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        100_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

impl ParkReason {
    /// For a person, with what to do.
    pub fn words(&self) -> String {
        match self {
            Self::SourceGone => "the file is gone; put it back and retry, or remove it here".into(),
            Self::SourceUnreadable => "the file may not be read; allow it and retry".into(),
            Self::SourceEmpty => "the file is empty; retry when the camera has written it".into(),
            Self::SourceKeepsChanging => "the file keeps changing; retry when it is finished".into(),
            Self::FateUnknown => {
                "it may have arrived: the last answer was lost and the server cannot tell; look there, then retry or remove".into()
            }
            Self::HashMismatch => "it arrived damaged twice though the file is sound; retry on another network".into(),
            Self::TooLarge => "the server takes nothing so large".into(),
            Self::Contradiction => "the server keeps contradicting itself; tell its operator, then retry".into(),
            Self::ForeignLocation => "the server hands its uploads to another address that was not allowed".into(),
            Self::Refused { status } => format!("the server refuses it ({status}); ask its operator, then retry"),
            Self::BadReceipt => "the server's receipt does not fit the key from pairing; pair again if the server is new".into(),
            Self::DeletedThere => "somebody deleted it at the server; retry to send it again".into(),
            Self::CannotRedact => {
                "this server is not to learn where it was taken, and that cannot be taken out of this kind of file; let the server have it, or remove it here".into()
            }
            Self::Other => "it needs your attention".into(),
        }
    }
}
