//! The `satchel` command: an outbox from the terminal, a receiver, and a link that breaks on command.
//!
//! Without a command it runs the demo. Exit codes: 0 all is well (for `sync`: all delivered), 1 an error,
//! 2 wrong usage, 3 something waits, 4 something needs a person.

mod commands;
mod credentials;
mod demo;
mod link;
mod link_file;
mod network;
mod output;
mod previewer;
mod serve;
mod times;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use commands::{
    add, blocks, budget, change, check, endpoint, grant, ledger, link_state, marks, pair, policy, price, status, sync,
    targets,
};

/// An offline-first outbox for photos and videos
///
/// Queues what a camera made, knows it by its content, and gets it to a server, whole and once, through a link that
/// keeps breaking. Without a command it runs the demo.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

const EXIT_CODES: &str = "Exit codes: 0 all is well (sync: all delivered; check: all confirmed), 1 an error, 2 wrong usage; of sync and check also 3 something waits, 4 something needs a person.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Tell a day's story: off-line, roaming within a budget, a warning page, a kill, a free hotspot
    Demo(demo::DemoArgs),
    /// Add photos, videos, or folders of them
    Add(add::AddArgs),
    /// Send what waits
    Sync(sync::SyncArgs),
    /// Show what stands where, and why
    Status(status::StatusArgs),
    /// Take assets out of the outbox; their files stay
    Remove(change::Which),
    /// Set assets going again that need a person
    Retry(change::Which),
    /// Stop sending until `pause --off`
    Pause(change::PauseArgs),
    /// Say what may go over which links
    #[command(subcommand)]
    Policy(policy::PolicyCommand),
    /// Say how many bytes may go, a day or a trip
    #[command(subcommand)]
    Budget(budget::BudgetCommand),
    /// Tell what sending would cost, before a byte goes
    Price(price::PriceArgs),
    /// Let some assets go, whatever rules and budgets say
    Grant(grant::GrantArgs),
    /// Show what went over the network, by day, link and server
    Ledger(ledger::LedgerArgs),
    /// Say what a network costs
    #[command(subcommand)]
    Network(marks::NetworkCommand),
    /// Say that the network is another one now, to later commands and to a sync that runs
    LinkState(link_state::LinkStateArgs),
    /// Pair with a receiver, by the code that it shows
    Pair(pair::PairArgs),
    /// Say what a server takes, and what it is not to learn
    #[command(subcommand)]
    Target(targets::TargetCommand),
    /// Say by which other ways a server is reached
    #[command(subcommand)]
    Endpoint(endpoint::EndpointCommand),
    /// Show what stood in a server's place
    Blocks(blocks::BlocksArgs),
    /// Prove the outbox against its servers: ask each for all that was delivered
    Check(check::CheckArgs),
    /// Run a receiver, with its page
    Serve(serve::ServeArgs),
    /// Run a bad link: a proxy that is driven by typed commands
    Link(link::LinkArgs),
}

/// What a command comes to.
pub(crate) type CommandResult = Result<ExitCode, Box<dyn std::error::Error + Send + Sync>>;

/// All is well.
pub(crate) const DONE: u8 = 0;
/// Something waits, and goes on by itself at a later run.
pub(crate) const WAITS: u8 = 3;
/// Something needs a person.
pub(crate) const PARKED: u8 = 4;

fn main() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_env("SATCHEL_LOG"))
        .with_writer(std::io::stderr)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_stack_size(512 << 10)
        .enable_all()
        .build()
        .expect("a process that runs can start two threads");
    let outcome = runtime.block_on(run(cli.command.unwrap_or(Command::Demo(demo::DemoArgs::default()))));
    previewer::stop();
    // What still reads or copies in the background is not waited for: everything that matters is on the disk.
    runtime.shutdown_background();
    outcome.unwrap_or_else(|error| {
        eprintln!("satchel: {error}");
        ExitCode::FAILURE
    })
}

async fn run(command: Command) -> CommandResult {
    match command {
        Command::Demo(args) => demo::run(args).await,
        Command::Add(args) => add::run(args).await,
        Command::Sync(args) => sync::run(args).await,
        Command::Status(args) => status::run(args).await,
        Command::Remove(args) => change::remove(args).await,
        Command::Retry(args) => change::retry(args).await,
        Command::Pause(args) => change::pause(args).await,
        Command::Policy(command) => policy::run(command).await,
        Command::Budget(command) => budget::run(command).await,
        Command::Price(args) => price::run(args).await,
        Command::Grant(args) => grant::run(args).await,
        Command::Ledger(args) => ledger::run(args).await,
        Command::Network(command) => marks::run(command).await,
        Command::LinkState(args) => link_state::run(args).await,
        Command::Pair(args) => pair::run(args).await,
        Command::Target(command) => targets::run(command).await,
        Command::Endpoint(command) => endpoint::run(command).await,
        Command::Blocks(args) => blocks::run(args).await,
        Command::Check(args) => check::run(args).await,
        Command::Serve(args) => Ok(serve::run(args).await.map(|()| ExitCode::SUCCESS)?),
        Command::Link(args) => Ok(link::run(args).await.map(|()| ExitCode::SUCCESS)?),
    }
}
