//! Satchel for Kotlin and Swift. Conversions only: whatever decides is in the engine and in the kernel.
//!
//! Every match on the engine's types is exhaustive, so that a state or a reason that is new there breaks the build here.
//! Exported futures await work on the engine's own runtime, so any foreign executor may poll them. A host that gives up
//! waiting stops nothing by that: what is to be stopped takes a [`CancelToken`].

mod attempts;
mod cancel;
mod convert;
mod endpoints;
mod error;
#[cfg(feature = "faults")]
mod faults;
mod host;
mod http;
mod link;
mod logs;
mod money;
mod observe;
mod policy;
mod pretend;
mod records;
mod satchel;
mod settings;
mod states;

pub use attempts::Attempt;
pub use cancel::CancelToken;
pub use convert::is_safe_to_free;
pub use endpoints::{BlockRecord, Endpoint, EndpointState, Endpoints, Health};
pub use error::SatchelError;
#[cfg(feature = "faults")]
pub use faults::{panic_at_once, panic_on_runtime};
pub use host::{Credentials, MediaLibrary, OpenedItem, PreviewRequest, Previewer};
pub use http::{Header, HostBody, HostCut, HostLimits, HostOutcome, HostStep, HostSteps, Peer, Stage, Taken};
pub use link::{Link, LinkClass, LinkKind, LinkNeed, Mark, NetworkMark, Power, Wake, link_class};
pub use logs::{LogLevel, LogSink, set_log_sink};
pub use money::{Budget, BudgetState, Covers, Grant, Period, Price, Redaction, SentNow, Share};
pub use observe::{Change, Observation, Observer};
pub use policy::{
    Order, Over, Policy, Rule, Scope, Way, policy_from_json, policy_over_any_link, policy_to_json, ready_policies,
    ready_policy,
};
pub use pretend::{Pretend, StandIn};
pub use records::{
    AddKind, AddOptions, Added, Asset, CheckReport, Config, Counts, Delivery, FolderFault, FolderReport, LedgerRow,
    LibraryItem, Motion, MotionView, Opened, Place, Post, PostEdit, RunOptions, RunReport, Source, Target,
};
pub use satchel::Satchel;
pub use states::{AssetKind, AssetState, Block, Imposter, ParkReason, Proof, Rendition, Trouble, WaitReason};

uniffi::setup_scaffolding!();
