//! What was tried for an asset: its latest requests, for a person who wonders, and for a report.

use satchel_kernel::gate::Verdict;
use satchel_kernel::ids::{AssetId, TargetId};
use satchel_kernel::outcome::Cut;
use satchel_kernel::protocol::post::Rendition;
use satchel_kernel::state::Trouble;
use satchel_kernel::wire::trouble_of;

use crate::error::Result;
use crate::outbox::Outbox;
use crate::store;

/// The most that are told of one asset.
const MOST: u32 = 100;

/// A request that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Where to.
    pub target: TargetId,
    /// What of the asset.
    pub rendition: Rendition,
    /// When it began, in milliseconds since 1970.
    pub started_utc_ms: i64,
    /// When it ended, likewise.
    pub ended_utc_ms: i64,
    /// The method, in capitals.
    pub method: String,
    /// The reply's status; none where none came.
    pub status: Option<u16>,
    /// Bytes of the body that left.
    pub sent: u64,
    /// Who spoke; none where a later version noted it.
    pub verdict: Option<Verdict>,
}

impl Attempt {
    /// What came of it, for a person.
    pub fn words(&self) -> String {
        let status = self.status.unwrap_or_default();
        let Some(verdict) = self.verdict else { return Trouble::Other.words() };
        match (verdict, status) {
            (Verdict::Service(_), ..400) => "the server took it".into(),
            (Verdict::Service(_), 404 | 410) => "the server does not have this upload any more".into(),
            (Verdict::Service(_), 409) => "the server stood elsewhere in this upload".into(),
            (Verdict::Silence(Cut::Stopped), _) => {
                "it was stopped: the run ended, or the network or the rules changed".into()
            }
            (Verdict::Silence(Cut::Spent), _) => "the budget was used up".into(),
            _ => trouble_of(verdict, status).words(),
        }
    }
}

impl Outbox {
    /// The latest requests for an asset, the newest first, at most a hundred; of each delivery the last fifty are kept. A twin's
    /// are the same.
    ///
    /// # Errors
    /// [`Error::NoSuchAsset`](crate::Error::NoSuchAsset), or when they cannot be read.
    pub async fn attempts(&self, id: AssetId) -> Result<Vec<Attempt>> {
        self.inner.store.read(move |conn| store::attempts(conn, id, MOST)).await
    }
}
