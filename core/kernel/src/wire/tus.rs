//! tus 1.0 (<https://tus.io/protocols/resumable-upload>), as a client that trusts nobody.
//!
//! - Creation has an **empty body**: a 201 that is lost on the way leaves an empty orphan and no second photo. Only
//!   where creating twice is harmless (`job.satchel`: the server knows our key) do bytes go along.
//! - A PATCH is **unbounded**, so that a good link is not slowed by round trips. Only when bytes were sent and the
//!   offset did not move (something on the way swallows whole bodies) is it bounded, and grows again as it gets through.
//! - The server's offset is the truth. What it may at most be, the **ceiling**, is known here: a server that reports
//!   more than was sent contradicts itself, and completes nothing.
//! - When an upload is gone, it matters whether its last byte may have arrived: then a new one might be a second copy.

mod reply;
mod request;

use serde::{Deserialize, Serialize};
use url::Url;

use super::{Carrier, Event, Job, Need, NeedId, Rest, Status};
use crate::ids::UploadKey;
use crate::outcome::Request;
use crate::state::{ParkReason, Trouble};
use crate::time::Now;

/// The first bound of a PATCH, in bytes, when something swallows whole bodies.
const FIRST_BOUND: u64 = 256 << 10;
/// The smallest bound.
const LEAST_BOUND: u64 = 16 << 10;
/// Bounded PATCHes above this size are unbounded again.
const LAST_BOUND: u64 = 64 << 20;
/// How often the service may contradict itself, or refuse over plain HTTP, before a person is asked.
const PATIENCE: u8 = 3;
/// Uploads of one payload that may be found gone before it rests for longer than a moment.
const FRESH_STARTS: u8 = 3;

/// The machine: what is known of one upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tus {
    /// The upload at the server.
    location: Option<Url>,
    /// The server's last word.
    offset: u64,
    /// No byte at or beyond this one can have reached the server.
    ceiling: u64,
    /// The most bytes of a PATCH; unbounded when `None`.
    bound: Option<u64>,
    /// How many uploads were begun for this payload before: each has a key of its own.
    generation: u32,
    /// Connections in a row that said the upload is gone.
    gone: u8,
    /// The whole arrived with another hash, so often.
    mismatches: u8,
    /// Uploads that were lost after all of them went out, though the server did not have the payload.
    lost: u8,
    /// Contradictions in a row without progress.
    contradictions: u8,
    /// Refusals in a row.
    refusals: u8,
    /// Answers in a row since the last start that told of no progress.
    stuck: u8,
    /// Body bytes went out since the server last told how far the upload came.
    tried: bool,
    /// The furthest that the server ever told. A server that takes back and gives again does not get further.
    highest: u64,
    /// The same at the last start: shows whether a rest follows progress.
    started_at: u64,
    /// Who carries the requests.
    #[serde(default = "Tus::engine")]
    carrier: Carrier,
    /// Of earlier lives nothing is known, not even a name at the server.
    unknown: bool,
    next: u32,
    then: Option<Then>,
    phase: Phase,
    status: Status,
}

/// What is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    Idle,
    /// With so many first bytes.
    Creating {
        id: NeedId,
        body: u64,
    },
    Asking {
        id: NeedId,
    },
    /// Lets the last bytes of a connection that broke come in.
    Settling {
        id: NeedId,
    },
    /// Waits for the digest of a bounded PATCH.
    Digesting {
        id: NeedId,
        to: u64,
    },
    Patching {
        id: NeedId,
        from: u64,
        to: u64,
        ceiling_before: u64,
    },
    /// Frees the upload at the server.
    Deleting {
        id: NeedId,
    },
    /// Reads the source again after a wrong final hash.
    Rereading {
        id: NeedId,
    },
}

/// What is to be done once the upload at the server is freed; outlives a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Then {
    GiveUp,
    Reread,
}

impl Default for Tus {
    fn default() -> Self {
        Self {
            location: None,
            offset: 0,
            ceiling: 0,
            bound: None,
            generation: 0,
            gone: 0,
            mismatches: 0,
            lost: 0,
            contradictions: 0,
            refusals: 0,
            stuck: 0,
            tried: false,
            highest: 0,
            started_at: 0,
            carrier: Carrier::Engine,
            unknown: false,
            next: 0,
            then: None,
            phase: Phase::Idle,
            status: Status::Running,
        }
    }
}

impl Tus {
    /// The version of the stored state.
    pub const VERSION: u32 = 1;

    /// An upload of which only its name at the server is known. Its ceiling is unknown, thus the whole.
    pub fn recover(location: &str, length: u64) -> Option<Self> {
        let location = Url::parse(location).ok().filter(is_http)?;
        Some(Self { location: Some(location), ceiling: length, ..Self::default() })
    }

    /// An upload of which nothing is known but that it was begun.
    pub(super) fn unknown(length: u64) -> Self {
        Self { unknown: true, ceiling: length, ..Self::default() }
    }

