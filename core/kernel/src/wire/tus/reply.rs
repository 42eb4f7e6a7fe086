//! What the machine makes of what came.

use super::super::trouble::{is_refusal, rest_after};
use super::super::{Carrier, Done, Job, Need, Rest, Status};
use super::{FIRST_BOUND, FRESH_STARTS, LAST_BOUND, LEAST_BOUND, PATIENCE, Phase, Then, Tus, is_http};
use crate::gate::{Grade, Verdict};
use crate::ids::BlobHash;
use crate::outcome::{Cut, Outcome, Reply};
use crate::protocol;
use crate::state::{ParkReason, Proof, Trouble};
use crate::time::Now;

impl Tus {
    pub(super) fn on_outcome(&mut self, job: &Job, outcome: &Outcome, verdict: Verdict, now: &Now) -> Vec<Need> {
        self.count_sent(outcome);
        match (outcome, verdict) {
            (Outcome::Reply { reply, .. }, Verdict::Service(grade)) => self.on_service(job, outcome, reply, grade, now),
            (Outcome::Cut { cut: Cut::SourceChanged | Cut::SourceUnreadable, .. }, _) => {
                self.end(Status::SourceChanged)
            }
            (Outcome::Cut { cut: Cut::Stopped | Cut::Spent, .. }, _) => self.rest(rest_after(outcome, verdict, now)),
            // A connection that carried something and broke: ask how far it came, and go on.
            (Outcome::Cut { sent, .. }, Verdict::Silence(_)) if *sent > 0 && self.carries() => self.after_cut(job),
            _ => {
                // A gateway that finds the body too large is sent a smaller one next time.
                let too_large = matches!(outcome, Outcome::Reply { reply, .. } if reply.status == 413);
                self.tried |= verdict == Verdict::Gateway && too_large && self.carries();
                self.rest(rest_after(outcome, verdict, now))
            }
        }
    }

    /// Whether the request that is open has a body.
    fn carries(&self) -> bool {
        matches!(self.phase, Phase::Patching { .. }) || matches!(self.phase, Phase::Creating { body, .. } if body > 0)
    }

    /// A request that ended shows how far its body can have come at most.
    fn count_sent(&mut self, outcome: &Outcome) {
        match self.phase {
            // A system may have sent it before, whole, and tell of the last time only.
            Phase::Patching { .. } | Phase::Creating { body: 1.., .. } if self.carrier != Carrier::Engine => {
                self.tried = outcome.sent() > 0;
            }
            Phase::Patching { from, to, ceiling_before, .. } => {
                self.ceiling = ceiling_before.max(from.saturating_add(outcome.sent()).min(to));
                self.tried = outcome.sent() > 0;
            }
            // Only a first creation carries bytes; what an earlier one carried still counts for one that carries none.
            Phase::Creating { body, .. } if body > 0 => {
                self.ceiling = outcome.sent().min(body);
                self.tried = outcome.sent() > 0;
            }
            _ => {}
        }
    }

    /// Bytes that left may still be on their way, and the server may still be writing them: what it says of its offset a
    /// moment later spares sending them again.
    fn after_cut(&mut self, job: &Job) -> Vec<Need> {
        let id = self.need();
        self.phase = Phase::Settling { id };
        vec![Need::Wait(id, job.patience.settle_ms)]
    }

    fn on_service(&mut self, job: &Job, outcome: &Outcome, reply: &Reply, grade: Grade, now: &Now) -> Vec<Need> {
        let offset = reply.headers.get_u64("upload-offset");
        match (self.phase, reply.status, offset) {
            (Phase::Creating { .. }, 201, _) => self.created(job, reply, grade, offset),
            (Phase::Asking { .. }, 200 | 204, Some(offset)) => self.told(job, reply, grade, offset),
            (Phase::Patching { from, to, .. }, 204, Some(offset)) => self.patched(job, reply, grade, from, to, offset),
            (Phase::Deleting { .. }, 204, _) => self.freed(job),
            // It is gone already, or the server does not delete (no termination extension): its copy will expire.
            (Phase::Deleting { .. }, 403 | 501, _) => self.freed(job),
            (Phase::Deleting { .. }, status, _) if is_refusal(status) => self.freed(job),
            (Phase::Asking { .. } | Phase::Patching { .. }, 404 | 410, _) => self.gone(job, grade),
            // Under our key the server knows an upload that expired.
            (Phase::Creating { .. }, 410, _) if job.satchel => self.gone(job, grade),
            (Phase::Patching { .. }, 409, _) => self.offset_refused(job),
            (Phase::Patching { .. } | Phase::Creating { .. } | Phase::Asking { .. }, 460, _) => {
                self.mismatch(job, outcome, grade, now)
            }
            (Phase::Creating { .. }, 413, _) => self.refused(ParkReason::TooLarge, grade, 413),
            (_, status, _) if is_refusal(status) => self.refused(ParkReason::Refused { status }, grade, status),
            _ => self.rest(rest_after(outcome, Verdict::Service(grade), now)),
        }
    }

    fn created(&mut self, job: &Job, reply: &Reply, grade: Grade, offset: Option<u64>) -> Vec<Need> {
        let location = reply.headers.get("location").and_then(|l| job.create.join(l).ok()).map(|l| job.here(l));
        let Some(location) = location.filter(is_http) else { return self.contradiction() };
        let origin = location.origin();
        if origin != job.create.origin() && !job.origins.contains(&origin) {
            return self.refused(ParkReason::ForeignLocation, grade, reply.status);
        }
        self.location = Some(location);
        self.refusals = 0;
        match offset {
            Some(offset) => self.told(job, reply, grade, offset),
            // Bytes went along, and the server does not say how many it kept.
            None if self.ceiling > 0 => self.ask(job),
            None => self.go_on(job),
        }
    }

