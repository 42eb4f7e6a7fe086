//! What waits, gathered by its reason: why, and when it goes.

use satchel::{AssetState, Filter, Outbox, WaitReason, Wake};
use serde_json::{Value, json};

use crate::output::{bytes, plural};

/// Of a longer outbox, so many of the newest are looked at.
const MOST: usize = 5_000;

/// Assets that wait for the same.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    n: u64,
    bytes: u64,
    reason: WaitReason,
    goes: Wake,
}

/// Why the newest assets wait, the commonest reason first; and whether any of them moves, so that this is soon otherwise. Those
/// whose turn comes are not among the groups.
pub(crate) async fn gathered(outbox: &Outbox) -> satchel::Result<(Vec<Group>, bool)> {
    let mut groups: Vec<Group> = Vec::new();
    let mut moves = false;
    let (mut before, mut seen) = (None, 0);
    while seen < MOST {
        let page = outbox.list(Filter { before, limit: 1000 }).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.seq);
        seen += page.len();
        for asset in &page {
            moves |= matches!(asset.state, AssetState::Sending | AssetState::Hashing);
            let AssetState::Waiting { reason, goes } = &asset.state else { continue };
            if *reason == WaitReason::Turn {
                continue;
            }
            let (bytes, asks) = (asset.bytes.saturating_sub(asset.acknowledged), asks(reason, goes));
            match groups.iter_mut().find(|group| self::asks(&group.reason, &group.goes) == asks) {
                Some(group) => {
                    group.n += 1;
                    group.bytes += bytes;
                    // What is tried again in a group: the first of it.
                    if goes.at_utc_ms < group.goes.at_utc_ms {
                        (group.reason, group.goes) = (reason.clone(), *goes);
                    }
                }
                None => groups.push(Group { n: 1, bytes, reason: reason.clone(), goes: *goes }),
            }
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.n));
    Ok((groups, moves))
}

/// What one says of it, but for the time.
fn asks(reason: &WaitReason, goes: &Wake) -> (String, Wake) {
    (reason.words(), Wake { at_utc_ms: goes.at_utc_ms.map(|_| 0), bytes: 0, ..*goes })
}

impl Group {
    /// What is told of it, but for the time, which passes: whether there is news.
    pub(crate) fn gist(&self) -> (u64, String, Wake) {
        let (words, wake) = asks(&self.reason, &self.goes);
        (self.n, words, wake)
    }

    /// For a person.
    pub(crate) fn words(&self) -> String {
        let Self { n, bytes: left, reason, goes } = self;
        let when = reason.when(goes, &crate::times::now());
        format!("{} ({}): {}; {when}", plural(*n, "asset"), bytes(*left), reason.words())
    }

    /// For machines.
    pub(crate) fn object(&self) -> Value {
        let Self { n, bytes, reason, goes } = self;
        json!({
            "event": "waits", "assets": n, "bytes": bytes, "reason": code(reason), "words": reason.words(),
            "when": reason.when(goes, &crate::times::now()), "goes": goes,
        })
    }
}

/// A reason's name in all languages.
pub(crate) fn code(reason: &impl serde::Serialize) -> Option<String> {
    Some(serde_json::to_value(reason).ok()?.get("code")?.as_str()?.to_owned())
}
