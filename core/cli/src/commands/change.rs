//! `satchel remove`, `retry` and `pause`.

use std::process::ExitCode;

use satchel::{AssetId, Outbox};
use serde_json::{Value, json};

use super::{OutboxArg, assets};
use crate::CommandResult;
use crate::output::{line, say};

/// Which assets.
#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    #[command(flatten)]
    outbox: OutboxArg,
    /// All of them (for `retry`: all that are parked)
    #[arg(long, conflicts_with = "assets")]
    all: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// Ids, or the beginning of one, as `satchel status` shows them
    #[arg(value_name = "ASSET", required_unless_present = "all")]
    assets: Vec<String>,
}

/// Pause, or go on.
#[derive(Debug, clap::Args)]
pub(crate) struct PauseArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// End the pause
    #[arg(long)]
    off: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

impl Which {
    async fn resolve(&self, outbox: &Outbox) -> Result<Vec<AssetId>, Box<dyn std::error::Error + Send + Sync>> {
        if self.all {
            return Ok(assets::all(outbox).await?);
        }
        assets::named(outbox, &self.assets).await
    }
}

fn tell(as_json: bool, object: Value, words: &str) {
    if as_json {
        line(&object);
    } else {
        say!("{words}");
    }
}

/// Takes assets out.
pub(crate) async fn remove(args: Which) -> CommandResult {
    let outbox = args.outbox.open_existing().await?;
    let ids = args.resolve(&outbox).await?;
    for id in &ids {
        outbox.remove(*id).await?;
    }
    tell(
        args.json,
        json!({ "event": "removed", "assets": ids }),
        &format!("{} removed; their files stay where they are", ids.len()),
    );
    Ok(ExitCode::SUCCESS)
}

/// Sets assets going again.
pub(crate) async fn retry(args: Which) -> CommandResult {
    let outbox = args.outbox.open_existing().await?;
    let ids = args.resolve(&outbox).await?;
    for id in &ids {
        outbox.retry(*id).await?;
    }
    tell(args.json, json!({ "event": "retried", "assets": ids }), "set going again; `satchel sync` sends them");
    Ok(ExitCode::SUCCESS)
}

/// Pauses the outbox.
pub(crate) async fn pause(args: PauseArgs) -> CommandResult {
    let outbox = args.outbox.open_existing().await?;
    outbox.pause(!args.off).await?;
    let words = if args.off { "going on" } else { "paused; `satchel pause --off` ends it" };
    tell(args.json, json!({ "event": "paused", "paused": !args.off }), words);
    Ok(ExitCode::SUCCESS)
}