    /// Takes numbers that no earlier life of this upload had, for its needs and for its next key: of a life whose
    /// state cannot be read, nobody knows which numbers it used.
    pub(super) fn renumbered(self, seed: u32) -> Self {
        Self { next: seed, generation: seed, ..self }
    }

    /// Whether this can be the state of a payload of such a length. What was damaged, or belongs to another, is not.
    pub(super) fn fits(&self, length: u64) -> bool {
        let reached = self.offset <= self.ceiling && self.highest <= self.ceiling && self.ceiling <= length;
        let under_way = match self.phase {
            Phase::Digesting { to, .. } => (self.offset..=length).contains(&to),
            Phase::Patching { from, to, ceiling_before, .. } => from <= to && to <= length && ceiling_before <= length,
            Phase::Creating { body, .. } => body <= length,
            Phase::Idle
            | Phase::Asking { .. }
            | Phase::Settling { .. }
            | Phase::Deleting { .. }
            | Phase::Rereading { .. } => true,
        };
        reached
            && under_way
            && self.bound.is_none_or(|b| b >= LEAST_BOUND)
            && self.location.as_ref().is_none_or(is_http)
    }

    fn engine() -> Carrier {
        Carrier::Engine
    }

    pub(super) fn carried_by(self, carrier: Carrier) -> Self {
        Self { carrier, ..self }
    }

    /// The longest body that the carrier takes.
    fn most(&self) -> u64 {
        match self.carrier {
            Carrier::Engine => u64::MAX,
            Carrier::System { most } => most.max(1),
        }
    }

    pub(super) fn retry(mut self) -> Self {
        match self.status {
            Status::Park(_) => {
                let Self { location, offset, ceiling, highest, generation, next, .. } = self;
                Self { location, offset, ceiling, highest, generation, next, ..Self::default() }
            }
            Status::Lost => {
                // One that is gone before its last byte went was given up already, and swallowed nothing.
                if self.ceiling > 0 {
                    self.forget();
                    self.lost = self.lost.saturating_add(1);
                }
                self.status = Status::Running;
                self
            }
            _ => self,
        }
    }

    /// The upload at the server.
    pub fn location(&self) -> Option<&str> {
        self.location.as_ref().map(Url::as_str)
    }
    /// Bytes that the server reported kept.
    pub fn offset(&self) -> u64 {
        self.offset
    }
    /// No byte at or beyond this one can have reached the server.
    pub fn ceiling(&self) -> u64 {
        self.ceiling
    }
    /// Where it stands.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// One step.
    pub fn step(mut self, job: &Job, event: Event, now: &Now) -> (Self, Vec<Need>) {
        if matches!(event, Event::Start | Event::Abandon) {
            self.location = self.location.map(|location| job.found_here(location));
        }
        let needs = match event {
            Event::Start => self.start(job),
            Event::Abandon => {
                self.started_at = self.highest;
                self.abandon(job)
            }
            Event::Outcome(id, outcome, verdict) if self.sent() == Some(id) => {
                self.on_outcome(job, &outcome, verdict, now)
            }
            Event::Digest(id, digest) if self.digests() == Some(id) => self.on_digest(job, digest),
            // Without a name at the server, the creation is asked for again.
            Event::Waited(id) if self.phase == (Phase::Settling { id }) => self.ask(job),
            Event::Outcome(..) | Event::Progress(..) | Event::Interim(..) | Event::Digest(..) | Event::Waited(_) => {
                vec![]
            }
        };
        (self, needs)
    }

    /// The request that is open.
    fn sent(&self) -> Option<NeedId> {
        match self.phase {
            Phase::Creating { id, .. } | Phase::Asking { id } | Phase::Patching { id, .. } | Phase::Deleting { id } => {
                Some(id)
            }
            Phase::Idle | Phase::Settling { .. } | Phase::Digesting { .. } | Phase::Rereading { .. } => None,
        }
    }

    /// The digest that is open.
    fn digests(&self) -> Option<NeedId> {
        match self.phase {
            Phase::Digesting { id, .. } | Phase::Rereading { id } => Some(id),
            _ => None,
        }
    }

    fn start(&mut self, job: &Job) -> Vec<Need> {
        if matches!(
            self.status,
            Status::Done(_) | Status::Abandoned | Status::Park(_) | Status::SourceChanged | Status::Lost
        ) {
            return vec![];
        }
        self.status = Status::Running;
        self.started_at = self.highest;
        self.stuck = 0;
        if std::mem::take(&mut self.unknown) && job.satchel {
            // A creation may have carried all of it, under a key that is not known any more.
            return self.end(Status::Lost);
        }
        match (self.then, &self.location) {
            (Some(then), _) => self.free(job, then),
            (None, Some(_)) => self.ask(job),
            (None, None) => self.create(job),
        }
    }

