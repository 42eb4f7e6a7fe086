//! Kills by chance.
//!
//! Each round takes a few photos, adds them, and syncs; each of the two commands is killed at a random instant of the
//! time that it takes, and sometimes let be. Meanwhile the link is cut, or loses a reply, or a second `add` runs beside
//! the sync. Now and then a sync is left to finish, and all must be there.

use std::env;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use satchel_testkit::Chance;
use satchel_testkit::link::{Conditions, Rate, Simulator};
use tokio::time::sleep;

use crate::camera::{Adding, Camera};
use crate::command::{self, Run};
use crate::foreign::outbox::Outbox;
use crate::place::Place;
use crate::proof;

/// Rounds at each kind of server, if nobody asks for more.
const ROUNDS: u64 = 150;
/// After so many rounds a sync is left to finish.
const FINISH_EVERY: u64 = 15;
/// Bytes a second towards the server: a round's photos take longer than the rest of a sync.
const RATE: u64 = 2_000_000;
/// However much waits, a sync is killed after this at the latest.
const LONGEST: Duration = Duration::from_millis(700);
/// What a connection may take besides photos, and what each photo may take besides its bytes.
const TALK: u64 = 4 * 1024;
/// How often a sync may end early because the link was cut before, until it must have come through.
const TRIES: u32 = 5;

/// What happened, for whoever reads the test's output.
#[derive(Debug, Default)]
struct Tally {
    add_kills: u64,
    add_too_late: u64,
    added_unheard: u64,
    sync_kills: u64,
    sync_too_late: u64,
    mid_upload: u64,
    add_beside_sync: u64,
}

/// How long a command takes when it is let be, in seconds, besides sending.
struct Life(f64);

impl Life {
    /// Learns from a command that was let be and sent so many bytes.
    fn learn(&mut self, run: &Run, sent: u64) {
        let own = (run.life.as_secs_f64() - seconds(sent)).max(0.0);
        self.0 += (own - self.0) / 3.0;
    }

    /// An instant between its start and its end, if it has so many bytes to send.
    fn instant(&self, chance: &mut Chance, to_send: u64) -> Duration {
        Duration::from_secs_f64(chance.between(0.0, self.0 + seconds(to_send))).min(LONGEST)
    }
}

/// How long the link takes for so many bytes.
fn seconds(bytes: u64) -> f64 {
    bytes as f64 / RATE as f64
}

struct Story {
    place: Place,
    link: Simulator,
    outbox: Outbox,
    to: String,
    camera: Camera,
    chance: Chance,
    add_life: Life,
    sync_life: Life,
    tally: Tally,
}

/// Says how to see it again, if it fails.
struct Replay {
    seed: u64,
    round: u64,
}

impl Drop for Replay {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let (seed, rounds) = (self.seed, self.round + 1);
            eprintln!("failed in round {rounds}; again: SATCHEL_KILL_SEED={seed} SATCHEL_KILL_ROUNDS={rounds}");
        }
    }
}

fn asked(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is to be a number, and is {text:?}")))
}

/// Plays all rounds at a place.
pub(crate) async fn play(home: &Path, place: Place) {
    let (seed, rounds) = (asked("SATCHEL_KILL_SEED").unwrap_or(1), asked("SATCHEL_KILL_ROUNDS").unwrap_or(ROUNDS));
    let mut replay = Replay { seed, round: 0 };
    let mut chance = Chance::new(seed);
    let link = Simulator::start((Ipv4Addr::LOCALHOST, 0).into(), place.addr(), chance.bits()).unwrap();
    let outbox = Outbox(home.join("outbox"));
    let to = place.introduce(&outbox, link.addr());
    let camera = Camera::new(home.join("cards"));
    let (add_life, sync_life, tally) = (Life(0.1), Life(0.1), Tally::default());
    let mut story = Story { place, link, outbox, to, camera, chance, add_life, sync_life, tally };
    story.measure().await;
    for round in 0..rounds {
        replay.round = round;
        story.round().await;
        if (round + 1) % FINISH_EVERY == 0 {
            story.finish().await;
        }
    }
    story.end(rounds).await;
}

impl Story {
    /// Lets both commands live, to know how long they do.
    async fn measure(&mut self) {
        for _ in 0..3 {
            let adding = self.camera.shoot(&mut self.chance);
            self.add(&adding, None).await;
            let sync = command::run(self.outbox.sync(&self.to, 60), None).await;
            assert_eq!(sync.code(), Some(0), "{}", sync.told());
            // The link is unlimited still: this is what a sync takes besides the sending.
            self.sync_life.learn(&sync, 0);
        }
    }

    async fn round(&mut self) {
        let conditions = self.conditions();
        self.link.set(conditions);
        let adding = self.camera.shoot(&mut self.chance);
        let kill = self.kill_of_add();
        self.add(&adding, kill).await;
        if self.chance.below(6) == 0 {
            let beside = self.camera.shoot(&mut self.chance);
            self.sync(Some(beside)).await;
        } else {
            self.sync(None).await;
        }
    }

    /// A link that is slow enough to be killed on, and in one round of ten loses the reply to an upload.
    fn conditions(&mut self) -> Conditions {
        let slow = Conditions { up: Rate::Steady(RATE), ..Conditions::open() };
        if self.chance.below(10) == 0 { slow.losing_a_reply(20_000) } else { slow }
    }

