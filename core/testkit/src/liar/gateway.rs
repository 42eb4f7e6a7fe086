//! A gateway in front of a real server, with that server's own key: what it does not lie about, it forwards.
//!
//! Whoever pinned the server's key believes it, as one believes a proxy before a service. It can also show another key
//! than the pinned one: then nobody should say a word to it.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::Liar;
use super::answer::{Answer, Reply};
use super::false_answer::FalseAnswer;
use super::host::{self, Host, House, Next};
use super::log::{Entry, Seen};
use super::rule::Rule;
use crate::certificate::SelfSigned;
use crate::talk::{Head, Talk};

/// The name by which the server is known to itself.
const SERVER: &str = "localhost";

/// See the module. It stops when it is dropped.
#[derive(Debug)]
pub struct LyingGateway {
    house: House,
    front: Arc<Front>,
    decoy: Liar,
}

#[derive(Debug)]
struct Front {
    to: SocketAddr,
    certificate: SelfSigned,
    stranger: SelfSigned,
    decoy_url: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    rules: Vec<(Rule, Lie)>,
    foreign: bool,
    told: u64,
    forwarded: Vec<Forwarded>,
}

#[derive(Debug, Clone, Copy)]
enum Lie {
    Tell(FalseAnswer),
    CutAfter(u64),
}

/// A request that the server behind the gateway answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forwarded {
    /// Its method.
    pub method: String,
    /// Its path, with the query.
    pub path: String,
    /// The status of the server's answer.
    pub status: u16,
}

impl LyingGateway {
    /// Starts one on a free port of the loopback, in front of a server that speaks TLS there. `certificate` is the
    /// server's own, for `localhost`.
    ///
    /// # Errors
    /// Where no port or no certificate can be had.
    pub async fn start(to: SocketAddr, certificate: SelfSigned) -> io::Result<Self> {
        // The decoy looks as good as can be, so that whoever trusts it is found out.
        let welcome = Reply::status(204).header("Tus-Resumable", "1.0.0").header("Upload-Offset", "0");
        let decoy = Liar::start(vec![Rule::always(Answer::Reply(welcome))]).await?;
        let (decoy_url, stranger, state) = (decoy.url(), SelfSigned::new()?, Mutex::default());
        let front = Arc::new(Front { to, certificate, stranger, decoy_url, state });
        Ok(Self { house: House::open(front.clone()).await?, front, decoy })
    }

    /// The address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.house.addr()
    }

    /// The certificate that it shows where it shows another one than the server's.
    pub fn stranger(&self) -> &SelfSigned {
        &self.front.stranger
    }

    /// Gives this answer from now on to requests of the method (`None`: any) below the path. To show another
    /// certificate is not a matter of one request: every connection that begins from now on gets it.
    pub fn tell(&self, method: Option<&str>, path: &str, answer: FalseAnswer) {
        let mut state = self.front.state();
        state.foreign |= answer.needs_tls();
        state.rules.push((rule(method, path), Lie::Tell(answer)));
    }

    /// The next such request gets through up to so many bytes of its body; then both connections end.
    pub fn cut_next(&self, method: Option<&str>, path: &str, after: u64) {
        self.front.state().rules.push((rule(method, path).nth(1), Lie::CutAfter(after)));
    }

    /// Shows another key than the server's, and gives this answer to whoever speaks all the same.
    pub fn foreign_key(&self, answer: FalseAnswer) {
        self.tell(None, "", answer);
        self.front.state().foreign = true;
    }

    /// Forwards everything from now on, with the server's own key.
    pub fn honest(&self) {
        let mut state = self.front.state();
        state.rules.clear();
        state.foreign = false;
    }

    /// How many requests were lied to.
    pub fn lies_told(&self) -> u64 {
        self.front.state().told
    }

    /// What the server answered, in that order.
    pub fn forwarded(&self) -> Vec<Forwarded> {
        self.front.state().forwarded.clone()
    }

    /// Every request so far, in the order of their arrival.
    pub fn seen(&self) -> Vec<Seen> {
        self.house.seen()
    }

    /// How many connections were accepted.
    pub fn connections(&self) -> u64 {
        self.house.connections()
    }

    /// The foreign host that redirects lead to. Nobody should ever come there.
    pub fn decoy(&self) -> &Liar {
        &self.decoy
    }
}

