//! How bytes travel: one pure machine per protocol.
//!
//! `step(state, event, now) -> (state, needs)`. A machine never touches the world: it asks for requests,
//! digests and waits, and is told what came of them. The contract, which every machine must pass
//! (`satchel-testkit`'s contract suite):
//!
//! - The state that came with a need is stored durably **before** the need is acted on (law 4).
//! - After any stop, [`Event::Start`] goes on from the stored state, whatever was under way.
//! - An outcome of a request that the state does not expect (late, doubled, of an earlier life) changes nothing.
//! - Bytes that the server reported kept are never sent again; how finely that holds is [`Wire::granularity`].
//! - Only a reply that the [gate](crate::gate) calls the service's completes or destroys anything.
//! - No machine loops by itself: without progress it comes to rest, and says why.

pub mod machine;
pub mod post;
mod trouble;
pub mod tus;

use std::ops::Range;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::gate::Verdict;
use crate::ids::{BlobHash, Nonce, UploadKey};
use crate::outcome::{Outcome, Request};
use crate::state::{ParkReason, Proof, Trouble};

pub use machine::{Protocol, Wire};
pub use trouble::{asked_wait, trouble_of};

/// Names a need within one upload; never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NeedId(pub u32);

/// What a machine wants done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// Send this and report [`Event::Outcome`].
    Send(NeedId, Request),
    /// Digest these bytes of the blob, read anew, and report [`Event::Digest`].
    Digest(NeedId, Algorithm, Range<u64>),
    /// Report [`Event::Waited`] after so many milliseconds.
    Wait(NeedId, u64),
}

/// Digests that protocols ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// 20 bytes; integrity in transit only.
    Sha1,
    /// 32 bytes.
    Sha256,
    /// 32 bytes; the blob's own name.
    Blake3,
}

impl Algorithm {
    /// As tus names it in `Upload-Checksum`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Blake3 => "blake3",
        }
    }
}

/// What a machine is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Begin, or go on after a stop. Whatever was under way is void.
    Start,
    /// Give the upload up, and free what the server keeps of it.
    Abandon,
    /// So many body bytes of a request were handed to the socket.
    Progress(NeedId, u64),
    /// A 1xx reply came. No machine needs one yet.
    Interim(NeedId, u16),
    /// A request ended.
    Outcome(NeedId, Outcome, Verdict),
    /// A digest is there; `None` when the source could not be read to its end.
    Digest(NeedId, Option<Vec<u8>>),
    /// A wait is over.
    Waited(NeedId),
}

/// Where a machine stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Needs are open.
    Running,
    /// Nothing is open; start it again later.
    Rest(Rest),
    /// The target has it.
    Done(Done),
    /// It was given up, as asked.
    Abandoned,
    /// The upload is gone and may have completed, or a Satchel receiver may want it no more: ask the server whether it has the
    /// blob. Where it cannot be asked, the fate is unknown.
    Lost,
    /// The source is not what was hashed.
    SourceChanged,
    /// Needs a person.
    Park(ParkReason),
}

/// Why a machine rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rest {
    /// What went wrong.
    pub trouble: Trouble,
    /// When the server asked to come back, in milliseconds from then on; clamped already.
    pub after_ms: Option<u64>,
    /// Whether the trouble is the target's (others would meet it too) or this upload's alone.
    pub of_target: bool,
    /// Whether the upload came further since it was started: if so, waits begin anew.
    pub progressed: bool,
}

/// How an upload ended well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// What is known without looking at the receipt.
    pub proof: Proof,
    /// The receipt as it came, not yet verified.
    pub receipt: Option<String>,
}

