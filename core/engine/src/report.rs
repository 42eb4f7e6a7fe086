//! A report that a person shares when something does not go as it should. Nothing in it tells of a photo (law 9), of where it
//! was taken, of the server's address or of the networks' names: it may be read at a border.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use satchel_kernel::state::AssetState;

use crate::error::Result;
use crate::outbox::Outbox;
use crate::store::{AssetView, Filter};

/// The newest assets that are looked at for their states.
const ASSETS: u32 = 1_000;
/// Lines of the ledger, the newest.
const LEDGER: usize = 60;

impl Outbox {
    /// How this outbox stands, as text for people who know Satchel: version and system, counts, how many of the newest thousand
    /// assets are in which state and why, targets, link, power, rules, budgets, the next wake, the ledger.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn report(&self) -> Result<String> {
        let inner = &self.inner;
        let now = inner.config.clock.now();
        let mut lines = vec![
            format!("Satchel {} on {} {}", env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH),
            format!("now {} ms since 1970, zone {} min, {} ms since boot", now.utc_ms, now.zone_min, now.since_boot_ms),
            format!("opened {:?}, retold {}, saved {}", self.recovered(), self.retold(), self.saved()),
            format!("paused {}, suspended {}", self.paused().await?, inner.is_suspended()),
        ];
        let mut link = self.link();
        link.network = link.network.map(|_| "known".into());
        (link.handle, link.interface) = (None, None);
        lines.push(format!("link {} of class {:?}", json(&link), link.class()));
        lines.push(format!("power {}", json(&inner.settings.power())));
        let mut policy = inner.settings.policy();
        // Albums are called as a person calls them.
        policy.rules.iter_mut().flat_map(|rule| &mut rule.scope.albums).for_each(|album| *album = "an album".into());
        lines.push(format!("rules {}", json(&policy)));
        lines.push(format!("wake {}", json(&self.wake().await?)));
        lines.push(format!("{:?}", self.counts().await?));
        let page = self.list(Filter { before: None, limit: ASSETS }).await?;
        lines.push(format!("the newest {} assets:", page.len()));
        lines.extend(states(&page).into_iter().map(|(state, n)| format!("  {n} {state}")));
        for target in self.targets().await? {
            let mut line = format!("target {}, {}", target.id.0, if target.receiver { "receiver" } else { "tus" });
            let scheme = target.url.split_once(':').map_or("?", |(scheme, _)| scheme);
            let _ = write!(line, " by {scheme}, redaction {:?}", target.redact);
            if let Some((due, trouble)) = target.rest {
                let _ = write!(line, ", rests {} s: {}", due.remaining_ms(&now) / 1_000, trouble.words());
            }
            lines.push(line);
        }
        for (n, one) in self.budgets().await?.into_iter().enumerate() {
            let budget = &one.view.budget;
            let (left, of) = (one.view.left, budget.bytes);
            lines.push(format!(
                "budget {}, {:?}: {left} of {of} bytes left, counts now {}",
                n + 1,
                budget.period,
                one.counts_now
            ));
        }
        for grant in self.grants().await? {
            let (left, ends) = (grant.left, grant.ends_in_ms / 1_000);
            lines.push(format!("grant over {:?}: {left} bytes left, ends in {ends} s", grant.kind));
        }
        let marks = self.network_marks().await?;
        lines.push(format!("networks marked: {:?}", marks.into_iter().map(|(_, mark)| mark).collect::<Vec<_>>()));
        lines.push("ledger (day, link, target, sent, acknowledged, wasted, received):".into());
        let ledger = self.ledger().await?;
        for row in &ledger[ledger.len().saturating_sub(LEDGER)..] {
            let (sent, kept, wasted, received) = (row.sent, row.acknowledged, row.wasted, row.received);
            lines.push(format!("  {} {} {} {sent} {kept} {wasted} {received}", row.day, row.link, row.target.0));
        }
        lines.push(String::new());
        Ok(lines.join("\n"))
    }
}

/// How many are in which state, and why.
fn states(page: &[AssetView]) -> BTreeMap<String, u64> {
    let mut states = BTreeMap::new();
    for view in page {
        let state = match &view.state {
            AssetState::Waiting { reason, .. } => format!("waiting, {}", reason_code(reason)),
            AssetState::Parked { reason } => format!("parked, {}", reason_code(reason)),
            AssetState::Delivered { proof } => format!("delivered, {proof:?}"),
            other => other.name().to_owned(),
        };
        *states.entry(state).or_default() += 1;
    }
    states
}

/// The reason's name and its details, but for what a person called a budget.
fn reason_code(reason: &impl serde::Serialize) -> String {
    let mut reason = serde_json::to_value(reason).unwrap_or_default();
    if let Some(fields) = reason.as_object_mut() {
        fields.remove("budget");
    }
    reason.to_string()
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
