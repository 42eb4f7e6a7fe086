//! Which crate may depend on which (DESIGN's direction: kernel <- engine <- ffi; the receiver not on the engine).

use crate::process::Run;
use crate::workspace::{Workspace, cargo};

/// What a crate must not have among its dependencies, however deep. Tests may use more.
const FORBIDDEN: [(&str, &[&str]); 3] = [
    ("satchel-kernel", &["tokio", "reqwest", "rusqlite", "hyper", "uniffi", "rustls", "socket2", "satchel"]),
    ("satchel-receiver", &["satchel", "satchel-cli", "satchel-testkit", "reqwest", "uniffi"]),
    ("satchel", &["satchel-receiver", "satchel-testkit", "satchel-cli", "axum", "uniffi", "clap"]),
];

pub(super) fn check(workspace: &Workspace) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    for (package, forbidden) in FORBIDDEN {
        if !workspace.members.iter().any(|member| member.name == package) {
            found.push(format!("no crate is called {package}: the lint's list of directions is out of date"));
            continue;
        }
        let mut tree = cargo();
        tree.args(["tree", "--package", package, "--edges", "normal", "--prefix", "none", "--target", "all"]);
        let text = Run::new(tree.args(["--format", "{p}"])).text()?;
        found.extend(wrong(package, forbidden, &text));
    }
    Ok(found)
}

/// Names in a list of `name vX.Y.Z (…)` lines that must not be there.
fn wrong(package: &str, forbidden: &[&str], tree: &str) -> Vec<String> {
    let mut names: Vec<&str> = tree.lines().skip(1).filter_map(|line| line.split(' ').next()).collect();
    names.sort_unstable();
    names.dedup();
    let bad = names.into_iter().filter(|name| forbidden.contains(name));
    bad.map(|name| format!("{package} depends on {name} (see: cargo tree -p {package} -i {name})")).collect()
}

#[cfg(test)]
mod tests {
    use super::wrong;

    #[test]
    fn the_tree_is_read_without_its_root() {
        let tree =
            "satchel v0.1.0 (x)\nsatchel-kernel v0.1.0 (x)\ntokio v1.54.0\ntokio v1.54.0 (*)\naxum-core v0.5.0\n";
        assert_eq!(wrong("satchel", &["satchel", "axum"], tree), [""; 0]);
        assert_eq!(wrong("satchel", &["tokio"], tree).len(), 1);
    }
}
