//! HTTP: the only place that knows reqwest.
//!
//! The kernel says what to send ([`Request`]) and judges what came of it ([`Outcome`]); this module puts it on
//! a socket and tells the truth about what happened there: how many bytes can have arrived, who answered, and
//! if nobody did, why. One [`Http`] per target, which holds the target's trust and its origins. All of it goes through the
//! [door](crate::door), which knows what really left.
//!
//! Read in this order: [`exchange`] (one request from start to outcome), [`body`] (bytes on their way out,
//! counted), [`blob`] (bytes from disk), [`trust`] (whom we believe), [`refused`] and [`certificate`] (whom we
//! did not), [`fault`] (what an error means), [`calls`] (the requests that no wire machine makes).
//!
//! Only HTTP/1.1 is spoken: a cut must end the connection that carried the bytes, at once, and HTTP/2 would
//! share that connection with others.

mod blob;
mod body;
pub(crate) mod calls;
mod certificate;
mod exchange;
mod fault;
mod refused;
mod token;
mod trust;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use satchel_kernel::health::How;
use satchel_kernel::ids::TargetId;
use satchel_kernel::outcome::{Outcome, Request};
use tokio_util::sync::CancellationToken;
use url::{Host, Origin, Url};

use crate::door::{Door, Met, Route, Whither};

pub(crate) use blob::Blob;
pub(crate) use certificate::CertificateSeen;
use refused::Refused;
pub use token::{BadToken, Token};
pub use trust::BadPin;
pub(crate) use trust::{HttpError, Pin, Trust, usable};

/// How connections are made.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// For the name, the connection and TLS together; then it counts as no connection.
    pub(crate) connect_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { connect_timeout: Duration::from_secs(20) }
    }
}

/// A request was not sent, because it must not be or cannot be. Nothing left the device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SendRefused {
    /// The token would have gone over plain HTTP.
    #[error("the token is not sent to {host} over plain HTTP, where anyone on the way can read it; use https")]
    PlainHttp {
        /// Where to.
        host: String,
    },
    /// It cannot be put into HTTP.
    #[error("this cannot be sent: {0}")]
    BadRequest(String),
}

struct Inner {
    way: Way,
    trust: Trust,
    origins: Vec<Origin>,
    options: Options,
    clients: RwLock<Clients>,
    /// By all of its clients.
    refused: Arc<Refused>,
}

/// The way out: through the door, as this target, by this route.
#[derive(Clone)]
struct Way {
    door: Door,
    target: TargetId,
    route: Route,
}

impl Way {
    /// Where an address leads by it.
    fn to(&self, url: &Url) -> Whither {
        self.whither(&host(url), url.port_or_known_default().unwrap_or_default())
    }

    fn whither(&self, host: &str, port: u16) -> Whither {
        Whither::new(self.target, self.route, host, port)
    }
}

struct Clients {
    /// The permit at the door that these clients' connections were made with; with another one they are gone.
    permit: u64,
    /// Keeps connections for a short while.
    kept: reqwest::Client,
    /// Never uses a connection twice; made when first asked for.
    fresh: Option<reqwest::Client>,
}

/// Sends requests to one target. Clones share their connections.
#[derive(Clone)]
pub(crate) struct Http(Arc<Inner>);

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http")
            .field("trust", &self.0.trust)
            .field("origins", &self.0.origins.len())
            .finish_non_exhaustive()
    }
}

impl Http {
    /// For a target with these origins; a token goes to no other. Everything goes through this door, as this target,
    /// by this route.
    ///
    /// # Errors
    /// When the trusted certificates cannot be read.
    pub(crate) fn new(
        trust: &Trust,
        origins: &[Origin],
        options: &Options,
        door: &Door,
        target: TargetId,
        route: Route,
    ) -> Result<Self, HttpError> {
        let trust = trust.for_origins(origins);
        let way = Way { door: door.clone(), target, route };
        let permit = door.permit(target);
        let refused = Arc::<Refused>::default();
        let kept = trust.client(options, &way, &refused, true)?;
        let clients = RwLock::new(Clients { permit, kept, fresh: None });
        let (origins, options) = (origins.to_vec(), options.clone());
        Ok(Self(Arc::new(Inner { way, trust, origins, options, clients, refused })))
    }

