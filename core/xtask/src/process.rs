//! Running other programs: found on the path, with their output read, shown or kept for a complaint.

use std::env;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, IsTerminal};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// One run of one program.
pub(crate) struct Run<'a> {
    command: &'a mut Command,
}

impl<'a> Run<'a> {
    pub(crate) fn new(command: &'a mut Command) -> Self {
        Self { command }
    }

    /// What it prints, if it ends well; else what it complained of.
    pub(crate) fn text(self) -> Result<String, String> {
        let name = name(self.command);
        let output = self.command.stdin(Stdio::null()).output().map_err(|e| format!("{name} did not start: {e}"))?;
        if output.status.success() {
            String::from_utf8(output.stdout).map_err(|_| format!("{name} printed no text"))
        } else {
            let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
            Err(format!("{name} failed: {}", last_words(&said)))
        }
    }

    /// Lets it print to our own output; whether it ended well.
    pub(crate) fn shown(self) -> Result<bool, String> {
        let name = name(self.command);
        let status = self.command.stdin(Stdio::null()).status().map_err(|e| format!("{name} did not start: {e}"))?;
        Ok(status.success())
    }

    /// Hands over each line as it comes, of both outputs in their order; whether it ended well. Where nobody looks on who could
    /// end it, what says nothing for a quarter of an hour is ended, with all that it started: it hangs.
    pub(crate) fn lines(self, each: impl FnMut(&str)) -> Result<bool, String> {
        let patience = if on_terminal() { None } else { Some(SILENCE) };
        self.lines_with(patience, each)
    }

    fn lines_with(self, patience: Option<Duration>, mut each: impl FnMut(&str)) -> Result<bool, String> {
        let name = name(self.command);
        let problem = |e: io::Error| format!("{name}: {e}");
        let (reader, writer) = io::pipe().map_err(problem)?;
        let second = writer.try_clone().map_err(problem)?;
        if patience.is_some() {
            alone(self.command);
        }
        let mut child = self
            .command
            .stdin(Stdio::null())
            .stdout(writer)
            .stderr(second)
            .spawn()
            .map_err(|e| format!("{name} did not start: {e}"))?;
        // The command holds the writing ends; while it does, the pipe never ends.
        self.command.stdout(Stdio::null()).stderr(Stdio::null());
        let (said, hear) = mpsc::channel();
        thread::spawn(move || {
            let lines = BufReader::new(reader).split(b'\n');
            lines.map_while(Result::ok).take_while(|line| said.send(line.clone()).is_ok()).for_each(drop);
        });
        let mut hung = false;
        loop {
            let next = match patience {
                Some(patience) => hear.recv_timeout(patience),
                None => hear.recv().map_err(RecvTimeoutError::from),
            };
            match next {
                Ok(line) => each(String::from_utf8_lossy(&line).trim_end_matches('\r')),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    let minutes = patience.unwrap_or_default().as_secs() / 60;
                    println!("{name} has said nothing for {minutes} minutes: it hangs, and is ended");
                    end(&mut child).map_err(problem)?;
                    hung = true;
                    break;
                }
            }
        }
        Ok(child.wait().map_err(problem)?.success() && !hung)
    }
}

/// How long a program that is watched may say nothing.
const SILENCE: Duration = Duration::from_secs(15 * 60);

/// Makes it, and all that it starts, a group of processes that can be ended together.
#[cfg_attr(not(unix), expect(unused_variables, reason = "there are no groups"))]
fn alone(command: &mut Command) {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
}

/// Ends what [`alone`] began.
fn end(child: &mut Child) -> io::Result<()> {
    if cfg!(unix) {
        let group = format!("-{}", child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
    }
    child.kill()
}

fn name(command: &Command) -> String {
    PathBuf::from(command.get_program()).file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// What tells most in a complaint, on one line.
fn last_words(said: &str) -> String {
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last_with = |word: &str| lines.iter().rev().find(|line| line.to_lowercase().contains(word));
    let telling = last_with("fatal:").or_else(|| last_with("error")).or(lines.last());
    telling.map_or("it did not say why".into(), |line| line.chars().take(200).collect())
}

/// The first of these programs on the path.
pub(crate) fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let endings: &[&str] = if cfg!(windows) { &[".exe", ".cmd", ".bat"] } else { &[""] };
    let candidates = |name: &str| {
        env::split_paths(&path)
            .flat_map(|folder| endings.iter().map(move |ending| (folder.clone(), ending)))
            .map(|(folder, ending)| folder.join(format!("{name}{ending}")))
            .find(|file| file.is_file())
    };
    names.iter().find_map(|name| candidates(name))
}

/// Whether somebody looks at a terminal.
pub(crate) fn on_terminal() -> bool {
    io::stdout().is_terminal()
}

/// `TEXT` without the escapes that colour it.
pub(crate) fn without_colour(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\u{1b}[") {
        plain.push_str(&rest[..at]);
        let tail = &rest[at + 2..];
        let end = tail.find(|c: char| c.is_ascii_alphabetic()).map_or(tail.len(), |end| end + 1);
        rest = &tail[end..];
    }
    plain + rest
}

/// Whether an environment variable is set to something.
pub(crate) fn set(name: impl AsRef<OsStr>) -> bool {
    env::var_os(name).is_some_and(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_taken_off() {
        assert_eq!(without_colour("\u{1b}[1m\u{1b}[32m   Running\u{1b}[0m x"), "   Running x");
        assert_eq!(without_colour("plain"), "plain");
        assert_eq!(without_colour("cut \u{1b}["), "cut ");
    }

    #[test]
    fn a_complaint_is_its_last_telling_line() {
        assert_eq!(last_words("npm error code E1\nnpm error no such thing\nsee the log\n"), "npm error no such thing");
        assert_eq!(last_words("error: failed to clone\nfatal: no such host\n"), "fatal: no such host");
        assert_eq!(last_words("one\ntwo\n\n"), "two");
        assert_eq!(last_words(""), "it did not say why");
    }

    #[test]
    fn both_outputs_come_line_by_line() {
        let mut shell = Command::new("cargo");
        let mut seen = Vec::new();
        let well = Run::new(shell.arg("--version")).lines(|line| seen.push(line.to_owned())).unwrap();
        assert!(well && seen.len() == 1 && seen[0].starts_with("cargo "), "{seen:?}");
        let mut failing = Command::new("cargo");
        assert!(!Run::new(failing.arg("no-such-command-at-all")).lines(|_| ()).unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn what_hangs_is_ended_with_all_that_it_started() {
        let mut shell = Command::new("sh");
        let mut seen = Vec::new();
        let hangs = shell.args(["-c", "echo begun; sleep 600 & echo $!; wait"]);
        let patience = Some(Duration::from_secs(2));
        assert!(!Run::new(hangs).lines_with(patience, |line| seen.push(line.to_owned())).unwrap());
        assert_eq!(seen[0], "begun");
        let alive = || Command::new("kill").args(["-0", &seen[1]]).stderr(Stdio::null()).status().unwrap().success();
        let stays = std::path::Path::new("/proc").join(&seen[1]).join("stat");
        let dead = |stat: String| stat.contains(") Z ");
        // Whoever inherits it takes it away in its own time.
        while alive() && !std::fs::read_to_string(&stays).is_ok_and(dead) {
            thread::yield_now();
        }
    }
}
