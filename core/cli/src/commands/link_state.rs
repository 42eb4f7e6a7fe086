//! `satchel link-state`: the network changed, says a person or a script.

use std::process::ExitCode;

use serde_json::json;

use super::{OutboxArg, is_outbox};
use crate::CommandResult;
use crate::link_file;
use crate::network::{self, LinkArg};
use crate::output::{line, say};

/// What the network is.
#[derive(Debug, clap::Args)]
pub(crate) struct LinkStateArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// Say nothing of it any more
    #[arg(long, conflicts_with = "link")]
    forget: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// As for --link
    #[arg(value_name = "LINK", required_unless_present = "forget")]
    link: Option<String>,
}

/// Writes the file that a running sync watches, and that later commands read.
pub(crate) async fn run(args: LinkStateArgs) -> CommandResult {
    let folder = &args.outbox.outbox;
    if !is_outbox(folder) {
        return Err(
            format!("there is no outbox in {}; `satchel add --outbox DIR PATH…` makes one", folder.display()).into()
        );
    }
    let Some(text) = args.link else {
        link_file::remove(folder)?;
        if args.json {
            line(&json!({ "event": "link", "link": null }));
        } else {
            say!("nothing is said of the network any more; a sync that runs keeps what it has");
        }
        return Ok(ExitCode::SUCCESS);
    };
    let LinkArg(link) = text.parse()?;
    link_file::write(folder, &text)?;
    if args.json {
        line(&json!({ "event": "link", "link": link }));
    } else {
        say!("{}, says the outbox from now on", network::words(&link));
    }
    Ok(ExitCode::SUCCESS)
}
