//! One probe over real sockets, of each kind: an outbox, a receiver, and a gate between them.

use std::path::Path;
use std::time::Duration;

use satchel::kernel::health::Block;
use satchel::kernel::money::billed;
use satchel::kernel::wire::Patience;
use satchel::{AddOptions, Config, Link, Outbox, Policy, RunOptions, TargetId};
use satchel_receiver::Receiver;
use satchel_testkit::Chance;
use satchel_testkit::liar::{Answer, Liar, LyingTus, Reply, Rule};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::gate::{Gate, Mode};
use crate::week::Cost;

/// What one probe took.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    pub(crate) what: &'static str,
    /// How the endpoint was blocked; none: it was open again.
    by: Option<Block>,
    pub(crate) of_tls: bool,
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) beyond: u64,
    pub(crate) connections: u64,
}

impl Measured {
    /// For the simulated week, whose service speaks TLS.
    pub(crate) fn cost(&self) -> Option<Cost> {
        let billed = billed(self.sent, self.received, self.connections);
        self.of_tls.then_some(Cost { by: self.by, billed })
    }
}

/// One of each kind.
pub(crate) async fn measure() -> Vec<Measured> {
    let elsewhere = tempfile::tempdir().unwrap();
    let other = receiver(&elsewhere.path().join("other")).await;
    let mut all = Vec::new();
    for (what, by, mode) in [
        ("a page over TLS with a certificate of its own", Some(Block::Certificate), Some(Mode::To(other.addr()))),
        ("a reset after the hello", Some(Block::Reset), Some(Mode::Reset)),
        ("silence after the hello", Some(Block::Silence), Some(Mode::Silence)),
        ("the service, open again", None, None),
    ] {
        let place = Place::with_receiver().await;
        all.push(place.probe(what, by, true, mode).await);
    }
    for (what, length) in [("a page of 2 KB over plain HTTP", 2 << 10), ("a page of 60 KB over plain HTTP", 60 << 10)] {
        let page = format!("<title>Blocked</title>{}", "no ".repeat(length / 3));
        let liar = Liar::start(vec![Rule::always(Answer::Reply(Reply::html(403, &page)))]).await.unwrap();
        let place = Place::with_tus().await;
        all.push(place.probe(what, Some(Block::Page), false, Some(Mode::To(liar.addr()))).await);
    }
    let place = Place::with_tus().await;
    all.push(place.probe("the service over plain HTTP, open again", None, false, None).await);
    all
}

/// An outbox, and what it sends to.
struct Place {
    home: TempDir,
    outbox: Outbox,
    gate: Gate,
    target: TargetId,
    server: std::net::SocketAddr,
    _receiver: Option<Receiver>,
    _tus: Option<LyingTus>,
}

impl Place {
    async fn with_receiver() -> Self {
        let home = tempfile::tempdir().unwrap();
        let receiver = receiver(&home.path().join("receiver")).await;
        let (outbox, gate) = (open(home.path()).await, Gate::before(receiver.addr()).await);
        let mut code = receiver.pairing_code();
        code.port = gate.port();
        let paired = satchel::pairing::pair(&code, "a phone", None).await.unwrap();
        let target = outbox.set_receiver(&paired).await.unwrap();
        let server = receiver.addr();
        Self { home, outbox, gate, target, server, _receiver: Some(receiver), _tus: None }
    }

    async fn with_tus() -> Self {
        let home = tempfile::tempdir().unwrap();
        let tus = LyingTus::start().await.unwrap();
        let (outbox, gate) = (open(home.path()).await, Gate::before(tus.addr()).await);
        let url = format!("http://127.0.0.1:{}/files/", gate.port());
        let target = outbox.set_tus_target(url.parse().unwrap()).await.unwrap();
        let server = tus.addr();
        Self { home, outbox, gate, target, server, _receiver: None, _tus: Some(tus) }
    }

    /// What one takes of an endpoint that is treated so; of one that is open again where it is not treated any more.
    async fn probe(self, what: &'static str, by: Option<Block>, of_tls: bool, mode: Option<Mode>) -> Measured {
        self.add(1).await;
        self.run().await;
        self.gate.set(mode.unwrap_or(Mode::Reset));
        self.add(2).await;
        self.run().await;
        // A second look, which is a probe already where the first was enough.
        self.run().await;
        assert!(self.is_blocked().await, "{what}: {:?}", self.outbox.endpoints(self.target).await);
        if mode.is_none() {
            self.gate.set(Mode::To(self.server));
        }
        let (before, spent) = (self.gate.passed().len(), self.spent().await);
        self.run().await;
        let passed = self.gate.passed().split_off(before);
        let (sent, received) = passed[0].bytes();
        let connections = if mode.is_some() { passed.len() as u64 } else { 1 };
        if mode.is_some() {
            let (ledger_sent, ledger_received) = self.spent().await;
            let told = (ledger_sent - spent.0, ledger_received - spent.1);
            // Who breaks off leaves what it does not want to read.
            assert!(
                told.0 == sent && told.1 <= received,
                "{what}: {told:?} in the ledger, {:?} passed",
                (sent, received)
            );
        }
        Measured { what, by, of_tls, sent, received, beyond: passed[0].beyond_tls(), connections }
    }

    async fn add(&self, seed: u64) {
        let mut bytes = vec![0; 20_000];
        Chance::new(seed).fill(&mut bytes);
        let path = self.home.path().join(format!("{seed}.bin"));
        std::fs::write(&path, bytes).unwrap();
        self.outbox.add(&path, &AddOptions::default()).await.unwrap();
    }

    /// Tries everything at once, and waits for nothing that is due later.
    async fn run(&self) {
        self.outbox.try_now().await.unwrap();
        let options = RunOptions { linger: Duration::ZERO, ..RunOptions::default() };
        self.outbox.run(options, CancellationToken::new()).await.unwrap();
    }

    async fn is_blocked(&self) -> bool {
        let ways = self.outbox.endpoints(self.target).await.unwrap();
        ways[0].health.name().starts_with("blocked:")
    }

    async fn spent(&self) -> (u64, u64) {
        let rows = self.outbox.ledger().await.unwrap();
        (rows.iter().map(|row| row.sent).sum(), rows.iter().map(|row| row.received).sum())
    }
}

async fn open(home: &Path) -> Outbox {
    let config = Config {
        policy: Some(Policy::over_any_link()),
        // Longer than a connection is waited for, as it is by default.
        patience: Patience { stall_ms: 4_000, reply_ms: 4_000, ..Patience::default() },
        connect_timeout: Duration::from_secs(2),
        ..Config::new(home.join("outbox"))
    };
    let outbox = Outbox::open(config).await.unwrap();
    outbox.set_link(Link { network: Some("SIM".into()), roaming: Some(false), ..Link::cellular() });
    outbox
}

async fn receiver(store: &Path) -> Receiver {
    Receiver::start(satchel_receiver::Config::new("127.0.0.1:0".parse().unwrap(), store)).await.unwrap()
}
