//! A request's bytes on their way to the disk.
//!
//! Bytes are hashed and written while they come, never held as a whole. However the request ends, what came
//! is synced and recorded before anyone is told of it; only bytes whose checksum was announced count when
//! all of them came and were right.

use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt as _;

use super::headers::{Checksum, Digest};
use crate::hub::Event;
use crate::refusal::{CHECKSUM_MISMATCH, Refusal};
use crate::server::App;
use crate::slots::Turn;
use crate::store::uploads::{self, Upload};
use crate::store::{StoreError, blocking};

/// Bytes gathered before they are written.
const CHUNK: usize = 256 * 1024;
/// Bytes written before they are synced and recorded, so that a power cut costs no more.
const CHECKPOINT: u64 = 8 << 20;
/// Gathered bytes wait no longer than this for more.
const LINGER: Duration = Duration::from_millis(300);
/// A request that a newer one replaces still gives what has crossed the network already: it ends at the first
/// pause of this length,
const DREGS: Duration = Duration::from_millis(30);
/// or after this long.
const GRACE: Duration = Duration::from_secs(1);

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Whole,
    Cut,
    Stale,
    Stopped,
    Stalled,
    Surplus,
}

/// The file, and everything that is told of its bytes; it moves between threads with them.
struct Sink {
    file: File,
    hasher: Option<blake3::Hasher>,
    digest: Option<Digest>,
    gathered: Vec<Bytes>,
    size: usize,
}

impl Sink {
    fn write(&mut self) -> std::io::Result<()> {
        for bytes in &self.gathered {
            self.file.write_all(bytes)?;
            if let Some(hasher) = &mut self.hasher {
                hasher.update(bytes);
            }
            if let Some(digest) = &mut self.digest {
                digest.update(bytes);
            }
        }
        self.gathered.clear();
        self.size = 0;
        Ok(())
    }
}

/// Takes `body` from the upload's offset on, after its first `skip` bytes, which are here already.
/// When this returns, `upload.offset` is on disk; an error says why the request did not bring all it should.
pub(super) async fn receive(
    app: &App,
    turn: &mut Turn,
    upload: &mut Upload,
    body: Body,
    skip: u64,
    checksum: Option<Checksum>,
) -> Result<(), Refusal> {
    let start = upload.offset;
    let hasher =
        turn.running.hasher.take().filter(|h| h.count() == start).or_else(|| (start == 0).then(blake3::Hasher::new));
    let before = checksum.is_some().then(|| hasher.clone());
    if checksum.is_some() {
        let id = upload.id.clone();
        app.store.write(move |tx| uploads::mark_unverified(tx, &id, start)).await?;
    }
    let file = open(app, upload).await?;
    let digest = checksum.as_ref().map(|c| c.digest.clone());
    let mut intake = Intake {
        app,
        turn,
        upload,
        sink: Some(Sink { file, hasher, digest, gathered: Vec::new(), size: 0 }),
        synced: start,
        skip,
    };
    let ended = intake.run(body, checksum.is_none()).await;
    let mut sink = intake.sink.take().ok_or(StoreError::Worker)?;

    let surplus = matches!(ended, Ok(End::Surplus));
    let (whole, refusal) = match ended {
        Ok(End::Whole) => (true, None),
        Ok(end) => (false, Some(refused(end, app))),
        Err(error) => (false, Some(Refusal::from(error).closing())),
    };
    let rolled_back = match (checksum, before) {
        (Some(mut checksum), Some(before)) => {
            checksum.digest = sink.digest.take().unwrap_or(checksum.digest);
            let right = whole && checksum.matches();
            (!right).then(|| (before, refusal.is_none()))
        }
        _ if surplus => Some((None, false)),
        _ => None,
    };
    let mut wrong = false;
    if let Some((hasher, mismatch)) = rolled_back {
        upload.offset = start;
        sink.hasher = hasher;
        wrong = mismatch;
    }
    settle(app, turn, upload, sink, start).await?;
    if wrong {
        return Err(Refusal::new(
            CHECKSUM_MISMATCH,
            "checksum_mismatch",
            "the bytes do not have the checksum that was announced, and were thrown away: send them again",
        ));
    }
    refusal.map_or(Ok(()), Err)
}

/// Truncates to what counts, syncs, records.
async fn settle(app: &App, turn: &mut Turn, upload: &mut Upload, sink: Sink, start: u64) -> Result<(), Refusal> {
    let (offset, blobs) = (upload.offset, app.blobs.clone());
    let hasher = blocking(move || {
        if sink.file.metadata()?.len() != offset {
            sink.file.set_len(offset)?;
        }
        sink.file.sync_data()?;
        if start == 0 {
            blobs.sync_incoming()?;
        }
        Ok(sink.hasher)
    })
    .await?;
    turn.running.hasher = hasher;
    upload.expires = super::expires(app);
    upload.unverified = None;
    let (id, expires) = (upload.id.clone(), upload.expires);
    // A whole upload is recorded by what follows, in the same transaction as its completion.
    if upload.length != Some(offset) {
        app.store.write(move |tx| uploads::keep(tx, &id, offset, expires)).await?;
    }
    Ok(())
}

