//! Finding the suites that need what others wrote.
//!
//! Such a test stands in a crate's `tests/`, or among the unit tests of its library, and says what it needs:
//! `#[ignore = "foreign: node"]`, or several parts with commas. Tests of one target with the same needs are one suite. So
//! a plain `cargo test` leaves them out, and a new one needs no word here.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::parts::Part;
use crate::workspace::{Target, Workspace};

/// How the reason of such a test begins. (Other reasons are the lint's matter.)
const FOREIGN: &str = "foreign: ";

/// Tests of one target that need the same parts.
#[derive(Debug)]
pub(crate) struct ForeignSuite {
    /// The crate.
    pub(crate) package: String,
    /// The integration test target, or none for the library's unit tests.
    pub(crate) target: Option<String>,
    /// What they need.
    pub(crate) parts: Vec<Part>,
    /// The tests' function names, without their modules.
    pub(crate) functions: Vec<String>,
}

impl ForeignSuite {
    /// As it stands in the table.
    pub(crate) fn name(&self) -> String {
        let parts: Vec<&str> = self.parts.iter().map(|part| part.name()).collect();
        format!("{} {} [{}]", self.package, self.target.as_deref().unwrap_or("unit tests"), parts.join(" "))
    }

    /// The words that tell cargo which target to test.
    pub(crate) fn chosen(&self) -> Vec<&str> {
        let mut words = vec!["test", "--package", &self.package];
        match &self.target {
            Some(target) => words.extend(["--test", target]),
            None => words.push("--lib"),
        }
        words
    }
}

/// All of them, in the workspace's order.
pub(crate) fn discover(workspace: &Workspace) -> Result<Vec<ForeignSuite>, String> {
    let mut suites = Vec::new();
    for member in &workspace.members {
        // The routines' own unit tests have such tests as examples in texts.
        let library = member.library().filter(|_| member.name != env!("CARGO_PKG_NAME"));
        for target in library.into_iter().chain(member.test_targets()) {
            let mut groups: BTreeMap<Vec<Part>, Vec<String>> = BTreeMap::new();
            for text in sources(target)? {
                for (reason, function) in
                    ignored_tests(&text).into_iter().filter(|(reason, _)| reason.starts_with(FOREIGN))
                {
                    let place = || format!("{}: #[ignore = \"{reason}\"]", target.src_path.display());
                    let parts = parts_of(&reason).map_err(|e| format!("{}: {e}", place()))?;
                    groups.entry(parts).or_default().push(function);
                }
            }
            distinct(&groups).map_err(|e| format!("{}: {e}", target.src_path.display()))?;
            suites.extend(groups.into_iter().map(|(parts, functions)| ForeignSuite {
                package: member.name.clone(),
                target: (!target.is_library()).then(|| target.name.clone()),
                parts,
                functions,
            }));
        }
    }
    Ok(suites)
}

/// Tests are told apart by their functions' names.
fn distinct(groups: &BTreeMap<Vec<Part>, Vec<String>>) -> Result<(), String> {
    let mut names: Vec<&String> = groups.values().flatten().collect();
    names.sort();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("two tests of one target are called {}: give each a name of its own", pair[0])),
        None => Ok(()),
    }
}

/// The texts of a target: the file it starts at, and those in the folder of its name; for a library all beside it.
fn sources(target: &Target) -> Result<Vec<String>, String> {
    let start = &target.src_path;
    let read = |file: &Path| fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()));
    let mut texts = vec![read(start)?];
    let own =
        if start.ends_with("main.rs") { start.parent().map(Path::to_owned) } else { Some(start.with_extension("")) };
    let mut folders: Vec<_> = own.into_iter().filter(|folder| folder.is_dir()).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") && path != *start {
                texts.push(read(&path)?);
            }
        }
    }
    Ok(texts)
}

/// (reason, function) of each ignored test in a source text.
pub(crate) fn ignored_tests(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut reason: Option<String> = None;
    for line in text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("#[ignore") {
            let quoted = rest.split('"').nth(1).unwrap_or_default();
            reason = Some(quoted.to_owned());
        } else if let Some(why) = reason.take() {
            match function_name(line) {
                Some(name) => found.push((why, name.to_owned())),
                None => reason = Some(why), // another attribute or a comment in between
            }
        }
    }
    found
}

fn function_name(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let line = line.strip_prefix("async ").unwrap_or(line);
    line.strip_prefix("fn ")?.split(['(', '<']).next().map(str::trim)
}

/// Whether a test is left out because another one runs it, in a process of its own: `"a part of TEST…"`.
pub(crate) fn of_another(reason: &str) -> bool {
    reason.starts_with("a part of ")
}

/// The parts that a reason names.
pub(crate) fn parts_of(reason: &str) -> Result<Vec<Part>, String> {
    let known = || Part::ALL.iter().map(|part| part.name()).collect::<Vec<_>>().join(", ");
    let needs = reason.strip_prefix(FOREIGN).ok_or_else(|| {
        format!("a test is left out only as \"foreign: PART\" or \"a part of TEST\"; parts are: {}", known())
    })?;
    let mut parts = Vec::new();
    for name in needs.split(',').map(str::trim) {
        parts.push(Part::named(name).ok_or_else(|| format!("no part is called {name}; there are: {}", known()))?);
    }
    parts.sort();
    parts.dedup();
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_tests_are_found_with_their_needs() {
        let text = r#"
            #[test]
            #[ignore = "foreign: tusd"]
            fn cuts() {}
            #[tokio::test]
            #[ignore = "foreign: node, chromium"]
            // a comment
            #[allow(clippy::all)]
            async fn page_shows_it() {}
            #[test]
            fn ordinary() {}
        "#;
        let found = ignored_tests(text);
        let pair = |reason: &str, name: &str| (reason.to_owned(), name.to_owned());
        assert_eq!(found, [pair("foreign: tusd", "cuts"), pair("foreign: node, chromium", "page_shows_it")]);
    }

    #[test]
    fn needs_are_known_parts_in_one_order() {
        assert_eq!(parts_of("foreign: chromium, node"), parts_of("foreign: node,chromium"));
        assert!(parts_of("foreign: nodejs").unwrap_err().contains("node"));
        assert!(parts_of("flaky").is_err());
        assert!(parts_of("").is_err());
    }

    #[test]
    fn every_suite_of_the_project_is_found() {
        let workspace = Workspace::find().unwrap();
        let names: Vec<String> = discover(&workspace).unwrap().iter().map(ForeignSuite::name).collect();
        for expected in ["satchel-cli foreign_servers [node]", "satchel-cli foreign_servers [tusd]"] {
            assert!(names.iter().any(|name| name == expected), "{names:?}");
        }
    }
}
