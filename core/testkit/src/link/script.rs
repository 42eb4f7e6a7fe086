//! A day on the link, written down: at which moment which command.

use std::time::Duration;

use tokio::time::Instant;

use super::command::{BadCommand, Command};
use super::sizes::{parse_duration, parse_size};
use super::{Conditions, Shared};

/// When a step is taken, counted from the script's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// After that time.
    Time(Duration),
    /// Once that many bytes were read from clients.
    Bytes(u64),
}

/// One step of a script.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// When.
    pub at: Moment,
    /// What.
    pub command: Command,
}

/// Steps that are taken one after the other; a step never comes before the one above it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Script {
    steps: Vec<Step>,
}

/// A script could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BadScript {
    /// A line does not begin with a moment.
    #[error("line {line}: expected a time or a number of bytes and a command, such as \"1.5s 3g\" or \"64KB cut\"")]
    Moment {
        /// Counted from 1.
        line: usize,
    },
    /// A line's command is none.
    #[error("line {line}: {problem}")]
    Command {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: BadCommand,
    },
}

impl Script {
    /// Without a step.
    pub fn new() -> Self {
        Self::default()
    }

    /// Then, at that moment, these conditions.
    #[must_use]
    pub fn then(self, at: Moment, conditions: Conditions) -> Self {
        self.then_do(at, Command::Set(Box::new(conditions)))
    }

    /// Then, at that moment, this command.
    #[must_use]
    pub fn then_do(mut self, at: Moment, command: Command) -> Self {
        self.steps.push(Step { at, command });
        self
    }

    /// The steps in their order.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Reads lines of a moment (`0s`, `1500ms`, `2m`, or bytes with their unit: `500B`, `64KB`) and a command
    /// as people type it. Empty lines and what follows a `#` are skipped.
    ///
    /// # Errors
    /// [`BadScript`] with the line.
    pub fn parse(text: &str) -> Result<Self, BadScript> {
        let mut script = Self::new();
        for (index, line) in text.lines().enumerate() {
            let line_number = index + 1;
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let (moment, command) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            let at = match (parse_duration(moment), parse_size(moment)) {
                (Ok(time), _) => Moment::Time(time),
                (_, Ok(bytes)) => Moment::Bytes(bytes),
                _ => return Err(BadScript::Moment { line: line_number }),
            };
            let command =
                Command::parse(command).map_err(|problem| BadScript::Command { line: line_number, problem })?;
            script = script.then_do(at, command);
        }
        Ok(script)
    }
}

/// Takes the steps, and ends with the last or at `quit`.
pub(super) async fn play(shared: &Shared, script: Script) {
    let start = Instant::now();
    let bytes_before = shared.stats.borrow().read_up;
    for step in script.steps {
        match step.at {
            Moment::Time(after) => tokio::time::sleep_until(start + after).await,
            Moment::Bytes(bytes) => {
                shared.until(|stats| stats.read_up - bytes_before >= bytes).await;
            }
        }
        if step.command == Command::Quit {
            return;
        }
        step.command.apply(shared);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_read_line_by_line() {
        let script =
            Script::parse("# a day\n0s off\n1.5s 3g # the hill\n\n64KB cut\n2m page 451\n").expect("a good script");
        let moments: Vec<_> = script.steps().iter().map(|step| step.at).collect();
        let (time, bytes) = (|ms| Moment::Time(Duration::from_millis(ms)), Moment::Bytes);
        assert_eq!(moments, [time(0), time(1500), bytes(64_000), time(120_000)]);
        assert_eq!(script.steps()[2].command, Command::Cut);
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, told) in
            [("0s off\nsoon wifi\n", "line 2: expected"), ("0s wify\n", "line 1: \"wify\""), ("3s\n", "line 1")]
        {
            let error = Script::parse(text).expect_err(text).to_string();
            assert!(error.starts_with(told), "{error}");
        }
    }
}
