//! A relay that stands between a client and a real server, and interferes as censors, portals and broken networks do.
//!
//! What it does is written down as a [`Case`] in JSON, with the names by which a client may call it. What a case says of one
//! kind of request begins with the first of that kind; what comes before passes untouched. It lasts until [`Relay::lift`].
//! To know which request comes, the relay looks into TLS with the server's own key, and passes on what it saw: that is not
//! an interference. What others than the server hear is kept, so that a test can prove that nothing was told to them.

mod case;
mod front;
mod listen;
mod neutral;
mod party;
mod pipe;
mod sense;
mod upstream;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::liar::{Answer, Liar, Reply, Rule};
use crate::link::{Conditions, Simulator};
use crate::talk::Head;
pub use case::{Action, BadCase, Case, NeutralWord, Scheme, Shown, Stage, Written, Yes};
use listen::{BESIDE, Shut};
pub use neutral::Neutral;
use party::Heard;
pub use upstream::{Authorities, Upstream};

/// A host that nobody has (RFC 6761 section 6.4).
const NOBODY: &str = "photos.invalid";

/// How fast a link is before it is to be slow, in bytes a second.
const BEFORE_SLOW: u64 = 100_000;

/// The relay at work. When it is dropped it stops, and resets what it carries.
#[derive(Debug)]
pub struct Relay {
    shared: Arc<Shared>,
    address: SocketAddr,
    shut: Mutex<Vec<(Shut, Role)>>,
    decoy: Liar,
    _stop: DropGuard,
}

/// What its connections share.
struct Shared {
    case: Case,
    upstream: Upstream,
    /// What is shown by whoever is not the server.
    false_certificate: Option<TlsAcceptor>,
    state: watch::Sender<State>,
    heard: Heard,
    decoy: String,
    /// In front of it, where it is to be slow.
    slow: Option<Simulator>,
    stop: CancellationToken,
}

#[derive(Debug, Default)]
struct State {
    lifted: bool,
    /// Whoever connects now meets the false certificate.
    turned: bool,
    met: u64,
    /// Requests that are to be cut once each, after so many bytes of their body.
    cuts: Vec<(Stage, u64)>,
}

/// Whom a connection leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The way to the server, with what is done on it.
    Way,
    /// Somebody else, to whom the name leads.
    Stranger,
}

/// What becomes of a request.
enum Turn {
    Pass,
    Cut(u64),
    /// The interference begins with this one.
    Act,
    /// From now on everybody meets the false certificate.
    Change,
}

impl Relay {
    /// Starts one on a free port of the loopback.
    ///
    /// # Errors
    /// Where no port or no certificate can be had, and for a case whose scheme is not the server's.
    pub async fn start(case: &Case, upstream: Upstream, authorities: &Authorities) -> io::Result<Self> {
        if case.over_tls() != upstream.acceptor().is_some() {
            return Err(io::Error::other("the server speaks another scheme than the case says"));
        }
        // The decoy looks as good as can be, so that whoever trusts it is found out.
        let welcome = Reply::status(204).header("Tus-Resumable", "1.0.0").header("Upload-Offset", "0");
        let decoy = Liar::start(vec![Rule::always(Answer::Reply(welcome))]).await?;
        let shut = shut_ports(case.clone()).await?;
        let mut address = shut.first().map_or(Err(io::ErrorKind::NotFound.into()), |(shut, _)| shut.address())?;
        let (mut open, mut later) = (vec![], vec![]);
        for (socket, role) in shut {
            if stays_shut(case, role) {
                later.push((socket, role));
            } else {
                open.push((socket.open()?, role));
            }
        }
        let slow = match case.action {
            Action::Trickle(rate) => {
                let slow = Simulator::start(listen::anywhere(), address, 1)?;
                // A body is not to be through before its head was seen.
                let at_first = if case.at.is_request() { rate.max(BEFORE_SLOW) } else { rate };
                slow.set(Conditions::open().rates(at_first, at_first));
                address = slow.addr();
                Some(slow)
            }
            _ => None,
        };
        let stop = CancellationToken::new();
        let turned = case.certificate.is_false() && !case.at.is_request();
        let shared = Arc::new(Shared {
            false_certificate: authorities.false_certificate(case.certificate)?,
            state: watch::Sender::new(State { turned, ..State::default() }),
            case: case.clone(),
            upstream,
            heard: Heard::default(),
            decoy: decoy.url(),
            slow,
            stop: stop.clone(),
        });
        for (listener, role) in open {
            tokio::spawn(accept(listener, role, shared.clone()));
        }
        Ok(Self { shared, address, shut: Mutex::new(later), decoy, _stop: stop.drop_guard() })
    }

