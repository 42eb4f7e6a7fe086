//! The steps about rules, networks and money; they are listed in [`runner`](super).

use std::time::Duration;

use satchel_ffi::{
    Budget, Covers, Link, LinkClass, LinkKind, Mark, Period, Policy, Power, Price, Redaction, RunReport, Satchel,
    SatchelError,
};
use serde_json::{Value, json};

use super::{Runner, text};
use crate::view;

/// The outer error is the scenario's, the inner one the API's.
type Acted = Result<Result<Value, SatchelError>, String>;

impl Runner {
    pub(super) async fn act_on_rules(&mut self, act: &str, outbox: &Satchel, step: &Value) -> Acted {
        Ok(match act {
            "policy" => set_policy(outbox, step).await,
            "link" => outbox.set_link(link(step)?).map(|()| Value::Null),
            "network" => outbox.link().map(
                |link| json!({ "kind": view::link_kind(&link.kind), "metered": link.metered, "roaming": link.roaming }),
            ),
            "mark" => marked(outbox, text(step, "network")?, step["mark"].as_str()).await,
            "power" => {
                let charging = step["charging"].as_bool();
                outbox.set_power(Power { charging, battery_percent: None, power_save: None }).map(|()| Value::Null)
            }
            "budget" => outbox.set_budget(budget(step)?).await.map(|()| Value::Null),
            "remove_budget" => outbox.remove_budget(text(step, "name")?.into()).await.map(|()| Value::Null),
            "budgets" => budgets(outbox, text(step, "name")?).await,
            "price" => {
                let assets = step["assets"].as_array().map(|names| self.assets(names));
                outbox.price(assets).await.map(|found| price(&found))
            }
            "grant" => {
                let assets = step["assets"].as_array().map(|names| self.assets(names)).unwrap_or_default();
                let bytes = step["bytes"].as_u64().ok_or("the step lacks \"bytes\"")?;
                outbox.grant(assets, bytes, 3_600_000).await.map(|_| Value::Null)
            }
            "send_now" => {
                let assets = step["assets"].as_array().map(|names| self.assets(names)).unwrap_or_default();
                outbox.send_now(assets).await.map(|now| price(&now.price))
            }
            "grants" => outbox.grants().await.map(|all| {
                let kind = all.first().map(|grant| view::link_kind(&grant.kind).to_owned());
                json!({ "count": all.len(), "kind": kind })
            }),
            "end_grants" => end_grants(outbox).await,
            "ledger" => ledger(outbox, text(step, "link")?).await,
            "redact" => redact(outbox, text(step, "redact")?).await,
            other => return Err(format!("a runner knows no step \"{other}\"")),
        })
    }

    fn assets(&self, names: &[Value]) -> Vec<String> {
        let known = |name: &Value| {
            let name = name.as_str().unwrap_or_default();
            self.notes.assets.get(name).cloned().unwrap_or_else(|| name.to_owned())
        };
        names.iter().map(known).collect()
    }
}

/// As a step names a policy: `any`, `kept` (none is given), the name of a ready-made one, or a document.
pub(super) fn policy(named: &Value) -> Result<Option<Policy>, SatchelError> {
    match named.as_str() {
        None if named.is_null() => Ok(Some(satchel_ffi::policy_over_any_link())),
        None => satchel_ffi::policy_from_json(named.to_string()).map(Some),
        Some("any") => Ok(Some(satchel_ffi::policy_over_any_link())),
        Some("kept") => Ok(None),
        Some(name) => Ok(satchel_ffi::ready_policy(name.into())),
    }
}

async fn set_policy(outbox: &Satchel, step: &Value) -> Result<Value, SatchelError> {
    let named = step.get("policy").map(policy).transpose()?.flatten();
    match named {
        Some(policy) if step["keep"] == true => outbox.keep_policy(policy).await?,
        Some(policy) => outbox.set_policy(policy)?,
        None => {}
    }
    let document = satchel_ffi::policy_to_json(outbox.policy()?)?;
    Ok(serde_json::from_str(&document).unwrap_or_default())
}

fn link(step: &Value) -> Result<Link, String> {
    let (kind, metered) = match text(step, "link")? {
        "wifi" => (LinkKind::Wifi, Some(false)),
        "cellular" => (LinkKind::Cellular, Some(true)),
        "mobile" => (LinkKind::Cellular, None),
        "none" => (LinkKind::None, None),
        "unknown" => (LinkKind::Unknown, None),
        other => return Err(format!("a scenario knows no link \"{other}\"")),
    };
    Ok(Link {
        kind,
        metered,
        roaming: metered.map(|_| step["roaming"] == true),
        constrained: step["constrained"].as_bool(),
        temporarily_unmetered: step["free_for_now"].as_bool(),
        validated: None,
        captive: step["captive"].as_bool(),
        network: step["network"].as_str().map(str::to_owned),
        bytes_per_second: step["rate"].as_u64(),
        interface: None,
        handle: None,
    })
}

