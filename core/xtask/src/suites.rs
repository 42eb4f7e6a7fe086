//! `cargo xtask test`: the crates' own tests one crate after the other, then the suites that need what others wrote, then
//! those of the bindings in their own languages.

use std::process::Command;
use std::time::Duration;

use crate::bindings::{kotlin, swift, xcode};
use crate::cache::Cache;
use crate::clock::Stopwatch;
use crate::foreign::{self, ForeignSuite};
use crate::libtest::{Tally, listed};
use crate::outcome::Outcome;
use crate::parts::{Part, Parts, Places, SAMPLES, Swift, When, disk};
use crate::process::{Run, on_terminal, set, without_colour};
use crate::report::{Ending, Report, Row};
use crate::workspace::{Workspace, cargo};

/// Which tests.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// What cannot be run is a failure; also runs the suites that otherwise wait for a word.
    #[arg(long)]
    all: bool,
    /// Only suites whose name contains this; may be given again. A part's name counts: tusd, rustus, chromium.
    #[arg(long, value_name = "SUITE")]
    only: Vec<String>,
    /// Lists the suites and runs none.
    #[arg(long)]
    list: bool,
}

enum Suite {
    Crate(String),
    Foreign(ForeignSuite),
    Kotlin(kotlin::Module),
    Swift {
        /// A Swift is there, so nothing large has to be fetched.
        at_hand: bool,
        which: Swifts,
    },
    /// The iOS demo's Xcode project, read back.
    Xcode,
}

/// A suite in Swift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Swifts {
    /// The package.
    Package,
    /// The iOS demo's model.
    Demo,
}

impl Suite {
    fn name(&self) -> String {
        match self {
            Self::Crate(package) => package.clone(),
            Self::Foreign(suite) => suite.name(),
            Self::Kotlin(module) => module.name().into(),
            Self::Swift { which: Swifts::Package, .. } => "swift".into(),
            Self::Swift { which: Swifts::Demo, .. } => "ios-demo".into(),
            Self::Xcode => "ios-project".into(),
        }
    }

    /// What this run does with it.
    fn duty(&self, arguments: &Arguments) -> Duty {
        let wanted = |name: &str| arguments.only.iter().any(|only| name.contains(only.as_str()));
        let named = wanted(&self.name());
        if !arguments.only.is_empty() && !named {
            return Duty::None;
        }
        let suite = match self {
            Self::Swift { at_hand: false, .. } if !arguments.all && !named => {
                return Duty::Skip("no Swift on this machine; --all sets it up on Debian (3 GB)");
            }
            Self::Crate(_) | Self::Kotlin(_) | Self::Swift { .. } | Self::Xcode => return Duty::Run,
            Self::Foreign(suite) => suite,
        };
        let mut duty = Duty::Run;
        for part in &suite.parts {
            match part.when() {
                When::Always => {}
                When::IfThere if set(SAMPLES) => {}
                When::IfThere => return Duty::None,
                When::WithAll if arguments.all || named => {}
                When::WithAll => duty = Duty::Skip("only with --all"),
                When::ByName if wanted(part.name()) => {}
                When::ByName => duty = Duty::Skip("only when asked for by --only"),
            }
        }
        duty
    }
}

