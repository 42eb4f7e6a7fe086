//! Where the command line keeps tokens: a file beside the outbox that only its owner can read. Apps use the system's
//! key store instead.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

fn file(outbox: &Path) -> PathBuf {
    outbox.join("credentials.json")
}

fn all(outbox: &Path) -> io::Result<BTreeMap<String, String>> {
    match std::fs::read(file(outbox)) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| {
            let words = format!("{} is damaged; delete it, then pair again or give --token", file(outbox).display());
            io::Error::new(io::ErrorKind::InvalidData, words)
        }),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(e) => Err(e),
    }
}

/// Keeps a target's token; durable when it returns.
pub(crate) fn keep(outbox: &Path, target: &str, token: &str) -> io::Result<()> {
    let mut tokens = all(outbox)?;
    tokens.insert(target.to_owned(), token.to_owned());
    let new = outbox.join("credentials.json.new");
    let mut options = File::options();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(&new)?;
    out.write_all(&serde_json::to_vec_pretty(&tokens)?)?;
    out.sync_all()?;
    std::fs::rename(new, file(outbox))
}

/// A target's token.
pub(crate) fn of(outbox: &Path, target: &str) -> io::Result<Option<String>> {
    Ok(all(outbox)?.remove(target))
}
