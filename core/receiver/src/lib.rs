//! Satchel's reference receiving server: where photos arrive, whole and once, and a page to watch them.
//!
//! It is a program (`satchel serve`) and a library: [`Receiver::start`] gives a server in this process, for
//! the demo and for tests. Read in this order: [`Receiver`] (what it offers), `routes` (which address leads where),
//! `tus` (how bytes come in), `store` (what is remembered), `page` and `folder` (what people see).
//! `docs/protocol.md` describes what travels.

mod api;
mod auth;
mod blobs;
mod chance;
mod clock;
mod config;
mod files;
mod folder;
mod have;
mod held;
mod hub;
mod identity;
mod listen;
mod page;
mod pairing;
mod posts;
mod qr;
mod refusal;
mod routes;
mod server;
mod signing;
mod slots;
mod store;
mod times;
mod tus;

pub use config::{Config, StartError};
pub use qr::qr_text;
pub use satchel_kernel::protocol::pairing::PairingCode;
pub use server::Receiver;
pub use store::StoreError;
pub use store::assets::{AssetView, PartView};
pub use store::people::DeviceRow;
pub use store::uploads::CompletedUpload;
