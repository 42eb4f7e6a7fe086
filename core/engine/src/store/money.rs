//! Budgets, accounts and the time by which they count.
//!
//! An account is opened before its first byte, with a reservation that its bytes stay within; what was spent is settled into
//! the ledger and the budgets in the transaction that records what the bytes were for. Whatever is killed in between, the
//! reservation was there before.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use satchel_kernel::ids::{GrantId, LeaseId, TargetId};
use satchel_kernel::link::{Link, LinkClass};
use satchel_kernel::money::budget::{Budget, BudgetView, Period, Running};
use satchel_kernel::money::reckoned::Reckoned;
use satchel_kernel::money::room as bytes_within;
use satchel_kernel::time::Now;

use super::{grants, ledger, rows, settings};
use crate::door::Spent;
use crate::error::{Error, Result};
use crate::journal::Record;

const RECKONED: &str = "reckoned";

/// An account, as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub id: i64,
    pub target: TargetId,
    pub link: LinkClass,
    pub network: Option<String>,
    pub grant: Option<GrantId>,
    /// Billed bytes, spent and settled ones not among them.
    pub reserved: u64,
    /// What is in the ledger already.
    pub settled: Spent,
}

/// The time by which budgets count.
pub(super) fn reckoned(conn: &Connection, now: &Now) -> Result<Reckoned> {
    let kept = settings::get(conn, RECKONED)?.and_then(|text| serde_json::from_str(&text).ok());
    Ok(kept.unwrap_or_else(|| Reckoned::first(now)))
}

/// Notes how much time has surely passed by now.
pub(crate) fn note_time(tx: &Transaction<'_>, now: &Now) -> Result<()> {
    let noted = reckoned(tx, now)?.noted(now);
    settings::put(tx, RECKONED, &rows::text(&noted))
}

/// A server that proved to be itself said what time it is.
pub(super) fn vouched(tx: &Transaction<'_>, now: &Now, server_utc_ms: i64) -> Result<()> {
    let before = reckoned(tx, now)?;
    let (after, moved_ms) = before.vouched(now, server_utc_ms);
    // A word that says nothing new is not written down: there is one in every reply.
    if before.vouched && after.utc_ms.abs_diff(before.at(now)) < 60_000 {
        return Ok(());
    }
    settings::put(tx, RECKONED, &rows::text(&after))?;
    if moved_ms != 0 {
        for Kept { budget, running } in all(tx)? {
            keep(tx, &budget, running.moved(budget.period, moved_ms))?;
        }
        grants::moved(tx, moved_ms)?;
    }
    Ok(())
}

/// A budget with its period as it was written down last.
struct Kept {
    budget: Budget,
    running: Running,
}

