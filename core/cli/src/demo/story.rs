//! The day, chapter by chapter. Each waits for what it is about to happen, with a limit, and tells what did happen: a
//! folder of one tiny photo has a shorter day than one of a thousand.

use std::sync::Arc;
use std::time::Duration;

use satchel::kernel::protocol::post::Rendition;
use satchel::{AssetView, Link, Links, Policy, Report, RunOptions};
use satchel_testkit::link::{Conditions, Cut, Rate, Stats};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::Failure;
use super::child::Syncer;
use super::live::Live;
use super::pace::Pace;
use super::photos::{Cast, Photos, Role, make_urgent};
use super::screen::Screen;
use super::stage::{Place, Stage};
use super::tally::Tally;
use crate::output::{bytes, plural};

/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// Handshake, a post and headers that go before the first upload's first byte.
const PREAMBLE: u64 = 6_000;
/// The question whether the receiver has a content already.
const QUESTION: u64 = 67;
/// Nothing moves for so long in the hotel: then something is wrong, and the proof will say what.
const PATIENCE: Duration = Duration::from_secs(60);
/// The longest that a chapter waits for something that a slow machine may take its time for.
const CHAPTER: Duration = Duration::from_secs(20);

/// Everything that the chapters need.
pub(super) struct Story<'a> {
    pub(super) stage: &'a Stage,
    pub(super) place: &'a Place,
    pub(super) pace: Pace,
    pub(super) screen: Arc<Screen>,
    pub(super) live: Live,
}

/// The outbox's runner, in a task. It ends with its handle.
struct Runner {
    task: JoinHandle<satchel::Result<Report>>,
    cancel: CancellationToken,
    _stop: DropGuard,
}

impl Runner {
    async fn stop(self) -> Result<(), Failure> {
        self.cancel.cancel();
        self.end().await
    }

    async fn end(self) -> Result<(), Failure> {
        self.task.await.map_err(Failure::because("the outbox's run was interrupted"))??;
        Ok(())
    }
}

