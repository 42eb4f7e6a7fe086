//! States and reasons. Each reason carries its code's words for a person beside its type.

use satchel::kernel::gate;
use satchel::kernel::protocol::post;

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
            T::Gateway(status) => Self::Gateway { status },
            T::Busy(status) => Self::Busy { status },
            T::Locked => Self::Locked,
            T::NeedsToken => Self::NeedsToken,
            T::Contradiction => Self::Contradiction,
            T::Refused(status) => Self::Refused { status },
            T::SourceAway => Self::SourceAway,
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
    /// The original cannot be opened just now: it is in the cloud, say, or the phone is locked. It is tried again by itself.
    SourceAway,
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
            W::Paused => Self::Paused,
            W::Retry { at_utc_ms, trouble } => Self::Retry { at_utc_ms, trouble: trouble.into() },
            W::TargetRests { at_utc_ms, trouble } => Self::TargetRests { at_utc_ms, trouble: trouble.into() },
            W::SourceBusy => Self::SourceBusy,
            W::SourceAway => Self::SourceAway,
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

impl From<satchel::AssetState> for AssetState {
    fn from(value: satchel::AssetState) -> Self {
        use satchel::AssetState as A;
        match value {
            A::Accepted => Self::Accepted,
            A::Hashing => Self::Hashing,
            A::Waiting { reason } => Self::Waiting { words: reason.words(), reason: reason.into() },
            A::Sending => Self::Sending,
            A::Delivered { proof } => Self::Delivered { proof: proof.into() },
            A::Parked { reason } => Self::Parked { words: reason.words(), reason: reason.into() },
            A::Removed => Self::Removed,
        }
    }
}
