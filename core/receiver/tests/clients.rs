//! Tus clients that others wrote, against the receiver: each uploads a photo, is killed half way, and resumes from the
//! URL that it kept. So an agency's own program, on a library of its choice, can send here.
//!
//! `cargo xtask test` sets the clients up and runs these. Each client is a small program with the same arguments and
//! the same lines of output (core/xtask/foreign).

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use satchel_kernel::protocol::PAIR_PATH;
use satchel_kernel::protocol::pairing::{PairReply, PairRequest};
use satchel_receiver::{Config, Receiver};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// No client takes longer for one step, on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);
const LENGTH: usize = 3_000_001;

#[tokio::test]
#[ignore = "foreign: node"]
async fn tus_js_client_uploads_and_resumes() {
    let script = Path::new(&place("SATCHEL_NODE_SCRIPTS")).join("upload.mjs");
    uploads_and_resumes(&[place("SATCHEL_NODE"), script.into()]).await;
}

#[tokio::test]
#[ignore = "foreign: tuspy"]
async fn tuspy_uploads_and_resumes() {
    let script = Path::new(&place("SATCHEL_PYTHON_SCRIPTS")).join("upload.py");
    uploads_and_resumes(&[place("SATCHEL_PYTHON"), script.into()]).await;
}

#[tokio::test]
#[ignore = "foreign: tus-java-client"]
async fn tus_java_client_uploads_and_resumes() {
    uploads_and_resumes(&[place("SATCHEL_JAVA"), "-cp".into(), place("SATCHEL_JAVA_CLASSES"), "Upload".into()]).await;
}

async fn uploads_and_resumes(program: &[OsString]) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("photo.jpg");
    let mut bytes = vec![0; LENGTH];
    blake3::Hasher::new_derive_key("satchel tests: a photo").finalize_xof().fill(&mut bytes);
    fs::write(&file, &bytes).unwrap();
    let mut config = Config::new("127.0.0.1:0".parse().unwrap(), home.path().join("store"));
    config.plain_http = true;
    let receiver = Receiver::start(config).await.unwrap();
    let token = paired(&receiver).await;
    let state = home.path().join("state");
    let upload = |token: &str| Client::start(program, &receiver, &file, &state, token);

    // Without a right token nothing is taken, and the client says so.
    let mut refused = upload("wrong").go();
    assert_ne!(refused.ended().await.0, Some(0), "a wrong token must not do");
    assert_eq!(receiver.completed_uploads().await.unwrap(), []);

    let mut killed = upload(&token).pausing_at(LENGTH / 2).go();
    let paused = killed.line_after("paused ").await;
    let kept: usize = paused.parse().unwrap();
    assert!((LENGTH / 2..LENGTH).contains(&kept), "{kept}");
    killed.child.kill().await.unwrap();
    assert_eq!(receiver.completed_uploads().await.unwrap(), [], "half a photo is not a photo");

    let mut resumed = upload(&token).go();
    assert_eq!(resumed.line_after("started at ").await, paused, "it goes on where the server stopped");
    resumed.line_after("done ").await;
    let (code, said) = resumed.ended().await;
    assert_eq!(code, Some(0), "{said}");

    let completed = receiver.completed_uploads().await.unwrap();
    assert_eq!(completed.len(), 1, "the photo came once: {completed:?}");
    let hash = completed[0].hash;
    assert_eq!(hash.to_string(), blake3::hash(&bytes).to_hex().as_str());
    assert_eq!(fs::read(receiver.blob_path(&hash)).unwrap(), bytes);
    receiver.shutdown().await;
}

/// A bearer token for a device of its own.
async fn paired(receiver: &Receiver) -> String {
    let code = receiver.pairing_code().code;
    let request = PairRequest { code, device: "agency".into(), contributor: None };
    let url = format!("{}{PAIR_PATH}", receiver.url());
    let reply = reqwest::Client::new().post(url).json(&request).send().await.unwrap();
    reply.error_for_status().unwrap().json::<PairReply>().await.unwrap().token
}

fn place(variable: &str) -> OsString {
    env::var_os(variable).unwrap_or_else(|| {
        panic!("{variable} is not set: these tests are run by `cargo xtask test`, which sets up what they need")
    })
}

/// A client about to be started.
struct Client(Command);

impl Client {
    fn start(program: &[OsString], receiver: &Receiver, file: &Path, state: &Path, token: &str) -> Self {
        let mut command = Command::new(&program[0]);
        command.args(&program[1..]).args(["--to", &format!("{}/files/", receiver.url()), "--token", token]);
        command.arg("--file").arg(file).arg("--state").arg(state);
        Self(command)
    }

    fn pausing_at(mut self, bytes: usize) -> Self {
        self.0.args(["--pause-at", &bytes.to_string()]);
        self
    }

    fn go(mut self) -> Running {
        let pipes = self.0.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = pipes.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Running { child, lines }
    }
}

/// A client at work.
struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// Waits for the line that begins so, and gives the rest of it.
    async fn line_after(&mut self, start: &str) -> String {
        let found = timeout(PATIENCE, async {
            while let Some(line) = self.lines.next_line().await.unwrap() {
                if let Some(rest) = line.strip_prefix(start) {
                    return Some(rest.to_owned());
                }
            }
            None
        });
        match found.await.unwrap_or_else(|_| panic!("no line \"{start}…\" in {PATIENCE:?}")) {
            Some(rest) => rest,
            None => panic!("it ended without a line \"{start}…\": {}", self.ended().await.1),
        }
    }

    /// Waits for its end: its status, and what it complained of.
    async fn ended(&mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        let mut stderr = self.child.stderr.take().unwrap();
        let end = async {
            stderr.read_to_string(&mut said).await.unwrap();
            self.child.wait().await.unwrap().code()
        };
        let code = timeout(PATIENCE, end).await.expect("it ends");
        (code, said)
    }
}
