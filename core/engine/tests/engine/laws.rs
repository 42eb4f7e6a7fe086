//! Laws 1, 2, 6 and 7 under random days: adding, editing, removing, pausing, links that change, servers that fail and
//! processes that die, in any order. What was accepted is there, nothing is completed twice, every wait has its words,
//! and no byte goes without leave.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use satchel::{AddOptions, AssetId, AssetState, Config, Link, Outbox, ParkReason, Policy, PostEdit, WaitReason};
use satchel_testkit::Chance;
use satchel_testkit::liar::{FalseAnswer, Lie, LyingTus, Point, When};
use satchel_testkit::link::{Conditions, Cut, Simulator};
use tokio_util::sync::CancellationToken;

use super::world::{Photo, Place, all, at_once, run, run_out, side_by_side, states, within};

struct Day {
    what: String,
    chance: Chance,
    place: Place,
    tus: LyingTus,
    link: Simulator,
    outbox: Outbox,
    /// Accepted, and not removed.
    accepted: BTreeMap<AssetId, Photo>,
    every: Vec<Photo>,
    removed: BTreeSet<AssetId>,
    /// How often a person said of a content that it may be sent once more.
    leave: HashMap<String, usize>,
    free: bool,
    paused: bool,
}

impl Day {
    async fn new(seed: u64) -> Self {
        let place = Place::new();
        let tus = LyingTus::start().await.unwrap();
        let link = Simulator::start("127.0.0.1:0".parse().unwrap(), tus.addr(), seed).unwrap();
        let outbox = Outbox::open(config(&place)).await.unwrap();
        outbox.set_tus_target(format!("http://{}/files/", link.addr()).parse().unwrap()).await.unwrap();
        let mut day = Self {
            what: format!("seed {seed}"),
            chance: Chance::new(seed),
            place,
            tus,
            link,
            outbox,
            accepted: BTreeMap::new(),
            every: vec![],
            removed: BTreeSet::new(),
            leave: HashMap::new(),
            free: false,
            paused: false,
        };
        day.set_link();
        day
    }

    fn set_link(&mut self) {
        let links = [Link::wifi(), Link::wifi(), Link::cellular(), Link::none(), Link::default()];
        let link = &links[self.chance.below(links.len() as u64) as usize];
        self.free = *link == Link::wifi();
        self.outbox.set_link(link.clone());
    }

    fn some(&mut self) -> Option<AssetId> {
        let n = self.chance.below(self.accepted.len() as u64) as usize;
        self.accepted.keys().nth(n).copied()
    }

    async fn step(&mut self, n: u64) {
        let did = self.chance.below(14);
        self.what = format!("{}, {n}:{did}", self.what.split(", ").next().unwrap());
        match did {
            0..=3 => self.add(n).await,
            4 => {
                let Some(id) = self.some() else { return };
                let post = PostEdit { caption: Some(format!("words {n}")), ..PostEdit::default() };
                self.outbox.edit_post(id, post).await.unwrap();
            }
            5 => {
                let Some(id) = self.some() else { return };
                self.outbox.remove(id).await.unwrap();
                self.accepted.remove(&id);
                self.removed.insert(id);
            }
            6 => self.retry().await,
            7 => self.set_link(),
            8 => {
                self.paused = !self.paused && self.chance.below(2) == 0;
                self.outbox.pause(self.paused).await.unwrap();
            }
            9 => self.fault(),
            10 => self.die().await,
            _ => self.run().await,
        }
        self.holds().await;
    }

    async fn add(&mut self, n: u64) {
        // One in four is a twin of what was added before and is still there.
        let twin = self.some().filter(|_| self.chance.below(4) == 0).map(|id| self.accepted[&id].bytes.clone());
        let length = 1 + self.chance.below(40_000) as usize;
        let mut photo = self.place.photo(&format!("{n}.jpg"), length.max(4), self.chance.bits());
        if let Some(bytes) = twin {
            std::fs::write(&photo.path, &bytes).unwrap();
            photo = Photo { hash: blake3::hash(&bytes).to_hex().to_string(), bytes, ..photo };
        }
        let (copy, urgent) = (self.chance.below(3) == 0, self.chance.below(4) == 0);
        let options = AddOptions { copy, urgent, ..AddOptions::default() };
        let id = self.outbox.add(&photo.path, &options).await.unwrap().id();
        self.accepted.insert(id, photo.clone());
        self.every.push(photo);
    }

    async fn retry(&mut self) {
        for asset in all(&self.outbox).await {
            if let AssetState::Parked { reason } = &asset.state {
                if *reason == ParkReason::FateUnknown {
                    *self.leave.entry(self.accepted[&asset.id].hash.clone()).or_default() += 1;
                }
                self.outbox.retry(asset.id).await.unwrap();
            }
        }
        self.outbox.try_now().await.unwrap();
    }

