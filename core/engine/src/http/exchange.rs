//! One request, from its first byte to its outcome.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use satchel_kernel::outcome::{Cut, Headers, Identity, MAX_BODY, Method, Outcome, Reply, Request, Segment, Timers};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::door::Mark;

use super::blob::{self, Blob};
use super::body::{HELD, Handing, Outgoing, Pieces};
use super::{SendRefused, Token, Way, fault};

/// How long to wait for what.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) connect: Duration,
    pub(super) timers: Timers,
}

/// Ends the handing over even when the future is dropped half-way: what was not handed over by then stays here.
struct Shutting<'a>(&'a Handing);

impl Drop for Shutting<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// The way that the request goes, and where the door stood when it began.
pub(super) struct Passing<'a> {
    pub(super) way: &'a Way,
    pub(super) mark: Mark,
}

impl Passing<'_> {
    /// Bytes of the target that went into sockets since the request began: what of its body can have arrived is among them.
    fn sent(&self) -> u64 {
        self.way.door.sent_since(self.way.target, &self.mark)
    }

    /// Why the door ended the target's connections, if it did.
    fn ended(&self) -> Option<Cut> {
        self.way.door.ended_since(self.way.target, &self.mark)
    }

    /// What an error of the HTTP library means: the door knows what it did itself. The library waits so long for a connection.
    fn fault(&self, error: &reqwest::Error, url: &Url, patience: Duration) -> Cut {
        if let Some(cut) = self.ended() {
            return cut;
        }
        if !error.is_connect() {
            return fault::of(error);
        }
        let (door, whither) = (&self.way.door, self.way.to(url));
        if let Some(cut) = door.unconnected_since(&whither, &self.mark) {
            return cut;
        }
        if error.is_timeout() {
            self.gave_up(url, patience);
        }
        fault::of(error)
    }

    /// The connection that was waited for so long is given up. Of several that are tried side by side to one place, which the
    /// library does not tell apart, one that was begun much later is not it.
    fn gave_up(&self, url: &Url, waited: Duration) {
        self.way.door.gave_up(&self.way.to(url), &self.mark, waited / 2);
    }

    /// How much of a body can have arrived, of which the library took so much. While it lives, what it took may still go; once
    /// the door has ended its connections, nothing does.
    fn arrived(&self, taken: u64) -> u64 {
        if self.ended().is_some() { taken.min(self.sent()) } else { taken }
    }
}

/// Sends it. The token was found to be allowed here.
#[allow(clippy::too_many_arguments, reason = "each is another thing, and they are called once")]
pub(super) async fn run(
    client: &reqwest::Client,
    request: &Request,
    token: Option<&Token>,
    blob: Option<&Blob>,
    limits: Limits,
    way: &Passing<'_>,
    progress: &(dyn Fn(u64) + Send + Sync),
    stop: &CancellationToken,
) -> Result<Outcome, SendRefused> {
    let mut http = head(request, token)?;
    if stop.is_cancelled() {
        return Ok(Outcome::Cut { sent: 0, cut: Cut::Stopped });
    }
    let length = request.body_len();
    let handing = Handing::new(length);
    let _shutting = Shutting(&handing);
    if length > 0 {
        let pieces = match pieces(request, blob, stop).await? {
            Ok(pieces) => pieces,
            Err(cut) => return Ok(Outcome::Cut { sent: 0, cut }),
        };
        *http.body_mut() = Some(reqwest::Body::wrap_stream(Outgoing { handing: handing.clone(), pieces }));
    }
    let told = Told { progress, last: 0.into() };
    let reply = {
        let answer = client.execute(http);
        let watch = Watch { handing: &handing, way, limits, started: Instant::now(), moved: None };
        watch.reply_head(answer, &request.url, &told, stop).await
    };
    let outcome = match reply {
        Err(cut) => {
            let taken = handing.end();
            Outcome::Cut { sent: way.arrived(taken), cut }
        }
        Ok(response) => {
            let sent = handing.hold();
            let until = after(Instant::now(), limits.timers.reply_ms);
            Outcome::Reply { sent, reply: whole(response, until, stop).await }
        }
    };
    told.tell(outcome.sent());
    Ok(outcome)
}

/// Everything of the request but its body.
fn head(request: &Request, token: Option<&Token>) -> Result<reqwest::Request, SendRefused> {
    let bad = |why: &str| SendRefused::BadRequest(why.to_owned());
    let url = &request.url;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(bad("its address is not http or https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(bad("its address holds a name or a password; give a token instead"));
    }
    let method = match request.method {
        Method::Get => reqwest::Method::GET,
        Method::Head => reqwest::Method::HEAD,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
        Method::Options => reqwest::Method::OPTIONS,
    };
    let mut http = reqwest::Request::new(method, url.clone());
    let headers = http.headers_mut();
    for (name, value) in &request.headers {
        // Its value may say something about a photo, so only its name is told.
        let refused = || SendRefused::BadRequest(format!("its header {name:?} is not one that may be set"));
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refused())?;
        if OURS.contains(&name.as_str()) {
            return Err(refused());
        }
        headers.append(name.clone(), HeaderValue::from_str(value).map_err(|_| refused())?);
    }
    if matches!(request.method, Method::Post | Method::Put | Method::Patch) || request.body_len() > 0 {
        headers.insert(CONTENT_LENGTH, request.body_len().into());
    }
    if let Some(token) = token {
        headers.insert(AUTHORIZATION, token.header());
    }
    Ok(http)
}

