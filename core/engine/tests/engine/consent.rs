//! Law 2 under random histories of links, rules, power, budgets, grants, pauses, kills and clocks, over a server that is
//! fast: no byte goes where nothing may, never more than budgets and grants, and what may go goes, once.
//!
//! What is allowed is said here a second time, by [`oracle`], and not asked of the kernel. `SATCHEL_ROUNDS=500` plays more of
//! them.

mod oracle;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use satchel::clock::Clock;
use satchel::kernel::money::billed;
use satchel::money::GrantId;
use satchel::{AddOptions, AssetId, AssetState, Config, Mark, Outbox, Power, RunOptions, Token, WaitReason};
use satchel_testkit::Chance;
use satchel_testkit::toll::{Passed, Toll};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::links::{Aimed, Server};
use super::money::budget;
use super::world::{HANG, Place, noise, run_out, side_by_side, states, within};
use oracle::{Given, Links, Rules, Thing, World};

/// What may arrive after something was forbidden.
const FLIGHT: u64 = 64 << 10;
/// Bytes a second: an upload takes long enough to be cut.
const RATE: u64 = 2_000_000;
/// How long a time in which nothing may go is watched.
const WATCH: Duration = Duration::from_millis(25);

struct History {
    what: String,
    chance: Chance,
    place: Place,
    server: Server,
    aimed: Aimed,
    toll: Toll,
    clock: Clock,
    outbox: Outbox,
    running: JoinHandle<()>,
    world: World,
    things: BTreeMap<AssetId, Thing>,
    hashes: HashMap<AssetId, String>,
    /// Those for which there was leave at some time.
    ever: HashSet<AssetId>,
    /// What the budget has, and all grants together.
    bytes: u64,
    granted: u64,
    /// Something cost that neither a budget nor a grant had to cover.
    unlimited: bool,
}

impl History {
    async fn new(seed: u64) -> Self {
        let mut chance = Chance::new(seed);
        let place = Place::new();
        let server = if seed.is_multiple_of(2) { Server::tus().await } else { Server::receiver().await };
        let toll = server.gate(None);
        let (clock, bytes) = (Clock::system(), 100_000 + chance.below(400_000));
        let world = World::default();
        let outbox = Outbox::open(config(&place, &clock, &world)).await.unwrap();
        let aimed = server.aim(&outbox, &toll).await;
        toll.set_rate(Some(RATE));
        outbox.set_budget(budget("data", bytes)).await.unwrap();
        outbox.set_link(world.link.link.clone());
        let running = keep_running(&outbox);
        let (things, hashes, ever) = (BTreeMap::new(), HashMap::new(), HashSet::new());
        let what = format!("seed {seed}");
        Self {
            what,
            chance,
            place,
            server,
            aimed,
            toll,
            clock,
            outbox,
            running,
            world,
            things,
            hashes,
            ever,
            bytes,
            granted: 0,
            unlimited: false,
        }
    }

    fn below(&mut self, n: usize) -> usize {
        self.chance.below(n as u64) as usize
    }

    async fn step(&mut self, n: u64) {
        let did = self.chance.below(18);
        let before = self.world.clone();
        // Where it returned, nothing is written any more; or the runner is to hear of it first.
        let at_once = match did {
            0..=4 => {
                let all = Links::all(matches!(self.server, Server::Receiver { .. }));
                self.world.link = all[self.below(all.len())].clone();
                self.outbox.set_link(self.world.link.link.clone());
                true
            }
            5 | 6 => {
                self.world.rules = Rules::ALL[self.below(4)];
                self.outbox.set_policy(self.world.rules.policy());
                true
            }
            7 => {
                self.world.charging = [None, Some(false), Some(true)][self.below(3)];
                self.outbox.set_power(Power { charging: self.world.charging, ..Power::default() });
                false
            }
            8 => {
                self.bytes += self.chance.below(150_000);
                self.outbox.set_budget(budget("data", self.bytes)).await.unwrap();
                true
            }
            9 => self.grant().await,
            10 => {
                self.world.paused = !self.world.paused;
                self.outbox.pause(self.world.paused).await.unwrap();
                self.world.paused
            }
            11..=13 => {
                self.add(n).await;
                false
            }
            14 => {
                self.die().await;
                true
            }
            15 => {
                let days = self.chance.below(41) as i64 - 20;
                self.clock.pretend_ahead(days * 86_400_000 + self.chance.below(86_400_000) as i64);
                false
            }
            16 => {
                let (id, mark) =
                    (["hotel", "sim"][self.below(2)], [None, Some(Mark::Free), Some(Mark::Metered)][self.below(3)]);
                self.world.marks.insert(id, mark);
                self.outbox.mark_network(id, mark).await.unwrap();
                true
            }
            _ => match self.world.grants.pop() {
                Some(given) => {
                    self.outbox.end_grant(GrantId(given.id)).await.unwrap();
                    true
                }
                None => false,
            },
        };
        let link = format!("{:?}", self.world.link.name);
        let World { rules, charging, paused, .. } = &self.world;
        let seed = self.what.split(", ").next().unwrap();
        self.what = format!("{seed}, step {n} ({did}) on {link} by {rules:?}, charging {charging:?}, paused {paused}");
        self.unlimited |= self.world.costs_without_limit();
        let then = self.toll.passed();
        self.holds(&before, then, at_once).await;
    }

