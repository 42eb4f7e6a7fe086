//! A file of which only so much is read: parsers believe the lengths that they find.

use std::io::{self, Read, Seek, SeekFrom};

pub(super) struct Bounded<'a, R> {
    reader: &'a mut R,
    left: u64,
}

impl<'a, R> Bounded<'a, R> {
    /// After `most` bytes, wherever they lie, it is as if the file ended.
    pub(super) fn new(reader: &'a mut R, most: u64) -> Self {
        Bounded { reader, left: most }
    }
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let count = self.reader.read(&mut into[..most])?;
        self.left -= count as u64;
        Ok(count)
    }
}

impl<R: Seek> Seek for Bounded<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.reader.seek(to)
    }
}
