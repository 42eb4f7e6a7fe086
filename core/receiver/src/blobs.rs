//! The store's bytes: whole blobs under their hash, and uploads that are still coming in.
//!
//! `blobs/ab/abcdef…` and `incoming/<upload>`. An incoming file becomes a blob by a second name (a hard
//! link), so that a kill between the link and the commit leaves both, and the next start does it again.
//! What lay under the blob's name before is replaced: only the bytes that were just hashed are known to be right.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use satchel_kernel::ids::BlobHash;

use crate::files;

/// Where bytes lie.
#[derive(Debug, Clone)]
pub(crate) struct Blobs {
    blobs: PathBuf,
    incoming: PathBuf,
}

impl Blobs {
    pub(crate) fn open(store: &Path) -> io::Result<Self> {
        let here = Self { blobs: store.join("blobs"), incoming: store.join("incoming") };
        fs::create_dir_all(&here.blobs)?;
        fs::create_dir_all(&here.incoming)?;
        files::sync_dir(store)?;
        Ok(here)
    }

    pub(crate) fn path(&self, hash: &BlobHash) -> PathBuf {
        let name = hash.to_string();
        self.blobs.join(&name[..2]).join(name)
    }

    /// True when the blob is on disk with this many bytes. An error when the disk does not say.
    pub(crate) fn holds(&self, hash: &BlobHash, length: u64) -> io::Result<bool> {
        match fs::metadata(self.path(hash)) {
            Ok(meta) => Ok(meta.is_file() && meta.len() == length),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(e),
        }
    }

    /// The file of an upload that is coming in; there from its first byte on.
    pub(crate) fn incoming(&self, upload: &str) -> PathBuf {
        self.incoming.join(upload)
    }

    pub(crate) fn sync_incoming(&self) -> io::Result<()> {
        files::sync_dir(&self.incoming)
    }

    /// Gives an incoming file, which is synced already, its place as a blob. The incoming name stays.
    pub(crate) fn adopt(&self, upload: &str, hash: &BlobHash, length: u64) -> io::Result<()> {
        let (from, to) = (self.incoming(upload), self.path(hash));
        let shelf = to.parent().expect("a blob's path has two folders").to_owned();
        if length == 0 && !from.exists() {
            File::create(&from)?.sync_all()?;
        }
        if !shelf.exists() {
            fs::create_dir_all(&shelf)?;
            files::sync_dir(&self.blobs)?;
        }
        let fresh = shelf.join(format!(".{upload}"));
        files::remove_if_there(&fresh)?;
        if fs::hard_link(&from, &fresh).is_err() {
            // No hard links on this disk: a copy.
            fs::copy(&from, &fresh)?;
            File::open(&fresh)?.sync_all()?;
        }
        fs::rename(&fresh, &to)?;
        // A rename to another name of the same file does nothing (POSIX rename): so it is when this is done again.
        files::remove_if_there(&fresh)?;
        files::sync_dir(&shelf)
    }

    /// Puts bytes that are whole already in their place as a blob, by way of an incoming name of their own.
    pub(crate) fn put(&self, name: &str, bytes: &[u8], hash: &BlobHash, length: u64) -> io::Result<()> {
        let mut file = File::create(self.incoming(name))?;
        file.write_all(bytes)?;
        file.sync_all()?;
        self.adopt(name, hash, length)?;
        self.remove_incoming(name)
    }

    pub(crate) fn remove_incoming(&self, upload: &str) -> io::Result<()> {
        files::remove_if_there(&self.incoming(upload))
    }

    pub(crate) fn remove(&self, hash: &BlobHash) -> io::Result<()> {
        files::remove_if_there(&self.path(hash))
    }

    /// Names of all incoming files.
    pub(crate) fn all_incoming(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.incoming)? {
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }
}

/// Reads a file once for its hash.
pub(crate) fn hash_file(path: &Path) -> io::Result<(BlobHash, u64)> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(File::open(path)?)?;
    Ok((BlobHash::from_bytes(*hasher.finalize().as_bytes()), hasher.count()))
}
