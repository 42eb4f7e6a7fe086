//! `satchel blocks`: what stood in a server's place.

use std::path::PathBuf;
use std::process::ExitCode;

use satchel::blocks::BlockRecord;
use satchel::kernel::health::Block;

use super::OutboxArg;
use crate::CommandResult;
use crate::output::{bytes, line, plural, say, shown};

/// Show what stood in a server's place, the last seen first; or write all of it into a file.
#[derive(Debug, clap::Args)]
pub(crate) struct BlocksArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// Write all records, with their pages, into this JSON file
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: BlocksArgs) -> CommandResult {
    let outbox = args.outbox.open_existing().await?;
    if let Some(file) = args.export {
        let count = outbox.export_blocks(&file).await?;
        say!("{} written to {}", plural(count as u64, "record"), shown(&file));
        return Ok(ExitCode::SUCCESS);
    }
    let all = outbox.blocks().await?;
    if all.is_empty() && !args.json {
        say!("nothing stood in a server's place so far");
    }
    for block in all {
        if args.json { line(&block) } else { say!("{}", text(&block)) }
    }
    Ok(ExitCode::SUCCESS)
}

fn text(block: &BlockRecord) -> String {
    let how = Block::from_name(&block.kind).map_or("this network wants you to sign in first", Block::words);
    let mut text = format!(
        "{}  {}{}\n    {how}",
        when(block),
        shown(block.endpoint.as_ref()),
        block.network.as_ref().map(|network| format!(", on \"{}\"", shown(network.as_ref()))).unwrap_or_default(),
    );
    let mut told = vec![];
    told.extend(block.status.map(|status| format!("status {status}")));
    told.extend(block.title.as_ref().map(|title| format!("\"{}\"", shown(title.as_ref()))));
    told.extend(block.location.as_ref().map(|to| format!("to {}", shown(to.as_ref()))));
    told.extend(block.issuer.as_ref().map(|issuer| format!("signed by {}", shown(issuer.as_ref()))));
    told.extend(block.certificate.as_ref().map(|hash| format!("certificate {}…", &hash[..hash.len().min(16)])));
    told.extend(block.address.as_ref().map(|address| format!("from {address}")));
    told.extend((block.page_bytes > 0).then(|| format!("{} of its page kept", bytes(block.page_bytes.into()))));
    if !told.is_empty() {
        text.push_str("\n    ");
        text.push_str(&told.join(", "));
    }
    text
}

/// First and last time, in local time, and how often.
fn when(block: &BlockRecord) -> String {
    let (first, last) = (crate::times::minute(block.first_utc_ms), crate::times::minute(block.last_utc_ms));
    match block.times {
        1 => first,
        times => format!("{first} to {last}, {times} times"),
    }
}