    fn fault(&mut self) {
        let lies = [
            Lie::LoseAnswer,
            Lie::marked(500),
            Lie::unmarked(503),
            Lie::Forget,
            Lie::Unmarked,
            Lie::Buffering { at_most: 9_000 },
            Lie::False(FalseAnswer::Html(200)),
            Lie::False(FalseAnswer::ResetEarly),
            Lie::False(FalseAnswer::Garbage),
        ];
        let points = [Point::Any, Point::Create, Point::Head, Point::Patch];
        let lie = lies[self.chance.below(lies.len() as u64) as usize].clone();
        let point = points[self.chance.below(points.len() as u64) as usize];
        // A creation cannot be forgotten, only what was created.
        let point = if lie == Lie::Forget { Point::Patch } else { point };
        self.tus.lie(When::nth(point, 1 + self.chance.below(3)), lie);
        if self.chance.below(3) == 0 {
            // Committed, the answer lost, and the upload gone: nobody can tell.
            self.tus.lie(When::next(Point::Patch), Lie::LoseAnswer);
            self.tus.lie(When::next(Point::Head), Lie::Forget);
        }
        if self.chance.below(2) == 0 {
            let after = self.chance.below(60_000);
            self.link.set(
                Conditions::open().cut_after(Cut::swallowing(after, self.chance.below(after + 1)).on_whole_link()),
            );
        }
    }

    /// The process is killed at some moment of a run, and started again.
    async fn die(&mut self) {
        let seen = self.tus.seen().len() + self.chance.below(5) as usize;
        let running = tokio::spawn({
            let outbox = self.outbox.clone();
            async move { outbox.run(at_once(), CancellationToken::new()).await }
        });
        let abort = running.abort_handle();
        tokio::select! {
            _ = running => {}
            _ = self.tus.until(|s| s.len() > seen) => abort.abort(),
        }
        self.outbox = Outbox::open(config(&self.place)).await.unwrap();
        self.set_link();
    }

    async fn run(&mut self) {
        if self.chance.below(2) == 0 {
            self.outbox.try_now().await.unwrap();
        }
        let before = self.link.stats();
        // A run that died lets go of its lock when its last task ends.
        let report = within(async {
            loop {
                match self.outbox.run(at_once(), CancellationToken::new()).await {
                    Err(satchel::Error::AlreadyRunning) => tokio::task::yield_now().await,
                    other => return other.unwrap(),
                }
            }
        })
        .await;
        let after = self.link.stats();
        if !self.free || self.paused {
            assert_eq!(before.connections, after.connections, "{}: a connection without leave", self.what);
        } else if report.counts.waiting() > 0 {
            assert!(report.wake.at_utc_ms.is_some(), "{}: it waits for nothing: {:?}", self.what, report);
        }
    }

    /// What must hold at every moment.
    async fn holds(&self) {
        let what = &self.what;
        let found = all(&self.outbox).await;
        let ids: BTreeSet<_> = found.iter().map(|a| a.id).collect();
        assert_eq!(ids, self.accepted.keys().copied().collect(), "{what}: not what was accepted");
        for asset in &found {
            let words = match &asset.state {
                AssetState::Waiting { reason, .. } => {
                    assert_ne!(*reason, WaitReason::Other, "{what}: {}", asset.name);
                    reason.words()
                }
                AssetState::Parked { reason } => {
                    assert_eq!(*reason, ParkReason::FateUnknown, "{what}: {}", asset.name);
                    reason.words()
                }
                AssetState::Delivered { .. } => {
                    let there = self.tus.completions_of(&self.accepted[&asset.id].hash);
                    assert!(there > 0, "{what}: {} is said to be there", asset.name);
                    continue;
                }
                _ => continue,
            };
            assert!(!words.is_empty(), "{what}: {}", asset.name);
        }
        for photo in &self.every {
            let (there, leave) =
                (self.tus.completions_of(&photo.hash), self.leave.get(&photo.hash).copied().unwrap_or(0));
            assert!(there <= 1 + leave, "{what}: completed {there} times, {leave} times with leave");
        }
    }

    /// Everything is well again: all that is there goes.
    async fn evening(&mut self) {
        self.what = format!("{}, evening", self.what.split(", ").next().unwrap());
        self.tus.honest();
        self.link.set(Conditions::open());
        self.outbox.pause(false).await.unwrap();
        self.outbox.set_link(Link::wifi());
        run_out(&self.outbox).await;
        self.retry().await;
        let report = run_out(&self.outbox).await;
        assert_eq!(report.counts.needs_person(), 0, "{}: {:?}", self.what, states(&self.outbox).await);
        self.holds().await;
        for photo in self.accepted.values() {
            assert!(self.tus.completions_of(&photo.hash) > 0, "{}: it never came", self.what);
        }
        for photo in &self.every {
            assert_eq!(std::fs::read(&photo.path).unwrap(), photo.bytes, "{}: an original was touched", self.what);
        }
        assert_eq!(self.tus.decoy().connections(), 0);
        // And nothing is left to do.
        let before = self.tus.seen().len();
        run(&self.outbox).await;
        assert_eq!(self.tus.seen().len(), before, "{}: something is asked for ever", self.what);
    }
}

fn config(place: &Place) -> Config {
    Config { policy: Some(Policy::default()), ..place.config() }
}

async fn day(seed: u64) {
    let mut day = Day::new(seed).await;
    for n in 0..50 {
        day.step(n).await;
    }
    day.evening().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_day_brings_the_laws_hold() {
    let days = std::env::var("SATCHEL_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(24);
    side_by_side((1..=days).map(day)).await;
}
