//! States and reasons. Each reason carries its code's words for a person beside its type.

use satchel::kernel::gate;
use satchel::kernel::health;
use satchel::kernel::protocol::post;
use satchel::kernel::time::Now;

use crate::Wake;

macro_rules! plain {
    ($(#[$doc:meta])* $name:ident from $theirs:path { $($(#[$variant_doc:meta])* $variant:ident),+ $(,)? }) => {
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

plain! {
    /// What kind of thing the camera made.
    AssetKind from satchel::AssetKind {
        /// A photo.
        Photo,
        /// A video.
        Video,
        /// A live photo: still and motion, one unit.
        Pair,
        /// Something else that was named by itself.
        Other,
    }
}

plain! {
    /// How well it is known that a target holds something whole; later ones are stronger.
    Proof from satchel::Proof {
        /// Somebody who speaks the protocol said so over plain HTTP.
        Unproven,
        /// The service reported the whole length kept.
        Size,
        /// The service reported a whole-object checksum from its storage.
        Checksum,
        /// The server signed for it.
        Receipt,
    }
}

plain! {
    /// Which form of an asset travels.
    Rendition from post::Rendition {
        /// The post.
        Text,
        /// About 20 KB.
        Preview,
        /// 2048 px, at most 400 KB; a video at most 2 MB.
        Press,
        /// Bit for bit.
        Original,
    }
}

plain! {
    /// What stood in the service's place.
    Imposter from gate::Imposter {
        /// A page for people.
        Page,
        /// A redirect to somewhere else; it was not followed.
        Redirect,
        /// A certificate that is not the service's.
        Certificate,
        /// Something that is not HTTP.
        Garbage,
        /// A reply of no known form without the protocol's marks.
        Unmarked,
    }
}

plain! {
    /// How an endpoint is blocked.
    Block from health::Block {
        /// A page, or something else that is not the service, answers in its place.
        Page,
        /// The network sends us elsewhere.
        Redirect,
        /// Somebody else's certificate: forged, or signed by itself.
        Certificate,
        /// The connection is broken off, once it shows where it is meant to go.
        Reset,
        /// The name is not answered, or answered wrongly.
        Name,
        /// Nothing comes back from the service's port, though its host or the network answers otherwise.
        Silence,
    }
}

/// What went wrong between the outbox and a target.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum Trouble {
    /// The target could not be reached.
    Unreachable,
    /// The connection broke or fell silent.
    Cut,
    /// Something stood in the service's place.
    Imposter {
        /// What.
        what: Imposter,
    },
    /// Somebody on the way is keeping us from the target.
    Blocked {
        /// How.
        by: Block,
    },
    /// The network wants a person to sign in first.
    SignIn,
    /// Nothing answers over this network at all.
    NoLink,
    /// The server's certificate is good, and this device's date does not fit it.
    WrongClock,
    /// The host answered, but not the service behind it.
    Gateway {
        /// HTTP status.
        status: u16,
    },
    /// The service asked to come back later, or failed.
    Busy {
        /// HTTP status.
        status: u16,
    },
    /// Another connection still holds the upload.
    Locked,
    /// The credential is missing, wrong or revoked.
    NeedsToken,
    /// The service contradicted itself.
    Contradiction,
    /// The service refused.
    Refused {
        /// HTTP status.
        status: u16,
    },
    /// Nothing of the target's: the original could not be opened just now.
    SourceAway,
    /// Nothing of the target's: the original is only in the cloud, and is not fetched over this link.
    InCloud,
    /// Nothing of the target's: there is no room on this device for what is to be made first.
    StorageFull,
    /// A trouble of a later version.
    Other {
        /// Its name.
        code: String,
    },
}

impl From<satchel::Trouble> for Trouble {
    fn from(value: satchel::Trouble) -> Self {
        use satchel::Trouble as T;
        match value {
            T::Unreachable => Self::Unreachable,
            T::Cut => Self::Cut,
            T::Imposter(what) => Self::Imposter { what: what.into() },
            T::Blocked(by) => Self::Blocked { by: by.into() },
            T::SignIn => Self::SignIn,
            T::NoLink => Self::NoLink,
            T::WrongClock => Self::WrongClock,
            T::Gateway(status) => Self::Gateway { status },
            T::Busy(status) => Self::Busy { status },
            T::Locked => Self::Locked,
            T::NeedsToken => Self::NeedsToken,
            T::Contradiction => Self::Contradiction,
            T::Refused(status) => Self::Refused { status },
            T::SourceAway => Self::SourceAway,
            T::InCloud => Self::InCloud,
            T::StorageFull => Self::StorageFull,
            T::Other => Self::Other { code: "other".into() },
        }
    }
}

/// Why something is waiting; it goes on by itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Enum)]
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
    /// The original is only in the cloud, and is not fetched over this link. It is tried again by itself.
    InCloud,
    /// A reason of a later version.
    Other {
        /// Its name.
        code: String,
    },
}

impl From<satchel::WaitReason> for WaitReason {
    fn from(value: satchel::WaitReason) -> Self {
        use satchel::WaitReason as W;
        match value {
            W::Turn => Self::Turn,
            W::NoTarget => Self::NoTarget,
            W::NoLink => Self::NoLink,
            W::LinkCosts => Self::LinkCosts,
            W::LinkPriceUnknown => Self::LinkPriceUnknown,
            W::LinkNotAllowed => Self::LinkNotAllowed,
            W::SignIn => Self::SignIn,
            W::Roaming => Self::Roaming,
            W::RoamingUnknown => Self::RoamingUnknown,
            W::SavingData => Self::SavingData,
            W::NoBudget => Self::NoBudget,
            W::BudgetSpent { budget, at_utc_ms } => Self::BudgetSpent { budget, at_utc_ms },
            W::BudgetTooSmall { budget } => Self::BudgetTooSmall { budget },
            W::NotCharging => Self::NotCharging,
            W::OutsideHours { at_utc_ms } => Self::OutsideHours { at_utc_ms },
            W::TooLargeHere { most } => Self::TooLargeHere { most },
            W::Never => Self::Never,
            W::Paused => Self::Paused,
            W::Retry { at_utc_ms, trouble } => Self::Retry { at_utc_ms, trouble: trouble.into() },
            W::TargetRests { at_utc_ms, trouble } => Self::TargetRests { at_utc_ms, trouble: trouble.into() },
            W::SourceBusy => Self::SourceBusy,
            W::SourceAway => Self::SourceAway,
            W::InCloud => Self::InCloud,
            W::Other => Self::Other { code: "other".into() },
        }
    }
}

/// Why something is parked; it needs a person, and `retry` sets it going again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Enum)]
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
    /// The server refuses it.
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
    Other {
        /// Its name.
        code: String,
    },
}

