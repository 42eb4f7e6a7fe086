//! `satchel endpoint`: the ways to a server, and how they fare.

use std::net::IpAddr;
use std::process::ExitCode;

use satchel::endpoints::{Endpoint, Endpoints};
use satchel::{Outbox, TargetId};
use serde_json::json;
use url::Url;

use super::OutboxArg;
use super::target::To;
use super::targets::found;
use crate::CommandResult;
use crate::output::{line, say};

/// Say by which other ways a server is reached.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum EndpointCommand {
    /// Name a further address of a server, tried after those that there are; or change one
    ///
    /// With the server's own address and --address it says where that one is reached when its name is not answered, or is
    /// answered wrongly.
    Add(AddArgs),
    /// Forget a further address of a server
    Remove(RemoveArgs),
    /// Say whether all addresses of a server lead to the same uploads
    ///
    /// If so, an upload that was begun at one goes on at another. If not, it stays where bytes of it were sent; a receiver
    /// is asked first, and gets it anew if it does not have it.
    Store(StoreArgs),
    /// Set an address that nobody has a reason to block, to tell a block from a network that leads nowhere
    ///
    /// Over https whoever proves to be it will do; over http it must answer with an empty 204.
    Neutral(NeutralArgs),
    /// List the ways to the servers, and how they fare here
    List(ListArgs),
}

/// A further address.
#[derive(Debug, clap::Args)]
pub(crate) struct AddArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// The server, as for `sync --to`
    #[arg(value_name = "SERVER")]
    to: To,
    /// Its further address; for a tus server, where it creates uploads
    url: Url,
    /// The key of its certificate, as a pairing code holds it (pin=…); a receiver's own, if left out
    #[arg(long)]
    pin: Option<String>,
    /// An IP address where it is reached whatever its name is answered with; may be given again
    #[arg(long = "address", value_name = "IP")]
    addresses: Vec<IpAddr>,
}

/// Which one.
#[derive(Debug, clap::Args)]
pub(crate) struct RemoveArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// The server, as for `sync --to`
    #[arg(value_name = "SERVER")]
    to: To,
    /// The address that is forgotten
    url: Url,
}

/// Whether.
#[derive(Debug, clap::Args)]
pub(crate) struct StoreArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// The server, as for `sync --to`
    #[arg(value_name = "SERVER")]
    to: To,
    /// Whether they do
    store: StoreWord,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum StoreWord {
    /// All lead to the same uploads
    Shared,
    /// Each has uploads of its own
    Own,
}

/// Which address.
#[derive(Debug, clap::Args)]
pub(crate) struct NeutralArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// The address; none is asked any more if left out
    url: Option<Url>,
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

pub(crate) async fn run(command: EndpointCommand) -> CommandResult {
    match command {
        EndpointCommand::Add(args) => add(args).await?,
        EndpointCommand::Remove(RemoveArgs { outbox, to, url }) => {
            let outbox = outbox.open_existing().await?;
            let (target, mut endpoints) = set(&outbox, &to).await?;
            let before = endpoints.further.len();
            endpoints.further.retain(|endpoint| endpoint.url != url);
            if endpoints.further.len() == before {
                return Err(
                    format!("{url} is none of its further addresses; `satchel endpoint list` shows them").into()
                );
            }
            outbox.set_endpoints(target, endpoints).await?;
            say!("it is not reached by {url} any more");
        }
        EndpointCommand::Store(StoreArgs { outbox, to, store }) => {
            let outbox = outbox.open_existing().await?;
            let (target, endpoints) = set(&outbox, &to).await?;
            let shared_store = store == StoreWord::Shared;
            outbox.set_endpoints(target, Endpoints { shared_store, ..endpoints }).await?;
            say!(
                "{}",
                if shared_store {
                    "all its addresses lead to the same uploads"
                } else {
                    "each address has uploads of its own"
                }
            );
        }
        EndpointCommand::Neutral(NeutralArgs { outbox, url }) => {
            outbox.open().await?.set_neutral(url.clone()).await?;
            match url {
                Some(url) => say!("{url} is asked where a server does not answer"),
                None => say!("no neutral address is asked"),
            }
        }
        EndpointCommand::List(ListArgs { outbox, json }) => list(&outbox.open_existing().await?, json).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn add(
    AddArgs { outbox, to, url, pin, addresses }: AddArgs,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let outbox = outbox.open_existing().await?;
    let (target, mut endpoints) = set(&outbox, &to).await?;
    let (To::Receiver(own) | To::Tus(own)) = &to;
    let is_receiver = matches!(to, To::Receiver(_));
    if is_receiver && url.scheme() != "https" {
        return Err("a receiver is reached by https only; give its further address as https://HOST:PORT/".into());
    }
    if *own == url {
        if pin.is_some() {
            return Err("its own key was pinned when it was paired; --pin is for further addresses".into());
        }
        endpoints.addresses = addresses;
        say!(
            "{}",
            if endpoints.addresses.is_empty() {
                "it is reached by its name alone"
            } else {
                "it is reached there when its name fails"
            }
        );
    } else {
        // The same receiver behind another address has the same key.
        let pin = match (pin, is_receiver) {
            (None, true) => outbox.pin(target).await?,
            (pin, _) => pin,
        };
        endpoints.further.retain(|endpoint| endpoint.url != url);
        say!("it is tried by {url} as well");
        endpoints.further.push(Endpoint { url, pin, addresses });
    }
    outbox.set_endpoints(target, endpoints).await?;
    Ok(())
}

async fn set(outbox: &Outbox, to: &To) -> Result<(TargetId, Endpoints), Box<dyn std::error::Error + Send + Sync>> {
    let target = found(outbox, to).await?;
    Ok((target, outbox.endpoints_set(target).await?))
}

async fn list(outbox: &Outbox, json: bool) -> Result<(), satchel::Error> {
    for target in outbox.targets().await? {
        let shared = outbox.endpoints_set(target.id).await?.shared_store;
        if !json {
            say!("{}{}", target.url, if shared { " (its addresses share their uploads)" } else { "" });
        }
        for way in outbox.endpoints(target.id).await? {
            if json {
                line(&json!({
                    "target": target.url, "url": way.url, "by_address": way.by_address, "health": way.health.name(),
                    "trouble": way.trouble, "words": way.words(), "since_utc_ms": way.since_utc_ms,
                    "next_utc_ms": way.next_utc_ms, "carries": way.carries,
                }));
                continue;
            }
            let by = if way.by_address { " by its IP address" } else { "" };
            let carries = if way.carries { "*" } else { " " };
            let now = crate::times::now().utc_ms;
            let next = way.next_utc_ms.map(|at| format!("; asked again {}", crate::output::wait(at - now)));
            say!("{carries} {}{by}: {}{}", way.url, way.words(), next.unwrap_or_default());
        }
    }
    Ok(())
}
