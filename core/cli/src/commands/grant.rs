//! `satchel grant`: leave for certain assets, over the link that there is, up to so many bytes, for so long.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use satchel::money::{GrantId, GrantView, Selection};
use satchel_testkit::link::parse_size;
use serde_json::{Value, json};

use super::here::LinkHere;
use super::{OutboxArg, assets, price};
use crate::CommandResult;
use crate::network::kind_words;
use crate::output::{bytes, line, plural, say, shown};
use crate::times;

/// Let some assets go, whatever rules and budgets say.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, arg_required_else_help = true)]
pub(crate) struct GrantArgs {
    #[command(subcommand)]
    command: Option<GrantCommand>,
    /// The outbox's folder
    #[arg(long, value_name = "DIR", env = "SATCHEL_OUTBOX", required = true)]
    outbox: Option<PathBuf>,
    #[command(flatten)]
    give: GiveArgs,
}

#[derive(Debug, clap::Subcommand)]
enum GrantCommand {
    /// Show the grants that hold
    Show(ShowArgs),
    /// End a grant before its time
    End(EndArgs),
}

/// What is granted.
#[derive(Debug, clap::Args)]
struct GiveArgs {
    #[command(flatten)]
    link: LinkHere,
    /// As much as it costs, for an hour, after you saw the price
    #[arg(long, conflicts_with_all = ["bytes", "lasts"])]
    now: bool,
    /// At most so many bytes, as in 20MB, billed ones like those of budgets
    #[arg(long, value_parser = parse_size, required_unless_present = "now")]
    bytes: Option<u64>,
    /// For so long, as in 30min, 1h or 2d; at most 30 days
    #[arg(long = "for", value_name = "TIME", value_parser = times::span, required_unless_present = "now")]
    lasts: Option<Duration>,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// Ids, or the beginning of one, as `satchel status` shows them
    #[arg(value_name = "ASSET", required = true)]
    assets: Vec<String>,
}

/// Which outbox.
#[derive(Debug, clap::Args)]
struct ShowArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// Which grant.
#[derive(Debug, clap::Args)]
struct EndArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// Its number, as `grant show` tells it
    number: i64,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: GrantArgs) -> CommandResult {
    match (args.command, args.outbox) {
        (Some(GrantCommand::Show(ShowArgs { outbox, json })), _) => {
            let grants = outbox.open_existing().await?.grants().await?;
            if grants.is_empty() && !json {
                say!("no grant holds");
            }
            for grant in &grants {
                if json { line(&object(grant)) } else { say!("{}", words(grant)) }
            }
        }
        (Some(GrantCommand::End(EndArgs { outbox, number, json })), _) => {
            outbox.open_existing().await?.end_grant(GrantId(number)).await?;
            if json {
                line(&json!({ "event": "ended", "grant": number }));
            } else {
                say!("grant {number} is ended");
            }
        }
        (None, Some(outbox)) => return give(&OutboxArg { outbox }, args.give).await,
        (None, None) => return Err("say which outbox: --outbox DIR".into()),
    }
    Ok(ExitCode::SUCCESS)
}

async fn give(folder: &OutboxArg, args: GiveArgs) -> CommandResult {
    let outbox = folder.open_existing().await?;
    args.link.tell(&outbox, &folder.outbox)?;
    let assets = assets::named(&outbox, &args.assets).await?;
    let number = assets.len() as u64;
    let price = outbox.price(Selection::These(assets.clone())).await?;
    if args.now && price.uploads == 0 {
        return Err("nothing of it is to be sent any more".into());
    }
    if args.json {
        line(&json!({ "event": "price", "price": price::object(&outbox, &price) }));
    } else {
        price::lines(&outbox, &price).iter().for_each(|line| say!("{line}"));
    }
    let given = match args.bytes.zip(args.lasts) {
        Some((bytes, lasts)) => outbox.grant(assets, bytes, lasts).await?,
        None if !args.yes && !asked()? => {
            say!("nothing was granted");
            return Ok(ExitCode::FAILURE);
        }
        None => outbox.send_now(assets).await?.0,
    };
    let grants = outbox.grants().await?;
    let Some(grant) = grants.iter().find(|grant| grant.id == given) else {
        return Err("the grant is over already".into());
    };
    if args.json {
        line(&object(grant));
    } else {
        say!("{}, for {}", words(grant), plural(number, "asset"));
        if args.bytes.is_some_and(|bytes| bytes < price.bytes) {
            say!("that is less than the price: what it is too little for waits");
        }
        say!("`satchel sync` sends now; one that runs over this link hears of it");
    }
    Ok(ExitCode::SUCCESS)
}

/// A person's yes.
///
/// # Errors
/// When there is nobody to ask.
fn asked() -> Result<bool, String> {
    if !std::io::stdin().is_terminal() {
        return Err("this costs: there is no terminal to ask on, so say --yes".into());
    }
    eprint!("send it now? y/n ");
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).map_err(|e| format!("the answer cannot be read: {e}"))?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// One grant for a person.
pub(crate) fn words(grant: &GrantView) -> String {
    let network = grant.network.as_ref().map(|id| format!(" (\"{}\")", shown(id.as_ref()))).unwrap_or_default();
    format!(
        "grant {}: {} left over {}{network}, for {} more",
        grant.id,
        bytes(grant.left),
        kind_words(grant.kind),
        times::how_long(grant.ends_in_ms)
    )
}

/// One grant for machines.
pub(crate) fn object(grant: &GrantView) -> Value {
    json!({
        "grant": grant.id, "kind": grant.kind, "network": grant.network, "left": grant.left,
        "ends_in_ms": grant.ends_in_ms, "words": words(grant),
    })
}
