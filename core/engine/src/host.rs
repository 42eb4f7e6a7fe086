//! HTTP that the host runs: it pulls steps, its system carries them, and it pushes what came of them.
//!
//! An app that is suspended sends nothing, but its system may go on for it (the background `URLSession` of iOS takes a
//! request and a file). So the same machines, the same planner and the same gate work here without a socket of ours: a
//! [`HostStep`] is a request that is whole, with its body in a file of its own, and a **lease**: it is in the database
//! before it is handed out, and nobody else touches its upload until its outcome came or it is void.
//!
//! How a host goes about it:
//!
//! 1. At its start it says which steps its system still carries: [`Outbox::host_running`]. Those that it does not name
//!    are void, and their uploads begin with the question how far they came.
//! 2. It asks for steps, as many as it wants to have in its system's queue: [`Outbox::host_steps`].
//! 3. Of each it tells what came of it: [`Outbox::host_outcome`]; then it asks for steps again.
//!
//! An outcome that comes late, twice or never does no harm. A system that repeats a request of its own accord meets a 409
//! where the first try got through; the next step then asks how far the upload came.

mod advance;
mod body;
mod hand;
mod hold;
mod outcome;
mod task;

use std::fmt;
use std::path::PathBuf;

pub use satchel_kernel::ids::{HostId, LeaseId};
pub use satchel_kernel::outcome::{Cut, Method, Timers};
use satchel_kernel::planner::Wake;
pub use satchel_kernel::policy::Constraints;
use url::Url;

use crate::error::{Error, Result};
use crate::outbox::Outbox;
use crate::runner;
use crate::store::{leases, money};
use crate::{AssetId, TargetId};

/// The least that [`HostLimits::most_bytes_per_step`] may be: a post's document goes as a whole, and has at most so many
/// bytes.
pub const LEAST_BYTES_PER_STEP: u64 = 64 << 10;

/// How much a host takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostLimits {
    /// At most so many steps from this call.
    pub most_steps: usize,
    /// The longest body of a step, and so the longest staged file, in bytes; at least [`LEAST_BYTES_PER_STEP`]. What is left
    /// of an upload goes in its next steps.
    pub most_bytes_per_step: u64,
    /// What may still be sent, in bytes of bodies; no end when left out. The bodies of all steps of this call together are
    /// no more. Steps that are out already must be taken off before: each counts whole until its outcome is told.
    pub budget_left: Option<u64>,
}

impl Default for HostLimits {
    fn default() -> Self {
        Self { most_steps: 8, most_bytes_per_step: 16 << 20, budget_left: None }
    }
}

/// What a host is given to do.
#[derive(Debug, Clone, Default)]
pub struct HostSteps {
    /// The steps, each under a lease of its own. The more pressing come first.
    pub steps: Vec<HostStep>,
    /// When to ask for steps again if no outcome comes before, and what must be true then.
    pub wake: Wake,
}

/// A request for the host's system. It holds the target's credential: it is not for logs.
#[derive(Clone, PartialEq, Eq)]
pub struct HostStep {
    /// Names the step when its outcome is told. As text ([`Display`](fmt::Display) and
    /// [`FromStr`](std::str::FromStr)) it can be put on the system's task, and found there by the next process.
    pub lease: LeaseId,
    /// The upload that it belongs to, by its number in this outbox; none where a target is asked what it has.
    pub upload: Option<i64>,
    /// Grows each time that the upload is leased anew.
    pub epoch: i64,
    /// Whose it is, the first of those that share it; none where that says nothing.
    pub asset: Option<AssetId>,
    /// Where it goes.
    pub target: TargetId,
    /// The method.
    pub method: Method,
    /// The address. Redirects must not be followed.
    pub url: Url,
    /// All headers, names in lower case, `authorization` among them, but those that HTTP itself needs (`host`,
    /// `content-length`, which is 0 for a POST without a body).
    pub headers: Vec<(String, String)>,
    /// What is to be sent; none when the body is empty.
    pub body: Option<HostBody>,
    /// How long to wait for what.
    pub timers: Timers,
    /// Which networks may carry it.
    pub constraints: Constraints,
    /// Not before this, in milliseconds since 1970.
    pub not_before_utc_ms: Option<i64>,
    /// Must not go over a connection that was used before.
    pub fresh_connection: bool,
    /// The key that the server's certificate must hold (SHA-256 of its SubjectPublicKeyInfo, base64url without padding);
    /// none where the system's trusted roots vouch for it.
    pub pin: Option<String>,
}

