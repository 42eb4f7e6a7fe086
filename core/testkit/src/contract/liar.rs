//! A server that lies: a true one behind it, whose answers it bends for a while.

use std::cell::Cell;
use std::rc::Rc;

use satchel_kernel::gate::Grade;
use satchel_kernel::ids::BlobHash;
use satchel_kernel::outcome::{Method, Reply, Request};

use super::{Answer, Server};

/// A lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lie {
    /// It claims to have all.
    Whole,
    /// It claims to have more than there is.
    BeyondTheEnd,
    /// It claims one byte more than it has.
    OneMore,
    /// It claims less than it said before.
    Lower,
    /// Now less, now what it had.
    Swinging,
    /// `Upload-Offset: -1`.
    Negative,
    /// No `Upload-Offset`, and no `Location`.
    Absent,
    /// Two offsets that differ.
    Twofold,
    /// It answers a PATCH with 204 and the old offset, and keeps nothing.
    KeepsNothing,
    /// It answers a PATCH with 204 and the new offset, and keeps nothing.
    SaysAndKeepsNothing,
    /// Another `Upload-Length`.
    OtherLength,
    /// It creates the upload elsewhere.
    ElsewhereLocation,
    /// A location that is no URL.
    BrokenLocation,
    /// It does what is asked, and then says this, with its own marks.
    Says(u16),
    /// The same without marks.
    SaysUnmarked(u16),
    /// It does nothing, and says this with its own marks.
    Refuses(u16),
}

/// Every lie but those of a status.
pub const LIES: &[Lie] = &[
    Lie::Whole,
    Lie::BeyondTheEnd,
    Lie::OneMore,
    Lie::Lower,
    Lie::Swinging,
    Lie::Negative,
    Lie::Absent,
    Lie::Twofold,
    Lie::KeepsNothing,
    Lie::SaysAndKeepsNothing,
    Lie::OtherLength,
    Lie::ElsewhereLocation,
    Lie::BrokenLocation,
];

/// The liar.
pub struct Liar {
    truth: Box<dyn Server>,
    lie: Lie,
    lies: Rc<Cell<bool>>,
    turn: u32,
    most: u64,
}

impl Liar {
    /// Bends the answers of `truth` while `lies` is true.
    pub fn new(truth: Box<dyn Server>, lie: Lie, lies: Rc<Cell<bool>>) -> Self {
        Self { truth, lie, lies, turn: 0, most: 0 }
    }

    fn bend(&mut self, request: &Request, answer: Answer) -> Answer {
        let had: Option<u64> = answer.header("upload-offset").and_then(|o| o.parse().ok());
        self.most = self.most.max(had.unwrap_or(0));
        let length = super::header(request, "upload-length").and_then(|l| l.parse().ok());
        let length: u64 = length.or(answer.header("upload-length").and_then(|l| l.parse().ok())).unwrap_or(1 << 16);
        let at = |answer: Answer, offset: u64| answer.replacing("upload-offset", Some(&offset.to_string()));
        let says = answer.status < 400;
        match self.lie {
            Lie::Whole if says => at(answer, length),
            Lie::BeyondTheEnd if says => at(answer, length + 1),
            Lie::OneMore if says => at(answer, had.unwrap_or(0) + 1),
            Lie::Lower if had.is_some() => at(answer, self.most / 2),
            Lie::Swinging if had.is_some() => {
                let offset = if self.turn.is_multiple_of(2) { self.most } else { self.most / 2 };
                at(answer, offset)
            }
            Lie::Negative if says => answer.replacing("upload-offset", Some("-1")),
            Lie::Absent if says => answer.replacing("upload-offset", None).replacing("location", None),
            Lie::Twofold if says => answer.with("upload-offset", "77777"),
            Lie::OtherLength if says => answer.replacing("upload-length", Some("3")),
            Lie::ElsewhereLocation if answer.header("location").is_some() => {
                answer.replacing("location", Some("https://elsewhere.example/files/1"))
            }
            Lie::BrokenLocation if answer.header("location").is_some() => {
                answer.replacing("location", Some("http://[::broken"))
            }
            Lie::Says(status) => Answer { status, ..answer },
            Lie::SaysUnmarked(status) => Answer { status, ..answer }.with("unmarked", "1"),
            _ => answer,
        }
    }
}

impl Server for Liar {
    fn handle(&mut self, request: &Request, body: &[u8], whole: bool, at_ms: u64) -> Option<Answer> {
        if !self.lies.get() {
            return self.truth.handle(request, body, whole, at_ms);
        }
        self.turn += 1;
        let offset: Option<u64> = super::header(request, "upload-offset").and_then(|o| o.parse().ok());
        match (self.lie, request.method, offset) {
            (Lie::Refuses(status), ..) => return Some(Answer::status(status)),
            (Lie::KeepsNothing, Method::Patch, Some(from)) => {
                return Some(Answer::status(204).with("upload-offset", from));
            }
            (Lie::SaysAndKeepsNothing, Method::Patch, Some(from)) => {
                return Some(Answer::status(204).with("upload-offset", from + body.len() as u64 / 2));
            }
            _ => {}
        }
        let answer = self.truth.handle(request, body, whole, at_ms)?;
        Some(self.bend(request, answer))
    }

    fn mark(&self) -> (&'static str, &'static str) {
        self.truth.mark()
    }
    fn audit(&mut self, request: &Request) -> Result<(), String> {
        self.truth.audit(request)
    }
    fn heard(&mut self, request: &Request, reply: &Reply, grade: Grade) {
        self.truth.heard(request, reply, grade);
    }
    fn restarted(&mut self) {
        self.truth.restarted();
    }
    fn abandoning(&mut self) {
        self.truth.abandoning();
    }
    fn told(&self) -> u64 {
        self.truth.told()
    }
    fn completed(&self) -> &[Vec<u8>] {
        self.truth.completed()
    }
    fn has(&self, hash: &BlobHash) -> Option<bool> {
        self.truth.has(hash)
    }
}
