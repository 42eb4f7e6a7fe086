//! `cargo xtask lint`: format, clippy, documentation, dependencies, and the project's own rules.
//!
//! A check whose tool cannot be had here is named at the end as not done. Everything else that fails, fails the lint.

mod directions;
pub(crate) mod languages;
mod links;
mod rules;
mod tools;

use languages::Do;

use crate::cache::Cache;
use crate::outcome::Outcome;
use crate::workspace::{Workspace, cargo};

/// Which checks.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only the project's own rules, which take a second.
    #[arg(long)]
    rules: bool,
    /// Only the checks of this name, as the table at the end has it; may be given again.
    #[arg(long, value_name = "CHECK")]
    only: Vec<String>,
}

/// What one check came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Check {
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
    let cache = Cache::open()?;
    let cargo_check = |words: &[&str]| tools::shown(cargo().args(words));
    type Named<'a> = (&'static str, Box<dyn Fn() -> Result<Check, String> + 'a>);
    let own: Vec<Named<'_>> = vec![
        ("rules", Box::new(|| Ok(Check::of(rules::check(workspace, &files))))),
        ("links", Box::new(|| Ok(Check::of(links::check(workspace, &files))))),
        ("directions", Box::new(|| Ok(Check::of(directions::check(workspace)?)))),
    ];
    let others: Vec<Named<'_>> = vec![
        ("format", Box::new(|| cargo_check(&["fmt", "--all", "--check"]))),
        (
            "clippy",
            Box::new(|| {
                let what = ["clippy", "--workspace", "--all-targets", "--features", "satchel-cli/bench"];
                cargo_check(&[&what[..], &["--quiet", "--", "-D", "warnings"]].concat())
            }),
        ),
        ("documentation", Box::new(tools::documentation)),
        ("cargo-deny", Box::new(|| tools::deny(workspace, &cache))),
        ("advisories", Box::new(|| tools::advisories(workspace, &cache))),
        ("cargo-machete", Box::new(|| tools::machete(workspace, &cache))),
        ("workflows", Box::new(|| tools::workflows(workspace, &cache, &files))),
        ("shell", Box::new(|| tools::shell(workspace, &files))),
        ("javascript", Box::new(|| tools::javascript(workspace, &files))),
        ("go", Box::new(|| tools::gofmt(workspace, &files))),
        ("python", Box::new(|| tools::python(workspace, &files))),
        ("kotlin", Box::new(|| languages::kotlin(workspace, &cache, &files, Do::Check))),
        ("swift", Box::new(|| languages::swift(workspace, &cache, &files, Do::Check))),
    ];
    let wanted = |name: &str| arguments.only.is_empty() || arguments.only.iter().any(|only| only == name);
    let others = others.into_iter().filter(|_| !arguments.rules);
    let mut table = Vec::new();
    for (name, check) in own.into_iter().chain(others).filter(|(name, _)| wanted(name)) {
        let check = check()?;
        if let Check::Bad(complaints) = &check {
            complaints.iter().for_each(|complaint| println!("{complaint}"));
        }
        table.push((name, check));
    }
    if table.is_empty() {
        return Err(format!("no check is called {}: cargo xtask lint names them all", arguments.only.join(" or ")));
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
