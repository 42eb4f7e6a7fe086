//! One direction of a connection: reads at the link's rate, holds back for its latency, writes.

use std::collections::VecDeque;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::{Instant, sleep_until};

use super::conditions::{Conditions, Mode, Rate};
use super::connection::{End, Wire};
use super::{World, lane, locked};

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
}

/// What one direction of a connection carried, in bytes.
#[derive(Debug, Default)]
pub(super) struct Tally {
    read: AtomicU64,
    forwarded: AtomicU64,
}

impl Tally {
    /// Read and not forwarded.
    pub(super) fn missing(&self) -> u64 {
        self.read.load(Ordering::Relaxed) - self.forwarded.load(Ordering::Relaxed)
    }
}

/// Bytes on their way.
#[derive(Debug)]
struct Parcel {
    due: Instant,
    bytes: Vec<u8>,
    written: usize,
}

/// How a direction comes to its end once nothing is on its way any more.
#[derive(Debug, Clone, Copy)]
enum Last {
    /// The sender said that it is done: so is the receiver told.
    Finished,
    Ended(End),
}

/// See the module.
pub(super) struct Way<'a> {
    direction: Direction,
    from: ReadHalf<'a>,
    to: WriteHalf<'a>,
    wire: &'a Wire,
    queue: VecDeque<Parcel>,
    queued: usize,
    /// The lane is busy with what was read until then.
    busy_until: Instant,
    last: Option<Last>,
    /// Bytes were thrown away into a hole: this connection cannot go on when the hole ends.
    holed: bool,
    buffer: Vec<u8>,
}

impl<'a> Way<'a> {
    pub(super) fn new(direction: Direction, from: ReadHalf<'a>, to: WriteHalf<'a>, wire: &'a Wire) -> Self {
        let buffer = vec![0; lane::LARGEST_CHUNK];
        let (queue, busy_until) = (VecDeque::new(), Instant::now());
        Self { direction, from, to, wire, queue, queued: 0, busy_until, last: None, holed: false, buffer }
    }

    /// Carries until the sender is done and all has arrived, or the connection is to end.
    pub(super) async fn carry(mut self) -> Result<(), End> {
        let mut world = self.wire.shared.world.subscribe();
        let mut conditions = self.look(&world.borrow_and_update())?;
        loop {
            if self.queue.is_empty() {
                match self.last {
                    Some(Last::Finished) => {
                        // Fails where the receiver is gone already, which its own direction tells.
                        let _ = self.to.shutdown().await;
                        return Ok(());
                    }
                    Some(Last::Ended(end)) => return Err(end),
                    None => {}
                }
            }
            let now = Instant::now();
            let hole = matches!(conditions.mode, Mode::Hole { .. });
            let swallowing = self.direction == Direction::Up && conditions.mode == Mode::Hole { swallow: true };
            let room = self.queued < lane::window(self.rate(&conditions), self.latency(&conditions));
            let reads = self.last.is_none() && (swallowing || (room && !hole));
            let head_due = self.queue.front().filter(|_| !hole).map(|parcel| parcel.due);
            let writes = head_due.is_some_and(|due| due <= now);
            let waits_for = [head_due.filter(|due| *due > now), Some(self.busy_until).filter(|t| reads && *t > now)];
            let wake = waits_for.into_iter().flatten().min();
            let head = self.queue.front().map_or(&[][..], |parcel| &parcel.bytes[parcel.written..]);
            tokio::select! {
                biased;
                // The sender of this channel lives as long as the connection's own handle to it.
                _ = world.changed() => {
                    conditions = self.look(&world.borrow_and_update())?;
                    self.busy_until = now;
                }
                written = self.to.write(head), if writes => {
                    if !self.wrote(written)? {
                        return Ok(());
                    }
                }
                () = sleep_until(wake.unwrap_or(now)), if wake.is_some() => {}
                ready = self.from.readable(), if reads && self.busy_until <= now => {
                    match ready {
                        Ok(()) if swallowing => self.swallow(),
                        Ok(()) => self.read(&conditions)?,
                        Err(_) => self.last = Some(Last::Ended(self.sender_gone())),
                    }
                }
            }
        }
    }

