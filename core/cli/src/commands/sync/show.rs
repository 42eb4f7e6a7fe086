//! What a sync tells while it runs: a bar on a terminal, lines elsewhere, objects with `--json`.

use std::io::IsTerminal as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use satchel::{Change, Link, Outbox, Wake};
use serde_json::json;
use tokio::sync::broadcast::error::RecvError;

use crate::commands::waits::{self, Group};
use crate::network;
use crate::output::{line, plural, say};

/// How soon after something changed it is told what waits.
const LOOK: Duration = Duration::from_millis(300);

/// Whoever tells what happens. Clones share it.
#[derive(Clone)]
pub(super) struct Teller {
    outbox: Outbox,
    json: bool,
    bar: Option<indicatif::ProgressBar>,
    /// Why things wait, as it was told last: the same is not told twice in a row.
    told: Arc<Mutex<Vec<(u64, String, Wake)>>>,
}

impl Teller {
    pub(super) fn new(outbox: Outbox, json: bool) -> Self {
        let bar = (!json && std::io::stderr().is_terminal()).then(bar);
        Self { outbox, json, bar, told: Arc::default() }
    }

    /// The link that there is from now on.
    pub(super) fn link(&self, link: &Link) {
        if self.json {
            return line(
                &json!({ "event": "link", "link": link, "class": link.class(), "words": network::words(link) }),
            );
        }
        self.say(&format!("link: {}", network::words(link)));
    }

    /// Something that a person should know, and no event of its own.
    pub(super) fn complain(&self, why: &str) {
        if self.json {
            return line(&json!({ "event": "complaint", "words": why }));
        }
        self.say(why);
    }

    /// Why things wait, where that is news and nothing moves. Says whether something does.
    async fn waits_at_rest(&self) -> satchel::Result<bool> {
        let (groups, moves) = waits::gathered(&self.outbox).await?;
        if !moves {
            self.tell(&groups);
        }
        Ok(moves)
    }

    /// Why things wait, where that is news.
    pub(super) async fn waits(&self) -> satchel::Result<()> {
        self.tell(&waits::gathered(&self.outbox).await?.0);
        Ok(())
    }

    fn tell(&self, groups: &[Group]) {
        let news: Vec<_> = groups.iter().map(Group::gist).collect();
        let before = {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *told, news.clone())
        };
        if before == news {
            return;
        }
        for group in groups {
            if self.json { line(&group.object()) } else { self.say(&group.words()) }
        }
    }

    /// Ends the bar.
    pub(super) fn close(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// Follows the outbox until it is dropped.
    pub(super) async fn follow(self) {
        let mut changes = self.outbox.observe();
        let mut look = tokio::time::interval(LOOK);
        // Whether what waits is to be looked at; what is being cut is not at rest yet when the runner has nothing to do.
        let mut stale = true;
        loop {
            tokio::select! {
                change = changes.recv() => match change {
                    Ok(change) => {
                        stale |= matches!(change, Change::Idle(_) | Change::Assets);
                        self.changed(&change).await;
                    }
                    Err(RecvError::Lagged(_)) => stale = true,
                    Err(RecvError::Closed) => return,
                },
                // What cannot be read now is told at the end.
                _ = look.tick(), if stale => stale = self.waits_at_rest().await.unwrap_or(false),
            }
        }
    }

    async fn changed(&self, change: &Change) {
        if self.json {
            if let Some(event) = event(change) {
                line(&event);
            }
            return;
        }
        if let Some(bar) = &self.bar
            && let Ok(counts) = self.outbox.counts().await
        {
            bar.set_length(counts.delivered_bytes + counts.open_bytes);
            let under_way = if let Change::Progress { sent, .. } = change { *sent } else { 0 };
            bar.set_position(counts.delivered_bytes + under_way);
            bar.set_message(format!("{} to go", plural(counts.open + counts.unread, "file")));
        }
        if let Change::Trouble { trouble, .. } = change {
            self.say(&trouble.words_of_wait());
        }
    }

    fn say(&self, words: &str) {
        match &self.bar {
            Some(bar) => bar.println(format!("  {words}")),
            None => say!("{words}"),
        }
    }
}

fn bar() -> indicatif::ProgressBar {
    let style = indicatif::ProgressStyle::with_template("{bar:32} {bytes:>10} of {total_bytes:<10} {msg}")
        .expect("the template is well formed");
    indicatif::ProgressBar::new(0).with_style(style)
}

fn event(change: &Change) -> Option<serde_json::Value> {
    Some(match change {
        Change::Read { asset } => json!({ "event": "read", "asset": asset }),
        Change::Progress { asset, rendition, sent, bytes, .. } => {
            json!({ "event": "progress", "asset": asset, "rendition": rendition, "sent": sent, "bytes": bytes })
        }
        Change::Delivered { asset, rendition, proof, .. } => {
            json!({ "event": "delivered", "asset": asset, "rendition": rendition, "proof": proof })
        }
        Change::Parked { asset, reason } => {
            json!({ "event": "parked", "asset": asset, "reason": reason, "words": reason.words() })
        }
        Change::Trouble { trouble, .. } => json!({ "event": "trouble", "trouble": trouble, "words": trouble.words() }),
        _ => return None,
    })
}
