//! The project's own rules on its files. Each is a function of a file's name and text.

use crate::foreign;
use crate::workspace::Workspace;

/// The longest a Rust file may be before its tests.
const LONGEST: usize = 500;
/// Names that say nothing of what is inside.
const EMPTY_NAMES: [&str; 7] = ["utils", "util", "helpers", "helper", "common", "manager", "misc"];
/// What the kernel must not name: it has no files, sockets, threads, clock or environment.
const IMPURE: [&str; 8] = [
    "std::fs",
    "std::net",
    "std::thread",
    "std::process",
    "std::env",
    "std::time::Instant",
    "std::time::SystemTime",
    "tokio",
];

/// Starts of paths that exist on one machine only. In two pieces, so that this file keeps the rule.
const MACHINE_PATHS: [&str; 4] =
    [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/Us", "ers/")];
/// Package registries: how they are reached is the machine's matter.
const REGISTRIES: [&str; 10] = [
    concat!("registry.", "npmjs.org"),
    concat!("registry.", "yarnpkg.com"),
    concat!("pypi.", "org"),
    concat!("files.", "pythonhosted.org"),
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("proxy.", "golang.org"),
    concat!("sum.", "golang.org"),
    concat!("repo1.", "maven.org"),
    concat!("repo.", "maven.apache.org"),
];

/// All rules on all files.
pub(super) fn check(workspace: &Workspace, files: &[String]) -> Vec<String> {
    let check = |file: &String| workspace.read(file).map(|text| on_file(file, &text)).unwrap_or_default();
    files.iter().flat_map(check).collect()
}

/// All rules on one file.
fn on_file(file: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut complain = |line: usize, what: String| found.push(format!("{file}:{line}: {what}"));
    for (index, line) in text.lines().enumerate() {
        if let Some(path) = MACHINE_PATHS.iter().find(|path| has_machine_path(line, path)) {
            complain(index + 1, format!("a path of one machine ({path}…): leave it to a variable or the caller"));
        }
        if let Some(registry) = REGISTRIES.iter().find(|registry| line.contains(*registry)) {
            complain(
                index + 1,
                format!("a registry's address ({registry}): which one is used is the machine's matter"),
            );
        }
    }
    if !file.ends_with(".rs") {
        if file.ends_with("Cargo.toml") && !file.starts_with("bindings/ffi/") && file != "Cargo.toml" {
            for (index, _) in text.lines().enumerate().filter(|(_, line)| line.starts_with("uniffi")) {
                complain(index + 1, "only bindings/ffi knows uniffi".into());
            }
        }
        return found;
    }
    for (line, what) in on_rust(file, text) {
        complain(line, what);
    }
    found
}

fn on_rust(file: &str, text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let tests_from = text.lines().position(|line| line == "#[cfg(test)]").unwrap_or(usize::MAX);
    let before_tests = text.lines().count().min(tests_from);
    if before_tests > LONGEST {
        found.push((LONGEST + 1, format!("{before_tests} lines before its tests: split it, {LONGEST} is the most")));
    }
    let mut names = file.trim_end_matches(".rs").split('/').skip_while(|part| *part != "src" && *part != "tests");
    if let Some(name) = names.find(|part| EMPTY_NAMES.contains(part)) {
        found.push((1, format!("a module called {name}: name it after what it does")));
    }
    for (reason, test) in foreign::ignored_tests(text).into_iter().filter(|(reason, _)| !foreign::of_another(reason)) {
        // Examples in texts of the routines themselves are no tests.
        if let (Err(why), false) = (foreign::parts_of(&reason), file.starts_with("core/xtask/")) {
            found.push((1, format!("{test} is ignored for \"{reason}\": {why}")));
        }
    }
    let code = text.lines().enumerate().map(|(index, line)| (index + 1, line));
    let code = code.filter(|(_, line)| !line.trim_start().starts_with("//"));
    for (number, line) in code {
        let mut only = |name: &str, rule: &str| {
            if names_crate(line, name) {
                found.push((number, rule.to_owned()));
            }
        };
        if !file.starts_with("bindings/ffi/") && !file.starts_with("core/xtask/") {
            only("uniffi", "only bindings/ffi knows uniffi");
        }
        if file.starts_with("core/engine/src/") {
            if !below(file, "core/engine/src/store") {
                only("rusqlite", "in the engine only store/ knows rusqlite");
            }
            if !below(file, "core/engine/src/http") {
                only("reqwest", "in the engine only http/ knows reqwest");
            }
        }
        if file.starts_with("core/kernel/src/") && number <= before_tests {
            for impure in IMPURE.iter().filter(|impure| names_path(line, impure)) {
                found.push((number, format!("the kernel is pure: {impure} belongs to the engine")));
            }
        }
    }
    found
}

/// Whether a file is `ROOM.rs` or in the folder `ROOM/`.
fn below(file: &str, room: &str) -> bool {
    file.strip_prefix(room).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

/// Whether a line of code uses a crate: `NAME::`, `use NAME`, `extern crate NAME`.
fn names_crate(line: &str, name: &str) -> bool {
    words(line, name).any(|(before, after)| {
        after.starts_with("::") || before.trim_end().ends_with("use") || before.trim_end().ends_with("crate")
    })
}

/// Whether a line of code names a path, also as one of a group: `use std::{fs, io}`.
fn names_path(line: &str, path: &str) -> bool {
    if words(line, path).next().is_some() {
        return true;
    }
    let Some((parent, last)) = path.rsplit_once("::") else { return false };
    let group = format!("{parent}::{{");
    line.find(&group).is_some_and(|at| words(&line[at + group.len()..], last).next().is_some())
}

/// The places where a word stands by itself: what is before it and after it.
fn words<'a>(line: &'a str, word: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word)
        .map(|(at, _)| (&line[..at], &line[at + word.len()..]))
        .filter(move |(before, after)| !before.ends_with(joins) && !after.starts_with(joins))
}