    fn abandon(&mut self, job: &Job) -> Vec<Need> {
        match self.status {
            Status::Done(_) | Status::Abandoned => vec![],
            _ => {
                self.status = Status::Running;
                self.free(job, Then::GiveUp)
            }
        }
    }

    // -- needs ---------------------------------------------------------------------------------------

    fn need(&mut self) -> NeedId {
        let id = NeedId(self.next);
        self.next = self.next.wrapping_add(1);
        id
    }

    fn send(id: NeedId, request: Request) -> Vec<Need> {
        vec![Need::Send(id, request)]
    }

    fn create(&mut self, job: &Job) -> Vec<Need> {
        let id = self.need();
        if !job.satchel {
            // Each creation makes a new upload, and carries no byte.
            self.ceiling = 0;
        }
        // After bytes went out with a creation whose answer was lost, only the answer is asked for again.
        let body = if job.satchel && self.ceiling == 0 { job.length.min(self.most()) } else { 0 };
        self.ceiling = self.ceiling.max(body);
        self.tried |= body > 0;
        self.phase = Phase::Creating { id, body };
        Self::send(id, request::create(job, self.key(job), body))
    }

    /// Each generation has a key of its own, so that a server which remembers keys does not answer with an upload that is gone.
    fn key(&self, job: &Job) -> UploadKey {
        if self.generation == 0 {
            return job.key;
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(job.key.as_bytes()).update(&self.generation.to_be_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        UploadKey::from_bytes(bytes)
    }

    fn ask(&mut self, job: &Job) -> Vec<Need> {
        let Some(location) = self.location.clone() else { return self.create(job) };
        let id = self.need();
        self.phase = Phase::Asking { id };
        Self::send(id, request::head(job, &location, self.gone > 0))
    }

    /// Sends on from the server's offset.
    fn go_on(&mut self, job: &Job) -> Vec<Need> {
        let most = self.bound.map_or(self.most(), |bound| bound.min(self.most()));
        let to = job.length.min(self.offset.saturating_add(most));
        match job.checksum {
            // A server must throw away the whole of a cut PATCH that has a checksum, so an unbounded one has none.
            Some(algorithm) if self.bound.is_some() => {
                let id = self.need();
                self.phase = Phase::Digesting { id, to };
                vec![Need::Digest(id, algorithm, self.offset..to)]
            }
            _ => self.patch(job, to, None),
        }
    }

    fn patch(&mut self, job: &Job, to: u64, digest: Option<Vec<u8>>) -> Vec<Need> {
        let Some(location) = self.location.clone() else { return self.create(job) };
        let (id, from, ceiling_before) = (self.need(), self.offset, self.ceiling);
        self.phase = Phase::Patching { id, from, to, ceiling_before };
        self.ceiling = self.ceiling.max(to);
        self.tried = true;
        Self::send(id, request::patch(job, &location, from, to, job.checksum.zip(digest)))
    }

    /// Frees the upload at the server, and then does what was meant to follow.
    fn free(&mut self, job: &Job, then: Then) -> Vec<Need> {
        self.then = Some(then);
        let Some(location) = self.location.clone() else { return self.freed(job) };
        let id = self.need();
        self.phase = Phase::Deleting { id };
        Self::send(id, request::delete(job, &location))
    }

    fn freed(&mut self, job: &Job) -> Vec<Need> {
        self.forget();
        match self.then {
            Some(Then::Reread) => self.reread(job),
            Some(Then::GiveUp) | None => self.end(Status::Abandoned),
        }
    }

    fn reread(&mut self, job: &Job) -> Vec<Need> {
        let id = self.need();
        self.phase = Phase::Rereading { id };
        vec![Need::Digest(id, super::Algorithm::Blake3, 0..job.length)]
    }

    /// Nothing of this upload is left at the server; the next one has another key.
    fn forget(&mut self) {
        self.location = None;
        (self.offset, self.ceiling, self.highest, self.started_at) = (0, 0, 0, 0);
        (self.gone, self.stuck, self.tried) = (0, 0, false);
        self.generation = self.generation.wrapping_add(1);
    }

    // -- ends ----------------------------------------------------------------------------------------

    fn end(&mut self, status: Status) -> Vec<Need> {
        self.phase = Phase::Idle;
        self.status = status;
        vec![]
    }

    fn rest(&mut self, mut rest: Rest) -> Vec<Need> {
        rest.progressed = self.highest > self.started_at;
        self.end(Status::Rest(rest))
    }

    /// The service said what cannot be. At first it may be a passing fault; then a person is asked.
    fn contradiction(&mut self) -> Vec<Need> {
        self.contradictions = self.contradictions.saturating_add(1);
        if self.contradictions >= PATIENCE {
            return self.end(Status::Park(ParkReason::Contradiction));
        }
        self.rest(Rest { trouble: Trouble::Contradiction, after_ms: None, of_target: false, progressed: false })
    }
}

fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

#[cfg(test)]
mod tests;
