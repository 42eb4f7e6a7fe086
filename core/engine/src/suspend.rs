//! Standing still before a system freezes the process. Apple's systems end an app that is frozen with a file of its database
//! locked (the code 0xdead10cc), and a connection that is frozen in the middle wastes what it carried.

use std::time::Duration;

use satchel_kernel::planner::Bench;

use crate::outbox::{Inner, Outbox};

impl Outbox {
    /// Ends what is under way and lets nothing new begin, until [`Self::resume`]: connections are reset at once, and runs end,
    /// as they do at a deadline; a run that is asked for returns at once with `stopped`, and hosts get no steps. Everything else
    /// works as before.
    ///
    /// True when all was quiet within this time. When it was not, it still becomes so by itself.
    pub async fn suspend(&self, within: Duration) -> bool {
        let inner = &self.inner;
        inner.suspended.send_replace(true);
        inner.accounts.shut();
        let quiet = async {
            let _no_run = inner.running.lock().await;
            let _no_picture = inner.at_bench(Bench::Pictures).await;
            let _no_film = inner.at_bench(Bench::Films).await;
            // The writer has done all that came before this.
            inner.store.write(|_| Ok(())).await.is_ok()
        };
        tokio::time::timeout(within, quiet).await.unwrap_or(false)
    }

    /// Ends a suspension.
    pub fn resume(&self) {
        self.inner.suspended.send_replace(false);
    }
}

impl Inner {
    pub(crate) fn is_suspended(&self) -> bool {
        *self.suspended.borrow()
    }
}
