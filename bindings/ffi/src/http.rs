//! HTTP that the host's system runs: it pulls steps and pushes outcomes. See [`satchel::host`] for how a host goes about it.

use satchel::host::{self, HostId, LeaseId};
use satchel::{AddOutcome, StageId, StagedFile};
use url::Url;

use crate::satchel::{Result, Satchel};
use crate::{Added, Motion, PostEdit, SatchelError, Wake};

/// How much a host takes.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HostLimits {
    /// At most so many steps from this call.
    #[uniffi(default = 8)]
    pub most_steps: u32,
    /// The longest body of a step in bytes, at least 65,536. What is left of an upload goes in its next steps.
    #[uniffi(default = 16777216)]
    pub most_bytes_per_step: u64,
    /// What may still be sent, in bytes of bodies; steps that are out must be taken off before. No end when left out.
    #[uniffi(default = None)]
    pub budget_left: Option<u64>,
}

/// What a host is given to do.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct HostSteps {
    /// The steps, the more pressing first.
    pub steps: Vec<HostStep>,
    /// When to ask again if no outcome comes before, and what must be true then.
    pub wake: Wake,
}

/// A request for the host's system, under a lease. It holds the target's credential: it is not for logs.
#[derive(Clone, PartialEq, uniffi::Record)]
pub struct HostStep {
    /// Names the step when its outcome is told; to be put on the system's task.
    pub lease: String,
    /// The upload that it belongs to; none where a target is asked what it has.
    pub upload: Option<i64>,
    /// Grows each time that the upload is leased anew.
    pub epoch: i64,
    /// Whose it is, the first of those that share it.
    pub asset: Option<String>,
    /// Where it goes.
    pub target: i64,
    /// The method, in capitals.
    pub method: String,
    /// The address. Redirects must not be followed.
    pub url: String,
    /// All headers but `host` and `content-length`.
    pub headers: Vec<Header>,
    /// A file to send; none when the body is empty. It goes when the outcome is told or the lease is void.
    pub body: Option<HostBody>,
    /// How long nothing may move while the body is sent, in milliseconds.
    pub stall_ms: u64,
    /// How long to wait for the reply after the body, in milliseconds.
    pub reply_ms: u64,
    /// Only over networks that cost nothing.
    pub unmetered_only: bool,
    /// Not while the person asked the system to save data.
    pub not_constrained: bool,
    /// Not over mobile data.
    pub no_cellular: bool,
    /// Not on a foreign operator's network.
    pub not_roaming: bool,
    /// Not before this, in milliseconds since 1970.
    pub not_before_utc_ms: Option<i64>,
    /// Must not go over a connection that was used before.
    pub fresh_connection: bool,
    /// The key that the server's certificate must hold: SHA-256 of its SubjectPublicKeyInfo, base64url without padding. None
    /// where the system's trusted roots vouch for it.
    pub pin: Option<String>,
}

impl std::fmt::Debug for HostStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostStep").field("lease", &self.lease).field("method", &self.method).finish_non_exhaustive()
    }
}

/// A header.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Header {
    /// In lower case.
    pub name: String,
    /// As it goes.
    pub value: String,
}

/// A body, staged for one step.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HostBody {
    /// The file, whole.
    pub path: String,
    /// Its length in bytes.
    pub length: u64,
}

/// How the host knows who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum Peer {
    /// It cannot tell.
    Unknown,
    /// TLS, and the certificate holds the step's pinned key.
    Pin,
    /// TLS, and a root that the system trusts vouches for the certificate.
    Root,
}

/// Why no reply came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum HostCut {
    /// The name has no address.
    NoAddress,
    /// No connection was made.
    NoConnection,
    /// TLS failed over the peer's certificate.
    Certificate,
    /// TLS failed otherwise.
    Handshake,
    /// The connection broke.
    Reset,
    /// Nothing moved for too long.
    Stalled,
    /// The body was sent and no reply came.
    NoReply,
    /// What came was not HTTP.
    Garbage,
    /// The host or its system ended it.
    Stopped,
}

