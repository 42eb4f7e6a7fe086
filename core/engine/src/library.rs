//! Originals that have an id instead of a path: what a phone's media library keeps, and only its app can open.
//!
//! The bytes do not cross: the host hands over an open file. It is asked for each reading anew, months later too, and in
//! another process than the one that added the item.

use std::fs::File;

/// The host's media library: Android's MediaStore, Apple's Photos.
pub trait MediaLibrary: Send + Sync + 'static {
    /// Opens an item for reading. Called on threads that may wait, with nothing locked; several at once.
    fn open(&self, id: &str) -> Result<OpenItem, LibraryFault>;
}

/// An item of a library, open for reading.
#[derive(Debug)]
pub struct OpenItem {
    /// A regular file; it is read from its start, whatever its cursor.
    pub file: File,
    /// In which of several ways it is read, numbered by the host: with or without its place, say, which gives other bytes.
    pub read_mode: u8,
    /// When the item last changed, in milliseconds since 1970, as the library says; the file's own time when left out. A
    /// host that exports an item anew each time says it here.
    pub modified_utc_ms: Option<i64>,
}

/// Why an item could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LibraryFault {
    /// The library has it no more.
    #[error("the media library has no such item")]
    Gone,
    /// The person did not allow it.
    #[error("the app may not read this item")]
    Denied,
    /// Not now: the phone is locked, the library is busy. It is tried again by itself.
    #[error("the item cannot be opened just now")]
    Away,
    /// It is only in the cloud, and the host does not fetch it over the link that there is. It is tried again by itself.
    #[error("the item is only in the cloud")]
    InCloud,
    /// The host's own code failed. It is tried again like one that is away.
    #[error("the app's media library failed")]
    Failed,
}

/// An item to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LibraryItem {
    /// As [`MediaLibrary::open`] is to be given it; 1 to 1,024 bytes.
    pub id: String,
    /// The file's name, as the library calls it; without folders.
    pub name: String,
}
