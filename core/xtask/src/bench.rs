//! `cargo xtask bench [first-light | ffi]`: measures, in a release build. Figures are printed; few are asserted, because
//! machines differ and are noisy.

mod ffi;

use crate::outcome::Outcome;
use crate::process::Run;
use crate::workspace::{Workspace, cargo};

/// The crate and its bench.
const FIRST_LIGHT: (&str, &str) = ("satchel-cli", "first_light");

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Which bench.
    #[arg(value_enum, default_value = "first-light")]
    what: What,
    /// Passed on to the bench of first light.
    #[arg(last = true)]
    more: Vec<String>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum What {
    /// Memory, hashing and enqueueing.
    FirstLight,
    /// The boundary to Kotlin and Swift: pages, single calls, callbacks, and how long a caller's thread is kept.
    Ffi,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Outcome, String> {
    println!("building in release, then measuring; other load on the machine shows in the figures");
    match arguments.what {
        What::FirstLight => first_light(workspace, &arguments.more),
        What::Ffi => ffi::run(workspace),
    }
}

fn first_light(workspace: &Workspace, more: &[String]) -> Result<Outcome, String> {
    let (package, bench) = FIRST_LIGHT;
    if !workspace.members.iter().any(|member| member.name == package && member.has_target("bench", bench)) {
        return Err(format!("the crate {package} has no bench called {bench}"));
    }
    let mut run = cargo();
    run.current_dir(&workspace.root).args(["bench", "--package", package, "--bench", bench, "--"]);
    Run::new(run.args(more)).shown().map(Outcome::well_if)
}
