//! `cargo xtask bindings kotlin | kotlin-sources | swift | android | apple`: what apps in Kotlin and Swift add to themselves.
//!
//! Generated sources are never committed: they are written below cargo's target folder, from the library they belong to.
//! What a machine lacks is named exactly, with the commands for one that has it.

mod android;
mod apple;
pub(crate) mod kotlin;
mod results;
pub(crate) mod swift;
pub(crate) mod xcode;

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX, EXE_SUFFIX};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cache::Cache;
use crate::outcome::Outcome;
use crate::process::Run;
use crate::workspace::{Workspace, cargo};

/// The crate that they are made of.
pub(crate) const PACKAGE: &str = "satchel-ffi";
/// Its library, as a name of a file has it.
const LIBRARY: &str = "satchel_ffi";

/// The crate of the scenarios, and the program that sets their stage.
const CONFORMANCE: &str = "satchel-conformance";
const STAGE: &str = "satchel-stage";
/// The program that lists pages by the engine itself.
const PAGE: &str = "satchel-page";

/// What to make.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// For whom.
    #[arg(value_enum)]
    what: What,
    /// Optimised, as an app ships it (android and apple always are).
    #[arg(long)]
    release: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum What {
    /// The library for this machine, and a jar for the JVM.
    Kotlin,
    /// The generated Kotlin alone, as Gradle's build asks for it.
    KotlinSources,
    /// A Swift package for this machine: our sources, the generated ones, and the library.
    Swift,
    /// Libraries for Android, and a local Maven folder; needs the NDK.
    Android,
    /// An XCFramework in a package folder that Xcode adds; needs Xcode.
    Apple,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Outcome, String> {
    match arguments.what {
        What::Kotlin => {
            let built = Built::new(workspace, arguments.release, For::Apps)?;
            let jvm = kotlin::needs()?;
            let jar = kotlin::jar(workspace, &Cache::open()?, &jvm, &built)?;
            println!("the library    {}", built.library.display());
            println!("the jar        {}", jar.display());
            println!("A program needs besides: {}", kotlin::BESIDES);
            println!("and is started with      -Djna.library.path={}", built.folder().display());
            Ok(Outcome::Well)
        }
        What::KotlinSources => {
            let built = Built::new(workspace, arguments.release, For::Apps)?;
            println!("the sources    {}", kotlin::generate(workspace, &built)?.display());
            Ok(Outcome::Well)
        }
        What::Swift => {
            let built = Built::new(workspace, arguments.release, For::Apps)?;
            let folder = swift::package(workspace, &built, swift::Package::Machine)?;
            println!("a package for this machine, for Package.swift of a program:");
            println!("    .package(path: \"{}\")", folder.display());
            Ok(Outcome::Well)
        }
        What::Android => android::run(workspace),
        What::Apple => apple::run(workspace),
    }
}

/// Whom a library is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// Apps.
    Apps,
    /// The tests of the packages, with faults on demand.
    Tests,
    /// `cargo xtask bench ffi`.
    Bench,
}

/// The library for this machine, with what writes the sources that belong to it.
pub(crate) struct Built {
    /// The shared library.
    pub(crate) library: PathBuf,
    bindgen: PathBuf,
    /// The command, whose receiver tests run against.
    pub(crate) command: PathBuf,
    /// The stage that scenarios are played on.
    pub(crate) stage: PathBuf,
    /// What measures pages without a boundary.
    pub(crate) page: PathBuf,
}

impl Built {
    /// Builds them.
    pub(crate) fn new(workspace: &Workspace, release: bool, whom: For) -> Result<Self, String> {
        let mut build = cargo();
        build.current_dir(&workspace.root).args(["build", "--quiet", "--package", PACKAGE]);
        build.args(["--features", "satchel-ffi/bindgen", "--lib", "--bin", "uniffi-bindgen"]);
        match whom {
            For::Apps => {
                build.args(["--package", "satchel-cli", "--bin", "satchel"]);
            }
            For::Tests => {
                build.args(["--package", "satchel-cli", "--bin", "satchel"]);
                build.args(["--features", "satchel-ffi/faults", "--package", CONFORMANCE, "--bin", STAGE]);
            }
            For::Bench => {
                build.args(["--bin", PAGE]);
            }
        }
        if release {
            build.arg("--release");
        }
        println!("building the library, its generator and the command");
        if !Run::new(&mut build).shown()? {
            return Err(format!("{PACKAGE} does not build (see above)"));
        }
        let folder = workspace.target.join(if release { "release" } else { "debug" });
        let program = |name: &str| folder.join(format!("{name}{EXE_SUFFIX}"));
        Ok(Self {
            library: folder.join(format!("{DLL_PREFIX}{LIBRARY}{DLL_SUFFIX}")),
            bindgen: program("uniffi-bindgen"),
            command: program("satchel"),
            stage: program(STAGE),
            page: program(PAGE),
        })
    }

