//! What a run has under way, and what it waits for.

use satchel_kernel::ids::{DeliveryId, GrantId, TargetId};
use satchel_kernel::planner::{Group, Making};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Something that is on its way.
pub(super) struct UnderWay {
    pub(super) stop: CancellationToken,
    /// What it has leave for, each with its payload bytes and its grant: one is enough. None for what frees something at a server.
    pub(super) leave: Vec<(Group, u64, Option<GrantId>)>,
    /// It frees what a server keeps of something that nobody wants any more.
    pub(super) frees: bool,
}

/// Something that is being made, since when.
pub(super) struct InMaking {
    pub(super) what: Making,
    pub(super) since: Instant,
    pub(super) stop: CancellationToken,
}

/// What a task was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    Read,
    Ask(TargetId),
    Make(DeliveryId),
    Send(DeliveryId),
    Probe(TargetId),
    Renew,
}

impl InMaking {
    pub(super) fn now(&self) -> Making {
        Making { for_ms: u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX), ..self.what.clone() }
    }
}

pub(super) async fn is_set(flag: &mut watch::Receiver<bool>) {
    // The sender is the outbox's own, which this run holds.
    let _ = flag.wait_for(|is| *is).await;
}

pub(super) async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}
