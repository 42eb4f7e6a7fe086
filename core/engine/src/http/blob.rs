//! Bytes from disk: read piece by piece on a thread of their own, never more than a few pieces ahead.
//!
//! The file must be the one that was hashed, before the first byte and still after the last: the last piece
//! is held back until that is known, so that a file that changed under way never arrives whole.

use std::io::{self, Read as _, Seek as _, SeekFrom};

use bytes::Bytes;
use satchel_kernel::outcome::{Cut, Segment};
use tokio::sync::mpsc;

use crate::source::{Opened, Reach, Stamp};

/// How much is read and handed over at a time, in bytes.
pub(super) const PIECE: usize = 16 * 1024;

/// Pieces that are read before they are asked for.
const READ_AHEAD: usize = 4;

/// The file behind a payload, and how it looked when it was hashed.
#[derive(Clone)]
pub(crate) struct Blob {
    /// Opened anew for each request.
    pub(crate) reach: Reach,
    /// Must still fit.
    pub(crate) stamp: Stamp,
}

impl Blob {
    /// Opens it, if it is still what was hashed.
    pub(crate) fn open(&self) -> Result<Opened, Cut> {
        let opened = self.reach.open().map_err(|_| Cut::SourceUnreadable)?;
        if opened.stamp == self.stamp { Ok(opened) } else { Err(Cut::SourceChanged) }
    }
}

/// What the reading thread hands over: a piece, or why there is no more.
pub(super) type Piece = Result<Bytes, Cut>;

/// Opens the blob, and starts reading what the body needs of it.
pub(super) async fn open(blob: &Blob, segments: &[Segment]) -> Result<mpsc::Receiver<Piece>, Cut> {
    let blob = blob.clone();
    let source = tokio::task::spawn_blocking(move || blob.open()).await.unwrap_or(Err(Cut::SourceUnreadable))?;
    let (tx, rx) = mpsc::channel(READ_AHEAD);
    let segments = segments.to_vec();
    tokio::task::spawn_blocking(move || {
        let mut pump = Pump { source, held: None, tx };
        if let Err(Some(cut)) = pump.run(segments) {
            // The other end may be gone already; then nobody needs to know.
            let _ = pump.tx.blocking_send(Err(cut));
        }
    });
    Ok(rx)
}

struct Pump {
    source: Opened,
    held: Option<Bytes>,
    tx: mpsc::Sender<Piece>,
}

impl Pump {
    /// `Err(None)`: nobody takes the pieces any more.
    fn run(&mut self, segments: Vec<Segment>) -> Result<(), Option<Cut>> {
        for segment in segments {
            match segment {
                Segment::Bytes(bytes) => {
                    let mut bytes = Bytes::from(bytes);
                    while !bytes.is_empty() {
                        self.hand(bytes.split_to(bytes.len().min(PIECE)))?;
                    }
                }
                Segment::Blob(range) => self.range(range.start, range.end)?,
            }
        }
        if !self.source.untouched().map_err(|_| Some(Cut::SourceUnreadable))? {
            return Err(Some(Cut::SourceChanged));
        }
        match self.held.take() {
            Some(last) => self.tx.blocking_send(Ok(last)).map_err(|_| None),
            None => Ok(()),
        }
    }

    fn range(&mut self, start: u64, end: u64) -> Result<(), Option<Cut>> {
        self.source.file.seek(SeekFrom::Start(start)).map_err(|_| Some(Cut::SourceUnreadable))?;
        let mut left = end.saturating_sub(start);
        while left > 0 {
            let size = usize::try_from(left).unwrap_or(usize::MAX).min(PIECE);
            let mut piece = vec![0; size];
            self.source.file.read_exact(&mut piece).map_err(|e| {
                let ended = e.kind() == io::ErrorKind::UnexpectedEof;
                Some(if ended { Cut::SourceChanged } else { Cut::SourceUnreadable })
            })?;
            left -= size as u64;
            self.hand(piece.into())?;
        }
        Ok(())
    }

    /// Hands the piece before this one over, and holds this one back.
    fn hand(&mut self, piece: Bytes) -> Result<(), Option<Cut>> {
        match self.held.replace(piece) {
            Some(before) => self.tx.blocking_send(Ok(before)).map_err(|_| None),
            None => Ok(()),
        }
    }
}
