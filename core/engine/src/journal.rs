//! What a damaged database is rebuilt from: a small durable record of each fact that must outlive it.
//!
//! One file that is only ever appended to, by several processes in turn. Each record is a frame that can be found
//! and checked by itself, so that damage costs only what it hits (see `frame`). Compaction writes a new
//! file and puts it in the old one's place; everyone opens the file anew for each append, so nobody goes on
//! writing to the old one. The lock is a file of its own, which never moves.
//!
//! These functions block, and wait for each other across processes.

mod frame;
mod os_text;
mod record;
#[cfg(test)]
mod tests;

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Take, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::crash;
use crate::durable;
use frame::Frames;
pub(crate) use record::{Record, SourceRecord};

const FILE: &str = "journal";
const NEW: &str = "journal.new";
const LOCK: &str = "journal.lock";
/// What compaction sets aside when it met damage; 16 hexadecimal digits follow.
const DAMAGED: &str = "journal.damaged-";

/// Why the journal could not do it. Holds no path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JournalError {
    /// There is no room.
    #[error("the storage is full; free some space and do it again")]
    Full,
    /// A record is larger than any may be.
    #[error("the post is too long; shorten its caption and tags to less than 4 MB")]
    TooLong,
    /// The journal's file failed.
    #[error("the outbox's journal could not be used ({0}); check that its folder is there and may be written to")]
    Io(io::ErrorKind),
}

impl From<io::Error> for JournalError {
    fn from(error: io::Error) -> Self {
        if durable::no_room(error.kind()) { Self::Full } else { Self::Io(error.kind()) }
    }
}

/// When records must be on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durable {
    /// Before `append` returns; everything appended earlier is then there as well.
    Now,
    /// When the system sees fit.
    Later,
}

/// What a compaction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Compacted {
    /// Records in the new file.
    pub(crate) kept: u64,
    /// Records left out.
    pub(crate) dropped: u64,
    /// Places that made no sense. When there were any, the old file was set aside.
    pub(crate) damaged: u64,
}

/// The journal of one outbox.
#[derive(Debug)]
pub(crate) struct Journal {
    folder: PathBuf,
    lock: Mutex<File>,
}

impl Journal {
    /// Opens the journal in a folder, making both where they are missing.
    pub(crate) fn open(folder: &Path) -> Result<Self, JournalError> {
        durable::make_folder(folder)?;
        let lock = durable::private().read(true).write(true).create(true).truncate(false).open(folder.join(LOCK))?;
        let journal = Self { folder: folder.to_owned(), lock: Mutex::new(lock) };
        let held = journal.hold()?;
        journal.file_to_append()?;
        drop(held);
        Ok(journal)
    }

    /// Appends records in order: all of them, or on an error none.
    pub(crate) fn append(&self, records: &[Record], durable: Durable) -> Result<(), JournalError> {
        let mut bytes = Vec::with_capacity(records.len() * 512);
        for record in records {
            let body = serde_json::to_vec(record).map_err(|_| JournalError::Io(io::ErrorKind::InvalidData))?;
            frame::write(&body, &mut bytes).ok_or(JournalError::TooLong)?;
        }
        let _held = self.hold()?;
        let mut file = self.file_to_append()?;
        let before = file.metadata()?.len();
        crash::after("half of a record is in the journal", || drop(file.write_all(&bytes[..bytes.len() / 2])));
        let written = file.write_all(&bytes).and_then(|()| match durable {
            Durable::Now => file.sync_data(),
            Durable::Later => Ok(()),
        });
        crash::point("a record is in the journal");
        written.map_err(|error| {
            // Half a batch must not stay. If it does after all, readers step over a torn frame, and a whole one
            // says more than was promised, never less.
            let _ = file.set_len(before);
            error.into()
        })
    }

    /// Reads what is there now, oldest first, in little memory. Appends go on meanwhile.
    pub(crate) fn read(&self) -> Result<Reading, JournalError> {
        let held = self.hold()?;
        let file = self.file_to_append()?;
        let length = file.metadata()?.len();
        let file = File::open(self.folder.join(FILE))?;
        drop(held);
        Ok(Reading {
            frames: Frames::new(BufReader::with_capacity(64 << 10, file.take(length))),
            unknown: 0,
            failed: false,
        })
    }

