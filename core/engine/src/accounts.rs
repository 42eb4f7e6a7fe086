//! Leave to send. Every request goes under a [`Ticket`], which is bound to the link and the rules that it was given for, and
//! on an account: what it may cost is reserved in the database before the door lets its first byte through, and what it
//! did cost is settled in the transaction that records what came of it.
//!
//! **Law 2.** [`Accounts::shut`] makes all tickets void and shuts the door, at once. A ticket that was given before cannot be
//! used after it, however far its request came.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use satchel_kernel::ids::{GrantId, TargetId};
use satchel_kernel::link::Link;
use satchel_kernel::time::Now;

use crate::door::{self, Bound, Door, Meter, Spent};
use crate::error::Result;
use crate::store::{Store, Tx, money};

/// What one outbox may send, and on which accounts.
pub(crate) struct Accounts {
    door: Door,
    /// Held from a reservation until the door knows of it, and likewise when it is settled: one after another.
    turn: Arc<tokio::sync::Mutex<()>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The link, and how often it or the rules changed.
    link: Link,
    generation: u64,
    open: HashMap<TargetId, Purse>,
    tokens: u64,
    /// Whether this process runs the outbox.
    running: bool,
}

/// An open account, as the door has it.
#[derive(Clone)]
struct Purse {
    account: money::Account,
    generation: u64,
    /// Something covers it: it may spend what is reserved, and no more.
    limited: bool,
    /// What those who use it expect to need, in billed bytes.
    wants: HashMap<u64, u64>,
}

/// Leave to send to a target, for as long as link and rules stay as they are.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    generation: u64,
    /// The link that it is for.
    pub link: Link,
    pub target: TargetId,
    pub grant: Option<GrantId>,
}

/// A reservation that is in a transaction, and not yet known to the door.
pub(crate) struct Hold {
    ticket: Ticket,
    account: money::Account,
    limited: bool,
    want: u64,
    added: u64,
    fresh: bool,
    closed: Option<i64>,
}

/// A place on an account. It is given back by [`Accounts::settling`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    target: TargetId,
    account: i64,
    token: u64,
    generation: u64,
}

/// What is to be settled in a transaction.
pub(crate) struct Settling {
    held: Held,
    account: money::Account,
    spent: Spent,
    reserved: u64,
    _turn: tokio::sync::OwnedMutexGuard<()>,
}

impl Accounts {
    pub(crate) fn new(door: Door) -> Self {
        Self { door, turn: Arc::default(), state: Mutex::default() }
    }

    /// From now on the link is this one. Returns whether what was allowed before is void: then the door is shut, and nothing
    /// more goes under an older ticket.
    pub(crate) fn set_link(&self, link: Link) -> bool {
        let mut state = self.state();
        let other = !state.link.is_same_way(&link);
        if other {
            state.generation += 1;
            self.door.shut();
            self.door.bind(bound(&link));
        }
        state.link = link;
        other
    }

    /// What was allowed is void: the rules are others, or an hour has come.
    pub(crate) fn shut(&self) {
        let mut state = self.state();
        state.generation += 1;
        self.door.shut();
    }

    /// What connections meet in place of the network, for testers; those that are open are reset.
    pub(crate) fn pretend(&self, pretend: crate::pretend::Pretend) {
        self.door.pretend(pretend);
        self.shut();
    }

    /// The link now, and a number that grows with each change of what is allowed.
    pub(crate) fn now(&self) -> (Link, u64) {
        let state = self.state();
        (state.link.clone(), state.generation)
    }

    /// A ticket for what was planned when the number was this one.
    pub(crate) fn ticket(&self, generation: u64, target: TargetId, grant: Option<GrantId>) -> Option<Ticket> {
        let state = self.state();
        (state.generation == generation).then(|| Ticket { generation, link: state.link.clone(), target, grant })
    }

    /// Whether it still is good.
    pub(crate) fn is_good(&self, ticket: &Ticket) -> bool {
        self.state().generation == ticket.generation
    }

    /// Who is being sent to, and under which grant.
    pub(crate) fn entered(&self) -> Vec<(TargetId, Option<GrantId>)> {
        let state = self.state();
        let used = state.open.iter().filter(|(_, purse)| !purse.wants.is_empty());
        let mut entered: Vec<_> = used.map(|(target, purse)| (*target, purse.account.grant)).collect();
        entered.sort_unstable();
        entered
    }

