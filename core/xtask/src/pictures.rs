//! `cargo xtask pictures`: makes the README's pictures anew, from the real demo and the real page.
//!
//! [`make`] is the place: it is given the folder of pictures, and what it needs (Node, Chromium) through the same parts
//! as the tests.

use std::path::{Path, PathBuf};

use crate::cache::Cache;
use crate::outcome::Outcome;
use crate::parts::{Part, Parts, Places};
use crate::workspace::Workspace;

/// Where they go.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The folder; docs/pictures when left out.
    #[arg(long)]
    into: Option<PathBuf>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Outcome, String> {
    let folder = arguments.into.clone().unwrap_or_else(|| workspace.root.join("docs/pictures"));
    let places = Parts::new(workspace, Cache::open()?).places(&[Part::Node, Part::Chromium])?;
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    make(workspace, &folder, &places)
}

fn make(_workspace: &Workspace, _folder: &Path, _places: &Places) -> Result<Outcome, String> {
    Err("the pictures are not made by this command yet".into())
}