enum Duty {
    Run,
    Skip(&'static str),
    None,
}

/// Runs them, and prints the table.
pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Outcome, String> {
    let mut suites: Vec<Suite> = workspace.members.iter().map(|member| Suite::Crate(member.name.clone())).collect();
    suites.extend(foreign::discover(workspace)?.into_iter().map(Suite::Foreign));
    let cache = Cache::open()?;
    let modules = kotlin::Module::ALL.into_iter().filter(|module| module.is_there(workspace));
    suites.extend(modules.map(Suite::Kotlin));
    if swift::is_there(workspace) {
        suites.push(Suite::Swift { at_hand: Swift::at_hand(&cache), which: Swifts::Package });
    }
    if swift::demo_is_there(workspace) {
        suites.push(Suite::Swift { at_hand: Swift::at_hand(&cache), which: Swifts::Demo });
    }
    if xcode::is_there(workspace) {
        suites.push(Suite::Xcode);
    }
    if arguments.list {
        return list(&suites, arguments);
    }
    let mut parts = Parts::new(workspace, cache.clone());
    let mut report = Report { rows: Vec::new(), all: arguments.all, scenarios: scenarios(workspace) };
    for suite in &suites {
        let duty = suite.duty(arguments);
        if matches!(duty, Duty::None) {
            continue;
        }
        println!("\n==> {}", suite.name());
        let ending = match (suite, duty) {
            (Suite::Crate(package), _) => of_crate(package)?,
            (Suite::Foreign(suite), Duty::Skip(why)) => skipped(suite, why.into(), false),
            (_, Duty::Skip(why)) => Ending::Skipped { tests: Vec::new(), why: why.into(), counts: false },
            (Suite::Kotlin(module), _) => {
                of_binding(kotlin::needs(), |jvm| kotlin::suite(workspace, &cache, jvm, *module))?
            }
            (Suite::Swift { which, .. }, _) => of_binding(Swift::find(&cache), |found| match which {
                Swifts::Package => swift::suite(workspace, found),
                Swifts::Demo => swift::demo(workspace, found),
            })?,
            (Suite::Xcode, _) => of_binding(xcode::needs(), |python| xcode::suite(workspace, python))?,
            (Suite::Foreign(suite), _) => match parts.places(&suite.parts) {
                Ok(places) => of_foreign(suite, &places)?,
                Err(why) => skipped(suite, why, true),
            },
        };
        if let Ending::Skipped { why, .. } = &ending {
            println!("skipped: {why}");
        }
        report.rows.push(Row { suite: suite.name(), ending });
    }
    if report.rows.is_empty() {
        return Err(format!("no suite's name contains {}: see cargo xtask test --list", arguments.only.join(" or ")));
    }
    println!("\n{report}");
    Ok(Outcome::well_if(report.failed() == 0))
}

/// The scenarios' names.
fn scenarios(workspace: &Workspace) -> Vec<String> {
    let Ok(folder) = std::fs::read_dir(workspace.root.join("bindings/conformance/scenarios")) else { return vec![] };
    let name = |file: std::fs::DirEntry| file.file_name().to_str()?.strip_suffix(".json").map(str::to_owned);
    let mut names: Vec<_> = folder.flatten().filter_map(name).collect();
    names.sort();
    names
}

fn list(suites: &[Suite], arguments: &Arguments) -> Result<Outcome, String> {
    for suite in suites {
        match suite.duty(arguments) {
            Duty::Run => println!("{}", suite.name()),
            Duty::Skip(why) => println!("{} ({why})", suite.name()),
            Duty::None => {}
        }
    }
    Ok(Outcome::Well)
}

fn of_crate(package: &str) -> Result<Ending, String> {
    let mut test = cargo();
    test.args(["test", "--no-fail-fast", "--package", package]);
    ran(&mut test)
}

fn of_foreign(suite: &ForeignSuite, places: &Places) -> Result<Ending, String> {
    if !Run::new(cargo().args(suite.chosen()).args(["--no-run", "--quiet"])).shown()? {
        let failures = vec!["(did not build, see above)".into()];
        return Ok(Ending::Ran { passed: 0, failed: 1, failures, names: vec![], took: Duration::ZERO });
    }
    let names = names(suite)?;
    let mut test = if suite.parts.contains(&Part::SmallDisk) { disk::with_small_disk(cargo()) } else { cargo() };
    test.args(suite.chosen()).args(["--no-fail-fast", "--", "--ignored", "--exact"]).args(&names);
    if suite.parts.contains(&Part::SmallDisk) {
        test.arg("--test-threads=1"); // they share the disk
    }
    ran(test.envs(places.iter().cloned()))
}

/// Runs a suite of the bindings with what it needs, or says why that cannot be had.
fn of_binding<T>(needs: Result<T, String>, run: impl FnOnce(&T) -> Result<Tally, String>) -> Result<Ending, String> {
    let needs = match needs {
        Ok(needs) => needs,
        Err(why) => return Ok(Ending::Skipped { tests: Vec::new(), why, counts: true }),
    };
    let watch = Stopwatch::start();
    let tally = run(&needs).unwrap_or_else(|why| Tally { failed: 1, failures: vec![why], ..Tally::default() });
    let Tally { passed, failed, failures, names } = tally;
    Ok(Ending::Ran { passed, failed, failures, names, took: watch.elapsed() })
}

/// The tests' names with their modules, as libtest knows them.
fn names(suite: &ForeignSuite) -> Result<Vec<String>, String> {
    let text = Run::new(cargo().args(suite.chosen()).args(["--quiet", "--", "--ignored", "--list"])).text()?;
    let ours = |name: &&str| suite.functions.iter().any(|function| name.rsplit("::").next() == Some(function));
    let names: Vec<String> = listed(&text).into_iter().filter(ours).map(str::to_owned).collect();
    if names.len() < suite.functions.len() {
        return Err(format!("{}: some of {:?} are not built into the target", suite.name(), suite.functions));
    }
    Ok(names)
}

fn skipped(suite: &ForeignSuite, why: String, counts: bool) -> Ending {
    // Functions' names do: to know their modules, the target would have to be built.
    Ending::Skipped { tests: suite.functions.clone(), why, counts }
}

fn ran(test: &mut Command) -> Result<Ending, String> {
    if on_terminal() {
        test.env("CARGO_TERM_COLOR", "always");
    }
    let watch = Stopwatch::start();
    let mut tally = Tally::default();
    let well = Run::new(test).lines(|line| {
        if tally.take(&without_colour(line)) {
            println!("{line}");
        }
    })?;
    tally.ended(well);
    let Tally { passed, failed, failures, names } = tally;
    Ok(Ending::Ran { passed, failed, failures, names, took: watch.elapsed() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn duty(parts: &[Part], all: bool, only: &[&str]) -> &'static str {
        let suite = Suite::Foreign(ForeignSuite {
            package: "satchel-cli".into(),
            target: Some("servers".into()),
            parts: parts.to_vec(),
            functions: vec!["one".into()],
        });
        let arguments = Arguments { all, only: only.iter().map(|only| (*only).to_owned()).collect(), list: false };
        match suite.duty(&arguments) {
            Duty::Run => "run",
            Duty::Skip(_) => "skip",
            Duty::None => "none",
        }
    }

    #[test]
    fn slow_parts_wait_for_a_word() {
        assert_eq!(duty(&[Part::Node], false, &[]), "run");
        assert_eq!(duty(&[Part::Tuspy], false, &[]), "skip");
        assert_eq!(duty(&[Part::Tuspy], true, &[]), "run");
        assert_eq!(duty(&[Part::Tuspy], false, &["tuspy"]), "run");
        assert_eq!(duty(&[Part::Rustus], true, &[]), "skip");
        assert_eq!(duty(&[Part::Rustus], true, &["servers"]), "skip", "its own name must be said");
        assert_eq!(duty(&[Part::Rustus], false, &["rustus"]), "run");
        assert_eq!(duty(&[Part::Node], false, &["kernel"]), "none");
    }
}
