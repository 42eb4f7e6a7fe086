//! The file as decoders read it: in pieces, never more than it may, and not any more once it is stopped.

use std::cell::Cell;
use std::io::{self, Read, Seek, SeekFrom};

pub(super) struct Watched<'a, R> {
    reader: &'a mut R,
    stop: &'a dyn Fn() -> bool,
    stopped: Cell<bool>,
    left: u64,
}

impl<'a, R: Read + Seek> Watched<'a, R> {
    pub(super) fn new(reader: &'a mut R, stop: &'a dyn Fn() -> bool) -> Self {
        Watched { reader, stop, stopped: Cell::new(false), left: super::FILE }
    }

    /// It was stopped while it was read.
    pub(super) fn stopped(&self) -> bool {
        self.stopped.get()
    }

    /// Reads the first bytes, and goes back.
    pub(super) fn start(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let before = self.reader.stream_position()?;
        let mut filled = 0;
        while filled < into.len() {
            match self.reader.read(&mut into[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(fault) if fault.kind() == io::ErrorKind::Interrupted => {}
                Err(fault) => return Err(fault),
            }
        }
        self.reader.seek(SeekFrom::Start(before))?;
        Ok(filled)
    }
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.stopped.get() || (self.stop)() {
            self.stopped.set(true);
            return Err(io::Error::other("stopped"));
        }
        let most = into.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let count = self.reader.read(&mut into[..most])?;
        self.left -= count as u64;
        Ok(count)
    }
}

impl<R: Seek> Seek for Watched<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.reader.seek(to)
    }
}
