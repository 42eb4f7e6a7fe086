//! `satchel ledger`: what went over the network, for ever, by day, link and server.

use std::process::ExitCode;

use satchel::LedgerRow;
use serde_json::json;

use super::OutboxArg;
use crate::CommandResult;
use crate::output::{bytes, line, say};
use crate::times;

/// Which outbox.
#[derive(Debug, clap::Args)]
pub(crate) struct LedgerArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: LedgerArgs) -> CommandResult {
    let outbox = args.outbox.open_existing().await?;
    let (ledger, targets) = (outbox.ledger().await?, outbox.targets().await?);
    if ledger.is_empty() && !args.json {
        say!("nothing went over the network yet");
        return Ok(ExitCode::SUCCESS);
    }
    if !args.json {
        say!("{:<10}  {:<9}  {:>9}  {:>9}  {:>9}  {:>9}  server", "day", "link", "sent", "kept", "wasted", "received");
    }
    for row in &ledger {
        let url = targets.iter().find(|target| target.id == row.target).map_or("", |target| target.url.as_str());
        let LedgerRow { day, link, sent, acknowledged, wasted, received, .. } = row;
        let day = times::day_since_1970(*day);
        if args.json {
            line(&json!({
                "day": day, "link": link, "target": url, "sent": sent, "acknowledged": acknowledged, "wasted": wasted,
                "received": received,
            }));
        } else {
            let sign = if *wasted < 0 { "-" } else { "" };
            let wasted = format!("{sign}{}", bytes(wasted.unsigned_abs()));
            let (sent, kept, received) = (bytes(*sent), bytes(*acknowledged), bytes(*received));
            say!("{day:<10}  {link:<9}  {sent:>9}  {kept:>9}  {wasted:>9}  {received:>9}  {url}");
        }
    }
    if !args.json {
        say!("sent and received: all that passed the socket, TLS and headers too; kept: of photos, videos and posts");
    }
    Ok(ExitCode::SUCCESS)
}
