//! A request's body on its way to the HTTP library: every byte is counted before it is handed over, and none is handed over
//! once that was ended. What the library took has not left yet: the [door](crate::door) knows what has.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use futures_util::Stream;
use satchel_kernel::outcome::{Cut, Segment};
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

use super::blob::{PIECE, Piece};

/// While so much was handed over and has not left, no other piece is: what the library holds it also sends when nobody wants it any
/// more, and it counts as sent. In bytes.
const AHEAD: u64 = 48 * 1024;
/// The most that the library and loopback hold of a body, in bytes.
pub(super) const HELD: u64 = AHEAD + PIECE as u64;

/// Where a body's pieces come from.
pub(super) enum Pieces {
    /// From memory, the last one first.
    Memory(Vec<Bytes>),
    /// From the thread that reads a blob.
    Disk(mpsc::Receiver<Piece>),
}

impl Pieces {
    /// A body that is in memory whole.
    pub(super) fn of_bytes(segments: &[Segment]) -> Self {
        let bytes = segments.iter().filter_map(|s| if let Segment::Bytes(bytes) = s { Some(bytes) } else { None });
        let mut pieces: Vec<Bytes> = bytes.flat_map(|b| b.chunks(PIECE).map(Bytes::copy_from_slice)).collect();
        pieces.reverse();
        Self::Memory(pieces)
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Piece>> {
        match self {
            Self::Memory(pieces) => Poll::Ready(pieces.pop().map(Ok)),
            Self::Disk(rx) => rx.poll_recv(cx),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shut {
    Open,
    /// Nothing more is handed over, but the connection lives: a reply is still being read from it.
    Held,
    /// The connection is to die.
    Ended,
}

struct State {
    shut: Shut,
    sent: u64,
    /// How much of it has left this device at most.
    left: u64,
    /// When somebody first asked for a piece, or last took one.
    moved: Option<Instant>,
    fault: Option<Cut>,
    waker: Option<Waker>,
}

/// What is known of a body while others carry it away.
pub(super) struct Handing {
    length: u64,
    state: Mutex<State>,
    moved: Notify,
}

impl Handing {
    /// For a body of `length` bytes.
    pub(super) fn new(length: u64) -> Arc<Self> {
        let state = State { shut: Shut::Open, sent: 0, left: 0, moved: None, fault: None, waker: None };
        Arc::new(Self { length, state: Mutex::new(state), moved: Notify::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes of the body in all.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Bytes handed over so far.
    pub(super) fn sent(&self) -> u64 {
        self.state().sent
    }

    /// When a piece was last taken, or first asked for; `None` before that. And whether all were taken.
    pub(super) fn moved(&self) -> (Option<Instant>, bool) {
        let state = self.state();
        (state.moved, state.sent >= self.length)
    }

    /// What ended the source, if anything did.
    pub(super) fn fault(&self) -> Option<Cut> {
        self.state().fault
    }

    /// Waits until something was taken, or the source ended early.
    pub(super) async fn changed(&self) {
        self.moved.notified().await;
    }

    /// So much of it can have left this device by now: more may be handed over.
    pub(super) fn left(&self, bytes: u64) {
        let mut state = self.state();
        state.left = bytes;
        if state.sent < bytes.saturating_add(AHEAD)
            && let Some(waker) = state.waker.take()
        {
            waker.wake();
        }
    }

    /// Hands nothing more over; says how much was.
    pub(super) fn hold(&self) -> u64 {
        let mut state = self.state();
        if state.shut == Shut::Open && state.sent < self.length {
            state.shut = Shut::Held;
        }
        state.sent
    }

    /// Hands nothing more over, and ends the connection if it still waits for more; says how much was.
    pub(super) fn end(&self) -> u64 {
        let mut state = self.state();
        state.shut = Shut::Ended;
        if let Some(waker) = state.waker.take() {
            waker.wake();
        }
        state.sent
    }
}

/// The stream that the HTTP library takes a body from.
pub(super) struct Outgoing {
    pub(super) handing: Arc<Handing>,
    pub(super) pieces: Pieces,
}

impl Stream for Outgoing {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { handing, pieces } = self.get_mut();
        // Held while the piece is counted and handed over, so that `end` and `hold` tell the last word.
        let mut state = handing.state();
        if state.moved.is_none() {
            state.moved = Some(Instant::now());
            handing.moved.notify_one();
        }
        let polled = match state.shut {
            Shut::Open if state.sent >= state.left.saturating_add(AHEAD) => Poll::Pending,
            Shut::Open => pieces.poll(cx),
            Shut::Held => Poll::Pending,
            Shut::Ended if state.sent >= handing.length => return Poll::Ready(None),
            Shut::Ended => return Poll::Ready(Some(Err(io::Error::other("ended")))),
        };
        match polled {
            Poll::Pending => {
                state.waker = Some(cx.waker().clone());
                Poll::Pending
            }
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Ready(Some(Ok(piece))) => {
                state.sent += piece.len() as u64;
                state.moved = Some(Instant::now());
                handing.moved.notify_one();
                Poll::Ready(Some(Ok(piece)))
            }
            Poll::Ready(Some(Err(cut))) => {
                state.fault = Some(cut);
                handing.moved.notify_one();
                Poll::Ready(Some(Err(io::Error::other("the source ended"))))
            }
        }
    }
}
