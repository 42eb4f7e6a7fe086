//! `satchel pair`: trust between this device and a receiver.

use std::process::ExitCode;

use satchel::kernel::protocol::pairing::PairingCode;
use satchel::pairing;
use serde_json::json;

use super::OutboxArg;
use crate::output::{line, say};
use crate::{CommandResult, credentials};

/// Pair with a receiver.
#[derive(Debug, clap::Args)]
pub(crate) struct PairArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// What this device is called at the receiver
    #[arg(long, value_name = "NAME", default_value = "laptop")]
    device: String,
    /// Under whose name its photos are shown; the device's when left out
    #[arg(long, value_name = "NAME")]
    contributor: Option<String>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// The code that `satchel serve` shows: satchel://…
    code: PairingCode,
}

/// Pairs, and keeps the token beside the outbox, readable by its owner alone.
pub(crate) async fn run(args: PairArgs) -> CommandResult {
    let outbox = args.outbox.open().await?;
    let paired = pairing::pair(&args.code, &args.device, args.contributor.as_deref()).await?;
    let again = outbox.targets().await?.iter().any(|target| target.url == paired.url.as_str());
    credentials::keep(&args.outbox.outbox, paired.url.as_str(), &paired.reply.token)?;
    outbox.set_receiver(&paired).await?;
    if args.json {
        line(
            &json!({ "event": "paired", "to": paired.url, "server": paired.reply.server, "account": paired.reply.account }),
        );
        return Ok(ExitCode::SUCCESS);
    }
    say!("paired with {}", paired.url);
    if again {
        say!(
            "it was paired before: if it is another receiver now, or knows you under another name, it is offered everything anew"
        );
    }
    say!("now: satchel sync --outbox {} --to {}", args.outbox.outbox.display(), paired.url);
    Ok(ExitCode::SUCCESS)
}
