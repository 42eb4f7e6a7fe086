//! What the attempts to connect met: the last one for each host and port of each route, so that a failed request can be told
//! from its own side of the network. An attempt that was given up tells how far it had come.

use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use satchel_kernel::health::{Heard, How};
use satchel_kernel::ids::TargetId;
use tokio::time::Instant;

use super::{Mark, Route, Shared};

/// So many are remembered of all targets together: a target has a handful of endpoints, with one host each or two.
const REMEMBERED: usize = 64;
/// Of what a name stood for, so much is remembered.
const ANSWERS: usize = 16;

/// What the system's error says of the network.
pub(super) fn how_of(error: &io::Error) -> How {
    match error.kind() {
        io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset => How::Refused,
        io::ErrorKind::TimedOut => How::Silent,
        // No route, no such network, or the device's own rules.
        _ => How::Unreachable,
    }
}

/// Of two addresses of one host, what tells more: that somebody answered, then that nobody did. Where a device has no IPv6, one
/// address in two is unreachable, which says nothing of the other.
pub(super) fn more_telling(one: How, other: How) -> How {
    let telling = |how| match how {
        How::Unknown => 0,
        How::NoName => 1,
        How::Unreachable => 2,
        How::Silent => 3,
        How::Refused => 4,
        How::Connected => 5,
    };
    if telling(other) > telling(one) { other } else { one }
}

/// What an attempt to connect met.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Met {
    /// What the name stood for, as the system said, or the route's own addresses: the first 16.
    pub(crate) answers: Vec<IpAddr>,
    /// The one that was connected to.
    pub(crate) address: Option<IpAddr>,
    /// How it went. Unknown: nothing was tried, or nothing is remembered of it.
    pub(crate) how: How,
    /// What came back first over the connection.
    pub(crate) heard: Heard,
}

/// What the first bytes that come back are of: a record of TLS is a handshake or an alert (RFC 8446 §5.1).
fn heard(bytes: &[u8]) -> Heard {
    match bytes {
        [0x15 | 0x16, 3, ..] => Heard::Tls,
        _ if bytes.starts_with(b"HTTP/") => Heard::Http,
        _ => Heard::Other,
    }
}

/// Where an attempt goes, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Whither {
    pub(super) target: TargetId,
    pub(super) route: Route,
    pub(super) host: String,
    pub(super) port: u16,
}

impl Whither {
    /// The host is as it stands in a URL, IPv6 without brackets.
    pub(crate) fn new(target: TargetId, route: Route, host: &str, port: u16) -> Self {
        Self { target, route, host: host.to_ascii_lowercase(), port }
    }
}

/// What is remembered, and what is under way.
#[derive(Default)]
pub(super) struct Memory {
    under_way: Vec<UnderWay>,
    /// The last one of each, the newest first.
    ended: VecDeque<(Whither, Met)>,
    last: u64,
}

struct UnderWay {
    id: u64,
    begun: Instant,
    whither: Whither,
    met: Met,
}

impl Memory {
    /// The number of the last attempt so far.
    pub(super) fn last(&self) -> u64 {
        self.last
    }

    pub(super) fn met(&self, whither: &Whither) -> Met {
        self.find(whither).map_or_else(Met::default, |(_, met)| met.clone())
    }

    /// The first bytes came back over the connection that was made last.
    pub(super) fn heard(&mut self, whither: &Whither, bytes: &[u8]) {
        if let Some((_, met)) = self.ended.iter_mut().find(|(at, _)| at == whither) {
            met.heard = heard(bytes);
        }
    }

    /// Whoever waited for an attempt since the mark, for at least so long, waits no more; the attempt itself hears of it in a
    /// moment.
    pub(super) fn gave_up(&mut self, whither: &Whither, mark: &Mark, waited: Duration) {
        let its = |one: &&UnderWay| one.id > mark.attempts && one.whither == *whither && one.begun.elapsed() >= waited;
        if let Some(met) = self.under_way.iter().find(its).map(|one| one.met.clone()) {
            self.remember(whither.clone(), met);
        }
    }

    /// The link is another one, or the target pauses: what was met does not hold any more.
    pub(super) fn forget(&mut self, which: impl Fn(TargetId) -> bool) {
        self.under_way.retain(|one| !which(one.whither.target));
        self.ended.retain(|(at, _)| !which(at.target));
    }

