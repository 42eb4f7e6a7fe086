//! A file system of 1 MB, so that tests can fill it: one that somebody made, or on Linux one in memory that only the
//! tests see (a mount namespace of their own, which asks for no rights where users may have namespaces).

use std::fs;
use std::process::Command;

use super::Places;
use crate::cache::Cache;
use crate::process::{Run, set};

/// The variable that names its folder.
const FOLDER: &str = "SATCHEL_TEST_SMALL_DISK";
/// Mounts it, then runs what follows.
const MOUNT: &str = "mount -t tmpfs -o size=1m satchel-tests \"$SATCHEL_TEST_SMALL_DISK\" && exec \"$@\"";

pub(super) fn find(cache: &Cache) -> Result<Places, String> {
    if set(FOLDER) {
        return Ok(Places::new()); // tests inherit it
    }
    let folder = cache.folder("small-disk");
    fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut probe = with_small_disk(Command::new("true"));
    Run::new(probe.env(FOLDER, &folder)).text().map_err(|e| {
        format!("no file system of 1 MB can be made here ({e}): make one and set {FOLDER} to a folder on it")
    })?;
    Ok(vec![(FOLDER, folder.into())])
}

/// The same program, seeing the small disk in its folder. (Arguments are added by the caller.)
pub(crate) fn with_small_disk(program: Command) -> Command {
    if set(FOLDER) {
        return program;
    }
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount", "sh", "-c", MOUNT, "sh"]).arg(program.get_program());
    command
}
