//! A budget under kills: the process that sends is killed again and again at any byte, comes back with a wall clock that is days
//! ahead or behind and in another zone, and what a proxy counted, billed, stays within the budget.
//!
//! `SATCHEL_BUDGET_KILLS=200` makes it longer (so many at each server), `SATCHEL_BUDGET_SEED=7` makes it another story.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use satchel::clock::Clock;
use satchel::kernel::time::Now;
use satchel::{AddOptions, Config, Outbox, RunOptions, Token};
use satchel_testkit::Chance;
use satchel_testkit::liar::LyingTus;
use satchel_testkit::toll::{SLOW, Toll};
use tokio_util::sync::CancellationToken;

use super::super::money::{budget, sim, wifi, within_budget};
use super::super::world::{Photo, Place, run_out, states, within};
use super::{Aimed, Server, sum};

const FOLDER: &str = "SATCHEL_BUDGET_FOLDER";
const TOKEN: &str = "SATCHEL_BUDGET_TOKEN";
const AHEAD: &str = "SATCHEL_BUDGET_AHEAD_MS";
const THIS: &str = "links::kills::child";
/// What a kernel may have taken in that a killed process never read, and what else nobody can note.
const OVER: u64 = 16 << 10;
const DAY_MS: i64 = 86_400_000;
/// What the budget grows by, so that it is nearly spent all the time.
const MORE: u64 = 30_000;

/// Not a test: what the process does that is killed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a part of no_kill_and_no_clock_spends_more_than_the_budget_at_a_tus_server, which starts it in another process"]
async fn child() {
    let (Ok(folder), Ok(ahead)) = (std::env::var(FOLDER), std::env::var(AHEAD)) else { return };
    let clock = Clock::system();
    clock.pretend_ahead(ahead.parse().unwrap());
    let config = Config { policy: Some(within_budget()), clock, ..Config::new(folder) };
    let outbox = Outbox::open(config).await.unwrap();
    outbox.set_link(sim("mine"));
    if let Ok(token) = std::env::var(TOKEN) {
        let target = outbox.targets().await.unwrap()[0].id;
        outbox.set_token(target, Token::new(&token).unwrap());
    }
    outbox.try_now().await.unwrap();
    let options = RunOptions { linger: Duration::ZERO, ..RunOptions::default() };
    outbox.run(options, CancellationToken::new()).await.unwrap();
}

fn start(folder: &Path, token: Option<&str>, ahead_ms: i64, zone: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .envs(token.map(|token| (TOKEN, token)))
        .args(["--exact", "--ignored", THIS])
        .env(FOLDER, folder)
        .env(AHEAD, ahead_ms.to_string())
        .env("TZ", zone)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn asked(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().unwrap())
}

/// What happened, for whoever reads the test's output.
#[derive(Debug, Default)]
struct Tally {
    kills: u64,
    ended: u64,
    within_upload: u64,
    most_over: u64,
}

struct Story {
    place: Place,
    server: Server,
    toll: Toll,
    aimed: Aimed,
    chance: Chance,
    photos: Vec<Photo>,
    bytes: u64,
    tally: Tally,
}

impl Story {
    /// The outbox as another process has it. Its midnight is far: nothing here lasts till then.
    async fn beside(&self) -> Outbox {
        let now = Clock::system().now();
        let minute = i32::try_from(now.utc_ms.rem_euclid(DAY_MS) / 60_000).unwrap();
        // So that it is shortly after midnight.
        let clock = Clock::Fixed(Now { zone_min: 60 - minute, ..now });
        let outbox =
            Outbox::open(Config { policy: Some(within_budget()), clock, ..self.place.patient() }).await.unwrap();
        outbox.set_link(sim("mine"));
        outbox
    }

    /// More photos, and a budget with a little more in it.
    async fn prepare(&mut self, outbox: &Outbox, n: u64) {
        let photo = self.place.photo(&format!("{n}.jpg"), 4_000 + self.chance.below(30_000) as usize, n);
        outbox.add(&photo.path, &AddOptions::default()).await.unwrap();
        self.photos.push(photo);
        if n.is_multiple_of(2) {
            self.bytes += MORE;
            outbox.set_budget(budget("data", self.bytes)).await.unwrap();
        }
    }

