//! What is under way, gathered from the outbox's events (or those of a child process) and drawn ten times a second.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use satchel::kernel::protocol::post::Rendition;
use satchel::{AssetId, AssetState, Change, Outbox, Trouble};
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;

use super::screen::{ROWS, Row, Screen, View};
use super::tally::Tally;
use crate::output::shown;

/// How often the outbox is asked for all that it has, while that is cheap.
const LOOK: Duration = Duration::from_millis(300);
/// How often it is drawn.
const DRAW: Duration = Duration::from_millis(100);

/// Shared between the story, which says what the link is, and the task that draws.
#[derive(Clone)]
pub(super) struct Live {
    inner: Arc<Mutex<Inner>>,
    outbox: Outbox,
    screen: Arc<Screen>,
}

#[derive(Default)]
struct Inner {
    link: String,
    under_way: BTreeMap<AssetId, Row>,
    tally: Tally,
    troubles: Vec<Trouble>,
}

impl Live {
    pub(super) fn new(outbox: Outbox, screen: Arc<Screen>) -> Self {
        Self { inner: Arc::default(), outbox, screen }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the link is, for the person.
    pub(super) fn link(&self, words: impl Into<String>) {
        self.inner().link = words.into();
    }

    /// Troubles since this was last asked.
    pub(super) fn take_troubles(&self) -> Vec<Trouble> {
        std::mem::take(&mut self.inner().troubles)
    }

    /// Asks the outbox anew.
    pub(super) async fn look(&self) -> satchel::Result<Tally> {
        let tally = Tally::of(&self.outbox).await?;
        self.inner().tally = tally.clone();
        self.settle().await;
        self.draw();
        Ok(tally)
    }

    /// How far an upload is.
    pub(super) async fn progress(&self, asset: AssetId, sent: u64, bytes: u64) {
        let known = self.inner().under_way.contains_key(&asset);
        let name = if known { String::new() } else { self.name(asset).await };
        let mut inner = self.inner();
        let row = inner.under_way.entry(asset).or_insert(Row { name, sent, bytes, rests: false });
        (row.sent, row.bytes, row.rests) = (sent, bytes, false);
    }

    /// How far an upload was, as last heard.
    pub(super) fn sent(&self, asset: AssetId) -> Option<u64> {
        self.inner().under_way.get(&asset).map(|row| row.sent)
    }

    /// A delivery is done.
    pub(super) fn delivered(&self, asset: AssetId) {
        self.inner().under_way.remove(&asset);
    }

    /// The name of an asset, fit for a terminal.
    pub(super) async fn name(&self, asset: AssetId) -> String {
        self.outbox.asset(asset).await.map(|view| shown(view.name.as_ref())).unwrap_or_default()
    }

    /// An event of a child process, as `satchel sync --json` prints it.
    pub(super) async fn told(&self, event: &Value) {
        let asset = event["asset"].as_str().and_then(|id| id.parse().ok());
        let original = event["rendition"].as_str() == Some(Rendition::Original.as_str());
        match (event["event"].as_str(), asset, original) {
            (Some("progress"), Some(asset), true) => {
                let number = |key: &str| event[key].as_u64().unwrap_or(0);
                self.progress(asset, number("sent"), number("bytes")).await;
            }
            (Some("delivered"), Some(asset), true) => self.delivered(asset),
            (Some("trouble"), ..) => {
                if let Ok(trouble) = serde_json::from_value(event["trouble"].clone()) {
                    self.inner().troubles.push(trouble);
                }
            }
            _ => {}
        }
    }

    /// What stands still is shown so, and what is done is not shown.
    async fn settle(&self) {
        let ids: Vec<AssetId> = self.inner().under_way.keys().copied().collect();
        for id in ids {
            let Ok(view) = self.outbox.asset(id).await else { continue };
            let mut inner = self.inner();
            match view.state {
                AssetState::Delivered { .. } => drop(inner.under_way.remove(&id)),
                AssetState::Sending => {}
                _ => {
                    if let Some(row) = inner.under_way.get_mut(&id) {
                        row.rests = true;
                    }
                }
            }
        }
    }

    fn draw(&self) {
        let inner = self.inner();
        let tally = &inner.tally;
        let mut rows: Vec<Row> = inner.under_way.values().cloned().collect();
        rows.sort_by_key(|row| row.rests);
        let under_way: u64 = rows.iter().map(|row| row.sent).sum();
        rows.truncate(ROWS);
        let view = View {
            link: inner.link.clone(),
            rows,
            assets: tally.assets,
            delivered: tally.delivered,
            done_bytes: (tally.delivered_bytes + under_way).min(tally.blob_bytes),
            all_bytes: tally.blob_bytes,
            waits: tally.main_wait(),
        };
        drop(inner);
        self.screen.show(&view);
    }

    /// Follows the outbox's own events, and draws, until it is dropped.
    pub(super) async fn follow(self) {
        let mut changes = self.outbox.observe();
        let mut look = Instant::now();
        let mut drawing = tokio::time::interval(DRAW);
        loop {
            tokio::select! {
                change = changes.recv() => match change {
                    Ok(change) => self.changed(change).await,
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return,
                },
                _ = drawing.tick() => {
                    if look <= Instant::now() {
                        let began = Instant::now();
                        // What cannot be read now is told by whoever needs it; here it only stays as it was.
                        let _ = self.look().await;
                        // Thousands of assets are looked at less often.
                        look = Instant::now() + LOOK.max(began.elapsed() * 10);
                    }
                    self.draw();
                }
            }
        }
    }

    async fn changed(&self, change: Change) {
        match change {
            Change::Progress { asset, rendition: Rendition::Original, sent, bytes, .. } => {
                self.progress(asset, sent, bytes).await;
            }
            Change::Delivered { asset: Some(asset), rendition: Rendition::Original, .. } => self.delivered(asset),
            Change::Trouble { trouble, .. } => self.inner().troubles.push(trouble),
            _ => {}
        }
    }
}
