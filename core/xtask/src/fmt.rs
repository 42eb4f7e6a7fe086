//! `cargo xtask fmt`: formats the Rust sources, and where their formatters can be had, those in Kotlin and Swift.

use crate::cache::Cache;
use crate::lint::Check;
use crate::lint::languages::{self, Do};
use crate::outcome::Outcome;
use crate::process::Run;
use crate::workspace::{Workspace, cargo};

pub(crate) fn run(workspace: &Workspace) -> Result<Outcome, String> {
    let rust = Run::new(cargo().current_dir(&workspace.root).args(["fmt", "--all"])).shown()?;
    let (cache, files) = (Cache::open()?, workspace.files()?);
    let kotlin = languages::kotlin(workspace, &cache, &files, Do::Format)?;
    let swift = languages::swift(workspace, &cache, &files, Do::Format)?;
    let mut well = rust;
    for (name, check) in [("Kotlin", kotlin), ("Swift", swift)] {
        match check {
            Check::Well => {}
            Check::Bad(_) => well = false,
            Check::NotDone(why) => println!("{name} is not formatted: {why}"),
        }
    }
    Ok(Outcome::well_if(well))
}
