//! `satchel sync` as a process of its own, so that it can really be killed.

use std::path::Path;
use std::process::{ExitStatus, Stdio};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use super::Failure;

/// A child that syncs. It dies with its handle.
pub(super) struct Syncer {
    child: Child,
    events: Lines<BufReader<ChildStdout>>,
}

impl Syncer {
    /// Starts this very program again.
    pub(super) fn start(outbox: &Path, url: &str, link: &str, deadline: Option<u64>) -> Result<Self, Failure> {
        let program = std::env::current_exe().map_err(Failure::because("this program does not find itself"))?;
        let mut command = Command::new(program);
        command.arg("sync").arg("--outbox").arg(outbox).args(["--to", url, "--link", link, "--json"]);
        if let Some(seconds) = deadline {
            command.args(["--deadline", &seconds.to_string()]);
        }
        // What is set for the person's own outboxes is not meant for this one.
        command.env_remove("SATCHEL_TOKEN").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child =
            command.kill_on_drop(true).spawn().map_err(Failure::because("a second process did not start"))?;
        let out = child.stdout.take().expect("its output was asked for, and nobody took it before");
        Ok(Self { child, events: BufReader::new(out).lines() })
    }

    /// Its next event; none when it has ended.
    pub(super) async fn next(&mut self) -> Option<Value> {
        loop {
            let line = self.events.next_line().await.ok()??;
            if let Ok(event) = serde_json::from_str(&line) {
                return Some(event);
            }
        }
    }

    /// Its process id, while it runs.
    pub(super) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Kills it, with a signal that it cannot catch (on Windows: by `TerminateProcess`), and waits until it is gone.
    pub(super) async fn kill(mut self) -> Result<ExitStatus, Failure> {
        let gone = async {
            self.child.start_kill()?;
            self.child.wait().await
        };
        gone.await.map_err(Failure::because("the process could not be killed"))
    }

    /// Waits until it ends by itself. What it complained of is told with the status.
    pub(super) async fn end(mut self) -> Result<(ExitStatus, String), Failure> {
        while self.next().await.is_some() {}
        let mut complaint = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            let _ = stderr.read_to_string(&mut complaint).await;
        }
        let status = self.child.wait().await.map_err(Failure::because("the process was lost"))?;
        Ok((status, complaint.trim().to_owned()))
    }
}