    /// Where clients are to look for the server: an address of HTTP, with a slash at the end.
    pub fn url(&self) -> String {
        let case = &self.shared.case;
        let host = match case.action {
            Action::NoSuchName(_) => NOBODY.to_owned(),
            _ if case.addresses => "localhost".to_owned(),
            _ => self.address.ip().to_string(),
        };
        let scheme = if case.over_tls() { "https" } else { "http" };
        format!("{scheme}://{host}:{}/", self.address.port())
    }

    /// The server's true address, which a client may have configured.
    pub fn true_address(&self) -> IpAddr {
        match self.shared.case.action {
            Action::WrongAddress(_) => BESIDE.into(),
            _ => Ipv4Addr::LOCALHOST.into(),
        }
    }

    /// Cuts the next request of this kind after so many bytes of its body, which the server gets. Nobody would call that an
    /// interference; it makes a client ask what it asks after a cut.
    pub fn cut_next(&self, stage: Stage, after: u64) {
        self.shared.state.send_modify(|state| state.cuts.push((stage, after)));
    }

    /// Waits until everything was cut that was to be.
    pub async fn until_cut(&self) {
        self.wait(|state| state.cuts.is_empty()).await;
    }

    /// How often it interfered (or, in a control, was met). Who refuses connections never knows.
    pub fn met(&self) -> u64 {
        self.shared.state.borrow().met
    }

    /// Whether it interferes no more: it was lifted, or did it as often as it was to.
    pub fn is_over(&self) -> bool {
        let state = self.shared.state.borrow();
        state.lifted || self.shared.case.times.is_some_and(|times| state.met >= times)
    }

    /// Ends the interference: from now on everything passes. Whoever is held is let go. A name that has no address still has
    /// none.
    ///
    /// # Errors
    /// Where a port that was shut cannot be opened.
    pub fn lift(&self) -> io::Result<()> {
        self.shared.state.send_modify(|state| state.lifted = true);
        if let Some(slow) = &self.shared.slow {
            slow.set(Conditions::open());
        }
        let shut = std::mem::take(&mut *self.shut.lock().unwrap_or_else(PoisonError::into_inner));
        for (shut, role) in shut {
            tokio::spawn(accept(shut.open()?, role, self.shared.clone()));
        }
        Ok(())
    }

    /// All that others than the server heard of clients that spoke TLS with the server, or believed so: what went through
    /// under TLS, and what was told to those who showed another certificate or had its name. Over plain HTTP everybody on
    /// the way hears all, and only what a [`Stage::Name`] case's stranger heard is kept.
    pub fn heard(&self) -> Vec<u8> {
        self.shared.heard.all()
    }

    /// The host that redirects lead to. Nobody should ever come there.
    pub fn decoy(&self) -> &Liar {
        &self.decoy
    }

    async fn wait(&self, condition: impl FnMut(&State) -> bool) {
        // The sender lives as long as this does.
        let _ = self.shared.state.subscribe().wait_for(condition).await;
    }
}

/// The ports of the relay, all shut: the first is what clients are told of.
async fn shut_ports(case: Case) -> io::Result<Vec<(Shut, Role)>> {
    let take = move || {
        let (first, mut rest) = match &case.action {
            Action::WrongAddress(_) => {
                let (named, beside) = listen::pair()?;
                ((named, Role::Stranger), vec![(beside, Role::Way)])
            }
            _ => ((listen::refusing(listen::anywhere())?, Role::Way), vec![]),
        };
        let action = match &case.action {
            Action::WrongAddress(inner) => inner,
            own => own,
        };
        let first = match action {
            Action::Blackhole(_) => (first.0.swallowing()?, first.1),
            _ => first,
        };
        rest.insert(0, first);
        Ok(rest)
    };
    tokio::task::spawn_blocking(take).await.map_err(io::Error::other)?
}