impl Story<'_> {
    /// The whole day. Says whom it was about.
    pub(super) async fn tell(&self, photos: &Photos) -> Result<Cast, Failure> {
        let cast = self.morning(photos).await?;
        let runner = self.mobile_data(&cast).await?;
        self.warning_page(&runner).await?;
        runner.stop().await?;
        self.kill(&cast).await?;
        self.hotel().await?;
        Ok(cast)
    }

    // -- 1 -------------------------------------------------------------------------------------------

    async fn morning(&self, photos: &Photos) -> Result<Cast, Failure> {
        self.screen.chapter(
            1,
            "Morning, no network",
            "The camera's photos go into the outbox. It reads each one and knows it by its content.",
        );
        self.link("none", &Conditions::off());
        let (outbox, screen) = (&self.stage.outbox, &self.screen);
        outbox.set_link(Link::none());
        let report = photos.add(outbox).await?;
        let mut skipped = vec![];
        if report.skipped > 0 {
            skipped.push(format!("{} passed over: neither photo nor video", plural(report.skipped, "file")));
        }
        for fault in report.faults.iter().take(3) {
            skipped.push(format!(
                "{} left out: {}",
                crate::output::shown(fault.path.file_name().unwrap_or_default().as_ref()),
                fault.fault
            ));
        }
        let untold = report.failed.saturating_sub(3);
        if untold > 0 {
            skipped.push(format!("and {untold} more left out"));
        }
        self.live.look().await?;
        // Without a network there is only the reading to do; the run ends by itself after that.
        self.run(None).end().await?;
        let cast = photos.cast(outbox).await?;
        let tally = self.live.look().await?;
        self.place.has_room(tally.blob_bytes)?;
        screen.good(&format!(
            "{} in the outbox, {}, safe from now on",
            plural(tally.assets, "asset"),
            bytes(tally.bytes)
        ));
        skipped.iter().for_each(|line| screen.say(line));
        if tally.twins() > 0 {
            let twins = plural(tally.twins(), "twin");
            screen
                .say(&format!("{twins} found: the same bytes under another name. {} to send", bytes(tally.blob_bytes)));
        }
        screen.say(&format!(
            "{} with a caption and tags; {} is news, and goes first",
            plural(cast.captioned, "photo"),
            cast.urgent.name
        ));
        self.why(&tally);
        self.read(1).await;
        Ok(cast)
    }

    // -- 2 -------------------------------------------------------------------------------------------

    async fn mobile_data(&self, cast: &Cast) -> Result<Runner, Failure> {
        self.screen.chapter(
            2,
            "3G that comes and goes",
            "A road through the hills. What is urgent goes first; each cut costs only what was in the air.",
        );
        let (outbox, screen, pace) = (&self.stage.outbox, &self.screen, self.pace);
        let urgent = &cast.urgent;
        let before_all = PREAMBLE + QUESTION * self.live.look().await?.blobs.len() as u64;
        let road = pace.mobile(urgent.bytes + before_all, pace.urgent);
        self.link("3G", &road);
        outbox.set_link(Link::cellular());
        let tally = self.live.look().await?;
        self.why(&tally);
        self.read(1).await;
        screen.say("the traveller allows mobile data for today");
        outbox.set_policy(Policy { links: Links::Any, uploads_at_once: 1, ..Policy::default() });
        let runner = self.run(Some(()));
        for (nth, share, preamble) in [(1, 40, before_all), (2, 30, PREAMBLE)] {
            let cut = Cut::forwarding(preamble + urgent.bytes * share / 100).on_whole_link();
            let had = outbox.asset(urgent.id).await?.acknowledged;
            let before = self.stage.link.stats();
            self.stage.link.set(road.clone().cut_after(cut));
            let there = self.until(&runner, urgent, |link, _, there| link.cuts > before.cuts || there, CHAPTER).await?;
            let now = self.stage.link.stats();
            if there || now.cuts == before.cuts {
                break;
            }
            screen.trouble(&format!("the link was cut, after {}", bytes(now.forwarded_up - before.forwarded_up)));
            outbox.set_link(Link::none());
            self.link("none: a tunnel", &Conditions::off());
            tokio::time::sleep(pace.tunnel).await;
            if cast.is_alone() && nth == 2 {
                screen.say("no network for the rest of the way");
                return Ok(runner);
            }
            let away = self.stage.link.stats().forwarded_up;
            self.link("3G", &road);
            outbox.set_link(Link::cellular());
            // The phone says that the network is back: nobody waits for the next try then.
            outbox.try_now().await?;
            let back = |link: &Stats, kept, there| (kept > had && link.forwarded_up > away) || there;
            self.until(&runner, urgent, back, CHAPTER).await?;
            let kept = outbox.asset(urgent.id).await?.acknowledged;
            if kept > had && kept < urgent.bytes {
                screen.say(&format!(
                    "back: the server has kept {} of {}, and it goes on from there",
                    bytes(kept),
                    urgent.name
                ));
            }
        }
        self.until(&runner, urgent, |_, _, there| there, CHAPTER + pace.urgent).await?;
        if is_there(&outbox.asset(urgent.id).await?) {
            screen.good(&format!("{} is there, with a receipt that the receiver signed", urgent.name));
        }
        self.read(1).await;
        Ok(runner)
    }

    // -- 3 -------------------------------------------------------------------------------------------

    async fn warning_page(&self, runner: &Runner) -> Result<(), Failure> {
        self.screen.chapter(
            3,
            "A warning page",
            "A café's Wi-Fi. Every address leads to a page that says: access is restricted.",
        );
        let (outbox, link, screen) = (&self.stage.outbox, &self.stage.link, &self.screen);
        outbox.set_link(Link::none());
        self.link("Wi-Fi, with a page in the service's place", &Conditions::page());
        let tally = self.live.look().await?;
        if tally.delivered == tally.assets {
            screen.say("everything is there already: nothing is sent, and nobody asks");
            return Ok(());
        }
        let completed = self.completed().await?;
        let before = link.stats();
        self.live.take_troubles();
        outbox.set_link(Link::wifi());
        outbox.try_now().await?;
        let mut trouble = None;
        let limit = Instant::now() + CHAPTER;
        while trouble.is_none() && Instant::now() < limit && !runner.task.is_finished() {
            trouble = self.live.take_troubles().pop();
            tokio::time::sleep(LOOK).await;
        }
        let resting = self.live.look().await?;
        match (trouble, resting.main_wait()) {
            (Some(_), Some((n, why))) => screen.trouble(&format!("{n} waiting: {why}")),
            (Some(trouble), None) => screen.trouble(&trouble.words()),
            (None, _) => {}
        }
        tokio::time::sleep(self.pace.page).await;
        let (after, now) = (link.stats(), self.live.look().await?);
        let tries = plural(after.connections - before.connections, "try").replace("trys", "tries");
        let nothing = self.completed().await? == completed && now.delivered == tally.delivered && now.parked.is_empty();
        if nothing {
            screen.good(&format!(
                "{tries}: nothing was taken for an answer, nothing is lost or marked as sent, and the page got {} of us",
                bytes(after.swallowed_up - before.swallowed_up)
            ));
        } else {
            screen.trouble("something changed while the page stood there; the proof at the end will say what");
        }
        outbox.set_link(Link::none());
        self.read(1).await;
        Ok(())
    }

    async fn completed(&self) -> Result<usize, Failure> {
        let rows = self.stage.receiver.completed_uploads().await;
        Ok(rows.map_err(Failure::because("the receiver's store cannot be read"))?.len())
    }

    // -- 4 -------------------------------------------------------------------------------------------

    async fn kill(&self, cast: &Cast) -> Result<(), Failure> {
        self.screen.chapter(
            4,
            "The process is killed",
            "On the bus, in the middle of a large file, the system takes the memory back. No goodbye.",
        );
        let (outbox, screen, pace) = (&self.stage.outbox, &self.screen, self.pace);
        // Nothing runs here now; it is so that the reasons shown are those of the process that does.
        outbox.set_link(Link::cellular());
        let large = &cast.large;
        let view = outbox.asset(large.id).await?;
        let left = large.bytes.saturating_sub(view.acknowledged);
        if left > 0 {
            make_urgent(outbox, &large.path).await?;
        }
        self.link("mobile data, on the bus", &pace.mobile(left.max(large.bytes / 4), pace.bus));
        let assets = self.live.look().await?.assets;
        let mut first = Syncer::start(&self.place.outbox, &self.stage.url, None)?;
        screen.say(&format!("`satchel sync` runs as process {}", first.pid().unwrap_or_default()));
        let far = view.acknowledged + left * 3 / 10;
        let limit = Instant::now() + CHAPTER;
        let mut alive = true;
        while alive && Instant::now() < limit && self.live.sent(large.id).is_none_or(|sent| sent < far) {
            tokio::select! {
                event = first.next() => match event {
                    Some(event) => self.live.told(&event).await,
                    None => alive = false,
                },
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        let sent = self.live.sent(large.id);
        let status = first.kill().await?;
        match sent {
            _ if !alive => screen.say(&format!("it was done before it could be killed ({status})")),
            Some(_) => screen.trouble(&format!("killed in the middle of {} ({status})", large.name)),
            None => screen.trouble(&format!("killed ({status})")),
        }
        let tally = self.live.look().await?;
        tokio::time::sleep(pace.tunnel).await;
        let before = outbox.asset(large.id).await?.acknowledged;

        let mut second = Syncer::start(&self.place.outbox, &self.stage.url, Some(pace.second_life))?;
        let lost = assets.saturating_sub(tally.assets);
        screen.good(&match lost {
            0 => format!("started again: nothing is lost, the outbox holds {}", plural(tally.assets, "asset")),
            lost => format!("started again: {} MISSING", plural(lost, "asset")),
        });
        let mut told = false;
        while let Some(event) = second.next().await {
            self.live.told(&event).await;
            let kept = outbox.asset(large.id).await?.acknowledged;
            if !told && kept > before && kept < large.bytes {
                told = true;
                screen.say(&format!("the server has kept {} of {}: it goes on there", bytes(kept), large.name));
            }
        }
        let (status, complaint) = second.end().await?;
        // 3 says that something still waits.
        if !matches!(status.code(), Some(0 | 3)) {
            return Err(Failure::Told(format!("the second `satchel sync` ended with {status}: {complaint}")));
        }
        self.live.look().await?;
        Ok(())
    }

    // -- 5 -------------------------------------------------------------------------------------------

    async fn hotel(&self) -> Result<(), Failure> {
        self.screen.chapter(5, "Hotel Wi-Fi", "It costs nothing, and it is good. The rest arrives.");
        let (outbox, screen) = (&self.stage.outbox, &self.screen);
        let before = self.live.look().await?;
        let left = before.blob_bytes.saturating_sub(before.delivered_bytes);
        self.link("hotel Wi-Fi", &self.pace.wifi(left));
        outbox.set_policy(Policy { uploads_at_once: 3, ..Policy::default() });
        outbox.set_link(Link::wifi());
        outbox.try_now().await?;
        let runner = self.run(None);
        let mut moved = (Instant::now(), 0);
        while !runner.task.is_finished() {
            tokio::time::sleep(LOOK).await;
            let carried = self.stage.link.stats().forwarded_up;
            if carried != moved.1 {
                moved = (Instant::now(), carried);
            } else if moved.0.elapsed() > PATIENCE {
                screen.trouble("nothing moves any more");
                break;
            }
        }
        runner.stop().await?;
        let now = self.live.look().await?;
        screen.good(&format!("there now: {} of {}", now.delivered, plural(now.assets, "asset")));
        Ok(())
    }

    // -- what the chapters share ---------------------------------------------------------------------

    /// Runs the outbox: until nothing is due, or as long as anything is open.
    fn run(&self, as_long_as_open: Option<()>) -> Runner {
        let cancel = CancellationToken::new();
        let options = RunOptions {
            deadline: as_long_as_open.map(|()| Duration::from_secs(3600)),
            targets: Some(vec![self.stage.target]),
            ..RunOptions::default()
        };
        let (outbox, stop) = (self.stage.outbox.clone(), cancel.clone());
        let task = tokio::spawn(async move { outbox.run(options, stop).await });
        Runner { task, _stop: cancel.clone().drop_guard(), cancel }
    }

    /// Changes the link, and says so.
    fn link(&self, name: &str, conditions: &Conditions) {
        self.stage.link.set(conditions.clone());
        let rate = match conditions.up {
            Rate::Steady(rate) => format!(", {}/s up, {} ms each way", bytes(rate), conditions.latency_up.as_millis()),
            _ => String::new(),
        };
        self.live.link(format!("{name}{rate}"));
    }

    /// Why those that wait do so.
    fn why(&self, tally: &Tally) {
        for (why, n) in &tally.waits {
            self.screen.say(&format!("{n} waiting: {why}"));
        }
    }

    /// Waits until the link's counts, the bytes that the server kept of an asset, or that it is there, satisfy a
    /// condition. Says whether the asset is there.
    async fn until(
        &self,
        runner: &Runner,
        role: &Role,
        mut condition: impl FnMut(&Stats, u64, bool) -> bool,
        limit: Duration,
    ) -> Result<bool, Failure> {
        let limit = Instant::now() + limit;
        loop {
            let asset = self.stage.outbox.asset(role.id).await?;
            let there = is_there(&asset);
            if condition(&self.stage.link.stats(), asset.acknowledged, there)
                || Instant::now() > limit
                || runner.task.is_finished()
            {
                return Ok(there);
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Leaves time to read.
    async fn read(&self, lines: u32) {
        tokio::time::sleep(self.pace.read * lines).await;
    }
}

/// Whether the original has its receipt.
fn is_there(asset: &AssetView) -> bool {
    asset.deliveries.iter().any(|delivery| delivery.rendition == Rendition::Original && delivery.receipt)
}
