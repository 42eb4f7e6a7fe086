//! What a person set: the policy, and their word about networks.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, Transaction};
use satchel_kernel::link::Mark;
use satchel_kernel::policy::Policy;
use satchel_kernel::time::Now;
use url::Url;

use super::{money, rows};
use crate::error::Result;
use crate::journal::Record;

const POLICY: &str = "policy";
const NETWORK: &str = "network";
const NEUTRAL: &str = "neutral";
const REVISION: &str = "revision";

pub(super) fn get(conn: &Connection, name: &str) -> Result<Option<String>> {
    let mut query = conn.prepare_cached("SELECT value FROM setting WHERE name = ?1")?;
    Ok(query.query_row([name], |row| row.get(0)).optional()?)
}

pub(super) fn put(tx: &Transaction<'_>, name: &str, value: &str) -> Result<()> {
    tx.prepare_cached("INSERT OR REPLACE INTO setting VALUES (?1, ?2)")?.execute([name, value])?;
    Ok(())
}

/// The policy that was kept, as a document. One of a later version is left alone and not used.
pub(crate) fn policy(conn: &Connection) -> Result<Option<Policy>> {
    let kept = get(conn, POLICY)?;
    Ok(kept.and_then(|text| {
        Policy::from_json(&text)
            .inspect_err(|fault| tracing::warn!(%fault, "the policy that was kept is not used"))
            .ok()
    }))
}

/// Keeps a policy. Returns what the journal is to know.
pub(crate) fn keep_policy(tx: &Transaction<'_>, policy: &Policy) -> Result<Record> {
    put(tx, POLICY, &policy.to_json())?;
    changed(tx)?;
    Ok(Record::Kept { what: POLICY.into(), value: Some(policy.to_json()) })
}

/// The neutral address that was set.
pub(crate) fn neutral(conn: &Connection) -> Result<Option<Url>> {
    Ok(get(conn, NEUTRAL)?.and_then(|text| text.parse().ok()))
}

/// Keeps a neutral address, or forgets it. Returns what the journal is to know.
pub(crate) fn keep_neutral(tx: &Transaction<'_>, url: Option<&Url>) -> Result<Record> {
    let value = url.map(Url::to_string);
    put(tx, NEUTRAL, value.as_deref().unwrap_or_default())?;
    changed(tx)?;
    Ok(Record::Kept { what: NEUTRAL.into(), value })
}

/// What a person said of networks.
pub(crate) fn marks(conn: &Connection) -> Result<HashMap<String, Mark>> {
    let mut query = conn.prepare_cached("SELECT id, mark FROM network")?;
    let marks = query.query_map([], |row| Ok((row.get(0)?, rows::json(row, 1)?)))?;
    Ok(marks.collect::<rusqlite::Result<_>>()?)
}

/// Keeps a person's word about a network; or forgets it. Returns what the journal is to know.
pub(crate) fn mark(tx: &Transaction<'_>, network: &str, mark: Option<Mark>) -> Result<Record> {
    match mark {
        Some(mark) => tx.execute("INSERT OR REPLACE INTO network VALUES (?1, ?2)", [network, &rows::text(&mark)])?,
        None => tx.execute("DELETE FROM network WHERE id = ?1", [network])?,
    };
    changed(tx)?;
    Ok(Record::Kept { what: format!("{NETWORK} {network}"), value: mark.as_ref().map(rows::text) })
}

/// All that a person set, for a journal that does not know it.
pub(super) fn kept(tx: &Transaction<'_>) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    if let Some(value) = get(tx, POLICY)? {
        records.push(Record::Kept { what: POLICY.into(), value: Some(value) });
    }
    if let Some(url) = neutral(tx)? {
        records.push(Record::Kept { what: NEUTRAL.into(), value: Some(url.to_string()) });
    }
    for (network, mark) in marks(tx)? {
        records.push(Record::Kept { what: format!("{NETWORK} {network}"), value: Some(rows::text(&mark)) });
    }
    records.extend(money::kept(tx)?);
    Ok(records)
}

/// The journal tells what a person set. What stands there already stays: it is the same, or later.
pub(super) fn told(tx: &Transaction<'_>, what: &str, value: Option<&str>, now: &Now) -> Result<()> {
    match what.split_once(' ') {
        None if what == POLICY => match value {
            Some(value) if get(tx, POLICY)?.as_deref() != Some(value) => {
                put(tx, POLICY, value)?;
                changed(tx)
            }
            _ => Ok(()),
        },
        None if what == NEUTRAL => keep_neutral(tx, value.and_then(|url| url.parse().ok()).as_ref()).map(drop),
        Some((NETWORK, network)) => {
            let said = value.and_then(|value| serde_json::from_str(value).ok());
            mark(tx, network, said).map(drop)
        }
        Some((money::BUDGET, name)) => money::told(tx, name, value, now),
        _ => Ok(()),
    }
}

/// Other processes that have this outbox open look at this number now and then.
pub(super) fn changed(tx: &Transaction<'_>) -> Result<()> {
    put(tx, REVISION, &(revision(tx)? + 1).to_string())
}

/// Grows with each change of what a person sets.
pub(crate) fn revision(conn: &Connection) -> Result<u64> {
    Ok(get(conn, REVISION)?.and_then(|text| text.parse().ok()).unwrap_or(0))
}
