//! What is built with Go: tusd's handler in a program of our own, and tools.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Places;
use crate::cache::Cache;
use crate::process::{Run, on_path};
use crate::workspace::Workspace;

pub(super) fn tusd(workspace: &Workspace, cache: &Cache) -> Result<Places, String> {
    let go = go()?;
    let from = workspace.foreign().join("tusd");
    let mut sources = Vec::new();
    for file in ["go.mod", "go.sum", "main.go"] {
        sources.push(fs::read(from.join(file)).map_err(|e| format!("foreign/tusd/{file}: {e}"))?);
    }
    let made_from: Vec<&[u8]> = sources.iter().map(Vec::as_slice).collect();
    let folder = cache.keep("tusd", &made_from, |folder| {
        let mut build = command(&go, cache);
        build.current_dir(&from).args(["build", "-mod=readonly", "-modcacherw", "-trimpath", "-buildvcs=false", "-o"]);
        Run::new(build.arg(program(folder, "tusd")).arg(".")).text().map(drop)
    })?;
    Ok(vec![("SATCHEL_TUSD", program(&folder, "tusd").into())])
}

/// A tool written in Go, in exactly this version.
pub(crate) fn tool(cache: &Cache, name: &str, package: &str, version: &str) -> Result<PathBuf, String> {
    let go = go()?;
    let folder = cache.keep(name, &[version.as_bytes()], |folder| {
        let mut install = command(&go, cache);
        install.env("GOBIN", folder).args(["install", "-modcacherw", "-trimpath"]);
        Run::new(install.arg(format!("{package}@{version}"))).text().map(drop)
    })?;
    Ok(program(&folder, name))
}

fn go() -> Result<PathBuf, String> {
    on_path(&["go"]).ok_or_else(|| "no Go on this machine: install Go 1.21 or newer".into())
}

fn command(go: &Path, cache: &Cache) -> Command {
    let mut command = Command::new(go);
    command
        .env("GOMODCACHE", cache.folder("go-modules"))
        .env("GOCACHE", cache.folder("go-build"))
        .env_remove("GOFLAGS")
        .env_remove("GOBIN");
    command
}

fn program(folder: &Path, name: &str) -> PathBuf {
    folder.join(name).with_extension(std::env::consts::EXE_EXTENSION)
}