/// Whether nobody is let in there until it is lifted.
fn stays_shut(case: &Case, role: Role) -> bool {
    match (&case.action, role) {
        (Action::WrongAddress(inner), Role::Stranger) => inner.before_connecting(),
        (Action::WrongAddress(_), Role::Way) => false,
        (action, _) => action.before_connecting(),
    }
}

async fn accept(listener: TcpListener, role: Role, shared: Arc<Shared>) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shared.stop.cancelled() => return,
        };
        let Ok((socket, _)) = accepted else { continue };
        let shared = shared.clone();
        tokio::spawn(async move {
            tokio::select! {
                // A client that breaks off is what this is for.
                ended = serve(&shared, socket, role) => drop(ended),
                () = shared.stop.cancelled() => {}
            }
        });
    }
}

async fn serve(shared: &Shared, socket: TcpStream, role: Role) -> io::Result<()> {
    socket.set_nodelay(true)?;
    match role {
        Role::Stranger => front::stranger(shared, socket).await,
        Role::Way if shared.looks_inside() => front::serve(shared, socket).await,
        Role::Way => pipe::serve(shared, socket).await,
    }
}

impl Shared {
    /// Whether it reads requests: where a case is about them, or somebody ends TLS to answer them.
    fn looks_inside(&self) -> bool {
        let Case { at, certificate, after_bytes, .. } = &self.case;
        let plain_request = *at == Stage::Any && !self.case.over_tls() && after_bytes.is_none();
        at.is_request() || plain_request || *certificate != Shown::None && *at != Stage::Name
    }

    /// Counts one interference, if it is to be.
    fn take(&self) -> bool {
        let mut taken = false;
        self.state.send_if_modified(|state| {
            taken = !state.lifted && self.case.times.is_none_or(|times| state.met < times);
            state.met += u64::from(taken);
            taken
        });
        taken
    }

    fn turn(&self, head: &Head) -> Turn {
        let mut cut = None;
        self.state.send_if_modified(|state| {
            let due = state.cuts.first().is_some_and(|(stage, _)| stage.is(head));
            cut = due.then(|| state.cuts.remove(0).1);
            due
        });
        if let Some(after) = cut {
            return Turn::Cut(after);
        }
        // What is cut comes first, so that the rest begins where a client stands after a cut.
        let waits = !self.state.borrow().cuts.is_empty();
        if waits || !self.case.at.is(head) {
            return Turn::Pass;
        }
        if self.case.certificate.is_false() {
            let changes = self.state.send_if_modified(|state| {
                let changes = !state.lifted && !state.turned;
                state.turned |= changes;
                changes
            });
            return if changes { Turn::Change } else { Turn::Pass };
        }
        if self.take() { Turn::Act } else { Turn::Pass }
    }

    /// Whether a connection that begins now meets the false certificate; it is counted then.
    fn is_false_now(&self) -> bool {
        self.state.borrow().turned && self.take()
    }

    async fn until_lifted(&self) {
        let _ = self.state.subscribe().wait_for(|state| state.lifted).await;
    }
}

impl Stage {
    /// Whether a request is of this kind.
    fn is(self, head: &Head) -> bool {
        let path = head.path.split('?').next().unwrap_or_default();
        let (method, path) = (head.method.as_str(), path.trim_end_matches('/'));
        match self {
            Self::Create => method == "POST" && path.ends_with("/files"),
            Self::Patch | Self::PatchEnd => method == "PATCH",
            Self::Head => method == "HEAD",
            Self::Delete => method == "DELETE",
            Self::Have => method == "POST" && path.ends_with("/v1/have"),
            Self::Post => method == "PUT" && path.contains("/v1/posts/"),
            Self::Keys => method == "GET" && path.ends_with("/v1/keys"),
            Self::Name | Self::Connect | Self::Hello | Self::Any => true,
        }
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("case", &self.case.name).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Shut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shut")
    }
}
