//! Carries bytes between the HTTP library's side and the network, with little in hand.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::io::{AsyncRead as _, AsyncWrite as _, Interest, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::dial::Dialled;
use super::pretend::{Pace, Way};
use super::state::End;

/// The most that is in hand, each way, in bytes.
const HAND: usize = 16 * 1024;
/// What a library that goes may still have to say in good order: TLS has a word for it. More than that is a body that nobody
/// wants to arrive any more.
const FAREWELL: usize = 1024;
/// How often it is looked whether the library is still there while the network takes nothing.
const LOOK: Duration = Duration::from_millis(250);
/// Looks without a byte, after which a peer is left that does not close what we have closed: ten seconds.
const LOOKS: u32 = 40;

/// One way: what was read and is not yet written.
struct Lane {
    buffer: Box<[u8]>,
    from: usize,
    to: usize,
    /// Nothing more comes.
    over: bool,
}

impl Lane {
    fn new() -> Self {
        Self { buffer: vec![0; HAND].into(), from: 0, to: 0, over: false }
    }

    fn bytes(&self) -> &[u8] {
        &self.buffer[self.from..self.to]
    }

    fn is_empty(&self) -> bool {
        self.from == self.to
    }

    fn filled(&mut self, bytes: usize) {
        (self.from, self.to, self.over) = (0, bytes, bytes == 0);
    }

    fn end(&mut self) {
        self.filled(0);
    }
}

struct Relay {
    dialled: Dialled,
    local: TcpStream,
    pace: Option<Pace>,
    up: Lane,
    down: Lane,
    /// The library knows that nothing more comes.
    told: bool,
    look: Interval,
    looks: u32,
}

/// Until both sides are done, or one is gone; then the connection is no more.
pub(super) async fn run(dialled: Dialled, local: TcpStream) {
    let mut look = interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (up, down) = (Lane::new(), Lane::new());
    let pace = dialled.shared.pretending.pace();
    let mut relay = Relay { dialled, local, pace, up, down, told: false, look, looks: 0 };
    std::future::poll_fn(|cx| relay.poll(cx)).await;
}

impl Relay {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let Ok(up) = self.poll_up(cx) else { return Poll::Ready(()) };
            let Ok(down) = self.poll_down(cx) else { return Poll::Ready(()) };
            if self.up.over && self.down.over && self.down.is_empty() && self.told {
                return Poll::Ready(());
            }
            if up || down {
                self.looks = 0;
                continue;
            }
            // Both sides wake this task; but nobody does when the library goes while its bytes wait here.
            let waits = !self.up.is_empty() || self.up.over;
            if !waits {
                return Poll::Pending;
            }
            ready!(self.look.poll_tick(cx));
            self.looks += 1;
            if self.looks > LOOKS && (self.up.over || self.is_left()) {
                return Poll::Ready(());
            }
        }
    }

    /// From the library to the network. Whether anything moved; an error ends it all.
    fn poll_up(&mut self, cx: &mut Context<'_>) -> Result<bool, ()> {
        let mut moved = false;
        if self.up.is_empty() && !self.up.over {
            let mut into = ReadBuf::new(&mut self.up.buffer);
            match Pin::new(&mut self.local).poll_read(cx, &mut into) {
                Poll::Ready(Ok(())) => {
                    let came = into.filled().len();
                    self.up.filled(came);
                    moved = true;
                }
                Poll::Ready(Err(_)) => return Err(()),
                Poll::Pending => {}
            }
            if self.up.over {
                self.dialled.shared.state().finish_writing(self.dialled.id);
            }
        }
        if self.up.is_empty() {
            return Ok(moved);
        }
        if self.up.bytes().len() > FAREWELL && self.is_left() {
            return Err(());
        }
        let pretending = &self.dialled.shared.pretending;
        let most = self.up.bytes().len();
        let may = self.pace.as_mut().map_or(most, |pace| pace.poll_may(pretending, Way::Up, most, cx));
        if may == 0 {
            return Ok(moved);
        }
        match self.dialled.shared.state().poll_write(self.dialled.id, &self.up.bytes()[..may], cx) {
            Poll::Ready(Ok(went)) => {
                self.up.from += went;
                if let Some(pace) = &mut self.pace {
                    pace.went(pretending, Way::Up, went);
                }
            }
            Poll::Ready(Err(End::Gone)) => return Err(()),
            // The peer takes no more, but may have said why.
            Poll::Ready(Err(End::Broken)) => self.up.end(),
            Poll::Pending => return Ok(moved),
        }
        Ok(true)
    }

    /// From the network to the library.
    fn poll_down(&mut self, cx: &mut Context<'_>) -> Result<bool, ()> {
        let mut moved = false;
        if self.down.is_empty() && !self.down.over {
            match self.dialled.shared.state().poll_read(self.dialled.id, &mut self.down.buffer, cx) {
                Poll::Ready(Ok(came)) => self.down.filled(came),
                Poll::Ready(Err(End::Gone)) => return Err(()),
                Poll::Ready(Err(End::Broken)) => {
                    self.down.end();
                    self.up.end();
                }
                Poll::Pending => return Ok(false),
            }
            moved = true;
        }
        if !self.down.is_empty() {
            let pretending = &self.dialled.shared.pretending;
            let most = self.down.bytes().len();
            let may = self.pace.as_mut().map_or(most, |pace| pace.poll_may(pretending, Way::Down, most, cx));
            if may == 0 {
                return Ok(moved);
            }
            match Pin::new(&mut self.local).poll_write(cx, &self.down.bytes()[..may]) {
                Poll::Ready(Ok(went)) => {
                    self.down.from += went;
                    if let Some(pace) = &mut self.pace {
                        pace.went(pretending, Way::Down, went);
                    }
                }
                Poll::Ready(Err(_)) => return Err(()),
                Poll::Pending => return Ok(moved),
            }
            moved = true;
        }
        if self.down.over && self.down.is_empty() && !self.told {
            match Pin::new(&mut self.local).poll_shutdown(cx) {
                Poll::Ready(_) => self.told = true,
                Poll::Pending => return Ok(moved),
            }
            moved = true;
        }
        Ok(moved)
    }

    /// Whether the library has closed its side.
    fn is_left(&self) -> bool {
        self.local.ready(Interest::READABLE).now_or_never().is_some_and(|ready| ready.is_ok_and(|r| r.is_read_closed()))
    }
}
