//! Where the photos go: our receiver in this process, over TLS and paired; or @tus/server in its own.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use satchel_receiver::{Config, Receiver};

use crate::foreign::outbox::Outbox;
use crate::foreign::server::{Kind, Server};

/// A server.
pub(crate) enum Place {
    /// Ours.
    Receiver { server: Box<Receiver>, store: PathBuf },
    /// @tus/server on Node.
    TusNode(Server),
}

impl Place {
    pub(crate) async fn receiver(store: &Path) -> Self {
        let config = Config::new((Ipv4Addr::LOCALHOST, 0).into(), store);
        Self::Receiver { server: Box::new(Receiver::start(config).await.unwrap()), store: store.to_owned() }
    }

    pub(crate) fn tus_node(store: &Path) -> Self {
        Self::TusNode(Server::start(Kind::TusNode, store))
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        match self {
            Self::Receiver { server, .. } => server.addr(),
            Self::TusNode(server) => server.addr(),
        }
    }

    /// Introduces an outbox, which reaches this place at `through`. Says what `--to` is to be.
    pub(crate) fn introduce(&self, outbox: &Outbox, through: SocketAddr) -> String {
        match self {
            Self::Receiver { server, .. } => {
                let mut code = server.pairing_code();
                code.port = through.port();
                outbox.pair(&code.to_string());
                format!("https://{through}/")
            }
            Self::TusNode(_) => format!("tus+http://{through}/files/"),
        }
    }

    /// The hash of every completed upload; one that was completed twice is there twice.
    pub(crate) async fn completed(&self) -> Vec<String> {
        match self {
            Self::Receiver { server, .. } => {
                let mut hashes = Vec::new();
                for upload in server.completed_uploads().await.unwrap() {
                    let stored = std::fs::read(server.blob_path(&upload.hash)).unwrap();
                    assert_eq!(blake3::hash(&stored).to_hex().to_string(), upload.hash.to_string(), "the stored blob");
                    hashes.push(upload.hash.to_string());
                }
                hashes
            }
            Self::TusNode(server) => {
                // Two witnesses: what the server logged when an upload was complete, and what lies on its disk.
                let whole = server.whole();
                let logged = server.completions().unwrap();
                let ids: BTreeSet<&String> = logged.iter().collect();
                assert_eq!(ids.len(), logged.len(), "an upload was completed more than once: {logged:?}");
                assert_eq!(whole.len(), logged.len(), "the server's log and its disk agree");
                whole.into_iter().map(|upload| upload.hash).collect()
            }
        }
    }

    /// What the receiver's page shows: for each of the outbox's assets, its captions there. `None` elsewhere.
    pub(crate) fn shown(&self) -> Option<Vec<(Option<String>, Option<String>)>> {
        let Self::Receiver { store, .. } = self else { return None };
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let db = rusqlite::Connection::open_with_flags(store.join("receiver.sqlite"), flags).unwrap();
        let mut query = db.prepare("SELECT asset, caption FROM asset WHERE deleted IS NULL").unwrap();
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        Some(rows.map(Result::unwrap).collect())
    }
}
