//! One case on its desk: a receiver, the relay before it, and an outbox with a photo, which knows the receiver by the relay.

use std::time::Duration;

use satchel::kernel::wire::Patience;
use satchel::{AddOptions, AssetState, Config, Link, Outbox, RunOptions, TargetId, Token};
use satchel_receiver::Receiver;
use satchel_testkit::interfere::{Action, Authorities, Case, Neutral, Relay, Scheme, Stage, Upstream};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::super::outbox::caption;
use super::super::world::{Photo, Place, all, at_once, open, states, within};
use super::{heard, naming, plain_pairing};

/// How far a creation gets that is cut so that its bytes are sent later, in bytes.
const BEGUN: u64 = 10_000;
/// How far the next piece gets.
const FURTHER: u64 = 5_000;
/// How long a link that trickles is suffered.
const TRICKLING: Duration = Duration::from_secs(25);
/// What is not there by then does not come over it, in milliseconds.
const TRICKLED_MS: u64 = 10_000;
/// A link that is faster than this carries the photo in time, in bytes a second.
const CARRIES: u64 = 5_000;
/// Longer than any run may take here.
const HANG: Duration = Duration::from_secs(60);
/// How often a run is tried until the interference is met.
const TRIES: usize = 4;
/// How often one that lasts is met before the endpoint's name is asked for: once or twice may be an accident.
const ROUNDS: usize = 3;

pub(super) struct Desk {
    case: Case,
    _place: Place,
    _store: TempDir,
    neutral: Option<Neutral>,
    receiver: Receiver,
    relay: Relay,
    outbox: Outbox,
    target: TargetId,
    token: String,
    photo: Photo,
}

impl Desk {
    pub(super) async fn open(case: Case, authorities: &Authorities) -> Self {
        let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
        let mut receiver = receiver(&case, &store).await;
        if case.by_authority() {
            receiver.shutdown().await;
            authorities.known.vouch_for_receiver(store.path()).unwrap();
            receiver = self::receiver(&case, &store).await;
        }
        let upstream = match case.scheme {
            Scheme::Http => Upstream::plain(receiver.addr()),
            Scheme::Https => {
                let authority = case.by_authority().then_some(&authorities.known);
                Upstream::receiver(receiver.addr(), store.path(), authority).unwrap()
            }
        };
        let relay = Relay::start(&case, upstream, authorities).await.unwrap_or_else(|e| panic!("{:?}: {e}", case.name));
        let mut paired = match case.scheme {
            Scheme::Http => plain_pairing::pair(&receiver).await,
            Scheme::Https => within(satchel::pairing::pair(&receiver.pairing_code(), "a phone", None)).await.unwrap(),
        };
        let token = paired.reply.token.clone();
        let outbox = open(config(&case, &place, authorities)).await;
        outbox.set_link(link(false));
        let target = if case.by_authority() || tokenless(&case) {
            let target = outbox.set_tus_target(format!("{}files/", relay.url()).parse().unwrap()).await.unwrap();
            if !tokenless(&case) {
                outbox.set_token(target, Token::new(&token).unwrap());
            }
            target
        } else {
            paired.url = relay.url().parse().unwrap();
            outbox.set_receiver(&paired).await.unwrap()
        };
        if case.addresses {
            naming::set_address(&outbox, target, relay.true_address()).await;
        }
        let mut neutral = None;
        if let Some(word) = case.neutral {
            let started = Neutral::start(word).await.unwrap();
            naming::set_neutral(&outbox, started.url()).await;
            neutral = Some(started);
        }
        let seed = u64::from_be_bytes(blake3::hash(case.name.as_bytes()).as_bytes()[..8].try_into().unwrap());
        let photo = place.photo("IMG_0001.JPG", 30_000 + (seed % 30_000) as usize, seed);
        let options = AddOptions { post: caption("the bridge at noon"), ..AddOptions::default() };
        outbox.add(&photo.path, &options).await.unwrap();
        Self { case, _place: place, _store: store, neutral, receiver, relay, outbox, target, token, photo }
    }

