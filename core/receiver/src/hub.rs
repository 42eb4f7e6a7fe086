//! News for whoever watches: the page's event streams and the folder's worker.

use satchel_kernel::ids::BlobHash;
use tokio::sync::broadcast;

/// Something that a viewer sees.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    /// An asset is new or changed; its row.
    Asset(i64),
    /// An asset is gone; its row.
    Gone(i64),
    /// Bytes of a blob came in.
    Progress { hash: BlobHash, received: u64 },
    /// A device was paired.
    Paired,
}

/// Tells all who listen. Nobody waits for a slow listener: it is told that it missed something.
#[derive(Debug)]
pub(crate) struct Hub(broadcast::Sender<Event>);

impl Hub {
    pub(crate) fn new() -> Self {
        Self(broadcast::channel(512).0)
    }

    pub(crate) fn send(&self, event: Event) {
        // An error only means that nobody listens.
        let _ = self.0.send(event);
    }

    pub(crate) fn listen(&self) -> broadcast::Receiver<Event> {
        self.0.subscribe()
    }
}