impl From<satchel::ParkReason> for ParkReason {
    fn from(value: satchel::ParkReason) -> Self {
        use satchel::ParkReason as P;
        match value {
            P::SourceGone => Self::SourceGone,
            P::SourceUnreadable => Self::SourceUnreadable,
            P::SourceEmpty => Self::SourceEmpty,
            P::SourceKeepsChanging => Self::SourceKeepsChanging,
            P::FateUnknown => Self::FateUnknown,
            P::HashMismatch => Self::HashMismatch,
            P::TooLarge => Self::TooLarge,
            P::Contradiction => Self::Contradiction,
            P::ForeignLocation => Self::ForeignLocation,
            P::Refused { status } => Self::Refused { status },
            P::BadReceipt => Self::BadReceipt,
            P::DeletedThere => Self::DeletedThere,
            P::CannotRedact => Self::CannotRedact,
            P::Other => Self::Other { code: "other".into() },
        }
    }
}

/// Where an asset or a delivery stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum AssetState {
    /// Safe in the outbox, not yet read.
    Accepted,
    /// Being read.
    Hashing,
    /// Known by its content, and waiting.
    Waiting {
        /// Why.
        reason: WaitReason,
        /// The reason for a person, in English.
        words: String,
        /// When it will go, as far as that can be said: not before what this asks for is true.
        goes: Wake,
        /// When it will go, for a person, in local time, in English.
        when_words: String,
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
        /// The reason for a person, with what to do, in English.
        words: String,
    },
    /// Taken out of the outbox.
    Removed,
    /// A state of a later version.
    Other {
        /// Its name.
        code: String,
    },
}

impl AssetState {
    pub(crate) fn seen(value: satchel::AssetState, now: &Now) -> Self {
        use satchel::AssetState as A;
        match value {
            A::Accepted => Self::Accepted,
            A::Hashing => Self::Hashing,
            A::Waiting { reason, goes } => Self::Waiting {
                words: reason.words(),
                when_words: reason.when(&goes, now),
                reason: reason.into(),
                goes: goes.into(),
            },
            A::Sending => Self::Sending,
            A::Delivered { proof } => Self::Delivered { proof: proof.into() },
            A::Parked { reason } => Self::Parked { words: reason.words(), reason: reason.into() },
            A::Removed => Self::Removed,
        }
    }
}
