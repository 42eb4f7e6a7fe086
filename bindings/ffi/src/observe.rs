//! Changes, told to the host at most ten times a second.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::{ParkReason, Proof, Rendition, SatchelError, Trouble, Wake};

/// How long changes are gathered before they are told.
const GATHER: Duration = Duration::from_millis(100);

/// Something changed. Whoever shows a list asks for its page again.
#[derive(Debug, Clone, PartialEq, uniffi::Enum)]
pub enum Change {
    /// Assets were added, revised, removed or set going again; or so much changed that not all of it could be told.
    Assets,
    /// A part was read: its content is known.
    Read {
        /// Whose.
        asset: String,
    },
    /// An upload moved.
    Progress {
        /// The first of the assets that share it.
        asset: String,
        /// Which rendition.
        rendition: Rendition,
        /// Where to.
        target: i64,
        /// Bytes of the payload handed to the network, from its start.
        sent: u64,
        /// Length of the payload in bytes.
        bytes: u64,
    },
    /// A delivery is done.
    Delivered {
        /// The first of the assets that share it; none when the server had it already.
        asset: Option<String>,
        /// Which rendition.
        rendition: Rendition,
        /// Where.
        target: i64,
        /// How well that is known.
        proof: Proof,
    },
    /// A delivery needs a person.
    Parked {
        /// Whose.
        asset: Option<String>,
        /// Why.
        reason: ParkReason,
    },
    /// Something went wrong at a target; it is tried again.
    Trouble {
        /// Which.
        target: i64,
        /// What.
        trouble: Trouble,
    },
    /// The ways to a target fare otherwise than before.
    Endpoints {
        /// Which target.
        target: i64,
    },
    /// Nothing can be done until then.
    Idle {
        /// When, and needing what.
        wake: Wake,
    },
    /// A change of a later version.
    Other {
        /// Its name.
        code: String,
    },
}

impl From<satchel::Change> for Change {
    fn from(change: satchel::Change) -> Self {
        use satchel::Change as C;
        match change {
            C::Assets => Self::Assets,
            C::Read { asset } => Self::Read { asset: asset.to_string() },
            C::Progress { asset, rendition, target, sent, bytes } => {
                Self::Progress { asset: asset.to_string(), rendition: rendition.into(), target: target.0, sent, bytes }
            }
            C::Delivered { asset, rendition, target, proof } => Self::Delivered {
                asset: asset.map(|a| a.to_string()),
                rendition: rendition.into(),
                target: target.0,
                proof: proof.into(),
            },
            C::Parked { asset, reason } => Self::Parked { asset: asset.map(|a| a.to_string()), reason: reason.into() },
            C::Trouble { target, trouble } => Self::Trouble { target: target.0, trouble: trouble.into() },
            C::Endpoints { target } => Self::Endpoints { target: target.0 },
            C::Idle(wake) => Self::Idle { wake: wake.into() },
            // The engine may add changes; a host of this version need not know them.
            _ => Self::Other { code: "other".into() },
        }
    }
}

/// The host's ear.
#[uniffi::export(with_foreign)]
pub trait Observer: Send + Sync {
    /// What changed since the last call, oldest first; at most ten calls a second, one at a time, on a thread of Satchel's
    /// own that may wait. What it throws is logged, and ends nothing.
    fn changed(&self, changes: Vec<Change>) -> Result<(), SatchelError>;
}

/// An observer's connection to an outbox. It ends with [`Self::close`], with the outbox, and with this handle.
#[derive(Debug, uniffi::Object)]
pub struct Observation {
    stop: CancellationToken,
    closed: Arc<AtomicBool>,
}

#[uniffi::export]
impl Observation {
    /// Ends it. No call begins after this returns; one that is under way may end after it.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.stop.cancel();
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        self.close();
    }
}

impl Observation {
    pub(crate) fn start(
        changes: Receiver<satchel::Change>,
        observer: Arc<dyn Observer>,
        outbox: &CancellationToken,
        work: &TaskTracker,
    ) -> Arc<Self> {
        let (stop, closed) = (outbox.child_token(), Arc::new(AtomicBool::new(false)));
        satchel::runtime::spawn(work.track_future(tell(changes, observer, stop.clone(), closed.clone())));
        Arc::new(Self { stop, closed })
    }
}

async fn tell(
    mut changes: Receiver<satchel::Change>,
    observer: Arc<dyn Observer>,
    stop: CancellationToken,
    closed: Arc<AtomicBool>,
) {
    loop {
        let mut gathered = Vec::new();
        tokio::select! {
            () = stop.cancelled() => return,
            first = changes.recv() => if !gather(&mut gathered, first) { return },
        }
        let pause = tokio::time::sleep(GATHER);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = &mut pause => break,
                next = changes.recv() => if !gather(&mut gathered, next) { break },
            }
        }
        let (observer, closed) = (observer.clone(), closed.clone());
        // A host that takes its time keeps none of the runtime's threads.
        let told = tokio::task::spawn_blocking(move || {
            if closed.load(Ordering::SeqCst) { Ok(()) } else { observer.changed(gathered) }
        });
        match told.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "an observer failed"),
            Err(_) => tracing::warn!("an observer panicked"),
        }
    }
}

/// Adds a change. Of what an upload's progress and the list as a whole go, only the last word counts.
fn gather(gathered: &mut Vec<Change>, next: Result<satchel::Change, RecvError>) -> bool {
    let change = match next {
        Ok(change) => Change::from(change),
        Err(RecvError::Lagged(_)) => Change::Assets,
        Err(RecvError::Closed) => return false,
    };
    let of = |change: &Change| match change {
        Change::Assets => Some((String::new(), None, 0)),
        Change::Progress { asset, rendition, target, .. } => Some((asset.clone(), Some(*rendition), *target)),
        _ => None,
    };
    let this = of(&change);
    if this.is_some() {
        gathered.retain(|earlier| of(earlier) != this);
    }
    gathered.push(change);
    true
}
