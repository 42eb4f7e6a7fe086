//! One need, and what comes of it.

use std::borrow::Cow;

use satchel_kernel::gate::{Verdict, judge};
use satchel_kernel::ids::{BlobHash, BootId};
use satchel_kernel::outcome::{Cut, Headers, Identity, Method, Outcome, Reply, Request, Segment};
use satchel_kernel::wire::{Algorithm, Event, Need, NeedId};

use super::{HOUR_MS, World};
use crate::contract::Answer;
use crate::contract::faults::Fault;

impl World {
    /// Acts on a need under a fault. `None`: the process was killed, and the stored state is what is left.
    pub(super) fn act(&mut self, need: &Need, fault: Fault) -> Result<Option<Event>, String> {
        self.pass(10);
        match fault {
            Fault::StopBefore => return Ok(None),
            Fault::Sleep(hours) => {
                self.pass(u64::from(hours) * HOUR_MS);
                self.now.since_boot_ms = 0;
                self.now.boot = BootId::from_bytes([self.chance.bits() as u8; 16]);
                return Ok(None);
            }
            Fault::Forget => {
                self.spoil = Some(|stored, _| stored.version += 7);
                return Ok(None);
            }
            Fault::Damage => {
                self.spoil = Some(|stored, chance| {
                    let at = chance.below(stored.bytes.len() as u64) as usize;
                    stored.bytes.truncate(at);
                    stored.bytes.push(0xff);
                    stored.bytes.extend(chance.bits().to_le_bytes());
                });
                return Ok(None);
            }
            Fault::Clock(hours) => self.now.utc_ms += i64::from(hours) * HOUR_MS.cast_signed(),
            _ => {}
        }
        match need {
            Need::Send(id, request) => self.send(*id, request, fault),
            Need::Digest(id, Algorithm::Blake3, range) => {
                let ends = [range.start, range.end].map(|at| usize::try_from(at).unwrap_or(usize::MAX));
                let bytes = self.source.get(ends[0]..ends[1]);
                Ok(Some(Event::Digest(*id, bytes.map(|b| BlobHash::of(b).as_bytes().to_vec()))))
            }
            Need::Digest(_, other, _) => Err(format!("the job did not ask for {}", other.as_str())),
            Need::Wait(id, ms) => {
                self.pass(*ms);
                Ok(Some(Event::Waited(*id)))
            }
        }
    }

    fn send(&mut self, id: NeedId, request: &Request, fault: Fault) -> Result<Option<Event>, String> {
        let origin = request.url.origin();
        if origin != self.job.create.origin() && !self.job.origins.contains(&origin) {
            return Err(format!("a request to {}, which the target does not list", request.url));
        }
        self.server.audit(request).map_err(|why| format!("{why}: {} {}", request.method.as_str(), request.url))?;
        self.requests.push(request.clone());
        let source = self.source.clone();
        let body = body(&source, request)?;
        let length = body.len() as u64;
        let late = std::mem::take(&mut self.late);
        let outcome = self.exchange(request, &body, fault);
        for (request, body, whole) in late {
            let _ = self.server.handle(&request, &body, whole, self.server_ms);
        }
        let Some(outcome) = outcome else { return Ok(None) };
        if outcome.sent() > length {
            return Err("the driver reports more than the body".into());
        }
        self.sent += outcome.sent();
        let verdict = judge(request, &outcome);
        if let (Outcome::Reply { reply, .. }, Verdict::Service(grade)) = (&outcome, verdict) {
            self.server.heard(request, reply, grade);
        }
        Ok(Some(Event::Outcome(id, outcome, verdict)))
    }

