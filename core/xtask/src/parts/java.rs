//! The system's JDK and Maven; and a Java program of our own on tus-java-client, compiled by them into the cache.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Places;
use crate::cache::Cache;
use crate::process::{Run, on_path};
use crate::workspace::Workspace;

/// The oldest Java that is written for.
const OLDEST: u32 = 17;

/// A Java that is new enough, and Maven.
#[derive(Debug, Clone)]
pub(crate) struct Jvm {
    /// `java`.
    pub(crate) java: PathBuf,
    /// `mvn`.
    pub(crate) maven: PathBuf,
}

/// Those of the system, or what to install.
pub(crate) fn jvm() -> Result<Jvm, String> {
    let java =
        on_path(&["java"]).ok_or_else(|| format!("no Java on this machine: install a JDK, {OLDEST} or newer"))?;
    let maven = on_path(&["mvn"]).ok_or("no Maven on this machine: install Maven 3.6 or newer")?;
    let said = Run::new(Command::new(&java).arg("--version")).text()?;
    match version_of(&said) {
        Some(version) if version >= OLDEST => Ok(Jvm { java, maven }),
        _ => {
            let said = said.lines().next().unwrap_or_default();
            Err(format!("Java is too old ({said}): install a JDK, {OLDEST} or newer"))
        }
    }
}

/// `17` of `openjdk 17.0.15 2025-04-15`.
fn version_of(said: &str) -> Option<u32> {
    said.split_whitespace().nth(1)?.split(['.', '-', '+']).next()?.parse().ok()
}

/// Packages the project in a folder, with what it needs in the cache.
pub(crate) fn package(jvm: &Jvm, cache: &Cache, folder: &Path) -> Result<(), String> {
    let mut repository = OsString::from("-Dmaven.repo.local=");
    repository.push(cache.folder("maven"));
    let mut build = Command::new(&jvm.maven);
    Run::new(build.current_dir(folder).args(["--batch-mode", "--quiet", "package"]).arg(repository)).text().map(drop)
}

pub(super) fn tus_java_client(workspace: &Workspace, cache: &Cache) -> Result<Places, String> {
    let jvm = jvm()?;
    let from = workspace.foreign().join("java");
    let read = |file: &str| fs::read(from.join(file)).map_err(|e| format!("foreign/java/{file}: {e}"));
    let (pom, source) = (read("pom.xml")?, read("src/Upload.java")?);
    let folder = cache.keep("tus-java-client", &[&pom, &source], |folder| {
        let place = |e: std::io::Error| format!("{}: {e}", folder.display());
        fs::create_dir_all(folder.join("src")).map_err(place)?;
        fs::write(folder.join("pom.xml"), &pom).map_err(place)?;
        fs::write(folder.join("src/Upload.java"), &source).map_err(place)?;
        package(&jvm, cache, folder)
    })?;
    let target = folder.join("target");
    let classes = env::join_paths([target.join("classes"), target.join("lib/*")])
        .map_err(|e| format!("the cache folder's name cannot stand in a class path: {e}; set SATCHEL_CACHE"))?;
    Ok(vec![("SATCHEL_JAVA", jvm.java.into()), ("SATCHEL_JAVA_CLASSES", classes)])
}

#[cfg(test)]
mod tests {
    use super::version_of;

    #[test]
    fn the_version_is_the_first_number() {
        assert_eq!(version_of("openjdk 17.0.15 2025-04-15\nOpenJDK Runtime"), Some(17));
        assert_eq!(version_of("java 25 2025-09-16 LTS"), Some(25));
        assert_eq!(version_of("openjdk 26-ea 2026-03-17"), Some(26));
        assert_eq!(version_of(""), None);
    }
}
