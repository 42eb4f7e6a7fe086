//! `cargo xtask bench [first-light | previews | queue | probes | ffi]`: measures, in a release build. Figures are printed; few are asserted, because
//! machines differ and are noisy.

mod ffi;

use std::path::PathBuf;

use crate::cache::Cache;
use crate::outcome::Outcome;
use crate::parts::{Part, Parts, Places};
use crate::process::Run;
use crate::workspace::{Workspace, cargo};

/// The crate with the benches.
const PACKAGE: &str = "satchel-cli";

/// The bench that fills outboxes with what nobody added, for which the engine has a feature.
const QUEUE: &str = "queue";

/// The bench that counts and times nothing: it is built as tests are.
const PROBES: &str = "probes";

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Which bench.
    #[arg(value_enum, default_value = "first-light")]
    what: What,
    /// Real photos for the bench of previews: a folder of JPEGs; drawn ones when left out.
    #[arg(long, value_name = "DIR")]
    photos: Option<PathBuf>,
    /// Passed on to the bench.
    #[arg(last = true)]
    more: Vec<String>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum What {
    /// Memory, hashing and enqueueing.
    FirstLight,
    /// How soon a hundred photos can be seen over a bad link, beside tus-js-client; takes four minutes.
    Previews,
    /// What a million assets cost more than a thousand: planning, pages, counts, memory.
    Queue,
    /// What it costs to ask blocked endpoints whether they are open again: bytes, wake-ups of the radio, delays.
    Probes,
    /// The boundary to Kotlin and Swift: pages, single calls, callbacks, and how long a caller's thread is kept.
    Ffi,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Outcome, String> {
    if !matches!(arguments.what, What::Probes) {
        println!("building in release, then measuring; other load on the machine shows in the figures");
    }
    match arguments.what {
        What::Probes => bench(workspace, PROBES, &arguments.more, Places::new()),
        What::FirstLight => bench(workspace, "first_light", &arguments.more, Places::new()),
        What::Queue => bench(workspace, QUEUE, &arguments.more, Places::new()),
        What::Previews => previews(workspace, arguments),
        What::Ffi => ffi::run(workspace),
    }
}

fn bench(workspace: &Workspace, bench: &str, more: &[String], places: Places) -> Result<Outcome, String> {
    if !workspace.members.iter().any(|member| member.name == PACKAGE && member.has_target("bench", bench)) {
        return Err(format!("the crate {PACKAGE} has no bench called {bench}"));
    }
    let mut run = cargo();
    run.current_dir(&workspace.root).args(["bench", "--package", PACKAGE, "--bench", bench]);
    if bench == QUEUE {
        run.args(["--features", "bench"]);
    }
    if bench == PROBES {
        run.args(["--profile", "dev"]);
    }
    run.arg("--");
    Run::new(run.args(more).envs(places)).shown().map(Outcome::well_if)
}

fn previews(workspace: &Workspace, arguments: &Arguments) -> Result<Outcome, String> {
    let places = Parts::new(workspace, Cache::open()?).places(&[Part::Node]).unwrap_or_else(|why| {
        println!("without tus-js-client: {why}");
        Places::new()
    });
    let mut more = arguments.more.clone();
    if let Some(folder) = &arguments.photos {
        let folder = std::path::absolute(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let folder = folder.into_os_string().into_string().map_err(|_| "the folder's name is no text")?;
        more.extend(["--photos".to_owned(), folder]);
    }
    bench(workspace, "previews", &more, places)
}
