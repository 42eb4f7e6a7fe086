//! What testers pretend: a slow network, and what stands in a server's place. See [`Pretend`].

use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use satchel_kernel::health::{Heard, How};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, Sleep, sleep_until};

use super::met::Met;
use super::socks;
use crate::pretend::{Pretend, StandIn};

/// How long a stand-in waits for a request; whoever asks has a shorter limit.
const PATIENCE: Duration = Duration::from_secs(120);
/// The most that a stand-in reads of a request, in bytes.
const MOST: usize = 64 * 1024;
/// At most so many pieces a second, where the network is slow: each is this part of what goes in a second.
const PIECES: u64 = 20;

const PAGE: &str = "<!doctype html><html><head><title>Access to this service is blocked</title></head>\
                    <body><h1>This service is blocked</h1><p>A page that Satchel pretends, for testers.</p></body></html>";

/// What is pretended by one door, and when each way of it is free again.
pub(super) struct Pretending {
    what: watch::Sender<Pretend>,
    free: [Mutex<Option<Instant>>; 2],
}

/// A way of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) enum Way {
    Up = 0,
    Down = 1,
}

impl Default for Pretending {
    fn default() -> Self {
        Self { what: watch::Sender::new(Pretend::default()), free: Default::default() }
    }
}

impl Pretending {
    pub(super) fn set(&self, pretend: Pretend) {
        self.what.send_replace(pretend);
        for free in &self.free {
            *free.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }

    fn now(&self) -> Pretend {
        *self.what.borrow()
    }

    pub(super) fn latency(&self) -> Option<Duration> {
        self.now().latency
    }

    pub(super) fn stands(&self) -> Option<StandIn> {
        self.now().stands
    }

    /// What a new connection needs to keep to it; none where the network is as it is. What is pretended later resets it.
    pub(super) fn pace(&self) -> Option<Pace> {
        let Pretend { bytes_per_second, latency, stands: _ } = self.now();
        (bytes_per_second.is_some() || latency.is_some()).then(Pace::default)
    }

    /// How many of these bytes may go now; or not before when.
    fn may(&self, way: Way, bytes: usize, now: Instant) -> Result<usize, Instant> {
        let Some(rate) = self.now().bytes_per_second else { return Ok(bytes) };
        match *self.free[way as usize].lock().unwrap_or_else(PoisonError::into_inner) {
            Some(free) if free > now => Err(free),
            _ => Ok(bytes.min(usize::try_from((rate / PIECES).max(1)).unwrap_or(usize::MAX))),
        }
    }

    fn went(&self, way: Way, bytes: usize, now: Instant) {
        let Some(rate) = self.now().bytes_per_second else { return };
        let mut free = self.free[way as usize].lock().unwrap_or_else(PoisonError::into_inner);
        let from = free.filter(|free| *free > now).unwrap_or(now);
        *free = Some(from + Duration::from_secs_f64(bytes as f64 / rate as f64));
    }

    /// Speaks to the library in a server's place, until it leaves or something else is pretended.
    pub(super) async fn stand_in(&self, local: TcpStream, stands: StandIn) {
        let mut changes = self.what.subscribe();
        let ends = async {
            let _ = changes.wait_for(|now| now.stands != Some(stands)).await;
        };
        tokio::select! {
            () = speak(local, stands) => {}
            () = ends => {}
        }
    }
}

impl StandIn {
    /// What an attempt to connect meets. No name is asked for.
    pub(super) fn met(self) -> Met {
        let (how, heard) = match self {
            Self::Silence => (How::Silent, Heard::Nothing),
            Self::Reset => (How::Connected, Heard::Nothing),
            Self::Page => (How::Connected, Heard::Http),
        };
        Met { how, heard, ..Met::default() }
    }
}

async fn speak(mut local: TcpStream, stands: StandIn) {
    let mut nothing = [0];
    if stands == StandIn::Silence {
        let _ = local.peek(&mut nothing).await;
        return;
    }
    if socks::grant(&mut local).await.is_err() {
        return;
    }
    let Ok(Ok(())) = tokio::time::timeout(PATIENCE, asked(&mut local)).await else { return };
    if stands == StandIn::Reset {
        let _ = socket2::SockRef::from(&local).set_linger(Some(Duration::ZERO));
        return;
    }
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        PAGE.len()
    );
    if local.write_all(format!("{head}{PAGE}").as_bytes()).await.is_ok() {
        let _ = local.shutdown().await;
        // What is still sent is read: else the reset for it would overtake the page.
        let mut rest = vec![0; MOST];
        let drained = async { while local.read(&mut rest).await.is_ok_and(|came| came > 0) {} };
        let _ = tokio::time::timeout(PATIENCE, drained).await;
    }
}

