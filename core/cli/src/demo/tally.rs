//! What the outbox itself says of its assets, added up.

use std::collections::{BTreeMap, HashSet};

use satchel::kernel::protocol::post::Rendition;
use satchel::{AssetState, AssetView, BlobHash, Filter, Outbox, Proof};

/// All assets, added up.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub(super) assets: u64,
    /// Bytes of all files, twins included.
    pub(super) bytes: u64,
    /// Different contents.
    pub(super) blobs: HashSet<BlobHash>,
    /// Bytes of the different contents, and of every post.
    pub(super) needed: u64,
    /// Bytes of the different contents alone.
    pub(super) blob_bytes: u64,
    pub(super) delivered: u64,
    /// Bytes of different contents that are there.
    pub(super) delivered_bytes: u64,
    /// Assets whose original is covered by a verified receipt that is stored.
    pub(super) receipts: u64,
    /// Why the others wait and when they go, in words, and how many for each reason.
    pub(super) waits: BTreeMap<String, u64>,
    /// Names of those that need a person, with the reason.
    pub(super) parked: Vec<(String, String)>,
}

impl Tally {
    /// Goes through all of them, a page at a time.
    pub(super) async fn of(outbox: &Outbox) -> satchel::Result<Self> {
        let mut tally = Self::default();
        let mut before = None;
        loop {
            let page = outbox.list(Filter { before, limit: 1000 }).await?;
            let Some(last) = page.last() else { return Ok(tally) };
            before = Some(last.seq);
            page.iter().for_each(|asset| tally.add(asset));
        }
    }

    fn add(&mut self, asset: &AssetView) {
        self.assets += 1;
        self.bytes += asset.bytes;
        let new = asset.hash.is_some_and(|hash| self.blobs.insert(hash));
        if new {
            self.blob_bytes += asset.bytes;
        }
        for delivery in &asset.deliveries {
            let original = delivery.rendition == Rendition::Original;
            // A post is the asset's own; an original is shared with its twins.
            if new || !original {
                self.needed += delivery.bytes;
            }
            if original {
                let there = matches!(delivery.state, AssetState::Delivered { .. });
                self.delivered_bytes += if new && there { delivery.bytes } else { 0 };
                let proven = matches!(delivery.state, AssetState::Delivered { proof: Proof::Receipt });
                self.receipts += u64::from(proven && delivery.receipt);
            }
        }
        match &asset.state {
            AssetState::Delivered { .. } => self.delivered += 1,
            AssetState::Waiting { reason, goes } => {
                let when = reason.when(goes, &crate::times::now());
                *self.waits.entry(format!("{}; {when}", reason.words())).or_default() += 1;
            }
            AssetState::Parked { reason } => self.parked.push((asset.name.clone(), reason.words())),
            AssetState::Accepted => *self.waits.entry("not read yet".into()).or_default() += 1,
            AssetState::Hashing | AssetState::Sending | AssetState::Removed => {}
        }
    }

    /// Assets with a content that another one has too.
    pub(super) fn twins(&self) -> u64 {
        self.assets.saturating_sub(self.blobs.len() as u64)
    }

    /// The reason that most of those that wait have.
    pub(super) fn main_wait(&self) -> Option<(u64, String)> {
        self.waits.iter().max_by_key(|(_, n)| **n).map(|(why, n)| (*n, why.clone()))
    }
}
