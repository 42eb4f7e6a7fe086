//! A tus 1.0 server in memory that is honest until it is told to lie.
//!
//! Honest, it does what the protocol's core, creation, creation-with-upload, expiration and termination say
//! (<https://tus.io/protocols/resumable-upload>): bytes that arrived before a cut are kept, one writer at a
//! time has an upload, and an offset that does not match changes nothing.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::answer::{Answer, Reply};
use super::false_answer::FalseAnswer;
use super::host::{self, Host, House, Next};
use super::lie::{self, FalseLocation, Lie, Point, When};
use super::log::{Entry, Seen};
use super::rule::Rule;
use super::uploads::{Completed, Kept, Refusal, Uploads};
use super::{Liar, origin};
use crate::certificate::SelfSigned;
use crate::clock;
use crate::talk::{Head, Talk};

const COLLECTION: &str = "/files/";
const VERSION: &str = "1.0.0";
const BODY_TYPE: &str = "application/offset+octet-stream";
/// How long one who asks for the offset waits for a writer.
const PATIENCE: Duration = Duration::from_millis(500);

/// See the module. It stops when it is dropped.
#[derive(Debug)]
pub struct LyingTus {
    house: House,
    server: Arc<Server>,
    decoy: Liar,
}

#[derive(Debug)]
struct Server {
    certificate: Option<SelfSigned>,
    /// Shown in the true one's place when [`FalseAnswer::SelfSigned`] is told.
    foreign: Option<SelfSigned>,
    decoy_url: String,
    state: Mutex<State>,
    /// Called whenever a writer has left an upload.
    left: Notify,
}

#[derive(Debug, Default)]
struct State {
    uploads: Uploads,
    lies: Vec<(When, Lie)>,
    told: u64,
    token: Option<String>,
    expires_in: Option<Duration>,
}

impl LyingTus {
    /// Starts one on a free port of the loopback, over plain TCP.
    ///
    /// # Errors
    /// Where no port can be had.
    pub async fn start() -> io::Result<Self> {
        Self::open(None, None).await
    }

    /// The same over TLS; a client is to trust [`LyingTus::certificate`].
    ///
    /// # Errors
    /// Where no port or no certificate can be had.
    pub async fn start_tls() -> io::Result<Self> {
        Self::open(Some(SelfSigned::new()?), Some(SelfSigned::new()?)).await
    }

    async fn open(certificate: Option<SelfSigned>, foreign: Option<SelfSigned>) -> io::Result<Self> {
        // The decoy looks as good as can be, so that whoever trusts it is found out.
        let welcome = Reply::status(204).header("Tus-Resumable", VERSION).header("Upload-Offset", "0");
        let decoy = Liar::start(vec![Rule::always(Answer::Reply(welcome))]).await?;
        let decoy_url = decoy.url();
        let server = Arc::new(Server { certificate, foreign, decoy_url, state: Mutex::default(), left: Notify::new() });
        Ok(Self { house: House::open(server.clone()).await?, server, decoy })
    }

