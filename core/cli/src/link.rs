//! `satchel link`: the link simulator between a client and a server, driven by typed commands.
//!
//! A line is printed for each command and for each change that comes by itself (a script's step, a cut by
//! chance), with the bytes that passed until then.

use std::net::SocketAddr;
use std::path::PathBuf;

use satchel_testkit::link::{BadCommand, BadScript, Command, Conditions, Script, Simulator, Stats};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::output::say;
/// What `satchel link` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct LinkArgs {
    /// Address to listen on, such as 127.0.0.1:9000; port 0 takes a free one and prints it.
    #[arg(long, value_name = "ADDR")]
    pub listen: SocketAddr,
    /// Address of the server to pass everything on to.
    #[arg(long, value_name = "ADDR")]
    pub to: SocketAddr,
    /// Seed of what happens by chance: the same seed, the same cuts.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Print one JSON object a line.
    #[arg(long)]
    pub json: bool,
    /// Play a script first: lines of a moment and a command, such as "1.5s 3g" or "64KB cut".
    #[arg(long, value_name = "FILE")]
    pub script: Option<PathBuf>,
}

/// Why the simulator could not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    /// The address is taken, or not this machine's.
    #[error("cannot listen on {address}: {source}; choose another with --listen")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The script is not there or not readable.
    #[error("cannot read the script {path}: {source}")]
    Script {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The script holds something that is no step.
    #[error("the script {path} cannot be played: {source}")]
    BadScript {
        /// The file.
        path: PathBuf,
        /// Which line, and what is wrong with it.
        source: BadScript,
    },
}

/// Runs until `quit` is typed or the process is interrupted. The end of the input is not the end: so it runs
/// in the background too.
///
/// # Errors
/// [`LinkError`], before anything is carried.
pub(crate) async fn run(args: LinkArgs) -> Result<(), LinkError> {
    let script = args.script.as_ref().map(read_script).transpose()?;
    let simulator = Simulator::start(args.listen, args.to, args.seed)
        .map_err(|source| LinkError::Listen { address: args.listen, source })?;
    let teller = Teller { simulator: simulator.clone(), to: args.to, json: args.json };
    teller.tell("listening", None);
    if !args.json {
        say!("type help for the commands");
    }
    // The task plays by itself; it ends with the script, or with the process.
    drop(script.map(|script| simulator.play(script)));

    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let mut input_open = true;
    let mut told = teller.state();
    loop {
        let changed = {
            let last = told.clone();
            let teller = &teller;
            async move { teller.simulator.until_changed(|stats, conditions| state(stats, conditions) != last).await }
        };
        let line = tokio::select! {
            line = lines.next_line(), if input_open => line,
            () = changed => {
                told = teller.state();
                teller.tell("changed", None);
                continue;
            }
            _ = tokio::signal::ctrl_c() => break,
        };
        match line {
            Ok(Some(line)) if line.trim().is_empty() => {}
            Ok(Some(line)) => {
                if !teller.answer(&line) {
                    break;
                }
                told = teller.state();
            }
            // Without more input the link stays as it is.
            Ok(None) | Err(_) => input_open = false,
        }
    }
    teller.tell("ended", None);
    Ok(())
}

fn read_script(path: &PathBuf) -> Result<Script, LinkError> {
    let text = std::fs::read_to_string(path).map_err(|source| LinkError::Script { path: path.clone(), source })?;
    Script::parse(&text).map_err(|source| LinkError::BadScript { path: path.clone(), source })
}

/// What is worth a line when it changes: not the bytes, which always do.
fn state(stats: &Stats, conditions: &Conditions) -> (u64, u64, Conditions) {
    (stats.cuts, stats.lost_replies, conditions.clone())
}

/// Prints.
struct Teller {
    simulator: Simulator,
    to: SocketAddr,
    json: bool,
}

impl Teller {
    fn state(&self) -> (u64, u64, Conditions) {
        state(&self.simulator.stats(), &self.simulator.conditions())
    }

    fn tell(&self, event: &str, command: Option<&str>) {
        let (stats, conditions) = (self.simulator.stats(), self.simulator.conditions().to_string());
        let (listen, to) = (self.simulator.addr(), self.to);
        if self.json {
            let mut line = json!({
                "event": event, "listen": listen.to_string(), "to": to.to_string(), "link": conditions, "stats": stats,
            });
            if let Some(command) = command {
                line["command"] = json!(command);
            }
            say!("{line}");
            return;
        }
        match event {
            "listening" => say!("link from {listen} to {to}: {conditions}"),
            _ => say!("{}: {conditions}; {stats}", command.unwrap_or(event)),
        }
    }

    fn refuse(&self, line: &str, problem: &BadCommand) {
        if self.json {
            say!("{}", json!({ "event": "refused", "command": line, "problem": problem.to_string() }));
        } else {
            say!("{problem}");
        }
    }

    /// Does what a line says. False where it is the end.
    fn answer(&self, line: &str) -> bool {
        let line = line.trim();
        let command = match Command::parse(line) {
            Ok(command) => command,
            Err(problem) => {
                self.refuse(line, &problem);
                return true;
            }
        };
        match command {
            Command::Quit => return false,
            Command::Help if self.json => {
                let lines: Vec<&str> = Command::HELP.lines().collect();
                say!("{}", json!({ "event": "help", "commands": lines }));
            }
            Command::Help => say!("{}", Command::HELP),
            command => {
                self.simulator.obey(&command);
                self.tell("command", Some(line));
            }
        }
        true
    }
}
