//! Reading what `cargo test` prints: which tests failed, how many passed.

/// What a run of `cargo test` came to, counted from its `test result` lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Tests that passed.
    pub(crate) passed: usize,
    /// Tests that failed.
    pub(crate) failed: usize,
    /// Names of those that failed.
    pub(crate) failures: Vec<String>,
    /// Names of those that passed, where they are told one by one.
    pub(crate) names: Vec<String>,
}

/// What one line of output is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    /// A test passed.
    Passed(&'a str),
    /// A test was left out: not worth showing.
    Quiet,
    /// A test failed.
    Failure(&'a str),
    /// The sum of one test binary.
    Sum { passed: usize, failed: usize },
    /// Anything else.
    Other,
}

/// Reads one line, already without colour.
pub(crate) fn read(line: &str) -> Line<'_> {
    if let Some(sum) = line.strip_prefix("test result: ") {
        let count = |what| {
            let number = sum.split(['.', ';']).find_map(|piece| piece.trim().strip_suffix(what))?;
            number.trim().parse().ok()
        };
        if let (Some(passed), Some(failed)) = (count("passed"), count("failed")) {
            return Line::Sum { passed, failed };
        }
    }
    let Some((name, result)) = line.strip_prefix("test ").and_then(|rest| rest.rsplit_once(" ... ")) else {
        // `--list` and an empty binary
        return if line == "running 0 tests" { Line::Quiet } else { Line::Other };
    };
    match result {
        "ok" => Line::Passed(name),
        _ if result.starts_with("ignored") => Line::Quiet,
        _ if result.starts_with("FAILED") => Line::Failure(name),
        _ => Line::Other,
    }
}

impl Tally {
    /// Takes in one line; whether it is worth showing.
    pub(crate) fn take(&mut self, line: &str) -> bool {
        match read(line) {
            Line::Quiet => false,
            Line::Passed(name) => {
                self.names.push(name.to_owned());
                false
            }
            Line::Failure(name) => {
                self.failures.push(name.to_owned());
                true
            }
            Line::Sum { passed, failed } => {
                self.passed += passed;
                self.failed += failed;
                passed + failed > 0
            }
            Line::Other => !line.trim().is_empty(),
        }
    }

    /// Closes the count: a run that ended badly without a failed test (it did not build, or died) is one failure.
    pub(crate) fn ended(&mut self, well: bool) {
        if self.failed < self.failures.len() {
            // A binary that died printed no sum.
            self.failed = self.failures.len();
        }
        if !well && self.failed == 0 {
            self.failed = 1;
            self.failures.push("(did not build, or died: see above)".into());
        }
    }
}

/// The names in what `-- --list` prints.
pub(crate) fn listed(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.strip_suffix(": test")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without the names of those that passed.
    fn sums(tally: Tally) -> Tally {
        Tally { names: vec![], ..tally }
    }

    const RUN: &str = "
running 4 tests
test ids::tests::reads_back ... ok
test gate::tests::a ... FAILED
test tusd::cuts ... ignored, foreign: tusd
test a::b - should panic ... ok

failures:

---- gate::tests::a stdout ----
assertion failed

test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s

running 0 tests

test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
test result: ok. 7 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s; merged doctests compilation took 0.15s
";

    #[test]
    fn results_are_summed_over_binaries() {
        let mut tally = Tally::default();
        let shown: Vec<&str> = RUN.lines().filter(|line| tally.take(line)).collect();
        tally.ended(false);
        assert_eq!(sums(tally), Tally { passed: 9, failed: 1, failures: vec!["gate::tests::a".into()], names: vec![] });
        assert!(shown.contains(&"assertion failed"), "why a test failed is shown");
        assert!(!shown.iter().any(|line| line.ends_with("... ok")));
    }

    #[test]
    fn a_run_that_dies_is_a_failure() {
        let mut tally = Tally::default();
        tally.take("error: could not compile `satchel`");
        tally.ended(false);
        assert_eq!(tally.failed, 1);
        let mut tally = Tally::default();
        tally.ended(true);
        assert_eq!(tally, Tally::default());
    }

    #[test]
    fn a_list_gives_names() {
        assert_eq!(listed("a::b: test\nc: test\nd: benchmark\n\n2 tests, 1 benchmark\n"), ["a::b", "c"]);
    }
}
