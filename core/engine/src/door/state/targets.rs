//! Targets: on which account each is, and what became of its connections, as far as a request wants to know.

use std::collections::{HashMap, VecDeque};

use satchel_kernel::ids::TargetId;
use satchel_kernel::outcome::Cut;
use tokio::sync::watch;

use crate::door::{Mark, Whither};

/// Connections that were not made are remembered so far back: more requests to one target do not run side by side.
const REMEMBERED: usize = 64;

#[derive(Default)]
pub(super) struct Targets {
    known: HashMap<TargetId, Known>,
    /// Numbers permits and events, in the order of their happening.
    last: u64,
}

#[derive(Default)]
struct Known {
    account: Option<u64>,
    /// Another one whenever the connections so far are gone.
    permit: u64,
    ran_dry: u64,
    sent: watch::Sender<u64>,
    failures: VecDeque<Failure>,
}

struct Failure {
    event: u64,
    whither: Whither,
    cut: Cut,
}

impl Targets {
    pub(super) fn account(&self, target: TargetId) -> Option<u64> {
        self.known.get(&target)?.account
    }

    pub(super) fn on(&self, account: u64) -> Vec<TargetId> {
        self.known.iter().filter(|(_, known)| known.account == Some(account)).map(|(target, _)| *target).collect()
    }

    pub(super) fn enter(&mut self, target: TargetId, account: u64) {
        self.known.entry(target).or_default().account = Some(account);
    }

    /// Whether it had a permit.
    pub(super) fn leave(&mut self, target: TargetId) -> bool {
        let last = &mut self.last;
        self.known.get_mut(&target).is_some_and(|known| known.leave(last))
    }

    pub(super) fn leave_all(&mut self) {
        for known in self.known.values_mut() {
            known.leave(&mut self.last);
        }
    }

    pub(super) fn sent(&mut self, target: TargetId, bytes: u64) {
        if let Some(known) = self.known.get(&target) {
            known.sent.send_modify(|sent| *sent += bytes);
        }
    }

    pub(super) fn ran_dry(&mut self, target: TargetId) {
        self.last += 1;
        self.known.entry(target).or_default().ran_dry = self.last;
    }

    pub(super) fn not_connected(&mut self, whither: Whither, cut: Cut) {
        self.last += 1;
        let failures = &mut self.known.entry(whither.target).or_default().failures;
        failures.truncate(REMEMBERED - 1);
        failures.push_front(Failure { event: self.last, whither, cut });
    }

    pub(super) fn mark(&mut self, target: TargetId) -> Mark {
        let known = self.known.entry(target).or_default();
        Mark { permit: known.permit, events: self.last, sent: *known.sent.borrow(), attempts: 0 }
    }

    pub(super) fn moving(&mut self, target: TargetId) -> watch::Receiver<u64> {
        self.known.entry(target).or_default().sent.subscribe()
    }

    pub(super) fn ended_since(&self, target: TargetId, mark: &Mark) -> Option<Cut> {
        let known = self.known.get(&target)?;
        if known.permit != mark.permit {
            return Some(Cut::Stopped);
        }
        (known.ran_dry > mark.events).then_some(Cut::Spent)
    }

    pub(super) fn unconnected_since(&self, whither: &Whither, mark: &Mark) -> Option<Cut> {
        let known = self.known.get(&whither.target)?;
        let fits = |f: &&Failure| f.event > mark.events && f.whither == *whither;
        known.failures.iter().find(fits).map(|failure| failure.cut)
    }
}

impl Known {
    fn leave(&mut self, last: &mut u64) -> bool {
        if self.account.take().is_none() {
            return false;
        }
        *last += 1;
        self.permit = *last;
        true
    }
}
