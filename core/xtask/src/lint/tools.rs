//! Checks that are programs of others, found on the system or kept in the cache in one exact version.

use std::process::Command;

use super::Check;
use crate::cache::Cache;
use crate::parts::{cargo_tool, go_tool};
use crate::process::{Run, on_path};
use crate::workspace::{Workspace, cargo};

const DENY: &str = "0.20.2";
const MACHETE: &str = "0.9.2";
const ACTIONLINT: &str = "v1.7.12";

/// Runs a program that prints its complaints.
pub(super) fn shown(command: &mut Command) -> Result<Check, String> {
    let words: Vec<_> = command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    let name = command.get_program().to_string_lossy().into_owned();
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
    println!("==> {name} {}", words.join(" "));
    complains(command)
}

/// Runs a program that prints its complaints, and says nothing of how it is called.
pub(super) fn complains(command: &mut Command) -> Result<Check, String> {
    Ok(if Run::new(command).shown()? { Check::Well } else { Check::Bad(Vec::new()) })
}

/// The documentation builds, and its links lead somewhere.
pub(super) fn documentation() -> Result<Check, String> {
    let mut doc = cargo();
    doc.args(["doc", "--workspace", "--no-deps", "--quiet"]).env("RUSTDOCFLAGS", "-D warnings");
    shown(&mut doc)
}

/// Licences, banned crates and sources, as `deny.toml` says.
pub(super) fn deny(workspace: &Workspace, cache: &Cache) -> Result<Check, String> {
    match cargo_tool(cache, "cargo-deny", DENY, &[]) {
        Ok(deny) => {
            let mut check = Command::new(deny);
            shown(check.current_dir(&workspace.root).args([
                "check",
                "--hide-inclusion-graph",
                "licenses",
                "bans",
                "sources",
            ]))
        }
        Err(why) => Ok(Check::NotDone(why)),
    }
}

/// Known holes in dependencies. Their list is fetched from where it is kept; where that is out of reach, it is said.
pub(super) fn advisories(workspace: &Workspace, cache: &Cache) -> Result<Check, String> {
    let deny = match cargo_tool(cache, "cargo-deny", DENY, &[]) {
        Ok(deny) => deny,
        Err(why) => return Ok(Check::NotDone(why)),
    };
    println!("==> cargo-deny check advisories");
    let mut fetch = Command::new(&deny);
    if let Err(why) = Run::new(fetch.current_dir(&workspace.root).args(["fetch", "db"])).text() {
        return Ok(Check::NotDone(format!("the list of known holes could not be fetched: {why}")));
    }
    let mut check = Command::new(deny);
    shown(check.current_dir(&workspace.root).args(["check", "--disable-fetch", "advisories"]))
}

/// Dependencies that nothing uses.
pub(super) fn machete(workspace: &Workspace, cache: &Cache) -> Result<Check, String> {
    match cargo_tool(cache, "cargo-machete", MACHETE, &[]) {
        Ok(machete) => shown(Command::new(machete).current_dir(&workspace.root).args(["core", "bindings"])),
        Err(why) => Ok(Check::NotDone(why)),
    }
}

/// The workflow files are ones that GitHub would take.
pub(super) fn workflows(workspace: &Workspace, cache: &Cache, files: &[String]) -> Result<Check, String> {
    let workflow = |file: &&String| file.starts_with(".github/workflows/");
    match go_tool(cache, "actionlint", "github.com/rhysd/actionlint/cmd/actionlint", ACTIONLINT) {
        Ok(lint) => {
            let mut lint = Command::new(lint);
            shown(lint.current_dir(&workspace.root).arg("-no-color").args(files.iter().filter(workflow)))
        }
        Err(why) => Ok(Check::NotDone(why)),
    }
}

/// Shell scripts parse, and where ShellCheck is there, please it.
pub(super) fn shell(workspace: &Workspace, files: &[String]) -> Result<Check, String> {
    let is_script = |file: &&String| file.ends_with(".sh") || file.as_str() == ".ci/run";
    let scripts: Vec<&String> = files.iter().filter(is_script).collect();
    if let Some(shellcheck) = on_path(&["shellcheck"]) {
        return shown(Command::new(shellcheck).current_dir(&workspace.root).args(scripts));
    }
    each(workspace, "bash", &["-n"], &scripts)
}

/// JavaScript parses.
pub(super) fn javascript(workspace: &Workspace, files: &[String]) -> Result<Check, String> {
    let scripts: Vec<&String> = files.iter().filter(|file| file.ends_with(".js") || file.ends_with(".mjs")).collect();
    each(workspace, "node", &["--check"], &scripts)
}

/// Python parses.
pub(super) fn python(workspace: &Workspace, files: &[String]) -> Result<Check, String> {
    let scripts: Vec<&String> = files.iter().filter(|file| file.ends_with(".py")).collect();
    each(workspace, "python3", &["-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())"], &scripts)
}

/// Go is formatted as Go is.
pub(super) fn gofmt(workspace: &Workspace, files: &[String]) -> Result<Check, String> {
    let Some(gofmt) = on_path(&["gofmt"]) else { return Ok(Check::NotDone("no gofmt on this machine".into())) };
    let sources = files.iter().filter(|file| file.ends_with(".go"));
    let unformatted = Run::new(Command::new(gofmt).current_dir(&workspace.root).arg("-l").args(sources)).text()?;
    Ok(Check::of(unformatted.lines().map(|file| format!("{file}: gofmt would change it")).collect()))
}

/// Runs a program on one file after the other.
fn each(workspace: &Workspace, program: &str, words: &[&str], files: &[&String]) -> Result<Check, String> {
    let Some(program) = on_path(&[program]) else {
        return Ok(Check::NotDone(format!("no {program} on this machine")));
    };
    let mut complaints = Vec::new();
    for file in files {
        let mut check = Command::new(&program);
        if let Err(why) = Run::new(check.current_dir(&workspace.root).args(words).arg(file)).text() {
            complaints.push(format!("{file}: {why}"));
        }
    }
    Ok(Check::of(complaints))
}
