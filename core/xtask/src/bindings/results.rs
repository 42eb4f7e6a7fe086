//! Reading what Maven's surefire wrote and what `swift test` prints: which tests failed, how many passed.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use crate::libtest::Tally;

/// Sums the reports in a folder.
pub(super) fn surefire(folder: &Path) -> Result<Tally, String> {
    let mut tally = Tally::default();
    let Ok(entries) = fs::read_dir(folder) else { return Ok(tally) };
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|ending| ending == "xml")) {
        let text = fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
        report(&text, &mut tally);
    }
    Ok(tally)
}

/// Counts the test cases of one report.
fn report(text: &str, tally: &mut Tally) {
    let text = without_cdata(text);
    for case in text.split("<testcase ").skip(1) {
        let case = case.split("</testcase>").next().unwrap_or_default();
        let (head, body) = match case.split_once('>') {
            Some((head, _)) if head.ends_with('/') => (head, ""),
            Some((head, body)) => (head, body),
            None => continue,
        };
        if body.contains("<skipped") {
            continue;
        }
        if body.contains("<failure") || body.contains("<error") {
            tally.failed += 1;
            let class = attribute(head, "classname").unwrap_or_default();
            let class = class.rsplit('.').next().unwrap_or_default();
            tally.failures.push(format!("{class}.{}", attribute(head, "name").unwrap_or_default()));
        } else {
            tally.passed += 1;
            tally.names.extend(attribute(head, "name").map(str::to_owned));
        }
    }
}

/// What a test printed may look like anything.
fn without_cdata(text: &str) -> String {
    let mut plain = String::new();
    for (index, piece) in text.split("<![CDATA[").enumerate() {
        let outside = if index == 0 { Some(piece) } else { piece.split_once("]]>").map(|(_, rest)| rest) };
        plain.push_str(outside.unwrap_or_default());
    }
    plain
}

fn attribute<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let start = format!("{name}=\"");
    let at = if head.starts_with(&start) { 0 } else { head.find(&format!(" {start}"))? + 1 };
    head[at + start.len()..].split('"').next()
}

/// The events in a line: what a test prints without a line's end stands before what Swift Testing says next.
pub(super) fn apart(line: &str) -> Vec<&str> {
    let begins = |at: &usize| SIGNS.iter().any(|sign| line[*at..].starts_with(sign));
    let mut starts: Vec<usize> = line.char_indices().map(|(at, _)| at).skip(1).filter(begins).collect();
    starts.insert(0, 0);
    starts.push(line.len());
    starts.windows(2).map(|pair| &line[pair[0]..pair[1]]).collect()
}

/// How its events begin on Linux; and the lines of our own that tell of a case.
const SIGNS: [&str; 5] = ["✔ Test ", "✘ Test ", "◇ Test ", "➜ Test ", CASE];
/// Swift Testing counts a test with arguments once. Ours say of each case what it is called and how it went:
/// `▶ Case "NAME" of FUNCTION began`, then `passed` or `failed` in place of `began`.
const CASE: &str = "▶ Case ";

/// Counts lines of `swift test`: Swift Testing's, and XCTest's where a package has such tests. Where the cases of a test
/// told of themselves, each counts, and the test that they are of does not.
#[derive(Debug, Default)]
pub(super) struct SwiftTests {
    /// What they came to.
    pub(super) tally: Tally,
    begun: Vec<String>,
    /// Tests whose cases told of themselves, and how many of those failed or did not end.
    of_cases: HashMap<String, usize>,
}

impl SwiftTests {
    /// Takes in one line; whether it is worth showing.
    pub(super) fn take(&mut self, line: &str) -> bool {
        if let Some(case) = line.strip_prefix("Test Case '") {
            let Some((name, rest)) = case.split_once('\'') else { return true };
            return self.event(name, rest.trim_start());
        }
        if let Some(case) = line.strip_prefix(CASE) {
            return self.case(case);
        }
        if line.starts_with("Test Suite '") || line.trim_start().starts_with("Executed ") {
            return false;
        }
        // Its cases tell of themselves.
        if line.starts_with("◇ Passing ") {
            return false;
        }
        // A sign of how it went stands first; which one depends on the system.
        let Some((sign, rest)) = line.split_once(' ') else { return !line.trim().is_empty() };
        if sign.chars().count() > 2 || sign.chars().any(|c| c.is_ascii_alphanumeric() || c == '[') {
            return true;
        }
        if rest.starts_with("Suite ") && (rest.ends_with(" started.") || rest.contains(" passed after ")) {
            return false;
        }
        match rest.strip_prefix("Test ").filter(|rest| !rest.starts_with("run ") && !rest.starts_with("case ")) {
            None => true,
            Some(rest) => {
                let at = [" started.", " passed after ", " failed after ", " skipped"]
                    .into_iter()
                    .filter_map(|word| rest.rfind(word))
                    .max();
                let Some(at) = at else { return true };
                let name = rest[..at].rsplit_once(" with ").map_or(&rest[..at], |(name, cases)| {
                    if cases.starts_with(|c: char| c.is_ascii_digit()) { name } else { &rest[..at] }
                });
                let name = name.trim_matches('"');
                self.event(name, rest[at..].trim_start())
            }
        }
    }

