//! The iOS demo's Xcode project, read back where there is no Xcode: by a script of the demo's own, which tells of each check in a line.

use std::process::Command;

use crate::libtest::{Line, Tally, read};
use crate::process::{Run, on_path};
use crate::workspace::Workspace;

/// The script.
const CHECK: &str = "ios-demo/check/check.py";

/// Whether there is a project to check.
pub(crate) fn is_there(workspace: &Workspace) -> bool {
    workspace.root.join(CHECK).is_file()
}

/// What it needs, or why it cannot run.
pub(crate) fn needs() -> Result<std::path::PathBuf, String> {
    on_path(&["python3", "python"]).ok_or_else(|| "no Python on this machine: install Python 3.9 or newer".into())
}

/// Runs the checks; what they came to.
pub(crate) fn suite(workspace: &Workspace, python: &std::path::Path) -> Result<Tally, String> {
    let mut tally = Tally::default();
    let mut check = Command::new(python);
    // What is compiled of it would stand in the sources.
    check.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(&workspace.root).arg(CHECK);
    let well = Run::new(&mut check).lines(|line| {
        let shown = tally.take(line);
        match read(line) {
            Line::Passed(_) => tally.passed += 1,
            Line::Failure(_) => tally.failed += 1,
            _ => {}
        }
        if shown {
            println!("{line}");
        }
    })?;
    tally.ended(well);
    Ok(tally)
}
