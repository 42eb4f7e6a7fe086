//! How a receiver is to run, and why it did not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use crate::store::StoreError;

/// How a receiver is to run. Make one with [`Config::new`] and change what should differ.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 lets the system choose one.
    pub listen: SocketAddr,
    /// The receiver's own folder: database, blobs, keys. Made when it is missing; one receiver at a time.
    pub store: PathBuf,
    /// Where to lay photos out as contributor/day/original-name, with an XMP sidecar each.
    pub folder: Option<PathBuf>,
    /// HTTP without TLS. Refused unless `listen` is a loopback address: bearers must not be readable on a network.
    pub plain_http: bool,
    /// What the page is called.
    pub name: String,
    /// Host name or address for the pairing code and the page's link, where `listen` is not what others reach.
    pub host: Option<String>,
    /// A contributor that exists already, whose account the first pairing code joins; else it makes a new account.
    pub account: Option<String>,
    /// How long an unfinished upload is kept after its last byte. 30 days.
    pub expiry: Duration,
    /// The longest upload in bytes. 256 GiB.
    pub max_upload: u64,
    /// How long an open request may bring no byte before it counts as cut. 60 seconds.
    pub stall: Duration,
}

impl Config {
    /// A receiver with HTTPS and the defaults named at each field.
    pub fn new(listen: SocketAddr, store: impl Into<PathBuf>) -> Self {
        Self {
            listen,
            store: store.into(),
            folder: None,
            plain_http: false,
            name: "Satchel".into(),
            host: None,
            account: None,
            expiry: Duration::from_secs(30 * 24 * 3600),
            max_upload: 256 << 30,
            stall: Duration::from_secs(60),
        }
    }
}

/// Why a receiver did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Plain HTTP on an address that others can reach.
    #[error(
        "plain HTTP is for loopback addresses only, because tokens would be readable on {0}: leave --plain-http out, or listen on 127.0.0.1"
    )]
    PlainHttp(SocketAddr),
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// Another receiver runs on this store.
    #[error("another receiver uses the store {0}: stop it first, or name another store")]
    InUse(PathBuf),
    /// The store was written by a later version.
    #[error("the store {0} was written by a newer version of Satchel: use that version or a newer one")]
    Newer(PathBuf),
    /// `account` names nobody.
    #[error("no contributor is called {0:?}: pair that person's first device without naming an account")]
    NoSuchAccount(String),
    /// A file or folder of the store cannot be used.
    #[error("cannot use {path}: {source}")]
    Files {
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A key or certificate of the store cannot be used.
    #[error("the key in {path} cannot be used: {why}")]
    Key {
        /// Which file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}
