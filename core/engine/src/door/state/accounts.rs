//! Accounts: what each was allowed, and what went.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;

use satchel_kernel::money::room;
use satchel_kernel::outcome::Cut;

use crate::door::{Account, Meter, Spent};

#[derive(Default)]
pub(super) struct Accounts {
    known: HashMap<u64, Held>,
    meter: Option<Arc<Meter>>,
}

struct Held {
    allowance: u64,
    spent: Spent,
}

impl Held {
    fn room(&self) -> u64 {
        let Spent { sent, received, connections } = self.spent;
        room(self.allowance, sent, received, connections)
    }

    fn is_free(&self) -> bool {
        self.allowance == u64::MAX
    }
}

impl Accounts {
    pub(super) fn set_meter(&mut self, meter: Option<Arc<Meter>>) {
        self.meter = meter;
    }

    pub(super) fn open(&mut self, account: Account) {
        let held = self.known.entry(account.id).or_insert(Held { allowance: 0, spent: Spent::default() });
        held.allowance = account.allowance;
    }

    pub(super) fn close(&mut self, account: u64) -> Option<Spent> {
        if let Some(meter) = &self.meter {
            meter.forget(account);
        }
        self.known.remove(&account).map(|held| held.spent)
    }

    pub(super) fn allow(&mut self, account: u64, more: u64) {
        if let Some(held) = self.known.get_mut(&account) {
            held.allowance = held.allowance.saturating_add(more);
        }
    }

    pub(super) fn withdraw(&mut self, account: u64, less: u64) -> u64 {
        let Some(held) = self.known.get_mut(&account).filter(|held| !held.is_free()) else { return 0 };
        let taken = held.allowance.saturating_sub(held.spent.billed()).min(less);
        held.allowance -= taken;
        taken
    }

    pub(super) fn spent(&self, account: u64) -> Option<Spent> {
        self.known.get(&account).map(|held| held.spent)
    }

    /// Bytes that may still go either way.
    pub(super) fn room(&self, account: u64) -> u64 {
        self.known.get(&account).map_or(0, Held::room)
    }

    /// Whether there is room for a connection, and for a byte over it.
    pub(super) fn may_connect(&self, account: u64) -> Result<(), Cut> {
        let held = self.known.get(&account).ok_or(Cut::Stopped)?;
        let Spent { sent, received, connections } = held.spent;
        if room(held.allowance, sent, received, connections + 1) == 0 { Err(Cut::Spent) } else { Ok(()) }
    }

    /// Counts a connection, if there is room for it.
    pub(super) fn connect(&mut self, account: u64) -> Result<(), Cut> {
        self.may_connect(account)?;
        if let Some(held) = self.known.get_mut(&account) {
            held.spent.connections += 1;
        }
        self.note(account).map_err(|_| Cut::NoConnection)
    }

    /// Counts bytes that are about to go.
    pub(super) fn will_send(&mut self, account: u64, bytes: u64) -> io::Result<()> {
        if let Some(held) = self.known.get_mut(&account) {
            held.spent.sent += bytes;
        }
        self.note(account)
    }

    /// Takes back what did not go after all.
    pub(super) fn not_sent(&mut self, account: u64, bytes: u64) {
        if bytes > 0
            && let Some(held) = self.known.get_mut(&account)
        {
            held.spent.sent -= bytes;
            // Until it is noted the meter says too much, which costs nothing.
            let _ = self.note(account);
        }
    }

    /// Counts bytes that came.
    pub(super) fn received(&mut self, account: u64, bytes: u64) -> io::Result<()> {
        if bytes == 0 {
            return Ok(());
        }
        if let Some(held) = self.known.get_mut(&account) {
            held.spent.received += bytes;
        }
        self.note(account)
    }

    /// What is not noted must not go, where it costs something.
    fn note(&self, account: u64) -> io::Result<()> {
        let (Some(meter), Some(held)) = (&self.meter, self.known.get(&account)) else { return Ok(()) };
        match meter.note(account, held.spent) {
            Err(error) if !held.is_free() => Err(error),
            _ => Ok(()),
        }
    }
}
