//! Satchel: an offline-first outbox for photos and videos.
//!
//! An app hands it what the camera took. Satchel keeps it safe, knows it by its content, and gets it to a server
//! through whatever link there is, once, saying at any time where each photo stands and why.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use satchel::{AddOptions, Config, Link, Outbox, RunOptions};
//!
//! let outbox = Outbox::open(Config::new("outbox")).await?;
//! outbox.add("IMG_0001.JPG".as_ref(), &AddOptions::default()).await?;
//! outbox.set_tus_target("https://tus.example/files/".parse()?).await?;
//! outbox.set_link(Link::wifi());
//! let report = outbox.run(RunOptions::default(), Default::default()).await?;
//! println!("{} delivered, next try {:?}", report.counts.delivered, report.wake);
//! # Ok(()) }
//! ```
//!
//! Everything that decides is in [`satchel_kernel`]; the [runner](Outbox::run) is the only loop.

mod accounts;
mod attempts;
#[cfg(feature = "bench")]
pub mod bench;
pub mod blocks;
mod check;
pub mod clock;
mod crash;
mod door;
mod durable;
pub mod endpoints;
mod error;
pub mod fingerprint;
pub mod host;
mod http;
mod intake;
mod journal;
pub mod kinds;
mod library;
pub mod metadata;
pub mod money;
mod observe;
mod outbox;
pub mod pairing;
mod post_edit;
pub mod pretend;
pub mod previews;
mod receipts;
pub mod redact;
mod report;
mod runner;
pub mod runtime;
mod settings;
mod sight;
pub mod source;
mod spool;
mod store;
mod suspend;
mod targets;
mod tokens;
mod walk;

pub use attempts::Attempt;
pub use check::CheckReport;
pub use error::{Error, Result};
pub use http::{BadToken, Token};
pub use intake::{AddOptions, AddOutcome, BadStageId, FolderFault, FolderReport, Motion, Stage, StageId, StagedFile};
pub use library::{LibraryFault, LibraryItem, MediaLibrary, OpenItem};
pub use observe::Change;
pub use outbox::{Config, Outbox};
pub use post_edit::PostEdit;
pub use previews::{PreviewRequest, Previewer};
pub use redact::Redaction;
pub use runner::{Report, RunOptions};
pub use satchel_kernel as kernel;
pub use satchel_kernel::ids::{AssetId, BlobHash, TargetId};
pub use satchel_kernel::link::{Link, LinkClass, LinkKind, Mark};
pub use satchel_kernel::planner::{LinkNeed, Wake};
pub use satchel_kernel::policy::{Order, Policy};
pub use satchel_kernel::power::Power;
pub use satchel_kernel::protocol::post::{Place, Post};
pub use satchel_kernel::state::{AssetKind, AssetState, ParkReason, Proof, Trouble, WaitReason};
pub use source::Source;
pub use store::{AssetView, Counts, DeliveryView, Filter, LedgerRow, MotionView};
pub use targets::TargetView;
pub use tokens::TokenSource;