    /// One case: shown, because its test is not told of.
    fn case(&mut self, line: &str) -> bool {
        let read = line.strip_prefix('"').and_then(|rest| rest.split_once("\" of "));
        let Some((name, (function, what))) = read.and_then(|(name, rest)| Some((name, rest.rsplit_once(' ')?))) else {
            return true;
        };
        let open = self.of_cases.entry(function.to_owned()).or_default();
        match what {
            "began" => *open += 1,
            "passed" => *open = open.saturating_sub(1),
            _ => {}
        }
        self.event(name, if what == "began" { "started" } else { what });
        what != "began"
    }

    fn event(&mut self, name: &str, what: &str) -> bool {
        if let Some(open) = self.of_cases.get(name) {
            // It failed over something that no case is blamed for.
            let by_itself = what.starts_with("failed") && *open == 0;
            if !by_itself && (what.starts_with("passed") || what.starts_with("failed")) {
                self.begun.retain(|other| other != name);
                return false;
            }
        }
        let ended = |begun: &mut Vec<String>| begun.retain(|other| other != name);
        if what.starts_with("started") {
            self.begun.push(name.to_owned());
            false
        } else if what.starts_with("passed") {
            ended(&mut self.begun);
            self.tally.passed += 1;
            self.tally.names.push(name.to_owned());
            false
        } else if what.starts_with("failed") {
            ended(&mut self.begun);
            self.tally.failed += 1;
            self.tally.failures.push(name.to_owned());
            true
        } else {
            if what.starts_with("skipped") {
                ended(&mut self.begun);
            }
            true
        }
    }