    /// When to kill the next `add`, if at all.
    fn kill_of_add(&mut self) -> Option<Duration> {
        (self.chance.below(4) != 0).then(|| self.add_life.instant(&mut self.chance, 0))
    }

    async fn add(&mut self, adding: &Adding, kill: Option<Duration>) {
        let run = command::run(adding.command(&self.outbox.0), kill).await;
        self.heard(adding, &run, kill.is_some());
        proof::check_database(&self.outbox.0);
        self.camera.eject(adding, &mut self.chance);
    }

    /// Notes what an `add` said before it ended.
    fn heard(&mut self, adding: &Adding, run: &Run, doomed: bool) {
        if run.killed() {
            self.tally.add_kills += 1;
        } else {
            assert_eq!(run.code(), Some(0), "{}", run.told());
            self.add_life.learn(run, 0);
            self.tally.add_too_late += u64::from(doomed);
        }
        self.camera.note(adding, &run.said(), !run.killed());
        let unheard = adding.shots.iter().any(|n| !self.camera.shots[*n].accepted);
        self.tally.added_unheard += u64::from(unheard);
    }

    /// Syncs, and kills that; with an `add` beside it, which may be killed as well.
    async fn sync(&mut self, beside: Option<Adding>) {
        let before = self.link.stats().forwarded_up;
        let waiting = self.bytes_of_photos().saturating_sub(before);
        let kill = self.sync_life.instant(&mut self.chance, waiting);
        let cut = (self.chance.below(5) == 0).then(|| kill.mul_f64(self.chance.unit()));
        let kill_beside = self.kill_of_add();
        let sync = command::run(self.outbox.sync(&self.to, 60), Some(kill));
        let add = async {
            match &beside {
                Some(adding) => Some(command::run(adding.command(&self.outbox.0), kill_beside).await),
                None => None,
            }
        };
        let cutting = async {
            if let Some(after) = cut {
                sleep(after).await;
                self.link.cut();
            }
        };
        let (sync, add, ()) = tokio::join!(sync, add, cutting);
        if let (Some(adding), Some(run)) = (&beside, &add) {
            self.tally.add_beside_sync += 1;
            self.heard(adding, run, kill_beside.is_some());
        }
        let database = proof::check_database(&self.outbox.0);
        if sync.killed() {
            self.tally.sync_kills += 1;
            self.tally.mid_upload += u64::from(database.sending > 0);
        } else {
            // It was quicker: all delivered, but for what was added beside it after its last look.
            let well = if beside.is_some() { matches!(sync.code(), Some(0 | 3)) } else { sync.code() == Some(0) };
            assert!(well, "{}", sync.told());
            self.tally.sync_too_late += 1;
            self.sync_life.learn(&sync, self.link.stats().forwarded_up - before);
        }
        if let Some(adding) = &beside {
            self.camera.eject(adding, &mut self.chance);
        }
    }

    /// Bytes of all different photos.
    fn bytes_of_photos(&self) -> u64 {
        let different: std::collections::BTreeMap<_, _> =
            self.camera.shots.iter().map(|shot| (&shot.photo.hash, shot.photo.length)).collect();
        different.values().sum()
    }

    /// A sync over a good link, left to finish: then all that was accepted is there.
    async fn finish(&mut self) {
        self.link.set(Conditions::open());
        let mut last = None;
        for _ in 0..TRIES {
            let sync = command::run(self.outbox.sync(&self.to, 60), None).await;
            let code = sync.code();
            // What the last cut or kill left under way at the server may be in its way once; it goes on by itself.
            assert!(matches!(code, Some(0 | 3)), "{}", sync.told());
            last = Some(sync);
            if code == Some(0) {
                break;
            }
        }
        let last = last.unwrap();
        assert_eq!(last.code(), Some(0), "{}", last.told());
        proof::all_is_there(&self.place, &self.outbox, &self.to, &self.camera).await;
    }

    async fn end(mut self, rounds: u64) {
        for copy in [false, true] {
            if let Some(adding) = self.camera.rest(copy) {
                self.add(&adding, None).await;
            }
        }
        self.finish().await;
        let different = proof::only_these_are_there(&self.place, &self.camera).await;
        let orphans = proof::spool_is_tidy(&self.outbox, &self.to).await;
        self.camera.assert_untouched();

        let Self { tally, link, .. } = &self;
        let (stats, payload) = (link.stats(), self.bytes_of_photos());
        let besides = stats.forwarded_up.saturating_sub(payload);
        // Handshakes, headers and posts: were bytes sent again that a server kept, these would not be enough.
        let allowed = TALK * (stats.connections + self.camera.shots.len() as u64);
        assert!(besides <= allowed, "{besides} bytes went up besides the photos, {allowed} at most");
        println!(
            "{rounds} rounds, {} photos ({} different, {payload} bytes): {tally:?}; {orphans} orphans swept; {} cuts, \
             {} replies lost, {} connections, {besides} bytes went up besides the photos, {} were swallowed on the way",
            self.camera.shots.len(),
            different,
            stats.cuts,
            stats.lost_replies,
            stats.connections,
            stats.swallowed_up,
        );
    }
}
