//! The day, chapter by chapter; those abroad, the blocked one and those on the hotspot are told in
//! files of their own. Each waits for what it is about to happen, with a limit, and tells what did happen: a
//! folder of one tiny photo has a shorter day than one of a thousand.

mod abroad;
mod blocked;
mod hotspot;

use std::sync::Arc;
use std::time::Duration;

use satchel::kernel::protocol::post::Rendition;
use satchel::{AssetView, Link, Report, RunOptions};
use satchel_testkit::link::{Conditions, Rate, Stats};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::Failure;
use super::live::Live;
use super::pace::Pace;
use super::photos::{Cast, Photos, Role};
use super::screen::Screen;
use super::stage::{Place, Stage};
use super::tally::Tally;
use crate::output::{bytes, plural};

/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(20);
/// Nothing moves for so long at the end: then something is wrong, and the proof will say what.
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
    /// The whole day. Says whom it was about, and how many bytes were granted beyond the budget.
    pub(super) async fn tell(&self, photos: &Photos) -> Result<(Cast, u64), Failure> {
        let cast = self.morning(photos).await?;
        self.budget(&cast).await?;
        let granted = self.grant(&cast).await?;
        let runner = self.run(Some(()));
        self.warning_page(&runner).await?;
        runner.stop().await?;
        self.kill(&cast).await?;
        self.rest().await?;
        Ok((cast, granted))
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
        screen.say(&format!("{} with a caption and tags", plural(cast.captioned, "photo")));
        self.why(&tally);
        self.read(1).await;
        Ok(cast)
    }

    // -- what the chapters share ---------------------------------------------------------------------

    async fn completed(&self) -> Result<usize, Failure> {
        let rows = self.stage.receiver.completed_uploads().await;
        Ok(rows.map_err(Failure::because("the receiver's store cannot be read"))?.len())
    }

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
