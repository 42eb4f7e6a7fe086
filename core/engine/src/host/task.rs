//! What a lease is for, as it is stored, and the upload that it holds.

use std::sync::Arc;

use satchel_kernel::ids::{DeliveryId, EndpointId, HostId, LeaseId, TargetId, UploadId};
use satchel_kernel::link::{Link, LinkClass, LinkKind};
use satchel_kernel::outcome::{Request, Segment};
use satchel_kernel::wire::{NeedId, Wire};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::outbox::Inner;
use crate::runner::have::Question;
use crate::runner::upload::{Upload, job, random};
use crate::sight::Unanswered;
use crate::store::leases::Lease;
use crate::store::{self, Target, deliveries, uploads};

/// A step, as it is stored. The credential is not in it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Task {
    pub purpose: Purpose,
    pub request: Request,
    pub link: LinkClass,
    /// By which endpoint it goes; not told by steps of earlier versions.
    #[serde(default)]
    pub endpoint: Option<EndpointId>,
    /// What earlier requests of the upload met there.
    #[serde(default)]
    pub unanswered: Option<Unanswered>,
    /// The network for which it was made.
    #[serde(default)]
    pub over: Option<Over>,
}

/// A network, as far as the system names it.
pub(super) type Over = (LinkKind, Option<String>);

pub(super) fn over(link: &Link) -> Over {
    (link.kind, link.network.clone())
}

/// What a step's outcome is for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Purpose {
    /// A machine waits for it.
    Wire {
        need: NeedId,
        /// Nobody wants the upload any more.
        freeing: bool,
    },
    /// The upload is done, and its receipt needs the server's chain of keys.
    Keys,
    /// Frees what the server keeps of an upload whose source is not what it was.
    Free,
    /// A target is asked what it has.
    Have(Question),
    /// An endpoint is asked whether it is open again.
    Probe,
}

impl Task {
    /// One that stands by itself.
    pub(super) fn of(purpose: Purpose, request: Request, link: &Link, endpoint: Option<EndpointId>) -> Self {
        Self { purpose, request, link: link.class(), endpoint, unanswered: None, over: Some(over(link)) }
    }

    /// Whether it was made for the network that there is.
    pub(super) fn is_of(&self, link: &Link) -> bool {
        self.over.as_ref().is_none_or(|network| *network == over(link))
    }

    /// The link over which it was met, as far as that is known.
    pub(super) fn met_over(&self, link: Link) -> Link {
        match &self.over {
            Some((kind, network)) if !self.is_of(&link) => {
                Link { kind: *kind, network: network.clone(), ..Link::default() }
            }
            _ => link,
        }
    }

    /// Whether it tells of endpoints as they are known: on another network they fare otherwise.
    pub(super) fn is_here(&self, tx: &store::Tx<'_>) -> Result<bool> {
        self.over.as_ref().map_or(Ok(true), |network| store::endpoints::is_here(tx, network))
    }

    pub(super) fn read(inner: &Inner, lease: &Lease) -> Result<Self> {
        let read = serde_json::from_str(&lease.task);
        inner.store.noted(read.map_err(|_| Error::Damaged))
    }

    /// The row of it; ready, not handed out.
    pub(super) fn lease(
        &self,
        owner: HostId,
        upload: Option<(UploadId, DeliveryId, i64)>,
        target: TargetId,
        due_utc_ms: Option<i64>,
    ) -> Result<Lease> {
        Ok(Lease {
            id: LeaseId::from_bytes(random()?),
            owner,
            upload: upload.map(|(id, delivery, _)| (id, delivery)),
            epoch: upload.map_or(0, |(.., epoch)| epoch),
            target,
            task: serde_json::to_string(self).expect("a request has string keys"),
            file: None,
            due_utc_ms,
            handed_utc_ms: None,
        })
    }
}

/// A target of this outbox, by the endpoint that a step goes to. None where that is no endpoint of it any more.
pub(super) async fn target(inner: &Inner, id: TargetId, task: &Task) -> Result<Option<Arc<Target>>> {
    let all = inner.store.read(store::all_targets).await?;
    let found = all.into_iter().find(|target| target.id == id);
    Ok(found
        .and_then(|target| match task.endpoint {
            Some(endpoint) => target.by(endpoint),
            None => Some(target.at(&task.request.url).unwrap_or(target)),
        })
        .map(Arc::new))
}

/// The upload that a lease holds, its machine, and whether anybody still wants it.
pub(super) async fn held(inner: &Arc<Inner>, lease: &Lease, task: &Task) -> Result<Option<(Upload, Wire, bool)>> {
    let Some((id, delivery)) = lease.upload else { return Ok(None) };
    let Some(target) = target(inner, lease.target, task).await? else { return Ok(None) };
    let freeing = matches!(task.purpose, Purpose::Wire { freeing: true, .. });
    let found = inner.store.read(move |conn| {
        let wanted = if freeing { None } else { deliveries::outgoing(conn, delivery)? };
        let is_wanted = wanted.is_some() && deliveries::is_in(conn, delivery, "sending")?;
        let out = match wanted {
            Some(out) => Some(out),
            None => deliveries::stub(conn, delivery)?,
        };
        let Some(out) = out else { return Ok(None) };
        let open = uploads::open(conn, delivery, uploads::protocol(out.class), out.length)?;
        Ok(open.filter(|open| open.id == id).map(|open| (out, open, is_wanted)))
    });
    let Some((out, open, wanted)) = found.await? else { return Ok(None) };
    let mut job = job(inner, &target, &out, (open.key, open.nonce));
    // What went along with this request counts, not what would go along now.
    job.along = match (&job.inline, task.request.body.get(1)) {
        (Some(_), Some(Segment::Bytes(behind))) => behind.get(1..).map(<[u8]>::to_vec),
        _ => None,
    };
    let upload = Upload { inner: inner.clone(), target, out, id, job, freeing, link: task.link, grant: None };
    Ok(Some((upload, open.wire, wanted || freeing)))
}
