//! What cargo builds from its registry: rustus, and the tools of `lint` and `fuzz`, each in exactly one version.

use std::fs;
use std::path::PathBuf;

use super::Places;
use crate::cache::Cache;
use crate::process::Run;
use crate::workspace::cargo;

pub(super) fn rustus(cache: &Cache) -> Result<Places, String> {
    Ok(vec![("SATCHEL_RUSTUS", tool(cache, "rustus", "0.5.10", &["--features", "hashers"])?.into())])
}

/// A program from the registry. Its build shows what it does, for it takes minutes.
pub(crate) fn tool(cache: &Cache, name: &str, version: &str, more: &[&str]) -> Result<PathBuf, String> {
    let folder = cache.keep(name, &[version.as_bytes()], |folder| {
        let building = cache.folder("cargo-build").join(name);
        let mut install = cargo();
        install.args(["install", "--locked", "--root"]).arg(folder).arg("--target-dir").arg(&building);
        install.args(more).arg(format!("{name}@{version}"));
        let well = Run::new(&mut install).shown()?;
        // What it was built from is 20 times what is kept.
        let _ = fs::remove_dir_all(&building);
        if well { Ok(()) } else { Err(format!("cargo install {name} failed (see above)")) }
    })?;
    Ok(folder.join("bin").join(name).with_extension(std::env::consts::EXE_EXTENSION))
}