    fn rate<'c>(&self, conditions: &'c Conditions) -> &'c Rate {
        match self.direction {
            Direction::Up => &conditions.up,
            Direction::Down => &conditions.down,
        }
    }

    fn latency(&self, conditions: &Conditions) -> Duration {
        match self.direction {
            Direction::Up => conditions.latency_up,
            Direction::Down => conditions.latency_down,
        }
    }

    fn tally(&self) -> &'a Tally {
        match self.direction {
            Direction::Up => &self.wire.up,
            Direction::Down => &self.wire.down,
        }
    }

    fn sender_gone(&self) -> End {
        match self.direction {
            Direction::Up => End::ClientGone,
            Direction::Down => End::ServerGone,
        }
    }

    fn look(&self, world: &World) -> Result<Conditions, End> {
        self.wire.verdict(world)?;
        match world.conditions.mode {
            Mode::Hole { .. } => {}
            _ if self.holed => return Err(End::Cut),
            _ => {}
        }
        Ok(world.conditions.clone())
    }

    /// Books what was read.
    fn count_read(&self, bytes: usize) {
        self.tally().read.fetch_add(bytes as u64, Ordering::Relaxed);
        self.wire.shared.count(|stats| match self.direction {
            Direction::Up => stats.read_up += bytes as u64,
            Direction::Down => stats.read_down += bytes as u64,
        });
    }

    /// Books what was written. False where the server takes no more: its reply may still come.
    fn wrote(&mut self, written: io::Result<usize>) -> Result<bool, End> {
        let (Ok(bytes @ 1..), Some(parcel)) = (written, self.queue.front_mut()) else {
            return match self.direction {
                Direction::Up => Ok(false),
                Direction::Down => Err(End::ClientGone),
            };
        };
        parcel.written += bytes;
        if parcel.written == parcel.bytes.len() {
            self.queue.pop_front();
        }
        self.queued -= bytes;
        self.tally().forwarded.fetch_add(bytes as u64, Ordering::Relaxed);
        self.wire.shared.count(|stats| match self.direction {
            Direction::Up => stats.forwarded_up += bytes as u64,
            Direction::Down => stats.forwarded_down += bytes as u64,
        });
        Ok(true)
    }

    /// Reads what is there, as far as the rate and the charges allow.
    fn read(&mut self, conditions: &Conditions) -> Result<(), End> {
        let chunk = lane::chunk(self.rate(conditions));
        let forward = match self.direction {
            Direction::Up => {
                // Held over the read: what is armed must not change between the two.
                let mut charges = self.wire.shared.charges();
                let mut mine = locked(&self.wire.mine);
                let allowed = charges.allow(&mut mine, chunk);
                let read = match allowed {
                    0 => Some(0),
                    _ => read_now(&self.from, &mut self.buffer[..allowed], &mut self.last, End::ClientGone),
                };
                let Some(read) = read else { return Ok(()) };
                let taken = charges.took(&mut mine, read);
                drop((charges, mine));
                self.count_read(read);
                match taken.cut {
                    Some((end, false)) => return Err(end),
                    Some((end, true)) => self.last = Some(Last::Ended(end)),
                    None => {}
                }
                taken.forward
            }
            Direction::Down => {
                let read = read_now(&self.from, &mut self.buffer[..chunk], &mut self.last, End::ServerGone);
                let Some(read) = read else { return Ok(()) };
                self.count_read(read);
                if self.wire.shared.charges().loses_reply(&mut locked(&self.wire.mine)) {
                    self.wire.shared.count(|stats| stats.lost_replies += 1);
                    return Err(End::Cut);
                }
                read
            }
        };
        if forward > 0 {
            let now = Instant::now();
            let lane = match self.direction {
                Direction::Up => &self.wire.shared.up,
                Direction::Down => &self.wire.shared.down,
            };
            self.busy_until = locked(lane).pass(now, self.rate(conditions), forward);
            let due = self.busy_until.max(now) + self.latency(conditions);
            self.queue.push_back(Parcel { due, bytes: self.buffer[..forward].to_vec(), written: 0 });
            self.queued += forward;
        }
        Ok(())
    }

    fn swallow(&mut self) {
        if let Some(read) = read_now(&self.from, &mut self.buffer, &mut self.last, End::ClientGone) {
            self.count_read(read);
            self.holed = true;
        }
    }
}

/// Reads without waiting. None where nothing came of it; the sender's end is noted in `last`.
fn read_now(from: &ReadHalf<'_>, buffer: &mut [u8], last: &mut Option<Last>, gone: End) -> Option<usize> {
    match from.try_read(buffer) {
        Ok(0) => *last = Some(Last::Finished),
        Ok(read) => return Some(read),
        Err(problem) if problem.kind() == io::ErrorKind::WouldBlock => {}
        Err(_) => *last = Some(Last::Ended(gone)),
    }
    None
}
