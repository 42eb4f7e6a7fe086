//! What a tus server holds, in memory.

use std::collections::BTreeMap;
use std::time::SystemTime;

/// An upload as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its id: the last part of its URL.
    pub id: String,
    /// Its length, in bytes.
    pub length: u64,
    /// What arrived of it, in bytes.
    pub offset: u64,
    /// Its `Upload-Metadata`, as it came.
    pub metadata: String,
}

/// An upload that was completed, whatever became of it later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completed {
    /// Its id.
    pub id: String,
    /// BLAKE3 of its content, 64 hexadecimal digits.
    pub hash: String,
    /// Its length, in bytes.
    pub length: u64,
    /// Its `Upload-Metadata`, as it came.
    pub metadata: String,
}

/// Why the server does not do what it is asked to: an HTTP status.
pub(super) type Refusal = u16;

#[derive(Debug, Default)]
pub(super) struct Uploads {
    held: BTreeMap<String, Upload>,
    created: u64,
    completed: Vec<Completed>,
}

#[derive(Debug)]
struct Upload {
    length: u64,
    metadata: String,
    bytes: Vec<u8>,
    hasher: blake3::Hasher,
    locked: bool,
    expires: Option<SystemTime>,
}

impl Uploads {
    pub(super) fn create(&mut self, length: u64, metadata: &str, expires: Option<SystemTime>) -> String {
        self.created += 1;
        let id = format!("u{}", self.created);
        let metadata = metadata.to_owned();
        let upload =
            Upload { length, metadata, bytes: Vec::new(), hasher: blake3::Hasher::new(), locked: false, expires };
        self.held.insert(id.clone(), upload);
        self.complete(&id);
        id
    }

    /// Length, offset and metadata, or 404, or 410 for one whose time is over.
    pub(super) fn look(&mut self, id: &str, now: SystemTime) -> Result<(Kept, Option<SystemTime>), Refusal> {
        let upload = self.held.get(id).ok_or(404u16)?;
        // What is complete stays.
        let over = upload.expires.is_some_and(|at| at <= now) && (upload.bytes.len() as u64) < upload.length;
        if over {
            return Err(410);
        }
        Ok((kept(id, upload), upload.expires))
    }

    /// Opens an upload for one writer.
    pub(super) fn lock(&mut self, id: &str) -> Result<(), Refusal> {
        let upload = self.held.get_mut(id).ok_or(404u16)?;
        if std::mem::replace(&mut upload.locked, true) { Err(423) } else { Ok(()) }
    }

    pub(super) fn unlock(&mut self, id: &str) {
        if let Some(upload) = self.held.get_mut(id) {
            upload.locked = false;
        }
    }

    pub(super) fn locked(&self, id: &str) -> bool {
        self.held.get(id).is_some_and(|upload| upload.locked)
    }

    /// Takes the next bytes. 413 where they are more than the upload's length; 404 where it is gone meanwhile.
    pub(super) fn append(&mut self, id: &str, bytes: &[u8]) -> Result<(), Refusal> {
        let upload = self.held.get_mut(id).ok_or(404u16)?;
        if (upload.bytes.len() + bytes.len()) as u64 > upload.length {
            return Err(413);
        }
        if !bytes.is_empty() {
            upload.bytes.extend_from_slice(bytes);
            upload.hasher.update(bytes);
            self.complete(id);
        }
        Ok(())
    }

    fn complete(&mut self, id: &str) {
        if let Some(upload) = self.held.get(id).filter(|upload| upload.bytes.len() as u64 == upload.length) {
            let hash = upload.hasher.finalize().to_string();
            let (id, length, metadata) = (id.to_owned(), upload.length, upload.metadata.clone());
            self.completed.push(Completed { id, hash, length, metadata });
        }
    }

    pub(super) fn remove(&mut self, id: &str) -> Result<(), Refusal> {
        self.held.remove(id).map(drop).ok_or(404)
    }

    pub(super) fn remove_all(&mut self) {
        self.held.clear();
    }

    pub(super) fn expire_all(&mut self) {
        self.held.values_mut().for_each(|upload| upload.expires = Some(SystemTime::UNIX_EPOCH));
    }

    pub(super) fn created(&self) -> u64 {
        self.created
    }

    pub(super) fn completed(&self) -> &[Completed] {
        &self.completed
    }

    pub(super) fn kept(&self) -> Vec<Kept> {
        self.held.iter().map(|(id, upload)| kept(id, upload)).collect()
    }

    pub(super) fn bytes(&self, id: &str) -> Option<&[u8]> {
        self.held.get(id).map(|upload| upload.bytes.as_slice())
    }
}

fn kept(id: &str, upload: &Upload) -> Kept {
    let offset = upload.bytes.len() as u64;
    Kept { id: id.to_owned(), length: upload.length, offset, metadata: upload.metadata.clone() }
}
