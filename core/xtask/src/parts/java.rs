//! A Java program of our own on tus-java-client, compiled by Maven into the cache.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::process::Command;

use super::Places;
use crate::cache::Cache;
use crate::process::{Run, on_path};
use crate::workspace::Workspace;

pub(super) fn tus_java_client(workspace: &Workspace, cache: &Cache) -> Result<Places, String> {
    let java = on_path(&["java"]).ok_or("no Java on this machine: install a JDK, 17 or newer")?;
    let maven = on_path(&["mvn"]).ok_or("no Maven on this machine: install Maven 3.6 or newer")?;
    let from = workspace.foreign().join("java");
    let read = |file: &str| fs::read(from.join(file)).map_err(|e| format!("foreign/java/{file}: {e}"));
    let (pom, source) = (read("pom.xml")?, read("src/Upload.java")?);
    let folder = cache.keep("tus-java-client", &[&pom, &source], |folder| {
        let place = |e: std::io::Error| format!("{}: {e}", folder.display());
        fs::create_dir_all(folder.join("src")).map_err(place)?;
        fs::write(folder.join("pom.xml"), &pom).map_err(place)?;
        fs::write(folder.join("src/Upload.java"), &source).map_err(place)?;
        let mut repository = OsString::from("-Dmaven.repo.local=");
        repository.push(cache.folder("maven"));
        let mut build = Command::new(maven);
        Run::new(build.current_dir(folder).args(["--batch-mode", "--quiet", "package"]).arg(repository))
            .text()
            .map(drop)
    })?;
    let target = folder.join("target");
    let classes = env::join_paths([target.join("classes"), target.join("lib/*")])
        .map_err(|e| format!("the cache folder's name cannot stand in a class path: {e}; set SATCHEL_CACHE"))?;
    Ok(vec![("SATCHEL_JAVA", java.into()), ("SATCHEL_JAVA_CLASSES", classes)])
}
