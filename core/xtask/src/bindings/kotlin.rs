//! Kotlin: the generated sources, and the suites that Maven runs: of the JVM's package, of Android's adapters and of the
//! Android demo.

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

/// A module of Maven's build: a suite of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Module {
    /// The package.
    Jvm,
    /// Android's adapters, on the JVM by Robolectric.
    Android,
    /// What of the Android demo runs on a desktop.
    Demo,
}

impl Module {
    /// All, in the order in which one stands on another.
    pub(crate) const ALL: [Self; 3] = [Self::Jvm, Self::Android, Self::Demo];

    /// The suite's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Jvm => "kotlin",
            Self::Android => "android",
            Self::Demo => "android-demo",
        }
    }

    /// Its place, from the project's folder.
    fn pom(self) -> &'static str {
        match self {
            Self::Jvm => "pom.xml",
            Self::Android => "android/pom.xml",
            Self::Demo => "../../android-demo/desktop/pom.xml",
        }
    }

    /// Where it is built, below cargo's target folder.
    fn output(self) -> &'static str {
        match self {
            Self::Jvm => "bindings/kotlin-build",
            Self::Android => "bindings/kotlin-android-build",
            Self::Demo => "bindings/android-demo-build",
        }
    }

    /// Whether there is a suite to run.
    pub(crate) fn is_there(self, workspace: &Workspace) -> bool {
        workspace.root.join(PROJECT).join(self.pom()).is_file()
    }
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

/// Runs the tests of a module; what they came to.
pub(crate) fn suite(workspace: &Workspace, cache: &Cache, jvm: &Jvm, module: Module) -> Result<Tally, String> {
    let reports = workspace.target.join(module.output()).join("surefire-reports");
    if reports.exists() {
        fs::remove_dir_all(&reports).map_err(|e| format!("{}: {e}", reports.display()))?;
    }
    let mut maven = of_module(workspace, cache, jvm, module)?;
    for (variable, name) in PROOFS {
        if let Ok(times) = std::env::var(variable) {
            maven.arg(format!("-D{name}={times}"));
        }
    }
    if module == Module::Demo {
        // What of the app touches Android is compiled against its classes, too.
        maven.arg("-Dsatchel.glue=true");
    }
    println!("compiling and testing {}", module.name());
    let well = Run::new(maven.arg("test")).lines(|line| println!("{line}"))?;
    let mut tally = results::surefire(&reports)?;
    tally.ended(well);
    if tally.passed + tally.failed > 0 && well {
        remember(cache, &poms(workspace, module)?)?;
    }
    Ok(tally)
}

/// Draws the Android demo's screens into a folder.
pub(crate) fn screens(workspace: &Workspace, cache: &Cache, jvm: &Jvm, folder: &Path) -> Result<(), String> {
    let mut maven = of_module(workspace, cache, jvm, Module::Demo)?;
    maven.arg(property("satchel.screens", folder));
    if let Some(samples) = std::env::var_os("SATCHEL_SAMPLES") {
        maven.arg(property("satchel.samples", Path::new(&samples)));
    }
    maven.args(["-Dtest=ScreensTest", "-Dsurefire.failIfNoSpecifiedTests=false", "test"]);
    if Run::new(&mut maven).lines(|line| println!("{line}"))? { Ok(()) } else { Err("see above".into()) }
}

/// Maven on a module and what it stands on, with the library and the programs that its tests need; without the goal.
fn of_module(workspace: &Workspace, cache: &Cache, jvm: &Jvm, module: Module) -> Result<Command, String> {
    let project = workspace.root.join(PROJECT);
    let built = Built::new(workspace, false, For::Tests)?;
    let generated = generate(workspace, &built)?;
    let output = workspace.target.join(Module::Jvm.output());
    let poms = poms(workspace, module)?;
    let mut maven = compiled(maven(cache, jvm, &project, &poms), &built, &generated, &output);
    maven.args(["--file", "reactor.xml", "--projects", module.pom(), "--also-make"]);
    maven.arg(property("satchel.command", &built.command));
    maven.arg(property("satchel.stage", &built.stage));
    if module != Module::Jvm {
        maven.arg("-Dsatchel.jvm.skip=true");
    }
    maven.env("RUST_BACKTRACE", "0"); // some tests ask for a panic
    Ok(maven)
}

/// What says which packages a module's build needs.
fn poms(workspace: &Workspace, module: Module) -> Result<Vec<u8>, String> {
    let project = workspace.root.join(PROJECT);
    let mut all = pom(&project)?;
    if module != Module::Jvm {
        let place = project.join(module.pom());
        all.extend(fs::read(&place).map_err(|e| format!("{}: {e}", place.display()))?);
    }
    Ok(all)
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
