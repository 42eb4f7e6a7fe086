//! `satchel check`: proves the outbox against its servers.

use std::process::ExitCode;

use satchel::Policy;
use serde_json::json;

use super::OutboxArg;
use super::here::LinkHere;
use super::target::{self, To};
use crate::output::{line, plural, say};
use crate::{CommandResult, DONE, PARKED, WAITS};

/// Prove the outbox against its servers.
#[derive(Debug, clap::Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// Only this one
    #[arg(long, value_name = "URL")]
    to: Option<To>,
    /// The credential, a bearer token; a paired receiver's is known
    #[arg(long, value_name = "TOKEN", env = "SATCHEL_TOKEN", hide_env_values = true)]
    token: Option<String>,
    #[command(flatten)]
    link: LinkHere,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// What a receiver has not got any more is not delivered any more, and goes again.
///
/// 0 when every delivery was confirmed, 3 when a server could not be asked, 4 when one does not have what it said.
pub(crate) async fn run(args: CheckArgs) -> CommandResult {
    let outbox = args.outbox.open_existing().await?;
    let targets = target::choose(&outbox, &args.outbox.outbox, args.to.as_ref(), args.token.as_deref()).await?;
    // A person asks; what the questions cost is counted for the link that there is.
    outbox.set_policy(Policy::over_any_link());
    args.link.tell(&outbox, &args.outbox.outbox)?;
    let mut code = DONE;
    for target in targets {
        let found = outbox.check(target).await?;
        let url = outbox.targets().await?.into_iter().find(|t| t.id == target).map(|t| t.url).unwrap_or_default();
        if args.json {
            line(
                &json!({ "target": url, "confirmed": found.confirmed, "missing": found.missing, "unknown": found.unknown }),
            );
        } else {
            say!(
                "{url}: {} confirmed, {} missing there, {} that it cannot tell",
                plural(found.confirmed, "file"),
                found.missing,
                found.unknown
            );
            if found.missing > 0 {
                let counts = outbox.counts().await?;
                if counts.waiting() > 0 {
                    say!("  `satchel sync` sends again what is missing");
                }
                if counts.needs_person() > 0 {
                    say!("  what somebody deleted there goes again after `satchel retry`; `satchel status` names it");
                }
            }
        }
        code = match (found.missing, found.unknown) {
            (1.., _) => PARKED,
            (0, 1..) => code.max(WAITS),
            // Nothing to ask for is no proof while something waits.
            (0, 0) if found.confirmed == 0 && outbox.counts().await?.waiting() > 0 => code.max(WAITS),
            (0, 0) => code,
        };
    }
    Ok(ExitCode::from(code))
}
