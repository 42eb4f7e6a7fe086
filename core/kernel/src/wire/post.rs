//! A post, put to a Satchel receiver in one request: `PUT /v1/posts/{asset}/{revision}`. Putting it again is
//! harmless, so every stop is followed by the same request.

use serde::{Deserialize, Serialize};

use super::trouble::{is_refusal, rest_after};
use super::{Done, Event, Job, Need, NeedId, Rest, Status};
use crate::gate::{Grade, Verdict};
use crate::outcome::{Cut, Marks, Method, Outcome, Request, Segment};
use crate::protocol;
use crate::state::{ParkReason, Proof, Trouble};
use crate::time::Now;

/// How often the service may contradict itself, or refuse over plain HTTP, before a person is asked.
const PATIENCE: u8 = 3;

/// The machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Post {
    open: Option<NeedId>,
    next: u32,
    /// Refusals in a row.
    refusals: u8,
    /// Contradictions in a row.
    contradictions: u8,
    status: Status,
}

impl Default for Post {
    fn default() -> Self {
        Self { open: None, next: 0, refusals: 0, contradictions: 0, status: Status::Running }
    }
}

impl Post {
    /// The version of the stored state.
    pub const VERSION: u32 = 1;

    /// Takes numbers that no earlier life had, for its needs.
    pub(super) fn renumbered(self, seed: u32) -> Self {
        Self { next: seed, ..self }
    }

    pub(super) fn retry(self) -> Self {
        match self.status {
            Status::Park(_) => Self { refusals: 0, contradictions: 0, status: Status::Running, ..self },
            _ => self,
        }
    }

    /// Where it stands.
    pub fn status(&self) -> &Status {
        &self.status
    }

    /// One step.
    pub fn step(mut self, job: &Job, event: Event, now: &Now) -> (Self, Vec<Need>) {
        let needs = match event {
            Event::Start => self.start(job),
            Event::Abandon if matches!(self.status, Status::Done(_)) => vec![],
            Event::Abandon => {
                self.open = None;
                self.status = Status::Abandoned;
                vec![]
            }
            Event::Outcome(id, outcome, verdict) if self.open == Some(id) => {
                self.open = None;
                self.status = self.judged(job, &outcome, verdict, now);
                vec![]
            }
            Event::Outcome(..) | Event::Progress(..) | Event::Interim(..) | Event::Digest(..) | Event::Waited(_) => {
                vec![]
            }
        };
        (self, needs)
    }

    fn start(&mut self, job: &Job) -> Vec<Need> {
        if matches!(self.status, Status::Done(_) | Status::Abandoned | Status::Park(_) | Status::SourceChanged) {
            return vec![];
        }
        let id = NeedId(self.next);
        self.next = self.next.wrapping_add(1);
        self.open = Some(id);
        self.status = Status::Running;
        let body = body(job);
        let length = body.iter().map(Segment::len).sum();
        let mut headers = job.headers.clone();
        let kind = if job.along.is_some() { protocol::WITH_PREVIEW } else { "application/json" };
        headers.push(("content-type".into(), kind.into()));
        headers.push((protocol::NONCE.into(), job.nonce.to_string()));
        let request = Request {
            method: Method::Put,
            url: job.create.clone(),
            headers,
            timers: job.patience.timers(length, length),
            body,
            marks: Marks::Satchel,
            authorize: true,
            fresh_connection: false,
        };
        vec![Need::Send(id, request)]
    }

    fn judged(&mut self, job: &Job, outcome: &Outcome, verdict: Verdict, now: &Now) -> Status {
        match (outcome, verdict) {
            (Outcome::Reply { reply, sent }, Verdict::Service(grade)) => match reply.status {
                // Nobody can have all of what was not all sent.
                200 | 201 if *sent < body(job).iter().map(Segment::len).sum() => {
                    self.contradictions = self.contradictions.saturating_add(1);
                    if self.contradictions >= PATIENCE {
                        return Status::Park(ParkReason::Contradiction);
                    }
                    Status::Rest(Rest {
                        trouble: Trouble::Contradiction,
                        after_ms: None,
                        of_target: false,
                        progressed: false,
                    })
                }
                200 | 201 => {
                    let proof = if grade == Grade::Proven { Proof::Size } else { Proof::Unproven };
                    let receipt = reply.headers.get(protocol::RECEIPT).map(str::to_owned);
                    Status::Done(Done { proof, receipt })
                }
                status if is_refusal(status) => {
                    self.refusals = self.refusals.saturating_add(1);
                    if grade == Grade::Proven || self.refusals >= PATIENCE {
                        let too_large = status == 413;
                        return Status::Park(if too_large {
                            ParkReason::TooLarge
                        } else {
                            ParkReason::Refused { status }
                        });
                    }
                    let trouble = Trouble::Refused(status);
                    Status::Rest(Rest { trouble, after_ms: None, of_target: false, progressed: false })
                }
                _ => Status::Rest(rest_after(outcome, verdict, now)),
            },
            (Outcome::Cut { cut: Cut::SourceChanged | Cut::SourceUnreadable, .. }, _) => Status::SourceChanged,
            _ => Status::Rest(rest_after(outcome, verdict, now)),
        }
    }
}

