//! `satchel budget`: bytes that are allowed, by class of links or network, a day or a trip.

use std::process::ExitCode;

use chrono::NaiveDate;
use satchel::LinkClass;
use satchel::kernel::planner::clock;
use satchel::money::{Budget, BudgetState, Covers, Period};
use satchel_testkit::link::parse_size;
use serde_json::{Value, json};

use super::OutboxArg;
use crate::CommandResult;
use crate::network::class_words;
use crate::output::{bytes, line, say, shown};
use crate::times;

/// Say how many bytes may go.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum BudgetCommand {
    /// Set a budget, or change the one of this name; what was spent of it stays spent
    ///
    /// What counts are bytes as an operator bills them: of both directions, with TLS, headers, what is sent again, and an
    /// allowance for TCP/IP. A budget limits whatever the rules allow; rules may also send only within one.
    Set(SetArgs),
    /// Show the budgets, and what they have left
    Show(ShowArgs),
    /// Forget a budget
    Remove(RemoveArgs),
}

/// A budget.
#[derive(Debug, clap::Args)]
pub(crate) struct SetArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// What you call it
    name: String,
    /// How many bytes, as in 20MB
    #[arg(value_parser = parse_size)]
    bytes: u64,
    /// Over which links it counts
    #[arg(long, value_enum, required_unless_present = "network", conflicts_with = "network")]
    over: Option<Class>,
    /// Over which network, by the id that --link gives it
    #[arg(long, value_name = "ID")]
    network: Option<String>,
    /// Each day anew, from local midnight on; so it is without --from
    #[arg(long, conflicts_with_all = ["from", "to"])]
    day: bool,
    /// Once, from this day on, as in 2026-11-21
    #[arg(long, value_name = "DAY", value_parser = times::day, requires = "to")]
    from: Option<NaiveDate>,
    /// Until this day, which is the last
    #[arg(long, value_name = "DAY", value_parser = times::day, requires = "from")]
    to: Option<NaiveDate>,
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

/// Which budget.
#[derive(Debug, clap::Args)]
pub(crate) struct RemoveArgs {
    #[command(flatten)]
    outbox: OutboxArg,
    /// As you called it
    name: String,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Class {
    /// Links that cost, and those of which nobody knows
    Metered,
    /// Links abroad
    Roaming,
    /// Links that cost nothing
    Unmetered,
    /// Links of which nobody knows whether they cost
    Unknown,
}

impl From<Class> for LinkClass {
    fn from(class: Class) -> Self {
        match class {
            Class::Metered => Self::Metered,
            Class::Roaming => Self::Roaming,
            Class::Unmetered => Self::Unmetered,
            Class::Unknown => Self::Unknown,
        }
    }
}

pub(crate) async fn run(command: BudgetCommand) -> CommandResult {
    match command {
        BudgetCommand::Set(args) => {
            let (budget, folder, json) = (args.budget()?, args.outbox, args.json);
            let outbox = folder.open().await?;
            let name = budget.name.clone();
            outbox.set_budget(budget).await?;
            for state in outbox.budgets().await?.iter().filter(|state| state.view.budget.name == name) {
                if json { line(&object(state)) } else { say!("{}", words(state)) }
            }
        }
        BudgetCommand::Show(ShowArgs { outbox, json }) => {
            let budgets = outbox.open_existing().await?.budgets().await?;
            if budgets.is_empty() && !json {
                say!("there is none; `satchel budget set NAME BYTES --over metered` sets one");
            }
            for state in &budgets {
                if json { line(&object(state)) } else { say!("{}", words(state)) }
            }
        }
        BudgetCommand::Remove(RemoveArgs { outbox, name, json }) => {
            outbox.open_existing().await?.remove_budget(&name).await?;
            if json {
                line(&json!({ "event": "removed", "budget": name }));
            } else {
                say!("forgotten; rules that send only within a budget wait now where no other covers the link");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl SetArgs {
    fn budget(&self) -> Result<Budget, String> {
        let covers = match (&self.network, self.over) {
            (Some(id), _) => Covers::Network(id.clone()),
            (None, Some(class)) => Covers::Class(class.into()),
            (None, None) => return Err("say what it counts: --over metered, or --network ID".into()),
        };
        let period = match self.from.zip(self.to) {
            None => Period::Day,
            Some((from, to)) => {
                let after = to.succ_opt().and_then(times::begins_utc_ms);
                let (from_utc_ms, to_utc_ms) =
                    times::begins_utc_ms(from).zip(after).ok_or("these days are too far away")?;
                Period::Trip { from_utc_ms, to_utc_ms }
            }
        };
        Ok(Budget { name: self.name.clone(), covers, bytes: self.bytes, period })
    }
}

/// One budget for a person: `"trip", roaming: 3.2 MB left of 20 MB; a new one after midnight`.
pub(crate) fn words(state: &BudgetState) -> String {
    let BudgetState { view, counts_now } = state;
    let Budget { name, covers, bytes: all, period } = &view.budget;
    let covers = match covers {
        Covers::Class(LinkClass::Metered) => "links that cost".to_owned(),
        Covers::Class(class) => class_words(*class).to_owned(),
        Covers::Network(id) => format!("network \"{}\"", shown(id.as_ref())),
    };
    let left = format!("{} left of {}", bytes(view.left), bytes(*all));
    let when = match (period, view.refills_in_ms) {
        (Period::Day, None) => " a day".into(),
        (Period::Day, Some(ms)) => {
            let now = crate::times::now();
            format!(" a day; a new one {}", clock(now.utc_ms.saturating_add_unsigned(ms), &now))
        }
        (Period::Trip { from_utc_ms, to_utc_ms }, _) => {
            let (from, to) = (times::day_of(*from_utc_ms), times::day_of(to_utc_ms.saturating_sub(1)));
            let not = if *counts_now { "" } else { "; it does not count now" };
            format!(" from {from} to {to}{not}")
        }
    };
    format!("budget \"{}\", {covers}: {left}{when}", shown(name.as_ref()))
}

/// One budget for machines.
pub(crate) fn object(state: &BudgetState) -> Value {
    let BudgetState { view, counts_now } = state;
    let Budget { name, covers, bytes, period } = &view.budget;
    json!({
        "budget": name, "covers": covers, "bytes": bytes, "period": period, "left": view.left,
        "refills_in_ms": view.refills_in_ms, "counts_now": counts_now, "words": words(state),
    })
}
