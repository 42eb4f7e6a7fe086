//! The count that a kill leaves: a file beside the database, written before each byte that costs.
//!
//! It is not synced: what a process wrote is in the system's page cache, and survives the process. It does not survive the device's
//! own end, so it is believed only within one boot.
//!
//! 64 bytes of header, then records of 64 bytes each, so that none crosses a page. Numbers are little-endian.
//!
//! | at | header | record |
//! | --- | --- | --- |
//! | 0 | `satchel meter 1\n` | 1 when it is in use, 0 when it is free |
//! | 8 | | account |
//! | 16 | boot id (16 bytes) | bytes sent |
//! | 24 | | bytes received |
//! | 32 | 0 | connections |
//! | 56 | the first 8 bytes of BLAKE3 over what is before | the same |

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use satchel_kernel::ids::BootId;

use super::Spent;

const FILE: &str = "meter";
const MAGIC: &[u8; 16] = b"satchel meter 1\n";
const RECORD: usize = 64;
const CHECKED: usize = RECORD - 8;
/// More accounts than this are never open at once; a longer file is none of ours.
const MOST: usize = 4096;

type Slot = [u8; RECORD];
/// An account and what went over it; none in a free slot.
type Written = Option<(u64, Spent)>;

/// The meter of one outbox. Only the one process that runs the outbox may have it open.
pub(crate) struct Meter {
    left: Option<Vec<(u64, Spent)>>,
    inner: Mutex<Inner>,
}

struct Inner {
    file: File,
    /// Where each account is written.
    slots: HashMap<u64, usize>,
    /// Slots that were used before, and are free.
    free: Vec<usize>,
}

impl Meter {
    /// Opens the meter in an outbox's folder, or makes it.
    ///
    /// # Errors
    /// When the file can be neither read nor written.
    pub(crate) fn open(folder: &Path, boot: BootId) -> io::Result<Self> {
        let path = folder.join(FILE);
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let found = read(&file, boot)?;
        let (mut slots, mut free) = (HashMap::new(), vec![]);
        let left = match found {
            None => {
                file.set_len(0)?;
                write_at(&file, &header(boot), 0)?;
                None
            }
            Some(records) => {
                let mut left = vec![];
                for (slot, record) in records.into_iter().enumerate() {
                    match record {
                        Some((account, spent)) => {
                            slots.insert(account, slot);
                            left.push((account, spent));
                        }
                        None => free.push(slot),
                    }
                }
                Some(left)
            }
        };
        Ok(Self { left, inner: Mutex::new(Inner { file, slots, free }) })
    }

    /// What was on the meter when it was opened. None: nothing is known of what an earlier process sent, as after a restart of the
    /// device, and all that it had reserved must count as spent.
    pub(crate) fn read_left(&self) -> Option<&[(u64, Spent)]> {
        self.left.as_deref()
    }

    /// Notes what went over an account so far.
    ///
    /// # Errors
    /// When it cannot be written; then what is not noted must not go.
    pub(crate) fn note(&self, account: u64, spent: Spent) -> io::Result<()> {
        let mut inner = self.inner();
        let slot = match inner.slots.get(&account) {
            Some(slot) => *slot,
            None => {
                let slot = inner.free.pop().unwrap_or(inner.slots.len());
                if slot >= MOST {
                    return Err(io::Error::other("more accounts are open than the meter holds"));
                }
                inner.slots.insert(account, slot);
                slot
            }
        };
        write_at(&inner.file, &record(account, spent), place(slot))
    }

    /// Takes an account off the meter: what it says is in the database now.
    pub(crate) fn forget(&self, account: u64) {
        let mut inner = self.inner();
        if let Some(slot) = inner.slots.remove(&account) {
            // If it stays, its account is one that the caller knows to be settled.
            let _ = write_at(&inner.file, &sealed([0; RECORD]), place(slot));
            inner.free.push(slot);
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(slot: usize) -> u64 {
    ((slot + 1) * RECORD) as u64
}

fn sealed(mut slot: Slot) -> Slot {
    let check = check(&slot);
    slot[CHECKED..].copy_from_slice(&check);
    slot
}

fn check(slot: &Slot) -> [u8; 8] {
    let mut check = [0; 8];
    check.copy_from_slice(&blake3::hash(&slot[..CHECKED]).as_bytes()[..8]);
    check
}

fn header(boot: BootId) -> Slot {
    let mut slot = [0; RECORD];
    slot[..16].copy_from_slice(MAGIC);
    slot[16..32].copy_from_slice(boot.as_bytes());
    sealed(slot)
}

fn record(account: u64, spent: Spent) -> Slot {
    let mut slot = [0; RECORD];
    let Spent { sent, received, connections } = spent;
    for (number, into) in [1, account, sent, received, connections].into_iter().zip(slot.chunks_exact_mut(8)) {
        into.copy_from_slice(&number.to_le_bytes());
    }
    sealed(slot)
}

/// What the file says; none when it is not this boot's, or not whole.
fn read(file: &File, boot: BootId) -> io::Result<Option<Vec<Written>>> {
    let length = usize::try_from(file.metadata()?.len()).unwrap_or(usize::MAX);
    if length < RECORD || length % RECORD != 0 || length > (MOST + 1) * RECORD {
        return Ok(None);
    }
    let mut bytes = vec![0; length];
    read_at(file, &mut bytes)?;
    let mut slots = bytes.chunks_exact(RECORD);
    if slots.next() != Some(&header(boot)[..]) {
        return Ok(None);
    }
    Ok(slots.map(parsed).collect())
}

/// A record, or a free slot; none when it is damaged.
fn parsed(bytes: &[u8]) -> Option<Written> {
    let slot: &Slot = bytes.try_into().ok()?;
    if check(slot) != slot[CHECKED..] {
        return None;
    }
    let mut numbers = slot.chunks_exact(8).map(|n| u64::from_le_bytes(n.try_into().unwrap_or_default()));
    let mut next = || numbers.next().unwrap_or_default();
    let (used, account) = (next(), next());
    let spent = Spent { sent: next(), received: next(), connections: next() };
    match used {
        0 => Some(None),
        1 => Some(Some((account, spent))),
        _ => None,
    }
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

#[cfg(unix)]
fn read_at(file: &File, into: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, 0)
}

#[cfg(windows)]
fn write_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    let written = std::os::windows::fs::FileExt::seek_write(file, bytes, at)?;
    if written == bytes.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

#[cfg(windows)]
fn read_at(file: &File, into: &mut [u8]) -> io::Result<()> {
    let read = std::os::windows::fs::FileExt::seek_read(file, into, 0)?;
    if read == into.len() { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
