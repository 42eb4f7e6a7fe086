//! A page in Chromium, driven by a test through Node (`core/xtask/foreign/node/browser.mjs`).

#![allow(dead_code, reason = "each test target uses its part of this")]

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// One page. It ends with the value.
pub(crate) struct Browser {
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Browser {
    /// Starts Chromium, without a page yet.
    pub(crate) fn start() -> Self {
        let mut node = Command::new(place("SATCHEL_NODE"));
        node.arg(Path::new(&place("SATCHEL_NODE_SCRIPTS")).join("browser.mjs")).arg(place("SATCHEL_CHROMIUM"));
        // Chromium ends when this pipe does, so that a test that dies leaves none behind.
        let mut child = node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { stdin: child.stdin.take().unwrap(), lines, _child: child }
    }

    /// Opens an address in a window of its own.
    pub(crate) async fn open(&mut self, url: &str) {
        self.tell(json!({ "do": "open", "url": url })).await;
    }

    /// As on a phone, at night.
    pub(crate) async fn open_on_a_phone_at_night(&mut self, url: &str) {
        self.tell(json!({ "do": "open", "url": url, "width": 390, "height": 844, "scheme": "dark" })).await;
    }

    /// Waits until something is seen.
    pub(crate) async fn wait(&mut self, selector: &str) {
        self.tell(json!({ "do": "wait", "selector": selector })).await;
    }

    /// Waits until exactly so many are there.
    pub(crate) async fn wait_for(&mut self, selector: &str, count: usize) {
        self.tell(json!({ "do": "wait", "selector": selector, "count": count })).await;
    }

    /// What is written in each.
    pub(crate) async fn texts(&mut self, selector: &str) -> Vec<String> {
        serde_json::from_value(self.tell(json!({ "do": "texts", "selector": selector })).await).unwrap()
    }

    /// What a script in the page comes to.
    pub(crate) async fn evaluate(&mut self, script: &str) -> Value {
        self.tell(json!({ "do": "evaluate", "script": script })).await
    }

    pub(crate) async fn click(&mut self, selector: &str) {
        self.tell(json!({ "do": "click", "selector": selector })).await;
    }

    /// Clicks on what starts a download; the name that the file would get.
    pub(crate) async fn download(&mut self, selector: &str, into: &Path) -> String {
        let name = self.tell(json!({ "do": "download", "selector": selector, "into": into })).await;
        name.as_str().unwrap().to_owned()
    }

    /// A PNG of what is seen, if the environment variable names a folder for it.
    pub(crate) async fn picture(&mut self, name: &str) {
        if let Some(folder) = env::var_os("SATCHEL_PICTURES") {
            self.tell(json!({ "do": "picture", "into": Path::new(&folder).join(name) })).await;
        }
    }

    /// How often the page was loaded since it was opened, and what went wrong in it.
    pub(crate) async fn history(&mut self) -> (u64, Vec<String>) {
        let history = self.tell(json!({ "do": "history" })).await;
        let complaints = serde_json::from_value(history["complaints"].clone()).unwrap();
        (history["loads"].as_u64().unwrap(), complaints)
    }

    async fn tell(&mut self, what: Value) -> Value {
        self.stdin.write_all(format!("{what}\n").as_bytes()).await.unwrap();
        let line = self.lines.next_line().await.unwrap().unwrap_or_else(|| panic!("the browser ended at {what}"));
        let mut reply: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(reply.get("error"), None, "{what}");
        reply["value"].take()
    }
}

fn place(variable: &str) -> OsString {
    env::var_os(variable).unwrap_or_else(|| {
        panic!("{variable} is not set: these tests are run by `cargo xtask test`, which sets up what they need")
    })
}
