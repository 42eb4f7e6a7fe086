//! `satchel target`: what servers take, and what they are not to learn.

use std::process::ExitCode;

use satchel::{Outbox, Redaction, TargetId};
use serde_json::json;

use super::OutboxArg;
use super::target::To;
use crate::CommandResult;
use crate::output::{line, say};

/// Say what a server takes, and what it is not to learn.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum TargetCommand {
    /// Keep from a server what files say: where a photo was taken, or when as well
    ///
    /// Photos then go to it without their metadata, as files of their own; the originals stay as they are. What a person
    /// said in words goes all the same. Holds for all that has not gone there yet.
    Redact(RedactArgs),
    /// Send a bare tus server press renditions too, as files of their own
    Press(PressArgs),
    /// List the servers
    List(ListArgs),
}

/// What is kept from a server.
#[derive(Debug, clap::Args)]
pub(crate) struct RedactArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// The server, as for `sync --to`
    #[arg(value_name = "URL")]
    to: To,
    /// What it is not to learn from files
    level: Level,
}

/// Whether a server gets press renditions.
#[derive(Debug, clap::Args)]
pub(crate) struct PressArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// The server, as for `sync --to`
    #[arg(value_name = "URL")]
    to: To,
    /// Whether it gets them
    press: Switch,
}

/// Which outbox.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Level {
    /// Where it was taken: files go without any metadata, posts without the file's place
    Location,
    /// Where and when: posts go without the file's time, too
    All,
    /// Nothing is kept from it
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Switch {
    On,
    Off,
}

pub(crate) async fn run(command: TargetCommand) -> CommandResult {
    match command {
        TargetCommand::Redact(RedactArgs { outbox, to, level }) => {
            let outbox = outbox.open_existing().await?;
            let target = found(&outbox, &to).await?;
            let (redact, words) = match level {
                Level::Location => (Redaction::Location, "where photos were taken is kept from it"),
                Level::All => (Redaction::All, "where and when photos were taken is kept from it"),
                Level::None => (Redaction::None, "it gets originals as they are"),
            };
            outbox.set_redaction(target, redact).await?;
            say!("from now on {words}; what it has already, it keeps");
        }
        TargetCommand::Press(PressArgs { outbox, to, press }) => {
            let outbox = outbox.open_existing().await?;
            if let To::Receiver(_) = to {
                return Err("a receiver takes press renditions anyway; this is for tus+http:// and tus+https://".into());
            }
            let target = found(&outbox, &to).await?;
            outbox.set_press(target, press == Switch::On).await?;
            say!("it {} press renditions", if press == Switch::On { "gets" } else { "gets no" });
        }
        TargetCommand::List(ListArgs { outbox, json }) => {
            for target in outbox.open_existing().await?.targets().await? {
                let kept = match target.redact {
                    Redaction::None => "",
                    Redaction::Location => ", not told where photos were taken",
                    Redaction::All => ", not told where and when photos were taken",
                };
                let kind = if target.receiver { "receiver" } else { "tus" };
                if json {
                    line(&json!({ "url": target.url, "kind": kind, "redact": target.redact }));
                } else {
                    say!("{} ({kind}{kept})", target.url);
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The target at this address. A tus endpoint may be told what to take before anything goes there.
pub(super) async fn found(outbox: &Outbox, to: &To) -> Result<TargetId, Box<dyn std::error::Error + Send + Sync>> {
    match to {
        To::Tus(url) => Ok(outbox.set_tus_target(url.clone()).await?),
        To::Receiver(url) => {
            let known = outbox.targets().await?.into_iter().find(|target| target.url == url.as_str());
            let unknown = || format!("this outbox is not paired with {url}; do so with `satchel pair CODE`");
            Ok(known.ok_or_else(unknown)?.id)
        }
    }
}
