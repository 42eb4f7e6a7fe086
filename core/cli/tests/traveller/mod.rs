//! A traveller with an outbox, the `satchel` command, and a receiver at home.

#![allow(dead_code, reason = "not every test needs all of it")]

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use satchel_receiver::{Config, Receiver};
use satchel_testkit::Chance;
use satchel_testkit::link::{Conditions, Simulator};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// Everything ends with it.
pub(crate) struct Traveller {
    pub(crate) home: TempDir,
    pub(crate) desk: Receiver,
    /// As `TZ` names it.
    zone: String,
}

impl Traveller {
    /// With a receiver that the outbox is paired with.
    pub(crate) async fn new() -> Self {
        Self::in_zone("UTC").await
    }

    /// Likewise, in a zone.
    pub(crate) async fn in_zone(zone: &str) -> Self {
        let traveller = Self::unpaired(zone).await;
        let code = traveller.desk.pairing_code().to_string();
        traveller.well(&["pair", &code]).await;
        traveller
    }

    /// Likewise, where all that goes to the receiver goes over a simulated link.
    pub(crate) async fn over(up: u64) -> (Self, Simulator) {
        let traveller = Self::unpaired("UTC").await;
        let link = Simulator::start("127.0.0.1:0".parse().unwrap(), traveller.desk.addr(), 1).unwrap();
        let mut code = traveller.desk.pairing_code();
        code.port = link.addr().port();
        traveller.well(&["pair", &code.to_string()]).await;
        link.set(Conditions::open().rates(up, up));
        (traveller, link)
    }

    async fn unpaired(zone: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let config = Config::new("127.0.0.1:0".parse().unwrap(), home.path().join("desk"));
        let desk = Receiver::start(config).await.unwrap();
        Self { home, desk, zone: zone.into() }
    }

    pub(crate) fn outbox(&self) -> PathBuf {
        self.home.path().join("outbox")
    }

    /// A file of so many bytes that nothing makes smaller, in the folder of photos.
    pub(crate) fn photo(&self, name: &str, bytes: usize) -> String {
        let mut content = vec![0; bytes];
        let seed = name.bytes().fold(7, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
        Chance::new(seed).fill(&mut content);
        content[..4].copy_from_slice(&[0xFF, 0xD8, 0xFF, 0xE0]);
        self.file(name, &content)
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.home.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_satchel"));
        command
            .args(words)
            .env("SATCHEL_OUTBOX", self.outbox())
            .env("SATCHEL_FFMPEG", "/nowhere")
            .env("TZ", &self.zone);
        command.env_remove("SATCHEL_TOKEN").current_dir(self.home.path()).stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Runs the command to its end.
    pub(crate) async fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().await.unwrap()
    }

    /// What a command that must go well prints.
    pub(crate) async fn well(&self, words: &[&str]) -> String {
        let output = self.run(words).await;
        assert!(output.status.success(), "{words:?}: {}", told(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// What a command that must fail with this code says.
    pub(crate) async fn fails(&self, code: i32, words: &[&str]) -> String {
        let output = self.run(words).await;
        assert_eq!(output.status.code(), Some(code), "{words:?}: {}", told(&output));
        told(&output)
    }

    /// What a command prints with `--json`, whatever it comes to.
    pub(crate) async fn objects(&self, words: &[&str]) -> Vec<Value> {
        let output = self.run(&[words, &["--json"]].concat()).await;
        assert!(matches!(output.status.code(), Some(0 | 3)), "{words:?}: {}", told(&output));
        objects(&output.stdout)
    }

    /// The status of the asset with this file name, over a link.
    pub(crate) async fn status(&self, name: &str, link: &str) -> Value {
        let all = self.objects(&["status", "--link", link]).await;
        let own = |value: &&Value| value["path"].as_str().is_some_and(|path| Path::new(path).ends_with(name));
        all.iter().find(own).unwrap_or_else(|| panic!("{name} is not in {all:#?}")).clone()
    }

    /// A sum of the ledger over one class of links.
    pub(crate) async fn ledger(&self, link: &str, what: &str) -> u64 {
        let rows = self.objects(&["ledger"]).await;
        rows.iter().filter(|row| row["link"] == link).map(|row| row[what].as_u64().unwrap()).sum()
    }

    /// Whether the receiver has this file whole.
    pub(crate) async fn arrived(&self, name: &str) -> bool {
        let hash = blake3::hash(&std::fs::read(self.home.path().join(name)).unwrap()).to_hex().to_string();
        self.desk.completed_uploads().await.unwrap().iter().any(|upload| upload.hash.to_string() == hash)
    }

    /// A sync that runs.
    pub(crate) fn syncing(&self, words: &[&str]) -> Syncing {
        let mut command = self.command(&[&["sync", "--json"], words].concat());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Syncing { child, lines }
    }
}

/// A sync that runs; it ends with its handle.
pub(crate) struct Syncing {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Syncing {
    /// The next event of this name; what comes before it is passed over. Nothing comes after a minute.
    pub(crate) async fn until(&mut self, event: &str) -> Value {
        let next = async {
            loop {
                let line = self.lines.next_line().await.unwrap().unwrap_or_else(|| panic!("it ended before {event}"));
                let value: Value = serde_json::from_str(&line).unwrap();
                if value["event"] == event {
                    return value;
                }
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(60), next).await.unwrap_or_else(|_| panic!("no {event}"))
    }

    /// How it ended.
    pub(crate) async fn end(mut self) -> Option<i32> {
        self.until("end").await;
        self.child.wait().await.unwrap().code()
    }
}

pub(crate) fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn objects(bytes: &[u8]) -> Vec<Value> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"))).collect()
}