    /// Bytes of the file, to judge when compaction is worth while.
    /// One that somebody took away has none, and is made anew by whoever reads or appends.
    pub(crate) fn len(&self) -> Result<u64, JournalError> {
        match fs::metadata(self.folder.join(FILE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            found => Ok(found?.len()),
        }
    }

    /// Writes the journal anew without the records that `keep` does not want; asked in order. Records of a later
    /// version are kept unasked, and the bytes of all that are kept stay as they were. Appends wait meanwhile,
    /// so `keep` must not cause one. When this fails, the journal is what it was.
    pub(crate) fn compact(&self, mut keep: impl FnMut(&Record) -> bool) -> Result<Compacted, JournalError> {
        let _held = self.hold()?;
        let (old, new) = (self.folder.join(FILE), self.folder.join(NEW));
        self.file_to_append()?;
        let mut frames = Frames::new(BufReader::new(File::open(&old)?));
        let mut done = Compacted { kept: 0, dropped: 0, damaged: 0 };
        let written = (|| {
            let mut to = BufWriter::new(durable::private().write(true).create(true).truncate(true).open(&new)?);
            let mut bytes = Vec::new();
            while let Some(body) = frames.next_body()? {
                let record = record_of(body);
                if matches!(record, Record::Other) || keep(&record) {
                    bytes.clear();
                    frame::write(body, &mut bytes).ok_or(JournalError::TooLong)?;
                    to.write_all(&bytes)?;
                    done.kept += 1;
                } else {
                    done.dropped += 1;
                }
            }
            done.damaged = frames.damaged();
            to.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            if done.damaged > 0 {
                self.set_aside(&old)?;
            }
            crash::point("the new journal is written");
            fs::rename(&new, &old)?;
            crash::point("the new journal is in place");
            Ok(())
        })();
        if let Err(error) = written {
            let _ = fs::remove_file(&new);
            return Err(error);
        }
        durable::sync_folder(&self.folder)?;
        Ok(done)
    }

    /// Keeps a damaged file under another name: somebody may yet make sense of it.
    fn set_aside(&self, old: &Path) -> io::Result<()> {
        let mut name = [0; 8];
        getrandom::fill(&mut name).expect("the system has a random number generator");
        let aside = self.folder.join(format!("{DAMAGED}{:016x}", u64::from_ne_bytes(name)));
        match fs::hard_link(old, &aside) {
            Ok(()) => Ok(()),
            Err(_) => fs::copy(old, &aside).map(drop),
        }
    }

    /// The journal's file as it is called now, made durably where it is missing. Only under the lock.
    fn file_to_append(&self) -> io::Result<File> {
        let path = self.folder.join(FILE);
        match durable::private().append(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let file = durable::private().append(true).create(true).open(&path)?;
                durable::sync_folder(&self.folder)?;
                Ok(file)
            }
            other => other,
        }
    }

    fn hold(&self) -> io::Result<Held<'_>> {
        // Whoever panicked under the lock left the file to the next append's care, as a crash would.
        let file = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        file.lock()?;
        Ok(Held(file))
    }
}

/// The lock, among the threads of this process and among processes.
struct Held<'a>(MutexGuard<'a, File>);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // Closing the file at the latest gives it free.
        let _ = self.0.unlock();
    }
}

/// The records of a journal, oldest first.
#[derive(Debug)]
pub(crate) struct Reading {
    frames: Frames<BufReader<Take<File>>>,
    unknown: u64,
    failed: bool,
}

impl Reading {
    /// So far: places that made no sense. Each may have held a record or more, or the rest of one that a crash cut.
    pub(crate) fn damaged(&self) -> u64 {
        self.frames.damaged()
    }

    /// So far: records of a later version, which came as [`Record::Other`].
    #[cfg(test)]
    pub(crate) fn unknown(&self) -> u64 {
        self.unknown
    }
}

impl Iterator for Reading {
    type Item = Result<Record, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        match self.frames.next_body() {
            Ok(Some(body)) => {
                let record = record_of(body);
                self.unknown += u64::from(matches!(record, Record::Other));
                Some(Ok(record))
            }
            Ok(None) => None,
            Err(error) => {
                self.failed = true;
                Some(Err(error.into()))
            }
        }
    }
}

/// A sound frame that is no record of ours is one of a later version.
fn record_of(body: &[u8]) -> Record {
    serde_json::from_slice(body).unwrap_or(Record::Other)
}
