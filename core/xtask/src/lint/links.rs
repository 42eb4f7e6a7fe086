//! Links in Markdown files lead to files and headings that exist. Addresses elsewhere are not visited.

use std::path::{Component, Path, PathBuf};

use crate::workspace::Workspace;

pub(super) fn check(workspace: &Workspace, files: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| file.ends_with(".md")) {
        let text = workspace.read(file).unwrap_or_default();
        for (line, link) in links(&text) {
            if let Err(why) = resolve(workspace, file, &text, &link) {
                found.push(format!("{file}:{line}: {link}: {why}"));
            }
        }
    }
    found
}

/// (line, target) of each link and picture, outside of code.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("``");
        for (opening, closing) in [("](", ')'), ("src=\"", '"'), ("href=\"", '"'), ("srcset=\"", '"')] {
            for (at, _) in prose.match_indices(opening) {
                let rest = &prose[at + opening.len()..];
                let target = rest.split(closing).next().unwrap_or_default();
                let target = target.split_whitespace().next().unwrap_or_default(); // a title may follow
                found.push((index + 1, target.to_owned()));
            }
        }
    }
    found
}

fn resolve(workspace: &Workspace, file: &str, text: &str, link: &str) -> Result<(), String> {
    if link.contains("://") || link.starts_with("mailto:") {
        return Ok(());
    }
    let (path, heading) = link.split_once('#').map_or((link, None), |(path, heading)| (path, Some(heading)));
    let target = inside(Path::new(file).parent().unwrap_or(Path::new("")), path).ok_or("leads out of the project")?;
    if !path.is_empty() && !workspace.root.join(&target).exists() {
        return Err("no such file".into());
    }
    let Some(heading) = heading else { return Ok(()) };
    let name = target.to_string_lossy().replace('\\', "/");
    let other = if path.is_empty() { Some(text.to_owned()) } else { workspace.read(&name) };
    match other {
        Some(other) if name.ends_with(".md") || path.is_empty() => {
            if headings(&other).any(|known| known == heading) {
                Ok(())
            } else {
                Err("no such heading".into())
            }
        }
        _ => Ok(()),
    }
}

/// The path from the project's folder, if it stays within.
fn inside(folder: &Path, link: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for part in folder.join(link).components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            Component::ParentDir => {
                if !path.pop() {
                    return None;
                }
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(path)
}

/// The names under which a page's headings can be linked, as GitHub makes them.
fn headings(text: &str) -> impl Iterator<Item = String> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>().replace(' ', "-")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_outside_of_code() {
        let text = "a [b](c.md) ![p](pic.png \"title\") `[x](y)`\n```\n[no](no.md)\n```\n<img src=\"d.png\">\n";
        let targets: Vec<String> = links(text).into_iter().map(|(_, target)| target).collect();
        assert_eq!(targets, ["c.md", "pic.png", "d.png"]);
    }

    #[test]
    fn links_lead_somewhere() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("docs")).unwrap();
        std::fs::write(home.path().join("docs/a.md"), "# The way, of one photo\n").unwrap();
        let workspace =
            Workspace { root: home.path().to_owned(), target: home.path().join("target"), members: Vec::new() };
        let link = |file: &str, link: &str| resolve(&workspace, file, "## Here\n", link).is_ok();
        assert!(link("README.md", "docs/a.md") && link("docs/b.md", "a.md") && link("docs/b.md", "../docs/a.md"));
        assert!(link("README.md", "docs/a.md#the-way-of-one-photo") && link("README.md", "#here"));
        assert!(
            !link("README.md", "docs/none.md") && !link("README.md", "docs/a.md#none") && !link("README.md", "#none")
        );
        assert!(!link("README.md", "../secret.md") && !link("README.md", "/etc/hosts"));
        assert!(link("README.md", "https://example.org/none"));
    }
}
