//! Kotlin: the generated sources, and the suite that Maven runs.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Built, For, results};
use crate::cache::Cache;
use crate::libtest::Tally;
use crate::parts::{Jvm, jvm};
use crate::process::Run;
use crate::workspace::Workspace;

/// The project's folder.
const PROJECT: &str = "bindings/kotlin";

/// Whether there is a suite to run.
pub(crate) fn is_there(workspace: &Workspace) -> bool {
    workspace.root.join(PROJECT).join("pom.xml").is_file()
}

/// Writes the Kotlin that belongs to the library; the folder.
pub(super) fn generate(workspace: &Workspace, built: &Built) -> Result<PathBuf, String> {
    let folder = workspace.target.join("bindings/kotlin");
    let fresh = workspace.target.join("bindings/kotlin-fresh");
    built.generate(workspace, "kotlin", &fresh)?;
    // Unchanged files keep their times, so that Maven compiles nothing anew.
    super::mirror(&fresh, &folder, &[])?;
    Ok(folder)
}

/// How often the long proofs repeat: what says it, and as the tests know it.
const PROOFS: [(&str, &str); 3] = [
    ("SATCHEL_KILLS", "satchel.kills"),
    ("SATCHEL_HOST_KILLS", "satchel.hostKills"),
    ("SATCHEL_CANCELS", "satchel.cancels"),
];

/// Runs the tests; what they came to.
pub(crate) fn suite(workspace: &Workspace, cache: &Cache, jvm: &Jvm) -> Result<Tally, String> {
    let project = workspace.root.join(PROJECT);
    let built = Built::new(workspace, false, For::Tests)?;
    let generated = generate(workspace, &built)?;
    let output = workspace.target.join("bindings/kotlin-build");
    let reports = output.join("surefire-reports");
    if reports.exists() {
        fs::remove_dir_all(&reports).map_err(|e| format!("{}: {e}", reports.display()))?;
    }
    let pom = pom(&project)?;
    let mut maven = compiled(maven(cache, jvm, &project, &pom), &built, &generated, &output);
    maven.arg(property("satchel.command", &built.command));
    maven.arg(property("satchel.stage", &built.stage));
    for (variable, name) in PROOFS {
        if let Ok(times) = std::env::var(variable) {
            maven.arg(format!("-D{name}={times}"));
        }
    }
    maven.env("RUST_BACKTRACE", "0"); // some tests ask for a panic
    println!("compiling and testing {PROJECT}");
    let well = Run::new(maven.arg("test")).lines(|line| println!("{line}"))?;
    let mut tally = results::surefire(&reports)?;
    tally.ended(well);
    if tally.passed + tally.failed > 0 && well {
        remember(cache, &pom)?;
    }
    Ok(tally)
}

/// Compiles the package and its tests against a library, where `suite` does not; Java with the bench, without its arguments.
pub(crate) fn bench(workspace: &Workspace, cache: &Cache, jvm: &Jvm, built: &Built) -> Result<Command, String> {
    let project = workspace.root.join(PROJECT);
    let generated = generate(workspace, built)?;
    let output = workspace.target.join("bindings/kotlin-bench");
    let pom = pom(&project)?;
    println!("compiling {PROJECT}");
    let mut maven = compiled(maven(cache, jvm, &project, &pom), built, &generated, &output);
    if !Run::new(maven.arg("process-test-classes")).lines(|line| println!("{line}"))? {
        return Err(format!("{PROJECT} does not compile (see above)"));
    }
    let classes = output.join("test-classpath");
    let classes = fs::read_to_string(&classes).map_err(|e| format!("{}: {e}", classes.display()))?;
    let mut java = Command::new(&jvm.java);
    java.arg("-cp").arg(classes).arg(property("jna.library.path", built.folder())).arg("app.satchel.bench.Bench");
    Ok(java)
}

/// What the jar stands on, as its `pom.xml` has it.
pub(crate) const BESIDES: &str =
    "kotlin-stdlib, kotlinx-coroutines-core and net.java.dev.jna:jna, of the versions in bindings/kotlin/pom.xml";

/// Makes the jar; its path.
pub(crate) fn jar(workspace: &Workspace, cache: &Cache, jvm: &Jvm, built: &Built) -> Result<PathBuf, String> {
    let project = workspace.root.join(PROJECT);
    let generated = generate(workspace, built)?;
    let output = workspace.target.join("bindings/kotlin-jar");
    println!("compiling {PROJECT}");
    // What packs a jar is not among what the tests need.
    let maven = connected(cache, jvm, &project);
    let mut maven = compiled(maven, built, &generated, &output);
    if !Run::new(maven.args(["package", "-Dmaven.test.skip=true"])).lines(|line| println!("{line}"))? {
        return Err(format!("{PROJECT} does not compile (see above)"));
    }
    let made =
        fs::read_dir(&output).map_err(|e| format!("{}: {e}", output.display()))?.flatten().map(|file| file.path());
    let mut jars = made.filter(|path| path.extension().is_some_and(|ending| ending == "jar"));
    jars.next().ok_or_else(|| format!("Maven left no jar in {}", output.display()))
}

fn pom(project: &Path) -> Result<Vec<u8>, String> {
    fs::read(project.join("pom.xml")).map_err(|e| format!("{PROJECT}/pom.xml: {e}"))
}

fn property(name: &str, value: &Path) -> OsString {
    let mut word = OsString::from(format!("-D{name}="));
    word.push(value);
    word
}

/// Maven, told what to compile against and where to put it.
fn compiled(mut maven: Command, built: &Built, generated: &Path, output: &Path) -> Command {
    maven.arg(property("satchel.library", built.folder()));
    maven.arg(property("satchel.generated", generated));
    maven.arg(property("satchel.build", output));
    maven
}

/// Maven on a project, with the packages of the cache, and the network for what is missing.
fn connected(cache: &Cache, jvm: &Jvm, project: &Path) -> Command {
    let mut maven = Command::new(&jvm.maven);
    let mut repository = OsString::from("-Dmaven.repo.local=");
    repository.push(cache.folder("maven"));
    maven.current_dir(project).args(["--batch-mode", "--quiet"]).arg(repository);
    // The compiler's daemon would stay for two hours, with more than a gigabyte.
    maven.arg("-Dkotlin.compiler.daemon=false");
    maven
}

/// Maven on a project, with the packages of the cache; without the network where an earlier run had all of them.
pub(crate) fn maven(cache: &Cache, jvm: &Jvm, project: &Path, pom: &[u8]) -> Command {
    let mut maven = connected(cache, jvm, project);
    if cache.has(PACKAGES, &[pom]) {
        maven.arg("--offline");
    }
    maven
}

/// As the cache remembers that all packages of a project are there.
const PACKAGES: &str = "kotlin-packages";

fn remember(cache: &Cache, pom: &[u8]) -> Result<(), String> {
    if !cache.has(PACKAGES, &[pom]) {
        cache.keep(PACKAGES, &[pom], |_| Ok(()))?;
    }
    Ok(())
}

/// What it needs, or why it cannot run.
pub(crate) fn needs() -> Result<Jvm, String> {
    jvm()
}