/// What came of a step.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum HostOutcome {
    /// A reply.
    Reply {
        /// Status code.
        status: u16,
        /// Headers.
        headers: Vec<Header>,
        /// The body; what is beyond its first 64 KiB does not count.
        body: Vec<u8>,
        /// The address that answered.
        url: String,
        /// Who answered.
        peer: Peer,
        /// Bytes of the body that were sent, where the system says; else it counts as all.
        sent: Option<u64>,
    },
    /// None came.
    Cut {
        /// Bytes of the body that were sent, where the system says; else it counts as all.
        sent: Option<u64>,
        /// Why.
        cut: HostCut,
    },
}

/// What became of an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, uniffi::Enum)]
pub enum Taken {
    /// It is recorded.
    Recorded {
        /// The upload goes on with a step that is ready to be asked for.
        more: bool,
    },
    /// The lease is void, or its outcome was told before: nothing changed.
    Stale,
}

/// A place in the outbox where the host writes a file itself.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Stage {
    /// Names it when it is committed or discarded.
    pub id: String,
    /// Where to write. No file is there yet.
    pub path: String,
}

#[uniffi::export]
impl Satchel {
    /// A random id for a host's system, to be kept for as long as it may carry requests.
    pub fn new_host_id(&self) -> Result<String> {
        Ok(satchel::Outbox::new_host_id()?.to_string())
    }

    /// Says which of its steps a host's system still carries; to be called at the host's start, before it asks for steps. The
    /// others are void, which does no harm. Returns how many became void.
    pub async fn host_running(&self, owner: String, leases: Vec<String>) -> Result<u64> {
        let (outbox, owner) = (self.open_outbox()?, host_id(&owner)?);
        let leases = leases.iter().map(|lease| lease_id(lease)).collect::<Result<Vec<_>>>()?;
        self.tracked(async move { outbox.host_running(owner, &leases).await }).await
    }

    /// Steps for a host's system. To be waited for: steps that did not reach the host are void only at the next
    /// `host_running`.
    pub async fn host_steps(&self, owner: String, limits: HostLimits) -> Result<HostSteps> {
        let (outbox, owner) = (self.open_outbox()?, host_id(&owner)?);
        let HostLimits { most_steps, most_bytes_per_step, budget_left } = limits;
        let most_steps = usize::try_from(most_steps).unwrap_or(usize::MAX);
        let limits = host::HostLimits { most_steps, most_bytes_per_step, budget_left };
        self.tracked(async move {
            let host::HostSteps { steps, wake } = outbox.host_steps(owner, limits).await?;
            Ok::<_, SatchelError>(HostSteps {
                steps: steps.into_iter().map(HostStep::from).collect(),
                wake: wake.into(),
            })
        })
        .await
    }

    /// Takes what came of a step; told late or twice it does no harm.
    pub async fn host_outcome(&self, lease: String, outcome: HostOutcome) -> Result<Taken> {
        let (outbox, lease, outcome) = (self.open_outbox()?, lease_id(&lease)?, told(outcome)?);
        self.tracked(async move { outbox.host_outcome(lease, outcome).await.map(Taken::from) }).await
    }

    /// A place where the host writes a file itself, such as an export of its photo library. One that is neither committed nor
    /// discarded is swept when nothing was written for a day.
    pub async fn stage(&self) -> Result<Stage> {
        let outbox = self.open_outbox()?;
        self.tracked(async move {
            let satchel::Stage { id, path } = outbox.stage().await?;
            Ok::<_, SatchelError>(Stage { id: id.to_string(), path: path.to_string_lossy().into_owned() })
        })
        .await
    }