fn rule(method: Option<&str>, path: &str) -> Rule {
    // The rule only finds the request: what is answered, the lie says.
    let rule = Rule::always(Answer::Close).path(path);
    match method {
        Some(method) => rule.method(method),
        None => rule,
    }
}

impl Front {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_lie(&self, head: &Head) -> Option<Lie> {
        let mut state = self.state();
        let lie = state.rules.iter_mut().find_map(|(rule, lie)| rule.fits(head).map(|_| *lie));
        state.told += u64::from(matches!(lie, Some(Lie::Tell(_))));
        lie
    }

    async fn server(&self) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(SERVER).map_err(io::Error::other)?;
        let socket = TcpStream::connect(self.to).await?;
        socket.set_nodelay(true)?;
        self.certificate.connector()?.connect(name, socket).await
    }

    /// Hands the request on, and the answer back, on a connection of their own.
    async fn forward(&self, talk: &mut Talk, head: &Head, log: &Entry) -> io::Result<Next> {
        let (mut answers, mut server) = tokio::io::split(self.server().await?);
        server.write_all(&head.on_the_wire()).await?;
        server.flush().await?;
        let mut answer = Vec::new();
        let body = async {
            let mut refused = false;
            while let Some(bytes) = host::body(talk, log).await? {
                // A server that answers early stops listening; its answer counts, and the rest of the body does not.
                refused = refused || server.write_all(&bytes).await.is_err() || server.flush().await.is_err();
            }
            io::Result::Ok(())
        };
        // A client that breaks off ends this at once, and with it the server's connection.
        tokio::try_join!(body, answers.read_to_end(&mut answer))?;
        if let Some(status) = status_of(&answer) {
            let (method, path) = (head.method.clone(), head.path.clone());
            self.state().forwarded.push(Forwarded { method, path, status });
        }
        talk.stream.write_all(&answer).await?;
        talk.stream.flush().await?;
        Ok(Next::Close)
    }

    /// Hands so much of the request on, and then hangs up on both.
    async fn cut(&self, talk: &mut Talk, head: &Head, log: &Entry, after: u64) -> io::Result<Next> {
        let mut server = self.server().await?;
        server.write_all(&head.on_the_wire()).await?;
        let mut left = usize::try_from(after).unwrap_or(usize::MAX);
        while left > 0
            && let Some(bytes) = host::body(talk, log).await?
        {
            let some = &bytes[..bytes.len().min(left)];
            server.write_all(some).await?;
            left -= some.len();
        }
        server.shutdown().await?;
        // Until the server has done with what it got: whoever asks next learns how much that was.
        let _ = server.read_to_end(&mut Vec::new()).await;
        Ok(Next::Reset)
    }
}

fn status_of(answer: &[u8]) -> Option<u16> {
    std::str::from_utf8(answer.get(9..12)?).ok()?.parse().ok()
}

impl Host for Front {
    fn certificate(&self) -> Option<SelfSigned> {
        Some(if self.state().foreign { self.stranger.clone() } else { self.certificate.clone() })
    }

    async fn meet(&self, talk: &mut Talk, head: Head, log: &Entry) -> io::Result<Next> {
        match self.next_lie(&head) {
            Some(Lie::Tell(answer)) => answer.answer(&self.decoy_url).perform(talk, &head, log).await,
            Some(Lie::CutAfter(after)) => self.cut(talk, &head, log, after).await,
            None => self.forward(talk, &head, log).await,
        }
    }
}
