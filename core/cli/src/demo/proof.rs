//! What came of the day: the demo believes nobody, itself included. It holds the outbox's word against the receiver's
//! rows, and both against the bytes in the store.

use std::collections::{BTreeMap, HashSet};

use satchel::{BlobHash, LinkClass, fingerprint};
use serde_json::{Value, json};

use super::Failure;
use super::screen::{Screen, Tone};
use super::stage::Stage;
use super::tally::Tally;
use crate::output::{bytes, plural};

/// The sums at the end.
#[derive(Debug)]
pub(super) struct Proof {
    tally: Tally,
    /// The outbox's ledger.
    sent: u64,
    /// Of it, what is no payload that was kept.
    beside: u64,
    /// What of it went abroad, in both directions.
    abroad: u64,
    /// The budget, and what was granted beyond it.
    allowed: (u64, u64),
    /// What the link carried, with TLS and headers.
    carried: u64,
    cuts: u64,
    completed: u64,
    /// What is wrong, in words. Empty when all is well.
    pub(super) wrong: Vec<String>,
}

impl Proof {
    /// Looks at everything.
    pub(super) async fn of(stage: &Stage, budget: u64, granted: u64) -> Result<Self, Failure> {
        let tally = Tally::of(&stage.outbox).await?;
        let ledger = stage.outbox.ledger().await?;
        let completed = stage
            .receiver
            .completed_uploads()
            .await
            .map_err(Failure::because("the receiver's store cannot be read"))?;
        let mut wrong = Vec::new();
        let missing = tally.assets - tally.delivered;
        if missing > 0 {
            wrong.push(format!("{} not delivered", plural(missing, "asset")));
        }
        wrong.extend(tally.waits.iter().map(|(why, n)| format!("{n} waiting: {why}")));
        wrong.extend(tally.parked.iter().take(5).map(|(name, why)| format!("{name}: {why}")));
        let unproven = tally.assets - tally.receipts;
        if unproven > 0 {
            wrong.push(format!("{} without a receipt", plural(unproven, "asset")));
        }
        let mut times = BTreeMap::<BlobHash, u64>::new();
        completed.iter().for_each(|upload| *times.entry(upload.hash).or_default() += 1);
        let twice = times.values().filter(|n| **n > 1).count() as u64;
        if twice > 0 {
            wrong.push(format!("{} completed more than once", plural(twice, "file")));
        }
        // Small versions for the press, which each post names, are no files of the camera's.
        let shown = stage.receiver.assets().await.map_err(Failure::because("the receiver's store cannot be read"))?;
        let parts = shown.iter().flat_map(|asset| &asset.parts);
        let press: HashSet<BlobHash> = parts.filter(|part| part.rendition == "press").map(|part| part.hash).collect();
        let there: HashSet<BlobHash> = times.into_keys().filter(|hash| !press.contains(hash)).collect();
        if there != tally.blobs {
            let (lacking, surplus) = (tally.blobs.difference(&there).count(), there.difference(&tally.blobs).count());
            wrong.push(format!(
                "the receiver completed other files than the outbox has: {lacking} are missing, {surplus} too many"
            ));
        }
        let paths: Vec<_> = there.iter().map(|hash| (*hash, stage.receiver.blob_path(hash))).collect();
        let read = move || paths.iter().filter(|(hash, path)| !holds(path, hash)).count() as u64;
        let damaged =
            tokio::task::spawn_blocking(read).await.map_err(Failure::because("reading the store was interrupted"))?;
        if damaged > 0 {
            wrong.push(format!("{} in the store not what was sent", plural(damaged, "file")));
        }
        let roaming = ledger.iter().filter(|row| row.link == LinkClass::Roaming.as_str());
        let abroad = roaming.map(|row| row.sent + row.received).sum();
        if abroad > budget + granted {
            wrong.push(format!("{} went abroad, {} were allowed", bytes(abroad), bytes(budget + granted)));
        }
        let link = stage.link.stats();
        Ok(Self {
            sent: ledger.iter().map(|row| row.sent).sum(),
            beside: ledger.iter().map(|row| row.sent.saturating_sub(row.acknowledged)).sum(),
            abroad,
            allowed: (budget, granted),
            carried: link.forwarded_up,
            cuts: link.cuts,
            completed: completed.iter().filter(|upload| !press.contains(&upload.hash)).count() as u64,
            tally,
            wrong,
        })
    }

    fn ratio(&self) -> f64 {
        self.sent as f64 / self.tally.needed.max(1) as f64
    }

    /// For machines.
    pub(super) fn object(&self) -> Value {
        let Self { tally, sent, beside, abroad, allowed, carried, cuts, completed, wrong } = self;
        json!({
            "event": "end", "assets": tally.assets, "twins": tally.twins(), "to_send": tally.needed, "sent": sent,
            "beside": beside, "ratio": self.ratio(), "receipts": tally.receipts, "uploads_completed": completed,
            "abroad": abroad, "budget": allowed.0, "granted": allowed.1, "carried_by_the_link": carried, "cuts": cuts, "wrong": wrong,
        })
    }

    /// For people.
    pub(super) fn table(&self, screen: &Screen) -> Vec<String> {
        let Self { tally, sent, beside, abroad, allowed, carried, cuts, completed, .. } = self;
        let different = tally.blobs.len();
        let rows = [
            ("assets", tally.assets.to_string(), format!("{different} different, {} in all", bytes(tally.bytes))),
            ("twins", tally.twins().to_string(), "the same bytes as another: not sent again".into()),
            ("to send", bytes(tally.needed), "each content once, and every post".into()),
            ("sent", bytes(*sent), "by the outbox's ledger: TLS and headers too".into()),
            ("abroad", bytes(*abroad), format!("of {} budget and {} granted", bytes(allowed.0), bytes(allowed.1))),
            ("beside", bytes(*beside), format!("of it: TLS, headers, {} and a kill", plural(*cuts, "cut"))),
            ("sent / to send", format!("{:.3}", self.ratio()), String::new()),
            ("over the link", bytes(*carried), "counted by the simulator".into()),
            ("receipts", tally.receipts.to_string(), format!("signed by the receiver; uploads completed: {completed}")),
        ];
        let mut lines = vec![String::new()];
        for (what, number, remark) in rows {
            let number = screen.paint(Tone::Bold, &format!("{number:>10}"));
            lines.push(format!("   {what:<14}{number}   {}", screen.paint(Tone::Dim, &remark)).trim_end().to_owned());
        }
        lines
    }
}

/// Whether a file in the store has this very content.
fn holds(path: &std::path::Path, hash: &BlobHash) -> bool {
    let found = fingerprint::fingerprint(path, &|| false, &mut |_| {});
    matches!(found, Ok(Some(found)) if found.hash == *hash)
}