    /// The folder that the library is in.
    pub(crate) fn folder(&self) -> &Path {
        self.library.parent().expect("a file has a folder")
    }

    /// Writes the sources of a language into a folder.
    fn generate(&self, workspace: &Workspace, language: &str, into: &Path) -> Result<(), String> {
        fs::create_dir_all(into).map_err(|e| format!("{}: {e}", into.display()))?;
        let mut generate = Command::new(&self.bindgen);
        generate.current_dir(&workspace.root).arg("generate").arg(&self.library);
        generate.args(["--language", language, "--no-format", "--out-dir"]).arg(into);
        Run::new(&mut generate).text().map(drop)
    }
}

/// Writes a file unless it says that already, so that a build that looks at times does nothing.
fn write(file: &Path, bytes: &[u8]) -> Result<(), String> {
    if fs::read(file).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    let folder = file.parent().expect("a file has a folder");
    fs::create_dir_all(folder).and_then(|()| fs::write(file, bytes)).map_err(|e| format!("{}: {e}", file.display()))
}

/// Makes a folder hold the files of another, and no others but those that `keep` names.
fn mirror(from: &Path, to: &Path, keep: &[&str]) -> Result<(), String> {
    let names = |folder: &Path| -> Vec<(PathBuf, std::ffi::OsString)> {
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| (entry.path(), entry.file_name())).collect()
    };
    for (path, name) in names(to) {
        if !from.join(&name).exists() && !keep.iter().any(|kept| name == *kept) {
            let gone = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            gone.map_err(|e| format!("{}: {e}", path.display()))?;
        }
    }
    for (path, name) in names(from) {
        if path.is_dir() {
            mirror(&path, &to.join(name), &[])?;
        } else {
            write(&to.join(name), &fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?)?;
        }
    }
    Ok(())
}

/// A file of another folder in this one: the same where the system can, else a copy.
fn link(from: &Path, to: &Path) -> Result<(), String> {
    let folder = to.parent().expect("a file has a folder");
    let problem = |e: std::io::Error| format!("{}: {e}", to.display());
    fs::create_dir_all(folder).map_err(problem)?;
    if to.exists() {
        fs::remove_file(to).map_err(problem)?;
    }
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(drop)).map_err(problem)
}

/// Says what a machine lacks, and what to do where there is all of it.
fn lacking(what: &str, missing: &[String], commands: &[String]) -> Outcome {
    println!("{what} cannot be made on this machine. Missing:");
    missing.iter().for_each(|one| println!("  - {one}"));
    println!("On a machine that has it:");
    commands.iter().for_each(|one| println!("    {one}"));
    Outcome::Failed
}

/// Of these Rust targets, those that are not installed.
fn targets_missing(targets: &[&str]) -> Vec<String> {
    let installed = Run::new(Command::new("rustup").args(["target", "list", "--installed"])).text().unwrap_or_default();
    let missing = targets.iter().filter(|target| !installed.lines().any(|line| line.trim() == **target));
    missing.map(|target| (*target).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mirror_has_what_its_source_has_and_leaves_the_unchanged_alone() {
        let home = tempfile::tempdir().unwrap();
        let (from, to) = (home.path().join("from"), home.path().join("to"));
        write(&from.join("a/one"), b"1").unwrap();
        write(&from.join("two"), b"2").unwrap();
        mirror(&from, &to, &["built"]).unwrap();
        let time = |file: &str| fs::metadata(to.join(file)).unwrap().modified().unwrap();
        let before = time("a/one");
        write(&to.join("built/x"), b"x").unwrap();
        write(&to.join("old/x"), b"x").unwrap();
        write(&from.join("two"), b"3").unwrap();
        mirror(&from, &to, &["built"]).unwrap();
        assert_eq!(fs::read(to.join("two")).unwrap(), b"3");
        assert_eq!(time("a/one"), before);
        assert!(to.join("built/x").exists() && !to.join("old").exists());
    }
}
