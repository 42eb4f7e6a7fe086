//! The evidence of blocks: what stood in a service's place, where, and when.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use satchel_kernel::ids::TargetId;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::outbox::Outbox;
use crate::store;

/// Something that stood in a service's place, on one network. Seen again, it is the same record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BlockRecord {
    /// Its number in this outbox.
    pub id: i64,
    /// Of which target.
    #[serde(skip)]
    pub target: TargetId,
    /// The address of the endpoint.
    pub endpoint: String,
    /// The network, as the host names it ([`Link::network`](satchel_kernel::link::Link::network)).
    pub network: Option<String>,
    /// How: `page`, `redirect`, `certificate`, `reset`, `name`, `silence`; or `captive`.
    pub kind: String,
    /// The reply's status, where one came.
    pub status: Option<u16>,
    /// The page's title.
    pub title: Option<String>,
    /// Where a redirect pointed.
    pub location: Option<String>,
    /// Length of what is kept of the page, in bytes; at most 65,536.
    pub page_bytes: u32,
    /// The page's media type, as it said.
    pub page_type: Option<String>,
    /// SHA-256 of a certificate that was not the server's, in hexadecimal.
    pub certificate: Option<String>,
    /// Who signed that certificate, as it says.
    pub issuer: Option<String>,
    /// The address that answered.
    pub address: Option<String>,
    /// When it was first seen, in milliseconds since 1970.
    pub first_utc_ms: i64,
    /// When it was last seen.
    pub last_utc_ms: i64,
    /// How often.
    pub times: u32,
}

/// A record in an export, with its page.
#[derive(Serialize)]
struct Exported {
    #[serde(flatten)]
    record: BlockRecord,
    /// The page as text, where it is UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<String>,
    /// The page in base64, where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    page_base64: Option<String>,
}

#[derive(Serialize)]
struct Export {
    /// The document's version.
    version: u32,
    /// The program that wrote it.
    written_by: &'static str,
    written_utc_ms: i64,
    blocks: Vec<Exported>,
}

impl Outbox {
    /// What stood in services' places, the last seen first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn blocks(&self) -> Result<Vec<BlockRecord>> {
        self.inner.store.read(store::blocks::all).await
    }

    /// The page of a record, as it came: at most 64 KB. It is somebody else's, and may hold scripts. None where there is none, or
    /// it was too old to be kept.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn block_page(&self, id: i64) -> Result<Option<Vec<u8>>> {
        self.inner.store.read(move |conn| store::blocks::page(conn, id)).await
    }

    /// Writes all records with their pages into one JSON file, in place of what is there, and says how many there were. It names
    /// servers and networks (hashed), and no photo.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the file cannot be written there; [`Error::StorageFull`].
    pub async fn export_blocks(&self, file: &Path) -> Result<usize> {
        let now = self.inner.config.clock.now();
        let blocks = self
            .inner
            .store
            .read(|conn| {
                let with_page = |record: BlockRecord| {
                    let page = store::blocks::page(conn, record.id)?;
                    let (page, page_base64) = match page.map(String::from_utf8) {
                        Some(Ok(text)) => (Some(text), None),
                        Some(Err(bytes)) => (None, Some(STANDARD.encode(bytes.as_bytes()))),
                        None => (None, None),
                    };
                    Ok(Exported { record, page, page_base64 })
                };
                store::blocks::all(conn)?.into_iter().map(with_page).collect::<Result<Vec<_>>>()
            })
            .await?;
        let count = blocks.len();
        let written_by = concat!("satchel ", env!("CARGO_PKG_VERSION"));
        let export = Export { version: 1, written_by, written_utc_ms: now.utc_ms, blocks };
        let text = serde_json::to_vec_pretty(&export).expect("the document has string keys and finite numbers");
        let file = file.to_owned();
        let written = tokio::task::spawn_blocking(move || write(&file, &text)).await;
        written.map_err(|_| Error::Storage("the file was not written".into()))??;
        Ok(count)
    }
}

/// Whole or not at all: what stood there stays until the new one is on the disk.
fn write(file: &Path, text: &[u8]) -> Result<()> {
    let cannot = |e: std::io::Error| match Error::io(&e) {
        Error::StorageFull => Error::StorageFull,
        _ => {
            Error::Invalid(format!("{} cannot be written: {e}; name a file in a folder that is there", file.display()))
        }
    };
    let name = file.file_name().ok_or_else(|| Error::Invalid(format!("{} is no name for a file", file.display())))?;
    let mut beside = name.to_owned();
    beside.push(".part");
    let beside = file.with_file_name(beside);
    let mut out = fs::File::create(&beside).map_err(cannot)?;
    let done = out.write_all(text).and_then(|()| out.sync_all()).and_then(|()| fs::rename(&beside, file));
    done.map_err(|e| {
        // What is left of it is of no use; should it stay, the next export writes over it.
        let _ = fs::remove_file(&beside);
        cannot(e)
    })
}