    /// The server told how far the upload came.
    fn told(&mut self, job: &Job, reply: &Reply, grade: Grade, offset: u64) -> Vec<Need> {
        self.gone = 0;
        let said_length = reply.headers.0.iter().any(|(n, _)| n.eq_ignore_ascii_case("upload-length"));
        let other_length = said_length && reply.headers.get_u64("upload-length") != Some(job.length);
        if offset > self.ceiling || offset > job.length || other_length {
            return self.contradiction();
        }
        let (moved, tried) = (offset > self.offset, std::mem::take(&mut self.tried));
        if offset > self.highest {
            self.highest = offset;
            (self.stuck, self.contradictions, self.refusals) = (0, 0, 0);
        } else {
            self.stuck = self.stuck.saturating_add(1);
        }
        if offset < self.offset {
            // It lost what it had acknowledged. Its word counts, but not for ever.
            self.contradictions = self.contradictions.saturating_add(1);
            if self.contradictions >= PATIENCE {
                self.offset = offset;
                return self.end(Status::Park(ParkReason::Contradiction));
            }
        }
        self.offset = offset;
        if offset == job.length {
            return self.complete(reply, grade);
        }
        if tried && !moved {
            self.tighten();
        }
        if self.stuck > 3 {
            self.stuck = 0;
            return self.rest(Rest { trouble: Trouble::Cut, after_ms: None, of_target: false, progressed: false });
        }
        self.go_on(job)
    }

    fn tighten(&mut self) {
        self.bound = Some(match self.bound {
            None => FIRST_BOUND,
            Some(bound) => (bound / 2).max(LEAST_BOUND),
        });
    }

    fn patched(&mut self, job: &Job, reply: &Reply, grade: Grade, from: u64, to: u64, offset: u64) -> Vec<Need> {
        if offset > to {
            return self.contradiction();
        }
        if offset > from && offset == to {
            self.bound = self.bound.map(|b| b.saturating_mul(2)).filter(|b| *b <= LAST_BOUND);
        }
        self.told(job, reply, grade, offset)
    }

    fn complete(&mut self, reply: &Reply, grade: Grade) -> Vec<Need> {
        let proof = if grade == Grade::Proven { Proof::Size } else { Proof::Unproven };
        let receipt = reply.headers.get(protocol::RECEIPT).map(str::to_owned);
        self.end(Status::Done(Done { proof, receipt }))
    }

    /// The upload is gone, says the service. Over plain HTTP a second connection must say so too (law 3).
    fn gone(&mut self, job: &Job, grade: Grade) -> Vec<Need> {
        self.gone = self.gone.saturating_add(1);
        if grade != Grade::Proven && self.gone < 2 {
            return self.ask(job);
        }
        if self.ceiling >= job.length {
            // A server that swallows the whole each time would do so for ever.
            let swallows = self.lost >= PATIENCE;
            return self.end(if swallows { Status::Park(ParkReason::Contradiction) } else { Status::Lost });
        }
        self.forget();
        if self.generation.is_multiple_of(u32::from(FRESH_STARTS)) {
            return self.rest(Rest {
                trouble: Trouble::Refused(404),
                after_ms: None,
                of_target: false,
                progressed: false,
            });
        }
        if job.satchel {
            // It expired, or somebody deleted there what it is of: asked which of it is there, the receiver tells.
            return self.end(Status::Lost);
        }
        self.create(job)
    }

    /// 409: the offset is another one than we thought. Ask; but a server that answers so again contradicts itself.
    fn offset_refused(&mut self, job: &Job) -> Vec<Need> {
        self.stuck = self.stuck.saturating_add(1);
        self.tried = false;
        if self.stuck > 2 {
            self.stuck = 0;
            return self.contradiction();
        }
        self.ask(job)
    }

    /// 460: of a PATCH with a checksum, the piece was damaged on the way; else the whole has another hash.
    fn mismatch(&mut self, job: &Job, outcome: &Outcome, grade: Grade, now: &Now) -> Vec<Need> {
        let of_piece = matches!(self.phase, Phase::Patching { .. }) && self.bound.is_some() && job.checksum.is_some();
        if of_piece {
            // Of the last piece it may mean the whole as well: the next question tells.
            return self.rest(rest_after(outcome, Verdict::Service(grade), now));
        }
        if grade != Grade::Proven {
            return self.refused(ParkReason::HashMismatch, grade, 460);
        }
        self.mismatches = self.mismatches.saturating_add(1);
        self.free(job, Then::Reread)
    }

    pub(super) fn on_digest(&mut self, job: &Job, digest: Option<Vec<u8>>) -> Vec<Need> {
        match (self.phase, digest) {
            (Phase::Digesting { to, .. }, Some(digest)) => self.patch(job, to, Some(digest)),
            (Phase::Rereading { .. }, Some(digest)) if BlobHash::try_from(&digest[..]) == Ok(job.hash) => {
                if self.mismatches >= 2 {
                    return self.end(Status::Park(ParkReason::HashMismatch));
                }
                self.then = None;
                self.create(job)
            }
            _ => self.end(Status::SourceChanged),
        }
    }

    /// The service refuses. Its proven word is enough; over plain HTTP it must repeat it.
    fn refused(&mut self, park: ParkReason, grade: Grade, status: u16) -> Vec<Need> {
        self.refusals = self.refusals.saturating_add(1);
        if grade == Grade::Proven || self.refusals >= PATIENCE {
            return self.end(Status::Park(park));
        }
        self.rest(Rest { trouble: Trouble::Refused(status), after_ms: None, of_target: false, progressed: false })
    }
}
