//! A tus 1.0 server in memory, with abilities that can be switched, and what it holds its clients to.

mod audit;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use satchel_kernel::gate::Grade;
use satchel_kernel::ids::BlobHash;
use satchel_kernel::outcome::{Method, Reply, Request};
use satchel_kernel::protocol;

use super::{Answer, Server, header};
use audit::Audit;

/// What a server can, and what stands in front of it.
#[derive(Debug, Clone)]
pub struct Abilities {
    /// Satchel's dialect: creation idempotent by key, with first bytes; the whole hash; receipts; have-check.
    pub satchel: bool,
    /// `DELETE` works.
    pub termination: bool,
    /// Uploads without a new byte for so long are gone.
    pub expires_after_ms: Option<u64>,
    /// A proxy in front passes on only requests whose body came whole.
    pub buffered: bool,
    /// A gateway in front answers 413, without marks, to bodies above this.
    pub largest_body: Option<u64>,
    /// So many uploads get a wrong byte on the way to the disk.
    pub damages: u32,
    /// `Location` is absolute.
    pub absolute: bool,
}

impl Default for Abilities {
    fn default() -> Self {
        Self {
            satchel: false,
            termination: true,
            expires_after_ms: Some(24 * 3600 * 1000),
            buffered: false,
            largest_body: None,
            damages: 0,
            absolute: false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Complete,
    Mismatch,
}

#[derive(Debug, Clone)]
struct Upload {
    bytes: Vec<u8>,
    length: u64,
    key: Option<String>,
    hash: Option<String>,
    expires: Option<u64>,
    state: State,
}

/// The server.
#[derive(Debug, Clone)]
pub struct TusServer {
    abilities: Abilities,
    uploads: BTreeMap<String, Upload>,
    made: u32,
    completed: Vec<Vec<u8>>,
    damages: u32,
    audit: Audit,
}

impl TusServer {
    /// An empty one.
    pub fn new(abilities: Abilities) -> Self {
        let damages = abilities.damages;
        let audit = Audit::new(abilities.satchel);
        Self { abilities, uploads: BTreeMap::new(), made: 0, completed: vec![], damages, audit }
    }

    /// Throws all uploads away that are not complete, as a server does that lost its disk.
    pub fn lose_uploads(&mut self) {
        self.uploads.retain(|_, u| u.state == State::Complete);
    }

    fn create(&mut self, request: &Request, body: &[u8], whole: bool, at_ms: u64) -> Option<Answer> {
        let Some(length) = header(request, "upload-length").and_then(|l| l.parse().ok()) else {
            return Some(Answer::status(400));
        };
        let key = header(request, protocol::IDEMPOTENCY_KEY).filter(|_| self.abilities.satchel);
        let hash = header(request, protocol::HASH).filter(|_| self.abilities.satchel);
        let known = key.and_then(|key| self.uploads.iter().find(|(_, u)| u.key.as_deref() == Some(key)));
        let path = match known {
            Some((_, upload)) if upload.length != length || upload.hash.as_deref() != hash => {
                return Some(Answer::status(409));
            }
            Some((path, _)) => path.clone(),
            None => {
                self.made += 1;
                let path = format!("/files/{}", self.made);
                let expires = self.abilities.expires_after_ms.map(|ms| at_ms + ms);
                let (key, hash) = (key.map(str::to_owned), hash.map(str::to_owned));
                let upload = Upload { bytes: vec![], length, key, hash, expires, state: State::Open };
                self.uploads.insert(path.clone(), upload);
                path
            }
        };
        if self.uploads.get(&path).is_some_and(|u| u.state == State::Mismatch) {
            return Some(Answer::status(460));
        }
        let carries = self.abilities.satchel && request.body_len() > 0;
        if carries && let Some(refusal) = self.append(&path, 0, body, whole, at_ms, None) {
            return Some(refusal);
        }
        if !whole {
            return None;
        }
        let location = if self.abilities.absolute { request.url.join(&path).ok()?.to_string() } else { path.clone() };
        let answer = Answer::status(201).with("location", location);
        // Only servers that take first bytes say how many they kept.
        if !self.abilities.satchel {
            return Some(answer);
        }
        Some(self.describe(&path, answer))
    }

    /// Puts bytes that begin at `from` behind those that are here. An answer means a refusal.
    fn append(
        &mut self,
        path: &str,
        from: u64,
        body: &[u8],
        whole: bool,
        at_ms: u64,
        digest: Option<&str>,
    ) -> Option<Answer> {
        let expires = self.abilities.expires_after_ms.map(|ms| at_ms + ms);
        let upload = self.uploads.get_mut(path)?;
        match upload.state {
            State::Mismatch => return Some(Answer::status(460)),
            State::Complete => return None,
            State::Open => {}
        }
        if let Some(wanted) = digest {
            // What has a checksum counts whole or not at all.
            if !whole {
                return None;
            }
            let got = format!("blake3 {}", STANDARD.encode(BlobHash::of(body).as_bytes()));
            if got != wanted {
                return Some(Answer::status(460));
            }
        }
        let here = upload.bytes.len() as u64;
        let skip = usize::try_from(here - from).unwrap_or(usize::MAX).min(body.len());
        let room = usize::try_from(upload.length - here).unwrap_or(usize::MAX);
        let fresh = &body[skip..];
        upload.bytes.extend_from_slice(&fresh[..fresh.len().min(room)]);
        if !fresh.is_empty() {
            upload.expires = expires;
        }
        if upload.bytes.len() as u64 == upload.length { self.finish(path) } else { None }
    }

    fn finish(&mut self, path: &str) -> Option<Answer> {
        let upload = self.uploads.get_mut(path)?;
        if self.damages > 0 {
            self.damages -= 1;
            upload.bytes[0] ^= 1;
        }
        let wrong = upload.hash.as_ref().is_some_and(|hash| *hash != BlobHash::of(&upload.bytes).to_string());
        if wrong {
            upload.state = State::Mismatch;
            return Some(Answer::status(460));
        }
        upload.state = State::Complete;
        upload.expires = None;
        self.completed.push(upload.bytes.clone());
        None
    }

    fn describe(&self, path: &str, answer: Answer) -> Answer {
        let Some(upload) = self.uploads.get(path) else { return Answer::status(404) };
        let answer = answer.with("upload-offset", upload.bytes.len());
        if self.abilities.satchel && upload.state == State::Complete {
            return answer.with(protocol::RECEIPT, "v1.AA.AA");
        }
        answer
    }

    fn patch(&mut self, request: &Request, body: &[u8], whole: bool, at_ms: u64) -> Option<Answer> {
        let path = request.url.path();
        let Some(upload) = self.uploads.get(path) else { return Some(Answer::status(404)) };
        if upload.state == State::Mismatch {
            return Some(Answer::status(460));
        }
        let here = upload.bytes.len() as u64;
        let from = header(request, "upload-offset").and_then(|o| o.parse().ok());
        if from != Some(here) || (upload.state == State::Complete && !body.is_empty()) {
            return Some(Answer::status(409));
        }
        let digest = header(request, "upload-checksum");
        if let Some(refusal) = self.append(path, here, body, whole, at_ms, digest) {
            return whole.then_some(refusal);
        }
        whole.then(|| self.describe(path, Answer::status(204)))
    }

    fn head(&self, request: &Request) -> Answer {
        let path = request.url.path();
        match self.uploads.get(path) {
            None => Answer::status(404),
            Some(upload) if upload.state == State::Mismatch => Answer::status(460),
            Some(upload) => self.describe(path, Answer::status(200).with("upload-length", upload.length)),
        }
    }

    fn delete(&mut self, request: &Request) -> Answer {
        if !self.abilities.termination {
            return Answer::status(405);
        }
        match self.uploads.get(request.url.path()).map(|u| u.state) {
            None => Answer::status(404),
            Some(State::Complete) if self.abilities.satchel => Answer::status(403),
            Some(_) => {
                self.uploads.remove(request.url.path());
                Answer::status(204)
            }
        }
    }
}

impl Server for TusServer {
    fn handle(&mut self, request: &Request, body: &[u8], whole: bool, at_ms: u64) -> Option<Answer> {
        let expired = |u: &Upload| u.state == State::Open && u.expires.is_some_and(|at| at <= at_ms);
        self.uploads.retain(|_, u| !expired(u));
        if self.abilities.buffered && !whole {
            return None;
        }
        if self.abilities.largest_body.is_some_and(|most| request.body_len() > most) {
            return Some(Answer::status(413).with("unmarked", 1));
        }
        match request.method {
            Method::Post => self.create(request, body, whole, at_ms),
            Method::Patch => self.patch(request, body, whole, at_ms),
            Method::Head => Some(self.head(request)),
            Method::Delete => Some(self.delete(request)),
            Method::Options => Some(Answer::status(204).with("tus-version", "1.0.0")),
            Method::Get | Method::Put => Some(Answer::status(405)),
        }
    }

    fn mark(&self) -> (&'static str, &'static str) {
        ("tus-resumable", "1.0.0")
    }

    fn audit(&mut self, request: &Request) -> Result<(), String> {
        self.audit.request(request)
    }

    fn heard(&mut self, request: &Request, reply: &Reply, grade: Grade) {
        self.audit.heard(request, reply, grade);
    }

    fn restarted(&mut self) {
        self.audit.restarted();
    }

    fn abandoning(&mut self) {
        self.audit.abandoning = true;
    }

    fn told(&self) -> u64 {
        self.audit.told
    }

    fn completed(&self) -> &[Vec<u8>] {
        &self.completed
    }

    fn has(&self, hash: &BlobHash) -> Option<bool> {
        self.abilities.satchel.then(|| self.completed.iter().any(|bytes| BlobHash::of(bytes) == *hash))
    }
}