    /// Sends a request and tells what came of it.
    ///
    /// `blob` is what the body's [`Segment::Blob`](satchel_kernel::outcome::Segment::Blob) ranges are of. `progress` is told how
    /// many body bytes were handed over so far, now and then. `stop` ends it at once.
    /// Dropping the future also ends it; then nobody learns how much was sent.
    ///
    /// # Errors
    /// When it must not be sent. Everything that happens to it afterwards is an outcome.
    pub(crate) async fn send(
        &self,
        request: &Request,
        credential: Option<&Token>,
        blob: Option<&Blob>,
        progress: &(dyn Fn(u64) + Send + Sync),
        stop: &CancellationToken,
    ) -> Result<Outcome, SendRefused> {
        let token = token::for_request(credential, request, &self.0.origins)?;
        let way = &self.0.way;
        if let Err(error) = way.door.listen() {
            return Err(SendRefused::BadRequest(format!("this device's own network does not work: {error}")));
        }
        let client = self.client(request.fresh_connection)?;
        let way = exchange::Passing { way, mark: way.door.mark(way.target) };
        let limits = exchange::Limits { connect: self.0.options.connect_timeout, timers: request.timers };
        exchange::run(&client, request, token, blob, limits, &way, progress, stop).await
    }

    /// All headers of a request that a host's system sends, the credential among them; `Content-Length` and `Host` follow
    /// from the request and are the system's to set.
    ///
    /// # Errors
    /// When it must not be sent.
    pub(crate) fn headers(
        &self,
        request: &Request,
        credential: Option<&Token>,
    ) -> Result<Vec<(String, String)>, SendRefused> {
        let token = token::for_request(credential, request, &self.0.origins)?;
        exchange::headers(request, token)
    }

    /// What the last attempt to connect to this address's host and port met. A request over a connection that was there already
    /// makes none.
    pub(crate) fn met(&self, url: &Url) -> Met {
        self.0.way.door.met(&self.0.way.to(url))
    }

    /// The last certificate of this address's host that was not believed; it is not forgotten when a later one is.
    pub(crate) fn certificate(&self, url: &Url) -> Option<CertificateSeen> {
        self.0.refused.of(&host(url))
    }

    /// Connects to this host and port, and resets the connection at once, without a byte: whether anybody is there. It is counted
    /// as every connection is. Without an answer it takes as long as the patience, and is [`How::Silent`] then.
    pub(crate) async fn knock(&self, host: &str, port: u16, patience: Duration, stop: &CancellationToken) -> How {
        let way = &self.0.way;
        way.door.knock(&way.whither(host, port), patience, stop).await
    }

    /// Drops idle connections, as when the link changed: the next request makes a new one.
    pub(crate) fn forget_connections(&self) {
        let permit = self.0.way.door.permit(self.0.way.target);
        if let Ok(kept) = self.0.trust.client(&self.0.options, &self.0.way, &self.0.refused, true) {
            let mut clients = self.0.clients.write().unwrap_or_else(PoisonError::into_inner);
            (clients.permit, clients.kept) = (permit, kept);
        }
    }

    fn client(&self, fresh: bool) -> Result<reqwest::Client, SendRefused> {
        let Inner { way, trust, options, clients, refused, .. } = &*self.0;
        // The door has reset these connections, and the library may not have noticed yet.
        if clients.read().unwrap_or_else(PoisonError::into_inner).permit != way.door.permit(way.target) {
            self.forget_connections();
        }
        let clients = clients.read().unwrap_or_else(PoisonError::into_inner);
        match (&clients.fresh, fresh) {
            (_, false) => return Ok(clients.kept.clone()),
            (Some(client), true) => return Ok(client.clone()),
            (None, true) => drop(clients),
        }
        let made = trust.client(options, way, refused, false).map_err(|e| SendRefused::BadRequest(e.to_string()))?;
        self.0.clients.write().unwrap_or_else(PoisonError::into_inner).fresh = Some(made.clone());
        Ok(made)
    }
}

/// An address's host, IPv6 without brackets.
fn host(url: &Url) -> String {
    match url.host() {
        Some(Host::Domain(name)) => name.to_owned(),
        Some(Host::Ipv4(ip)) => ip.to_string(),
        Some(Host::Ipv6(ip)) => ip.to_string(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests;