    fn exchange(&mut self, request: &Request, body: &[u8], fault: Fault) -> Option<Outcome> {
        let length = body.len() as u64;
        let cut = |sent: u64, cut| Some(Outcome::Cut { sent, cut });
        match fault {
            Fault::NoConnection => cut(0, Cut::NoConnection),
            Fault::Certificate => cut(0, Cut::Certificate),
            Fault::CutUp { arrived, held } => {
                let arrived = arrived.min(length);
                let sent = arrived.saturating_add(held).min(length);
                // A request without a body arrives or does not.
                let part = &body[..usize::try_from(arrived).unwrap_or(body.len())];
                if length > 0 {
                    let _ = self.server.handle(request, part, arrived == length, self.server_ms);
                }
                cut(sent, Cut::Reset)
            }
            Fault::OursUp { sent, cut: why } => {
                let sent = sent.min(length);
                let part = &body[..usize::try_from(sent).unwrap_or(body.len())];
                if length > 0 {
                    let _ = self.server.handle(request, part, sent == length, self.server_ms);
                }
                cut(sent, why)
            }
            Fault::LostReply(how) => {
                let _ = self.server.handle(request, body, true, self.server_ms);
                cut(length, how)
            }
            Fault::LateUp { arrived } => {
                let arrived = arrived.min(length);
                let part = body[..usize::try_from(arrived).unwrap_or(body.len())].to_vec();
                if length > 0 {
                    self.late.push_back((request.clone(), part, arrived == length));
                }
                cut(arrived, Cut::Stalled)
            }
            Fault::LateWhole => {
                self.late.push_back((request.clone(), body.to_vec(), true));
                cut(length, Cut::NoReply)
            }
            Fault::Page(status) => Some(self.page(request, status)),
            Fault::Elsewhere => Some(self.elsewhere(request)),
            Fault::Forged(status) if !self.proves() => {
                let (name, value) = self.server.mark();
                Some(self.reply(request, Answer::status(status).with(name, value), 0))
            }
            Fault::Forged(status) => Some(self.page(request, status)),
            Fault::Gateway(status) => {
                let answer = Answer::status(status).with("content-type", "text/html").with("retry-after", 5);
                let sent = self.chance_of(length);
                Some(self.reply(request, answer, sent))
            }
            Fault::Busy(status) => {
                let (name, value) = self.server.mark();
                Some(self.reply(request, Answer::status(status).with(name, value).with("retry-after", 30), 0))
            }
            Fault::StopAfter => {
                let _ = self.server.handle(request, body, true, self.server_ms);
                None
            }
            _ => {
                let (name, value) = self.server.mark();
                let mut arriving = Cow::Borrowed(body);
                if fault == Fault::Corrupt
                    && let Some(byte) = arriving.to_mut().last_mut()
                {
                    *byte ^= 1;
                }
                let body = &arriving[..];
                match self.server.handle(request, body, true, self.server_ms) {
                    // The model marks by itself what must not look like its own.
                    Some(answer) if answer.header("unmarked").is_some() => {
                        Some(self.reply(request, answer.replacing("unmarked", None), length))
                    }
                    Some(answer) => Some(self.reply(request, answer.with(name, value), length)),
                    None => cut(length, Cut::NoReply),
                }
            }
        }
    }

    fn chance_of(&mut self, length: u64) -> u64 {
        self.chance.below(length + 1)
    }

    fn reply(&self, request: &Request, answer: Answer, sent: u64) -> Outcome {
        let identity = if self.proves() { Identity::Proved } else { Identity::None };
        let Answer { status, headers, body } = answer;
        let reply = Reply { url: request.url.clone(), identity, status, headers: Headers(headers), body };
        Outcome::Reply { sent, reply }
    }

    fn elsewhere(&self, request: &Request) -> Outcome {
        let (name, value) = self.server.mark();
        let status = match request.method {
            Method::Post | Method::Put => 201,
            Method::Head => 200,
            Method::Patch | Method::Delete | Method::Get | Method::Options => 204,
        };
        let answer = Answer::status(status).with(name, value).with("location", "/files/1");
        let Outcome::Reply { mut reply, .. } = self.reply(request, answer.with("upload-offset", self.job.length), 0)
        else {
            unreachable!("a reply is a reply");
        };
        reply.url = "https://twin.example/files/1".parse().expect("a URL of the suite is well formed");
        reply.identity = Identity::Proved;
        Outcome::Reply { sent: request.body_len(), reply }
    }

    /// A page in the service's place: from elsewhere, or from nobody knows whom.
    fn page(&mut self, request: &Request, status: u16) -> Outcome {
        let mut url = request.url.clone();
        if (300..400).contains(&status) {
            url = "https://login.hotel.example/".parse().expect("a URL of the suite is well formed");
        }
        let headers = Headers(vec![("content-type".into(), "text/html".into()), ("retry-after".into(), "9".into())]);
        let reply =
            Reply { url, identity: Identity::Unknown, status, headers, body: b"<!doctype html><p>Room?".to_vec() };
        Outcome::Reply { sent: self.chance_of(request.body_len()), reply }
    }
}

/// A request's body, put together from its segments.
fn body<'a>(source: &'a [u8], request: &'a Request) -> Result<Cow<'a, [u8]>, String> {
    let part = |segment: &'a Segment| match segment {
        Segment::Bytes(bytes) => Ok(&bytes[..]),
        Segment::Blob(range) => {
            let ends = [range.start, range.end].map(|at| usize::try_from(at).unwrap_or(usize::MAX));
            source.get(ends[0]..ends[1]).ok_or_else(|| format!("{range:?} is not in the payload"))
        }
    };
    match &request.body[..] {
        [] => Ok(Cow::Borrowed(&[])),
        [one] => part(one).map(Cow::Borrowed),
        several => several.iter().map(part).collect::<Result<Vec<_>, _>>().map(|parts| Cow::Owned(parts.concat())),
    }
}
