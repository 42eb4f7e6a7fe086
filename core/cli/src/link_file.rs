//! The file `link` in the outbox's folder: what `satchel link-state` said of the network, for commands that come later and for
//! a sync that runs, which watches it. It holds what `--link` takes, on one line, so that a script may write it too.

use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use satchel::Link;

use crate::network::LinkArg;

const NAME: &str = "link";
/// No link takes so many bytes to tell.
const LONGEST: u64 = 4096;

/// Writes it, whole or not at all.
pub(crate) fn write(folder: &Path, text: &str) -> io::Result<()> {
    let mut file = tempfile::Builder::new().prefix(".link-").tempfile_in(folder)?;
    writeln!(file, "{text}")?;
    file.persist(folder.join(NAME)).map_err(|e| e.error)?;
    Ok(())
}

/// Takes it away. Says whether it was there.
pub(crate) fn remove(folder: &Path) -> io::Result<bool> {
    match std::fs::remove_file(folder.join(NAME)) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

/// What it says; none where there is none.
///
/// # Errors
/// In words, when it cannot be read or says no link.
pub(crate) fn read(folder: &Path) -> Result<Option<Link>, String> {
    of(&folder.join(NAME))
}

fn of(path: &Path) -> Result<Option<Link>, String> {
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(LONGEST).read_to_string(&mut text));
    match read {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(format!("the file {NAME} of the outbox cannot be read: {e}")),
        Ok(_) => {}
    }
    let link =
        text.trim().parse::<LinkArg>().map_err(|e| format!("the file {NAME} of the outbox says no link: {e}"))?;
    Ok(Some(link.0))
}

/// When it was written, and how long it is: whether it is another one by now.
type Stamp = Option<(SystemTime, u64)>;

/// Looks whether it changed.
pub(crate) struct Watch {
    path: PathBuf,
    seen: Stamp,
}

impl Watch {
    /// From now on.
    pub(crate) fn new(folder: &Path) -> Self {
        let path = folder.join(NAME);
        Self { seen: stamp(&path), path }
    }

    /// What it says since this was asked last; none where nothing is new, or it is gone.
    pub(crate) fn look(&mut self) -> Option<Result<Link, String>> {
        let stamp = stamp(&self.path);
        if stamp == self.seen {
            return None;
        }
        self.seen = stamp;
        of(&self.path).transpose()
    }
}

fn stamp(path: &Path) -> Stamp {
    let meta = std::fs::metadata(path).ok()?;
    Some((meta.modified().ok()?, meta.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_was_written_and_seen_to_change() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        assert_eq!(read(at), Ok(None));
        let mut watch = Watch::new(at);
        assert!(watch.look().is_none());
        write(at, "cellular,id=SIM").unwrap();
        let sim = Link { network: Some("SIM".into()), ..Link::cellular() };
        assert_eq!(read(at), Ok(Some(sim.clone())));
        assert_eq!(watch.look(), Some(Ok(sim)));
        assert!(watch.look().is_none(), "it was seen");
        write(at, "smoke signals").unwrap();
        assert!(watch.look().unwrap().unwrap_err().contains("smoke"));
        assert!(remove(at).unwrap() && !remove(at).unwrap());
        assert!(watch.look().is_none(), "what is gone says nothing");
        let left: Vec<_> = std::fs::read_dir(at).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}
