//! Servers that lie, for fault tests: whatever a client may meet in the place of an honest server, down to
//! the byte.
//!
//! [`Liar`] answers by rules, whatever bytes a test wants. [`LyingTus`] is an honest tus server in memory that
//! can be told to lie at chosen points, and counts what was completed, so that a test can prove that a photo
//! arrived whole and once. [`LyingGateway`] stands before a real server and has its key. All record every request that
//! reaches them.

mod answer;
mod false_answer;
mod gateway;
mod host;
mod lie;
mod log;
mod rule;
mod tus;
mod uploads;

pub use answer::{Answer, Release, Reply};
pub use false_answer::FalseAnswer;
pub use gateway::{Forwarded, LyingGateway};
pub use lie::{FalseLocation, FalseOffset, Lie, Point, When};
pub use log::Seen;
pub use rule::Rule;
pub use tus::LyingTus;
pub use uploads::{Completed, Kept};

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::certificate::SelfSigned;
use crate::talk::{Head, Talk};
use host::{Host, House, Next};

/// A server that answers by rules. It stops when it is dropped, and resets what it serves.
#[derive(Debug)]
pub struct Liar {
    house: House,
    rules: Arc<Rules>,
}

#[derive(Debug)]
struct Rules {
    rules: Mutex<Vec<Rule>>,
    certificate: Option<SelfSigned>,
}

impl Liar {
    /// Starts one on a free port of the loopback, over plain TCP. The first rule that fits answers; a request
    /// that none fits gets a 404 of a web server that knows nothing.
    ///
    /// # Errors
    /// Where no port can be had.
    pub async fn start(rules: Vec<Rule>) -> io::Result<Self> {
        Self::open(rules, None).await
    }

    /// The same over TLS, with a certificate of its own that nobody vouches for.
    ///
    /// # Errors
    /// Where no port or no certificate can be had.
    pub async fn start_tls(rules: Vec<Rule>) -> io::Result<Self> {
        Self::open(rules, Some(SelfSigned::new()?)).await
    }

    async fn open(rules: Vec<Rule>, certificate: Option<SelfSigned>) -> io::Result<Self> {
        let rules = Arc::new(Rules { rules: Mutex::new(rules), certificate });
        Ok(Self { house: House::open(rules.clone()).await?, rules })
    }

    /// The address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.house.addr()
    }

    /// `http://127.0.0.1:PORT` or `https://localhost:PORT`, without a slash at the end.
    pub fn url(&self) -> String {
        self.house.url(self.rules.certificate.is_some())
    }

    /// Its certificate, over TLS.
    pub fn certificate(&self) -> Option<&SelfSigned> {
        self.rules.certificate.as_ref()
    }

    /// Other rules from the next request on. Their counts begin anew.
    pub fn set_rules(&self, rules: Vec<Rule>) {
        *self.rules.rules.lock().unwrap_or_else(PoisonError::into_inner) = rules;
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
}

impl Host for Rules {
    fn certificate(&self) -> Option<SelfSigned> {
        self.certificate.clone()
    }

    async fn meet(&self, talk: &mut Talk, head: Head, log: &log::Entry) -> io::Result<Next> {
        let answer = {
            let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
            rules.iter_mut().find_map(|rule| rule.fits(&head))
        };
        let nothing = || Answer::Reply(Reply::html(404, "<h1>Not Found</h1>"));
        answer.unwrap_or_else(nothing).perform(talk, &head, log).await
    }
}

/// The origin that a client named in its `Host`.
fn origin(tls: bool, host: &str) -> String {
    format!("{}://{host}", if tls { "https" } else { "http" })
}