    /// What must hold from now until the next change.
    async fn holds(&mut self, before: &World, then: Passed, at_once: bool) {
        let there = self.there().await;
        let now: Vec<_> =
            self.things.iter().filter(|(id, thing)| self.world.may(**id, thing)).map(|(id, _)| *id).collect();
        self.ever.extend(now);
        for id in self.things.keys().filter(|id| !self.ever.contains(id)) {
            let view = self.outbox.asset(*id).await.unwrap();
            let began = view.sent > 0 || there.contains(id) || self.server.completions_of(&self.hashes[id]).await > 0;
            assert!(!began, "{}: {} never had leave, and is {:?}", self.what, view.name, view.state);
        }
        let open = || self.things.iter().filter(|(id, _)| !there.contains(id));
        if !open().any(|(id, thing)| self.world.may(*id, thing)) {
            self.nothing_goes(before, then, at_once).await;
        }
        let must: Vec<_> = open().filter(|(_, thing)| self.world.must(thing)).map(|(id, _)| *id).collect();
        if self.chance.below(4) == 0 {
            for id in must {
                self.goes(id).await;
            }
        }
        self.within_limits().await;
    }

    async fn there(&self) -> Vec<AssetId> {
        let mut there = vec![];
        for id in self.things.keys() {
            if matches!(self.outbox.asset(*id).await.unwrap().state, AssetState::Delivered { .. }) {
                there.push(*id);
            }
        }
        there
    }

