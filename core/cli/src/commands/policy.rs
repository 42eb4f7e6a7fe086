//! `satchel policy`: the traveller's rules.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use satchel::Policy;
use satchel::kernel::policy::READY;
use serde_json::json;

use super::OutboxArg;
use crate::CommandResult;
use crate::output::{line, say, shown};

/// Say what may go over which links.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum PolicyCommand {
    /// Show the rules as a document, which `policy set` takes
    Show(ShowArgs),
    /// Keep other rules: a ready-made policy by its name, or a file
    ///
    /// They count at once, for a sync that runs too. A file is looked for where no ready-made policy has this name; - reads
    /// the standard input.
    Set(SetArgs),
    /// List the ready-made policies
    List(ListArgs),
}

/// Which outbox.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// One JSON object on one line
    #[arg(long)]
    json: bool,
}

/// Which rules.
#[derive(Debug, clap::Args)]
pub(crate) struct SetArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
    /// A ready-made policy, or a file with a policy document
    #[arg(value_name = "NAME|FILE")]
    policy: String,
}

/// How.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(command: PolicyCommand) -> CommandResult {
    match command {
        PolicyCommand::Show(ShowArgs { outbox, json }) => {
            let policy = outbox.open_existing().await?.policy();
            match (json, named(&policy)) {
                (true, name) => line(&json!({ "name": name, "policy": policy })),
                (false, Some(name)) => say!("{name}\n{}", policy.to_json()),
                (false, None) => say!("{}", policy.to_json()),
            }
        }
        PolicyCommand::Set(SetArgs { outbox, json, policy }) => {
            let policy = chosen(&policy)?;
            let outbox = outbox.open().await?;
            outbox.keep_policy(policy.clone()).await?;
            let name = named(&policy);
            if json {
                line(&json!({ "event": "policy", "name": name, "policy": policy }));
            } else {
                say!("from now on: {}", name.map_or_else(|| "the rules of this document".into(), str::to_owned));
            }
        }
        PolicyCommand::List(ListArgs { json }) => {
            for name in READY {
                if json {
                    line(&json!({ "name": name, "policy": Policy::ready(name) }));
                } else {
                    say!("{name}");
                }
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The name of a ready-made policy with these rules.
fn named(policy: &Policy) -> Option<&'static str> {
    READY.into_iter().find(|name| Policy::ready(name).is_some_and(|ready| ready == *policy))
}

fn chosen(text: &str) -> Result<Policy, String> {
    if let Some(ready) = Policy::ready(text) {
        return Ok(ready);
    }
    let path = PathBuf::from(text);
    let (name, read) = if text == "-" {
        ("the standard input".to_owned(), std::io::read_to_string(std::io::stdin()))
    } else {
        (shown(&path), read(&path))
    };
    let document = read.map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => {
            format!("{name} is neither a file nor a ready-made policy; those are \"{}\"", READY.join("\", \""))
        }
        _ => format!("{name} cannot be read: {e}"),
    })?;
    Policy::from_json(&document).map_err(|fault| format!("{name}: {fault}"))
}

/// Far more than a policy may have is not read.
fn read(path: &Path) -> std::io::Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    std::fs::File::open(path)?.take(1 << 20).read_to_string(&mut text)?;
    Ok(text)
}