    /// To be held from before the transaction of [`Self::hold`] until after [`Self::admit`].
    pub(crate) async fn turn(&self) -> tokio::sync::OwnedMutexGuard<()> {
        self.turn.clone().lock_owned().await
    }

    /// Reserves billed bytes, in a transaction. None when they are not there, when the ticket is void, or while somebody still
    /// sends to the target under another one.
    pub(crate) fn hold(&self, tx: &Tx<'_>, ticket: &Ticket, want: u64, now: &Now) -> Result<Option<Hold>> {
        let found = {
            let state = self.state();
            if state.generation != ticket.generation {
                return Ok(None);
            }
            // Nobody else opens or settles one meanwhile, and no lock is held while the database works.
            state.open.get(&ticket.target).cloned()
        };
        let same = |purse: &Purse| purse.generation == ticket.generation && purse.account.grant == ticket.grant;
        let (known, other) = match found {
            Some(purse) if same(&purse) => (Some(purse), None),
            other => (None, other),
        };
        if other.as_ref().is_some_and(|other| !other.wants.is_empty()) {
            return Ok(None);
        }
        // All that may say no stands before the first thing that is written.
        let network = ticket.link.network.as_deref();
        let room = money::room(tx, ticket.link.class(), network, ticket.grant, now)?;
        let (mut added, mut reserved) = (0, 0);
        if let Some(room) = room {
            let (used, kept) = known.as_ref().map_or((0, 0), |purse| {
                let unsettled = self.spent(&purse.account).billed().saturating_sub(purse.account.settled.billed());
                reserved = purse.account.reserved;
                (purse.wants.values().sum::<u64>(), reserved.saturating_sub(unsettled))
            });
            added = (used + want).saturating_sub(kept);
            if added > room {
                return Ok(None);
            }
        }
        if let Some(other) = &other {
            money::close(tx, &other.account, Some(self.spent(&other.account)), now)?;
        }
        let fresh = known.is_none();
        let mut account = match known {
            Some(purse) => purse.account,
            None => money::open(tx, ticket.target, &ticket.link, ticket.grant, None)?,
        };
        if added > 0 {
            account.reserved = reserved + added;
            money::reserve(tx, account.id, account.reserved)?;
        }
        let (limited, closed) = (room.is_some(), other.map(|other| other.account.id));
        Ok(Some(Hold { ticket: ticket.clone(), account, limited, want, added, fresh, closed }))
    }

    /// Tells the door of a reservation that is committed. None when the ticket became void meanwhile; then nothing goes.
    pub(crate) fn admit(&self, hold: Hold) -> Option<Held> {
        let Hold { ticket, account, limited, want, added, fresh, closed } = hold;
        let mut state = self.state();
        if let Some(closed) = closed {
            self.door.close(door_id(closed));
        }
        let good = state.generation == ticket.generation;
        let (id, reserved, generation) = (account.id, account.reserved, ticket.generation);
        if fresh {
            state.open.insert(ticket.target, Purse { account, generation, limited, wants: HashMap::new() });
        }
        if !good {
            // Nothing of it can be spent; it is settled when the account is closed.
            return None;
        }
        state.tokens += 1;
        let token = state.tokens;
        let purse = state.open.get_mut(&ticket.target)?;
        purse.account.reserved = reserved;
        purse.wants.insert(token, want);
        if fresh {
            let allowance = if limited { reserved } else { u64::MAX };
            self.door.enter(ticket.target, door::Account { id: door_id(id), allowance });
        } else if limited {
            self.door.allow(ticket.target, added);
        }
        Some(Held { target: ticket.target, account: id, token, generation })
    }

    /// Gives a place back: what it cost is to be settled by the transaction that records what came of it.
    pub(crate) async fn settling(&self, held: Held) -> Option<Settling> {
        let turn = self.turn().await;
        let state = self.state();
        let purse = state.open.get(&held.target).filter(|purse| purse.account.id == held.account)?;
        let last = purse.wants.keys().all(|token| *token == held.token);
        // First the door, then the database: what is reserved is never less than what can be spent.
        if last && purse.limited && state.generation == held.generation {
            self.door.withdraw(held.target, u64::MAX);
        }
        let spent = self.spent(&purse.account);
        let cost = spent.billed().saturating_sub(purse.account.settled.billed());
        let reserved = if last { 0 } else { purse.account.reserved.saturating_sub(cost) };
        Some(Settling { held, account: purse.account.clone(), spent, reserved, _turn: turn })
    }

