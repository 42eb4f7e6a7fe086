//! Assets as a person names them: by an id, or the beginning of one.

use satchel::{AssetId, Filter, Outbox};

/// All of them, newest first.
pub(crate) async fn all(outbox: &Outbox) -> satchel::Result<Vec<AssetId>> {
    let mut ids = Vec::new();
    let mut before = None;
    loop {
        let page = outbox.list(Filter { before, limit: 1000 }).await?;
        let Some(last) = page.last() else { return Ok(ids) };
        before = Some(last.seq);
        ids.extend(page.iter().map(|a| a.id));
    }
}

/// Those that are named.
///
/// # Errors
/// When a text begins no asset's id, or several.
pub(crate) async fn named(
    outbox: &Outbox,
    texts: &[String],
) -> Result<Vec<AssetId>, Box<dyn std::error::Error + Send + Sync>> {
    let ids = all(outbox).await?;
    let mut chosen = Vec::new();
    for text in texts {
        let mut found = ids.iter().filter(|id| id.to_string().starts_with(&text.to_ascii_lowercase()));
        match (found.next(), found.next()) {
            (Some(id), None) => chosen.push(*id),
            (None, _) => {
                return Err(format!("there is no asset {text} in this outbox; `satchel status` lists them").into());
            }
            (Some(_), Some(_)) => {
                return Err(format!("{text} begins more than one asset's id; give more digits").into());
            }
        }
    }
    Ok(chosen)
}
