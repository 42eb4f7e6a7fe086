//! A network that puts a page in the service's place; the receiver's other address, and what is kept of it all.

use std::net::{Ipv4Addr, SocketAddr};

use satchel::Link;
use satchel::endpoints::{Endpoint, EndpointView, Endpoints};
use satchel::kernel::health::Health;
use satchel_testkit::link::{Conditions, Simulator};
use tokio::time::Instant;

use super::super::Failure;
use super::super::stage::SEED;
use super::super::tally::Tally;
use super::{CHAPTER, LOOK, Runner, Story};
use crate::output::{bytes, plural};

impl Story<'_> {
    // -- 4 -------------------------------------------------------------------------------------------

    pub(super) async fn warning_page(&self, runner: &Runner) -> Result<(), Failure> {
        self.screen.chapter(
            4,
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
        outbox.set_link(cafe());
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
        self.other_address(runner, &now).await?;
        outbox.set_link(Link::none());
        self.read(1).await;
        Ok(())
    }

    /// The receiver is reached by another address too: traffic goes there, and comes back when the page is gone.
    async fn other_address(&self, runner: &Runner, before: &Tally) -> Result<(), Failure> {
        let (outbox, stage, screen) = (&self.stage.outbox, self.stage, &self.screen);
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let other = Simulator::start(anywhere, stage.receiver.addr(), SEED + 1)
            .map_err(Failure::because("the other link did not start"))?;
        // Slow: the day has more to tell.
        other.set(self.pace.mobile(0, self.pace.page));
        let code = stage.receiver.pairing_code();
        let url = format!("https://{}:{}/", code.host, other.addr().port());
        let url = url.parse().map_err(Failure::because("the other address is none"))?;
        let further = vec![Endpoint { url, pin: Some(code.pin), addresses: vec![] }];
        outbox.set_endpoints(stage.target, Endpoints { further, shared_store: true, ..Endpoints::default() }).await?;
        let connections = stage.link.stats().connections;
        let limit = Instant::now() + CHAPTER;
        let mut ways = vec![];
        while Instant::now() < limit && !runner.task.is_finished() {
            ways = outbox.endpoints(stage.target).await?;
            let moved =
                self.live.look().await?.delivered_bytes > before.delivered_bytes || other.stats().read_up > 60_000;
            if moved && ways.get(1).is_some_and(|way| way.health == Health::Open) {
                break;
            }
            tokio::time::sleep(LOOK).await;
        }
        if let [first, second] = &ways[..]
            && second.health == Health::Open
        {
            screen.good(&format!(
                "a second address of the receiver takes over: {} went there so far",
                bytes(other.stats().forwarded_up)
            ));
            screen.say(&format!("the first one is asked again now and then: {}", first.words()));
            let asked = stage.link.stats().connections - connections;
            if asked > 0 {
                screen.say(&format!("{} since the second one answered", plural(asked, "question")));
            }
        }
        self.lifted(runner).await?;
        self.evidence().await?;
        outbox.set_link(Link::none());
        // One address will do for the rest of the day.
        Ok(outbox.set_endpoints(stage.target, Endpoints::default()).await?)
    }

    /// The page is gone again: the preferred address gets its traffic back.
    async fn lifted(&self, runner: &Runner) -> Result<(), Failure> {
        let (outbox, stage) = (&self.stage.outbox, self.stage);
        self.link("Wi-Fi, the page is gone", &self.pace.mobile(0, self.pace.page));
        outbox.try_now().await?;
        let limit = Instant::now() + CHAPTER;
        while Instant::now() < limit && !runner.task.is_finished() {
            let back = |way: &EndpointView| way.health == Health::Open && way.carries;
            if outbox.endpoints(stage.target).await?.first().is_some_and(back) {
                self.screen.good("the page is gone: the first address has the traffic back");
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// What is kept as evidence.
    async fn evidence(&self) -> Result<(), Failure> {
        for block in self.stage.outbox.blocks().await?.iter().take(2) {
            let mut kept = vec![block.kind.clone()];
            kept.extend(block.title.as_ref().map(|title| format!("“{title}”")));
            kept.extend(block.issuer.as_ref().map(|issuer| format!("signed by {issuer}")));
            kept.extend(block.certificate.as_ref().map(|hash| format!("certificate {}…", &hash[..hash.len().min(12)])));
            kept.push(format!("seen {}", plural(u64::from(block.times), "time")));
            self.screen.say(&format!("kept as evidence (`satchel blocks --export`): {}", kept.join(", ")));
        }
        Ok(())
    }
}

/// A name of its own: what was seen on one network says nothing of another.
fn cafe() -> Link {
    Link { network: Some("café".into()), ..Link::wifi() }
}
