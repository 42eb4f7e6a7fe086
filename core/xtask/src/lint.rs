//! `cargo xtask lint`: format, clippy, documentation, dependencies, and the project's own rules.
//!
//! A check whose tool cannot be had here is named at the end as not done. Everything else that fails, fails the lint.

mod directions;
mod links;
mod rules;
mod tools;

use crate::cache::Cache;
use crate::outcome::Outcome;
use crate::workspace::{Workspace, cargo};

/// Which checks.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only the project's own rules, which take a second.
    #[arg(long)]
    rules: bool,
}

/// What one check came to.
#[derive(Debug, PartialEq, Eq)]
enum Check {
    /// Nothing to complain of.
    Well,
    /// Something to put right; it was printed, or stands here line by line.
    Bad(Vec<String>),
    /// Could not be done here, and why.
    NotDone(String),
}

impl Check {
    fn of(complaints: Vec<String>) -> Self {
        if complaints.is_empty() { Self::Well } else { Self::Bad(complaints) }
    }
}

/// Runs them all, so that one round of repairs is enough.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Outcome, String> {
    let files = workspace.files()?;
    let mut table = Vec::new();
    let mut say = |name: &'static str, check: Check| {
        if let Check::Bad(complaints) = &check {
            complaints.iter().for_each(|complaint| println!("{complaint}"));
        }
        table.push((name, check));
    };
    say("rules", Check::of(rules::check(workspace, &files)));
    say("links", Check::of(links::check(workspace, &files)));
    say("directions", Check::of(directions::check(workspace)?));
    if !arguments.rules {
        let cache = Cache::open()?;
        let cargo_check = |words: &[&str]| tools::shown(cargo().args(words));
        say("format", cargo_check(&["fmt", "--all", "--check"])?);
        say("clippy", cargo_check(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"])?);
        say("documentation", tools::documentation()?);
        say("cargo-deny", tools::deny(workspace, &cache)?);
        say("advisories", tools::advisories(workspace, &cache)?);
        say("cargo-machete", tools::machete(workspace, &cache)?);
        say("workflows", tools::workflows(workspace, &cache, &files)?);
        say("shell", tools::shell(workspace, &files)?);
        say("javascript", tools::javascript(workspace, &files)?);
        say("go", tools::gofmt(workspace, &files)?);
        say("python", tools::python(workspace, &files)?);
    }
    println!();
    for (name, check) in &table {
        match check {
            Check::Well => println!("{name:14} well"),
            Check::Bad(_) => println!("{name:14} FAILED (see above)"),
            Check::NotDone(why) => println!("{name:14} not done: {why}"),
        }
    }
    Ok(Outcome::well_if(!table.iter().any(|(_, check)| matches!(check, Check::Bad(_)))))
}