    async fn round(&mut self, n: u64) {
        let days = self.chance.below(61) as i64 - 30;
        let ahead = if self.chance.below(3) == 0 { 0 } else { days * DAY_MS + self.chance.below(DAY_MS as u64) as i64 };
        let zones = ["UTC0", "XXX-14", "XXX12", "XXX-5:45", "XXX3:30"];
        let zone = zones[self.chance.below(5) as usize];
        let before = self.toll.passed();
        let mut child = start(&self.place.folder, self.aimed.token.as_deref(), ahead, zone);
        // At any byte: of the head, of the body, of the answer, or before the first.
        let at = match self.chance.below(4) {
            0 => self.chance.below(600),
            1 => self.chance.below(4_000),
            _ => self.chance.below(60_000),
        };
        let late = Duration::from_millis(300 + self.chance.below(1_500));
        let killed = loop {
            if self.toll.passed().since(&before).bytes() >= at && at > 0 {
                break true;
            }
            if child.try_wait().unwrap().is_some() {
                break false;
            }
            let reached = self.toll.until(|passed| at > 0 && passed.since(&before).bytes() >= at);
            // Looks after the child meanwhile.
            let _ = tokio::time::timeout(Duration::from_millis(20), reached).await;
            if at % 5 == 0 && self.toll.passed().connections > before.connections {
                tokio::time::sleep(late / 4).await;
                break true;
            }
        };
        if killed {
            // One that ended just now was killed too late, and that is no kill.
            let ended = child.try_wait().unwrap().is_some();
            let _ = child.kill();
            child.wait().unwrap();
            self.tally.kills += u64::from(!ended);
            self.tally.within_upload += u64::from(self.toll.passed().live > 0);
        }
        self.tally.ended += u64::from(!killed);
        let passed = within(self.toll.until_quiet()).await.since(&self.aimed.paired);
        let over = passed.billed().saturating_sub(self.bytes);
        self.tally.most_over = self.tally.most_over.max(over);
        assert!(over <= OVER, "round {n}: {passed:?} is {} billed, of {} bytes", passed.billed(), self.bytes);
    }

    async fn end(mut self) {
        let passed = self.toll.passed().since(&self.aimed.paired);
        let outbox = self.beside().await;
        let left = outbox.budgets().await.unwrap()[0].view.left;
        let there = outbox.counts().await.unwrap();
        outbox.set_link(wifi("home"));
        if let Some(token) = &self.aimed.token {
            outbox.set_token(self.aimed.target, Token::new(token).unwrap());
        }
        self.toll.set_rate(None);
        run_out(&outbox).await;
        let rows = outbox.ledger().await.unwrap();
        let metered: Vec<_> = rows.into_iter().filter(|row| row.link == "metered").collect();
        let (sent, received) = sum(&metered);
        println!(
            "{:?}; {} bytes allowed, {} billed at the proxy ({passed:?}), {left} left; the ledger has {sent} and {received}; {} of {} photos arrived",
            self.tally,
            self.bytes,
            passed.billed(),
            there.delivered,
            self.photos.len(),
        );
        // It got on: a good part of what was paid for is there for good.
        assert!(there.delivered as usize * 5 >= self.photos.len(), "{there:?}");
        assert!(passed.billed() * 10 >= self.bytes * 4, "only {} of {} bytes were used", passed.billed(), self.bytes);
        // What was counted is not less than what passed.
        assert!(sent + received + OVER >= passed.bytes(), "the ledger has {sent} and {received}: {passed:?}");
        for photo in std::mem::take(&mut self.photos) {
            assert_eq!(self.server.completions_of(&photo.hash).await, 1, "{:?}", states(&outbox).await);
        }
    }
}

async fn play(server: Server, kills: u64) {
    let (seed, place) = (asked("SATCHEL_BUDGET_SEED", 1), Place::new());
    let toll = server.gate(None);
    let aimed = server.aim(&place.open().await, &toll).await;
    toll.set_rate(Some(SLOW * 4));
    let (chance, tally) = (Chance::new(seed), Tally::default());
    let mut story = Story { place, server, toll, aimed, chance, photos: vec![], bytes: 0, tally };
    let mut n = 0;
    while story.tally.kills < kills {
        let outbox = story.beside().await;
        story.prepare(&outbox, n).await;
        drop(outbox);
        story.round(n).await;
        n += 1;
        assert!(n < kills * 4 + 20, "it hardly ever has anything to send: {:?}", story.tally);
    }
    story.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_kill_and_no_clock_spends_more_than_the_budget_at_a_tus_server() {
    play(Server::Tus(LyingTus::start().await.unwrap()), asked("SATCHEL_BUDGET_KILLS", 15)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_kill_and_no_clock_spends_more_than_the_budget_at_a_receiver() {
    play(Server::receiver().await, asked("SATCHEL_BUDGET_KILLS", 10)).await;
}