/// What is to be sent, and to whom: everything about an upload that does not change while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Where uploads are created; for a post, its own URL.
    pub create: Url,
    /// Further origins on which the server may place an upload (`https://host:port`).
    pub origins: Vec<url::Origin>,
    /// Where the target's other endpoints create the very same uploads: one that is named by another endpoint's address is
    /// reached by this one's.
    pub siblings: Vec<Url>,
    /// Length of the payload in bytes; not 0.
    pub length: u64,
    /// The payload's hash.
    pub hash: BlobHash,
    /// The client's name for the upload.
    pub key: UploadKey,
    /// What a receipt must repeat.
    pub nonce: Nonce,
    /// `Upload-Metadata`, in order: keys without space or comma, values as they are.
    pub metadata: Vec<(String, String)>,
    /// Further headers of every request, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Whether the server honours Satchel's headers: idempotent creation, whole hash, receipts.
    pub satchel: bool,
    /// Digest of bounded PATCHes (`Upload-Checksum`), where the target is known to take it.
    pub checksum: Option<Algorithm>,
    /// How patient to be.
    pub patience: Patience,
    /// The bytes of a payload that is not a blob on disk: a post's document.
    pub inline: Option<Vec<u8>>,
    /// What comes along behind it: a post's preview, which the document names by its hash.
    pub along: Option<Vec<u8>>,
}

impl Job {
    /// An upload's address, as the endpoint that is used now has it.
    fn here(&self, location: Url) -> Url {
        let sibling = self.siblings.iter().find(|sibling| sibling.origin() == location.origin());
        let Some(sibling) = sibling.filter(|_| location.origin() != self.create.origin()) else { return location };
        let mut here = self.create.clone();
        // What stands below the place of creation there stands below it here.
        let (from, to) = (sibling.path().trim_end_matches('/'), self.create.path().trim_end_matches('/'));
        match location.path().strip_prefix(from).filter(|rest| rest.starts_with('/')) {
            Some(rest) => here.set_path(&format!("{to}{rest}")),
            None => here.set_path(location.path()),
        }
        here.set_query(location.query());
        here
    }
}

impl Job {
    /// The same, for an upload that is gone on with: it belongs to the store that this endpoint leads to, and an endpoint that was
    /// taken away meanwhile gets nothing more.
    fn found_here(&self, location: Url) -> Url {
        let here = self.here(location);
        let origin = here.origin();
        if origin == self.create.origin() || self.origins.contains(&origin) {
            return here;
        }
        let mut ours = self.create.clone();
        ours.set_path(here.path());
        ours.set_query(here.query());
        ours
    }
}

/// How patient to be with a target, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patience {
    /// Without a byte of progress while a body is sent. Generous: a kernel takes megabytes ahead of a slow link.
    pub stall_ms: u64,
    /// For a reply to a request without a body to speak of.
    pub reply_ms: u64,
    /// More for each MiB of body, for what the kernel still holds and what the server still does with it.
    pub reply_per_mib_ms: u64,
    /// After a connection that carried bytes broke, before the server is asked how far they came: about a round trip on
    /// a slow mobile link, so that what is still on its way counts.
    pub settle_ms: u64,
}

impl Default for Patience {
    fn default() -> Self {
        Self { stall_ms: 120_000, reply_ms: 30_000, reply_per_mib_ms: 1_000, settle_ms: 300 }
    }
}

impl Patience {
    /// How much of a body a kernel may hold back unsent, and the slowest link that we count on, in bytes and bytes a second.
    const HELD_BACK: u64 = 4 << 20;
    const SLOWEST: u64 = 16 << 10;

    /// The timers of a request whose body ends at `end` of the payload and has `body` bytes.
    pub fn timers(&self, body: u64, end: u64) -> crate::outcome::Timers {
        let Self { stall_ms, reply_ms, reply_per_mib_ms, settle_ms: _ } = *self;
        let drain = body.min(Self::HELD_BACK).saturating_mul(stall_ms) / 120_000 * 1000 / Self::SLOWEST;
        let work = if body == 0 { 0 } else { (end >> 20).saturating_mul(reply_per_mib_ms) };
        crate::outcome::Timers { stall_ms, reply_ms: reply_ms.saturating_add(drain).saturating_add(work) }
    }
}

/// Who carries an upload's requests. It may change from one start to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Carrier {
    /// The engine's own client: it counts what it hands to the socket, and sends nothing of its own accord.
    Engine,
    /// A system that transfers by itself, while the app sleeps. It may repeat a request whose connection broke, so its count
    /// of bytes says nothing of what cannot have arrived.
    System {
        /// The longest body that it is given, in bytes; not 0.
        most: u64,
    },
}

/// A machine's state as it is stored: (protocol, version, bytes).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Which machine.
    pub protocol: String,
    /// The version of its state.
    pub version: u32,
    /// Its state.
    pub bytes: Vec<u8>,
}