    pub(super) fn remember(&mut self, whither: Whither, met: Met) {
        self.ended.retain(|(at, _)| *at != whither);
        self.ended.truncate(REMEMBERED - 1);
        self.ended.push_front((whither, met));
    }

    fn find(&self, whither: &Whither) -> Option<&(Whither, Met)> {
        self.ended.iter().find(|(at, _)| at == whither)
    }
}

/// An attempt under way. When it is dropped, what it met by then is remembered.
pub(super) struct Attempt {
    shared: Arc<Shared>,
    id: u64,
}

impl Attempt {
    /// Its name is asked for from now on.
    pub(super) fn begin(shared: &Arc<Shared>, whither: Whither) -> Self {
        let met = Met { how: How::NoName, heard: Heard::Nothing, ..Met::default() };
        let mut state = shared.state();
        let memory = &mut state.memory;
        memory.last += 1;
        memory.under_way.push(UnderWay { id: memory.last, begun: Instant::now(), whither, met });
        Self { shared: shared.clone(), id: memory.last }
    }

    /// Connections to these are tried from now on.
    pub(super) fn knows(&self, mut answers: Vec<IpAddr>) {
        answers.truncate(ANSWERS);
        self.note(|met| (met.answers, met.how) = (answers, How::Silent));
    }

    /// Somebody answered there.
    pub(super) fn connected(&self, address: IpAddr) {
        self.note(|met| (met.address, met.how) = (Some(address), How::Connected));
    }

    /// It ended without a connection.
    pub(super) fn ended(&self, how: How) {
        self.note(|met| met.how = how);
    }

    /// What it met so far.
    pub(super) fn how(&self) -> How {
        self.shared.state().memory.under_way.iter().find(|one| one.id == self.id).map_or(How::Unknown, |o| o.met.how)
    }

    fn note(&self, note: impl FnOnce(&mut Met)) {
        if let Some(one) = self.shared.state().memory.under_way.iter_mut().find(|one| one.id == self.id) {
            note(&mut one.met);
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        let memory = &mut state.memory;
        if let Some(at) = memory.under_way.iter().position(|one| one.id == self.id) {
            let UnderWay { whither, met, .. } = memory.under_way.remove(at);
            memory.remember(whither, met);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_waited_for_is_given_up() {
        let (mut memory, whither) = (Memory::default(), Whither::new(TargetId(1), 2, "box.example", 443));
        let mark = |attempts| Mark { permit: 0, events: 0, sent: 0, attempts };
        for (id, how) in [(1, How::NoName), (2, How::Silent)] {
            let met = Met { how, ..Met::default() };
            memory.under_way.push(UnderWay { id, begun: Instant::now(), whither: whither.clone(), met });
        }
        memory.gave_up(&whither, &mark(0), Duration::from_secs(3600));
        assert_eq!(memory.met(&whither).how, How::Unknown, "none is so old");
        memory.gave_up(&whither, &mark(2), Duration::ZERO);
        assert_eq!(memory.met(&whither).how, How::Unknown, "all were begun before");
        memory.gave_up(&whither, &mark(1), Duration::ZERO);
        assert_eq!(memory.met(&whither).how, How::Silent);
        memory.gave_up(&whither, &mark(0), Duration::ZERO);
        assert_eq!(memory.met(&whither).how, How::NoName, "the first of those since the mark");
    }

    #[test]
    fn what_is_remembered_is_bounded_and_the_newest() {
        let mut memory = Memory::default();
        let at = |port| Whither::new(TargetId(1), 0, "Box.example", port);
        for port in 0..1000 {
            memory.remember(at(port), Met { how: How::Silent, ..Met::default() });
            memory.remember(at(port), Met { how: How::Refused, ..Met::default() });
        }
        assert_eq!(memory.ended.len(), REMEMBERED);
        assert_eq!(memory.met(&Whither::new(TargetId(1), 0, "box.EXAMPLE", 999)).how, How::Refused);
        assert_eq!(memory.met(&at(999 - REMEMBERED as u16)).how, How::Unknown);
        assert_eq!(memory.met(&Whither::new(TargetId(1), 5, "box.example", 999)).how, How::Unknown);
        memory.forget(|target| target == TargetId(1));
        assert_eq!(memory.met(&at(999)), Met::default());
    }
}