    /// The address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.house.addr()
    }

    /// The collection where uploads are created: `http://127.0.0.1:PORT/files/`, or `https://localhost:PORT/files/`.
    pub fn url(&self) -> String {
        format!("{}{COLLECTION}", self.house.url(self.server.certificate.is_some()))
    }

    /// Its true certificate, over TLS.
    pub fn certificate(&self) -> Option<&SelfSigned> {
        self.server.certificate.as_ref()
    }

    /// Asks every request for this bearer token from now on; without it, 401 with the protocol's marks.
    pub fn require_token(&self, token: &str) {
        self.server.state().token = Some(token.to_owned());
    }

    /// Uploads that are created from now on expire after that time, and their replies say when.
    pub fn expire_after(&self, time: Duration) {
        self.server.state().expires_in = Some(time);
    }

    /// Tells a lie from now on. Of several that fit a request, the one that was asked for first is told.
    pub fn lie(&self, when: impl Into<When>, lie: Lie) {
        self.server.state().lies.push((when.into(), lie));
    }

    /// Puts this in the service's place, for every request from now on.
    pub fn tell(&self, answer: FalseAnswer) {
        self.lie(Point::Any, Lie::False(answer));
    }

    /// No more lies.
    pub fn honest(&self) {
        self.server.state().lies.clear();
    }

    /// How many lies were told.
    pub fn lies_told(&self) -> u64 {
        self.server.state().told
    }

    /// Loses every upload, as a server whose disk was cleaned.
    pub fn forget_uploads(&self) {
        self.server.state().uploads.remove_all();
    }

    /// Ends the time of every upload that is not complete: it answers 410 from now on.
    pub fn expire_uploads(&self) {
        self.server.state().uploads.expire_all();
    }

    /// How many uploads were created, whatever became of them.
    pub fn created(&self) -> u64 {
        self.server.state().uploads.created()
    }

    /// Every upload that was completed, in that order, whatever became of it later: a photo that is sent twice
    /// is here twice.
    pub fn completed(&self) -> Vec<Completed> {
        self.server.state().uploads.completed().to_vec()
    }

    /// How often content with that hash (64 hexadecimal digits of BLAKE3) was completed.
    pub fn completions_of(&self, hash: &str) -> usize {
        self.server.state().uploads.completed().iter().filter(|done| done.hash == hash).count()
    }

    /// What it holds now, complete or not.
    pub fn kept(&self) -> Vec<Kept> {
        self.server.state().uploads.kept()
    }

    /// The bytes of an upload that it holds.
    pub fn bytes_of(&self, id: &str) -> Option<Vec<u8>> {
        self.server.state().uploads.bytes(id).map(<[u8]>::to_vec)
    }

    /// Every request so far, in the order of their arrival.
    pub fn seen(&self) -> Vec<Seen> {
        self.house.seen()
    }

    /// Waits until the requests so far satisfy a condition, and returns them.
    pub async fn until(&self, condition: impl FnMut(&Vec<Seen>) -> bool) -> Vec<Seen> {
        self.house.until(condition).await
    }

    /// How many connections were accepted.
    pub fn connections(&self) -> u64 {
        self.house.connections()
    }

    /// The foreign host that redirects and foreign locations lead to. Nobody should ever come there.
    pub fn decoy(&self) -> &Liar {
        &self.decoy
    }
}

impl Server {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_lie(&self, point: Point) -> Option<Lie> {
        let mut state = self.state();
        let lie = state.lies.iter_mut().find_map(|(when, lie)| when.comes(point).then(|| lie.clone()));
        state.told += u64::from(lie.is_some());
        lie
    }

    /// Does what the protocol says, and gives the reply with the upload's true offset and length.
    async fn work(&self, talk: &mut Talk, head: &Head, log: &Entry, lie: Option<&Lie>) -> io::Result<Done> {
        let authorized = {
            let state = self.state();
            let expected = state.token.as_ref().map(|token| format!("Bearer {token}"));
            expected.is_none_or(|expected| head.header("authorization") == Some(&expected))
        };
        let version = head.method == "OPTIONS" || head.header("tus-resumable") == Some(VERSION);
        let refusal = if !authorized {
            Some(401)
        } else if !version {
            Some(412)
        } else {
            None
        };
        let done = match refusal {
            Some(status) => Err(status),
            None => match (head.method.as_str(), head.path.strip_prefix(COLLECTION)) {
                ("OPTIONS", _) => Ok(Done::plain(
                    marked(204)
                        .header("Tus-Version", VERSION)
                        .header("Tus-Extension", "creation,creation-with-upload,expiration,termination"),
                )),
                ("POST", Some("")) => self.create(talk, head, log, lie).await?,
                ("HEAD", Some(id)) => {
                    self.until_left(id).await;
                    self.tell_offset(id)
                }
                ("PATCH", Some(id)) => self.patch(talk, head, log, id, lie).await?,
                ("DELETE", Some(id)) => self.state().uploads.remove(id).map(|()| Done::plain(marked(204))),
                (_, Some(_)) => Err(405),
                (_, None) => Err(404),
            },
        };
        Ok(done.unwrap_or_else(|status| Done::plain(marked(status))))
    }

