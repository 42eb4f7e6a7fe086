//! The steps about endpoints and blocks; they are listed in [`runner`](super).

use satchel_ffi::{BlockRecord, Endpoint, EndpointState, Endpoints, Satchel, SatchelError};
use serde_json::{Value, json};

use super::{Runner, text};
use crate::view;

/// The outer error is the scenario's, the inner one the API's.
type Acted = Result<Result<Value, SatchelError>, String>;

impl Runner {
    pub(super) async fn act_on_endpoints(&mut self, act: &str, outbox: &Satchel, step: &Value) -> Acted {
        Ok(match act {
            "endpoints" => {
                let endpoints = self.endpoints(step).await?;
                match target(outbox).await {
                    Ok(target) => outbox.set_endpoints(target, endpoints).await.map(|()| Value::Null),
                    Err(error) => Err(error),
                }
            }
            "ways" => {
                let at = step["at"].as_u64().and_then(|at| usize::try_from(at).ok()).unwrap_or(0);
                ways(outbox, at).await
            }
            "blocks" => blocks(outbox).await,
            "export" => {
                let file = self.folder.join("blocks.json");
                let written = outbox.export_blocks(file.to_string_lossy().into_owned()).await;
                let holds = text(step, "holds")?;
                written.map(|count| {
                    let text = std::fs::read_to_string(&file).unwrap_or_default();
                    json!({ "count": count, "held": text.contains(holds) })
                })
            }
            "neutral" => match outbox.set_neutral(step["url"].as_str().map(str::to_owned)).await {
                Ok(()) => outbox.neutral().map(|url| json!({ "url": url })),
                Err(error) => Err(error),
            },
            other => return self.act_on_rules(other, outbox, step).await,
        })
    }

    /// The stage's mirror, where the step says nothing else.
    async fn endpoints(&self, step: &Value) -> Result<Endpoints, String> {
        let texts = |of: &Value| -> Vec<String> {
            of.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let named = match step["urls"].as_array() {
            Some(urls) => urls.iter().map(|url| json!({ "url": url, "pin": step["pin"] })).collect(),
            None => vec![self.world(&json!({ "world": "mirror" })).await?],
        };
        let further = named.iter().map(|mirror| Endpoint {
            url: mirror["url"].as_str().unwrap_or_default().to_owned(),
            pin: mirror["pin"].as_str().map(str::to_owned),
            addresses: texts(&step["their_addresses"]),
        });
        let shared_store = step["shared"].as_bool().unwrap_or(false);
        Ok(Endpoints { addresses: texts(&step["addresses"]), further: further.collect(), shared_store })
    }
}

/// The one target that there is.
async fn target(outbox: &Satchel) -> Result<i64, SatchelError> {
    Ok(outbox.targets().await?.first().map_or(0, |target| target.id))
}

async fn ways(outbox: &Satchel, at: usize) -> Result<Value, SatchelError> {
    let target = target(outbox).await?;
    let all = outbox.endpoints(target).await?;
    let further = outbox.endpoints_set(target).await?.further.len();
    let Some(EndpointState { by_address, health, trouble, words, next_utc_ms, carries, .. }) = all.get(at) else {
        return Ok(json!({ "count": all.len(), "further": further }));
    };
    Ok(json!({
        "count": all.len(),
        "further": further,
        "by_address": by_address,
        "health": view::health(health),
        "by": view::block_of(health),
        "trouble": trouble.as_ref().map(view::trouble),
        "words": words,
        "rests": next_utc_ms.is_some(),
        "carries": carries,
    }))
}

async fn blocks(outbox: &Satchel) -> Result<Value, SatchelError> {
    let all = outbox.blocks().await?;
    let Some(BlockRecord { id, kind, status, title, page_bytes, times, .. }) = all.first() else {
        return Ok(json!({ "count": 0 }));
    };
    let page = outbox.block_page(*id).await?;
    let whole = page.as_ref().map_or(0, Vec::len) == *page_bytes as usize;
    Ok(json!({
        "count": all.len(),
        "kind": kind,
        "status": status,
        "title": title,
        "page": page.is_some(),
        "whole": whole,
        "again": *times > 1,
    }))
}