async fn open(app: &App, upload: &Upload) -> Result<File, Refusal> {
    let (path, start) = (app.blobs.incoming(&upload.id), upload.offset);
    let file = blocking(move || {
        let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        let length = file.metadata()?.len();
        if length > start {
            file.set_len(start)?;
        }
        file.seek(SeekFrom::Start(start))?;
        Ok((length >= start).then_some(file))
    });
    file.await?
        .ok_or_else(|| Refusal::new(410, "lost", "bytes of this upload are missing here: create it anew").closing())
}

fn refused(end: End, app: &App) -> Refusal {
    match end {
        End::Whole | End::Cut => {
            Refusal::bad("cut", "the connection broke before the last byte; what came is kept").closing()
        }
        End::Stale => Refusal::new(423, "locked", "a newer request took this upload over; what came is kept").closing(),
        End::Stopped => Refusal::new(503, "stopping", "the receiver is stopping; what came is kept").closing(),
        End::Stalled => {
            let seconds = app.config.stall.as_secs();
            Refusal::new(408, "stalled", format!("no byte came for {seconds} seconds; what came is kept")).closing()
        }
        End::Surplus => Refusal::new(
            413,
            "surplus",
            "more bytes came than Upload-Length says; those of this request were thrown away",
        )
        .closing(),
    }
}

struct Intake<'a> {
    app: &'a App,
    turn: &'a Turn,
    upload: &'a mut Upload,
    /// `None` only while a thread has it.
    sink: Option<Sink>,
    synced: u64,
    skip: u64,
}

impl Intake<'_> {
    async fn run(&mut self, mut body: Body, checkpoints: bool) -> Result<End, StoreError> {
        let limit = self.upload.length.unwrap_or(self.app.config.max_upload);
        let mut came = self.upload.offset;
        let mut grace = Box::pin(tokio::time::sleep(GRACE));
        let mut stale = false;
        loop {
            let gathered = self.sink.as_ref().is_some_and(|s| s.size > 0);
            let wait = match (stale, gathered) {
                (true, _) => DREGS,
                (false, true) => LINGER,
                (false, false) => self.app.config.stall,
            };
            let frame = tokio::select! {
                biased;
                () = self.turn.stale.cancelled(), if !stale => {
                    stale = true;
                    grace = Box::pin(tokio::time::sleep(GRACE));
                    continue;
                }
                () = grace.as_mut(), if stale => return self.flushed(End::Stale).await,
                () = self.app.stop.cancelled() => return self.flushed(End::Stopped).await,
                frame = tokio::time::timeout(wait, body.frame()) => frame,
            };
            let mut bytes = match frame {
                Err(_) if stale => return self.flushed(End::Stale).await,
                Err(_) if gathered => {
                    self.flush().await?;
                    continue;
                }
                Err(_) => return Ok(End::Stalled),
                Ok(None) => return self.flushed(End::Whole).await,
                Ok(Some(Err(_))) => return self.flushed(End::Cut).await,
                Ok(Some(Ok(frame))) => match frame.into_data() {
                    Ok(bytes) => bytes,
                    Err(_) => continue,
                },
            };
            if self.skip > 0 {
                let known = bytes.split_to(bytes.len().min(usize::try_from(self.skip).unwrap_or(usize::MAX)));
                self.skip -= known.len() as u64;
                if let Some(digest) = self.sink.as_mut().and_then(|s| s.digest.as_mut()) {
                    digest.update(&known);
                }
            }
            came += bytes.len() as u64;
            if came > limit {
                return Ok(End::Surplus);
            }
            let sink = self.sink.as_mut().ok_or(StoreError::Worker)?;
            sink.size += bytes.len();
            sink.gathered.push(bytes);
            if sink.size >= CHUNK {
                self.flush().await?;
            }
            if checkpoints && self.upload.offset - self.synced >= CHECKPOINT {
                self.checkpoint().await?;
            }
        }
    }

    async fn flushed(&mut self, end: End) -> Result<End, StoreError> {
        self.flush().await.map(|()| end)
    }

    /// Writes what is gathered. When the disk refuses, the offset stays before it.
    async fn flush(&mut self) -> Result<(), StoreError> {
        let mut sink = self.sink.take().ok_or(StoreError::Worker)?;
        let size = sink.size as u64;
        let (sink, written) = blocking(move || {
            let written = sink.write();
            if written.is_err() {
                // Part of it may be in the file and in the hash: the file is cut back, the hash is made anew.
                sink.hasher = None;
            }
            Ok((sink, written))
        })
        .await?;
        self.sink = Some(sink);
        written?;
        self.upload.offset += size;
        if let Some(hash) = self.upload.claimed.filter(|_| size > 0) {
            self.app.hub.send(Event::Progress { hash, received: self.upload.offset });
        }
        Ok(())
    }

    async fn checkpoint(&mut self) -> Result<(), StoreError> {
        let sink = self.sink.take().ok_or(StoreError::Worker)?;
        let (sink, synced) = blocking(move || {
            let synced = sink.file.sync_data();
            Ok((sink, synced))
        })
        .await?;
        self.sink = Some(sink);
        synced?;
        let (id, offset, expires) = (self.upload.id.clone(), self.upload.offset, super::expires(self.app));
        self.app.store.write(move |tx| uploads::keep(tx, &id, offset, expires)).await?;
        self.synced = offset;
        Ok(())
    }
}