    /// It is settled.
    pub(crate) fn settled(&self, settling: Settling) {
        let Settling { held, spent, reserved, .. } = settling;
        let mut state = self.state();
        if let Some(purse) = state.open.get_mut(&held.target).filter(|purse| purse.account.id == held.account) {
            purse.account.settled = spent;
            purse.account.reserved = reserved;
            purse.wants.remove(&held.token);
        }
    }

    /// A run begins: what earlier ones left open is closed, by what the meter says of it.
    pub(crate) async fn begin_run(&self, store: &Store, folder: &std::path::Path, now: Now) -> Result<()> {
        self.close_all(store, now).await?;
        let meter = Meter::open(folder, now.boot).map_err(|e| crate::Error::io(&e))?;
        let left = meter.read_left().map(<[_]>::to_vec);
        store
            .write(move |tx| {
                let open = money::left_open(tx)?;
                for account in &open {
                    let noted = left.as_ref().map(|left| {
                        let found = left.iter().find(|(id, _)| *id == door_id(account.id));
                        // Not on the meter: nothing of it passed the door.
                        found.map_or(account.settled, |(_, spent)| caught(account, *spent))
                    });
                    money::close(tx, account, noted, &now)?;
                }
                money::note_time(tx, &now)
            })
            .await?;
        // All of it: what no account is open for was settled before the kill, or is of a database that is lost.
        let left: Vec<_> = meter.read_left().into_iter().flatten().map(|(id, _)| *id).collect();
        left.into_iter().for_each(|id| meter.forget(id));
        self.door.note_in(Some(Arc::new(meter)));
        self.state().running = true;
        Ok(())
    }

    /// A run ends: everything is settled, and nothing more goes.
    pub(crate) async fn end_run(&self, store: &Store, now: Now) -> Result<()> {
        self.close_all(store, now).await?;
        self.door.note_in(None);
        self.state().running = false;
        Ok(())
    }

    /// Whether this process runs the outbox.
    pub(crate) fn is_running(&self) -> bool {
        self.state().running
    }

    async fn close_all(&self, store: &Store, now: Now) -> Result<()> {
        let _turn = self.turn().await;
        let closing: Vec<_> = {
            let state = self.state();
            self.door.shut();
            state.open.values().map(|purse| (purse.account.clone(), self.spent(&purse.account))).collect()
        };
        let accounts = closing.clone();
        store
            .write(move |tx| {
                accounts.iter().try_for_each(|(account, spent)| money::close(tx, account, Some(*spent), &now))?;
                money::note_time(tx, &now)
            })
            .await?;
        self.state().open.clear();
        for (account, _) in &closing {
            self.door.close(door_id(account.id));
        }
        Ok(())
    }

    fn spent(&self, account: &money::Account) -> Spent {
        self.door.spent(door_id(account.id)).unwrap_or(account.settled)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change of it is whole before anything can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Settling {
    /// In the transaction.
    pub(crate) fn record(&self, tx: &Tx<'_>, now: &Now) -> Result<()> {
        money::settle(tx, &self.account, self.spent, self.reserved, now)
    }

    /// What went over the account since it was settled last, in bytes at the sockets.
    pub(crate) fn carried(&self) -> u64 {
        let (now, before) = (self.spent, self.account.settled);
        (now.sent + now.received).saturating_sub(before.sent + before.received)
    }
}

/// What a kernel may hold of an answer that a killed process never read, in bytes. A server says 1 to 5 KB in a handshake and less
/// than 1 KB to a request, so this is more than what kills leave on the average, wherever they fall.
const CAUGHT: u64 = 2_048;

/// What is to be settled for an account that a kill left, with so much on the meter. Where bytes are limited, one that cannot be
/// known is taken for spent.
fn caught(account: &money::Account, noted: Spent) -> Spent {
    let under_way = account.reserved > 0 && noted.connections > 0;
    Spent { received: noted.received + if under_way { CAUGHT } else { 0 }, ..noted }
}

fn door_id(account: i64) -> u64 {
    account.unsigned_abs()
}

/// How sockets are bound to a link.
fn bound(link: &Link) -> Option<Bound> {
    if cfg!(target_os = "android") {
        return link.handle.map(Bound::Handle).or_else(|| link.interface.clone().map(Bound::Name));
    }
    let name = link.interface.clone()?;
    if cfg!(target_vendor = "apple") { name.parse().ok().map(Bound::Index) } else { Some(Bound::Name(name)) }
}