    /// Brings the upload to where the interference begins: a request is cut, once, as on any link.
    pub(super) async fn begin(&self) {
        let at = self.case.at;
        if at == Stage::Keys {
            self.receiver.rotate_key().await.unwrap();
        }
        let asks = matches!(at, Stage::Head | Stage::Delete);
        // A receiver's creation carries all of the photo, and nothing is left to be sent or asked unless it is cut.
        if !self.case.by_authority() && (asks || matches!(at, Stage::Patch | Stage::PatchEnd)) {
            self.relay.cut_next(Stage::Create, BEGUN);
        }
        if asks {
            self.relay.cut_next(Stage::Patch, FURTHER);
        }
        if at == Stage::Delete {
            within(self.until_begun()).await;
            let asset = all(&self.outbox).await.remove(0);
            assert!(!matches!(asset.state, AssetState::Delivered { .. }), "{}: it is there already", self.case.name);
            self.outbox.remove(asset.id).await.unwrap();
        }
    }

    /// Runs until all was cut that is to be, and stops there.
    async fn until_begun(&self) {
        let cancel = CancellationToken::new();
        let running = async {
            while !cancel.is_cancelled() {
                self.outbox.run(at_once(), cancel.clone()).await.unwrap();
                self.outbox.try_now().await.unwrap();
            }
        };
        let stopping = async {
            self.relay.until_cut().await;
            cancel.cancel();
        };
        tokio::join!(running, stopping);
    }

    /// Runs until the interference was met and the outbox rests; what the endpoint is called then.
    pub(super) async fn suffer(&self) -> Vec<String> {
        let what = &self.case.name;
        let mut runs = 0;
        loop {
            self.run().await;
            runs += 1;
            let met = self.relay.met() > 0 || self.case.is_unseen();
            let rounds = match () {
                () if self.case.times.is_some() || self.trickles() => 1,
                // What the protocol's own words refuse over plain HTTP three times is a person's to look at.
                () if forges_marks(&self.case) => ROUNDS - 1,
                () => ROUNDS,
            };
            if met && runs >= rounds || runs == TRIES {
                break;
            }
            self.outbox.try_now().await.unwrap();
        }
        assert!(self.relay.met() > 0 || self.case.is_unseen(), "{what}: it was never met: {:?}", self.report().await);
        if self.case.captive_hint {
            // Systems find out a moment after the apps did.
            self.outbox.set_link(link(true));
            self.outbox.try_now().await.unwrap();
            self.run().await;
        }
        // A black hole that is there until it is lifted is one, though it was meant for one connection alone.
        let lasts = self.case.control && self.case.times.is_some() && self.case.is_unseen();
        let mut called = vec![];
        if !lasts {
            called.extend(naming::name(&self.outbox, self.target).await);
        }
        if self.case.control && self.case.times.is_some() {
            if self.case.is_unseen() {
                self.relay.lift().unwrap();
            }
            for _ in 0..TRIES {
                self.outbox.try_now().await.unwrap();
                self.run().await;
            }
            assert!(self.relay.is_over(), "{what}: it goes on");
            called.extend(naming::name(&self.outbox, self.target).await);
        }
        called
    }

    async fn run(&self) {
        let deadline = self.trickles().then_some(TRICKLING);
        let options = RunOptions { deadline, ..at_once() };
        let ended = tokio::time::timeout(HANG, self.outbox.run(options, CancellationToken::new())).await;
        match ended {
            Ok(ended) => drop(ended.unwrap()),
            Err(_) => panic!("a run does not end; it was met {} times: {:?}", self.relay.met(), self.report().await),
        }
    }

    fn trickles(&self) -> bool {
        matches!(self.case.action, Action::Trickle(rate) if rate < CARRIES)
    }

    /// Nothing is said to be done that is not, nothing waits for a person, nothing was destroyed, and nobody else heard of it.
    pub(super) async fn unharmed(&self) {
        let (what, counts) = (&self.case.name, self.outbox.counts().await.unwrap());
        let there = self.completed().await;
        assert!(counts.delivered <= there, "{what}: said to be delivered: {:?}", self.report().await);
        assert_eq!(counts.needs_person(), 0, "{what}: parked, though it passes: {:?}", self.report().await);
        let left = u64::from(self.case.at != Stage::Delete);
        assert_eq!(all(&self.outbox).await.len() as u64, left, "{what}: {:?}", self.report().await);
        let bytes = std::fs::read(&self.photo.path).unwrap();
        assert_eq!(bytes, self.photo.bytes, "{what}: the original was touched");
        self.untold();
    }

    fn untold(&self) {
        let what = &self.case.name;
        assert_eq!(self.relay.decoy().connections(), 0, "{what}: somebody else was called");
        if self.case.over_tls() {
            let overheard = self.relay.heard();
            assert!(!heard::holds(&overheard, &self.token), "{what}: somebody heard the token");
            assert!(!heard::holds_some_of(&overheard, &self.photo.bytes), "{what}: somebody saw the photo");
        }
    }

