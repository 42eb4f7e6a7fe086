//! One run of the `satchel` command, which may be killed in the middle.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;
use tokio::io::AsyncReadExt as _;
use tokio::time::{Instant, sleep, timeout};

/// No run takes longer on a slow machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// How a run went.
#[derive(Debug)]
pub(crate) struct Run {
    status: ExitStatus,
    /// From its start to its end.
    pub(crate) life: Duration,
    stdout: String,
    stderr: String,
}

/// Runs a command to its end, or kills it (SIGKILL) after this long.
pub(crate) async fn run(command: Command, kill_after: Option<Duration>) -> Run {
    let mut command = tokio::process::Command::from(command);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let started = Instant::now();
    let mut child = command.spawn().unwrap();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let living = async {
        tokio::select! {
            status = child.wait() => return status.unwrap(),
            () = sleep(kill_after.unwrap_or(PATIENCE)) => {}
        }
        child.kill().await.unwrap();
        assert!(kill_after.is_some(), "it does not end");
        child.wait().await.unwrap()
    };
    let (status, read_out, read_err) =
        tokio::join!(living, out.read_to_end(&mut stdout), timeout(PATIENCE, err.read_to_end(&mut stderr)));
    read_out.unwrap();
    read_err.unwrap().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Run { status, life: started.elapsed(), stdout: text(stdout), stderr: text(stderr) }
}

impl Run {
    /// The kill came before its own end.
    pub(crate) fn killed(&self) -> bool {
        self.status.signal() == Some(9)
    }

    /// It ended itself at a crash point.
    #[cfg_attr(not(debug_assertions), expect(dead_code, reason = "there are crash points in debug builds only"))]
    pub(crate) fn crashed(&self) -> bool {
        self.status.signal() == Some(6)
    }

    /// The exit code, where there was one.
    pub(crate) fn code(&self) -> Option<i32> {
        self.status.code()
    }

    /// What it said on standard output, an object a line. A line that a kill cut in two was not said.
    pub(crate) fn said(&self) -> Vec<Value> {
        let whole = self.stdout.rfind('\n').map_or("", |end| &self.stdout[..end]);
        whole.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"))).collect()
    }

    /// All of it, for a person who looks for a fault.
    pub(crate) fn told(&self) -> String {
        format!("{}\n{}{}", self.status, self.stdout, self.stderr)
    }
}