    /// Closes the count. A test that began and never ended died.
    pub(super) fn ended(mut self, well: bool) -> Tally {
        // Of a test with cases that died, the cases tell.
        self.begun.retain(|name| self.of_cases.get(name).is_none_or(|open| *open == 0));
        if !well {
            self.tally.failed += self.begun.len();
            self.tally.failures.extend(self.begun.iter().map(|name| format!("{name} (began and did not end)")));
        }
        self.tally.ended(well);
        self.tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without the names of those that passed.
    fn sums(tally: Tally) -> Tally {
        Tally { names: vec![], ..tally }
    }

    #[test]
    fn a_report_is_counted_by_its_cases() {
        let text = r#"<testsuite name="app.OutboxTest" tests="4" errors="0" skipped="1" failures="1">
  <testcase name="adds" classname="app.OutboxTest" time="0.1"/>
  <testcase name="prints" classname="app.OutboxTest" time="0.1"><system-out><![CDATA[<testcase name="x"><failure/>]]></system-out></testcase>
  <testcase name="sends" classname="app.OutboxTest" time="0.1"><failure message="no">at …</failure></testcase>
  <testcase name="later" classname="app.OutboxTest"><skipped/></testcase>
</testsuite>"#;
        let mut tally = Tally::default();
        report(text, &mut tally);
        assert_eq!(
            sums(tally),
            Tally { passed: 2, failed: 1, failures: vec!["OutboxTest.sends".into()], names: vec![] }
        );
    }

    #[test]
    fn lines_of_swift_testing_are_counted() {
        let lines = "
[24/26] Linking APackageTests.xctest
Test Suite 'All tests' started at 2026-11-21 06:03:23.651
\t Executed 0 tests, with 0 failures (0 unexpected) in 0.0 (0.0) seconds
◇ Test run started.
◇ Suite S started.
◇ Test twoIsTwo() started.
◇ Test \"a named one\" started.
◇ Test each(of:) started.
✔ Test twoIsTwo() passed after 0.001 seconds.
✔ Test each(of:) with 3 test cases passed after 0.001 seconds.
✘ Test \"a named one\" recorded an issue at t.swift:5:53: Expectation failed: (two() → 2) == 3
✘ Test \"a named one\" failed after 0.001 seconds with 1 issue.
✘ Suite S failed after 0.001 seconds with 1 issue.
✘ Test run with 3 tests failed after 0.001 seconds with 1 issue.";
        let mut tests = SwiftTests::default();
        let shown: Vec<&str> = lines.lines().filter(|line| tests.take(line)).collect();
        assert!(shown.iter().any(|line| line.contains("two() → 2")), "{shown:?}");
        let tally = tests.ended(false);
        assert_eq!(sums(tally), Tally { passed: 2, failed: 1, failures: vec!["a named one".into()], names: vec![] });
    }

    #[test]
    fn an_event_behind_what_a_test_printed_counts() {
        let mut tests = SwiftTests::default();
        for line in apart("at src/panicking.rs✔ Test one() passed after 0.8 seconds.◇ Test two() started.") {
            tests.take(line);
        }
        assert_eq!(
            sums(tests.ended(false)),
            Tally { passed: 1, failed: 1, failures: vec!["two() (began and did not end)".into()], names: vec![] }
        );
        assert_eq!(apart(""), [""]);
    }

    #[test]
    fn a_test_that_kills_its_process_is_a_failure() {
        let mut tests = SwiftTests::default();
        for line in [
            "◇ Test each(of:) started.",
            "◇ Test dies() started.",
            "✔ Test each(of:) with 2 test cases passed after 1 seconds.",
        ] {
            tests.take(line);
        }
        let tally = tests.ended(false);
        assert_eq!((tally.passed, tally.failed), (1, 1));
        assert!(tally.failures[0].starts_with("dies()"), "{:?}", tally.failures);
        let mut tests = SwiftTests::default();
        tests.take("error: no such module");
        assert_eq!(tests.ended(false).failed, 1);
    }

    #[test]
    fn each_case_counts_by_its_name_in_place_of_its_test() {
        let mut tests = SwiftTests::default();
        let lines = "
◇ Test scenario(_:) started.
◇ Test other() started.
◇ Passing 1 argument name → \"add\" to scenario(_:)
▶ Case \"scenario add\" of scenario(_:) began
▶ Case \"scenario twin\" of scenario(_:) began
▶ Case \"scenario twin\" of scenario(_:) failed
✘ Test scenario(_:) recorded an issue with 1 argument name → \"twin\" at s.swift:64:1: Caught error: step 3
✔ Test other() passed after 0.1 seconds.
▶ Case \"scenario add\" of scenario(_:) passed
✘ Test scenario(_:) with 2 test cases failed after 5.2 seconds with 1 issue.";
        let shown: Vec<&str> = lines.lines().filter(|line| tests.take(line)).collect();
        assert!(shown.iter().any(|line| line.contains("step 3")), "{shown:?}");
        assert!(shown.contains(&"▶ Case \"scenario add\" of scenario(_:) passed"), "{shown:?}");
        assert!(!shown.iter().any(|line| line.contains("Passing")), "{shown:?}");
        let tally = tests.ended(false);
        assert_eq!(sums(tally), Tally { passed: 2, failed: 1, failures: vec!["scenario twin".into()], names: vec![] });
    }

    #[test]
    fn a_test_all_of_whose_cases_passed_counts_only_where_it_failed_by_itself() {
        let run = |last: &str, well: bool| {
            let mut tests = SwiftTests::default();
            tests.take("◇ Test scenario(_:) started.");
            for what in ["began", "passed"] {
                tests.take(&format!("▶ Case \"scenario add\" of scenario(_:) {what}"));
            }
            tests.take(last);
            tests.ended(well)
        };
        let tally = run("✔ Test scenario(_:) with 1 test case passed after 1 seconds.", true);
        assert_eq!(sums(tally), Tally { passed: 1, failed: 0, failures: vec![], names: vec![] });
        let tally = run("✘ Test scenario(_:) with 1 test case failed after 1 seconds with 1 issue.", false);
        assert_eq!(sums(tally), Tally { passed: 1, failed: 1, failures: vec!["scenario(_:)".into()], names: vec![] });
    }

    #[test]
    fn a_case_that_kills_its_process_fails_by_its_name() {
        let mut tests = SwiftTests::default();
        tests.take("◇ Test scenario(_:) started.");
        for line in apart("printed▶ Case \"scenario add\" of scenario(_:) began") {
            tests.take(line);
        }
        let failures = vec!["scenario add (began and did not end)".into()];
        assert_eq!(sums(tests.ended(false)), Tally { passed: 0, failed: 1, failures, names: vec![] });
    }

    #[test]
    fn lines_of_xctest_are_counted() {
        let mut tests = SwiftTests::default();
        tests.take("Test Case 'ATests.testA' started at 2026-11-21 06:03:23.651");
        tests.take("Test Case 'ATests.testA' passed (0.0 seconds)");
        tests.take("Test Case 'ATests.testB' failed (0.0 seconds)");
        assert_eq!(
            sums(tests.ended(false)),
            Tally { passed: 1, failed: 1, failures: vec!["ATests.testB".into()], names: vec![] }
        );
    }
}