fn all(conn: &Connection) -> Result<Vec<Kept>> {
    let mut query = conn.prepare_cached("SELECT doc, running FROM budget ORDER BY name")?;
    let found = query.query_map([], |row| Ok(Kept { budget: rows::json(row, 0)?, running: rows::json(row, 1)? }))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

fn keep(tx: &Transaction<'_>, budget: &Budget, running: Running) -> Result<()> {
    tx.prepare_cached("INSERT OR REPLACE INTO budget VALUES (?1, ?2, ?3)")?.execute(params![
        budget.name,
        rows::text(budget),
        rows::text(&running)
    ])?;
    Ok(())
}

/// Sets a budget, or changes what one of this name is; what was spent of it today stays spent.
pub(crate) fn set_budget(tx: &Transaction<'_>, budget: &Budget, now: &Now) -> Result<Record> {
    let at = reckoned(tx, now)?.at(now);
    note_time(tx, now)?;
    let before = all(tx)?.into_iter().find(|kept| kept.budget.name == budget.name);
    let same = before.filter(|kept| kept.budget.counts_same_as(budget));
    let running = match same {
        Some(kept) => kept.running.by(budget.period, at, now.zone_min),
        None => Running::first(budget.period, at, now.zone_min),
    };
    keep(tx, budget, running)?;
    settings::changed(tx)?;
    Ok(record(&budget.name, Some(budget)))
}

/// Forgets a budget.
///
/// # Errors
/// [`Error::Invalid`] when there is none of this name.
pub(crate) fn remove_budget(tx: &Transaction<'_>, name: &str) -> Result<Record> {
    if tx.execute("DELETE FROM budget WHERE name = ?1", [name])? == 0 {
        return Err(Error::Invalid(format!("there is no budget \"{name}\"")));
    }
    settings::changed(tx)?;
    Ok(record(name, None))
}

/// The word by which the journal calls budgets.
pub(super) const BUDGET: &str = "budget";

fn record(name: &str, budget: Option<&Budget>) -> Record {
    Record::Kept { what: format!("{BUDGET} {name}"), value: budget.map(rows::text) }
}

/// All budgets, for a journal that does not know them.
pub(super) fn kept(conn: &Connection) -> Result<Vec<Record>> {
    Ok(all(conn)?.iter().map(|kept| record(&kept.budget.name, Some(&kept.budget))).collect())
}

/// The journal tells of a budget. One that is not here was lost with what was spent of it, so this period's is spent.
pub(super) fn told(tx: &Transaction<'_>, name: &str, value: Option<&str>, now: &Now) -> Result<()> {
    let Some(budget) = value.and_then(|value| serde_json::from_str::<Budget>(value).ok()) else {
        tx.execute("DELETE FROM budget WHERE name = ?1", [name])?;
        return Ok(());
    };
    let here = all(tx)?.into_iter().find(|kept| kept.budget.name == budget.name);
    if here.as_ref().is_some_and(|kept| kept.budget == budget) {
        return Ok(());
    }
    settings::changed(tx)?;
    // Of one whose amount alone is another, what was spent is known.
    if let Some(kept) = here.filter(|kept| kept.budget.counts_same_as(&budget)) {
        return keep(tx, &budget, kept.running);
    }
    let running = Running::first(budget.period, reckoned(tx, now)?.at(now), now.zone_min);
    keep(tx, &budget, Running { used: budget.bytes, ..running })
}

/// All budgets, with what they have left; of a trip that is not now, whether it lies ahead.
pub(crate) fn budgets(conn: &Connection, now: &Now) -> Result<Vec<(BudgetView, bool)>> {
    let kept = all(conn)?;
    if kept.is_empty() {
        return Ok(vec![]);
    }
    let at = reckoned(conn, now)?.at(now);
    let open = accounts(conn, "true", [])?;
    let view = |Kept { budget, running }: Kept| {
        let running = running.by(budget.period, at, now.zone_min);
        let mine = open.iter().filter(|a| budget.covers.counts(a.link, a.network.as_deref()));
        let reserved: u64 = mine.map(|account| account.reserved).sum();
        let left = budget.bytes.saturating_sub(running.used).saturating_sub(reserved);
        let ends = u64::try_from(running.to_ms.saturating_sub(at)).unwrap_or(0);
        let refills_in_ms = (budget.period == Period::Day).then_some(ends);
        (BudgetView { budget, left, refills_in_ms }, running.contains(at))
    };
    Ok(kept.into_iter().map(view).collect())
}

/// The budgets that count now.
pub(crate) fn running_budgets(conn: &Connection, now: &Now) -> Result<Vec<BudgetView>> {
    Ok(budgets(conn, now)?.into_iter().filter(|(_, is_now)| *is_now).map(|(view, _)| view).collect())
}

/// Opens an account.
pub(crate) fn open(
    tx: &Transaction<'_>,
    target: TargetId,
    link: &Link,
    grant: Option<GrantId>,
    lease: Option<LeaseId>,
) -> Result<Account> {
    let (class, network) = (link.class(), link.network.clone());
    tx.prepare_cached("INSERT INTO account (target, link, network, given, lease) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![
            target.0,
            class.as_str(),
            network,
            grant.map(|grant| grant.0),
            lease.as_ref().map(|lease| lease.as_bytes().to_vec())
        ])?;
    let id = tx.last_insert_rowid();
    Ok(Account { id, target, link: class, network, grant, reserved: 0, settled: Spent::default() })
}

fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        id: row.get(0)?,
        target: TargetId(row.get(1)?),
        link: rows::name(row, 2, LinkClass::from_name)?,
        network: row.get(3)?,
        grant: row.get::<_, Option<i64>>(4)?.map(GrantId),
        reserved: rows::count(row, 5)?,
        settled: Spent {
            sent: rows::count(row, 6)?,
            received: rows::count(row, 7)?,
            connections: rows::count(row, 8)?,
        },
    })
}

/// The open accounts of which this is true.
fn accounts(conn: &Connection, which: &str, with: impl rusqlite::Params) -> Result<Vec<Account>> {
    let mut query = conn.prepare_cached(&format!(
        "SELECT id, target, link, network, given, reserved, sent, received, connections FROM account
         WHERE {which} ORDER BY id"
    ))?;
    let found = query.query_map(with, account)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Accounts of runs that are no more.
pub(crate) fn left_open(conn: &Connection) -> Result<Vec<Account>> {
    accounts(conn, "lease IS NULL", [])
}

/// The account of a step that a host carries.
pub(crate) fn of_lease(conn: &Connection, lease: LeaseId) -> Result<Option<Account>> {
    Ok(accounts(conn, "lease = ?1", [lease.as_bytes()])?.pop())
}

/// Closes the accounts of steps whose leases are void: a host's system may have sent all of them.
pub(crate) fn close_void(tx: &Transaction<'_>, now: &Now) -> Result<()> {
    let void = "lease IS NOT NULL AND NOT EXISTS (SELECT 1 FROM lease l WHERE l.id = account.lease)";
    accounts(tx, void, [])?.iter().try_for_each(|account| close(tx, account, None, now))
}

/// Whether something limits what may go over this link: a budget that covers it, or the grant.
pub(crate) fn room(
    conn: &Connection,
    link: LinkClass,
    network: Option<&str>,
    grant: Option<GrantId>,
    now: &Now,
) -> Result<Option<u64>> {
    if let Some(grant) = grant {
        return Ok(Some(grants::left(conn, grant, now)?));
    }
    let covering = running_budgets(conn, now)?.into_iter().filter(|view| view.budget.covers.counts(link, network));
    Ok(covering.map(|view| view.left).min())
}

/// Sets what is reserved for an account.
pub(crate) fn reserve(tx: &Transaction<'_>, account: i64, reserved: u64) -> Result<()> {
    tx.prepare_cached("UPDATE account SET reserved = ?2 WHERE id = ?1")?
        .execute(params![account, rows::int(reserved)])?;
    Ok(())
}

/// Puts what was spent since the last time into the ledger, the budgets and the grant. `spent` is all that went over the
/// account; `reserved` what stays reserved.
pub(crate) fn settle(tx: &Transaction<'_>, account: &Account, spent: Spent, reserved: u64, now: &Now) -> Result<()> {
    let kept = tx
        .prepare_cached("UPDATE account SET reserved = ?2, sent = ?3, received = ?4, connections = ?5 WHERE id = ?1")?
        .execute(params![
            account.id,
            rows::int(reserved),
            rows::int(spent.sent),
            rows::int(spent.received),
            rows::int(spent.connections)
        ])?;
    if kept == 0 {
        // Who took this run for dead counted all that was reserved.
        return Ok(());
    }
    let before = account.settled;
    let cost = spent.billed().saturating_sub(before.billed());
    let bytes = ledger::Bytes {
        sent: spent.sent.saturating_sub(before.sent),
        received: spent.received.saturating_sub(before.received),
        ..ledger::Bytes::default()
    };
    ledger::add(tx, account.target, account.link, now, &bytes)?;
    charge(tx, account, cost, now)
}

/// Takes billed bytes from the budgets that cover an account, and from its grant.
fn charge(tx: &Transaction<'_>, account: &Account, cost: u64, now: &Now) -> Result<()> {
    if cost == 0 {
        return Ok(());
    }
    let reckoned = reckoned(tx, now)?;
    let at = reckoned.at(now);
    let mut counted = false;
    for Kept { budget, running } in all(tx)? {
        if !budget.covers.counts(account.link, account.network.as_deref()) {
            continue;
        }
        let running = running.by(budget.period, at, now.zone_min);
        if running.contains(at) {
            keep(tx, &budget, Running { used: running.used.saturating_add(cost), ..running })?;
            counted = true;
        }
    }
    if let Some(grant) = account.grant {
        grants::charge(tx, grant, cost)?;
        counted = true;
    }
    if counted { settings::put(tx, RECKONED, &rows::text(&reckoned.noted(now))) } else { Ok(()) }
}

/// Closes an account. Where nobody knows what went over it, all that was reserved counts as spent.
pub(crate) fn close(tx: &Transaction<'_>, account: &Account, spent: Option<Spent>, now: &Now) -> Result<()> {
    match spent {
        Some(spent) => settle(tx, account, spent, 0, now)?,
        None => {
            // As many bytes as cost that much, and as sent: the ledger must not say less than the budget.
            let sent = bytes_within(account.reserved, 0, 0, 0);
            let bytes = ledger::Bytes { sent, ..ledger::Bytes::default() };
            ledger::add(tx, account.target, account.link, now, &bytes)?;
            charge(tx, account, account.reserved, now)?;
        }
    }
    tx.prepare_cached("DELETE FROM account WHERE id = ?1")?.execute([account.id])?;
    Ok(())
}

/// How fast such links were lately, in bytes a second.
pub(crate) fn pace(conn: &Connection, link: &Link) -> Result<Option<u64>> {
    let mut query = conn.prepare_cached("SELECT bytes_per_second FROM pace WHERE link = ?1 AND network = ?2")?;
    let network = link.network.as_deref().unwrap_or_default();
    Ok(query.query_row([link.class().as_str(), network], |row| rows::count(row, 0)).optional()?)
}

/// Notes how fast a link was; what was seen lately counts a quarter.
pub(crate) fn note_pace(
    tx: &Transaction<'_>,
    link: LinkClass,
    network: Option<&str>,
    bytes_per_second: u64,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO pace VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET
           bytes_per_second = (bytes_per_second * 3 + excluded.bytes_per_second) / 4",
    )?
    .execute(params![link.as_str(), network.unwrap_or_default(), rows::int(bytes_per_second)])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run that was taken for dead, and tells what it spent all the same: its reservation counted already.
    #[test]
    fn what_was_counted_as_reserved_is_not_counted_again() {
        let mut conn = Connection::open_in_memory().unwrap();
        crate::store::migrate(&mut conn).unwrap();
        // The account's target is not what this is about.
        conn.pragma_update(None, "foreign_keys", false).unwrap();
        let tx = conn.transaction().unwrap();
        let now = crate::clock::Clock::system().now();
        let opened = open(&tx, TargetId(1), &Link::cellular(), None, None).unwrap();
        reserve(&tx, opened.id, 50_000).unwrap();
        let left = left_open(&tx).unwrap().pop().unwrap();
        close(&tx, &left, None, &now).unwrap();
        let sent = || tx.query_row("SELECT sum(sent) FROM ledger", [], |row| row.get::<_, i64>(0)).unwrap();
        let counted = sent();
        assert!((40_000..=50_000).contains(&counted), "{counted}");
        let spent = Spent { sent: 30_000, received: 1_000, connections: 1 };
        settle(&tx, &opened, spent, 0, &now).unwrap();
        close(&tx, &opened, Some(spent), &now).unwrap();
        assert_eq!(sent(), counted);
    }
}
