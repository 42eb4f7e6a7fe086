//! The laptop's hotspot, which is free by the traveller's word: a process that is killed there, and all that is left.

use satchel::{Link, LinkKind, Mark, Policy};
use tokio::time::Instant;

use super::{CHAPTER, LOOK, PATIENCE, Story};
use crate::demo::Failure;
use crate::demo::child::Syncer;
use crate::demo::photos::{Cast, make_urgent};
use crate::output::{bytes, plural};

/// The hotspot's id.
const HOTSPOT: &str = "laptop";
/// The hotspot, as `--link` takes it.
const HOTSPOT_SAID: &str = "kind=hotspot,id=laptop";

/// The hotspot, of which nobody but the traveller knows that it costs nothing.
fn hotspot() -> Link {
    Link { kind: LinkKind::Hotspot, network: Some(HOTSPOT.into()), ..Link::default() }
}

impl Story<'_> {
    // -- 5 -------------------------------------------------------------------------------------------

    pub(super) async fn kill(&self, cast: &Cast) -> Result<(), Failure> {
        self.screen.chapter(
            5,
            "A hotspot, and the process is killed",
            "The laptop's hotspot: the office pays, so it is marked as free. In the middle of a large file the system takes the memory back.",
        );
        let (outbox, screen, pace) = (&self.stage.outbox, &self.screen, self.pace);
        outbox.mark_network(HOTSPOT, Some(Mark::Free)).await?;
        // Nothing runs here now; it is so that the reasons shown are those of the process that does.
        outbox.set_link(hotspot());
        let large = &cast.large;
        let view = outbox.asset(large.id).await?;
        let left = large.bytes.saturating_sub(view.acknowledged);
        if left > 0 {
            make_urgent(outbox, &large.path).await?;
        }
        self.link("the laptop's hotspot", &pace.mobile(left.max(large.bytes / 4), pace.large));
        let assets = self.live.look().await?.assets;
        let mut first = Syncer::start(&self.place.outbox, &self.stage.url, HOTSPOT_SAID, None)?;
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

        let mut second = Syncer::start(&self.place.outbox, &self.stage.url, HOTSPOT_SAID, Some(pace.second_life))?;
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

    // -- 6 -------------------------------------------------------------------------------------------

    pub(super) async fn rest(&self) -> Result<(), Failure> {
        self.screen.chapter(
            6,
            "Everything else",
            "The hotspot costs nothing, and it is good. The rest arrives, bit for bit.",
        );
        let (outbox, screen) = (&self.stage.outbox, &self.screen);
        let before = self.live.look().await?;
        let left = before.blob_bytes.saturating_sub(before.delivered_bytes);
        self.link("the laptop's hotspot", &self.pace.wifi(left));
        outbox.set_policy(Policy { uploads_at_once: 3, ..outbox.policy() });
        outbox.set_link(hotspot());
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
}
