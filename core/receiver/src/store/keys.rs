//! The chain of signing keys: the public halves, each but the first sealed by the one before.

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use satchel_kernel::protocol::keys::SigningKey;

use super::StoreError;

pub(crate) fn newest(c: &Connection) -> Result<Option<SigningKey>, StoreError> {
    let row = |r: &rusqlite::Row<'_>| Ok(SigningKey { id: r.get(0)?, public: r.get(1)? });
    Ok(c.query_row("SELECT id, public FROM signing_key ORDER BY number DESC LIMIT 1", [], row).optional()?)
}

pub(crate) fn add(
    tx: &Transaction<'_>,
    key: &SigningKey,
    succession: Option<&str>,
    now: i64,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO signing_key (id, public, succession, created) VALUES (?1, ?2, ?3, ?4)",
        params![key.id, key.public, succession, now],
    )?;
    Ok(())
}

pub(crate) fn successions(c: &Connection) -> Result<Vec<String>, StoreError> {
    let mut list = c.prepare("SELECT succession FROM signing_key WHERE succession IS NOT NULL ORDER BY number")?;
    Ok(list.query_map([], |r| r.get(0))?.collect::<Result<_, _>>()?)
}