/// Until a request's head is there, or what is none.
async fn asked(local: &mut TcpStream) -> std::io::Result<()> {
    const TLS_HANDSHAKE: u8 = 0x16;
    let mut head = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let came = local.read(&mut piece).await?;
        head.extend_from_slice(&piece[..came]);
        let whole = head.windows(4).any(|end| end == b"\r\n\r\n");
        if came == 0 || whole || head.first() == Some(&TLS_HANDSHAKE) || head.len() > MOST {
            return Ok(());
        }
    }
}

/// One connection's patience with a slow network.
#[derive(Default)]
pub(super) struct Pace {
    ways: [Option<Pin<Box<Sleep>>>; 2],
    /// Nothing is heard before this.
    answers: Option<Instant>,
}

impl Pace {
    /// How many of these bytes may go now; 0: none yet, and the task is woken when they may.
    pub(super) fn poll_may(&mut self, pretending: &Pretending, way: Way, bytes: usize, cx: &mut Context<'_>) -> usize {
        let now = Instant::now();
        let answers = self.answers.filter(|at| matches!(way, Way::Down) && *at > now);
        match answers.map_or_else(|| pretending.may(way, bytes, now), Err) {
            Ok(bytes) => bytes,
            Err(at) => {
                let sleep = self.ways[way as usize].get_or_insert_with(|| Box::pin(sleep_until(at)));
                sleep.as_mut().reset(at);
                match sleep.as_mut().poll(cx) {
                    Poll::Pending => 0,
                    Poll::Ready(()) => pretending.may(way, bytes, Instant::now()).unwrap_or(1),
                }
            }
        }
    }

    /// So many went.
    pub(super) fn went(&mut self, pretending: &Pretending, way: Way, bytes: usize) {
        let now = Instant::now();
        pretending.went(way, bytes, now);
        if let (Way::Up, Some(latency)) = (way, pretending.latency()) {
            self.answers = Some(now + latency);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moves so many bytes one way, beginning at a time; when the last has gone.
    fn moved(pretending: &Pretending, way: Way, mut bytes: usize, mut now: Instant) -> Instant {
        while bytes > 0 {
            match pretending.may(way, bytes, now) {
                Ok(may) => {
                    pretending.went(way, may, now);
                    bytes -= may;
                }
                Err(free) => now = free,
            }
        }
        now
    }

    #[test]
    fn a_slow_network_takes_its_time_each_way_for_all_together() {
        let (pretending, begun) = (Pretending::default(), Instant::now());
        assert_eq!(moved(&pretending, Way::Up, 1 << 20, begun), begun, "nothing is pretended");
        pretending.set(Pretend { bytes_per_second: Some(1_000), ..Pretend::default() });
        // The last piece, of 50 bytes, is not waited for.
        let near = |end: Instant, ms: u64| {
            let took = end.duration_since(begun).as_millis() as u64;
            assert!(took.abs_diff(ms) <= 60, "{took} ms in place of {ms}");
        };
        let up = moved(&pretending, Way::Up, 5_000, begun);
        near(up, 5_000);
        near(moved(&pretending, Way::Down, 10_000, begun), 10_000);
        near(moved(&pretending, Way::Up, 5_000, begun), 10_000);
        pretending.set(Pretend::default());
        assert_eq!(moved(&pretending, Way::Up, 1 << 20, up), up, "it ended");
    }
}
