//! The project's folder: where it is, which crates it has, which files belong to it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::process::Run;

/// The project's folder and its crates.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// The folder with the root `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Where cargo builds.
    pub(crate) target: PathBuf,
    /// Its crates, in the order of the root `Cargo.toml`.
    pub(crate) members: Vec<Member>,
}

/// One crate of the workspace, as `cargo metadata` tells it.
#[derive(Debug, Deserialize)]
pub(crate) struct Member {
    /// The package's name.
    pub(crate) name: String,
    /// Its `Cargo.toml`.
    manifest_path: PathBuf,
    /// What cargo builds from it.
    targets: Vec<Target>,
}

/// One thing that cargo builds.
#[derive(Debug, Deserialize)]
pub(crate) struct Target {
    /// Its name, as in `--test NAME`.
    pub(crate) name: String,
    kind: Vec<String>,
    /// The file it starts at.
    pub(crate) src_path: PathBuf,
}

impl Target {
    /// Whether it is the crate's library.
    pub(crate) fn is_library(&self) -> bool {
        self.kind.iter().any(|kind| kind == "lib")
    }
}

impl Member {
    /// Its library, if it has one.
    pub(crate) fn library(&self) -> Option<&Target> {
        self.targets.iter().find(|target| target.is_library())
    }

    /// The crate's folder.
    pub(crate) fn folder(&self) -> &Path {
        self.manifest_path.parent().expect("a file has a folder")
    }

    /// Its integration tests.
    pub(crate) fn test_targets(&self) -> impl Iterator<Item = &Target> {
        self.targets.iter().filter(|target| target.kind.iter().any(|kind| kind == "test"))
    }

    /// Whether one of its targets is of this kind and name.
    pub(crate) fn has_target(&self, kind: &str, name: &str) -> bool {
        self.targets.iter().any(|target| target.name == name && target.kind.iter().any(|k| k == kind))
    }
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn find() -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Metadata {
            packages: Vec<Member>,
            workspace_root: PathBuf,
            target_directory: PathBuf,
            workspace_members: Vec<String>,
        }
        let text = Run::new(cargo().args(["metadata", "--no-deps", "--format-version", "1"])).text()?;
        let metadata: Metadata =
            serde_json::from_str(&text).map_err(|e| format!("cargo metadata said something unexpected: {e}"))?;
        let Metadata { mut packages, workspace_root, target_directory, workspace_members } = metadata;
        let place = |member: &Member| {
            let folder = member.folder().to_string_lossy().replace('\\', "/");
            workspace_members.iter().position(|id| id.contains(&folder)).unwrap_or(usize::MAX)
        };
        packages.sort_by_key(place);
        Ok(Self { root: workspace_root, target: target_directory, members: packages })
    }

    /// The files that belong to the project, relative to its folder, with `/`: what git tracks, and what is new and not
    /// ignored.
    pub(crate) fn files(&self) -> Result<Vec<String>, String> {
        let mut git = Command::new("git");
        git.current_dir(&self.root).args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
        let listed = Run::new(&mut git).text()?;
        let there = |file: &&str| !file.is_empty() && self.root.join(file).is_file();
        let mut files: Vec<String> = listed.split('\0').filter(there).map(str::to_owned).collect();
        files.sort();
        files.dedup();
        Ok(files)
    }

    /// Reads one of [`Self::files`]; `None` where it is not text.
    pub(crate) fn read(&self, file: &str) -> Option<String> {
        std::fs::read(self.root.join(file)).ok().and_then(|bytes| String::from_utf8(bytes).ok())
    }

    /// The folder of the programs and scripts that use what others wrote.
    pub(crate) fn foreign(&self) -> PathBuf {
        self.root.join("core/xtask/foreign")
    }
}

/// The cargo that runs this, or the one on the path.
pub(crate) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
