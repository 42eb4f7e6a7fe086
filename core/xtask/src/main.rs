//! Every routine of the project, the same on a desk and in CI: `cargo xtask test | lint | bindings | fmt | bench | fuzz | size | pictures |
//! screens`.
//!
//! Each says what it is doing, keeps what it downloads in one cache folder, and ends with status 0 only when
//! all that it was asked for went well.

mod bench;
mod bindings;
mod cache;
mod clock;
mod fmt;
mod foreign;
mod fuzz;
mod libtest;
mod lint;
mod outcome;
mod parts;
mod pictures;
mod process;
mod report;
mod screens;
mod size;
mod suites;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use outcome::Outcome;
use workspace::Workspace;

/// Every routine of the project.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    routine: Routine,
}

#[derive(Subcommand)]
enum Routine {
    /// Runs every test, in Rust, Kotlin and Swift; sets up what others wrote where it can.
    Test(suites::Arguments),
    /// Checks format, lints, dependencies, and the project's own rules.
    Lint(lint::Arguments),
    /// Makes what apps in Kotlin and Swift add to themselves.
    Bindings(bindings::Arguments),
    /// Formats the sources in Rust, Kotlin and Swift.
    Fmt,
    /// Measures: memory, hashing and enqueueing; previews over a bad link; a million assets; the boundary to Kotlin and Swift.
    Bench(bench::Arguments),
    /// Fuzzes one target of the kernel, or of what reads pictures.
    Fuzz(fuzz::Arguments),
    /// Weighs the library for phones, by crate.
    Size(size::Arguments),
    /// Makes the README's pictures anew.
    Pictures(pictures::Arguments),
    /// Draws every screen of the Android demo.
    Screens(screens::Arguments),
}

fn main() -> ExitCode {
    let Arguments { routine } = Arguments::parse();
    let done = Workspace::find().and_then(|workspace| match routine {
        Routine::Test(arguments) => suites::run(&workspace, &arguments),
        Routine::Lint(arguments) => lint::run(&workspace, &arguments),
        Routine::Bindings(arguments) => bindings::run(&workspace, &arguments),
        Routine::Fmt => fmt::run(&workspace),
        Routine::Bench(arguments) => bench::run(&workspace, &arguments),
        Routine::Fuzz(arguments) => fuzz::run(&workspace, &arguments),
        Routine::Size(arguments) => size::run(&workspace, &arguments),
        Routine::Pictures(arguments) => pictures::run(&workspace, &arguments),
        Routine::Screens(arguments) => screens::run(&workspace, &arguments),
    });
    match done {
        Ok(Outcome::Well) => ExitCode::SUCCESS,
        Ok(Outcome::Failed) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("xtask: {problem}");
            ExitCode::from(2)
        }
    }
}