    /// The interference is over: the receiver gets the photo, once, or what was removed stays away.
    pub(super) async fn ends_well(&self) {
        let what = &self.case.name;
        self.relay.lift().unwrap();
        self.outbox.set_link(link(false));
        if matches!(self.case.action, Action::NoSuchName(_)) && !tokenless(&self.case) {
            naming::set_address(&self.outbox, self.target, self.relay.true_address()).await;
        }
        let removed = self.case.at == Stage::Delete;
        for _ in 0..10 {
            self.outbox.try_now().await.unwrap();
            self.run().await;
            let waiting = self.outbox.counts().await.unwrap().waiting();
            if removed || tokenless(&self.case) || waiting == 0 {
                break;
            }
        }
        let counts = self.outbox.counts().await.unwrap();
        assert_eq!(counts.needs_person(), 0, "{what}: {:?}", self.report().await);
        let expected = u64::from(!removed && !tokenless(&self.case));
        assert_eq!(counts.delivered, expected, "{what}: {:?}", self.report().await);
        assert_eq!(self.completed().await, expected, "{what}: completed not so often");
        if expected > 0 {
            let hash = self.photo.hash.parse().unwrap();
            let kept = std::fs::read(self.receiver.blob_path(&hash)).unwrap();
            assert_eq!(kept, self.photo.bytes, "{what}: what the receiver keeps");
        }
        self.untold();
    }

    /// How often the receiver took the photo, whole. It has no other.
    async fn completed(&self) -> u64 {
        let completed = self.receiver.completed_uploads().await.unwrap();
        for upload in &completed {
            assert_eq!(upload.hash.to_string(), self.photo.hash, "{}: something else was sent", self.case.name);
        }
        completed.len() as u64
    }

    /// For messages: how the photo stands, what was tried for it, and how often the neutral address was asked.
    async fn report(&self) -> (Vec<String>, Vec<String>, u64) {
        let mut tried = Vec::new();
        for asset in all(&self.outbox).await {
            tried.extend(self.outbox.attempts(asset.id).await.unwrap().iter().map(satchel::Attempt::words));
        }
        (states(&self.outbox).await, tried, self.neutral.as_ref().map_or(0, Neutral::asked))
    }
}

async fn receiver(case: &Case, store: &TempDir) -> Receiver {
    let mut config = satchel_receiver::Config::new("127.0.0.1:0".parse().unwrap(), store.path());
    config.plain_http = case.scheme == Scheme::Http;
    Receiver::start(config).await.unwrap()
}

fn config(case: &Case, place: &Place, authorities: &Authorities) -> Config {
    let mut config = place.config();
    // Many play at once on a small machine.
    (config.patience.stall_ms, config.patience.reply_ms) = (1_500, 1_500);
    config.connect_timeout = Duration::from_secs(3);
    if case.by_authority() {
        config.extra_roots = vec![authorities.known.pem()];
    }
    if matches!(case.action, Action::Trickle(_)) {
        let (stall_ms, reply_ms) = (TRICKLED_MS, TRICKLED_MS);
        config.patience = Patience { stall_ms, reply_ms, ..Patience::default() };
        config.connect_timeout = Duration::from_millis(TRICKLED_MS);
    }
    if case.at == Stage::Delete {
        // Time to stop it before it asks how far it came.
        config.patience.settle_ms = 5_000;
    }
    config
}

/// Over plain HTTP no token goes to a name that is not this machine's, so none is given to the outbox, and no server takes
/// the photo: what is left is what the endpoint is called.
fn tokenless(case: &Case) -> bool {
    case.scheme == Scheme::Http && matches!(case.action, Action::NoSuchName(_))
}

/// Whether somebody answers over plain HTTP as the service might.
fn forges_marks(case: &Case) -> bool {
    let mark =
        |(name, _): &(String, String)| name.eq_ignore_ascii_case("tus-resumable") || name.starts_with("Satchel-");
    let written = match &case.action {
        Action::WrongAddress(inner) => inner,
        own => own,
    };
    case.scheme == Scheme::Http && matches!(written, Action::Reply(written) if written.headers.iter().any(mark))
}

fn link(captive: bool) -> Link {
    Link { network: Some("a network".into()), captive: captive.then_some(true), ..Link::wifi() }
}
