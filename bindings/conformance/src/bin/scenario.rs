//! The runner for Rust: `satchel-scenario SCENARIO STAGE FOLDER`, as the runners of the other languages are called.

use std::process::ExitCode;

use satchel_conformance::runner;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [scenario, stage, folder] = &args[..] else {
        eprintln!("satchel-scenario: SCENARIO STAGE FOLDER");
        return ExitCode::from(2);
    };
    match satchel::runtime::handle().block_on(runner::run(scenario.as_ref(), stage, folder.as_ref())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
