//! `satchel network`: a person's word about a network, which counts for more than the system's.

use std::process::ExitCode;

use satchel::Mark;
use serde_json::json;

use super::OutboxArg;
use crate::CommandResult;
use crate::output::{line, say, shown};

/// Say what a network costs.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum NetworkCommand {
    /// Remember that a network costs, or that it does not
    ///
    /// It counts whatever --link and the system say of it, from now on, for a sync that runs too.
    Mark(MarkArgs),
    /// Show what was said of networks
    Show(ShowArgs),
}

/// What is said.
#[derive(Debug, clap::Args)]
pub(crate) struct MarkArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// The network, by the id that --link gives it
    id: String,
    /// What it is
    word: Word,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// Which outbox.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Word {
    /// It costs: a hotel's Wi-Fi by the megabyte
    Metered,
    /// It costs nothing: the hotspot that somebody else pays
    Free,
    /// Nothing was said of it
    Forget,
}

pub(crate) async fn run(command: NetworkCommand) -> CommandResult {
    match command {
        NetworkCommand::Mark(MarkArgs { outbox, id, word, json }) => {
            let mark = match word {
                Word::Metered => Some(Mark::Metered),
                Word::Free => Some(Mark::Free),
                Word::Forget => None,
            };
            outbox.open().await?.mark_network(&id, mark).await?;
            if json {
                line(&json!({ "event": "marked", "network": id, "mark": mark }));
            } else {
                say!("{}", words(&id, mark));
            }
        }
        NetworkCommand::Show(ShowArgs { outbox, json }) => {
            let marks = outbox.open_existing().await?.network_marks().await?;
            if marks.is_empty() && !json {
                say!("nothing was said of networks; `satchel network mark ID metered` does");
            }
            for (id, mark) in marks {
                if json {
                    line(&json!({ "network": id, "mark": mark }));
                } else {
                    say!("{}", words(&id, Some(mark)));
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn words(id: &str, mark: Option<Mark>) -> String {
    let id = shown(id.as_ref());
    match mark {
        Some(Mark::Metered) => format!("\"{id}\" costs"),
        Some(Mark::Free) => format!("\"{id}\" costs nothing"),
        None => format!("of \"{id}\" nothing is remembered"),
    }
}