    async fn create(
        &self,
        talk: &mut Talk,
        head: &Head,
        log: &Entry,
        lie: Option<&Lie>,
    ) -> io::Result<Result<Done, Refusal>> {
        let Some(length) = head.header("upload-length").and_then(|length| length.parse().ok()) else {
            return Ok(Err(400));
        };
        let metadata = head.header("upload-metadata").unwrap_or_default();
        let id = {
            let mut state = self.state();
            let expires = state.expires_in.map(|time| clock::now() + time);
            state.uploads.create(length, metadata, expires)
        };
        if head.header("content-type") == Some(BODY_TYPE)
            && let Err(refusal) = self.take_body(talk, log, &id).await?
        {
            return Ok(Err(refusal));
        }
        let own = origin(self.certificate.is_some(), head.header("host").unwrap_or_default());
        let place = match lie {
            Some(Lie::Location(place)) => *place,
            _ => FalseLocation::Absolute,
        };
        let done = self.tell_offset(&id).map(|mut done| {
            done.reply.status = 201;
            done.reply.headers.retain(|(name, _)| name != "Upload-Length" && name != "Upload-Metadata");
            if let Some(place) = place.text(&id, &own, &self.decoy_url) {
                done.reply = done.reply.header("Location", place);
            }
            done
        });
        Ok(done)
    }

    /// Waits for the last bytes of a connection that was cut, as servers do that lock: else the offset would be stale.
    async fn until_left(&self, id: &str) {
        let left = async {
            loop {
                let left = self.left.notified();
                if !self.state().uploads.locked(id) {
                    return;
                }
                left.await;
            }
        };
        // A writer that hangs keeps nobody from asking.
        let _ = tokio::time::timeout(PATIENCE, left).await;
    }

    fn tell_offset(&self, id: &str) -> Result<Done, Refusal> {
        let (upload, expires) = self.state().uploads.look(id, clock::now())?;
        let mut reply = marked(200)
            .header("Cache-Control", "no-store")
            .header("Upload-Offset", upload.offset.to_string())
            .header("Upload-Length", upload.length.to_string());
        if !upload.metadata.is_empty() {
            reply = reply.header("Upload-Metadata", upload.metadata);
        }
        if let Some(at) = expires.filter(|_| upload.offset < upload.length) {
            reply = reply.header("Upload-Expires", httpdate::fmt_http_date(at));
        }
        Ok(Done { reply, offset: upload.offset, length: upload.length })
    }

    async fn patch(
        &self,
        talk: &mut Talk,
        head: &Head,
        log: &Entry,
        id: &str,
        lie: Option<&Lie>,
    ) -> io::Result<Result<Done, Refusal>> {
        if head.header("content-type") != Some(BODY_TYPE) {
            return Ok(Err(415));
        }
        if let Err(refusal) = self.open_at(id, head.header("upload-offset")) {
            return Ok(Err(refusal));
        }
        let taken = match lie {
            Some(Lie::Buffering { at_most }) => self.take_buffered(talk, log, id, *at_most).await,
            _ => self.take_body(talk, log, id).await,
        };
        self.state().uploads.unlock(id);
        self.left.notify_waiters();
        Ok(match taken? {
            Err(refusal) => Err(refusal),
            Ok(()) => self.tell_offset(id).map(|mut done| {
                done.reply.status = 204;
                done.reply.headers.retain(|(name, _)| name != "Upload-Length" && name != "Upload-Metadata");
                done
            }),
        })
    }

