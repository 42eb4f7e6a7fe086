//! Python with packages in an environment of its own in the cache: tuspy, and Node where the system has none.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::Places;
use crate::cache::Cache;
use crate::process::{Run, on_path};
use crate::workspace::Workspace;

pub(super) fn tuspy(workspace: &Workspace, cache: &Cache) -> Result<Places, String> {
    let from = workspace.foreign().join("python");
    let pinned = from.join("requirements.txt");
    let text = fs::read_to_string(&pinned).map_err(|e| format!("foreign/python/requirements.txt: {e}"))?;
    let packages: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    let python = environment(cache, "tuspy", &packages)?;
    Ok(vec![("SATCHEL_PYTHON", python.into()), ("SATCHEL_PYTHON_SCRIPTS", from.into())])
}

/// The Python of an environment with exactly these packages (`name==version`), and none that they ask for besides.
pub(super) fn environment(cache: &Cache, name: &str, packages: &[&str]) -> Result<PathBuf, String> {
    let python = on_path(&["python3", "python"]).ok_or("no Python on this machine: install Python 3.9 or newer")?;
    let version = Run::new(Command::new(&python).arg("--version")).text()?;
    let inside = if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" };
    let made_from = [packages.join("\n"), version];
    let folder = cache.keep(name, &[made_from[0].as_bytes(), made_from[1].as_bytes()], |folder| {
        let venv = Run::new(Command::new(&python).args(["-m", "venv"]).arg(folder)).text();
        venv.map_err(|e| format!("{e} (Debian and Ubuntu have it in the package python3-venv)"))?;
        let mut install = Command::new(folder.join(inside));
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]).args(packages);
        Run::new(install.env("PIP_CACHE_DIR", cache.folder("pip"))).text().map(drop)
    })?;
    Ok(folder.join(inside))
}
