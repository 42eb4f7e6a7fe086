//! Accounts, devices, viewers' sessions, and facts about the store itself.

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};

use super::StoreError;
use crate::chance;

/// A device that proved who it is.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) account: String,
    pub(crate) device: String,
}

/// A paired device, as a list shows it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct DeviceRow {
    /// Its id.
    pub id: String,
    /// What its owner called it.
    pub name: String,
    /// The contributor's name.
    pub contributor: String,
    /// When it was paired, in Unix seconds.
    pub paired: i64,
    /// True when its token is refused from now on.
    pub revoked: bool,
}

pub(crate) fn caller(c: &Connection, token: &str) -> Result<Option<Caller>, StoreError> {
    let mut find = c.prepare_cached("SELECT account, id FROM device WHERE token = ?1 AND revoked IS NULL")?;
    Ok(find.query_row([chance::hashed(token)], |r| Ok(Caller { account: r.get(0)?, device: r.get(1)? })).optional()?)
}

pub(crate) fn account_named(c: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    Ok(c.query_row("SELECT id FROM account WHERE name = ?1", [name], |r| r.get(0)).optional()?)
}

/// Makes an account. A name that is taken gets a number: nobody joins another's account by its name.
pub(crate) fn new_account(tx: &Transaction<'_>, name: &str, now: i64) -> Result<String, StoreError> {
    let mut free = name.to_owned();
    for number in 2.. {
        if account_named(tx, &free)?.is_none() {
            break;
        }
        free = format!("{name} ({number})");
    }
    let id = chance::id();
    tx.execute("INSERT INTO account (id, name, created) VALUES (?1, ?2, ?3)", params![id, free, now])?;
    Ok(id)
}

/// Adds a device to an account; the token itself is kept by the device alone.
pub(crate) fn new_device(
    tx: &Transaction<'_>,
    account: &str,
    name: &str,
    token: &str,
    now: i64,
) -> Result<String, StoreError> {
    let id = chance::id();
    tx.execute(
        "INSERT INTO device (id, account, name, token, created) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![id, account, name, chance::hashed(token), now],
    )?;
    Ok(id)
}

pub(crate) fn devices(c: &Connection) -> Result<Vec<DeviceRow>, StoreError> {
    let mut list = c.prepare_cached(
        "SELECT d.id, d.name, a.name, d.created, d.revoked IS NOT NULL FROM device d JOIN account a ON a.id = d.account ORDER BY d.rowid",
    )?;
    let row = |r: &rusqlite::Row<'_>| {
        Ok(DeviceRow { id: r.get(0)?, name: r.get(1)?, contributor: r.get(2)?, paired: r.get(3)?, revoked: r.get(4)? })
    };
    Ok(list.query_map([], row)?.collect::<Result<_, _>>()?)
}

/// True when there was such a device.
pub(crate) fn revoke(tx: &Transaction<'_>, device: &str, now: i64) -> Result<bool, StoreError> {
    Ok(tx.execute("UPDATE device SET revoked = coalesce(revoked, ?2) WHERE id = ?1", params![device, now])? > 0)
}

pub(crate) fn add_viewer(tx: &Transaction<'_>, token: &str, now: i64, expires: i64) -> Result<(), StoreError> {
    tx.execute("DELETE FROM viewer WHERE expires < ?1", [now])?;
    tx.execute("INSERT INTO viewer (token, expires) VALUES (?1, ?2)", params![chance::hashed(token), expires])?;
    Ok(())
}

pub(crate) fn is_viewer(c: &Connection, token: &str, now: i64) -> Result<bool, StoreError> {
    let mut find = c.prepare_cached("SELECT 1 FROM viewer WHERE token = ?1 AND expires >= ?2")?;
    Ok(find.exists(params![chance::hashed(token), now])?)
}

pub(crate) fn end_viewer(tx: &Transaction<'_>, token: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM viewer WHERE token = ?1", [chance::hashed(token)])?;
    Ok(())
}

pub(crate) fn fact(c: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    Ok(c.query_row("SELECT value FROM meta WHERE name = ?1", [name], |r| r.get(0)).optional()?)
}

pub(crate) fn set_fact(tx: &Transaction<'_>, name: &str, value: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [name, value],
    )?;
    Ok(())
}
