//! `cargo xtask pictures`: makes the README's pictures anew, from the real demo and the real page.
//!
//! The demo runs in a terminal of tmux, which is read when it is done and drawn by Chromium; then Chromium opens the
//! page that the same demo serves.

mod terminal;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::cache::Cache;
use crate::outcome::Outcome;
use crate::parts::{Part, Parts, Places};
use crate::process::{Run, on_path};
use crate::workspace::{Workspace, cargo};

/// The terminal, in columns and lines: the whole story fits.
const SIZE: (&str, &str) = ("100", "90");
/// What the demo says when it is done and serves its page.
const SERVING: &str = "#key=";
/// Far more than the demo takes.
const PATIENCE: Duration = Duration::from_secs(180);

/// Where they go.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The folder; docs/pictures when left out.
    #[arg(long)]
    into: Option<PathBuf>,
}

pub(crate) fn run(workspace: &Workspace, arguments: &Arguments) -> Result<Outcome, String> {
    let folder = arguments.into.clone().unwrap_or_else(|| workspace.root.join("docs/pictures"));
    let places = Parts::new(workspace, Cache::open()?).places(&[Part::Node, Part::Chromium])?;
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    make(workspace, &folder, &places)
}

fn make(workspace: &Workspace, folder: &Path, places: &Places) -> Result<Outcome, String> {
    let tmux = on_path(&["tmux"]).ok_or("no tmux on this machine: install it, the demo's picture is taken in it")?;
    let mut build = cargo();
    build.current_dir(&workspace.root).args(["build", "--release", "--package", "satchel-cli"]);
    if !Run::new(&mut build).shown()? {
        return Err("the command does not build".into());
    }
    let demo = Demo::start(tmux, &workspace.root.join("target/release/satchel"))?;
    let told = demo.wait()?;
    let plain = crate::process::without_colour(&told);
    let page = plain.split_whitespace().find(|word| word.contains(SERVING)).ok_or("the demo names no page")?;
    let mut browser = Browser::start(places)?;
    let html = std::env::temp_dir().join(format!("satchel-terminal-{}.html", std::process::id()));
    std::fs::write(&html, terminal::html(&told)).map_err(|e| format!("{}: {e}", html.display()))?;
    browser.ask(&json!({ "do": "open", "url": format!("file://{}", html.display()), "width": 900, "height": terminal::height(&told), "scale": 1.5 }))?;
    browser.ask(&json!({ "do": "picture", "into": folder.join("demo.png") }))?;
    browser.ask(&json!({ "do": "open", "url": page, "width": 1180, "height": 860, "scale": 1 }))?;
    browser.ask(&json!({ "do": "wait", "selector": "main img" }))?;
    browser.ask(&json!({ "do": "evaluate", "script": "Promise.all([...document.images].slice(0, 24).map((i) => i.decode().catch(() => {}))).then(() => 0)" }))?;
    browser.ask(&json!({ "do": "picture", "into": folder.join("page.png") }))?;
    let _ = std::fs::remove_file(html);
    println!("made demo.png and page.png in {}: look at them", folder.display());
    Ok(Outcome::well_if(true))
}

/// The demo, in a terminal that nobody sees.
struct Demo {
    tmux: PathBuf,
    name: String,
}

impl Demo {
    fn start(tmux: PathBuf, satchel: &Path) -> Result<Self, String> {
        let demo = Self { tmux, name: format!("satchel-pictures-{}", std::process::id()) };
        let command = format!("'{}' demo --keep-serving", satchel.display());
        demo.tmux(&["new-session", "-d", "-s", &demo.name, "-x", SIZE.0, "-y", SIZE.1, &command])?;
        Ok(demo)
    }

    fn tmux(&self, words: &[&str]) -> Result<String, String> {
        Run::new(Command::new(&self.tmux).args(words)).text()
    }

    /// What stands there, with its colours, once the page is served.
    fn wait(&self) -> Result<String, String> {
        let clock = crate::clock::Stopwatch::start();
        while clock.elapsed() < PATIENCE {
            let told = self.tmux(&["capture-pane", "-e", "-p", "-J", "-t", &self.name])?;
            if crate::process::without_colour(&told).contains(SERVING) {
                return Ok(told.trim_end().to_owned());
            }
            std::thread::sleep(Duration::from_millis(500));
        }
        Err("the demo did not come to its end".into())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // Ctrl-c first, so that the demo cleans up.
        let _ = self.tmux(&["send-keys", "-t", &self.name, "C-c"]);
        std::thread::sleep(Duration::from_secs(1));
        let _ = self.tmux(&["kill-session", "-t", &self.name]);
    }
}

/// The driver of one page (`foreign/node/browser.mjs`).
struct Browser {
    child: Child,
    words: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Browser {
    fn start(places: &Places) -> Result<Self, String> {
        let place = |name: &str| {
            let found = places.iter().find(|(n, _)| *n == name).map(|(_, place)| place.clone());
            found.ok_or_else(|| format!("{name} is not set"))
        };
        let script = Path::new(&place("SATCHEL_NODE_SCRIPTS")?).join("browser.mjs");
        let mut command = Command::new(place("SATCHEL_NODE")?);
        command.arg(script).arg(place("SATCHEL_CHROMIUM")?).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().map_err(|e| format!("node: {e}"))?;
        let (Some(words), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("node has no pipes".into());
        };
        Ok(Self { child, words, answers: BufReader::new(answers) })
    }

    fn ask(&mut self, what: &Value) -> Result<Value, String> {
        let mut answer = String::new();
        writeln!(self.words, "{what}")
            .and_then(|()| self.words.flush())
            .and_then(|()| self.answers.read_line(&mut answer))
            .map_err(|e| format!("the browser's driver: {e}"))?;
        let answer: Value = serde_json::from_str(&answer).map_err(|e| format!("the browser's driver: {e}"))?;
        match answer.get("error") {
            Some(error) => Err(format!("the browser: {error}")),
            None => Ok(answer),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