    /// Adds what the host wrote, under the name that it had in the library; of a live photo the still, with its `motion`. It
    /// may be repeated after a lost answer.
    pub async fn commit(
        &self,
        stage: String,
        name: String,
        post: PostEdit,
        urgent: bool,
        album: Option<String>,
        motion: Option<Motion>,
    ) -> Result<Added> {
        let (outbox, id) = (self.open_outbox()?, stage_id(&stage)?);
        let motion = motion.map(TryInto::try_into).transpose()?;
        let file = StagedFile { name, post: post.into(), urgent, album, motion };
        self.tracked(async move { outbox.commit(id, &file).await.map(|outcome: AddOutcome| Added::from(outcome)) })
            .await
    }

    /// Throws away what the host wrote.
    pub async fn discard(&self, stage: String) -> Result<()> {
        let (outbox, id) = (self.open_outbox()?, stage_id(&stage)?);
        self.tracked(async move { outbox.discard(id).await }).await
    }
}

fn host_id(text: &str) -> Result<HostId> {
    text.parse().map_err(|_| SatchelError::invalid("this is no host's id; give it as new_host_id made it"))
}

fn lease_id(text: &str) -> Result<LeaseId> {
    text.parse().map_err(|_| SatchelError::invalid("this is no lease; give it as the step has it"))
}

pub(crate) fn stage_id(text: &str) -> Result<StageId> {
    text.parse().map_err(|_| SatchelError::invalid("this is no stage's id; give it as stage told it"))
}

fn told(outcome: HostOutcome) -> Result<host::HostOutcome> {
    Ok(match outcome {
        HostOutcome::Reply { status, headers, body, url, peer, sent } => {
            let url: Url = url.parse().map_err(|_| SatchelError::invalid("the reply's address is none"))?;
            let headers = headers.into_iter().map(|Header { name, value }| (name, value)).collect();
            let peer = match peer {
                Peer::Unknown => host::Peer::Unknown,
                Peer::Pin => host::Peer::Pin,
                Peer::Root => host::Peer::Root,
            };
            host::HostOutcome::Reply { status, headers, body, url, peer, sent }
        }
        HostOutcome::Cut { sent, cut } => {
            let cut = match cut {
                HostCut::NoAddress => host::Cut::NoAddress,
                HostCut::NoConnection => host::Cut::NoConnection,
                HostCut::Certificate => host::Cut::Certificate,
                HostCut::Handshake => host::Cut::Handshake,
                HostCut::Reset => host::Cut::Reset,
                HostCut::Stalled => host::Cut::Stalled,
                HostCut::NoReply => host::Cut::NoReply,
                HostCut::Garbage => host::Cut::Garbage,
                HostCut::Stopped => host::Cut::Stopped,
            };
            host::HostOutcome::Cut { sent, cut }
        }
    })
}

impl From<host::Taken> for Taken {
    fn from(taken: host::Taken) -> Self {
        match taken {
            host::Taken::Recorded { more } => Self::Recorded { more },
            host::Taken::Stale => Self::Stale,
        }
    }
}

impl From<host::HostStep> for HostStep {
    fn from(step: host::HostStep) -> Self {
        let host::HostStep {
            lease,
            upload,
            epoch,
            asset,
            target,
            method,
            url,
            headers,
            body,
            timers: host::Timers { stall_ms, reply_ms },
            constraints: host::Constraints { unmetered_only, not_constrained, no_cellular, not_roaming },
            not_before_utc_ms,
            fresh_connection,
            pin,
        } = step;
        let body =
            body.map(|host::HostBody { path, length }| HostBody { path: path.to_string_lossy().into_owned(), length });
        Self {
            lease: lease.to_string(),
            upload,
            epoch,
            asset: asset.map(|a| a.to_string()),
            target: target.0,
            method: method.as_str().to_owned(),
            url: url.into(),
            headers: headers.into_iter().map(|(name, value)| Header { name, value }).collect(),
            body,
            stall_ms,
            reply_ms,
            unmetered_only,
            not_constrained,
            no_cellular,
            not_roaming,
            not_before_utc_ms,
            fresh_connection,
            pin,
        }
    }
}
