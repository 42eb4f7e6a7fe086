//! `cargo xtask bench`: measures memory, hashing and enqueueing, in a release build.

use crate::outcome::Outcome;
use crate::process::Run;
use crate::workspace::{Workspace, cargo};

/// The crate and its bench.
const WHERE: (&str, &str) = ("satchel-cli", "first_light");

/// What the bench itself is given.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Passed on to the bench.
    #[arg(last = true)]
    more: Vec<String>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Outcome, String> {
    let (package, bench) = WHERE;
    if !workspace.members.iter().any(|member| member.name == package && member.has_target("bench", bench)) {
        return Err(format!("the crate {package} has no bench called {bench}"));
    }
    println!("building in release, then measuring; other load on the machine shows in the figures");
    let mut run = cargo();
    run.current_dir(&workspace.root).args(["bench", "--package", package, "--bench", bench, "--"]);
    Run::new(run.args(&arguments.more)).shown().map(Outcome::well_if)
}
