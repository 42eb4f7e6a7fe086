//! Running other programs: found on the path, with their output read, shown or kept for a complaint.

use std::env;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, IsTerminal, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};

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

    /// Hands over each line as it comes, of both outputs in their order; whether it ended well.
    pub(crate) fn lines(self, mut each: impl FnMut(&str)) -> Result<bool, String> {
        let name = name(self.command);
        let problem = |e: io::Error| format!("{name}: {e}");
        let (reader, writer) = io::pipe().map_err(problem)?;
        let second = writer.try_clone().map_err(problem)?;
        let mut child = self
            .command
            .stdin(Stdio::null())
            .stdout(writer)
            .stderr(second)
            .spawn()
            .map_err(|e| format!("{name} did not start: {e}"))?;
        // The command holds the writing ends; while it does, the pipe never ends.
        self.command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut reader = BufReader::new(reader);
        let mut line = Vec::new();
        loop {
            line.clear();
            if reader.by_ref().read_until(b'\n', &mut line).map_err(problem)? == 0 {
                break;
            }
            each(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']));
        }
        Ok(child.wait().map_err(problem)?.success())
    }
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
}