/// A body, staged for this one step. The file goes when the outcome is told or the lease is void.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostBody {
    /// The file, whole.
    pub path: PathBuf,
    /// Its length in bytes.
    pub length: u64,
}

/// How the host knows who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Peer {
    /// It cannot tell, or nobody vouches for it.
    #[default]
    Unknown,
    /// TLS, and the certificate holds the key of [`HostStep::pin`].
    Pin,
    /// TLS, and a root that the system trusts vouches for the certificate.
    Root,
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostOutcome {
    /// A reply.
    Reply {
        /// Status code.
        status: u16,
        /// Headers.
        headers: Vec<(String, String)>,
        /// The body; what is beyond its first 64 KiB does not count.
        body: Vec<u8>,
        /// The address that answered.
        url: Url,
        /// Who answered.
        peer: Peer,
        /// Bytes of the body that were sent, where the system says; else it counts as all.
        sent: Option<u64>,
    },
    /// None came.
    Cut {
        /// Bytes of the body that were sent, where the system says; else it counts as all.
        sent: Option<u64>,
        /// Why. [`Cut::Stopped`] where the host ended it.
        cut: Cut,
    },
}

/// What became of an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is recorded. `more` when the upload goes on with a step that is ready to be asked for.
    Recorded {
        /// See above.
        more: bool,
    },
    /// The lease is void, or its outcome was told before: nothing changed.
    Stale,
}

impl Outbox {
    /// Steps for a host's system: what it would go on with first, then what the plan says. Reads what was added, as far as
    /// that makes steps. Nothing is handed out while the outbox is paused, or the link that was set last may not be used.
    ///
    /// Not to be cancelled: steps that were leased and did not reach the host are void only once [`Self::host_running`] is
    /// called again. `owner` is a random id that the host keeps for as long as its system may carry requests:
    /// [`Self::new_host_id`].
    ///
    /// # Errors
    /// [`Error::Invalid`] for limits out of range; [`Error::StorageFull`] and [`Error::Storage`] when no step could be made.
    pub async fn host_steps(&self, owner: HostId, limits: HostLimits) -> Result<HostSteps> {
        if limits.most_bytes_per_step < LEAST_BYTES_PER_STEP {
            let words = format!(
                "a step of at most {} bytes is too small; allow at least {LEAST_BYTES_PER_STEP}",
                limits.most_bytes_per_step
            );
            return Err(Error::Invalid(words));
        }
        if self.inner.is_suspended() {
            return Ok(HostSteps { steps: vec![], wake: self.wake().await? });
        }
        hand::steps(&self.inner, owner, limits).await
    }

    /// Takes what came of a step.
    ///
    /// # Errors
    /// When it cannot be recorded; it may be told again.
    pub async fn host_outcome(&self, lease: LeaseId, outcome: HostOutcome) -> Result<Taken> {
        outcome::take(&self.inner, lease, outcome).await
    }

    /// Says which of its steps a host's system still carries; to be called at the host's start, before it asks for steps.
    /// The others are void, and so are those of any host that are older than eight days. Returns how many became void.
    ///
    /// # Errors
    /// When it cannot be recorded.
    pub async fn host_running(&self, owner: HostId, still_running: &[LeaseId]) -> Result<u64> {
        let (running, now) = (still_running.to_vec(), self.inner.config.clock.now());
        let (voided, files) = self
            .inner
            .store
            .write(move |tx| {
                let voided = leases::void(tx, owner, &running, now.utc_ms)?;
                money::close_void(tx, &now)?;
                Ok(voided)
            })
            .await?;
        body::remove(&self.inner, files);
        runner::sweep(&self.inner).await?;
        self.inner.changed.notify_one();
        Ok(voided)
    }

    /// An id for a host that has none yet. It says nothing about the device.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn new_host_id() -> Result<HostId> {
        Ok(HostId::from_bytes(runner::upload::random()?))
    }
}

impl fmt::Debug for HostStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.body.as_ref().map_or(0, |body| body.length);
        let mut out = f.debug_struct("HostStep");
        out.field("lease", &self.lease).field("upload", &self.upload).field("epoch", &self.epoch);
        out.field("asset", &self.asset).field("method", &self.method).field("body", &length).finish_non_exhaustive()
    }
}
