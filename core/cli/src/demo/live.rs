//! What is under way, gathered from the outbox's events (or those of a child process) and drawn ten times a second.
//!
//! How far an upload is, nobody knows but the server: what the outbox handed over may lie in this machine's kernel for
//! megabytes. So the bars show what the link carried, set right by each word of the server.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use satchel::kernel::protocol::post::Rendition;
use satchel::{AssetId, AssetState, Change, Outbox, Trouble};
use satchel_testkit::link::Simulator;
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
    wire: Simulator,
    screen: Arc<Screen>,
}

#[derive(Default)]
struct Inner {
    link: String,
    under_way: BTreeMap<AssetId, UnderWay>,
    /// What the link had carried when it was last looked at.
    carried: u64,
    tally: Tally,
    troubles: Vec<Trouble>,
}

/// An upload.
struct UnderWay {
    row: Row,
    /// The server's last word.
    kept: u64,
}

impl Live {
    pub(super) fn new(outbox: Outbox, wire: Simulator, screen: Arc<Screen>) -> Self {
        Self { inner: Arc::default(), outbox, wire, screen }
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

    /// An upload moves.
    pub(super) async fn moves(&self, asset: AssetId) {
        if let Some(known) = self.inner().under_way.get_mut(&asset) {
            known.row.rests = false;
            return;
        }
        let Ok(view) = self.outbox.asset(asset).await else { return };
        let name = shown(view.name.as_ref());
        let row = Row { name, sent: view.acknowledged, bytes: view.bytes, rests: false };
        self.inner().under_way.insert(asset, UnderWay { row, kept: view.acknowledged });
    }

    /// Shares out what the link carried since it was last looked at.
    fn carry(&self) {
        let carried = self.wire.stats().forwarded_up;
        let mut inner = self.inner();
        let new = carried.saturating_sub(std::mem::replace(&mut inner.carried, carried));
        let mut moving: Vec<_> = inner.under_way.values_mut().filter(|up| !up.row.rests).collect();
        let each = new / (moving.len() as u64).max(1);
        for up in &mut moving {
            up.row.sent = (up.row.sent + each).min(up.row.bytes);
        }
    }

    /// How far an upload was, as last heard.
    pub(super) fn sent(&self, asset: AssetId) -> Option<u64> {
        self.carry();
        self.inner().under_way.get(&asset).map(|up| up.row.sent)
    }

    /// A delivery is done.
    pub(super) fn delivered(&self, asset: AssetId) {
        self.inner().under_way.remove(&asset);
    }

    /// An event of a child process, as `satchel sync --json` prints it.
    pub(super) async fn told(&self, event: &Value) {
        let asset = event["asset"].as_str().and_then(|id| id.parse().ok());
        let original = event["rendition"].as_str() == Some(Rendition::Original.as_str());
        match (event["event"].as_str(), asset, original) {
            (Some("progress"), Some(asset), true) => self.moves(asset).await,
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
            if matches!(view.state, AssetState::Delivered { .. }) {
                inner.under_way.remove(&id);
            } else if let Some(up) = inner.under_way.get_mut(&id) {
                up.row.rests = view.state != AssetState::Sending;
                if up.kept != view.acknowledged {
                    up.kept = view.acknowledged;
                    up.row.sent = view.acknowledged;
                }
            }
        }
    }

    fn draw(&self) {
        self.carry();
        let inner = self.inner();
        let tally = &inner.tally;
        let mut rows: Vec<Row> = inner.under_way.values().map(|up| up.row.clone()).collect();
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
            // The rest of a long reason was said above.
            waits: tally.main_wait().map(|(n, why)| (n, why.split(';').next().unwrap_or_default().to_owned())),
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
            Change::Progress { asset, rendition: Rendition::Original, .. } => self.moves(asset).await,
            Change::Delivered { asset: Some(asset), rendition: Rendition::Original, .. } => self.delivered(asset),
            Change::Trouble { trouble, .. } => self.inner().troubles.push(trouble),
            _ => {}
        }
    }
}
