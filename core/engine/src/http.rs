//! HTTP: the only place that knows reqwest.
//!
//! The kernel says what to send ([`Request`]) and judges what came of it ([`Outcome`]); this module puts it on
//! a socket and tells the truth about what happened there: how many bytes can have arrived, who answered, and
//! if nobody did, why. One [`Http`] per target, which holds the target's trust and its origins. All of it goes through the
//! [door](crate::door), which knows what really left.
//!
//! Read in this order: [`exchange`] (one request from start to outcome), [`body`] (bytes on their way out,
//! counted), [`blob`] (bytes from disk), [`trust`] (whom we believe), [`fault`] (what an error means),
//! [`calls`] (the requests that no wire machine makes).
//!
//! Only HTTP/1.1 is spoken: a cut must end the connection that carried the bytes, at once, and HTTP/2 would
//! share that connection with others.

mod blob;
mod body;
pub(crate) mod calls;
mod exchange;
mod fault;
mod token;
mod trust;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use satchel_kernel::ids::TargetId;
use satchel_kernel::outcome::{Outcome, Request};
use tokio_util::sync::CancellationToken;
use url::Origin;

use crate::door::Door;

pub(crate) use blob::Blob;
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
}

/// The way out: through the door, as this target.
#[derive(Clone)]
struct Way {
    door: Door,
    target: TargetId,
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
    /// For a target with these origins; a token goes to no other. Everything goes through this door, as this target.
    ///
    /// # Errors
    /// When the trusted certificates cannot be read.
    pub(crate) fn new(
        trust: &Trust,
        origins: &[Origin],
        options: &Options,
        door: &Door,
        target: TargetId,
    ) -> Result<Self, HttpError> {
        let trust = trust.for_origins(origins);
        let way = Way { door: door.clone(), target };
        let permit = door.permit(target);
        let kept = trust.client(options, &way, true)?;
        let clients = RwLock::new(Clients { permit, kept, fresh: None });
        Ok(Self(Arc::new(Inner { way, trust, origins: origins.to_vec(), options: options.clone(), clients })))
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
        let Way { door, target } = &self.0.way;
        if let Err(error) = door.listen() {
            return Err(SendRefused::BadRequest(format!("this device's own network does not work: {error}")));
        }
        let client = self.client(request.fresh_connection)?;
        let way = exchange::Passing { door, target: *target, mark: door.mark(*target) };
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

    /// Drops idle connections, as when the link changed: the next request makes a new one.
    pub(crate) fn forget_connections(&self) {
        let permit = self.0.way.door.permit(self.0.way.target);
        if let Ok(kept) = self.0.trust.client(&self.0.options, &self.0.way, true) {
            let mut clients = self.0.clients.write().unwrap_or_else(PoisonError::into_inner);
            (clients.permit, clients.kept) = (permit, kept);
        }
    }

    fn client(&self, fresh: bool) -> Result<reqwest::Client, SendRefused> {
        let Inner { way, trust, options, clients, .. } = &*self.0;
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
        let made = trust.client(options, way, false).map_err(|e| SendRefused::BadRequest(e.to_string()))?;
        self.0.clients.write().unwrap_or_else(PoisonError::into_inner).fresh = Some(made.clone());
        Ok(made)
    }
}

#[cfg(test)]
mod tests;
