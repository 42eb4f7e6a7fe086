//! `cargo xtask fmt`: formats the Rust sources.

use crate::outcome::Outcome;
use crate::process::Run;
use crate::workspace::{Workspace, cargo};

pub(crate) fn run(workspace: &Workspace) -> Result<Outcome, String> {
    Run::new(cargo().current_dir(&workspace.root).args(["fmt", "--all"])).shown().map(Outcome::well_if)
}
