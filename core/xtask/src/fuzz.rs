//! `cargo xtask fuzz TARGET`: lets cargo-fuzz look for inputs that break the kernel's parsing, or what reads pictures.

use std::fs;
use std::process::Command;

use crate::cache::Cache;
use crate::outcome::Outcome;
use crate::parts::cargo_tool;
use crate::process::{Run, on_path};
use crate::workspace::Workspace;

const CARGO_FUZZ: &str = "0.13.2";

/// Crates with a folder `fuzz`, each with a folder of files to start from where it has one.
const CRATES: [(&str, Option<&str>); 2] =
    [("core/kernel", None), ("core/engine", Some("core/engine/tests/pictures/samples"))];

/// What to fuzz, and for how long.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A file of fuzz/fuzz_targets in core/kernel or core/engine, without its ending; leave it out to list them.
    target: Option<String>,
    /// When to stop, in seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Outcome, String> {
    let mut all = Vec::new();
    for (krate, start) in CRATES {
        let folder = workspace.root.join(krate);
        let found = targets(&folder.join("fuzz/fuzz_targets"))?;
        all.extend(found.into_iter().map(|name| (name, folder.clone(), start)));
    }
    let Some(target) = &arguments.target else {
        all.iter().for_each(|(name, ..)| println!("{name}"));
        return Ok(Outcome::Well);
    };
    let Some((_, folder, start)) = all.iter().find(|(name, ..)| name == target) else {
        let names: Vec<_> = all.iter().map(|(name, ..)| name.as_str()).collect();
        return Err(format!("no fuzz target is called {target}; there are: {}", names.join(", ")));
    };
    let rustup = on_path(&["rustup"]).ok_or("cargo-fuzz needs Rust's nightly: install rustup")?;
    let installed = Run::new(Command::new(&rustup).args(["toolchain", "list"])).text()?;
    if !installed.lines().any(|line| line.starts_with("nightly")) {
        return Err("cargo-fuzz needs Rust's nightly: rustup toolchain install nightly".into());
    }
    let fuzz = cargo_tool(&Cache::open()?, "cargo-fuzz", CARGO_FUZZ, &[])?;
    println!("fuzzing {target} for {} s", arguments.seconds);
    // `rustup run` puts nightly's cargo first on the path; the variables of this run would lead back to stable.
    let mut run = Command::new(rustup);
    run.current_dir(folder).env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN").args(["run", "nightly"]);
    run.arg(fuzz).args(["run", target]);
    if let Some(start) = start {
        // What is found goes into the first folder, so that is not the one with the files to start from.
        let corpus = folder.join("fuzz/corpus").join(target);
        fs::create_dir_all(&corpus).map_err(|e| format!("{}: {e}", corpus.display()))?;
        run.arg(corpus).arg(workspace.root.join(start));
    }
    run.arg("--").arg(format!("-max_total_time={}", arguments.seconds));
    Run::new(&mut run).shown().map(Outcome::well_if)
}

fn targets(folder: &std::path::Path) -> Result<Vec<String>, String> {
    let entries = fs::read_dir(folder).map_err(|e| format!("there are no fuzz targets: {}: {e}", folder.display()))?;
    let names = entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|e| e == "rs"));
    let mut names: Vec<String> = names.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    Ok(names)
}