    async fn nothing_goes(&self, before: &World, then: Passed, at_once: bool) {
        let what = &self.what;
        // Until the last request is recorded, and the last byte that was on its way has arrived.
        within(async {
            for id in self.things.keys() {
                while self.outbox.asset(*id).await.unwrap().state == AssetState::Sending {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            }
        })
        .await;
        let settled = self.toll.passed();
        if at_once {
            let flew = settled.up - then.up;
            assert!(flew <= FLIGHT, "{what}: {flew} bytes arrived, before it was {:?}", before.link.name);
        }
        // A kept connection carries nothing; where links and rules changed, it is gone.
        let settled = if at_once { within(self.toll.until_quiet()).await } else { settled };
        self.outbox.try_now().await.unwrap();
        tokio::time::sleep(WATCH).await;
        let passed = self.toll.passed();
        assert_eq!(
            (passed.up, passed.connections),
            (settled.up, settled.connections),
            "{what}: something went, of {}",
            states(&self.outbox).await.join("; ")
        );
    }

    /// What may go without counting bytes goes, and nothing rests for it.
    async fn goes(&self, id: AssetId) {
        let what = &self.what;
        let work = async {
            loop {
                match self.outbox.asset(id).await.unwrap().state {
                    AssetState::Delivered { .. } => return,
                    AssetState::Waiting {
                        reason: reason @ (WaitReason::Retry { .. } | WaitReason::TargetRests { .. }),
                        ..
                    } => {
                        panic!("{what}: {reason:?} at a server that is well");
                    }
                    _ => tokio::time::sleep(Duration::from_millis(5)).await,
                }
            }
        };
        if tokio::time::timeout(HANG, work).await.is_err() {
            panic!("{what}: it may go, and does not: {:?}", self.outbox.asset(id).await.unwrap().state);
        }
    }

    /// Never more than budgets and grants.
    async fn within_limits(&self) {
        if self.unlimited {
            return;
        }
        let rows = self.outbox.ledger().await.unwrap();
        let of = |classes: &[&str]| {
            let bytes =
                rows.iter().filter(|row| classes.contains(&row.link.as_str())).map(|row| row.sent + row.received).sum();
            billed(bytes, 0, 0)
        };
        let (paid, roaming) = (of(&["metered", "unknown", "roaming"]), of(&["roaming"]));
        assert!(
            paid <= self.bytes + self.granted,
            "{}: {paid} bytes, of {} and {} by grants; {rows:?}",
            self.what,
            self.bytes,
            self.granted
        );
        assert!(roaming <= self.granted, "{}: {roaming} bytes abroad, {} by grants", self.what, self.granted);
    }

    async fn add(&mut self, n: u64) {
        let video = self.chance.below(4) == 0;
        let small = self.chance.below(2) == 0;
        let length = if small { 2_000 + self.below(13_000) } else { 60_000 + self.below(100_000) };
        let path = self.place.photos.join(format!("{n}.{}", if video { "mp4" } else { "jpg" }));
        let mut bytes = noise(length, self.chance.bits());
        if video {
            // Content says more of what it is than a name.
            bytes[..16].copy_from_slice(b"\0\0\0\x10ftypisom\0\0\x02\0");
        }
        std::fs::write(&path, &bytes).unwrap();
        let thing = Thing {
            video,
            small,
            urgent: self.chance.below(5) == 0,
            private: self.chance.below(5) == 0,
            has_post: self.aimed.token.is_some(),
        };
        let album = thing.private.then(|| oracle::PRIVATE.to_owned());
        let options = AddOptions { urgent: thing.urgent, album, ..AddOptions::default() };
        let id = self.outbox.add(&path, &options).await.unwrap().id();
        self.things.insert(id, thing);
        self.hashes.insert(id, blake3::hash(&bytes).to_hex().to_string());
    }

    /// Leave for one of them on the link that there is.
    async fn grant(&mut self) -> bool {
        let n = self.below(self.things.len().max(1));
        let Some(id) = self.things.keys().nth(n).copied() else { return false };
        let bytes = 5_000 + self.chance.below(150_000);
        let Ok(given) = self.outbox.grant(vec![id], bytes, Duration::from_secs(3600)).await else { return false };
        self.granted += bytes;
        self.world.grants.push(Given {
            id: given.0,
            asset: id,
            link: self.world.link.clone(),
            marked: self.world.mark(),
        });
        true
    }

    /// The process dies: nothing of it is written any more, and nothing is recorded.
    async fn die(&mut self) {
        self.running.abort();
        self.outbox.set_link(satchel::Link::none());
        self.outbox = Outbox::open(config(&self.place, &self.clock, &self.world)).await.unwrap();
        self.outbox.set_link(self.world.link.link.clone());
        self.outbox.set_power(Power { charging: self.world.charging, ..Power::default() });
        if let Some(token) = &self.aimed.token {
            self.outbox.set_token(self.aimed.target, Token::new(token).unwrap());
        }
        self.running = keep_running(&self.outbox);
    }

    /// All may go: it goes, once.
    async fn evening(mut self) {
        self.what = format!("{}, evening", self.what.split(", ").next().unwrap());
        self.running.abort();
        self.outbox.pause(false).await.unwrap();
        self.outbox.set_policy(satchel::Policy::over_any_link());
        self.outbox.set_link(satchel::Link::wifi());
        while matches!(
            self.outbox.run(RunOptions::default(), CancellationToken::new()).await,
            Err(satchel::Error::AlreadyRunning)
        ) {
            tokio::task::yield_now().await;
        }
        let report = run_out(&self.outbox).await;
        assert_eq!(
            (report.counts.delivered, report.counts.needs_person()),
            (self.things.len() as u64, 0),
            "{}",
            self.what
        );
        for hash in self.hashes.values() {
            assert_eq!(self.server.completions_of(hash).await, 1, "{}: completed not once", self.what);
        }
        self.within_limits().await;
        let rows = self.outbox.ledger().await.unwrap();
        let sent: u64 = rows.iter().map(|row| row.sent).sum();
        let passed = self.toll.passed().since(&self.aimed.paired);
        assert!(sent >= passed.up, "{}: the ledger has {sent}, {passed:?}", self.what);
    }
}

fn config(place: &Place, clock: &Clock, world: &World) -> Config {
    Config { policy: Some(world.rules.policy()), clock: clock.clone(), ..place.patient() }
}

/// As a host that runs it whenever there is something to do.
fn keep_running(outbox: &Outbox) -> JoinHandle<()> {
    let outbox = outbox.clone();
    tokio::spawn(async move {
        loop {
            let options = RunOptions { deadline: Some(HANG), ..RunOptions::default() };
            match outbox.run(options, CancellationToken::new()).await {
                // One that died lets go of its lock when its last task ends.
                Ok(_) | Err(satchel::Error::AlreadyRunning) => tokio::time::sleep(Duration::from_millis(10)).await,
                Err(error) => panic!("{error}"),
            }
        }
    })
}

async fn history(seed: u64) {
    let mut history = History::new(seed).await;
    for n in 0..60 {
        history.step(n).await;
    }
    history.evening().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_no_byte_goes_without_consent() {
    let rounds = std::env::var("SATCHEL_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(24);
    side_by_side((1..=rounds).map(history)).await;
}