fn body(job: &Job) -> Vec<Segment> {
    let document = match &job.inline {
        Some(bytes) => Segment::Bytes(bytes.clone()),
        None => Segment::Blob(0..job.length),
    };
    let along = job.along.as_ref().map(|preview| Segment::Bytes([b"\n", preview.as_slice()].concat()));
    std::iter::once(document).chain(along).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::judge;
    use crate::ids::{BlobHash, BootId, Nonce, UploadKey};
    use crate::outcome::{Headers, Identity, Reply};
    use crate::wire::{Patience, Protocol, Wire};

    fn now() -> Now {
        Now { utc_ms: 0, boot: BootId::from_bytes([0; 16]), since_boot_ms: 0, zone_min: 0 }
    }

    fn job() -> Job {
        Job {
            create: "https://desk.example/v1/posts/a/1".parse().unwrap(),
            origins: vec![],
            siblings: vec![],
            length: 9,
            hash: BlobHash::of(b"{\"a\":\"b\"}"),
            key: UploadKey::from_bytes([1; 16]),
            nonce: Nonce::from_bytes([2; 16]),
            metadata: vec![],
            headers: vec![],
            satchel: true,
            checksum: None,
            patience: Patience::default(),
            inline: Some(b"{\"a\":\"b\"}".to_vec()),
            along: None,
        }
    }

    /// One request, answered with this status after `sent` bytes of body.
    fn answered(wire: Wire, status: u16, sent: u64, identity: Identity) -> Wire {
        let job = job();
        let (wire, needs) = wire.step(&job, Event::Start, &now());
        let [Need::Send(id, request)] = &needs[..] else { return wire };
        let headers = Headers(vec![(protocol::MARK.into(), protocol::VERSION.into())]);
        let reply = Reply { url: request.url.clone(), identity, status, headers, body: vec![] };
        let outcome = Outcome::Reply { sent, reply };
        let verdict = judge(request, &outcome);
        wire.step(&job, Event::Outcome(*id, outcome, verdict), &now()).0
    }

    #[test]
    fn a_post_that_was_stored_comes_back_as_it_was() {
        let done = answered(Wire::new(Protocol::Post), 201, 9, Identity::Proved);
        let again = Wire::restore(Protocol::Post, &done.store(), None, 9).unwrap();
        assert_eq!(again, done);
        assert_eq!(again.step(&job(), Event::Start, &now()).1, vec![], "it is not sent again");
    }

    #[test]
    fn what_is_done_cannot_be_given_up() {
        let done = answered(Wire::new(Protocol::Post), 200, 9, Identity::Proved);
        assert_eq!(done.clone().step(&job(), Event::Abandon, &now()), (done, vec![]));
    }

    #[test]
    fn an_answer_before_the_last_byte_completes_nothing() {
        let mut wire = Wire::new(Protocol::Post);
        for _ in 0..PATIENCE {
            wire = answered(wire, 200, 8, Identity::Proved);
            assert!(!matches!(wire.status(), Status::Done(_)));
        }
        assert_eq!(wire.status(), &Status::Park(ParkReason::Contradiction));
    }

    #[test]
    fn a_preview_comes_along_behind_a_line_feed_and_counts() {
        let job = Job { along: Some(b"\njpeg".to_vec()), ..job() };
        let (wire, needs) = Wire::new(Protocol::Post).step(&job, Event::Start, &now());
        let [Need::Send(id, request)] = &needs[..] else { panic!("{needs:?}") };
        let body: Vec<u8> =
            request.body.iter().flat_map(|s| if let Segment::Bytes(b) = s { b.clone() } else { vec![] }).collect();
        assert_eq!(body, b"{\"a\":\"b\"}\n\njpeg");
        assert!(request.headers.contains(&("content-type".into(), protocol::WITH_PREVIEW.into())));
        let headers = Headers(vec![(protocol::MARK.into(), protocol::VERSION.into())]);
        let reply = Reply { url: request.url.clone(), identity: Identity::Proved, status: 201, headers, body: vec![] };
        for (sent, done) in [(14, false), (15, true)] {
            let outcome = Outcome::Reply { sent, reply: reply.clone() };
            let verdict = judge(request, &outcome);
            let (after, _) = wire.clone().step(&job, Event::Outcome(*id, outcome, verdict), &now());
            assert_eq!(matches!(after.status(), Status::Done(_)), done, "after {sent} bytes");
        }
    }

    #[test]
    fn a_refusal_without_identity_must_be_repeated() {
        let once = |identity| answered(Wire::new(Protocol::Post), 404, 9, identity);
        assert_eq!(once(Identity::Proved).status(), &Status::Park(ParkReason::Refused { status: 404 }));
        let mut wire = once(Identity::None);
        for _ in 1..PATIENCE {
            assert!(matches!(wire.status(), Status::Rest(_)));
            wire = answered(wire, 404, 9, Identity::None);
        }
        assert_eq!(wire.status(), &Status::Park(ParkReason::Refused { status: 404 }));
    }
}