    /// Opens the upload for this writer, if it stands at the offset that the writer names.
    fn open_at(&self, id: &str, offset: Option<&str>) -> Result<(), Refusal> {
        let offset: u64 = offset.and_then(|offset| offset.parse().ok()).ok_or(400u16)?;
        let mut state = self.state();
        let (upload, _) = state.uploads.look(id, clock::now())?;
        state.uploads.lock(id)?;
        if upload.offset != offset {
            state.uploads.unlock(id);
            return Err(409);
        }
        Ok(())
    }

    async fn take_body(&self, talk: &mut Talk, log: &Entry, id: &str) -> io::Result<Result<(), Refusal>> {
        while let Some(bytes) = host::body(talk, log).await? {
            if let Err(refusal) = self.state().uploads.append(id, &bytes) {
                return Ok(Err(refusal));
            }
        }
        Ok(Ok(()))
    }

    async fn take_buffered(
        &self,
        talk: &mut Talk,
        log: &Entry,
        id: &str,
        at_most: u64,
    ) -> io::Result<Result<(), Refusal>> {
        let mut collected = Vec::new();
        while let Some(bytes) = host::body(talk, log).await? {
            collected.extend_from_slice(&bytes);
            if collected.len() as u64 > at_most {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
        }
        Ok(self.state().uploads.append(id, &collected))
    }
}

/// What was done: the honest reply, and where the upload stands.
struct Done {
    reply: Reply,
    offset: u64,
    length: u64,
}

impl Done {
    fn plain(reply: Reply) -> Self {
        Self { reply, offset: 0, length: 0 }
    }
}

fn marked(status: u16) -> Reply {
    Reply::status(status).header("Tus-Resumable", VERSION)
}

impl Host for Server {
    fn certificate(&self) -> Option<SelfSigned> {
        let foreign = self.state().lies.iter().any(|(_, lie)| *lie == Lie::False(FalseAnswer::SelfSigned));
        if foreign { self.foreign.clone() } else { self.certificate.clone() }
    }

    async fn meet(&self, talk: &mut Talk, head: Head, log: &Entry) -> io::Result<Next> {
        let point = match head.method.as_str() {
            "POST" => Point::Create,
            "HEAD" => Point::Head,
            "PATCH" => Point::Patch,
            "DELETE" => Point::Delete,
            _ => Point::Any,
        };
        let lie = self.next_lie(point);
        match &lie {
            // On a connection from before the lie: what comes on it would be the true server's word.
            Some(Lie::False(FalseAnswer::SelfSigned)) => return Ok(Next::Reset),
            Some(Lie::False(answer)) => return answer.answer(&self.decoy_url).perform(talk, &head, log).await,
            Some(Lie::Status { status, marks, retry_after }) => {
                let mut reply = if *marks { marked(*status) } else { Reply::html(*status, "<h1>Sorry</h1>") };
                if let Some(when) = retry_after {
                    reply = reply.header("Retry-After", when.clone());
                }
                return Answer::Reply(reply).perform(talk, &head, log).await;
            }
            Some(Lie::Forget) => {
                let id = head.path.strip_prefix(COLLECTION).unwrap_or_default();
                // One that is not there is forgotten already.
                let _ = self.state().uploads.remove(id);
            }
            _ => {}
        }
        let worked = self.work(talk, &head, log, lie.as_ref()).await;
        let mut done = match worked {
            // What a proxy had collected is lost with its connection.
            Err(problem) if problem.kind() == io::ErrorKind::FileTooLarge => return Ok(Next::Reset),
            worked => worked?,
        };
        if let Some(lie) = &lie {
            lie::distort(lie, &mut done.reply, done.offset, done.length);
        }
        match lie {
            Some(Lie::LoseAnswer) => Ok(Next::Reset),
            Some(Lie::Twice) => {
                let twice = done.reply.bytes(&head.method).repeat(2);
                Answer::Raw(twice).perform(talk, &head, log).await
            }
            _ => Answer::Reply(done.reply).perform(talk, &head, log).await,
        }
    }
}
