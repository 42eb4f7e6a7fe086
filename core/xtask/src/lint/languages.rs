//! Kotlin and Swift as their own formatters want them: checked, or put so. Generated sources stand below cargo's target folder and are left
//! out.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{Check, tools};
use crate::bindings::swift::SOURCES;
use crate::cache::Cache;
use crate::parts::{Jvm, Swift, jvm, package_java};
use crate::workspace::Workspace;

/// What a formatter is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Do {
    /// Complain.
    Check,
    /// Put the files right.
    Format,
}

/// Kotlin, by ktlint.
pub(crate) fn kotlin(workspace: &Workspace, cache: &Cache, files: &[String], what: Do) -> Result<Check, String> {
    let sources: Vec<&String> = files.iter().filter(|file| file.ends_with(".kt") || file.ends_with(".kts")).collect();
    if sources.is_empty() {
        return Ok(Check::Well);
    }
    let (jvm, jars) = match ktlint(workspace, cache) {
        Ok(found) => found,
        Err(why) => return Ok(Check::NotDone(why)),
    };
    let mut lint = Command::new(jvm.java);
    lint.current_dir(&workspace.root).arg("-cp").arg(jars.join("*")).arg("com.pinterest.ktlint.Main");
    // Its own log has a line about each run; its complaints are printed all the same.
    lint.args(["--log-level=error", "--relative"]);
    if what == Do::Format {
        lint.arg("--format");
    }
    lint.args(sources);
    println!("==> ktlint");
    tools::complains(&mut lint)
}

fn ktlint(workspace: &Workspace, cache: &Cache) -> Result<(Jvm, PathBuf), String> {
    let jvm = jvm()?;
    let pom = workspace.foreign().join("ktlint/pom.xml");
    let pom = fs::read(&pom).map_err(|e| format!("foreign/ktlint/pom.xml: {e}"))?;
    let folder = cache.keep("ktlint", &[&pom], |folder| {
        fs::write(folder.join("pom.xml"), &pom).map_err(|e| format!("{}: {e}", folder.display()))?;
        package_java(&jvm, cache, folder)
    })?;
    Ok((jvm, folder.join("target/lib")))
}

/// Swift, by the formatter that comes with it.
pub(crate) fn swift(workspace: &Workspace, cache: &Cache, files: &[String], what: Do) -> Result<Check, String> {
    let sources: Vec<&String> = files.iter().filter(|file| file.ends_with(".swift")).collect();
    if sources.is_empty() {
        return Ok(Check::Well);
    }
    if !Swift::at_hand(cache) {
        return Ok(Check::NotDone("no Swift on this machine; cargo xtask test --all sets it up on Debian".into()));
    }
    let swift = Swift::find(cache)?;
    let mut lint = swift.command(&workspace.root, &[&workspace.root]);
    lint.arg("format").args(if what == Do::Check { &["lint", "--strict"][..] } else { &["--in-place"][..] });
    lint.arg("--configuration").arg(format!("{SOURCES}/.swift-format")).args(sources);
    println!("==> swift format");
    tools::complains(&mut lint)
}
