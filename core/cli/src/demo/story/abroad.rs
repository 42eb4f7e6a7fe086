//! Abroad: a budget, the price before sending, words and previews first; then a grant for one photo that cannot wait.

use std::time::Duration;

use satchel::kernel::money::billed;
use satchel::kernel::policy::WITHIN_MY_BUDGET;
use satchel::money::{Budget, Covers, Period, Price, Selection};
use satchel::{Link, LinkClass, Policy};
use satchel_testkit::link::{Conditions, Cut, Rate};
use tokio::time::Instant;

use super::{CHAPTER, LOOK, Runner, Story, is_there};
use crate::commands::budget;
use crate::demo::Failure;
use crate::demo::photos::{Cast, make_urgent};
use crate::output::{bytes, plural};
use crate::times;

/// Handshake and headers that go before an upload's first byte.
const PREAMBLE: u64 = 6_000;
/// A post with its preview, roughly.
const POST: u64 = 21_000;
/// How long the grant holds.
const HOUR: Duration = Duration::from_secs(3600);
/// What the budget is called.
const BUDGET: &str = "abroad";

impl Story<'_> {
    // -- 2 -------------------------------------------------------------------------------------------

    pub(super) async fn budget(&self, cast: &Cast) -> Result<(), Failure> {
        let (outbox, screen, pace) = (&self.stage.outbox, &self.screen, self.pace);
        screen.chapter(
            2,
            &format!("Abroad, with {} a day", bytes(pace.budget)),
            "Roaming 3G. The rule is: everything, within my budget. The most worth goes first: words, and small previews.",
        );
        outbox.keep_policy(Policy::ready(WITHIN_MY_BUDGET).unwrap_or_default()).await?;
        let covers = Covers::Class(LinkClass::Roaming);
        outbox.set_budget(Budget { name: BUDGET.into(), covers, bytes: pace.budget, period: Period::Day }).await?;
        let before = self.live.look().await?;
        let road = pace.mobile(pace.budget.min(POST * before.assets), pace.previews);
        self.link("3G, roaming", &road);
        outbox.set_link(abroad(&road));
        let price = outbox.price(Selection::All).await?;
        screen.say(&format!("the price of everything, before a byte goes: {}", words(&price)));
        self.read(1).await;
        let runner = self.run(None);
        let limit = Instant::now() + CHAPTER + pace.previews;
        while !runner.task.is_finished() && Instant::now() < limit {
            tokio::time::sleep(LOOK).await;
        }
        runner.stop().await?;
        let (shown, seen) = self.shown().await?;
        let spent = self.roaming().await?;
        screen.good(&format!(
            "{} at the receiver, {seen} of them with a picture to look at, for {}",
            plural(shown, "post"),
            bytes(spent)
        ));
        for state in outbox.budgets().await?.iter().filter(|state| state.view.budget.name == BUDGET) {
            screen.say(&budget::words(state));
        }
        let tally = self.live.look().await?;
        self.why(&tally);
        if !is_there(&outbox.asset(cast.urgent.id).await?) {
            self.read(1).await;
        }
        Ok(())
    }

    /// Posts at the receiver, and those with a preview that is there.
    async fn shown(&self) -> Result<(u64, u64), Failure> {
        let assets = self.stage.receiver.assets().await;
        let assets = assets.map_err(Failure::because("the receiver's store cannot be read"))?;
        let posted = assets.iter().filter(|asset| asset.posted);
        let seen = |asset: &&satchel_receiver::AssetView| {
            asset.parts.iter().any(|part| part.here && matches!(part.rendition.as_str(), "preview" | "original"))
        };
        Ok((posted.clone().count() as u64, posted.filter(seen).count() as u64))
    }

    /// What was spent of roaming, as an operator bills it, connections not counted.
    async fn roaming(&self) -> Result<u64, Failure> {
        let ledger = self.stage.outbox.ledger().await?;
        let rows = ledger.iter().filter(|row| row.link == LinkClass::Roaming.as_str());
        Ok(rows.map(|row| billed(row.sent, row.received, 0)).sum())
    }

    // -- 3 -------------------------------------------------------------------------------------------

    /// Returns how many bytes were granted.
    pub(super) async fn grant(&self, cast: &Cast) -> Result<u64, Failure> {
        self.screen.chapter(
            3,
            "One that cannot wait",
            "It is news. The traveller sees its price, and grants it. A cut costs only what was in the air.",
        );
        let (outbox, screen, pace) = (&self.stage.outbox, &self.screen, self.pace);
        let urgent = &cast.urgent;
        if is_there(&outbox.asset(urgent.id).await?) {
            screen.good(&format!("{} is there already: the budget was enough for it", urgent.name));
            return Ok(0);
        }
        make_urgent(outbox, &urgent.path).await?;
        let road = pace.mobile(urgent.bytes + PREAMBLE, pace.urgent);
        self.link("3G, roaming", &road);
        outbox.set_link(abroad(&road));
        let price = outbox.price(Selection::These(vec![urgent.id])).await?;
        screen.say(&format!("the price of {}: {}", urgent.name, words(&price)));
        let granted = price.bytes.saturating_mul(2);
        outbox.grant(vec![urgent.id], granted, HOUR).await?;
        screen.say(&format!(
            "granted: up to {} for this one, over this network, within an hour. (Twice the price: a tunnel is near)",
            bytes(granted)
        ));
        self.read(1).await;
        let runner = self.run(Some(()));
        if self.tunnel(&runner, cast, &road).await? {
            runner.stop().await?;
            return Ok(granted);
        }
        self.until(&runner, urgent, |_, _, there| there, CHAPTER + pace.urgent).await?;
        if is_there(&outbox.asset(urgent.id).await?) {
            screen.good(&format!("{} is there, with a receipt that the receiver signed", urgent.name));
        }
        runner.stop().await?;
        self.read(1).await;
        Ok(granted)
    }

    /// The link is cut in the middle of the urgent one, and comes back. Says whether it stays away: where the day is about
    /// one content only, there must be something left for the other chapters.
    async fn tunnel(&self, runner: &Runner, cast: &Cast, road: &Conditions) -> Result<bool, Failure> {
        let (outbox, screen, urgent) = (&self.stage.outbox, &self.screen, &cast.urgent);
        let cut = Cut::forwarding(PREAMBLE + urgent.bytes / 2).on_whole_link();
        let before = self.stage.link.stats();
        self.stage.link.set(road.clone().cut_after(cut));
        let there = self.until(runner, urgent, |link, _, there| link.cuts > before.cuts || there, CHAPTER).await?;
        let now = self.stage.link.stats();
        if there || now.cuts == before.cuts {
            return Ok(false);
        }
        screen.trouble(&format!("the link was cut, after {}", bytes(now.forwarded_up - before.forwarded_up)));
        outbox.set_link(Link::none());
        self.link("none: a tunnel", &Conditions::off());
        tokio::time::sleep(self.pace.tunnel).await;
        if cast.is_alone() {
            screen.say("no network for the rest of the way");
            return Ok(true);
        }
        self.link("3G, roaming", road);
        outbox.set_link(abroad(road));
        // The phone says that the network is back: nobody waits for the next try then.
        outbox.try_now().await?;
        self.until(runner, urgent, |_, kept, there| kept > 0 || there, CHAPTER).await?;
        let kept = outbox.asset(urgent.id).await?.acknowledged;
        if kept > 0 && kept < urgent.bytes {
            screen.say(&format!("back: the server has kept {} of it, and it goes on from there", bytes(kept)));
        }
        Ok(false)
    }
}

/// A foreign operator's 3G, as the phone would report it.
fn abroad(road: &Conditions) -> Link {
    let rate = if let Rate::Steady(rate) = road.up { Some(rate) } else { None };
    Link { roaming: Some(true), network: Some("SIM".into()), bytes_per_second: rate, ..Link::cellular() }
}

/// A price in one line.
fn words(price: &Price) -> String {
    let mut words = format!("about {}", bytes(price.bytes));
    if let Some(ms) = price.takes_ms {
        words += &format!(", {}", times::how_long(ms));
    }
    for share in &price.budgets {
        words += &match share.percent(price) {
            Some(percent @ 0..200) => format!(", {percent}% of what the budget has left"),
            Some(percent) => format!(", {} times what the budget has left", percent / 100),
            None => ", and nothing is left of the budget".into(),
        };
    }
    words
}
