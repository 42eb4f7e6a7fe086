//! Between columns and the kernel's types.

use std::path::{Path, PathBuf};

use rusqlite::Row;
use rusqlite::types::Type;
use satchel_kernel::ids::{BootId, TargetId};
use satchel_kernel::planner::Group;
use satchel_kernel::protocol::post::Rendition;
use satchel_kernel::time::Due;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::source::Source;

/// A column that must parse; damage when it does not.
pub(super) fn parsed<T, E: std::error::Error + Send + Sync + 'static>(
    column: usize,
    value: Result<T, E>,
) -> rusqlite::Result<T> {
    value.map_err(|e| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(e)))
}

/// An id or a hash.
pub(super) fn id<'a, T>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<T>
where
    T: TryFrom<&'a [u8]>,
    T::Error: std::error::Error + Send + Sync + 'static,
{
    parsed(column, T::try_from(row.get_ref(column)?.as_blob()?))
}

/// An optional id or hash.
pub(super) fn maybe_id<'a, T>(row: &'a Row<'_>, column: usize) -> rusqlite::Result<Option<T>>
where
    T: TryFrom<&'a [u8]>,
    T::Error: std::error::Error + Send + Sync + 'static,
{
    match row.get_ref(column)?.as_blob_or_null()? {
        Some(bytes) => parsed(column, T::try_from(bytes)).map(Some),
        None => Ok(None),
    }
}

/// A document.
pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<T> {
    parsed(column, serde_json::from_str(row.get_ref(column)?.as_str()?))
}

/// An optional document.
pub(super) fn maybe_json<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)?.as_str_or_null()? {
        Some(text) => parsed(column, serde_json::from_str(text)).map(Some),
        None => Ok(None),
    }
}

/// A document as text.
pub(super) fn text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("our documents have string keys and finite numbers")
}

/// A name that the kernel knows.
pub(super) fn name<T>(row: &Row<'_>, column: usize, from: impl Fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    let known = from(row.get_ref(column)?.as_str()?);
    parsed(column, known.ok_or(std::fmt::Error))
}

/// The end of a wait, from three columns that start here.
pub(super) fn due(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Due>> {
    let Some(utc_ms) = row.get(column)? else { return Ok(None) };
    let boot: BootId = id(row, column + 1)?;
    Ok(Some(Due { utc_ms, boot, since_boot_ms: row.get::<_, i64>(column + 2)?.unsigned_abs() }))
}

/// The wait's three columns, for `SET due_utc_ms = ?, due_boot = ?, due_since_ms = ?`.
pub(super) type DueColumns = (i64, [u8; 16], i64);

pub(super) fn due_columns(due: &Due) -> DueColumns {
    (due.utc_ms, *due.boot.as_bytes(), i64::try_from(due.since_boot_ms).unwrap_or(i64::MAX))
}

/// A count of bytes as SQLite keeps it.
pub(super) fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A count of bytes.
pub(super) fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}

/// Where an original lives: the two columns of it.
pub(super) fn source_columns(source: &Source) -> (Vec<u8>, bool) {
    match source {
        Source::File(path) => (path_bytes(path), false),
        Source::Library(id) => (id.clone().into_bytes(), true),
    }
}

/// Where an original lives, by its two columns.
pub(super) fn source(row: &Row<'_>, path: usize, library: usize) -> rusqlite::Result<Source> {
    let bytes = row.get::<_, Option<Vec<u8>>>(path)?.unwrap_or_default();
    Ok(if row.get(library)? {
        Source::Library(String::from_utf8_lossy(&bytes).into_owned())
    } else {
        Source::File(path_from(bytes))
    })
}

/// A path, byte for byte where the platform's paths are bytes.
fn path_bytes(path: &Path) -> Vec<u8> {
    path.as_os_str().as_encoded_bytes().to_vec()
}

#[cfg(unix)]
fn path_from(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn path_from(bytes: Vec<u8>) -> PathBuf {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

/// One delivery as a group of its own, from `target, class, kind, album, urgent, todo` beginning at a column.
pub(super) fn group(row: &Row<'_>, first: usize) -> rusqlite::Result<Group> {
    Ok(Group {
        target: TargetId(row.get(first)?),
        rendition: name(row, first + 1, Rendition::from_name)?,
        kind: json(row, first + 2)?,
        album: row.get(first + 3)?,
        urgent: row.get(first + 4)?,
        bytes: count(row, first + 5)?,
        open: 1,
    })
}
