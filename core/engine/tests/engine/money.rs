//! Rules, budgets and grants as an app meets them: what goes, what waits with which reason, and what it came to.

mod budgets;
mod changes;
mod grants;
mod kept;
mod other;

use std::time::Duration;

use satchel::clock::Clock;
use satchel::kernel::ids::BootId;
use satchel::kernel::money::billed;
use satchel::kernel::time::Now;
use satchel::money::{Budget, Covers, Period};
use satchel::{AssetId, AssetState, AssetView, Config, Link, LinkClass, Outbox, Policy, RunOptions, WaitReason};
use satchel_testkit::liar::LyingTus;
use satchel_testkit::link::{Conditions, Simulator};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::world::{HANG, Place, add, run, states, within};

/// Noon of a day in November, at Greenwich.
pub(crate) const NOON: i64 = 20_779 * 86_400_000 + 12 * 3_600_000;
pub(crate) const HOUR: u64 = 3_600_000;

/// An instant: so long after noon, by the time since boot and by the wall clock.
pub(crate) fn at(since_noon_ms: u64, wall_ahead_ms: i64, zone_min: i32) -> Clock {
    Clock::Fixed(Now {
        utc_ms: NOON + i64::try_from(since_noon_ms).unwrap() + wall_ahead_ms,
        boot: BootId::from_bytes([7; 16]),
        since_boot_ms: 1_000_000 + since_noon_ms,
        zone_min,
    })
}

pub(crate) fn budget(name: &str, bytes: u64) -> Budget {
    Budget { name: name.into(), covers: Covers::Class(LinkClass::Metered), bytes, period: Period::Day }
}

pub(crate) fn within_budget() -> Policy {
    Policy::ready(satchel::kernel::policy::WITHIN_MY_BUDGET).unwrap()
}

/// Mobile data of a SIM.
pub(crate) fn sim(id: &str) -> Link {
    Link { network: Some(id.into()), ..Link::cellular() }
}

/// Wi-Fi that costs nothing, of this id.
pub(crate) fn wifi(id: &str) -> Link {
    Link { network: Some(id.into()), ..Link::wifi() }
}

/// A tus server behind a link that can be made slow, and an outbox.
pub(crate) struct Desk {
    pub(crate) place: Place,
    pub(crate) tus: LyingTus,
    pub(crate) link: Simulator,
    pub(crate) outbox: Outbox,
}

impl Desk {
    pub(crate) async fn new(policy: Policy, link: Link) -> Self {
        Self::at(policy, link, Clock::system()).await
    }

    pub(crate) async fn at(policy: Policy, told: Link, clock: Clock) -> Self {
        let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
        let link = Simulator::start("127.0.0.1:0".parse().unwrap(), tus.addr(), 1).unwrap();
        let outbox = Outbox::open(Config { policy: Some(policy), clock, ..place.patient() }).await.unwrap();
        outbox.set_tus_target(format!("http://{}/files/", link.addr()).parse().unwrap()).await.unwrap();
        outbox.set_link(told);
        Self { place, tus, link, outbox }
    }

    /// The same outbox by another clock, on the same link.
    pub(crate) async fn reopen(&mut self, policy: Policy, clock: Clock) {
        let told = self.outbox.link();
        self.outbox = Outbox::open(Config { policy: Some(policy), clock, ..self.place.patient() }).await.unwrap();
        self.outbox.set_link(told);
    }

    pub(crate) async fn photo(&self, n: u64, length: usize) -> AssetId {
        add(&self.outbox, &self.place.photo(&format!("{n}.jpg"), length, n).path).await
    }

    pub(crate) async fn photos(&self, n: u64, length: usize) {
        for n in 0..n {
            self.photo(n, length).await;
        }
    }

    pub(crate) async fn view(&self, id: AssetId) -> AssetView {
        self.outbox.asset(id).await.unwrap()
    }

    /// Why it waits.
    pub(crate) async fn why(&self, id: AssetId) -> WaitReason {
        match self.view(id).await.state {
            AssetState::Waiting { reason, .. } => reason,
            other => panic!("{other:?}"),
        }
    }

    /// Runs until nothing is due; how many photos are there then.
    pub(crate) async fn delivered(&self) -> u64 {
        run(&self.outbox).await.counts.delivered
    }

    /// Over a link of 60 KB a second, a run that goes on until the test ends it.
    pub(crate) async fn slow_run(&self) -> Running {
        self.link.set(Conditions::open().rates(60_000, 1_000_000));
        Running::begin(&self.outbox)
    }

    /// Waits until the server got so much more.
    pub(crate) async fn wait_for(&self, bytes: u64) {
        let before = self.link.stats().forwarded_up;
        within(self.link.until(|s| s.forwarded_up >= before + bytes)).await;
    }

    /// Waits until nobody is connected any more, and tells what the server got by then.
    pub(crate) async fn cut_off(&self) -> u64 {
        within(self.link.until(|s| s.live == 0)).await.forwarded_up
    }
}

/// What the ledger says was sent and received over links of a class.
pub(crate) async fn carried(outbox: &Outbox, class: &str) -> u64 {
    let rows = outbox.ledger().await.unwrap();
    rows.iter().filter(|row| row.link == class).map(|row| row.sent + row.received).sum()
}

/// What of it is billed at the least: nobody can tell from the ledger how many connections there were.
pub(crate) async fn cost(outbox: &Outbox, class: &str) -> u64 {
    billed(carried(outbox, class).await, 0, 0)
}

/// A run in the background.
pub(crate) struct Running {
    cancel: CancellationToken,
    task: JoinHandle<satchel::Result<satchel::Report>>,
}

impl Running {
    pub(crate) fn begin(outbox: &Outbox) -> Self {
        let (outbox, cancel) = (outbox.clone(), CancellationToken::new());
        let options = RunOptions { deadline: Some(HANG), ..RunOptions::default() };
        let stop = cancel.clone();
        Self { cancel, task: tokio::spawn(async move { outbox.run(options, stop).await }) }
    }

    pub(crate) async fn end(self) {
        self.cancel.cancel();
        within(self.task).await.unwrap().unwrap();
    }

    /// Until it ends by itself.
    pub(crate) async fn ended(self) -> satchel::Report {
        within(self.task).await.unwrap().unwrap()
    }
}

/// Waits until a condition of an asset holds; there is no event for each.
pub(crate) async fn until(outbox: &Outbox, id: AssetId, holds: impl Fn(&AssetState) -> bool) {
    within(async {
        while !holds(&outbox.asset(id).await.unwrap().state) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
}

/// Waits until it waits for this reason.
pub(crate) async fn until_waits(outbox: &Outbox, id: AssetId, reason: &WaitReason) {
    until(outbox, id, |state| matches!(state, AssetState::Waiting { reason: found, .. } if found == reason)).await;
}

/// All that there is, for messages.
pub(crate) async fn all_states(outbox: &Outbox) -> String {
    states(outbox).await.join("\n")
}
