//! `cargo xtask screens`: the Android demo's screens as pictures, light and dark, at normal and at twice the text size. They are
//! the app's own composables, rendered on the desktop: no phone is shown.

use std::path::PathBuf;

use crate::bindings::kotlin;
use crate::cache::Cache;
use crate::outcome::Outcome;
use crate::workspace::Workspace;

/// Where they go.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The folder; screens below cargo's target folder when left out.
    #[arg(long)]
    into: Option<PathBuf>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Outcome, String> {
    let folder = arguments.into.clone().unwrap_or_else(|| workspace.target.join("screens"));
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let folder = std::fs::canonicalize(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let jvm = kotlin::needs()?;
    kotlin::screens(workspace, &Cache::open()?, &jvm, &folder)?;
    let pictures = std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?.count();
    println!("{pictures} pictures in {}: look at them", folder.display());
    Ok(Outcome::well_if(pictures > 0))
}
