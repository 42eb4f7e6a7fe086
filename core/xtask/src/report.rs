//! The table at the end of the tests, and its last line.

use std::fmt::{self, Display};
use std::time::Duration;

/// What a suite came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It ran.
    Ran {
        /// Tests that passed.
        passed: usize,
        /// Tests that failed, by name where they have one.
        failed: usize,
        /// The names of those.
        failures: Vec<String>,
        /// The names of those that passed, as far as they are known.
        names: Vec<String>,
        /// How long it took.
        took: Duration,
    },
    /// It could not run, or was not asked for.
    Skipped {
        /// Each test that was left out, by name.
        tests: Vec<String>,
        /// Why, and what to do about it.
        why: String,
        /// Whether `--all` makes this a failure.
        counts: bool,
    },
}

/// One suite in the table.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The suite's name.
    pub(crate) suite: String,
    /// What it came to.
    pub(crate) ending: Ending,
}

/// All suites.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) rows: Vec<Row>,
    /// Whether a skip is a failure.
    pub(crate) all: bool,
    /// The scenarios that each language plays.
    pub(crate) scenarios: Vec<String>,
}

impl Report {
    /// Tests that passed.
    pub(crate) fn passed(&self) -> usize {
        let passed = |row: &Row| if let Ending::Ran { passed, .. } = row.ending { passed } else { 0 };
        self.rows.iter().map(passed).sum()
    }

    /// Tests that failed; with `--all` also those that were skipped.
    pub(crate) fn failed(&self) -> usize {
        let failed = |row: &Row| match &row.ending {
            Ending::Ran { failed, .. } => *failed,
            Ending::Skipped { tests, counts, .. } if *counts && self.all => tests.len().max(1),
            Ending::Skipped { .. } => 0,
        };
        self.rows.iter().map(failed).sum()
    }
}

/// The suites that play scenarios, and how they name one.
const PLAYERS: [(&str, &str, &str); 3] =
    [("satchel-conformance", "Rust", ""), ("kotlin", "Kotlin", "scenarios() "), ("swift", "Swift", "scenario ")];

impl Report {
    /// Each scenario with the languages that played it well, where all of them were asked to.
    fn by_scenario(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |suite: &str| {
            self.rows.iter().find(|row| row.suite == suite).and_then(|row| match &row.ending {
                Ending::Ran { names, .. } => Some(names),
                Ending::Skipped { .. } => None,
            })
        };
        let players: Vec<_> =
            PLAYERS.iter().filter_map(|(suite, language, named)| Some((names(suite)?, *language, *named))).collect();
        if players.len() < 2 || self.scenarios.is_empty() {
            return Ok(());
        }
        let width = self.scenarios.iter().map(String::len).max().unwrap_or(0).max(8);
        writeln!(f, "\n{:width$}  passed in", "scenario")?;
        for scenario in &self.scenarios {
            let well = players.iter().filter(|(names, _, named)| names.contains(&format!("{named}{scenario}")));
            let languages: Vec<_> = well.map(|(_, language, _)| *language).collect();
            writeln!(f, "{scenario:width$}  {}", languages.join(", "))?;
        }
        Ok(())
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|row| row.suite.chars().count()).max().unwrap_or(0).max(5);
        writeln!(f, "{:width$}  passed  failed   time", "suite")?;
        for Row { suite, ending } in &self.rows {
            match ending {
                Ending::Ran { passed, failed, failures, took, .. } => {
                    writeln!(f, "{suite:width$}  {passed:6}  {failed:6}  {:4.0} s", took.as_secs_f64())?;
                    for name in failures {
                        writeln!(f, "  failed: {name}")?;
                    }
                }
                Ending::Skipped { tests, why, counts } => {
                    let verb = if *counts && self.all { "failed: skipped" } else { "skipped" };
                    writeln!(f, "{suite:width$}  {verb}: {why}")?;
                    for name in tests {
                        writeln!(f, "  {verb}: {name}")?;
                    }
                }
            }
        }
        self.by_scenario(f)?;
        write!(f, "\n{} passed, {} failed", self.passed(), self.failed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        let ran = Ending::Ran {
            passed: 12,
            failed: 1,
            failures: vec!["gate::a".into()],
            names: vec![],
            took: Duration::from_millis(2400),
        };
        let skipped = |counts| Ending::Skipped {
            tests: vec!["tusd::cuts".into(), "tusd::kills".into()],
            why: "no Go on this machine".into(),
            counts,
        };
        vec![
            Row { suite: "satchel-kernel".into(), ending: ran },
            Row { suite: "servers [tusd]".into(), ending: skipped(true) },
            Row { suite: "clients [tuspy]".into(), ending: skipped(false) },
        ]
    }

    #[test]
    fn each_scenario_says_who_played_it_well() {
        let row = |suite: &str, names: &[&str]| Row {
            suite: suite.into(),
            ending: Ending::Ran {
                passed: names.len(),
                failed: 0,
                failures: vec![],
                names: names.iter().map(|name| (*name).into()).collect(),
                took: Duration::ZERO,
            },
        };
        let rows = vec![
            row("satchel-conformance", &["add", "twin"]),
            row("kotlin", &["scenarios() add"]),
            row("swift", &["scenario add", "twin"]),
        ];
        let text = Report { rows, all: true, scenarios: vec!["add".into(), "twin".into()] }.to_string();
        assert!(text.contains("add       Rust, Kotlin, Swift\ntwin      Rust\n"), "{text}");
    }

    #[test]
    fn a_skip_is_named_and_fails_only_when_all_is_asked_for() {
        let some = Report { rows: rows(), all: false, scenarios: vec![] };
        assert_eq!((some.passed(), some.failed()), (12, 1));
        let text = some.to_string();
        assert!(text.contains("  skipped: tusd::cuts\n") && text.contains("no Go on this machine"), "{text}");
        assert!(text.ends_with("\n12 passed, 1 failed"), "{text}");

        let all = Report { rows: rows(), all: true, scenarios: vec![] };
        assert_eq!(all.failed(), 3, "the suite that does not count stays a skip");
        assert!(all.to_string().ends_with("\n12 passed, 3 failed"));
    }
}