/// The headers of a request that somebody else sends.
pub(super) fn headers(request: &Request, token: Option<&Token>) -> Result<Vec<(String, String)>, SendRefused> {
    let http = head(request, token)?;
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let all = http.headers().iter().filter(|(name, _)| *name != CONTENT_LENGTH);
    Ok(all.map(|(name, value)| (name.as_str().to_owned(), text(value))).collect())
}

/// Headers that follow from the request itself, or that are credentials, which have rules of their own.
const OURS: [&str; 7] =
    ["authorization", "proxy-authorization", "cookie", "content-length", "transfer-encoding", "connection", "host"];

async fn pieces(
    request: &Request,
    blob: Option<&Blob>,
    stop: &CancellationToken,
) -> Result<Result<Pieces, Cut>, SendRefused> {
    if !request.body.iter().any(|s| matches!(s, Segment::Blob(range) if !range.is_empty())) {
        return Ok(Ok(Pieces::of_bytes(&request.body)));
    }
    let blob = blob.ok_or_else(|| SendRefused::BadRequest("its body is a blob, and none was given".into()))?;
    tokio::select! {
        biased;
        () = stop.cancelled() => Ok(Err(Cut::Stopped)),
        opened = blob::open(blob, &request.body) => Ok(opened.map(Pieces::Disk)),
    }
}

/// Tells how far the body came, never the same twice.
struct Told<'a> {
    progress: &'a (dyn Fn(u64) + Send + Sync),
    last: std::sync::atomic::AtomicU64,
}

impl Told<'_> {
    fn tell(&self, sent: u64) {
        if self.last.swap(sent, std::sync::atomic::Ordering::Relaxed) != sent {
            (self.progress)(sent);
        }
    }
}

/// Watches that the body goes out, while the reply's head is waited for.
struct Watch<'a> {
    handing: &'a Handing,
    way: &'a Passing<'a>,
    limits: Limits,
    started: Instant,
    /// When a byte last left that can have been one of these.
    moved: Option<Instant>,
}

impl Watch<'_> {
    async fn reply_head(
        mut self,
        answer: impl Future<Output = reqwest::Result<reqwest::Response>>,
        url: &Url,
        told: &Told<'_>,
        stop: &CancellationToken,
    ) -> Result<reqwest::Response, Cut> {
        let mut answer = std::pin::pin!(answer);
        let mut moving = self.way.way.door.moving(self.way.way.target);
        // How much had left when the last piece was taken.
        let mut before = 0;
        loop {
            let (until, cut) = self.patience();
            tokio::select! {
                biased;
                () = stop.cancelled() => return Err(Cut::Stopped),
                answered = &mut answer => {
                    return answered.map_err(|e| self.handing.fault().unwrap_or_else(|| self.way.fault(&e, url, self.limits.connect)));
                }
                () = self.handing.changed() => {
                    before = self.way.sent();
                    if let Some(cut) = self.handing.fault() {
                        return Err(cut);
                    }
                }
                Ok(()) = moving.changed() => {
                    let left = self.way.sent();
                    // What moves beyond what is held of this body is of other requests to the same target. TLS adds a little.
                    if left.saturating_sub(before) <= 2 * self.handing.sent().min(HELD) {
                        self.moved = Some(Instant::now());
                    }
                    self.handing.left(left);
                    told.tell(self.handing.sent().min(left));
                }
                // A piece may have been taken at the same instant: the clock is read again before it is believed.
                () = sleep_until(until) => if self.patience().0 <= Instant::now() {
                    // With not a byte out it is the connection that was waited for.
                    if self.way.sent() == 0 {
                        self.way.gave_up(url, self.started.elapsed());
                    }
                    return Err(self.way.ended().unwrap_or(cut));
                }
            }
        }
    }

    /// Until when to wait for the next thing, and what it means when it does not happen.
    fn patience(&self) -> (Instant, Cut) {
        let Limits { connect, timers: Timers { stall_ms, reply_ms } } = self.limits;
        match self.handing.moved() {
            _ if self.handing.length() == 0 => (after(self.started, reply_ms), Cut::NoReply),
            (Some(taken), all) => {
                let moved = self.moved.map_or(taken, |moved| moved.max(taken));
                if all { (after(moved, reply_ms), Cut::NoReply) } else { (after(moved, stall_ms), Cut::Stalled) }
            }
            // Not connected yet; the connection has a limit of its own.
            (None, _) => (after(self.started + connect, stall_ms), Cut::Stalled),
        }
    }
}

fn after(from: Instant, ms: u64) -> Instant {
    const MONTH_MS: u64 = 30 * 24 * 3600 * 1000;
    from + Duration::from_millis(ms.min(MONTH_MS))
}

/// The reply with its body, or what of the body came in time: its head has come, and is worth knowing.
async fn whole(mut response: reqwest::Response, until: Instant, stop: &CancellationToken) -> Reply {
    let url = response.url().clone();
    let identity = if url.scheme() == "https" { Identity::Proved } else { Identity::None };
    let status = response.status().as_u16();
    let headers = Headers(readable(response.headers()));
    let mut body = Vec::new();
    while body.len() < MAX_BODY {
        let chunk = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            chunk = response.chunk() => chunk,
            () = sleep_until(until) => break,
        };
        match chunk {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk[..chunk.len().min(MAX_BODY - body.len())]),
            Ok(None) | Err(_) => break,
        }
    }
    Reply { url, identity, status, headers, body }
}

fn readable(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |v: &HeaderValue| std::str::from_utf8(v.as_bytes()).ok().map(str::to_owned);
    headers.iter().filter_map(|(name, value)| Some((name.as_str().to_owned(), text(value)?))).collect()
}