/// Whether a path starts here, rather than goes on (as in an address).
fn has_machine_path(line: &str, start: &str) -> bool {
    let goes_on = |c: char| c.is_alphanumeric() || "._-~/}>".contains(c);
    line.match_indices(start).any(|(at, _)| !line[..at].ends_with(goes_on))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complains(file: &str, text: &str, of: &str) -> bool {
        on_file(file, text).iter().any(|complaint| complaint.contains(of))
    }

    #[test]
    fn rooms_keep_their_crates() {
        assert!(complains("core/engine/src/runner.rs", "use rusqlite::Connection;", "only store/"));
        assert!(complains("core/engine/src/storefront.rs", "let c: rusqlite::Connection;", "only store/"));
        for file in ["core/engine/src/store.rs", "core/engine/src/store/rows.rs", "core/receiver/src/store.rs"] {
            assert_eq!(on_file(file, "use rusqlite::Connection;"), [""; 0]);
        }
        assert!(complains("core/engine/src/store.rs", "use reqwest::Client;", "only http/"));
        assert_eq!(on_file("core/engine/src/http/door.rs", "use reqwest::Client;"), [""; 0]);
        assert_eq!(
            on_file("core/engine/src/runner.rs", "/// unlike rusqlite::Connection\nlet rusqlite_row = 1;"),
            [""; 0]
        );
        assert!(complains("core/engine/src/lib.rs", "#[derive(uniffi::Object)]", "uniffi"));
        assert!(complains("core/engine/Cargo.toml", "uniffi.workspace = true", "uniffi"));
        assert_eq!(on_file("bindings/ffi/src/lib.rs", "#[derive(uniffi::Object)]"), [""; 0]);
    }

    #[test]
    fn the_kernel_is_pure_before_its_tests() {
        let file = "core/kernel/src/wire.rs";
        assert!(complains(file, "use std::fs;", "pure"));
        assert!(complains(file, "use std::{fmt, fs::File};", "std::fs"));
        assert!(complains(file, "let now = std::time::SystemTime::now();", "SystemTime"));
        assert!(complains(file, "tokio::spawn(x)", "tokio"));
        assert_eq!(on_file(file, "use std::{fmt, collections};\nuse std::time::Duration;"), [""; 0]);
        assert_eq!(on_file(file, "fn a() {}\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n"), [""; 0]);
    }

    #[test]
    fn files_are_short_and_well_named() {
        let long = "fn a() {}\n".repeat(501);
        assert!(complains("core/cli/src/demo.rs", &long, "501 lines"));
        let tested = format!("{}#[cfg(test)]\nmod tests {{}}\n{long}", "fn a() {}\n".repeat(499));
        assert_eq!(on_file("core/cli/src/demo.rs", &tested), [""; 0]);
        assert!(complains("core/cli/src/utils.rs", "", "called utils"));
        assert!(complains("core/cli/tests/common/mod.rs", "", "called common"));
        assert_eq!(on_file("core/cli/src/commons.rs", ""), [""; 0]);
    }

    #[test]
    fn paths_and_addresses_of_the_machine_stay_out() {
        let home = format!("let p = \"{}me/somebody/x\";", "/ho");
        assert!(complains("a.md", &home, "one machine"));
        assert_eq!(on_file("a.md", &format!("https://example.org{}me/page and docs{}rk/x", "/ho", "/wo")), [""; 0]);
        assert!(complains("package-lock.json", &format!("\"https://registry.{}\"", "npmjs.org/x"), "registry"));
    }

    #[test]
    fn a_test_is_left_out_only_for_a_known_part() {
        let text = "#[test]\n#[ignore = \"flaky\"]\nfn sometimes() {}\n";
        assert!(complains("core/cli/tests/a.rs", text, "sometimes is ignored"));
        let text = "#[test]\n#[ignore = \"a part of kills, which starts it in another process\"]\nfn part() {}\n";
        assert_eq!(on_file("core/cli/tests/a.rs", text), [""; 0]);
        let text = "#[test]\n#[ignore = \"foreign: tusd\"]\nfn with_tusd() {}\n";
        assert_eq!(on_file("core/cli/tests/a.rs", text), [""; 0]);
    }
}