/// All that was said of networks, after this.
async fn marked(outbox: &Satchel, network: &str, mark: Option<&str>) -> Result<Value, SatchelError> {
    let mark = match mark {
        Some("metered") => Some(Mark::Metered),
        Some("free") => Some(Mark::Free),
        _ => None,
    };
    outbox.mark_network(network.to_owned(), mark).await?;
    let named = |mark| match mark {
        Mark::Metered => "metered",
        Mark::Free => "free",
    };
    let marks = outbox.network_marks().await?;
    Ok(marks.into_iter().map(|told| (told.network, json!(named(told.mark)))).collect())
}

fn budget(step: &Value) -> Result<Budget, String> {
    let covers = match (step["network"].as_str(), step["class"].as_str()) {
        (Some(id), _) => Covers::Network { id: id.into() },
        (None, Some("roaming")) => Covers::Class { class: LinkClass::Roaming },
        (None, Some("metered")) => Covers::Class { class: LinkClass::Metered },
        _ => return Err("a budget is for a \"network\" or a \"class\"".into()),
    };
    let period = match step["trip"].as_array().map(Vec::as_slice) {
        Some([from, to]) => {
            let at = |value: &Value| value.as_i64().ok_or("a trip goes from one instant to another, in milliseconds");
            Period::Trip { from_utc_ms: at(from)?, to_utc_ms: at(to)? }
        }
        _ => Period::Day,
    };
    let bytes = step["bytes"].as_u64().ok_or("the step lacks \"bytes\"")?;
    Ok(Budget { name: text(step, "name")?.into(), covers, bytes, period })
}

async fn budgets(outbox: &Satchel, name: &str) -> Result<Value, SatchelError> {
    let all = outbox.budgets().await?;
    let Some(one) = all.iter().find(|one| one.budget.name == name) else { return Ok(json!({ "count": all.len() })) };
    Ok(json!({
        "count": all.len(),
        "bytes": one.budget.bytes,
        "used": one.left < one.budget.bytes,
        "refills": one.refills_in_ms.is_some_and(|ms| ms <= 44 * 3_600_000),
        "counts_now": one.counts_now,
    }))
}

/// What is measured is only told as being there.
fn price(price: &Price) -> Value {
    let share = price.budgets.first();
    json!({
        "uploads": price.uploads,
        "payload_bytes": price.payload_bytes,
        "more": price.bytes > price.payload_bytes,
        "timed": price.takes_ms.is_some_and(|ms| Duration::from_millis(ms) > Duration::ZERO),
        "budget": share.map(|share| &share.name),
        "shared": share.is_some_and(|share| share.percent.is_some()),
        "never": share.map(|share| share.never),
    })
}

async fn end_grants(outbox: &Satchel) -> Result<Value, SatchelError> {
    for grant in outbox.grants().await? {
        outbox.end_grant(grant.id).await?;
    }
    Ok(Value::Null)
}

/// What went over links of a class.
async fn ledger(outbox: &Satchel, class: &str) -> Result<Value, SatchelError> {
    let rows: Vec<_> = outbox.ledger().await?.into_iter().filter(|row| row.link == class).collect();
    let sum = |of: fn(&satchel_ffi::LedgerRow) -> u64| rows.iter().map(of).sum::<u64>();
    let (sent, acknowledged) = (sum(|row| row.sent), sum(|row| row.acknowledged));
    Ok(json!({
        "acknowledged": acknowledged,
        "sent_more": sent > acknowledged,
        "wasted": rows.iter().map(|row| row.wasted).sum::<i64>(),
        "received": sum(|row| row.received) > 0,
    }))
}

/// Of all targets; what the first of them then says.
async fn redact(outbox: &Satchel, redact: &str) -> Result<Value, SatchelError> {
    let wanted = match redact {
        "all" => Redaction::All,
        "location" => Redaction::Location,
        _ => Redaction::None,
    };
    for target in outbox.targets().await? {
        outbox.set_redaction(target.id, wanted).await?;
    }
    let told = outbox.targets().await?.first().map(|target| match target.redact {
        Redaction::None => "none",
        Redaction::Location => "location",
        Redaction::All => "all",
    });
    Ok(json!(told))
}

/// The counts, and when to run next.
pub(super) fn report(report: &RunReport) -> Value {
    let mut seen = view::counts(&report.counts);
    if let (Value::Object(seen), Value::Object(wake)) = (&mut seen, view::wake(&report.wake)) {
        seen.extend(wake);
        seen.insert("stopped".into(), report.stopped.into());
    }
    seen
}
