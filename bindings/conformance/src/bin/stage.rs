//! The stage as a process: `satchel-stage FOLDER`. Prints its address, and ends when its standard input does.

use std::path::PathBuf;
use std::process::ExitCode;

use satchel_conformance::stage::Stage;
use tokio::io::AsyncReadExt as _;

#[tokio::main]
async fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("satchel-stage: name the scenario's folder");
        return ExitCode::from(2);
    };
    let stage = match Stage::start(folder).await {
        Ok(stage) => stage,
        Err(error) => {
            eprintln!("satchel-stage: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("{}", stage.address());
    // Whoever started it went away when this ends.
    let mut nothing = Vec::new();
    let _ = tokio::io::stdin().read_to_end(&mut nothing).await;
    ExitCode::SUCCESS
}
